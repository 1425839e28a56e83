"""Whatever is pressed, in whatever order: the page does not stumble, page and worker agree, and the run can be saved
and opened again. Hypothesis draws the presses; a failure prints them.
"""

import os
import re

import pytest
from common import recipe as recipes
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from playwright.sync_api import Error
from texts import EN
from worker import formats
from worker.dataset import read

ROOT_LINKS = ["", "num_steps=4&n_embd=4&n_head=2", "num_steps=3&n_embd=4&n_head=2&engine=compiled", "seed=7&held_out=0",
              "data=korean-names&letters=jamo&num_steps=5&n_embd=8&n_head=1", "learning_rate=10&num_steps=30&n_embd=4",
              "num_steps=3&more=2&n_embd=4&n_head=2", "view=letter.1.attention", "view=step", "data=cities&n_embd=6",
              "model=nonsense", "num_steps=0&n_head=77&nonsense", "data=own&sha256=0123456789ab", "lang=ko"]
LISTS = ["anna\nbob\nclara\n", "서연\n지우\n하늘\n민준\n", "a", " \n", "x" * 300 + "\ny", "Ärger\nœuvre\n’tis\n",
         "\0\1"]
TYPED = ["", "1", "3", "16", "0", "-5", "1e9", "x", "0,02", "2.5", "anna", "Emma", "서연", "ana ", "<b>", "9" * 11]
EDITS = ["", "cosine", "one-head", "no-norm"]
BROKEN_EDITS = [("def total(values):", "def total(values):\n    raise KeyError('mine')"),
                ("import math", "import mathh"), ("GPT(self.bos + 1", "GPT(self.bos + 2")]

# What can be pressed, but for links that leave the page, and files, which have rules of their own.
PRESSABLE = """() => {
  const all = [...document.querySelectorAll("button, summary, a[data-go], .presets a, td[data-go], th[data-go], "
    + "td[data-key], [data-name], input[type=checkbox]")];
  window.pressable = all.filter((part) => part.checkVisibility() && !part.disabled
    && !/^(save-|own-file|open-file)/.test(part.id) && !part.closest("#editor"));
  return window.pressable.length;
}"""
PRESS = """(i) => { const part = window.pressable[i]; const name = part.dataset.testid || part.dataset.go
  || part.textContent.trim().slice(0, 30); part.click(); return `${part.tagName} ${name}`; }"""
BOXES = """() => {
  window.boxes = [...document.querySelectorAll("select:not([disabled]), input:not([type=file], [type=checkbox], "
    + "[type=hidden], [readonly])")].filter((box) => box.checkVisibility());
  return window.boxes.length;
}"""
FILL = """([i, text, at]) => {
  const box = window.boxes[i];
  if (box.tagName == "SELECT") {
    const some = [...box.options].filter((option) => !option.disabled);
    box.value = some[at % some.length].value;
  } else if (box.type == "range") {
    box.value = +box.min + (at % 100) / 99 * (box.max - box.min);
  } else {
    box.value = text;
  }
  for (const kind of ["input", "change"]) box.dispatchEvent(new Event(kind, { bubbles: true }));
  return `${box.id} = ${box.value}`;
}"""
EDITOR = """([old, text]) => {
  const content = document.querySelector("#editor").shadowRoot?.querySelector(".cm-content");
  const view = content?.cmView?.view ?? content?.cmTile?.view;
  if (!view) return false;
  const at = view.state.doc.toString().indexOf(old);
  if (at >= 0) view.dispatch({ changes: { from: at, to: at + old.length, insert: text } });
  return at >= 0;
}"""
CRASHED = re.compile(EN["status.page"].split("{")[0])


