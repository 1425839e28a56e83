"""The held-out loss: of documents never trained on, measured by either engine, and never at the run's cost."""

import math
import statistics

import microgpt
import pytest
from common import hangul
from common.recipe import DATASETS, DEFAULTS
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
    assert session.held_out.docs == run.docs[count - held:]
    assert session.held_out.sample == run.docs[count - held:][:held_out.SAMPLE_DOCUMENTS]
    assert session.run.chars == run.chars and session.listed == set(run.docs)


def test_what_the_training_part_has_too_is_not_read_and_the_order_of_training_stays():
    session, run = Session(NAMES, TINY), microgpt.Run(NAMES, **SETTINGS)
    trained = run.docs[:len(NAMES) - len(NAMES) // 10]
    assert session.run.docs == trained and len(session.held_out.docs) == 3225
    assert session.held_out.unseen == list(dict.fromkeys(doc for doc in run.docs[len(trained):]
                                                         if doc not in set(trained)))
    assert len(session.held_out.unseen) == 2734  # of 3,225, 464 are trained on too, and 27 come twice
    assert session.held_out.sample == session.held_out.unseen[:held_out.SAMPLE_DOCUMENTS]


@pytest.mark.parametrize(("trained", "away", "left"), [
    (["anna", "emma"], ["anna", "mia"], ["mia"]),
    (["anna"], ["mia", "mia", "zoe"], ["mia", "zoe"]),            # each once
    (["Anna"], ["anna", "ANNA", "hanna"], ["hanna"]),             # in capitals or not
    (["ÉLODIE", "straße"], ["élodie", "STRASSE", "elodie"], ["elodie"]),
    (["zo\u00eb"], ["zoe\u0308", "zoe"], ["zoe"]),                # composed or not
    (["지우"], ["\u110c\u1175\u110b\u116e", "지유"], ["지유"]),  # by the syllable or by jamo
    (["\u110c\u1175\u110b\u116e"], ["지우"], []),
    (["ａｎｎａ"], ["anna", "ana"], ["ana"]),                     # wide letters
    (["apple pie"], ["apple  pie", "apple\u00a0pie", "applepie"], ["applepie"]),
    (["anna"], [], []),
    ([], ["anna"], ["anna"]),
    (["anna"] * 9, ["anna"], []),                                 # nothing is left
])
def test_a_text_that_is_trained_on_is_not_held_out_in_whatever_form(trained, away, left):
    assert held_out.unseen(trained, away) == left


@pytest.mark.parametrize("letters", ["", "jamo"])
@pytest.mark.parametrize("data", DATASETS)
def test_no_data_set_has_a_text_on_both_sides(data, letters):
    lines = (ROOT / DATASETS[data]).read_text("utf-8").splitlines()
    session = Session(lines, TINY | {"held_out": 50, "letters": letters})
    composed = {doc.casefold() for doc in map(hangul.compose, session.run.docs)}
    read = [doc.casefold() for doc in map(hangul.compose, session.held_out.unseen)]
    assert read and not composed & set(read) and len(set(read)) == len(read)


@pytest.mark.parametrize("lines", [["anna"] * 40, ["anna", "ANNA", "Anna", "aNNa"] * 10])
def test_where_nothing_is_left_no_loss_is_measured(lines):
    session, losses, found = trained(lines, TINY)
    assert (len(losses), found) == (40, [])
    assert session.held_out.facts() | {"sample": ""} == {"documents": 4, "unseen": 0, "sample": "", "last": None}


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
    assert session.held_out.facts()["last"] == {"step": 40, "losses": losses}
    assert session.held_out.error() == pytest.approx(statistics.stdev(losses) / 6 ** 0.5)


def test_a_frame_has_the_standard_error_of_each_mean():
    session = Session(NAMES[:60], TINY)
    frame = session.train(math.inf, 0.5, "")
    assert len(frame["held_out_errors"]) == len(frame["held_out"]) == 10
    assert frame["held_out_errors"][-1] == session.held_out.error()
    assert frame["mean_error"] == pytest.approx(statistics.stdev(frame["points"][1]) / 40 ** 0.5)
    assert Session(NAMES[:60], TINY).train(0, 0.5, "")["mean_error"] is None  # of one loss
    two = Session(["anna", "emma"], TINY | {"held_out": 50}).train(math.inf, 0.5, "")
    assert two["held_out"] and two["held_out_errors"] == [None] * 10  # of one document


def test_a_session_says_how_long_measuring_took(monkeypatch):
    session = Session(NAMES[:400], TINY)
    clock = iter(range(10**6))
    monkeypatch.setattr("worker.session.time.perf_counter", lambda: next(clock) * 0.5)
    took = []
    for _ in range(4):
        session.train(0, 0.5, "")
        took.append(session.measuring)
    assert took == [0, 0, 0, 16.0]  # 32 documents, half a second each


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
