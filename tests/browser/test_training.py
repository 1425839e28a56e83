"""The page in a browser: what a visitor sees and does, held against the same run in this Python."""

import hashlib
import re

import pytest
from common.digits import rounded, standard_error
from common.recipe import DEFAULTS, FIELDS, LIVE, count_parameters
from support import CORE, LONG, said, weights_of
from texts import EN
from window import expect

SMALL = "num_steps=12&n_embd=8&n_head=2"


# ---- Opening


def test_before_any_script_runs_the_page_has_its_words_settings_and_pictures(browser, base_url):
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("")
    assert EN["lead"] in page.locator("body > header").text_content()
    assert page.get_by_test_id("attention").locator("[data-head]").count() == 4
    assert page.get_by_test_id("probabilities").locator("[data-true]").count() > 3
    assert page.get_by_test_id("names").locator("[data-name]").count() == 60
    assert page.get_by_test_id("recorded").text_content().strip() == EN["recorded"]
    assert [page.get_by_test_id(f"setting-{name}").input_value() for name in ("seed", "n_embd")] == ["42", "16"]
    context.close()


@pytest.mark.fresh_page
def test_the_recordings_curve_and_reading_appear_without_training(visitor):
    visitor.open()
    visitor.reads("loss", re.compile(r"^2\.\d{2}$"))
    expect(visitor.see("reading")).to_have_text(said("reading"))
    visitor.reads("status", said("status.ready", python="3.14.2"))
    assert visitor.step() == 0


@pytest.mark.fresh_page
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
    visitor.reads("train", said("train"))
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("train", said("go-on"))
    visitor.reads("step-count", "12 / 12")
    assert visitor.points() == frame["points"]
    visitor.reads("loss", rounded(frame["mean"], frame["mean_error"]))
    expect(visitor.see("speed")).to_have_text(re.compile(r"^\d+(\.\d+)?$"))
    expect(visitor.see("recorded")).to_be_hidden()
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]
    view = session.view()
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(view)
    shown = [(int(cell["token"]), cell["probability"]) for cell in visitor.cells("probabilities")]
    rows = [shown[at:at + 5] for at in range(0, len(shown), 5)]
    assert len(rows) == len(view["targets"])
    for row, target, probabilities in zip(rows, view["targets"], view["probabilities"], strict=True):
        assert row == [(token, f"{probabilities[token]:.4f}") for token, _ in row]
        assert target in [token for token, _ in row]


def test_pause_stops_and_train_goes_on(visitor, cpython):
    visitor.open(LONG)
    visitor.press("train")
    visitor.reads("train", said("pause"))
    visitor.wait("training")
    expect(visitor.see("step-count")).not_to_have_text("0 / 2000")
    visitor.press("train")
    visitor.reads("train", said("train"))
    visitor.wait("paused")
    step = visitor.step()
    visitor.reads("status", said("status.paused", step=step))
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


def test_after_pause_no_more_than_the_slice_under_way_is_trained(visitor):
    visitor.open(LONG)
    for _ in range(5):
        visitor.press("train")
        visitor.wait("training")
        more = visitor.page.evaluate("""() => new Promise((done) => {
          const status = document.querySelector("[data-testid=status]"), before = frames_heard.length;
          new MutationObserver(() => status.dataset.state === "paused" && done(frames_heard.length - before))
            .observe(status, { attributes: true });
          document.querySelector("[data-testid=train]").click();
        })""")
        assert more <= 2  # the frame under way, and the one that was asked for while it was drawn
        visitor.wait("paused")


def test_step_takes_one_step_and_pauses(paused):
    visitor, session = paused
    visitor.reads("train", said("train"))
    visitor.reads("status", said("status.paused", step=3))
    losses = visitor.points()[1]
    visitor.reads("loss", rounded(sum(losses) / 3, standard_error(losses)))
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
    visitor.wait("ready|paused")
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(untrained)
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
    visitor.reads("train", said("train"))


@pytest.mark.fresh_page
def test_train_pressed_before_python_is_there_is_remembered(visitor):
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="loading|ready")
    expect(visitor.see("parameters")).not_to_have_text("4,192")  # the page's own Python is there
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("step-count", "3 / 3")


# ---- Settings


@pytest.mark.parametrize("changes", [{"n_embd": 32}, {"n_layer": 2, "n_embd": 64}, {"block_size": 8}], ids=str)
def test_the_number_of_parameters_follows(visitor, changes):
    visitor.open()
    for name, value in changes.items():
        visitor.put(f"setting-{name}", str(value))
    visitor.reads("parameters", f"{count_parameters(DEFAULTS | changes, 27):,}")


def mended(name: str, key: str = "settings.limits", used: object = None) -> str:
    """What is said of a setting that is used as it can be."""
    if key == "settings.heads":
        return said(key, used=used)
    low, high = next(field[2:] for field in FIELDS if field[0] == name)
    return said(key, name=EN[f"setting.{name}"], low=low, high=high, used=used)


MENDED = [(name, typed, used, mended(name, used=used))
          for name, _, low, high in FIELDS if name in ("num_steps", "seed", "n_layer", "n_embd", "block_size")
          for typed, used in ((str(low - 1), low), (str(high + 1), high))]
MENDED += [
    ("seed", "", 42, mended("seed", "settings.number", 42)),
    ("num_steps", "1.5", 1000, mended("num_steps", "settings.whole", 1000)),
    ("learning_rate", "0", 0.0001, mended("learning_rate", used=0.0001)),
    ("learning_rate", "1e5", 10.0, mended("learning_rate", used=10.0)),
    ("n_head", "3", 2, mended("n_head", "settings.heads", 2)),
    ("n_head", "9", 8, mended("n_head", used=8)),
]


def test_what_cannot_be_set_is_mended_and_said(visitor):
    visitor.open()
    for name, typed, used, sentence in MENDED:
        visitor.put(f"setting-{name}", str(DEFAULTS[name]))
        visitor.put(f"setting-{name}", typed)
        expect(visitor.see("settings-note")).to_contain_text(sentence)
        expect(visitor.see(f"setting-{name}")).to_have_value(f"{used:.10g}")
    visitor.put("setting-seed", "7")
    visitor.reads("settings-note", "")


def test_a_change_in_mid_run_is_for_the_next_run(paused, cpython):
    visitor, session = paused
    visitor.put("setting-seed", "7")
    visitor.put("setting-num_steps", "6")
    expect(visitor.see("settings-note")).to_contain_text(said("settings.new-run"))
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
    visitor.open("num_steps=4&n_layer=4&n_embd=32")
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
    expect(visitor.see("reading")).to_have_text(said("reading", head=said("head", n=3)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_the_paper(visitor, scheme):
    visitor.page.emulate_media(color_scheme=scheme)
    visitor.open()
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
    others = (*LIVE, "letters", "sha256", "more")  # these are of other data, or hidden
    settings = {f"setting-{name}" for name in DEFAULTS if name not in others}
    others = {"engine", "train", "step", "reset", "share", "look", "numbers", "temperature", "prefix", "chosen"}
    assert others | settings <= reached
    unnamed = visitor.page.locator("button, input, select").evaluate_all("""(controls) => controls.filter((control) =>
      control.checkVisibility() && !control.labels?.length && !control.ariaLabel && !control.textContent.trim()
    ).map((control) => control.id)""")
    assert unnamed == []
