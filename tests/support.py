"""What tests share besides fixtures: the page's sentences by their keys, the files that tests change, the same run in
this Python, and small ways of asking.
"""

import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from common import recipe as recipes
from playwright.sync_api import Error
from texts import EN
from worker.session import Session

from tools.browser import firefox_options, launch_options

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_site"
CORE = ROOT / "py/microgpt.py"
LONG = "num_steps=2000&n_embd=8&n_head=2"
ENGINES = ["chromium", "firefox", "webkit"]
NO_WEBKIT = "no WebKit here; `make test` installs Debian's webkit2gtk-driver and xvfb where it may"

# ---- The files of the page and the worker that tests take away or change, and what they change in them

MAIN = "py/page/main.py"
RUN_STATE = "py/page/run_state.py"
RUN_VIEW = "py/page/run_view.py"
RECOVERY = "py/page/recovery.py"
WORKER_CLIENT = "py/page/worker_client.py"
AUTOSAVE = "py/page/autosave.py"
WORKER = "py/worker/main.py"
SESSION = "py/worker/session.py"
COMPILER = "py/worker/compiler/__init__.py"
WASM_MODULE = "py/worker/compiler/module.py"
WASM_ENCODER = "py/worker/compiler/wasm_encoder.py"

# (file, what stands there, what a test puts in its place)
PATIENT = (WORKER_CLIENT, "ARRIVAL_S = ", "ARRIVAL_S = 1 or ")  # the worker is silent after a second
NO_AUTOSAVE = (AUTOSAVE, "LOOK_MS, SAVE_MS = 1000, ", "LOOK_MS, SAVE_MS = 1000, 1000 * ")  # only when asked to
ALL_LARGE = (RECOVERY, "\nLARGE = ", "\nLARGE = 0 * ")  # every model's step counts as a slow one
SLOW_COMPILER = (COMPILER, "    return Engine(run)", "    import time\n    time.sleep(1.5)\n    return Engine(run)")
FRAME_SHOWN = (RUN_VIEW, "\n        num_steps = state.num_steps()\n        status.progress(frame.step")


def changed(change: tuple[str, str, str]) -> str:
    """The text of a file with this change, which must fit it."""
    file, old, new = change
    text = (ROOT / file).read_text("utf-8")
    assert text.count(old) == 1, f"{file} has no longer just one {old!r}"
    return text.replace(old, new)


def put_in_place(context, change: tuple[str, str, str]) -> None:
    """Let a page or a profile get a file with a change."""
    body = changed(change)
    context.route(f"**/{change[0]}*", lambda route: route.fulfill(body=body))


# ---- The page's sentences


def said(*keys: str, texts: dict = EN, **values) -> str | re.Pattern:
    """What the page says for these keys, one after the other: the text, or where values are missing, a pattern that
    takes any."""
    text = " ".join(texts[key] for key in keys)
    for name, value in values.items():
        assert f"{{{name}}}" in text, f"{keys} have no {{{name}}}"
        text = text.replace(f"{{{name}}}", str(value))
    text = text.replace("\xa0", " ")
    if not re.search(r"\{\w+\}", text):
        return text
    return re.compile("^" + pattern(text) + "$")


def pattern(text: str) -> str:
    """A text with {places} as a regular expression."""
    pieces = re.split(r"(\{\w+\})", text)
    return "".join(".+" if piece.startswith("{") and piece.endswith("}") else re.escape(piece).replace(r"\ ", r"\s")
                   for piece in pieces)


def within(*keys: str, texts: dict = EN, **values) -> re.Pattern:
    """The same within a longer text."""
    found = said(*keys, texts=texts, **values)
    return re.compile(pattern(found) if isinstance(found, str) else found.pattern.removeprefix("^").removesuffix("$"))


def beginning(*keys: str, texts: dict = EN, **values) -> re.Pattern:
    """The same at the beginning of a text."""
    return re.compile("^" + within(*keys, texts=texts, **values).pattern)


# ---- The same run in this Python


def in_cpython(fragment: str, steps: int | None = None) -> tuple[Session, dict]:
    """The run of a link in this Python, after so many steps or all: the session, and its one frame or its last."""
    recipe, notes = recipes.parse(fragment)
    assert not notes
    with open(ROOT / recipes.DATASETS[recipe["data"]], encoding="utf-8") as lines:
        session = Session(lines, recipe)
    if steps is None:
        return session, session.train(float("inf"), recipe["temperature"], recipe["prefix"])
    frame = None
    for _ in range(steps):
        frame = session.train(0, recipe["temperature"], recipe["prefix"])
    return session, frame


def as_listed(session: Session, frame: dict) -> list[tuple[int, str]]:
    """The names of a whole run as the page lists them, the newest first."""
    return [(step, name) for step, name, _ in session.last_names(20, True) + frame["names"][::-1]]


def weights_of(view: dict) -> list[str]:
    """A view's attention as the page writes it: each weight in its order."""
    return [f"{weight:.4f}" for heads in view["attention"] for rows in heads for row in rows for weight in row]


# Whether a run is saved as it was after so many steps.
IS_SAVED = """
(step) => new Promise((done) => {
  indexedDB.open("keyval-store").onsuccess = ({ target: { result: db } }) => {
    if (!db.objectStoreNames.contains("keyval")) return done(db.close());
    db.transaction("keyval").objectStore("keyval").getAll().onsuccess = ({ target: { result } }) => {
      db.close();
      done(result.some((entry) => entry.step === step));
    };
  };
})"""

# ---- Marks and browsers


def soak(*case):
    """A case of a test's that takes long: `make soak` runs it, `make test` does not."""
    return pytest.param(*case, marks=pytest.mark.soak)


def missing(reason: str):
    """There is no such browser here: where every engine must be tested, an error, else the test is skipped."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def persistent(playwright, engine: str, folder, **options):
    """A profile on the disk of Chromium or Firefox: private windows keep neither large files nor service workers."""
    launch = launch_options() if engine == "chromium" else firefox_options()
    if not launch:
        missing("no Firefox here; `make test` installs Debian's firefox-esr where it may")
    try:
        context = getattr(playwright, engine).launch_persistent_context(str(folder), **launch, **options)
    except Error as error:
        if engine == "chromium":
            raise
        missing(f"the Firefox here can't be driven: {str(error).splitlines()[0]}")
    try:
        yield context
    finally:
        context.close()
