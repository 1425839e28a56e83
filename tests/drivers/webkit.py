"""WebKit, driven as the W3C's WebDriver protocol says, and told what to do in Playwright's words, so that the same
tests drive it: Playwright can't drive a system's own.

What can be said of a place on the page stands in places.py. Both know as many of those words as the tests use; one that
they don't know, because the driver has nothing for it, skips the test that says it.
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
from places import PATIENCE_S, Locator, Unknown, as_pattern, patiently, typed
from selenium import webdriver
from selenium.common.exceptions import JavascriptException, WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tools.browser import MINI_BROWSER, WEBKIT_DRIVER

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

KEYS = {"ControlOrMeta": Keys.CONTROL, "ArrowUp": Keys.ARROW_UP, "ArrowDown": Keys.ARROW_DOWN, "Space": " ",
        "ArrowLeft": Keys.ARROW_LEFT, "ArrowRight": Keys.ARROW_RIGHT, "PageUp": Keys.PAGE_UP,
        "PageDown": Keys.PAGE_DOWN}


class Browser(Unknown):
    """WebKit on a screen that nobody sees."""

    browser_type = SimpleNamespace(name="webkit")

    def __init__(self, display: str, folder: str):
        self.folder = folder  # of its settings, and for what is to be opened
        # A language that browsers know: with C for one, WebKit calls the visitor's language "c", which none is.
        self.place = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11", "LANG": "en_US.UTF-8",
                      "LC_ALL": "en_US.UTF-8", "XDG_CONFIG_HOME": folder}

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
        with tempfile.TemporaryDirectory() as folder:
            settings = Path(folder) / "gtk-3.0/settings.ini"
            settings.parent.mkdir()
            settings.write_text("[Settings]\ngtk-enable-animations=0\n")
            yield Browser(f":{number}", folder)
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
