"""The page's sections, which links lead to and open (MicroPython, on the page)."""
from page.js import options
from pyscript import document

SECTIONS = ("controls", "loss", "next", "attention", "names", "inside", "settings", "words", "source")
CELL_KEYS = ("Enter", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight")  # of a table in the inspector


def show(name):
    """Bring a section into sight, and hand the focus to its title."""
    section = document.querySelector("main section." + name)
    title = section.querySelector("h2")
    if title:
        title.tabIndex = -1
        title.focus(options(preventScroll=True))
    section.scrollIntoView()
