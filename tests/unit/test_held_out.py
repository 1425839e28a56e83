"""The held-out loss: of documents never trained on, measured by either engine, and never at the run's cost."""

import math

import microgpt
import pytest
from common.recipe import DEFAULTS
from worker import held_out
from worker.session import Session

from tools.recorded import ROOT

NAMES = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").split()
TINY = DEFAULTS | {"num_steps": 40, "n_embd": 4, "n_head": 2, "block_size": 4}
SETTINGS = {name: TINY[name] for name in TINY.keys() & microgpt.DEFAULTS.keys()}


def trained(lines, recipe, budget_ms=math.inf, engine="core") -> tuple[Session, list, list]:
    """The session at its end, its losses and its held-out losses."""
    session, losses, held_out = Session(lines, recipe), [], []
    session.use(engine)
    done = False
    while not done:
        frame = session.train(budget_ms, 0.5, "")
        losses += frame["points"][1]
        held_out += frame["held_out"]
        done = frame["done"]
    return session, losses, held_out


@pytest.mark.parametrize(("count", "percent", "held"), [(100, 10, 10), (100, 0, 0), (9, 10, 0), (10, 10, 1), (1, 50, 0),
                                                        (2, 50, 1), (540, 10, 54)])
def test_the_last_of_the_shuffled_documents_are_held_out(count, percent, held):
    session, run = Session(NAMES[:count], TINY | {"held_out": percent}), microgpt.Run(NAMES[:count], **SETTINGS)
    assert session.run.docs == run.docs[:count - held]
    assert session.held_out.sample == run.docs[count - held:][:held_out.SAMPLE_DOCUMENTS]
    assert session.run.chars == run.chars and session.listed == set(run.docs)


def test_a_run_that_does_not_come_to_them_is_the_same_as_the_programs():
    run = microgpt.Run(NAMES[:60], **SETTINGS)
    session, losses, _ = trained(NAMES[:60], TINY)
    assert losses == [run.train() for _ in range(40)]
    names = [name for _, name, _ in session.last_names(5, True)]
    assert names == [run.sample(run.rng, 0.5) for _ in range(5)]


def test_with_nothing_held_out_every_run_is_the_programs():
    run = microgpt.Run(NAMES[:20], **SETTINGS)
    _, losses, held_out = trained(NAMES[:20], TINY | {"held_out": 0})
    assert losses == [run.train() for _ in range(40)] and held_out == []


def test_they_are_never_trained_on_however_long_the_run():
    session, _, _ = trained(NAMES[:20], TINY)
    assert not set(session.held_out.sample) & {session.run.docs[step % len(session.run.docs)] for step in range(40)}


def test_the_loss_is_the_mean_over_them_by_the_core():
    session, _, held_out = trained(NAMES[:60], TINY)
    assert [step for step, _ in held_out] == list(range(4, 41, 4))
    losses = []
    for doc in session.held_out.sample:
        session.run.read(doc)
        losses.append(session.run.loss.data)
    assert held_out[-1][1] == math.fsum(losses) / 6


@pytest.mark.parametrize("budget_ms", [0, 2, 25])
def test_it_does_not_depend_on_how_the_slices_fall(budget_ms):
    _, losses, held_out = trained(NAMES[:60], TINY)
    assert trained(NAMES[:60], TINY, budget_ms)[1:] == (losses, held_out)


def test_a_single_step_is_a_step():
    session = Session(NAMES[:60], TINY)
    assert [session.train(0, 0.5, "")["step"] for _ in range(9)] == list(range(1, 10))


def test_compiled_it_is_the_same_to_the_last_bit():
    assert trained(NAMES[:60], TINY, engine="compiled")[1:] == trained(NAMES[:60], TINY)[1:]


def test_a_slice_is_not_much_longer_for_it(monkeypatch):
    session = Session(NAMES[:400], TINY)
    read = []
    monkeypatch.setattr(session, "loss", lambda doc: read.append(doc) or 1.0)
    clock = iter(range(10**6))
    monkeypatch.setattr("worker.session.time.perf_counter", lambda: next(clock) * 0.03)
    while session.run.step < 4:
        session.train(50, 0.5, "")
    before = len(read)
    session.train(50, 0.5, "")
    assert len(read) - before < 4 and session.held_out.pending()


def test_going_on_from_a_state_measures_again_what_was_not_measured():
    session = Session(NAMES[:60], TINY)
    session.train(0, 0.5, "")
    while session.run.step < 8:
        frame = session.train(0, 0.5, "")
    resumed = Session(NAMES[:60], TINY)
    resumed.restore(session.state())
    assert resumed.train(0, 0.5, "")["held_out"] == frame["held_out"]


def test_a_loss_that_is_no_number_is_left_out():
    session = Session(NAMES[:60], TINY)
    session.held_out.begin(4)
    found = [session.held_out.measure(lambda doc: math.inf) for _ in session.held_out.sample]
    assert found == [None] * 6 and not session.held_out.pending()
