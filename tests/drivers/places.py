"""A place on a page in WebKit, and what is expected of it, in Playwright's words: see webkit.py."""

import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urljoin

import pytest
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select

PATIENCE_S = 30  # for what is to be pressed or filled
EXPECTED_S = 30  # until what is expected

# The driver's own scrolling leaves what is half out of sight, and a page that moves meanwhile makes its click miss.
AIM = """
const [target] = arguments;
target.scrollIntoView({ block: "center", behavior: "instant" });
window.was_hit = false;
target.addEventListener("click", () => { window.was_hit = true; }, { capture: true, once: true });
"""

# The elements that steps lead to from the document, each step a kind and a value, and what a function says of them.
FIND = r"""
const [steps, argument] = arguments;
const plain = (text) => text.replace(/\u200b/g, "").replace(/\s+/g, " ").trim();
const seen = (element) => {
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && element.checkVisibility({ visibilityProperty: true });
};
const has = (text, [pattern, flags]) => flags === null
  ? plain(text).toLowerCase().includes(pattern.toLowerCase()) : new RegExp(pattern, flags).test(plain(text));
const shadows = (element) => [...element.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ?? []);
const within = (found, css) => [...new Set(found.flatMap((element) => [element, ...shadows(element)]).flatMap(
  (root) => [...root.querySelectorAll(css)]))];
const narrow = {
  css: within,
  nth: (found, at) => found.slice(at, at + 1 || undefined),
  visible: (found) => found.filter(seen),
  saying: (found, pattern) => found.filter((element) => has(element.textContent, pattern)),
  text: (found, pattern) => within(found, "*").filter((element) => has(element.textContent, pattern)
    && ![...element.children].some((child) => has(child.textContent, pattern))),
};
const found = steps.reduce((found, [kind, value]) => narrow[kind](found, value), [document]);
"""


