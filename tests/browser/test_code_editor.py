"""The core edited in the page: run, marked as edited, restored; its errors; an endless loop. Two runs side by side."""
import hashlib
import re

import pytest
from common import experiments
from common.digits import standard_error, with_error
from support import CORE, ROOT, said, soak, within
from texts import KO
from window import expect
from worker import core_edit
from worker.session import Session

pytestmark = pytest.mark.fresh_page  # to put back the published core starts Python anew all the same

TEXT = CORE.read_text("utf-8")
SMALL = "num_steps=12&n_embd=8&n_head=2"
SETTINGS = {"num_steps": 12, "n_embd": 8, "n_head": 2}
NOISE = "PythonError|CoreError|Traceback"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def losses(core=None, **settings) -> list[float]:
    """The losses of the run in this Python, of an edited core or the published one."""
    with open(ROOT / "static/datasets/us-names-2018.txt", encoding="utf-8") as lines:
        session = Session(lines, SETTINGS | settings, *([core] if core else []))
    return session.train(float("inf"), 0.5, "")["points"][1]


def heard(visitor) -> list[float]:
    return visitor.points()[1]


def open_editor(visitor) -> None:
    visitor.page.locator("#editing summary").click()
    expect(visitor.see("run-edit")).to_be_enabled(timeout=30_000)


def write(visitor, text: str) -> None:
    """Put a text into the editor as a visitor does who pastes it over the old one."""
    visitor.page.locator(".cm-content").click()
    visitor.page.keyboard.press("ControlOrMeta+a")
    visitor.page.locator(".cm-content").evaluate("""(box, text) => {
      const value = new DataTransfer(), paste = new Event("paste", { bubbles: true, cancelable: true });
      value.setData("text/plain", text);
      box.dispatchEvent(Object.defineProperty(paste, "clipboardData", { value }));
    }""", text)


def change(visitor, piece: str, instead: str) -> str:
    assert TEXT.count(piece) == 1
    text = TEXT.replace(piece, instead)
    write(visitor, text)
    return text


def line_of(text: str, piece: str) -> int:
    return text[:text.index(piece)].count("\n") + 1


def is_published(visitor) -> None:
    """The page says nowhere that its core is edited."""
    expect(visitor.see("edited")).to_be_hidden()
    expect(visitor.see("sha-note")).to_be_hidden()
    expect(visitor.see("unmodified")).to_be_visible()
    visitor.reads("sha256", sha256(TEXT))


def is_edited(visitor, text: str) -> None:
    expect(visitor.see("edited")).to_be_visible(timeout=30_000)
    expect(visitor.see("edited-note")).to_have_text(said("edit.running"))
    expect(visitor.see("sha-note")).to_be_visible()
    expect(visitor.see("unmodified")).to_be_hidden()
    visitor.reads("sha256", sha256(text))


def restore(visitor) -> None:
    visitor.press("restore")
    visitor.wait("loading")
    visitor.wait("ready|paused")
    is_published(visitor)


def test_an_edit_runs_is_marked_and_one_press_restores_the_published_run(visitor, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "microgpt", __import__("microgpt"))
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("done")
    assert heard(visitor) == losses()
    open_editor(visitor)
    visitor.see("experiment").select_option("relu2")
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.press("run-edit")
    text = experiments.edit(TEXT, "relu2")
    is_edited(visitor, text)
    visitor.wait("done")
    assert heard(visitor) == losses(core_edit.load(text))
    visitor.page.locator("#listing summary").click()
    expect(visitor.see("source").locator("li").nth(148)).to_contain_text("h.relu() ** 2")
    restore(visitor)
    expect(visitor.see("source").locator("li").nth(148)).to_contain_text("[h.relu() for h in")
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.press("train")
    visitor.wait("done")
    assert heard(visitor) == losses()


def test_the_link_of_an_edited_core_says_that_the_edit_is_not_in_it(visitor):
    visitor.let_copy()
    visitor.page.add_init_script("delete Navigator.prototype.share")
    visitor.open(SMALL)
    open_editor(visitor)
    visitor.see("experiment").select_option("init")
    visitor.press("run-edit")
    is_edited(visitor, experiments.edit(TEXT, "init"))
    visitor.wait("done")
    visitor.press("share")
    visitor.reads("status", said("edit.shared"))


