"""How often each line of the core ran: against Python's own `trace`, and without touching the run."""
import copy
import pickle
import sys
import trace
from pathlib import Path

import microgpt
import pytest
from worker import core_edit, highlight
from worker.inspector import line_profile
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "py/microgpt.py").read_text("utf-8")
LENGTH = len(TEXT.splitlines())
DOCS = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").splitlines()[:50]
SMALL = {"num_steps": 8, "n_embd": 8, "n_head": 2}


def run_after(steps: int, core=microgpt):
    run = core.Run(DOCS, **SMALL)
    for _ in range(steps):
        run.train()
    return run


def traced(run, step: int) -> list[int]:
    """The counts of the step as the standard library's trace module has them."""
    taken = copy.copy(run)
    taken.gpt, taken.step = pickle.loads(pickle.dumps(run.gpt)), step
    tracer = trace.Trace(count=1, trace=0)
    tracer.runfunc(taken.train)
    counts = {line: n for (file, line), n in tracer.results().counts.items() if file == microgpt.__file__}
    return [counts.get(line, 0) for line in range(1, LENGTH + 1)]


@pytest.mark.parametrize(("steps", "shown"), [(0, 1), (5, 6), (8, 8)])
def test_the_counts_are_those_of_the_next_step_or_of_the_last(steps, shown):
    run = run_after(steps)
    measured = line_profile.LineProfile(run, LENGTH)
    assert (measured.step, measured.doc) == (shown, run.docs[shown - 1])
    assert measured.counts == traced(run, shown - 1)
    assert sum(measured.counts) > 10_000


def test_shares_are_shares_and_lines_that_did_not_run_have_none():
    measured = line_profile.LineProfile(run_after(2), LENGTH)
    assert sum(measured.shares) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in measured.shares)
    assert all(count for count, share in zip(measured.counts, measured.shares) if share)


def test_the_line_that_takes_most_of_the_time_gets_most_of_it(monkeypatch):
    now = [0.0]

    def clock():
        now[0] += 1e-6
        return now[0]

    def wait():
        now[0] += 5.0

    monkeypatch.setattr(line_profile, "MAX_STEP_S", 60)
    monkeypatch.setattr(line_profile, "perf_counter", clock)
    monkeypatch.setitem(sys.modules, "microgpt", microgpt)
    slow = "        self.read(self.docs[self.step % len(self.docs)])\n"
    text = TEXT.replace(slow, "        wait()\n" + slow)
    core = core_edit.load(text)
    core.wait = wait
    measured = line_profile.LineProfile(run_after(0, core), LENGTH + 1)
    line = text.splitlines().index("        wait()") + 1
    assert measured.counts[line - 1] == 1
    assert measured.shares[line - 1] == max(measured.shares) > 0.9


def test_looking_changes_nothing_of_the_run():
    session, undisturbed = (Session(DOCS, SMALL) for _ in range(2))
    losses = [[], []]
    for _ in range(4):
        losses[0].append(session.run.train())
        line_profile.LineProfile(session.run, LENGTH)
        losses[1].append(undisturbed.run.train())
    assert losses[0] == losses[1] and session.state() == undisturbed.state()
    assert sys.gettrace() is None or "coverage" in repr(sys.gettrace())


def test_a_step_that_takes_too_long_is_not_watched(monkeypatch):
    monkeypatch.setattr(line_profile, "MAX_STEP_S", 1e-9)
    with pytest.raises(line_profile.TooSlow):
        line_profile.LineProfile(run_after(0), LENGTH)


def test_the_table_has_every_line_with_its_count_and_is_safe():
    run = microgpt.Run(["<b>&", "ab"], **SMALL)
    words = {f"lines.{name}": name for name in ("count", "share", "number", "code")}
    measured = line_profile.LineProfile(run, LENGTH)
    measured.doc = "<b>&"
    html = line_profile.table(highlight.lines(TEXT), measured, words | {"lines.caption": "{doc} {step}"})
    assert html.count("<tr data-line=") == LENGTH and "&lt;b&gt;&amp; 1" in html and "<b>" not in html
    line = next(n for n, text in enumerate(TEXT.splitlines(), 1) if "p.grad = 0.0" in text)
    assert f'<tr data-line="{line}"><td>{len(run.gpt.parameters):,}</td>' in html
