"""A session: what the page sees of a run, without a browser. And the recording, which is made of one."""

import html
import json
import math
import random
from array import array

import microgpt
import pytest
from common.errors import CannotCompile, UserError
from common.recipe import DATASETS, DEFAULTS
from sessions import frames, joined
from worker import markup, schedule
from worker.session import BOUNDARY, Session

from tools.index_page import put
from tools.recorded import RECORDED, ROOT

NAMES = (ROOT / DATASETS["us-names-2018"]).read_text("utf-8").split()
SOME = NAMES[:60]
TINY = DEFAULTS | {"num_steps": 105, "n_embd": 4, "n_head": 2, "block_size": 4, "held_out": 0}  # longer than MEAN_STEPS


@pytest.fixture(scope="module")
def whole() -> tuple[list, list]:
    """The points and names of a tiny run in one slice."""
    return joined(frames(Session(SOME, TINY), math.inf))


# ---- Training


@pytest.mark.parametrize("budget_ms", [0, 7, 40])
def test_frames_do_not_depend_on_how_the_slices_fall(whole, budget_ms):
    result = frames(Session(SOME, TINY), budget_ms)
    assert joined(result) == whole
    assert [frame["done"] for frame in result] == [False] * (len(result) - 1) + [True]
    assert budget_ms or len(result) == 105


def test_a_frame_holds_the_steps_the_losses_of_the_core_and_their_running_mean(whole):
    (steps, losses, means), _ = whole
    run = microgpt.Run(SOME, **{name: TINY[name] for name in TINY.keys() & microgpt.DEFAULTS.keys()})
    assert losses == [run.train() for _ in range(105)]
    assert steps == list(range(1, 106))
    assert means[9] == pytest.approx(sum(losses[:10]) / 10) and means[-1] == pytest.approx(sum(losses[5:]) / 100)


def test_a_frame_says_where_the_run_is(whole):
    session = Session(SOME, TINY)
    frame = session.train(0, 0.5, "")
    assert (frame["step"], frame["mean"], frame["done"]) == (1, frame["points"][2][0], False)
    assert frames(session, math.inf)[-1]["mean"] == whole[0][2][-1]


def test_of_a_long_run_the_curve_is_thinned_but_begins_at_the_first_step(monkeypatch, whole):
    monkeypatch.setattr(schedule, "MAX_POINTS", 10)
    (steps, losses, means), _ = joined(frames(Session(SOME, TINY), 0))
    assert steps == [1, *range(10, 106, 10)]
    assert losses == [whole[0][1][step - 1] for step in steps] and means == [whole[0][2][step - 1] for step in steps]


def test_a_finished_run_has_nothing_more_to_give(whole):
    session = Session(SOME, TINY)
    frames(session, math.inf)
    state = session.state()
    frame = session.train(math.inf, 0.5, "")
    assert (frame["step"], frame["points"], frame["names"], frame["done"]) == (105, [[], [], []], [], True)
    assert session.state() == state


# ---- Names


def test_names_come_at_their_steps_two_at_a_time_with_a_mark(whole):
    _, names = whole
    assert [step for step, _, _ in names] == [step for step in range(0, 105, 5) for _ in range(2)]
    assert [is_new for _, _, is_new in names] == [name not in SOME for _, name, _ in names]


def test_a_name_that_is_in_the_list_is_marked_so():
    session = Session(["a"], TINY | {"block_size": 1})
    marks = {name: is_new for _, name, is_new in session.names(60, 2.0, "", random.Random(1))}
    assert marks == {"": True, "a": False}


@pytest.mark.parametrize("prefix", ["", "e", "ol", "emmaem"])
def test_names_begin_with_the_prefix(prefix):
    names = joined(frames(Session(SOME, TINY), 0, prefix=prefix, until=10))[1]
    assert names and all(name.startswith(prefix) for _, name, _ in names)


def test_a_prefix_of_letters_that_the_data_has_not_is_refused():
    with pytest.raises(ValueError):
        Session(SOME, TINY).names(1, 0.5, "é", random.Random(1))


def test_the_temperature_and_the_prefix_change_the_names_and_not_the_run(whole):
    points, names = joined(frames(Session(SOME, TINY), math.inf, temperature=2.0, prefix="a"))
    assert points == whole[0] and names != whole[1]


