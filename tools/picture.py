"""Take the README's screenshot, of the page during a run: .venv/bin/python -m tools.picture

Needs the built site; writes .github/page.png, 1280 × 800 pixels.
"""
import re
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tools.browser import launch_options
from tools.serve import start

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    server = start(ROOT / "_site")
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(server.url)
        page.get_by_test_id("look").fill("amelia")
        page.get_by_test_id("train").click()
        expect(page.get_by_test_id("step-count")).to_have_text(re.compile("^4[0-4]. "), timeout=180_000)
        page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        page.screenshot(path=ROOT / ".github/page.png")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