def test_a_syntax_error_shows_the_line_and_leaves_the_run_as_it_was(visitor):
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    open_editor(visitor)
    text = change(visitor, "    return order\n", "    return order)\n")
    visitor.press("run-edit")
    visitor.reads("edit-note", said(
        "edit.line", line=line_of(text, "order)"), text="return order)", error="SyntaxError: unmatched ')'"))
    is_published(visitor)
    visitor.press("step")
    visitor.reads("step-count", "2 / 12")
    visitor.wait("paused")
    assert heard(visitor) == losses()[:2]
    change(visitor, "    return order\n", "    return list(order)\n")
    visitor.press("run-edit")
    expect(visitor.see("edit-note")).to_be_hidden()
    visitor.wait("done")


@pytest.mark.tolerates(NOISE)
@pytest.mark.parametrize(("error", "raised"), [
    ("raise RuntimeError('enough <b>')", "RuntimeError: enough <b>"),
    soak("self.nothing", "AttributeError: 'Run' object has no attribute 'nothing'"),
    ("1 / 0", "ZeroDivisionError: division by zero"),  # which is not taken for a loss that is no number
])
def test_a_raise_in_mid_training_shows_the_line_and_can_be_mended(visitor, error, raised):
    visitor.open(SMALL)
    open_editor(visitor)
    text = change(visitor, "        self.step += 1\n", f"        self.step += 1\n        if self.step == 3: {error}\n")
    visitor.press("run-edit")
    visitor.wait("broken")
    line = line_of(text, "if self.step == 3")
    visitor.reads("status", said("edit.raised", line=line, text=f"if self.step == 3: {error}", error=raised))
    expect(visitor.see("edit-note")).to_contain_text(raised)
    visitor.reads("train", said("train"))
    assert visitor.page.locator("#status b").count() == 0
    is_edited(visitor, text)
    change(visitor, "        self.step += 1\n", "        self.step += 1  # mended\n")
    visitor.press("run-edit")
    visitor.wait("done")
    restore(visitor)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("button", [soak("retry"), "restore", soak("reset")])
def test_an_endless_loop_is_noticed_and_ended_and_the_text_stays(visitor, button):
    visitor.open(SMALL)
    open_editor(visitor)
    text = change(visitor, "        self.step += 1\n", "        while True: pass\n")
    visitor.press("run-edit")
    is_edited(visitor, text)
    if button != "restore":  # which need not wait
        visitor.wait("silent", 30)
        expect(visitor.see("status")).to_have_text(said("edit.silent"))
    visitor.press(button)
    visitor.wait("ready|paused")
    is_published(visitor)
    if button != "restore":
        visitor.press("run-edit")  # the same text again
        is_edited(visitor, text)
        visitor.press("restore")
        visitor.wait("loading")
        visitor.wait("ready|paused")
        is_published(visitor)
    visitor.page.evaluate("frames_heard.length = 0")
    visitor.press("train")
    visitor.wait("done")
    assert heard(visitor) == losses()


def test_a_core_that_cannot_be_compiled_goes_on_in_python(visitor):
    visitor.open(SMALL + "&engine=compiled")
    open_editor(visitor)
    change(visitor, 'return Value(max(self.data, 0.0), "relu", (self,), (float(self.data > 0),))',
           'return Value(abs(self.data), "abs", (self,), (1.0 if self.data > 0 else -1.0,))')
    visitor.press("run-edit")
    visitor.wait("done")
    expect(visitor.see("engine-note")).to_have_text(said("engine.declined"))


# ---- How often each line ran


