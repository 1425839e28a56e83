"""Every engine: a visitor's journeys in Chromium, Firefox and WebKit, each held against the same run in this Python.

One window an engine serves them all, so each journey begins where its link leads, whatever the one before it left.
"""

import re
import sys

import pytest
from common import experiments
from common.recipe import parse
from support import CORE as CORE_FILE
from support import IS_SAVED, LONG, ROOT, as_listed, beginning, said, within
from test_attention_view import sentence
from texts import EN, KO
from worker import core_edit
from worker.dataset import read
from worker.session import Session

# In Chromium, all the other browser tests try the same things; test_same_bits.py compares the engines' numbers.
pytestmark = pytest.mark.engines

SMALL = "num_steps=12&n_embd=8&n_head=2"
TINY = "num_steps=4&n_embd=4&n_head=2"
CORE = CORE_FILE.read_text("utf-8")


def steps(window, count: int) -> None:
    """So many presses of Step, from the beginning."""
    for step in range(1, count + 1):
        window.press("step")
        window.reads("step-count", re.compile(f"^{step} /"))
    window.wait("paused")


def train(window) -> None:
    window.press("train")
    window.wait("done")


# ---- Opening


def test_the_recording_and_the_prose_are_there_before_python_is(window):
    window.goto("")
    window.until("() => document.getElementById('names')?.children.length === 60")
    window.reads("loss", re.compile(r"^2\.\d{2}$"))  # by the page's own Python
    assert window.count("[data-testid=attention] [data-head]") == 4
    assert EN["lead"] in window.text("body > header") and window.text("recorded") == EN["recorded"]
    window.reads("reading", said("reading"))
    window.reads("status", said("status.ready", python="3.14.2"), 60)
    assert not window.shown("ignored") and not window.shown("retry") and not window.shown("incomplete")
    strangers = """() => performance.getEntriesByType("resource").map((entry) => entry.name)
      .filter((name) => new URL(name).origin !== location.origin && !name.startsWith("blob:"))"""
    assert window.evaluate(strangers) == []


def test_a_link_with_nonsense_is_said_in_a_line(window):
    window.goto("#seed=x&colour=red&n_layer=99&n_embd=10")
    window.reads("ignored", said("link.ignored", pieces="seed=x, colour=red") + " " +
                 said("link.clamped", pieces="n_layer=99 → 4, n_head=4 → 2"))
    assert window.value("setting-n_head") == "2"
    window.goto("#view=nonsense&seed=7")
    window.reads("ignored", said("inside.nowhere"), 60)
    assert window.value("setting-seed") == "7" and not window.shown("panel")


# ---- Training


def test_train_pause_step_and_reset(window, cpython):
    window.open(LONG)
    window.press("train")
    window.wait("training")
    window.reads("train", said("pause"))
    window.until("() => parseInt(document.getElementById('step-count').textContent) > 2")
    window.press("train")
    window.wait("paused")
    at = window.step()
    window.reads("status", said("status.paused", step=f"{at:,}"))
    window.press("step")
    window.reads("step-count", f"{at + 1} / 2000")
    window.wait("paused")
    session, frame = cpython(LONG, at + 1)
    assert window.points()[1][-1] == frame["points"][1][-1]
    window.press("reset")
    window.reads("step-count", "0 / 2000")
    window.wait("ready")
    window.reads("train", said("train"))
    assert window.names() == []


# ---- Looking


def test_a_cell_says_what_it_means_and_the_probabilities_are_the_models(window, cpython):
    window.open(LONG)
    steps(window, 3)
    view = cpython(LONG, 3)[0].view()
    for head, query, key in ((1, 2, 1), (0, 3, 3), (1, 0, 0)):
        window.press(f'[data-testid=attention] [data-head="{head}"] [data-query="{query}"][data-key="{key}"]')
        window.reads("reading", sentence(head, view, query, key))
    shown = [(int(cell["token"]), cell["probability"]) for cell in window.cells("probabilities")]
    rows = [shown[at:at + 5] for at in range(0, len(shown), 5)]
    assert len(rows) == len(view["targets"])
    for row, probabilities in zip(rows, view["probabilities"]):
        assert row == [(token, f"{probabilities[token]:.4f}") for token, _ in row]


