"""The page in a browser: what a visitor sees and does, held against the same run in this Python."""

import hashlib
import re
import statistics
from pathlib import Path

import pytest
from common.recipe import DEFAULTS, FIELDS, LIVE, count_parameters
from conftest import LONG
from window import expect

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "py/microgpt.py"
SMALL = "num_steps=12&n_embd=8&n_head=2"


# ---- Opening


def test_before_any_script_runs_the_page_has_its_words_settings_and_pictures(browser, base_url):
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("")
    assert "243 lines of plain Python" in page.locator("header").text_content()
    assert page.get_by_test_id("attention").locator("[data-head]").count() == 4
    assert page.get_by_test_id("probabilities").locator("[data-true]").count() > 3
    assert page.get_by_test_id("names").locator("[data-name]").count() == 60
    assert "recording" in page.get_by_test_id("recorded").text_content()
    assert [page.get_by_test_id(f"setting-{name}").input_value() for name in ("seed", "n_embd")] == ["42", "16"]
    context.close()


def test_the_first_content_is_there_within_half_a_second(visitor):
    first = []
    for _ in range(3):
        visitor.page.goto("about:blank")
        visitor.page.goto("")
        visitor.wait("loading|ready")
        visitor.page.wait_for_selector("[data-head]")
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
        first.append(visitor.page.evaluate(f"new Promise((done) => requestAnimationFrame(() => done({paint})))"))
    assert min(filter(None, first)) < 500  # the best of three: the machine does other things too


def test_the_recordings_curve_and_reading_appear_without_training(visitor):
    visitor.open()
    visitor.reads("loss", re.compile(r"^2\.\d{3}$"))
    expect(visitor.see("reading")).to_contain_text("Predicting what follows")
    visitor.reads("status", "Ready. Python 3.14.2 runs in this tab.")
    assert visitor.step() == 0


def test_the_core_is_shown_with_its_hash_and_every_line(visitor):
    visitor.open()
    visitor.reads("sha256", hashlib.sha256(CORE.read_bytes()).hexdigest())
    visitor.page.locator("#listing summary").click()
    lines = visitor.see("source").locator("li")
    expect(lines).to_have_count(len(CORE.read_text("utf-8").splitlines()), timeout=30_000)
    assert lines.all_text_contents() == CORE.read_text("utf-8").splitlines()
    assert visitor.see("source").locator(".keyword").count() > 100


# ---- Training


def test_train_runs_to_the_end_with_every_number_that_python_gets(visitor, cpython):
    session, frame = cpython(SMALL)
    visitor.open(SMALL)
    visitor.reads("train", "Train")
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("train", "Train")
    visitor.reads("step-count", "12 / 12")
    assert visitor.points() == frame["points"]
    visitor.reads("loss", f"{frame['mean']:.3f}")
    expect(visitor.see("speed")).to_have_text(re.compile(r"^\d+(\.\d+)?$"))
    expect(visitor.see("recorded")).to_be_hidden()
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]
    view = session.view()
    weights = [f"{weight:.4f}" for layer in view["attention"] for head in layer for row in head for weight in row]
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights
    shown = [(int(cell["token"]), cell["probability"]) for cell in visitor.cells("probabilities")]
    rows = [shown[at:at + 5] for at in range(0, len(shown), 5)]
    assert len(rows) == len(view["targets"])
    for row, target, probabilities in zip(rows, view["targets"], view["probabilities"], strict=True):
        assert row == [(token, f"{probabilities[token]:.4f}") for token, _ in row]
        assert target in [token for token, _ in row]


def test_pause_stops_and_train_goes_on(visitor, cpython):
    visitor.open(LONG)
    visitor.press("train")
    visitor.reads("train", "Pause")
    visitor.wait("training")
    expect(visitor.see("step-count")).not_to_have_text("0 / 2000")
    visitor.press("train")
    visitor.reads("train", "Train")
    visitor.wait("paused")
    step = visitor.step()
    visitor.reads("status", f"Paused at step {step}.")
    visitor.press("step")
    visitor.reads("step-count", f"{step + 1} / 2000")
    visitor.press("train")
    expect(visitor.see("step-count")).not_to_have_text(f"{step + 1} / 2000")
    visitor.press("train")
    visitor.wait("paused")
    steps, losses, _ = visitor.points()
    assert steps == list(range(1, visitor.step() + 1))
    session, _ = cpython(LONG, steps=0)
    assert losses == [session.run.train() for _ in steps]


