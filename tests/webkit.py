"""WebKit, driven as the W3C's WebDriver protocol says: Playwright can't drive a system's own."""

import json
import os
import subprocess
from contextlib import contextmanager
from urllib.parse import urljoin

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service
from window import KEEP_FRAMES, Window, selector

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


# The driver's own scrolling leaves what is half out of sight, and a page that moves meanwhile makes its click miss.
AIM = """
const [target] = arguments;
target.scrollIntoView({ block: "center", behavior: "instant" });
window.was_hit = false;
target.addEventListener("click", () => { window.was_hit = true; }, { capture: true, once: true });
"""


class Page(Window):
    """One window."""

    def __init__(self, driver: webdriver.WebKitGTK, base_url: str):
        self.driver, self.base_url = driver, base_url

    def goto(self, address: str) -> None:
        address = urljoin(self.base_url, address)
        for _ in range(20):  # now and then one page comes in place of the next, or an error of the driver's own
            self.driver.get(address)
            if self.evaluate("() => location.href").split("#")[0] == address.split("#")[0]:
                break
            self.rest()
        self._hear()

    def reload(self) -> None:
        self.driver.refresh()
        self._hear()

    def _hear(self) -> None:
        """Nothing can be put before the page's own scripts; but its Python takes longer to come than this does."""
        self.evaluate(f"() => {{ {KEEP_FRAMES} {HEAR_FAULTS} }}")

    def faults(self) -> list[str]:
        """The errors of the page that is open."""
        return self.evaluate("() => window.faults_heard ?? []")

    def evaluate(self, function: str, argument: object = None) -> object:
        told = self.driver.execute_async_script(
            f"const [argument, done] = arguments; Promise.resolve().then(() => ({function})(JSON.parse(argument)))"
            ".then((answer) => done([answer]), (error) => done([null, String(error)]));", json.dumps(argument))
        if len(told) > 1:
            raise WebDriverException(told[1])
        return told[0]

    def find(self, place: str):
        return self.driver.find_element(By.CSS_SELECTOR, selector(place))

    def press(self, place: str) -> None:
        for _ in range(5):
            found = self.find(place)
            self.driver.execute_script(AIM, found)
            found.click()
            if self.driver.execute_script("return window.was_hit !== false"):
                return
        raise AssertionError(f"{place} can't be hit")

    def put(self, place: str, text: str) -> None:
        # Not clear(), which leaves the box in between, and so has the page mend what is empty.
        box = self.find(place)
        self.driver.execute_script("arguments[0].select()", box)
        box.send_keys(typed(text) or Keys.DELETE)
        self.driver.execute_script("arguments[0].blur()", box)

    def choose(self, place: str, value: str) -> None:
        found = self.find(place)
        self.driver.execute_script(AIM, found)
        Select(found).select_by_value(value)

    def key(self, name: str) -> None:
        *held, last = [getattr(Keys, {"ArrowRight": "ARROW_RIGHT"}.get(key, key.upper())) for key in name.split("+")]
        keys = ActionChains(self.driver)
        for key in held:
            keys.key_down(key)
        keys.send_keys(last)
        for key in held:
            keys.key_up(key)
        keys.perform()

    def type(self, text: str) -> None:
        ActionChains(self.driver).send_keys(typed(text)).perform()

    def size(self, width: int, height: int) -> None:
        self.driver.set_window_size(width, height)


def typed(text: str) -> str:
    """A text as keys: a line ends with the key that ends one."""
    return text.replace("\n", Keys.RETURN)


@contextmanager
def screen():
    """A screen that nobody sees: its name, for as long as it is needed."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()  # to its end, or Xvfb would die of the pipe that nobody reads
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def opened(base_url: str):
    """A window of WebKit."""
    options = Options()
    options.binary_location = MINI_BROWSER
    options.add_argument("--automation")
    with screen() as display:
        # A language that browsers know: with C for one, WebKit calls the visitor's language "c", which none is.
        place = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11", "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"}
        driver = webdriver.WebKitGTK(options=options, service=Service(WEBKIT_DRIVER, env=place))
        driver.set_script_timeout(120)
        try:
            yield Page(driver, base_url)
        finally:
            driver.quit()
