"""How long a visitor waits until the worker is ready, and what of that is ours.

Three pages, each opened in fresh browsers, in turn: the site; Pyodide alone in a worker, from the site's own files;
Pyodide alone as its package ships it. Alone means without PyScript, page or data, but with the core imported.
"""

import statistics
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.browser import launch_options
from tools.serve import start
from tools.site import vendored

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
PAGES = {
    "the site": "_site/",
    "Pyodide alone, same files": "bench/bare.html?pyodide=/{pyodide}/",
    "Pyodide alone, as packaged": "bench/bare.html?pyodide=/node_modules/pyodide/",
}
# Runs before the page does: notes the time at which the status says that the worker is ready.
WATCH = """
window.ready = new Promise((resolve) => new MutationObserver(() => {
  if (document.querySelector('[data-testid="status"][data-state="ready"]')) resolve(performance.now());
}).observe(document, { subtree: true, childList: true, attributeFilter: ["data-state"] }));
"""


def seconds(browser: Browser, url: str) -> float:
    """From the start of the navigation to `url` until the worker is ready, with nothing in the cache."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    return page.evaluate("window.ready") / 1000


def rows(rounds: int = ROUNDS) -> list[tuple[str, float, float, float]]:
    """For each page: its name, the median and the least of its times, the median's ratio to Pyodide alone."""
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
    alone = medians["Pyodide alone, same files"]
    return [(name, medians[name], min(times[name]), medians[name] / alone) for name in PAGES]


def main() -> None:
    print(f"Opening the page until the worker is ready, cold, {ROUNDS} browsers each")
    print(f"{'':28}{'median':>8}{'least':>8}{'ratio':>7}")
    for name, median, least, ratio in rows():
        print(f"{name:28}{median:6.2f} s{least:6.2f} s{ratio:7.2f}")


if __name__ == "__main__":
    main()
