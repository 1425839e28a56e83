"""The page's address: the recipe in its fragment, read and written (MicroPython, on the page)."""
from common import recipe as recipes
from page.i18n import sentence
from page.js import JavaScriptError, attempt
from pyscript import window

SHOWN_PIECES = 5  # of a link, in a sentence about it
# WebKit throws at more than 100 changes of the address in 30 s, Gecko at 200 in 10 s: as where a key is held down.
GAP_MS, LONG_GAP_MS = 400, 1000  # between changes: at first, and after BURST of them
WINDOW_MS, BURST = 30000, 40

_changes = []    # when the address was changed last, in ms
_waiting = None  # an address that takes the place of this one soon; the last that was asked for


def read():
    """The recipe in the page's address, and what was wrong with it, as sentences. What waits to be written is of the
    address before, and is not."""
    global _waiting
    _waiting = None
    global _waiting
    _waiting = None  # it was for the address before
    recipe, notes = recipes.parse(window.location.hash)
    ignored = [text for text, used in notes if used is None]
    clamped = ["%s → %s" % note for note in notes if note[1] is not None]
    return recipe, ([sentence("link.ignored", pieces=listed(ignored))] if ignored else []) + (
        [sentence("link.clamped", pieces=listed(clamped))] if clamped else [])


def listed(pieces):
    return ", ".join(pieces[:SHOWN_PIECES]) + (", …" if len(pieces) > SHOWN_PIECES else "")


def write(recipe, replace=False):
    """Keep the page's address current. Back goes to the recipe before, unless replace is asked for. Of many changes in
    a short time the last is written."""
    global _waiting
    link, now = recipes.link(recipe), window.performance.now()
    if link == window.location.hash.lstrip("#"):
        _waiting = None
        return
    address = "#" + link if link else window.location.pathname + window.location.search
    while _changes and now - _changes[0] > WINDOW_MS:
        _changes.pop(0)
    many = len(_changes) >= BURST
    wait = _changes[-1] + (LONG_GAP_MS if many else GAP_MS) - now if _changes and (replace or many) else 0
    if wait > 0:
        if _waiting is None:
            window.setTimeout(flush, wait)
        _waiting = address
        return
    if not replace:
        flush()  # what Back goes to is what was shown last
    _waiting = None
    _change("replaceState" if replace else "pushState", address)


def flush(*_):
    """Write what waits to be written."""
    global _waiting
    if _waiting is not None:
        address, _waiting = _waiting, None
        _change("replaceState", address)


def _change(method, address):
    _changes.append(window.performance.now())
    try:
        attempt(window.history, method, None, "", address)
    except JavaScriptError:  # a browser may be stricter: the address follows with the next
        pass
