"""Runs a measurement in the site's own Pyodide, in a worker of a real browser."""

from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.browser import launch_options
from tools.serve import start
from tools.site import vendored

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MS = 600_000


def run(module: str, files: dict[str, str]) -> str:
    """What the module's `in_this_tab()` gives there. `files`: {path in the repository: name in the worker's folder}."""
    server, pyodide = start(ROOT), vendored(ROOT / "_site", "pyodide")
    try:
        with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
            page = browser.new_page()
            page.set_default_timeout(LONGEST_MS)
            page.goto(f"{server.url}bench/in_tab.mjs?{pyodide.relative_to(ROOT)}/pyodide.mjs")
            return page.evaluate("(task) => import(location).then(({ run }) => run(task))", [module, files])
    finally:
        server.shutdown()
        server.server_close()
