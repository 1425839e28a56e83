"""The boxes in which a visitor types letters of the data: "Show name" and "start with" (MicroPython, on the page)."""
from common import hangul
from common.bidi import visible
from page import dom
from page.i18n import sentence

UNKNOWN = {"look": "look.unknown", "prefix": "prefix.unknown"}  # what is said of letters that the data lacks


def known(state, id):
    """The text in a box, if the run's data has all of its letters; else "", and the page says so."""
    text = dom.get(id).value.strip()
    if (state.running or state.recipe)["letters"] == "jamo":
        text = hangul.typed(text)
    strange = [letter for letter in text if letter not in state.chars] if state.chars else []
    letters = ", ".join([visible(letter) for letter in strange])
    dom.line(id + "-note", *[sentence(UNKNOWN[id], letters=letters)] if strange else [])
    return "" if strange else text
