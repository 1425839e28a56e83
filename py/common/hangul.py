"""Hangul by the letter: syllables into jamo and back, by the arithmetic of the Unicode standard (3.12), without tables.

A syllable is an initial consonant, a vowel and perhaps a final consonant, each with a code point of its own (conjoining
jamo), so that decomposed text composes again unambiguously. Runs in MicroPython (the page) and in CPython.
"""
SYLLABLES, INITIALS, VOWELS, FINALS = 0xAC00, 0x1100, 0x1161, 0x11A7  # the code points before or at which each begins
N_INITIALS, N_VOWELS, N_FINALS, N_SYLLABLES = 19, 21, 28, 11172

# The compatibility jamo, as one writes them alone, in the order of the conjoining ones.
ALONE_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
ALONE_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
ALONE_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"


def is_syllable(letter):
    return SYLLABLES <= ord(letter) < SYLLABLES + N_SYLLABLES


def decompose(text):
    """A text with each Hangul syllable as its two or three jamo; everything else stays as it is."""
    return "".join([jamo(letter) if is_syllable(letter) else letter for letter in text])


def jamo(syllable):
    """The two or three jamo of a syllable."""
    number = ord(syllable) - SYLLABLES
    final = number % N_FINALS
    return (chr(INITIALS + number // (N_VOWELS * N_FINALS)) + chr(VOWELS + number // N_FINALS % N_VOWELS)
            + (chr(FINALS + final) if final else ""))


def compose(text):
    """The inverse of decompose(): jamo that make a syllable become one.

    Jamo that make none (a model in training invents such) become the letters that one writes alone.
    """
    result, i = [], 0
    while i < len(text):
        initial, vowel, final = [ord(letter) for letter in (text[i:i + 3] + "\0\0")[:3]]
        initial, vowel, final = initial - INITIALS, vowel - VOWELS, final - FINALS
        if 0 <= initial < N_INITIALS and 0 <= vowel < N_VOWELS:
            final = final if 0 < final < N_FINALS else 0
            result.append(chr(SYLLABLES + (initial * N_VOWELS + vowel) * N_FINALS + final))
            i += 3 if final else 2
        else:
            result.append(alone(text[i]))
            i += 1
    return "".join(result)


def alone(letter):
    """A jamo as one writes it alone; any other letter as it is."""
    for first, letters in ((INITIALS, ALONE_INITIALS), (VOWELS, ALONE_VOWELS), (FINALS + 1, ALONE_FINALS)):
        if first <= ord(letter) < first + len(letters):
            return letters[ord(letter) - first]
    return letter


def shown(letter):
    """A token's letter for a picture: as one writes it alone, a final consonant with the dictionaries' hyphen (-ㄴ)."""
    return "-" + alone(letter) if FINALS < ord(letter) < FINALS + N_FINALS else alone(letter)


def typed(text):
    """decompose() for what someone types, where a letter by itself (ㅅ) begins a syllable."""
    result = []
    for letter in decompose(text):
        for first, letters in ((INITIALS, ALONE_INITIALS), (VOWELS, ALONE_VOWELS)):
            if letter in letters:
                letter = chr(first + letters.index(letter))
        result.append(letter)
    return "".join(result)
