"""The page's address: the recipe in its fragment, read and written (MicroPython, on the page)."""
from common import recipe as recipes
from page.i18n import sentence
from page.js import JavaScriptError, attempt
from pyscript import window

SHOWN_PIECES = 5  # of a link, in a sentence about it


def read():
    """The recipe in the page's address, and what was wrong with it, as sentences."""
    recipe, notes = recipes.parse(window.location.hash)
    ignored = [text for text, used in notes if used is None]
    clamped = ["%s → %s" % note for note in notes if note[1] is not None]
    return recipe, ([sentence("link.ignored", pieces=listed(ignored))] if ignored else []) + (
        [sentence("link.clamped", pieces=listed(clamped))] if clamped else [])


def listed(pieces):
    return ", ".join(pieces[:SHOWN_PIECES]) + (", …" if len(pieces) > SHOWN_PIECES else "")


def write(recipe, replace=False):
    """Keep the page's address current. Back goes to the recipe before, unless replace is asked for."""
    link = recipes.link(recipe)
    if link != window.location.hash.lstrip("#"):
        address = "#" + link if link else window.location.pathname + window.location.search
        try:
            attempt(window.history, "replaceState" if replace else "pushState", None, "", address)
        except JavaScriptError:  # browsers refuse too many in a short time: the address follows with the next
            pass
