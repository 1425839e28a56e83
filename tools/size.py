"""The size of a first visit, file by file: .venv/bin/python -m tools.size

A real browser opens the built site and trains a step; the server records the files that it sent. Sizes are in bytes,
raw and with gzip, which hosts use; the status is 1 if they exceed the budget. Once the page is ready, the service
worker fetches the rest of the site for use offline: a line of its own, outside the budget, since nobody waits for it.
"""
import gzip
import re
import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tools.browser import launch_options
from tools.serve import start

SITE = Path(__file__).resolve().parent.parent / "_site"
BUDGET = 6_000_000  # bytes with gzip -6


def first_visit(site: Path) -> list[str]:
    """The files that a browser without a cache requests until it has trained a step, in that order."""
    server = start(site)
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        page = browser.new_page(service_workers="block")
        page.goto(f"{server.url}#n_embd=4&n_head=2")
        page.get_by_test_id("step").click(timeout=60_000)
        expect(page.get_by_test_id("status")).to_have_attribute("data-state", "paused", timeout=60_000)
    server.shutdown()
    server.server_close()
    return list(dict.fromkeys(path for path, _ in server.answers))


def weighed(path: Path) -> tuple[int, int, int]:
    """A file's bytes: raw, with gzip -6, with gzip -9; an archive or a picture is not compressed again."""
    content = path.read_bytes()
    if path.suffix in (".zip", ".png"):
        return len(content), len(content), len(content)
    return len(content), len(gzip.compress(content, 6)), len(gzip.compress(content, 9))


def kept(site: Path) -> list[str]:
    """The files that the service worker caches."""
    return re.findall(r'\{url:"([^"]+)"', (site / "service-worker.js").read_text())


def total(rows: list[tuple[int, int, int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def main() -> None:
    if not (SITE / "index.html").is_file():
        sys.exit("The site is not built: `make site` first.")
    visited = first_visit(SITE)
    sizes = {path: weighed(SITE / path) for path in visited}
    rest = [weighed(SITE / path) for path in ["service-worker.js", *kept(SITE)] if path not in sizes]
    print(f"{'a first visit':52}{'bytes':>12}{'gzip -6':>12}{'gzip -9':>12}")
    rows = sorted(sizes.items(), key=lambda item: -item[1][1])
    for name, row in [*rows, (f"in all, {len(rows)} files", total([*sizes.values()])),
                      (f"later, for use offline: {len(rest)} more", total(rest))]:
        print(f"{name:52}" + "".join(f"{size:12,}" for size in row))
    spent = total([*sizes.values()])[1]
    print(f"First visit: {spent / 1e6:.2f} MB with gzip -6, of a budget of {BUDGET / 1e6:.0f} MB.")
    if spent > BUDGET:
        sys.exit("The first visit exceeds its budget.")


if __name__ == "__main__":
    main()
