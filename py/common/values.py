"""Values in a sentence (a name, a letter, a number, an error's own words), kept from a browser's translator: marked
where the sentence is made, and an element of their own where it is shown. Runs in MicroPython (the page) and CPython.
"""
BEGIN, END = "\ufdd0", "\ufdd1"  # noncharacters: no text holds them


def marked(value):
    """A value as text, marked as such."""
    return BEGIN + str(value).replace(BEGIN, "").replace(END, "") + END


def pieces(text):
    """The text as [words, value, words, …, words]: every second piece is a value."""
    found = []
    for part in text.split(BEGIN):
        found += part.split(END, 1)
    return found
