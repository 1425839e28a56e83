"""Find the browsers that the tests drive, install what is missing, and fail where that can't be done.

    python3 -m tools.browser                 all three engines
    python3 -m tools.browser chromium        only these

Missing browsers are installed from Debian's packages, which takes root. Where an engine stays missing, the command
names it and its packages and exits with status 1, because tests skipped unseen look like tests passed. To go on
without it all the same, knowing that its tests are skipped: ALLOW_MISSING=1 make test.
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

WEBKIT_DRIVER = "/usr/bin/WebKitWebDriver"  # from Debian's webkit2gtk-driver, which depends on the browser itself


def mini_browser() -> str:
    """The path of WebKitGTK's small browser, "" if it isn't installed."""
    return next(glob.iglob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser"), "")


MINI_BROWSER = mini_browser()


def find_browser(names: list[str] = CHROMIUM) -> str | None:
    """The path of an installed browser of these names, or None."""
    return next(filter(None, map(shutil.which, names)), None)


def launch_options() -> dict:
    """Options for Playwright's `chromium.launch`; Chromium's sandbox cannot start as root."""
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {"executable_path": find_browser(), "args": ["--disable-dev-shm-usage", *sandbox]}


def shell_options() -> dict:
    """The same for Chromium's headless shell, where that is installed: it takes half the processor time. WebAssembly's
    optimizing compiler is held back, because short tests do not repay what it costs."""
    options = launch_options()
    patient = "--js-flags=--wasm-tiering-budget=2000000000"
    return {"executable_path": find_browser(SHELL) or options["executable_path"], "args": [*options["args"], patient]}


def firefox_options() -> dict | None:
    """Options for Playwright's `firefox.launch` with an installed Firefox, or None if there is none. Without the
    channel Playwright would look for a build of its own."""
    path = find_browser(FIREFOX)
    return path and {"executable_path": path, "channel": "moz-firefox"}


def webkit() -> bool:
    """Whether WebKit, its driver and a virtual screen are installed."""
    return bool(os.path.exists(WEBKIT_DRIVER) and mini_browser() and shutil.which("Xvfb"))


# Engine: (is it installed, its packages in Debian). fonts-nanum has the Hangul that screenshots and canvases show.
ENGINES = {
    "chromium": (find_browser, ["chromium", "fonts-nanum"]),
    "firefox": (firefox_options, ["firefox-esr"]),
    "webkit": (webkit, ["webkit2gtk-driver", "xvfb"]),
}


def install(*packages: str) -> None:
    """Install Debian packages, where that is possible: as root, on a system with apt. Prints why it failed."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    try:
        subprocess.run(["apt-get", "update"], check=True)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *packages], check=True)
    except subprocess.CalledProcessError as error:
        print(error, file=sys.stderr)


def missing(names: list[str]) -> list[str]:
    """Those of the engines that are not installed."""
    return [name for name in names if not ENGINES[name][0]()]


def main(arguments: list[str]) -> None:
    names = arguments or [*ENGINES]
    if unknown := set(names) - ENGINES.keys():
        sys.exit(f"tools.browser: unknown engine {', '.join(sorted(unknown))}; there are {', '.join(ENGINES)}")
    wanted = [package for name in missing(names) for package in ENGINES[name][1]]
    if wanted:
        install(*wanted)
    if "chromium" in names and not find_browser(SHELL):
        install("chromium-headless-shell")  # not every release of Debian has it, and Chromium does without
    lacking = missing(names)
    print("Testing in", ", ".join(name for name in names if name not in lacking) or "no browser")
    if not lacking:
        return
    packages = [package for name in lacking for package in ENGINES[name][1]]
    print(f"Not installed: {', '.join(lacking)}. On Debian: sudo apt-get install {' '.join(packages)}", file=sys.stderr)
    if os.environ.get("ALLOW_MISSING") != "1" or "chromium" in lacking:
        sys.exit("ALLOW_MISSING=1 goes on without Firefox or WebKit and skips their tests; Chromium or Chrome is "
                 "always needed.")
    print("ALLOW_MISSING=1: their tests are skipped.", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