def test_the_lines_are_counted_and_the_run_goes_on_as_if_nobody_had_looked(visitor):
    visitor.open(SMALL)
    for step in ("1 / 12", "2 / 12"):
        visitor.press("step")
        visitor.reads("step-count", step)
        visitor.wait("paused")
    visitor.page.locator("#listing summary").click()
    visitor.press("lines")
    counts = visitor.see("source-counts")
    expect(counts.locator("tbody tr")).to_have_count(len(TEXT.splitlines()), timeout=30_000)
    expect(counts).to_contain_text(within("lines.caption", step=3))
    parameters = int(visitor.see("parameters").text_content().replace(",", ""))
    line = line_of(TEXT, "            p.grad = 0.0")
    expect(counts.locator(f'tr[data-line="{line}"] td').first).to_have_text(f"{parameters:,}")
    expect(visitor.see("source")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")
    assert heard(visitor) == losses()
    visitor.press("lines")
    expect(visitor.see("source")).to_be_visible()


# ---- Two runs side by side


def series(visitor) -> list[list]:
    """The rows of the table of figures."""
    rows = "(table) => [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent))"
    return visitor.see("compare-facts").evaluate(rows)


def mean_and_error(visitor) -> str:
    """The running mean of the loss as the comparison shows it, after the 12 steps of a run."""
    losses, means = visitor.points()[1:]
    return with_error(means[-1], standard_error(losses[-12:]))


def names(visitor, which: str) -> list[str]:
    return visitor.see("names-" + which).evaluate("(list) => [...list.children].map((item) => item.dataset.name)")


def test_two_runs_stand_side_by_side_with_what_differs(visitor):
    visitor.open(SMALL)
    visitor.press("keep")
    expect(visitor.see("compare-note")).to_have_text(said("compare.nothing"))
    visitor.press("train")
    visitor.wait("done")
    first = [name for _, name in visitor.names()][:20]
    mean, both = visitor.see("loss").text_content(), mean_and_error(visitor)
    visitor.press("keep")
    expect(visitor.see("compared")).to_be_visible()
    expect(visitor.see("compare-note")).to_be_hidden()
    assert names(visitor, "a") == first and names(visitor, "b") == []
    visitor.put("setting-learning_rate", "0.02")
    open_editor(visitor)
    visitor.see("experiment").select_option("no-norm")
    visitor.press("run-edit")
    is_edited(visitor, experiments.edit(TEXT, "no-norm"))
    visitor.wait("done")
    assert names(visitor, "a") == first
    assert names(visitor, "b") == [name for _, name in visitor.names()][:20] != first
    step, loss, held_out, rate = series(visitor)
    assert step == [said("figure.step"), "12", "12"]
    assert loss == [said("compare.loss"), both, mean_and_error(visitor)]
    assert held_out[0] == said("compare.held-out") and all(said("compare.at", step=12).match(x) for x in held_out[1:])
    assert rate == [said("setting.learning_rate"), "0.01", "0.02"]
    expect(visitor.see("compare-verdict")).to_have_text(re.compile(
        "|".join(said(key).pattern for key in ("compare.better", "compare.no-difference"))))
    diff = visitor.see("difference")
    expect(diff.locator("del")).to_have_text(["scale = (dot(x, x) / len(x) + 1e-5) ** -0.5",
                                              "return [xi * scale for xi in x]"])
    expect(diff.locator("ins")).to_have_text(["return x  # as it is"])
    expect(visitor.see("kept-legend")).to_be_visible()
    visitor.see("engine").scroll_into_view_if_needed()
    plot = visitor.page.locator("#chart .u-over")
    plot.hover(position={"x": plot.bounding_box()["width"] - 2, "y": 40})
    expect(visitor.page.locator("#loss-hint")).to_contain_text(said("chart.kept", step=12, mean=mean))
    visitor.press("let-go")
    expect(visitor.see("compared")).to_be_hidden()
    expect(visitor.see("kept-legend")).to_be_hidden()


def test_every_new_word_of_the_source_is_there_in_korean(visitor):
    visitor.open(SMALL + "&lang=ko")
    open_editor(visitor)
    visitor.see("experiment").select_option("init")
    visitor.press("run-edit")
    expect(visitor.see("edited-note")).to_have_text(said("edit.running", texts=KO, lines=1), timeout=30_000)
    expect(visitor.see("restore")).to_have_text(KO["edit.restore"])


@pytest.mark.soak
def test_a_name_of_a_core_with_a_token_more_than_letters_is_looked_into(visitor):
    """Its heading is there, the worker lives on, and the edit is not lost."""
    visitor.open("seed=43&n_embd=8&n_head=2")
    open_editor(visitor)
    text = change(visitor, "GPT(self.bos + 1,", "GPT(self.bos + 2,")
    visitor.press("run-edit")
    visitor.become(lambda: visitor.step() >= 2)
    visitor.press("train")
    visitor.wait("paused|problem|failed")
    visitor.see("names").locator("[data-go]").last.click()
    expect(visitor.page.locator("#panel-body h3")).to_be_visible()
    for tool in ("letter", "number", "step", "name"):
        visitor.press(f"inside-{tool}")
        expect(visitor.see(f"inside-{tool}")).to_have_attribute("aria-current", "true")
        expect(visitor.page.locator("#panel-body h3")).to_be_visible()
    expect(visitor.see("sha256")).to_have_text(sha256(text))
    expect(visitor.see("edited")).to_be_visible()
