"""The boxes in which a visitor types letters of the data: "Show name" and "start with" (MicroPython, on the page)."""
from common import hangul
from common.bidi import visible
from common.folding import fold
from page import dom
from page.i18n import sentence
from pyscript import window

UNKNOWN = {"look": "look.unknown", "prefix": "prefix.unknown"}  # what is said of letters that the data lacks,
FOLDED = {"look": {"lower": "look.lower", "upper": "look.upper", "other": "look.folded"},
          "prefix": {"lower": "prefix.lower", "upper": "prefix.upper", "other": "prefix.folded"}}  # and of others
_texts = window.String.prototype
_last = {}  # by id: the text with what it was read by, the letters, and what came of it


def known(state, id):
    """The text in a box, in the letters of the run's data; "" where those have not all of it, and the page says so."""
    value, letters = dom.get(id).value, state.chars or ""
    jamo = (state.running or state.recipe)["letters"] == "jamo"
    if _last.get(id, ())[:3] != (value, letters, jamo):
        _last[id] = (value, letters, jamo) + _read(id, value, letters, jamo)
    text, said = _last[id][3:]
    dom.line(id + "-note", *said)
    return text


def refresh(state):
    """Say of both boxes what is so of the run there is now."""
    for id in UNKNOWN:
        known(state, id)


def _read(id, value, letters, jamo):
    """(text, sentences about it): see known()."""
    # No document begins or ends with a space, but the beginning of one may.
    text = value.strip() if id == "look" or " " not in letters else value.lstrip()
    if not letters:
        return (hangul.typed(text) if jamo else text), ()
    found, changed = _folded(text, "NFC", letters, jamo)
    if _strange(found, letters):
        found, changed = min((found, changed), _folded(text, "NFKC", letters, jamo),
                             key=lambda tried: len(_strange(tried[0], letters)))
    strange = _strange(found, letters)
    if strange:
        return "", (sentence(UNKNOWN[id], letters=", ".join([visible(letter) for letter in strange])),)
    if not changed:
        return found, ()
    if changed == "lower" and any([_forms(letter)[0] != letter for letter in letters]):
        changed = "other"  # some capital letters it has
    if changed == "upper" and any([_forms(letter)[1] != letter for letter in letters]):
        changed = "other"
    return found, (sentence(FOLDED[id][changed], text=hangul.compose(found)),)


def _folded(text, form, letters, jamo):
    text = _texts.normalize.call(text, form)
    return fold(hangul.typed(text) if jamo else text, letters, _forms)


def _strange(text, letters):
    return [letter for letter in text if letter not in letters]


def _forms(letter):
    return (_texts.toLowerCase.call(letter), _texts.toUpperCase.call(letter), _texts.normalize.call(letter, "NFKC"))
