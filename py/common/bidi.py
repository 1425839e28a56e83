"""A visitor's text inside a sentence: right-to-left letters and direction controls affect only that text.

By Unicode's bidirectional algorithm (UAX 9), text in an isolate neither changes the direction of what is around it nor
is changed by it, and what was opened in the isolate ends with it. Runs in MicroPython (the page) and in CPython.
"""
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
ISOLATES = "\u2066\u2067\u2068"
DIRECTIONAL = (("\u0590", "\u08ff"), ("\u200e", "\u200f"), ("\u202a", "\u202e"), ("\u2066", "\u2069"),
               ("\ufb1d", "\ufdff"), ("\ufe70", "\ufefc"), ("\U00010800", "\U00010fff"), ("\U0001e800", "\U0001eeff"))
INVISIBLE = (("\u0000", "\u001f"), ("\u007f", "\u00a0"), ("\u00ad", "\u00ad"), ("\u034f", "\u034f"),
             ("\u061c", "\u061c"), ("\u115f", "\u1160"), ("\u1680", "\u1680"), ("\u180b", "\u180f"),
             ("\u2000", "\u200f"), ("\u2028", "\u202f"), ("\u205f", "\u206f"), ("\u2800", "\u2800"),
             ("\u3000", "\u3000"), ("\u3164", "\u3164"), ("\ufe00", "\ufe0f"), ("\ufeff", "\ufeff"),
             ("\uffa0", "\uffa0"), ("\ufff9", "\ufffb"), ("\U000e0000", "\U000e0fff"))


def visible(letter):
    """A letter as a sentence can name it: an invisible one by its code point, as U+202E."""
    invisible = any(first <= letter <= last for first, last in INVISIBLE)
    return "U+%04X" % ord(letter) if invisible else isolated(letter)


def isolated(text):
    """The text as it can stand in a sentence: in an isolate, with all that it opens closed, if it has directional
    letters; else as it is."""
    if not any(first <= letter <= last for letter in text for first, last in DIRECTIONAL):
        return text
    result, depth = "", 0
    for letter in text:
        if letter == POP_ISOLATE and not depth:
            continue  # it would end the isolate itself
        depth += (letter in ISOLATES) - (letter == POP_ISOLATE)
        result += letter
    return FIRST_STRONG_ISOLATE + result + POP_ISOLATE * (depth + 1)
