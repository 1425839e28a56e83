"""Elements of the page: found, shown, hidden, focused (MicroPython, on the page)."""
from page.i18n import put
from page.js import options
from pyscript import document, window


def get(id):
    return document.getElementById(id)


def line(id, *sentences):
    """Put a quiet line of sentences in its place, or take it away where there are none."""
    put(id, *sentences)
    get(id).hidden = not sentences


def hand_focus_on(id, to):
    """Before an element goes: where it holds the focus, hand that on, so that nobody is thrown to the top."""
    if get(id).contains(document.activeElement):
        get(to).focus()


def show_focus(event):
    """Bring what the keyboard has come to clear of what stays in place: WebKit scrolls to it, but not so far, and now
    and then once more after this."""
    place = event.target
    bars = ".controls *, .sections *, h2, h3"  # and titles, to which the page itself scrolls
    if place.matches(":focus-visible:not(" + bars + ")") and not place.shadowRoot:  # the editor scrolls by itself
        nearest = options(block="nearest")
        place.scrollIntoView(nearest)
        window.requestAnimationFrame(place.scrollIntoView.bind(place, nearest))


def show_embedded(what):
    """Show names and attention only, for another page's frame: of a trained "model", or of a "run" to be trained there;
    "": all."""
    if what:
        get("page").dataset.embed = what
    else:
        get("page").removeAttribute("data-embed")
