"""What browser tests share: the built site under a sub-path, one browser, a watch on its console and network."""

import re
from pathlib import Path

import pytest

from tools.browser import launch_options
from tools.serve import start

SITE = Path(__file__).resolve().parent.parent / "_site"


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
    return {"base_url": base_url, "viewport": {"width": 1280, "height": 800}}


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
