"""Find the browsers that the tests drive, or say how to get them.

    python3 -m tools.browser

names them; where one is missing it installs it if it can (Debian's packages, as root). The tests need Chromium or
Chrome, and take half the time with its headless shell; those that compare browsers need Firefox and WebKit too, and
are skipped without them.
"""

import glob
import os
import shutil
import subprocess
import sys

CHROMIUM = ["chromium", "chromium-browser", "chrome", "google-chrome", "google-chrome-stable",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
SHELL = ["chromium-headless-shell", "chrome-headless-shell"]
FIREFOX = ["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"]

WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver"  # of Debian's webkit2gtk-driver, which brings the browser along
MINI_BROWSER = next(glob.iglob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser"), "")


def find_browser(names: list[str] = CHROMIUM) -> str | None:
    """The path of an installed browser of these names, or None."""
    return next(filter(None, map(shutil.which, names)), None)


def launch_options() -> dict:
    """What Playwright's `chromium.launch` needs to drive that browser; its sandbox cannot start as root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": find_browser(), "args": ["--disable-dev-shm-usage", *sandbox]}


def shell_options() -> dict:
    """The same for Chromium without its windows, tabs and menus, where that is installed: many tests open it, at half
    the cost. It compiles WebAssembly well only where much runs: a few steps do not save what that takes."""
    options = launch_options()
    patient = "--js-flags=--wasm-tiering-budget=2000000000"
    return {"executable_path": find_browser(SHELL) or options["executable_path"], "args": [*options["args"], patient]}


def firefox_options() -> dict | None:
    """What Playwright's `firefox.launch` needs to drive an installed Firefox, or None where there is none. Without the
    channel it would need a build of Playwright's own."""
    path = find_browser(FIREFOX)
    return path and {"executable_path": path, "channel": "moz-firefox"}


def webkit() -> bool:
    """Whether there is a WebKit to drive, and a screen for it that nobody sees."""
    return bool(os.path.exists(WEBKIT_DRIVER) and MINI_BROWSER and shutil.which("Xvfb"))


def install(*packages: str) -> None:
    """Install Debian's packages, where that is possible: as root."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    try:
        subprocess.run(["apt-get", "update"], check=True)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages], check=True)
    except subprocess.CalledProcessError as error:
        print(error, file=sys.stderr)


def main() -> None:
    if not find_browser():
        install("chromium", "fonts-nanum")  # and a font with Hangul for what it draws
    if not find_browser(SHELL):
        install("chromium-headless-shell")
    if not find_browser(FIREFOX):
        install("firefox-esr")
    if not (os.path.exists(WEBKIT_DRIVER) and shutil.which("Xvfb")):
        install("webkit2gtk-driver", "xvfb")
    browser = find_browser()
    if not browser:
        sys.exit(
            "The tests need Chromium or Chrome on the PATH: install it with your system's packages, "
            "for example `sudo apt-get install chromium fonts-nanum`, and run `make test` again."
        )
    others = {"Firefox": find_browser(FIREFOX), "WebKit": os.path.exists(WEBKIT_DRIVER) and WEBKIT_DRIVER}
    print("Testing in", *filter(None, [browser, *others.values()]))
    for name in (name for name, path in others.items() if not path):
        print(f"without {name}, whose tests are skipped")


if __name__ == "__main__":
    main()
