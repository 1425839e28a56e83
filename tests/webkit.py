"""WebKit, driven as the W3C's WebDriver protocol says: Playwright can't drive a system's own.

The two ways to look at a page are those of a test, not of a visitor: `evaluate` runs JavaScript in it, `until` waits
for what such JavaScript says.
"""

import json
import os
import subprocess
from contextlib import contextmanager

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tools.browser import MINI_BROWSER, WEBKIT_DRIVER


class Page:
    """One window."""

    def __init__(self, driver: webdriver.WebKitGTK, base_url: str):
        self.driver, self.base_url = driver, base_url

    def goto(self, address: str) -> None:
        """Open an address of the site as a page of its own, even where only the fragment differs from the last."""
        self.driver.get("about:blank")
        self.driver.get(self.base_url + address)

    def evaluate(self, function: str, argument: object = None) -> object:
        """What a JavaScript function gives for an argument; of a promise, what it is kept with."""
        told = self.driver.execute_async_script(
            f"const [argument, done] = arguments; Promise.resolve(({function})(JSON.parse(argument)))"
            ".then((answer) => done([answer]), (error) => done([String(error)]));", json.dumps(argument))
        return told[0]

    def press(self, testid: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, f'[data-testid="{testid}"]').click()

    def until(self, function: str, seconds: float = 60) -> None:
        """Wait until a JavaScript function says so."""
        WebDriverWait(self.driver, seconds, 0.1).until(lambda _: self.evaluate(function), function)

    def wait(self, state: str) -> None:
        """Wait until the page's status is in this state."""
        self.until(f"() => document.getElementById('status').dataset.state === '{state}'")


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
