"""Edits of the core: the ready ones apply and train; what goes wrong in one is blamed on its line."""
import difflib
import math
import sys
from functools import cache
from pathlib import Path

import microgpt
import pytest
from common import experiments
from worker import core_edit
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "py/microgpt.py").read_text("utf-8")
DOCS = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").splitlines()[:200]
SMALL = {"num_steps": 20, "n_embd": 8, "n_head": 2}


@pytest.fixture(autouse=True)
def published_afterwards(monkeypatch):
    monkeypatch.setitem(sys.modules, "microgpt", microgpt)


@cache
def losses(core) -> list[float]:
    run = core.Run(DOCS, **SMALL)
    return [run.train() for _ in range(20)]


@cache
def loaded(name: str):
    """The core with a ready experiment, as a module."""
    return core_edit.load(experiments.edit(TEXT, name))


@pytest.mark.parametrize("name", experiments.EDITS)
def test_a_ready_experiment_applies_once_and_trains(name):
    text = experiments.edit(TEXT, name)
    trained = losses(loaded(name))
    assert all(map(math.isfinite, trained)) and trained != losses(microgpt)
    assert 1 <= len(core_edit.changes(TEXT, text)) <= 6
    with pytest.raises(ValueError):
        experiments.edit(text, name)


def test_the_page_offers_each_experiment():
    html = (ROOT / "index.html").read_text("utf-8")
    assert [name for name in experiments.EDITS if f'<option value="{name}" data-t="edit.{name}">' not in html] == []


def weights(core, **settings):
    return [p.data for p in core.Run(DOCS, **SMALL | settings).gpt.parameters]


def test_the_experiments_do_what_they_say():
    """Each against the published core's own numbers, or arithmetic done here."""
    init = core_edit.load(experiments.edit(TEXT, "init"))
    assert weights(init) == pytest.approx([0.25 * data for data in weights(microgpt)])
    one_head = core_edit.load(experiments.edit(TEXT, "one-head"))
    assert losses(one_head) == [*map(float, losses_with(n_head=1))]
    relu2 = core_edit.load(experiments.edit(TEXT, "relu2"))
    run = relu2.Run(DOCS, **SMALL)
    run.read("emma")
    squares = {node.data for node in relu2.topological_order(run.loss) if node.op == "pow 2"}
    units = {node.data for node in relu2.topological_order(run.loss) if node.op == "relu"}
    assert squares == {unit * unit for unit in units}
    cosine = core_edit.load(experiments.edit(TEXT, "cosine"))
    half, whole = (core.Run(DOCS, **SMALL) for core in (cosine, microgpt))
    for run in (half, whole):
        run.step = 15
    before = [p.data for p in half.gpt.parameters]
    half.train()
    whole.train()
    moved = [(a.data - b0) / (b.data - b0) for a, b, b0 in zip(half.gpt.parameters, whole.gpt.parameters, before)
             if b.data != b0]
    assert moved == pytest.approx([(1 + math.cos(math.pi * 0.75)) / 2 / 0.25] * len(moved), rel=1e-6)
    no_norm = core_edit.load(experiments.edit(TEXT, "no-norm"))
    assert no_norm.rmsnorm([1, 2]) == [1, 2]


def losses_with(**settings):
    run = microgpt.Run(DOCS, **SMALL | settings)
    return [run.train() for _ in range(20)]


@pytest.mark.parametrize("name", experiments.EDITS)
def test_the_compiler_takes_an_experiment_with_the_same_bits(name):
    core = loaded(name)
    session = Session(DOCS, SMALL, core)
    session.use("compiled")
    frame = session.train(float("inf"), 0.5, "")
    assert frame["points"][1] == losses(core)


MISTAKES = [  # (piece, instead, what Python says, at a line that has)
    ("    y = 0.0\n", "    y = 0.0)\n", "SyntaxError: unmatched ')'", "y = 0.0)"),
    ("import argparse\n", "import argprase\n", "ModuleNotFoundError: No module named 'argprase'", "import argprase"),
    ("        self.loss.backward()\n", "        self.loss.backwards()\n",
     "AttributeError: 'Value' object has no attribute 'backwards'", "self.loss.backwards()"),
    ("        self.step += 1\n", "        self.step += 1 // 0\n",
     "ZeroDivisionError: integer division or modulo by zero", "self.step += 1 // 0"),
    ("        self.step += 1\n", "        self.step += len(str(__import__('fractions').Fraction(1, 0)))\n",
     "ZeroDivisionError: Fraction(1, 0)", "self.step += len(str("),
    ("        self.step += 1\n", "        raise SystemExit('enough')\n", "SystemExit: enough", "raise SystemExit"),
    ("class GPT:\n", "class GTP:\n", "NameError: name 'GPT' is not defined", "self.gpt = GPT("),
]


@pytest.mark.parametrize(("piece", "instead", "said", "line"), MISTAKES, ids=[item[2][:30] for item in MISTAKES])
def test_an_error_is_blamed_on_the_visitors_own_line(piece, instead, said, line):
    assert TEXT.count(piece) == 1
    text = TEXT.replace(piece, instead)
    with pytest.raises(BaseException) as error:  # noqa: B017, PT011
        losses(core_edit.load(text))
    told = core_edit.explain(error.value, text)
    assert told["error"].startswith(said) and line in told["text"]
    assert text.splitlines()[told["line"] - 1].strip() == told["text"]


def test_what_is_missing_altogether_is_nobodys_line():
    core = core_edit.load("DEFAULTS = {}\n")
    with pytest.raises(AttributeError) as error:
        Session(DOCS, SMALL, core)
    assert core_edit.explain(error.value, "DEFAULTS = {}\n") == {
        "line": 0, "text": "", "error": "AttributeError: module 'microgpt' has no attribute 'Run'"}


def test_a_text_that_cannot_be_loaded_leaves_the_published_core_in_place():
    for text in ("1 / 0", "def", "raise SystemExit"):
        with pytest.raises(BaseException):  # noqa: B017, PT011
            core_edit.load(text)
        assert sys.modules["microgpt"] is microgpt


def test_a_name_that_an_edit_takes_away_is_gone():
    assert not hasattr(core_edit.load(TEXT.replace("def total(", "def summed(")), "total")


@pytest.mark.parametrize("name", experiments.EDITS)
def test_changes_are_those_of_a_diff(name):
    new = experiments.edit(TEXT, name)
    theirs = [line for line in difflib.unified_diff(TEXT.splitlines(), new.splitlines(), n=0, lineterm="")
              if line[0] in "+-" and line[:3] not in ("+++", "---")]
    ours = core_edit.changes(TEXT, new)
    assert [sign + line for sign, _, line in ours] == theirs
    texts = {"-": TEXT.splitlines(), "+": new.splitlines()}
    assert all(texts[sign][number - 1] == line for sign, number, line in ours)


def test_a_difference_is_html_without_markup_of_the_visitors():
    assert core_edit.difference(TEXT, TEXT) == ""
    html = core_edit.difference("a\nb\n", "a\n<img onerror=x>\n")
    assert html == ('<ol class="difference"><li><span class="line">2</span><del>b</del></li>'
                    '<li><span class="line">2</span><ins>&lt;img onerror=x&gt;</ins></li></ol>')
