"""What browser tests share: the built site under a sub-path, one browser, a watch on its console and network."""

import re
import shutil
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest
import webkit
from booted import Booted
from host import ANOTHER_NAME, Host
from hypothesis import settings
from playwright.sync_api import Error
from playwright.sync_api import expect as playwright_expect
from support import ENGINES, LONG, NO_WEBKIT, SITE, in_cpython, missing, persistent
from window import Visitor

from tools.browser import firefox_options, shell_options
from tools.browser import webkit as there_is_webkit
from tools.serve import start

settings.register_profile("shared", deadline=None)  # the machine does other things too
settings.load_profile("shared")
playwright_expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    if not (SITE / "index.html").is_file():
        pytest.fail("_site/ is not built: run `make site` first", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def base_url(site):
    """Where the site is served: under a sub-path, as GitHub Pages does. `page.goto("")` opens the page."""
    server = start(site, prefix="/repo-name/", handler=Host)
    yield server.url
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_name):
    """Drive an installed browser: Chromium without its windows, or with `--browser firefox` that one."""
    if browser_name != "firefox":
        options = shell_options()
        return options | {"args": [*options["args"], f"--host-resolver-rules=MAP {ANOTHER_NAME} 127.0.0.1"]}
    wishes = {"dom.events.testing.asyncClipboard": True,  # what was copied can be read, without asking
              "ui.prefersReducedMotion": 1}  # which its driver does not tell it
    return firefox_options() | {"firefox_user_prefs": wishes}


@pytest.fixture(scope="session")
def browser(browser_name, request):
    """One browser for all tests. Where it does not start, it is started once more, and that is said."""
    if browser_name != "webkit":
        launch = request.getfixturevalue("launch_browser")
        try:
            browser = launch()
        except Error as error:
            warnings.warn(f"{browser_name} did not start, and is started again: {error}", stacklevel=1)
            browser = launch()
        yield browser
        browser.close()
    elif there_is_webkit():
        with webkit.launched() as browser:
            yield browser
    else:
        missing(NO_WEBKIT)


@pytest.fixture(scope="session")
def browser_context_args(base_url):
    """Without service workers, so that what a test puts in a file's place reaches the page; without motion, so that
    what is pressed stays in its place meanwhile."""
    return {"base_url": base_url, "viewport": {"width": 1280, "height": 800}, "service_workers": "block",
            "reduced_motion": "reduce"}


@contextmanager
def watched(context, node):
    """A browser profile under watch: at the end fails a test whose page logged an error, or asked another host for
    anything.

    Errors that a test causes on purpose it names: `@pytest.mark.tolerates(r"HTTP 404")`.
    """
    faults, strangers = [], []

    def hear(message):
        if message.type == "error" and not message.location["url"].endswith("/favicon.ico"):  # asked for by plain texts
            faults.append(f"{message.text} ({message.location['url']})")

    heard = {"console": hear, "weberror": lambda error: faults.append(str(error.error)),
             "request": lambda request: strangers.append(request.url)}
    for event, handler in heard.items():
        context.on(event, handler)
    yield context
    if isinstance(context, webkit.Context):
        faults += context.faults()
    for event, handler in heard.items():
        context.remove_listener(event, handler)
    ours = f"(blob:)?http://(localhost|{ANOTHER_NAME}):|data:|about:|file:"
    strangers = [url for url in strangers if not re.match(ours, url)]
    assert not strangers, "requests to other hosts"
    assert not untolerated(faults, node), "errors in the browser's console"


def untolerated(faults: list[str], node) -> list[str]:
    """The errors that a test did not cause on purpose."""
    tolerated = [pattern for mark in node.iter_markers("tolerates") for pattern in mark.args]
    return [text for text in faults if not any(re.search(pattern, text) for pattern in tolerated)]


@pytest.fixture
def context(context, request):
    """A fresh browser profile, under watch."""
    with watched(context, request.node):
        yield context
    Host.forget()


def pytest_collection_modifyitems(items):
    """Mark the tests of one browser's page, for `-m in_browser`, and those of `make engines`, for `-m in_engines`; skip
    what another than Chromium can't be told to do.
    Begin with the tests that take or ask for more time, so that the others run beside them."""
    for item in items:
        parameters = getattr(item, "callspec", None) and item.callspec.params or {}
        engine, browser = parameters.get("engine"), parameters.get("browser_name")
        if engine in ENGINES:  # one window serves all tests of a file in an engine
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {engine}"))
            marks = list(item.iter_markers("engines"))
            if any(not mark.args or engine in mark.args for mark in marks):
                item.add_marker("in_engines")
        if browser:
            item.add_marker("in_browser")
        if browser and browser != "chromium":
            for mark in item.iter_markers("chromium_only"):
                item.add_marker(pytest.mark.skip(reason=mark.args[0]))
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None and "one_window" not in item.fixturenames)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


@pytest.fixture(scope="session")
def booted(browser, browser_context_args):
    """The page that tests share: see booted.py."""
    booted = Booted(lambda: browser.new_context(**browser_context_args))
    yield booted
    booted.close()


def wants_a_page_of_its_own(request) -> bool:
    """Whether a test asks for a fresh page: by its mark, a context's options, or what else it takes."""
    marks = any(request.node.get_closest_marker(name) for name in ("fresh_page", "browser_context_args"))
    return marks or bool({"page", "context"} & set(request.fixturenames))


@pytest.fixture
def visitor(request, browser_name):
    """A visitor at a page: the one that tests share, or a fresh one at nothing yet where the test wants that."""
    if browser_name != "chromium" or wants_a_page_of_its_own(request):
        yield Visitor(request.getfixturevalue("page"))
        return
    booted = request.getfixturevalue("booted")
    visitor = booted.visitor()
    with watched(visitor.page.context, request.node):
        yield visitor
        if getattr(request.node, "failed", True):
            booted.close()
        else:
            booted.put_back()


@pytest.fixture(scope="session")
def cpython():
    return in_cpython


@pytest.fixture
def paused(visitor, cpython):
    """A visitor after three single steps of a small run, and the session that did the same in this Python."""
    visitor.open(LONG)
    for step in (1, 2, 3):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 2000")
    visitor.wait("paused")
    return visitor, cpython(LONG, steps=3)[0]


# ---- Each engine

@pytest.fixture(scope="module", params=ENGINES)
def engine(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def one_window(engine, base_url, request, tmp_path_factory):
    """A window of each engine, the same for all tests of a file."""
    size = {"width": 1280, "height": 800}
    if engine == "webkit":
        if not there_is_webkit():
            missing(NO_WEBKIT)
        with webkit.launched() as browser:
            context = browser.new_context(base_url, size)
            yield Visitor(context.new_page())
            context.close()
        return
    folder = tmp_path_factory.mktemp("profile")
    with persistent(request.getfixturevalue("playwright"), engine, folder, base_url=base_url, viewport=size,
                    reduced_motion="reduce") as context:
        yield Visitor(context.pages[0] if context.pages else context.new_page())


@pytest.fixture
def window(one_window, request):
    """That window, at nothing yet; the test fails at its end if the page logged an error."""
    one_window.goto("about:blank")
    with watched(one_window.page.context, request.node):
        yield one_window
    Host.forget()


@pytest.fixture
def served(site, tmp_path):
    """A server of a copy of the site, which a test may change or stop: its `folder` is that copy."""
    folder = shutil.copytree(site, tmp_path / "site")
    server = start(folder, prefix="/repo-name/")
    server.folder = folder
    yield server
    server.shutdown()
    server.server_close()
