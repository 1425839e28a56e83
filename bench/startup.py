"""How long it takes from opening the page until Python is ready, and how much of that is not Pyodide's own start.

Three pages in turn, each in a new browser: the site; a bare Pyodide worker with the site's own files; a bare Pyodide
worker with its package's files. Bare means without PyScript, page or data, but with the core imported.
"""

import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.browser import launch_options
from tools.serve import start
from tools.site import vendored

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
BARE = "a bare Pyodide worker, the same files"
PAGES = {
    "the site": "_site/",
    BARE: "bench/bare.html?pyodide=/{pyodide}/",
    "a bare Pyodide worker, as packaged": "bench/bare.html?pyodide=/node_modules/pyodide/",
}
# Runs before the page's own scripts: notes when the status says that the worker is ready.
WATCH = """
window.ready = new Promise((resolve) => new MutationObserver(() => {
  if (document.querySelector('[data-testid="status"][data-state="ready"]')) resolve(performance.now());
}).observe(document, { subtree: true, childList: true, attributeFilter: ["data-state"] }));
"""


def seconds(browser: Browser, url: str) -> float:
    """Seconds from the start of the navigation to `url` until the worker is ready."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    return page.evaluate("window.ready") / 1000


def rows(rounds: int = ROUNDS) -> list[tuple[str, float, float]]:
    """For each page: its name, the median of its times, and that median's ratio to the bare worker's."""
    server = start(ROOT)
    pyodide = vendored(ROOT / "_site", "pyodide").relative_to(ROOT)
    times = {name: [] for name in PAGES}
    with sync_playwright() as playwright:
        for _ in range(rounds):
            for name, path in PAGES.items():
                browser = playwright.chromium.launch(**launch_options())
                times[name].append(seconds(browser, server.url + path.format(pyodide=pyodide)))
                browser.close()
    server.shutdown()
    server.server_close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    return [(name, median, median / medians[BARE]) for name, median in medians.items()]


def main() -> None:
    print("Opening the page until Python is ready, new browsers without a cache, served on the same machine, medians "
          f"of {ROUNDS}:\n")
    print("| | seconds | ratio |\n|---|---:|---:|")
    for name, median, ratio in rows():
        print(f"| {name} | {median:.1f} s | {ratio:.2f} |")


if __name__ == "__main__":
    main()
