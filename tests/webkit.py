"""WebKit, driven as the W3C's WebDriver protocol says, and told what to do in Playwright's words, so that the same
tests drive it: Playwright can't drive a system's own.

It knows as many of those words as the tests use. One that it doesn't know, because the driver has nothing for it, skips
the test that says it.
"""

import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin
from zlib import crc32

import pytest
from host import Host
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.support.ui import Select
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tools.browser import MINI_BROWSER, WEBKIT_DRIVER

PATIENCE_S = 30  # for what is to be pressed or filled
EXPECTED_S = 30  # until what is expected

# The driver hears no console, so the page's own errors are noted where they can be asked for.
HEAR_FAULTS = """
if (!window.faults_heard) {
  window.faults_heard = [];
  addEventListener("error", (event) => faults_heard.push(event.message));
  addEventListener("unhandledrejection", (event) => faults_heard.push(String(event.reason)));
  const { error } = console;
  console.error = (...words) => { faults_heard.push(words.join(" ")); error(...words); };
}
"""

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

KEYS = {"ControlOrMeta": Keys.CONTROL, "ArrowUp": Keys.ARROW_UP, "ArrowDown": Keys.ARROW_DOWN, "Space": " ",
        "ArrowLeft": Keys.ARROW_LEFT, "ArrowRight": Keys.ARROW_RIGHT, "PageUp": Keys.PAGE_UP,
        "PageDown": Keys.PAGE_DOWN}


class Unknown:
    """Words of Playwright's for which the driver has nothing."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        pytest.skip(f"WebKit's driver has nothing for `{name}`")


class Browser(Unknown):
    """WebKit on a screen that nobody sees."""

    browser_type = SimpleNamespace(name="webkit")

    def __init__(self, display: str, settings: str):
        # A language that browsers know: with C for one, WebKit calls the visitor's language "c", which none is.
        self.place = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11", "LANG": "en_US.UTF-8",
                      "LC_ALL": "en_US.UTF-8", "XDG_CONFIG_HOME": settings}

    def new_context(self, base_url: str = "", viewport: dict | None = None, service_workers: str = "allow", **others):
        """A private profile. Less motion is what all have here, and no Content-Security-Policy binds the driver."""
        if unknown := others.keys() - {"reduced_motion", "bypass_csp"}:
            pytest.skip(f"WebKit's driver has nothing for {', '.join(unknown)}")
        options = Options()
        options.binary_location = MINI_BROWSER
        options.add_argument("--automation")
        driver = webdriver.WebKitGTK(options=options, service=Service(WEBKIT_DRIVER, env=self.place))
        driver.set_script_timeout(120)
        return Context(self, driver, base_url, viewport, blocked=service_workers == "block")


@contextmanager
def launched():
    """WebKit, and the screen for it."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()  # to its end, or Xvfb would die of the pipe that nobody reads
    try:
        with tempfile.TemporaryDirectory() as settings:
            (Path(settings) / "gtk-3.0").mkdir()
            (Path(settings) / "gtk-3.0/settings.ini").write_text("[Settings]\ngtk-enable-animations=0\n")
            yield Browser(f":{number}", settings)
    finally:
        server.terminate()
        server.wait()


