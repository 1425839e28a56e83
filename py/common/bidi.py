"""Texts of strangers inside sentences: letters that run from the right, or turn what follows, stay among themselves.

As Unicode's bidirectional algorithm (UAX 9) has it: what stands between an isolate's beginning and its end neither
turns what is around it nor is turned by it, and what was opened in it ends with it.
"""
BEGIN, END = "\u2068", "\u2069"  # first strong isolate; pop directional isolate
BEGINS = "\u2066\u2067\u2068"
TURNING = (("\u0590", "\u08ff"), ("\u200e", "\u200f"), ("\u202a", "\u202e"), ("\u2066", "\u2069"), ("\ufb1d", "\ufdff"),
           ("\ufe70", "\ufefc"), ("\U00010800", "\U00010fff"), ("\U0001e800", "\U0001eeff"))
UNSEEN = (("\u00ad", "\u00ad"), ("\u061c", "\u061c"), ("\u200b", "\u200f"), ("\u202a", "\u202e"),
          ("\u2060", "\u2069"), ("\ufeff", "\ufeff"))


def visible(letter):
    """A letter as a sentence can name it: one that nobody sees by its number, U+202E."""
    unseen = any(first <= letter <= last for first, last in UNSEEN)
    return "U+%04X" % ord(letter) if unseen else isolated(letter)


def isolated(text):
    """The text as it can stand in a sentence: isolated where it could turn it, with all that it opens closed."""
    if not any(first <= letter <= last for letter in text for first, last in TURNING):
        return text
    kept, opened = "", 0
    for letter in text:
        if letter == END and not opened:
            continue  # it would end the isolate itself
        opened += (letter in BEGINS) - (letter == END)
        kept += letter
    return BEGIN + kept + END * (opened + 1)