class Presses(RuleBasedStateMachine):
    """Rules press; teardown() asks what then is so."""

    visitor = None  # set for a run of the test

    def say(self, text):
        self.history.append(text)

    @initialize(link=st.sampled_from(ROOT_LINKS))
    def open(self, link):
        self.history, self.file = [], None
        self.visitor.goto("about:blank")
        self.visitor.goto("#" + link if link else "")
        self.visitor.wait("ready|problem|paused|done", seconds=90)
        self.say("open " + link)

    @rule(at=st.integers(0, 400), times=st.integers(1, 2))
    def press(self, at, times):
        for _ in range(times):
            if count := self.visitor.evaluate(PRESSABLE):
                self.say(self.visitor.evaluate(PRESS, at % count))
        self.visitor.rest()

    @rule(which=st.sampled_from(["train", "step", "reset", "undo", "more-names", "retry", "share", "keep", "let-go",
                                 "own-use", "lines", "restore", "preset-quick", "saved-open", "kept-go-on"]))
    def press_a_main_control(self, which):
        found = self.visitor.evaluate("""(which) => {
          const part = document.querySelector(`[data-testid="${which}"]`);
          const can = part?.checkVisibility() && !part.disabled;
          if (can) part.click();
          return can;
        }""", which)
        self.say(f"{which}: {found}")
        self.visitor.rest()

    @rule(at=st.integers(0, 60), text=st.sampled_from(TYPED), value=st.integers(0, 99))
    def fill(self, at, text, value):
        if count := self.visitor.evaluate(BOXES):
            self.say(self.visitor.evaluate(FILL, [at % count, text, value]))
        self.visitor.rest()

    @rule(text=st.sampled_from(LISTS), use=st.booleans())
    def paste(self, text, use):
        """As somebody pastes a list of their own."""
        self.visitor.evaluate("""(text) => {
          document.getElementById("own").open = true;
          const box = document.getElementById("own-text");
          box.value = text;
          box.dispatchEvent(new Event("input", { bubbles: true }));
        }""", text)
        self.say(f"paste {text[:20]!r}")
        if use:
            self.visitor.page.wait_for_timeout(500)  # the box rests before it is read; whether it was, no matter
            self.press_a_main_control("own-use")

    @rule(edit=st.sampled_from(EDITS), broken=st.sampled_from([None, *BROKEN_EDITS]))
    def edit(self, edit, broken):
        self.visitor.evaluate("() => { document.getElementById('editing').open = true; }")
        try:
            self.visitor.page.locator("#run-edit:enabled").wait_for(timeout=5000)
        except Error:
            return
        self.visitor.choose("experiment", edit)
        if broken:
            self.visitor.evaluate(EDITOR, list(broken))
        self.visitor.evaluate("() => document.getElementById('run-edit').click()")
        self.say(f"edit {edit} {broken}")
        self.visitor.rest()

    @rule(kind=st.sampled_from(["run", "weights", "json"]))
    def save(self, kind):
        if not self.visitor.evaluate("(id) => !document.getElementById(id).disabled", f"save-{kind}"):
            return
        try:
            with self.visitor.page.expect_download(timeout=3000) as download:
                self.visitor.evaluate("(id) => document.getElementById(id).click()", f"save-{kind}")
            self.file = download.value.path()
        except Error:  # refused in words, or the worker is busy
            pass
        self.say(f"save {kind}")

    @rule(text=st.sampled_from([None, b"\0garbage", b"anna\nbob\n"]))
    def open_file(self, text):
        """The file saved last, or one that is none."""
        content = text or (self.file and self.file.read_bytes())
        if content:
            self.visitor.see("open-file").set_input_files(
                {"name": "a.safetensors", "mimeType": "application/octet-stream", "buffer": content})
            self.say(f"open {text or self.file}")
            self.visitor.rest()

    @rule(way=st.sampled_from(["back", "forward", "reload"]))
    def travel(self, way):
        getattr(self.visitor, way)()
        self.say(way)
        if self.visitor.fragment() == "" and self.visitor.page.url == "about:blank":
            self.visitor.goto("")
        self.visitor.wait("[a-z]+", seconds=90)

    # ---- What then is so

    def teardown(self):
        visitor = self.visitor
        try:
            self.check()
        except BaseException as error:
            raise AssertionError("after " + " / ".join(self.history) + f": {error}") from error
        finally:
            visitor.see("kept-delete-all").evaluate("(button) => button.click()")

    def check(self):
        visitor = self.visitor
        visitor.wait("(?!loading|training|naming).*", seconds=90) if visitor.state() in ("loading", "naming") else None
        if visitor.text("train") in (EN["pause"], ):
            visitor.press("train")
        visitor.wait("ready|paused|done|broken|problem|failed|silent", seconds=90)
        assert visitor.state() != "failed" and not CRASHED.search(visitor.text("status")), visitor.text("status")
        self.back_to_the_published_core()
        recipe, notes = recipes.parse(visitor.fragment())
        assert not notes, "the page has written an address that it would not read"
        step = visitor.step()
        if visitor.state() in ("problem", "silent") or not step:
            self.begin_anew()
            step = visitor.step()
        with visitor.page.expect_download(timeout=60_000) as download:
            visitor.evaluate("() => document.getElementById('save-run').click()")
        data = download.value.path().read_bytes()
        saved = formats.recipe_of(data)
        lines = lambda name: (self.own_docs() if name == recipes.OWN else  # noqa: E731
                              open(recipes.DATASETS[name], encoding="utf-8").read().splitlines())
        session, facts = formats.open_model(data, lines, EN)
        assert (facts["step"], recipes.ends(saved)[-1]) == (step, self.steps()), "page and worker disagree"
        visitor.see("open-file").set_input_files(
            {"name": "run.safetensors", "mimeType": "application/octet-stream", "buffer": data})
        visitor.reads("status", re.compile("|".join(
            re.escape(EN[key].split("{")[0]) for key in ("status.resumed", "status.done") if EN[key].split("{")[0])))
        assert visitor.step() == step

    def back_to_the_published_core(self):
        visitor = self.visitor
        if visitor.shown("edited"):
            visitor.press("restore")
            visitor.gone("edited")
            visitor.wait("ready|problem", seconds=90)

    def begin_anew(self):
        """A sentence may say that there are no data, or what is wrong: the page can always train something."""
        visitor = self.visitor
        visitor.goto("#num_steps=3&n_embd=4&n_head=2")
        visitor.until("() => document.getElementById('setting-num_steps').value == '3'")
        visitor.press("reset")
        visitor.wait("ready", seconds=90)
        visitor.press("step")
        visitor.reads("step-count", "1 / 3")

    def steps(self):
        return int(self.visitor.text("step-count").split(" / ")[1])

    def own_docs(self):
        """What the page trains on, as its own link says."""
        documents = recipes.parse(self.visitor.fragment())[0]["documents"]
        if documents:
            return read(formats.decode_data(documents)).docs
        return read(self.visitor.value("own-text").encode()).docs


def go(visitor, examples, presses):
    Presses.visitor = visitor
    run_state_machine_as_test(Presses, settings=settings(
        max_examples=examples, stateful_step_count=presses, deadline=None, database=None, phases=[Phase.generate],
        derandomize="PRESSES_SEED" not in os.environ, suppress_health_check=list(HealthCheck)))


@pytest.mark.fresh_page
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("examples", "presses"), [(2, 12), pytest.param(25, 30, marks=pytest.mark.soak)])
@pytest.mark.chromium_only("it takes minutes in Chromium already")
@pytest.mark.tolerates("Failed to load resource")
def test_whatever_is_pressed_page_and_worker_agree_and_the_run_can_be_saved_and_opened(visitor, examples, presses):
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    go(visitor, examples, presses)