class Context(Unknown):
    """A private profile, whose windows share what is kept."""

    def __init__(self, browser: Browser, driver: webdriver.WebKitGTK, base_url: str, viewport: dict | None,
                 blocked: bool):
        self.browser, self.driver, self.base_url, self.viewport = browser, driver, base_url, viewport
        self.pages, self.scripts, self.blocked = [], [HEAR_FAULTS], blocked
        self.tracing = SimpleNamespace(stop=lambda: None)  # which pytest-playwright does in any case
        if blocked:
            self.scripts.append("delete Navigator.prototype.serviceWorker")

    def new_page(self):
        if self.pages:
            self.driver.switch_to.new_window("window")
        page = Page(self)
        self.pages.append(page)
        if self.viewport:
            page.set_viewport_size(self.viewport)
        return page

    def close(self) -> None:
        self.driver.quit()

    def grant_permissions(self, names) -> None:
        """Lets what is copied be read: no driver's word for that is known."""
        self.scripts.append("""
          if (!window.copied && navigator.clipboard) {
            window.copied = [];
            const { clipboard } = navigator, text = (given) => given.getType("text/plain").then((blob) => blob.text());
            clipboard.writeText = async (text) => { copied.push(text); };
            clipboard.write = async ([item]) => { copied.push(await text(item)); };
            clipboard.readText = async () => copied.at(-1);
          }""")
        for page in self.pages:
            page.begin()

    def on(self, event: str, hear) -> None:
        if event == "request":
            Host.rules.heard.append(hear)

    def remove_listener(self, event: str, hear) -> None:
        if hear in Host.rules.heard:
            Host.rules.heard.remove(hear)

    def faults(self) -> list[str]:
        """The errors of the pages that are open."""
        return [fault for page in self.pages for fault in page.evaluate("() => window.faults_heard ?? []")]

    def route(self, pattern: str, answer) -> None:
        Host.rules.routes.append((pattern, answer))

    def unroute(self, pattern: str) -> None:
        Host.rules.routes[:] = [rule for rule in Host.rules.routes if rule[0] != pattern]