def test_a_pause_is_heard_at_once(visitor):
    visitor.open(LONG)
    waits = []
    for _ in range(5):
        visitor.press("train")
        visitor.wait("training")
        waits.append(visitor.page.evaluate("""() => new Promise((done) => {
          const status = document.querySelector("[data-testid=status]"), start = performance.now();
          new MutationObserver(() => status.dataset.state === "paused" && done(performance.now() - start))
            .observe(status, { attributes: true });
          document.querySelector("[data-testid=train]").click();
        })"""))
        visitor.wait("paused")
    assert statistics.median(waits) < 1000 and min(waits) < 300, waits  # the machine does other things too


def test_step_takes_one_step_and_pauses(paused):
    visitor, session = paused
    visitor.reads("train", "Train")
    visitor.reads("status", "Paused at step 3.")
    visitor.reads("loss", f"{sum(visitor.points()[1]) / 3:.3f}")
    assert visitor.points()[0] == [1, 2, 3]


def test_reset_shows_the_untrained_model_and_the_next_run_is_the_same(visitor, cpython):
    session, frame = cpython(SMALL)
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("done")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 12")
    visitor.reads("loss", "–")
    assert visitor.names() == []
    untrained = cpython(SMALL, steps=0)[0].view()
    weights = [f"{weight:.4f}" for layer in untrained["attention"] for head in layer for row in head for weight in row]
    visitor.wait("ready|paused")
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.press("train")
    visitor.wait("done")
    assert visitor.points() == frame["points"]


def test_reset_while_it_trains_ends_the_run(visitor):
    visitor.open(LONG)
    visitor.press("train")
    expect(visitor.see("step-count")).not_to_have_text("0 / 2000")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 2000")
    visitor.wait("ready|paused")
    visitor.press("step")
    visitor.reads("step-count", "1 / 2000")
    visitor.wait("paused")
    visitor.reads("train", "Train")


def test_train_after_the_end_begins_anew(visitor):
    visitor.open("num_steps=2&n_embd=4&n_head=2")
    visitor.press("train")
    visitor.wait("done")
    names = visitor.names()
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.press("train")
    visitor.wait("training|naming")
    visitor.wait("done")
    assert visitor.names() == names and visitor.points()[0] == [1, 2]


def test_train_pressed_before_python_is_there_is_remembered(visitor):
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="loading|ready")
    expect(visitor.see("parameters")).not_to_have_text("4,192")  # the page's own Python is there
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("step-count", "3 / 3")


@pytest.mark.chromium_only("no other browser tells of long tasks")
def test_no_task_on_the_pages_thread_is_long_while_it_trains(visitor):
    visitor.page.add_init_script("""
      window.tasks = [];
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map((task) => [task.startTime, task.duration])))
        .observe({ type: "longtask" });""")
    visitor.open("num_steps=60")
    visitor.press("train")
    expect(visitor.see("step-count")).not_to_have_text("0 / 60")
    start = visitor.page.evaluate("performance.now()")
    visitor.wait("done")
    seconds = (visitor.page.evaluate("performance.now()") - start) / 1000
    long = [duration for begun, duration in visitor.page.evaluate("tasks") if begun > start]
    assert sum(long) < 0.25 * 1000 * seconds, long  # a share of the time: a busy machine stretches every task


# ---- Settings


@pytest.mark.parametrize("changes", [{"n_embd": 32}, {"n_layer": 2, "n_embd": 64}, {"block_size": 8}], ids=str)
def test_the_number_of_parameters_follows(visitor, changes):
    visitor.page.goto("")
    visitor.reads("loss", re.compile(r"^2\.\d{3}$"))  # the page's own Python is there
    for name, value in changes.items():
        visitor.put(f"setting-{name}", str(value))
    visitor.reads("parameters", f"{count_parameters(DEFAULTS | changes, 27):,}")


LABELS = {"num_steps": "steps", "seed": "seed", "n_layer": "layers", "n_embd": "width", "block_size": "block size"}
MENDED = [(name, typed, used, f"{LABELS[name]} goes from {low} to {high}; {used} is used.")
          for name, _, low, high in FIELDS if name in LABELS
          for typed, used in ((str(low - 1), low), (str(high + 1), high))]
MENDED += [
    ("seed", "", 42, "seed takes a number from 0 to 999999999; 42 is used."),
    ("num_steps", "1.5", 1000, "steps takes a number from 1 to 100000; 1000 is used."),
    ("learning_rate", "0", 0.0001, "learning rate goes from 0.0001 to 10.0; 0.0001 is used."),
    ("learning_rate", "1e5", 10.0, "learning rate goes from 0.0001 to 10.0; 10.0 is used."),
    ("n_head", "3", 2, "The width must be divisible by the heads; 2 is used."),
    ("n_head", "9", 8, "heads goes from 1 to 8; 8 is used."),
]


