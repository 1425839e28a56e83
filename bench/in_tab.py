"""Runs a measurement in the site's own Pyodide, in a worker of a real browser."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.browser import launch_options
from tools.serve import start
from tools.site import vendored

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_MS = 600_000


def run(module: str, *patterns: str) -> str:
    """Returns what the module's `in_this_tab()` returns there. patterns: of the files it needs, which have the same
    paths in the worker's folder as in the repository. Exits where the site is not built."""
    if not (ROOT / "_site/index.html").is_file():
        sys.exit("The site is not built: run `make site` first.")
    files = sorted({path.relative_to(ROOT).as_posix() for pattern in ("bench/__init__.py", *patterns)
                    for path in ROOT.glob(pattern)})
    server, pyodide = start(ROOT), vendored(ROOT / "_site", "pyodide")
    try:
        with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
            page = browser.new_page()
            page.set_default_timeout(TIMEOUT_MS)
            page.goto(f"{server.url}bench/in_tab.mjs?{pyodide.relative_to(ROOT)}/pyodide.mjs")
            return page.evaluate("(task) => import(location).then(({ run }) => run(task))", [module, files])
    finally:
        server.shutdown()
        server.server_close()