def test_the_last_names_are_those_that_the_cores_program_prints():
    run = microgpt.Run(SOME, **{name: TINY[name] for name in TINY.keys() & microgpt.DEFAULTS.keys()})
    for _ in range(105):
        run.train()
    printed = [run.sample(run.rng, 0.5) for _ in range(20)]
    session = Session(SOME, TINY)
    frames(session, 0)
    invented = [name for first in range(0, 20, 4) for name in session.last_names(4, first == 0)]
    assert invented == [[105, name, name not in SOME] for name in printed]
    assert session.last_names(20, True) == invented


# ---- Looking


def test_looking_never_changes_the_run(whole):
    session, result = Session(SOME, TINY), []
    while session.run.step < 105:
        session.view("emma" if session.run.step % 2 else "")
        session.names(1, 2.0, "a", session.rng)
        session.last_names(1, True)
        session.state()
        result.append(session.train(0, 0.5, ""))
    assert joined(result) == whole
    session.view("a")
    assert session.last_names(3, True) == [[105, name, new] for _, name, new in session.last_names(3, True)]


@pytest.mark.parametrize("settings", [{}, {"n_layer": 2}, {"n_head": 1}, {"n_head": 4}, {"block_size": 2}], ids=str)
@pytest.mark.parametrize("look", ["", "emma", "a"])
def test_a_view_has_a_head_for_each_head_and_a_row_for_each_letter(settings, look):
    session = Session(SOME, TINY | settings)
    view, run = session.view(look), session.run
    document = (look or run.docs[0])
    n = min(len(document) + 1, run.settings.block_size)
    assert view["letters"] == [BOUNDARY, *document][:n]
    assert [session.alphabet[token] for token in view["targets"]] == [*document, BOUNDARY][:n]
    assert len(view["attention"]) == run.settings.n_layer
    for heads in view["attention"]:
        assert [[len(row) for row in head] for head in heads] == [list(range(1, n + 1))] * run.settings.n_head
        assert all(math.fsum(row) == pytest.approx(1) for head in heads for row in head)
    assert [len(row) for row in view["probabilities"]] == [len(session.alphabet)] * n
    assert all(math.fsum(row) == pytest.approx(1) for row in view["probabilities"])


def test_what_tells_most_is_the_strongest_look_at_an_earlier_letter():
    view = Session(SOME, TINY | {"n_layer": 2}).view("olivia")
    layer, head, query, key = view["telling"]
    assert 0 < key < query
    assert view["attention"][layer][head][query][key] == max(
        row[k] for heads in view["attention"] for rows in heads for q, row in enumerate(rows) for k in range(1, q))
    assert Session(SOME, TINY).view("a")["telling"] == [0, 0, 0, 0]  # no letter but the one at hand


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_without_a_document_of_ones_own_the_view_is_of_the_one_that_was_read_last(steps):
    session = Session(SOME, TINY)
    frames(session, 0, until=steps)
    document = session.run.docs[max(0, steps - 1)]
    assert session.view()["letters"] == [BOUNDARY, *document][:4]
    session.view("emma")
    assert session.view()["letters"] == [BOUNDARY, *document][:4]


# ---- State


@pytest.fixture(scope="module")
def stepped() -> tuple[list, list, list]:
    """The frames of a tiny run's single steps, the bytes of its state before each and after the last, its last
    names."""
    session, taken = Session(SOME, TINY), []
    states = [session.state().tobytes()]
    while session.run.step < 105:
        taken += frames(session, 0, until=session.run.step + 1)
        states.append(session.state().tobytes())
    return taken, states, session.last_names(20, True)


@pytest.mark.parametrize("step", [0, 5, 101, 105])
def test_a_state_goes_on_bit_for_bit_in_another_session(whole, stepped, step):
    before, states, last_names = stepped
    session, state = Session(SOME, TINY), array("d")
    state.frombytes(states[step])
    session.restore(state)
    assert session.state().tobytes() == states[step]
    assert joined(before[:step] + frames(session, 0)) == whole
    assert session.last_names(20, True) == last_names


@pytest.mark.parametrize("look", ["", "emma"])
def test_a_restored_session_has_the_same_view(look):
    first, second = Session(SOME, TINY), Session(SOME, TINY)
    frames(first, 0, until=3)
    second.restore(first.state())
    assert second.view(look)["letters"] == first.view(look)["letters"]


# ---- What can't be


@pytest.mark.parametrize(("lines", "changes", "complaint"), [
    (SOME, {"n_head": 3}, "settings.heads.divide"),
    (SOME, {"n_layer": 0}, "settings.positive"),
    (["", " "], {}, "data.blank"),
])
def test_what_cannot_be_is_named(lines, changes, complaint):
    with pytest.raises(UserError, match=complaint):
        Session(lines, TINY | changes)


