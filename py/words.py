"""The page's words: every text of index.html by its key, for whatever Python says (MicroPython, on the page)."""
from pyscript import document

_texts = {element.dataset.t: element.textContent for place in (document, document.getElementById("words").content)
          for element in place.querySelectorAll("[data-t]")}


def say(which, **values):
    """The text of a key, with values in its {places}. KeyError for a key that index.html does not have."""
    return _texts[which].format(**values)


def all_texts():
    """Every text by its key, the {places} left open: for the worker, which draws with them."""
    return _texts


def number(value):
    """A whole number with a comma before each three digits."""
    text, groups = str(value), []
    while len(text) > 3:
        groups.insert(0, text[-3:])
        text = text[:-3]
    return ",".join([text] + groups)