def test_more_names_follow_the_temperature_and_the_prefix(window, cpython):
    window.open(LONG)
    steps(window, 1)
    before = window.names()
    window.evaluate("() => document.getElementById('temperature').focus()")
    for _ in range(12):
        window.key("ArrowRight")
    window.reads("#temperature-value", "1.7")
    window.put("prefix", "mar")
    window.press("more-names")
    window.until("(count) => document.getElementById('names').children.length === count", len(before) + 4)
    session = cpython(LONG, 1)[0]
    expected = [(step, name) for step, name, _ in session.names(4, 1.7, "mar", session.rng)]
    assert window.names() == expected[::-1] + before
    assert window.fragment().endswith("temperature=1.7&prefix=mar")


def test_a_look_inside_opens_goes_on_and_closes(window):
    window.open(SMALL)
    window.press("inside-letter")
    window.reads("#panel-body h3", said("letter.token.title"))
    window.press("panel-next")
    window.reads("#panel-body h3", said("letter.embedding.title"))
    assert "view=letter.1.embedding" in window.fragment()
    window.evaluate("() => history.back()")
    window.until("() => !document.getElementById('panel').checkVisibility()")
    window.press("inside-letter")
    window.reads("#panel-body h3", said("letter.token.title"))
    window.press("panel-close")
    window.until("() => !document.getElementById('panel').checkVisibility()")
    assert "view=" not in window.fragment()


# ---- Settings, links, language


def test_a_changed_setting_is_a_new_run_and_stands_in_the_link(window, cpython):
    window.open(TINY)
    window.put("setting-seed", "7")
    window.until("() => location.hash.includes('seed=7')")
    assert window.fragment() == "num_steps=4&seed=7&n_embd=4&n_head=2"
    train(window)
    session, frame = cpython(TINY + "&seed=7")
    assert window.points() == frame["points"] and window.names() == as_listed(session, frame)
    window.evaluate("() => history.back()")
    window.until("() => document.getElementById('setting-seed').value === '42'")
    assert window.fragment() == TINY
    window.reads("settings-note", said("settings.new-run"))


def test_share_says_that_it_did(window, base_url):
    window.open(TINY)
    window.press("share")
    window.reads("status", said("status.shared"))
    assert window.value("share-link") == f"{base_url}#{TINY}"
    window.press("share-model")
    window.reads("status", said("share.copied.model"))
    assert window.value("share-link").startswith(f"{base_url}#model=")
    window.press("share-close")
    window.gone("sharing")


def test_the_page_speaks_korean_and_english_again(window):
    window.open(TINY)
    train(window)
    window.choose("language", "ko")
    window.reads("train", KO["train"])
    window.reads("status", KO["status.done"].format(step=4))
    window.reads("[data-testid=names] .new", KO["new"])
    assert window.evaluate("() => document.documentElement.lang") == "ko" and "lang=ko" in window.fragment()
    window.choose("language", "en")
    window.reads("train", said("train"))
    window.reads("status", said("status.done", step=4))


# ---- What is the visitor's own


def test_own_data_are_trained_on(window):
    names = "서연\n지우\n하늘\n민준\n" * 3
    window.open(TINY)
    window.press("[data-testid=own] summary")
    window.put("own-text", names)
    window.reads("own-note", beginning("own.facts.same", documents=12, letters=8, length=2))
    window.press("own-use")
    window.until("() => document.getElementById('setting-data').value === 'own'")
    train(window)
    recipe, notes = parse(window.fragment())
    session = Session(read(names.encode()).docs, recipe)
    frame = session.train(float("inf"), 0.5, "")
    assert not notes and window.points() == frame["points"] and window.names() == as_listed(session, frame)