# (what differs from the defaults, the step at which the loss is no longer a number)
DIVERGING = [({"learning_rate": 10.0}, 2), ({"learning_rate": 0.7, "n_embd": 8, "n_head": 2, "num_steps": 100}, 9)]


@pytest.mark.parametrize(("changes", "broken"), DIVERGING, ids=str)
@pytest.mark.parametrize("budget_ms", [0, math.inf])
def test_a_loss_that_is_no_number_puts_the_slice_back_and_says_which_step_broke(changes, broken, budget_ms):
    session, states = Session(NAMES, DEFAULTS | changes), []
    while True:
        states.append(session.state())
        frame = session.train(budget_ms, 0.5, "")
        if frame["broken"]:
            break
    assert frame["broken"] == broken
    assert frame["step"] == session.run.step == (broken - 1 if budget_ms == 0 else 0)
    assert session.state() == states[-1] and all(map(math.isfinite, states[-1]))
    assert (frame["points"], frame["mean"], frame["done"]) == ([[], [], []], None, False)
    json.dumps(frame, allow_nan=False)
    assert session.train(0, 0.5, "")["broken"] in (0, broken)  # it can be asked again
    assert session.view("emma")["letters"] == [BOUNDARY, *"emma"]


@pytest.mark.parametrize(("changes", "broken"), DIVERGING, ids=str)
def test_where_the_loss_is_no_number_the_compiled_code_is_not_blamed(changes, broken):
    session = Session(NAMES, DEFAULTS | changes)
    session.use("compiled")
    engine, frame = session.engine, {"broken": 0}
    while not frame["broken"]:
        before, frame = session.state(), session.train(0, 0.5, "")
    assert (frame["broken"], frame["declined"], frame["step"]) == (broken, None, broken - 1)
    assert session.engine is engine and session.state() == before and all(map(math.isfinite, before))
    assert session.train(math.inf, 0.5, "")["broken"] == broken  # it can be asked again
    session.use("core")
    with pytest.raises(CannotCompile, match="compile.loss"):  # compiling tries some steps
        session.use("compiled")
    assert session.train(0, 0.5, "")["broken"] == broken and session.state() == before


def test_the_last_names_are_remembered_whatever_else_is_invented_meanwhile():
    session, undisturbed = (Session(SOME, TINY | {"num_steps": 3}) for _ in range(2))
    for one in (session, undisturbed):
        one.train(math.inf, 0.5, "")
    for first in (True, False, False):
        session.last_names(4, first)
        session.names(5, 1.0, "a", session.rng)
    assert session.final_names == [name for _, name, _ in undisturbed.last_names(12, True)]
    session.last_names(2, True)
    assert session.final_names == [name for _, name, _ in undisturbed.last_names(2, True)]


# ---- The recording, which test_published.py compares with the run that it is of

RECORDING = json.loads(RECORDED.read_text("utf-8"))


def test_the_recording_is_whole():
    assert RECORDING["step"] == 1000 and RECORDING["points"][0] == list(range(1, 1001))
    assert RECORDING["mean"] == RECORDING["points"][2][-1]
    assert [step for step, _, _ in RECORDING["names"]] == [1000] * 20 + [s for s in range(950, -1, -50) for _ in "ab"]
    assert all(is_new == (name not in NAMES) for _, name, is_new in RECORDING["names"])
    assert RECORDING["alphabet"] == [*"abcdefghijklmnopqrstuvwxyz", BOUNDARY]


def test_the_built_page_shows_the_recording(site):
    built = html.unescape((site / "index.html").read_text("ascii"))  # with references, so that any host's label will do
    words = {"head": "head {n}", "layer": "layer {n}", "new": "new", "listed": "in the list"}
    pictures = markup.pictures(RECORDING["view"], RECORDING["alphabet"], words)
    assert all(html.unescape(table) in built for tables in pictures["attention"] for table in tables)
    assert html.unescape(pictures["probabilities"]) in built
    assert all(f'data-step="{step}" data-name="{name}"' in built for step, name, _ in RECORDING["names"])


@pytest.mark.parametrize("name", ["attention", "probabilities", "names"])
def test_a_page_without_a_place_for_the_recording_is_not_built(name):
    page = (ROOT / "index.html").read_text("utf-8")
    with pytest.raises(ValueError, match=name):
        put(page.replace(f"<!-- recorded: {name} -->", ""), f"recorded: {name}", "")