def test_what_cannot_be_set_is_mended_and_said(visitor):
    visitor.page.goto("")
    visitor.reads("loss", re.compile(r"^2\.\d{3}$"))
    for name, typed, used, said in MENDED:
        visitor.put(f"setting-{name}", str(DEFAULTS[name]))
        visitor.put(f"setting-{name}", typed)
        expect(visitor.see("settings-note")).to_contain_text(said)
        expect(visitor.see(f"setting-{name}")).to_have_value(f"{used:.10g}")
    visitor.put("setting-seed", "7")
    visitor.reads("settings-note", "")


def test_a_change_in_mid_run_is_for_the_next_run(paused, cpython):
    visitor, session = paused
    visitor.put("setting-seed", "7")
    visitor.put("setting-num_steps", "6")
    expect(visitor.see("settings-note")).to_contain_text("That is for a new run")
    visitor.reads("step-count", "3 / 2000")
    visitor.press("step")
    visitor.reads("step-count", "4 / 2000")
    assert visitor.points()[1][3] == session.train(0, 0.5, "")["points"][1][0]
    visitor.press("reset")
    visitor.reads("step-count", "0 / 6")
    visitor.reads("settings-note", "")
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")
    assert visitor.points() == cpython("seed=7&num_steps=6&n_embd=8&n_head=2")[1]["points"]


def test_a_change_before_the_first_step_needs_no_reset(visitor, cpython):
    visitor.open("num_steps=3&n_embd=4&n_head=2")
    visitor.put("setting-seed", "7")
    visitor.reads("settings-note", "")
    visitor.press("train")
    visitor.wait("done")
    assert visitor.points() == cpython("seed=7&num_steps=3&n_embd=4&n_head=2")[1]["points"]


def test_a_change_during_the_first_step_leaves_the_page_at_work(visitor):
    visitor.open("num_steps=4&n_layer=4&n_embd=64")
    visitor.press("train")
    visitor.wait("training")
    visitor.put("setting-seed", "7")
    visitor.put("setting-n_embd", "4")
    visitor.put("setting-n_layer", "1")
    visitor.wait("done")


# ---- A phone, the dark, the keyboard


@pytest.mark.chromium_only("Firefox's driver sends no touches")
@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
def test_on_a_phone_nothing_scrolls_sideways_and_a_touch_reads_a_cell(visitor):
    visitor.open()
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for testid in ("train", "step", "reset", "share", "step-count", "status"):
        expect(visitor.see(testid)).to_be_in_viewport()
    for testid in ("train", "step", "reset", "share"):
        box = visitor.see(testid).bounding_box()
        assert box["height"] >= 40 and box["x"] >= 0 and box["x"] + box["width"] <= 390
    visitor.press("step")
    visitor.wait("paused")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.cell(2, 1, 1).tap()
    expect(visitor.see("reading")).to_contain_text("head 3 looks")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(visitor, scheme):
    visitor.page.emulate_media(color_scheme=scheme)
    visitor.page.goto("")
    ratio = """(element) => {
      const light = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map((x) => x / 255)
        .map((x) => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
        .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
      const paper = getComputedStyle(document.body).backgroundColor;
      const [a, b] = [light(getComputedStyle(element).color), light(paper)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    }"""
    for element in ("h1", ".lead", ".hint", ".hash", "footer p", "[data-testid=status]", "[data-testid=loss]"):
        assert visitor.page.locator(element).first.evaluate(ratio) >= 4.5, element


def test_every_control_has_a_name_and_can_be_reached_with_the_keyboard(visitor):
    visitor.open()
    reached = set()
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        reached.add(visitor.page.evaluate("document.activeElement.dataset.testid ?? document.activeElement.className"))
    settings = {f"setting-{name}" for name in DEFAULTS if name not in (*LIVE, "letters", "sha256")}  # of other data
    others = {"engine", "train", "step", "reset", "share", "look", "numbers", "temperature", "prefix", "chosen"}
    assert others | settings <= reached
    unnamed = visitor.page.locator("button, input, select").evaluate_all("""(controls) => controls.filter((control) =>
      control.checkVisibility() && !control.labels?.length && !control.ariaLabel && !control.textContent.trim()
    ).map((control) => control.id)""")
    assert unnamed == []