class Page(Unknown):
    """One window."""

    def __init__(self, context: Context):
        self.context, self.handle, self.scripts = context, context.driver.current_window_handle, []
        self.route, self.unroute = context.route, context.unroute
        self.keyboard = Keyboard(self)

    @property
    def driver(self) -> webdriver.WebKitGTK:
        driver = self.context.driver
        if len(self.context.pages) > 1 and driver.current_window_handle != self.handle:
            driver.switch_to.window(self.handle)
        return driver

    def goto(self, address: str) -> None:
        address = urljoin(self.context.base_url, address)
        if self.context.blocked:  # else the service worker would keep a page that is not the build's
            Host.rules.before[:] = self.once()
        for _ in range(20):  # now and then one page comes in place of the next, or an error of the driver's own
            self.driver.get(address)
            if self.url.split("#")[0] == address.split("#")[0]:
                break
            time.sleep(0.05)
        self.begin()

    def reload(self) -> None:
        self.driver.refresh()
        self.begin()

    def begin(self) -> None:
        """What another host than the tests' own did not put before the page's own scripts comes now: before its Python,
        which takes longer."""
        self.driver.execute_script("\n".join(self.once()))

    def once(self) -> list[str]:
        """The scripts for the page, each of which runs there once."""
        return [f"if (!(window.begun ??= {{}})[{crc32(script.encode())}]) {{ begun[{crc32(script.encode())}] = true;"
                f" {script}\n}}" for script in [*self.context.scripts, *self.scripts]]

    def add_init_script(self, script: str) -> None:
        self.scripts.append(script)

    def close(self) -> None:
        driver = self.driver
        self.context.pages.remove(self)
        if not self.context.pages:
            driver.switch_to.new_window("window")  # which holds the profile; the next page takes it
        here = driver.current_window_handle
        driver.switch_to.window(self.handle)
        driver.close()
        driver.switch_to.window(here if here != self.handle else self.context.pages[-1].handle)

    @property
    def url(self) -> str:
        return self.driver.current_url

    def title(self) -> str:
        return self.driver.title

    def on(self, event: str, hear) -> None:
        """Requests are told of; a dialog needs no telling, for with one open each word to the driver is an error."""
        if event not in ("request", "dialog"):
            pytest.skip(f"WebKit's driver tells of no {event}")
        self.context.on(event, hear)

    def set_viewport_size(self, size: dict) -> None:
        self.driver.set_window_size(size["width"], size["height"])
        edges = self.evaluate("() => [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.driver.set_window_size(size["width"] + edges[0], size["height"] + edges[1])

    def wait_for_timeout(self, milliseconds: float) -> None:
        time.sleep(milliseconds / 1000)

    def evaluate(self, text: str, arg: object = None) -> object:
        """What a function gives for an argument, or what an expression is; of a promise, what it is kept with."""
        try:
            told = self.driver.execute_async_script(
                f"const [arg, done] = arguments; Promise.resolve().then(() => {{ const it_is = ({text}\n);"
                "return typeof it_is == 'function' ? it_is(arg) : it_is; })"
                ".then((answer) => done([answer]), (error) => done([null, String(error)]));", arg)
        except JavascriptException:  # statements are no expression
            return self.driver.execute_script(text)
        if len(told) > 1:
            raise WebDriverException(told[1])
        return told[0]

    def wait_for_function(self, text: str, arg: object = None, timeout: float = 1000 * PATIENCE_S) -> None:
        patiently(lambda: self.evaluate(text, arg), timeout / 1000, text)

    def wait_for_url(self, pattern: re.Pattern) -> None:
        patiently(lambda: pattern.search(self.url), PATIENCE_S, pattern.pattern)

    def wait_for_selector(self, css: str) -> None:
        self.locator(css).first.wait_for()

    def locator(self, css: str, has_text: str | re.Pattern | None = None):
        return Locator(self, ()).locator(css, has_text)

    def get_by_test_id(self, name: str):
        return self.locator(f'[data-testid="{name}"]')

    def get_by_text(self, text: str | re.Pattern):
        return Locator(self, (("text", as_pattern(text)),))


class Keyboard(Unknown):
    """Keys, where the focus is."""

    def __init__(self, page: Page):
        self.page = page

    def press(self, name: str) -> None:
        """One key, or several at once: `Control+Home`."""
        *held, last = [KEYS.get(key) or getattr(Keys, key.upper(), key) for key in name.split("+")]
        keys = ActionChains(self.page.driver)
        for key in held:
            keys.key_down(key)
        keys.send_keys(last)
        for key in held:
            keys.key_up(key)
        keys.perform()

    def type(self, text: str) -> None:
        ActionChains(self.page.driver).send_keys(typed(text)).perform()

    def insert_text(self, text: str) -> None:
        self.page.evaluate("(text) => { document.execCommand('insertText', false, text); }", text)


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

    def __init__(self, page: Page, steps: tuple):
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

    def input_value(self) -> str:
        return self.one("(one) => one.value")

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
            path = Path(tempfile.mkdtemp()) / file["name"]
            path.write_bytes(file["buffer"])
            file = path
        found = self.ask("(found) => found[0]")
        found.send_keys(str(file))


class Expectation:
    """What is to become true of a place or a page, in a while; with `not_` before it, false."""

    def __init__(self, actual: Locator | Page):
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
        there = self.actual.ask("([one]) => one?.value ?? null")
        return there is not None and (there == value if isinstance(value, str) else bool(value.search(there)))

    def _have_attribute(self, name: str, value: str | re.Pattern) -> bool:
        there = self.actual.ask("([one], name) => one?.getAttribute(name) ?? null", name)
        return there is not None and (there == value if isinstance(value, str) else bool(value.search(there)))

    def _have_url(self, url: str | re.Pattern) -> bool:
        there = self.actual.url
        return there == urljoin(self.actual.context.base_url, url) if isinstance(url, str) else bool(url.search(there))

    def _have_title(self, title: str | re.Pattern) -> bool:
        return fits(plain(self.actual.title()), title)


def plain(text: str) -> str:
    """A text as it is read: no matter which white space stands where."""
    return " ".join(text.replace("\u200b", "").split())


def fits(said: str, wanted: str | re.Pattern) -> bool:
    return said == plain(wanted) if isinstance(wanted, str) else bool(wanted.search(said))
