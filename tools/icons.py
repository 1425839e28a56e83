"""Draw static/icon.svg as the PNG icons that static/app.webmanifest names: .venv/bin/python -m tools.icons"""
from pathlib import Path

from playwright.sync_api import sync_playwright

from tools.browser import launch_options

ROOT = Path(__file__).resolve().parent.parent
PAPER = "#fbfaf6"  # of static/style.css
# Name: (pixels, share of the width that the drawing takes, ground). A maskable icon's inner four fifths are never cut.
ICONS = {"192": (192, 1, "transparent"), "512": (512, 1, "transparent"), "maskable-512": (512, 0.6, PAPER)}


def main() -> None:
    svg = (ROOT / "static/icon.svg").read_text()
    (ROOT / "static/icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
        for name, (size, share, ground) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            style = f"body {{ margin: {size * (1 - share) / 2}px; background: {ground} }} svg {{ display: block }}"
            page.set_content(f"<style>{style}</style>{svg}")
            page.screenshot(path=ROOT / f"static/icons/{name}.png", omit_background=True)


if __name__ == "__main__":
    main()
