"""What browser tests share: the built site under a sub-path, one browser, a watch on its console and network."""

import json
import re
from pathlib import Path

import pytest
import recipe as recipes
from hypothesis import settings
from playwright.sync_api import Locator, Page, expect
from session import Session

from tools.browser import launch_options
from tools.serve import start

settings.register_profile("shared", deadline=None)  # the machine does other things too
settings.load_profile("shared")

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_site"


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail("_site/ is not built: run `make site` first", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def base_url(site):
    """Where the site is served: under a sub-path, as GitHub Pages does. `page.goto("")` opens the page."""
    server = start(site, prefix="/repo-name/")
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser_type_launch_args():
    """Drive the installed browser."""
    return launch_options()


@pytest.fixture(scope="session")
def browser_context_args(base_url):
    """Without service workers, so that what a test puts in a file's place reaches the page."""
    return {"base_url": base_url, "viewport": {"width": 1280, "height": 800}, "service_workers": "block"}


@pytest.fixture
def context(context, request):
    """A fresh browser profile. The test fails at its end if a page logged an error, or asked another host for anything.

    Errors that a test causes on purpose it names: `@pytest.mark.tolerates(r"HTTP 404")`.
    """
    tolerated = [pattern for mark in request.node.iter_markers("tolerates") for pattern in mark.args]
    faults, strangers = [], []

    def hear(message):
        if message.type == "error":
            faults.append(f"{message.text} ({message.location['url']})")

    context.on("console", hear)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda request: strangers.append(request.url))
    yield context
    strangers = [url for url in strangers if not re.match("(blob:)?http://localhost:|data:", url)]
    faults = [text for text in faults if not any(re.search(pattern, text) for pattern in tolerated)]
    assert not strangers, "requests to other hosts"
    assert not faults, "errors in the browser's console"


def pytest_collection_modifyitems(items):
    """Begin with the tests that ask for more time, so that the others run beside them."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


# Runs before the page does: keeps the text of every frame that comes from the worker, with all digits of its numbers.
KEEP_FRAMES = """
window.frames_heard = [];
const parse = JSON.parse;
JSON.parse = (text, ...more) => {
  if (String(text).startsWith('{"step"')) frames_heard.push(text);
  return parse(text, ...more);
};
"""


class Visitor:
    """A visitor at the page, who finds things by their data-testid."""

    def __init__(self, page: Page):
        self.page = page
        page.add_init_script(KEEP_FRAMES)

    def open(self, fragment: str = "", state: str = "ready") -> None:
        """Follow a link and wait until the page is in that state."""
        self.page.goto("#" + fragment if fragment else "")
        self.wait(state)

    def see(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def press(self, testid: str) -> None:
        self.see(testid).click()

    def wait(self, state: str, seconds: float = 60) -> None:
        """Until the status is in one of these states, given as a regular expression."""
        expect(self.see("status")).to_have_attribute("data-state", re.compile(f"^({state})$"), timeout=seconds * 1000)

    def reads(self, testid: str, text: str | re.Pattern, seconds: float = 30) -> None:
        """Until an element has this text."""
        expect(self.see(testid)).to_have_text(text, timeout=seconds * 1000)

    def put(self, testid: str, text: str) -> None:
        """Type into a box, and leave it."""
        self.see(testid).fill(text)
        self.see(testid).blur()

    def step(self) -> int:
        return int(self.see("step-count").text_content().split(" / ")[0])

    def names(self) -> list[tuple[int, str]]:
        """What the list of names holds, the newest first: (step, name)."""
        items = "(list) => [...list.children].map((item) => [Number(item.dataset.step), item.dataset.name])"
        return [tuple(item) for item in self.see("names").evaluate(items)]

    def cells(self, testid: str) -> list[dict]:
        """The data-… of each cell of a picture, those of its table too."""
        datasets = """(picture) => [...picture.querySelectorAll("td[style]")].map(
          (cell) => ({ ...cell.closest("table").dataset, ...cell.dataset }))"""
        return self.see(testid).evaluate(datasets)

    def points(self) -> list[list[float]]:
        """The loss curve as it came from the worker, to the last bit: steps, losses, running means."""
        frames = [json.loads(text) for text in self.page.evaluate("frames_heard")]
        return [[value for frame in frames for value in frame["points"][column]] for column in range(3)]


@pytest.fixture
def visitor(page) -> Visitor:
    return Visitor(page)


def in_cpython(fragment: str, steps: int | None = None) -> tuple[Session, dict]:
    """The run of a link in this Python, after so many steps or all: the session, and its one frame or its last."""
    recipe, notes = recipes.parse(fragment)
    assert not notes
    with open(ROOT / recipes.DATASETS[recipe["data"]], encoding="utf-8") as lines:
        session = Session(lines, recipe)
    if steps is None:
        return session, session.train(float("inf"), recipe["temperature"], recipe["prefix"])
    frame = None
    for _ in range(steps):
        frame = session.train(0, recipe["temperature"], recipe["prefix"])
    return session, frame


@pytest.fixture(scope="session")
def cpython():
    return in_cpython
