"""What a visitor types, in the letters that the data has, for the same letter is typed in many ways.

“Emma” where the data has small letters only, ｅｍｍａ from a Japanese keyboard, don’t with another apostrophe: each
letter that the data lacks becomes the one that it has. Runs in MicroPython (the page) and in CPython.
"""

# Ways to type the same, in the order in which they are tried.
SAME = ("'’‘ʼ`´′＇", "-‐‑‒–—―−－", "\"“”„«»″＂", " \u00a0\u3000\u2007\u202f\u2009\t", ".。．", ",、，",
        "·・･•‧", "~〜～", "×✕")
FULL = ("ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"  # the half-width katakana, in full
        "ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜")
HALF_FIRST, VOICED, HALF_VOICED = 0xff66, "\uff9e", "\uff9f"


def fold(text, letters, forms):
    """A text in some letters, as (text, changed). changed: "lower" or "upper" where only that was, "other" for more,
    "" for nothing. What has no counterpart among the letters stays.

    letters: those that the data has; forms(letter): the letter as a small one, a capital one and in its plain form,
    Unicode's NFKC, as three texts.
    """
    result, changes = "", set()
    for letter in text:
        if letter in letters:
            result += letter
            continue
        small, capital, plain = forms(letter)
        ways = [small, capital, plain] + typed_as(letter)
        ways += [form for way in ways[2:] if len(way) == 1 for form in forms(way)[:2]]
        ways += [way for form in (small, capital) if len(form) == 1 for way in typed_as(form)]
        for way in ways:
            if way and way != letter and all([one in letters for one in way]):
                changes.add("lower" if way == small else "upper" if way == capital else "other")
                letter = way
                break
        result += letter
    return result, changes.pop() if len(changes) == 1 else "other" if changes else ""


def typed_as(letter):
    """Other ways to type a letter that differ neither in sound nor in sense: in width, in kana, in shape."""
    code, ways = ord(letter), []
    for same in SAME:
        if letter in same:
            ways += [other for other in same if other != letter]
    if 0x21 <= code <= 0x7e:
        ways.append(chr(code + 0xfee0))
    elif 0xff01 <= code <= 0xff5e:
        ways.append(chr(code - 0xfee0))
    elif HALF_FIRST <= code < HALF_FIRST + len(FULL):
        ways.append(FULL[code - HALF_FIRST])
    for kana in [letter] + ways[-1:]:
        if 0x3041 <= ord(kana) <= 0x3096:
            ways.append(chr(ord(kana) + 0x60))
        elif 0x30a1 <= ord(kana) <= 0x30f6:
            ways.append(chr(ord(kana) - 0x60))
    return ways + [half for kana in [letter] + ways for half in half_width(kana)]


def half_width(letter):
    """A katakana as the one or two that are half as wide, in a list; [] for any other letter."""
    if letter in FULL:
        return [chr(HALF_FIRST + FULL.index(letter))]
    if "ガ" <= letter <= "ポ":  # a voiced one stands behind the plain one, as ガ behind カ; パ two behind ハ
        for step, mark in ((1, VOICED), (2, HALF_VOICED)):
            plain = chr(ord(letter) - step)
            if plain in FULL and (step == 1 or plain in "ハヒフヘホ"):
                return [chr(HALF_FIRST + FULL.index(plain)) + mark]
    return []
