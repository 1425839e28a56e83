"""The row of the page's sections: it jumps to one, and marks the one that is in sight (MicroPython, on the page).

A section's name is an address: "#view=settings" opens the page at the settings, and whatever carries
data-go="settings" jumps there. The row has the larger ones; data-section, on what is long, says which of them it is.
"""
from page import dom
from page.js import options
from pyscript import document, window

NAMES = ("controls", "loss", "next", "attention", "names", "inside", "source", "compare", "settings", "files", "words")
# The section that comes last in this band of the window, from 20% to 40% of its height, is the one in sight.
BAND = options(rootMargin="-20% 0px -60% 0px")
BY_HAND = ("wheel", "touchmove", "keydown", "pointerdown")  # what scrolls, other than a jump
ONCE = options(once=True, passive=True)
STAY = options(preventScroll=True)


class Sections:
    def __init__(self, show_view):
        """show_view(name): puts a section into the page's address."""
        self.show_view = show_view
        self.row, self.bar = dom.get("sections"), document.querySelector(".controls")
        self.places = list(document.querySelectorAll("[data-section]"))
        self.events = [("sections", "focusin", self.follow_focus)]
        self.in_band = set()
        self.jumped = False  # to a section, and nobody has scrolled since: it stays marked, however short it is
        self.mark("controls")
        self.band = window.IntersectionObserver.new(self.crossed, BAND)
        for place in self.places:
            self.band.observe(place)
        self.height = window.ResizeObserver.new(self.measure)
        self.height.observe(self.bar)

    def open(self, name):
        """Go to a section of NAMES: its heading takes the focus, the row marks it, the address has it."""
        section = document.querySelector("main section." + name)
        title = section.querySelector("h2")
        title.tabIndex = -1
        title.focus(STAY)
        if name == "controls":
            window.scrollTo(0, 0)
        else:
            section.scrollIntoView()
        self.point_at(name)
        self.show_view(name)

    def point_at(self, name):
        """The page went to a section by itself: mark it until somebody scrolls."""
        place = document.querySelector("main section." + name).closest("[data-section]")
        if not self.jumped:
            for event in BY_HAND:
                document.addEventListener(event, self.scrolled, ONCE)
        self.jumped = True
        self.mark(place.dataset.section if place else "controls")

    def scrolled(self, event):
        if self.row.contains(event.target):  # a press there is the next jump: the row must not move under it
            document.addEventListener(event.type, self.scrolled, ONCE)
        else:
            self.jumped = False

    def crossed(self, entries, *_):
        """Sections came into the band or left it."""
        for i in range(entries.length):
            entry = entries[i]
            (self.in_band.add if entry.isIntersecting else self.in_band.discard)(entry.target.dataset.section)
        within = [place.dataset.section for place in self.places if place.dataset.section in self.in_band]
        if within and not self.jumped:
            self.mark(within[-1])
        elif window.scrollY <= 0 and (not self.jumped or self.places[0].dataset.section != document.body.dataset.at):
            self.jumped = False  # at the top, however one came there
            self.mark(self.places[0].dataset.section)

    def mark(self, name):
        """Mark a section of the row; of what has no place there, as the explanations, none."""
        document.body.dataset.at = name
        for link in self.row.querySelectorAll("[data-go]"):
            if link.dataset.go != name:
                link.removeAttribute("aria-current")
            elif not link.hasAttribute("aria-current"):
                link.setAttribute("aria-current", "true")
                self.show_link(link)

    def follow_focus(self, event):
        """What the keyboard comes to is in sight; under a press the row holds still."""
        if event.target.matches(":focus-visible"):
            self.show_link(event.target)

    def show_link(self, link):
        """Scroll the row, where it is narrow, so that a link is in sight."""
        self.row.scrollLeft = link.offsetLeft - (self.row.clientWidth - link.offsetWidth) // 2

    def measure(self, *_):
        """Let the style sheet know how high the bar below the row is: what is scrolled to stays clear of it."""
        document.documentElement.style.setProperty("--bar", "%dpx" % self.bar.offsetHeight)
