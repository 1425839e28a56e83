"""Find the browser that the tests drive, or say how to get one.

    python3 -m tools.browser

names it; where there is none it installs Chromium if it can (Debian's packages, as root).
"""

import os
import shutil
import subprocess
import sys

NAMES = ["chromium", "chromium-browser", "chrome", "google-chrome", "google-chrome-stable"]
MACOS = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"


def find_browser() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, [*NAMES, MACOS])), None)


def launch_options() -> dict:
    """What Playwright's `launch` needs to drive that browser; its sandbox cannot start as root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": find_browser(), "args": ["--disable-dev-shm-usage", *sandbox]}


def install_browser() -> None:
    """Install Chromium, and a font with Hangul for what it draws, from Debian's packages. Needs root."""
    subprocess.run(["apt-get", "update"], check=True)
    packages = ["chromium", "fonts-nanum"]
    subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages], check=True)


def main() -> None:
    if not find_browser() and shutil.which("apt-get") and os.geteuid() == 0:
        try:
            install_browser()
        except subprocess.CalledProcessError as error:
            print(error, file=sys.stderr)
    browser = find_browser()
    if not browser:
        sys.exit(
            "The tests need Chromium or Chrome on the PATH: install it with your system's packages, "
            "for example `sudo apt-get install chromium fonts-nanum`, and run `make test` again."
        )
    print(f"Testing in {browser}")


if __name__ == "__main__":
    main()
