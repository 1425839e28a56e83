"""A browser's window, and what a visitor does there, whatever the browser: Playwright drives Chromium and Firefox, and
tests/webkit.py, in Playwright's words, WebKit. A place on the page is a data-testid, or else a CSS selector.
"""

import json
import re
import time
from collections.abc import Callable

from places import Expectation, Unknown, plain
from playwright import sync_api as playwright

# Keeps the text of every frame that comes from the worker, with all digits of its numbers.
KEEP_FRAMES = """
if (!window.frames_heard) {
  window.frames_heard = [];
  const parse = JSON.parse;
  JSON.parse = (text, ...more) => {
    if (/^{"step".*"points"/.test(text)) frames_heard.push(text);
    return parse(text, ...more);
  };
}
"""


def selector(place: str) -> str:
    """A place as a CSS selector."""
    return f'[data-testid="{place}"]' if re.fullmatch(r"[\w-]+", place) else place


def expect(actual):
    """Playwright's `expect`, of a place or a page in whatever browser."""
    return Expectation(actual) if isinstance(actual, Unknown) else playwright.expect(actual)


class Visitor:
    """A visitor's window; what a driver can beyond this is found by `see` and `page`, in Playwright's words."""

    def __init__(self, page):
        self.page = page
        browser = page.context.browser.browser_type.name
        # Firefox's driver fills a box without a change that the page hears of, so there each letter is typed.
        self.types = browser == "firefox"
        self.patience = {"firefox": 2, "webkit": 3}.get(browser, 1)  # whose Python takes so many times as long
        page.add_init_script(KEEP_FRAMES)

    # ---- What a visitor does

    def see(self, testid: str):
        return self.page.get_by_test_id(testid)

    def cell(self, head: int, query: int, key: int):
        """A cell of attention, in the first layer."""
        return self.see("attention").locator(f'[data-head="{head}"] [data-query="{query}"][data-key="{key}"]')

    def goto(self, address: str) -> None:
        """Open an address, of the site where it is relative."""
        self.page.goto(address)

    def reload(self) -> None:
        self.page.reload()

    def evaluate(self, function: str, argument: object = None) -> object:
        """What a JavaScript function gives for an argument; of a promise, what it is kept with."""
        while True:
            try:
                return self.page.evaluate(function, argument)
            except playwright.Error as error:  # the page was about to be another one: that one is asked
                if "context was destroyed" not in str(error):
                    raise

    def back(self) -> None:
        """As the browser's own button; which each driver has in a way of its own, or none."""
        self.evaluate("() => history.back()")

    def forward(self) -> None:
        self.evaluate("() => history.forward()")

    def let_copy(self) -> None:
        """Let the page copy, and the test read what was."""
        if self.page.context.browser.browser_type.name != "firefox":  # which is started so that it does
            self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    def press(self, place: str) -> None:
        """Click there."""
        self.page.locator(selector(place)).click()

    def put(self, place: str, text: str) -> None:
        """Type into a box, in place of what is there, and leave it."""
        box = self.page.locator(selector(place))
        if self.types:
            box.select_text()
            self.page.keyboard.type(text) if text else self.page.keyboard.press("Delete")
        else:
            box.fill(text)
        box.blur()

    def choose(self, place: str, value: str) -> None:
        """Choose an entry of a list by its value."""
        self.page.locator(selector(place)).select_option(value)

    def key(self, name: str) -> None:
        """Press a key, or several at once: `Control+Home`."""
        self.page.keyboard.press(name)

    def type(self, text: str) -> None:
        """Type where the focus is."""
        self.page.keyboard.type(text)

    def size(self, width: int, height: int) -> None:
        """Make the window so large, or as near to that as it can be."""
        self.page.set_viewport_size({"width": width, "height": height})

    def rest(self) -> None:
        """Let the page work for a moment; not a sleep, so that Playwright goes on hearing the browser."""
        self.page.wait_for_timeout(50)

    # ---- Waiting

    def until(self, function: str, argument: object = None, seconds: float = 60) -> None:
        """Wait until a JavaScript function says so."""
        self._until(lambda: self.evaluate(function, argument), seconds, lambda: f"{function} ({argument})")

    def wait(self, state: str, seconds: float = 60) -> None:
        """Until the status is in one of these states, given as a regular expression."""
        self._until(lambda: re.fullmatch(state, self.state()), seconds,
                    lambda: f"the status to be {state}; it is {self.state()}: {self.text('status')}")

    def reads(self, place: str, text: str | re.Pattern, seconds: float = 30) -> None:
        """Until an element has this text, or one in which this expression is found."""
        def right():
            there = self.text(place)
            return there == plain(text) if isinstance(text, str) else there is not None and text.search(there)

        self._until(right, seconds, lambda: f"{place} to read {text!r}; it reads {self.text(place)!r}")

    def become(self, holds: Callable[[], object], seconds: float = 60) -> None:
        """Until something holds that the test sees itself."""
        self._until(holds, seconds, lambda: "what the test waits for")

    def gone(self, place: str, seconds: float = 30) -> None:
        """Until an element is hidden or not there: what a press asks for is done a moment after the press."""
        self._until(lambda: not self.shown(place), seconds, lambda: f"{place} to go")

    def _until(self, holds, seconds: float, told) -> None:
        end = time.monotonic() + self.patience * seconds
        while not holds():
            assert time.monotonic() < end, f"{seconds} seconds were not enough for {told()}"
            self.rest()

    # ---- Looking

    def text(self, place: str) -> str | None:
        """The text of an element, or None where there is none."""
        text = self.evaluate("(place) => document.querySelector(place)?.textContent ?? null", selector(place))
        return text if text is None else plain(text)

    def state(self) -> str:
        """What the status is in: loading, ready, training ... or "" on another page."""
        return self.evaluate("() => document.getElementById('status')?.dataset.state ?? ''")

    def value(self, place: str) -> str:
        return self.evaluate("(place) => document.querySelector(place).value", selector(place))

    def shown(self, place: str) -> bool:
        """Whether an element is there and not hidden."""
        return self.evaluate("(place) => !!document.querySelector(place)?.checkVisibility()", selector(place))

    def count(self, place: str) -> int:
        return self.evaluate("(place) => document.querySelectorAll(place).length", selector(place))

    def fragment(self) -> str:
        """What follows # in the address."""
        return self.evaluate("() => location.hash.slice(1)")

    # ---- The page

    def open(self, fragment: str = "", state: str = "ready") -> None:
        """Follow a link and wait until the page is in that state."""
        self.goto("#" + fragment if fragment else "")
        self.wait(state)

    def step(self) -> int:
        return int(self.text("step-count").split(" / ")[0])

    def names(self) -> list[tuple[int, str]]:
        """What the list of names holds, the newest first: (step, name)."""
        items = """() => [...document.getElementById("names").children].map(
          (item) => [Number(item.dataset.step), item.dataset.name])"""
        return [tuple(item) for item in self.evaluate(items)]

    def cells(self, place: str) -> list[dict]:
        """The data-… of each cell of a picture, those of its table too."""
        datasets = """(place) => [...document.querySelectorAll(place + " td[style]")].map(
          (cell) => ({ ...cell.closest("table").dataset, ...cell.dataset }))"""
        return self.evaluate(datasets, selector(place))

    def points(self) -> list[list[float]]:
        """The loss curve as it came from the worker, to the last bit: steps, losses, running means."""
        frames = [json.loads(text) for text in self.evaluate("() => frames_heard")]
        return [[value for frame in frames for value in frame["points"][column]] for column in range(3)]