def test_an_error_in_the_core_is_named_at_its_line_and_the_published_file_comes_back(window, monkeypatch):
    monkeypatch.setitem(sys.modules, "microgpt", sys.modules["microgpt"])  # which a loaded edit takes the place of
    window.open(TINY)
    window.press("#editing summary")
    window.until("() => !document.getElementById('run-edit').disabled")
    window.press("editor")
    window.key("Control+Home")
    window.type("1/0;")
    window.press("run-edit")
    window.reads("edit-note", re.compile(
        beginning("edit.line", line=1, error="ZeroDivisionError: division by zero").pattern + "$"))
    window.gone("edited")
    window.press("restore-edit")
    window.choose("experiment", "relu2")
    window.press("run-edit")
    window.reads("edited-note", said("edit.running"))
    window.wait("done")
    recipe = parse(TINY)[0]
    with open(ROOT / "static/datasets/us-names-2018.txt", encoding="utf-8") as lines:
        session = Session(lines, recipe, core_edit.load(experiments.edit(CORE, "relu2")))
    assert window.points() == session.train(float("inf"), 0.5, "")["points"]
    window.press("restore")
    window.wait("loading")
    window.wait("ready")
    window.gone("edited")
    assert window.shown("unmodified")


# Deletes all that journeys have kept.
FORGET = """() => new Promise((done) => {
  indexedDB.deleteDatabase("keyval-store").onsuccess = () => done();
})"""


@pytest.mark.tolerates("favicon")  # a plain file has none
def test_a_kept_run_goes_on_after_a_reload_bit_for_bit(window, cpython):
    window.goto("LICENSE")
    window.evaluate(FORGET)
    window.open(SMALL)
    steps(window, 3)
    window.until(IS_SAVED, 3)
    window.reload()
    window.wait("ready")
    window.reads("kept", within("kept", step=3, steps=12))
    window.press("kept-go-on")
    window.reads("step-count", "3 / 12")
    train(window)
    session, frame = cpython(SMALL)
    assert window.points() == [column[3:] for column in frame["points"]]
    assert window.names() == as_listed(session, frame)


# ---- What goes wrong


@pytest.mark.tolerates("404", "HTTP 404", "standard library", "Failed to", "[Ee]rror")
def test_a_file_that_is_missing_is_said_and_retry_goes_on(window, served):
    missing = next(served.folder.glob("vendor/pyodide-*/python_stdlib.zip"))
    away = missing.rename(missing.with_suffix(".away"))
    window.goto(f"{served.url}#{TINY}")
    window.wait("failed")
    window.reads("status", beginning("status.failed"))
    assert window.count("[data-testid=attention] [data-head]") == 4  # the recording stays
    away.rename(missing)
    window.press("retry")
    window.wait("ready")
    train(window)
    assert window.step() == 4 and not window.shown("retry")


@pytest.mark.soak
@pytest.mark.tolerates("Failed to", "[Cc]onnect", "service-worker", "fetch")
def test_after_the_first_visit_it_works_without_a_server(window, served, engine):
    window.goto(served.url)
    window.wait("ready")
    window.until("() => document.getElementById('offline').checkVisibility()")
    bodies = [path for path, status in served.answers if status == 200 and path.startswith("vendor/")]
    # WebDriver's windows of WebKit are private ones, which keep no file so large: there it comes once more.
    assert len([path for path in bodies if path.endswith("pyodide.asm.wasm")]) == (2 if engine == "webkit" else 1)
    served.shutdown()
    served.server_close()
    window.goto("about:blank")
    window.goto(f"{served.url}#{TINY}")
    window.wait("ready")
    train(window)
    assert len(window.names()) >= 20
    window.press("inside-letter")
    window.reads("#panel-body h3", said("letter.token.title"))
    window.choose("language", "ko")
    window.reads("train", KO["train"])
    window.reload()
    window.wait("ready")
    train(window)


# ---- A narrow window


def test_in_a_narrow_window_nothing_scrolls_sideways(window):
    window.open(TINY)
    window.size(390, 800)
    try:
        window.until("() => innerWidth < 500")  # WebKit's has a narrowest of its own
        steps(window, 1)
        window.press("inside-letter")
        window.reads("#panel-body h3", said("letter.token.title"))
        assert window.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        sides = """(places) => places.map((place) => document.getElementById(place).getBoundingClientRect())
          .filter(({ left, right, height }) => left < 0 || right > innerWidth || height < 40).length"""
        assert window.evaluate(sides, ["train", "step", "reset", "share"]) == 0
    finally:
        window.size(1280, 800)