class Unknown:
    """Words of Playwright's for which the driver has nothing."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        pytest.skip(f"WebKit's driver has nothing for `{name}`")


def typed(text: str) -> str:
    """A text as keys: a line ends with the key that ends one."""
    return text.replace("\n", Keys.RETURN)


def as_pattern(text: str | re.Pattern) -> list:
    """What is to be found in a text: a part of it in any case, or a regular expression."""
    return [text, None] if isinstance(text, str) else [text.pattern, "i" if text.flags & re.I else ""]


def patiently(holds, seconds: float, what: object):
    """What a function gives as soon as that is something."""
    end = time.monotonic() + seconds
    while not (given := holds()):
        assert time.monotonic() < end, f"{seconds} seconds were not enough for {what}"
        time.sleep(0.05)
    return given


class Locator(Unknown):
    """Where to look, which is looked up anew each time."""

    def __init__(self, page, steps: tuple):
        self.page, self.steps = page, steps

    def __repr__(self):
        return " ".join(map(str, self.steps))

    # ---- Further

    def locator(self, css: str, has_text: str | re.Pattern | None = None):
        visible = css.endswith(":visible")
        found = self._to("css", css.removesuffix(":visible"))
        found = found._to("visible", None) if visible else found
        return found if has_text is None else found.filter(has_text)

    def get_by_test_id(self, name: str):
        return self.locator(f'[data-testid="{name}"]')

    def get_by_text(self, text: str | re.Pattern):
        return self._to("text", as_pattern(text))

    def filter(self, has_text: str | re.Pattern):
        return self._to("saying", as_pattern(has_text))

    def nth(self, at: int):
        return self._to("nth", at)

    @property
    def first(self):
        return self.nth(0)

    @property
    def last(self):
        return self.nth(-1)

    def all(self) -> list:
        return [self.nth(at) for at in range(self.count())]

    def _to(self, kind: str, value: object):
        return Locator(self.page, (*self.steps, (kind, value)))

    # ---- Looking

    def ask(self, function: str, argument: object = None) -> object:
        """What a JavaScript function says of all elements that are found."""
        return self.page.driver.execute_script(f"{FIND} return ({function})(found, argument);", self.steps, argument)

    def one(self, function: str, argument: object = None) -> object:
        """What a function says of the element, as soon as that is there."""
        told = patiently(lambda: self.ask(f"([one], argument) => one ? [({function})(one, argument)] : null", argument),
                         PATIENCE_S, self)
        return told[0]

    def count(self) -> int:
        return self.ask("(found) => found.length")

    def text_content(self) -> str:
        return self.one("(one) => one.textContent")

    def inner_html(self) -> str:
        return self.one("(one) => one.innerHTML")

    def get_attribute(self, name: str) -> str | None:
        return self.one("(one, name) => one.getAttribute(name)", name)

    def all_text_contents(self) -> list[str]:
        return self.ask("(found) => found.map((element) => element.textContent)")

    def is_visible(self) -> bool:
        return self.ask("(found) => found.some(seen)")

    def is_enabled(self) -> bool:
        return self.one("(one) => !one.disabled")

    def bounding_box(self) -> dict:
        return self.one("(one) => { const { x, y, width, height } = one.getBoundingClientRect();"
                        " return { x, y, width, height }; }")

    def evaluate(self, function: str, arg: object = None) -> object:
        return self.one(function, arg)

    def evaluate_all(self, function: str, arg: object = None) -> object:
        return self.ask(function, arg)

    def wait_for(self) -> None:
        patiently(self.is_visible, PATIENCE_S, self)

    # ---- Doing

    def _ready(self):
        """The one element, when it is in sight and does what it is there for."""
        found = patiently(lambda: self.ask("(found) => found.filter((one) => seen(one) && !one.disabled)"), PATIENCE_S,
                          self)
        assert len(found) == 1, f"{self} is {len(found)} elements"
        return found[0]

    def click(self) -> None:
        for _ in range(5):
            found = self._ready()
            self.page.driver.execute_script(AIM, found)
            found.click()
            if self.page.driver.execute_script("return window.was_hit !== false"):
                return
        raise AssertionError(f"{self} can't be hit")

    def check(self) -> None:
        if not self.one("(one) => one.checked"):
            self.click()

    def hover(self, position: dict | None = None) -> None:
        found = self._ready()
        self.page.driver.execute_script(AIM, found)
        box = self.bounding_box()
        away = [round(position[axis] - box[size] / 2) if position else 0
                for axis, size in (("x", "width"), ("y", "height"))]
        ActionChains(self.page.driver).move_to_element_with_offset(found, *away).perform()

    def fill(self, text: str) -> None:
        box = self._ready()
        if box.get_property("type") in ("range", "number"):
            self.one("""(one, text) => {
              one.focus();
              one.value = text;
              for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind, { bubbles: true }));
            }""", text)
            return
        # Not clear(), which leaves the box in between, and so has the page mend what is empty.
        self.page.driver.execute_script("arguments[0].focus(); arguments[0].select()", box)
        if text or box.get_property("value"):
            box.send_keys(typed(text) or Keys.DELETE)

    def press(self, key: str) -> None:
        self.focus()
        self.page.keyboard.press(key)

    def focus(self) -> None:
        self.one("(one) => one.focus()")

    def blur(self) -> None:
        self.one("(one) => one.blur()")

    def scroll_into_view_if_needed(self) -> None:
        self.one("(one) => one.scrollIntoView({ block: 'nearest', behavior: 'instant' })")

    def select_option(self, value: str, **how) -> None:
        found = self._ready()
        self.page.driver.execute_script(AIM, found)
        Select(found).select_by_value(value)

    def set_input_files(self, file: str | Path | dict) -> None:
        if isinstance(file, dict):
            path = Path(tempfile.mkdtemp(dir=self.page.context.browser.folder)) / file["name"]
            path.write_bytes(file["buffer"])
            file = path
        found = self.ask("(found) => found[0]")
        found.send_keys(str(file))


class Expectation:
    """What is to become true of a place or a page, in a while; with `not_` before it, false."""

    def __init__(self, actual):
        self.actual = actual

    def __getattr__(self, name: str):
        wanted = not name.startswith("not_")
        look = getattr(type(self), "_" + name.removeprefix("not_").removeprefix("to_"), None)
        if look is None:
            pytest.skip(f"WebKit's driver has nothing for `{name}`")

        def wait(*arguments, timeout: float = 1000 * EXPECTED_S, **more):
            patiently(lambda: bool(look(self, *arguments, **more)) is wanted, timeout / 1000,
                      f"{self.actual} {name} {arguments}")

        return wait

    def _be_visible(self, visible: bool = True) -> bool:
        return self.actual.is_visible() is visible

    def _be_hidden(self) -> bool:
        return not self.actual.is_visible()

    def _be_enabled(self) -> bool:
        return self.actual.ask("([one]) => !!one && !one.disabled")

    def _be_disabled(self) -> bool:
        return self.actual.ask("([one]) => !!one && one.disabled")

    def _be_focused(self) -> bool:
        return self.actual.ask("([one]) => !!one && one === document.activeElement")

    def _be_empty(self) -> bool:
        return self.actual.ask("([one]) => !!one && !one.textContent.trim()")

    def _be_in_viewport(self) -> bool:
        return self.actual.ask("""([one]) => {
          const box = one?.getBoundingClientRect();
          return !!box && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
        }""")

    def _contain_text(self, text: str | re.Pattern) -> bool:
        said = self._said()
        if isinstance(text, re.Pattern):
            return len(said) == 1 and bool(text.search(said[0]))
        return len(said) == 1 and plain(text) in said[0]

    def _have_text(self, text: str | re.Pattern | list) -> bool:
        said, wanted = self._said(), text if isinstance(text, list) else [text]
        return len(said) == len(wanted) and all(fits(*pair) for pair in zip(said, wanted))

    def _said(self) -> list[str]:
        return self.actual.ask("(found) => found.map((element) => plain(element.textContent))")

    def _have_count(self, count: int) -> bool:
        return self.actual.count() == count

    def _have_value(self, value: str | re.Pattern) -> bool:
        return is_it(self.actual.ask("([one]) => one?.value ?? null"), value)

    def _have_attribute(self, name: str, value: str | re.Pattern) -> bool:
        return is_it(self.actual.ask("([one], name) => one?.getAttribute(name) ?? null", name), value)

    def _have_url(self, url: str | re.Pattern) -> bool:
        return is_it(self.actual.url, urljoin(self.actual.context.base_url, url) if isinstance(url, str) else url)

    def _have_title(self, title: str | re.Pattern) -> bool:
        return fits(plain(self.actual.title()), title)


def plain(text: str) -> str:
    """A text as it is read: no matter which white space stands where."""
    return " ".join(text.replace("\u200b", "").split())


def is_it(there: str | None, wanted: str | re.Pattern) -> bool:
    """Whether a text is there that is this one, or in which this expression is found."""
    return there is not None and (there == wanted if isinstance(wanted, str) else bool(wanted.search(there)))


def fits(said: str, wanted: str | re.Pattern) -> bool:
    """The same for a text that is read."""
    return is_it(said, plain(wanted) if isinstance(wanted, str) else wanted)
