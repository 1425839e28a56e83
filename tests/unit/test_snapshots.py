"""The past of a run: which steps are kept, that they are what was, and that keeping them changes nothing."""
import random
from array import array

import microgpt
import pytest
from page.parts import name_share
from sessions import CORE, after
from test_session import NAMES
from texts import EN
from worker.inspector import Inspector
from worker.snapshots import MAX_BYTES, MAX_SNAPSHOTS, MIN_SNAPSHOTS, Invention, Snapshots, strides

SMALL = "n_embd=8&n_head=2&block_size=8&num_steps=300"


def kept_by(num_steps, every, size=1):
    """The steps that are kept after each step of a run."""
    history = Snapshots(num_steps, every, size)
    history.add(0, [0.0])
    yield list(history.weights)
    step = 0
    while step < num_steps:
        step += min(history.steps_until_due(step), num_steps - step)
        if history.due(step):
            history.add(step, [float(step)])
        assert all(weights[0] == step for step, weights in history.weights.items())
        yield list(history.weights)


@pytest.mark.parametrize(("num_steps", "every"), [(1, 1), (30, 1), (105, 5), (1000, 50), (2000, 100), (2020, 101),
                                                  (20420, 1021), (100000, 5000)])
def test_of_a_run_of_any_length_a_bounded_number_of_steps_is_kept(num_steps, every):
    for kept in kept_by(num_steps, every):
        assert kept == sorted(kept) and kept[0] == 0 and len(kept) <= MAX_SNAPSHOTS + 1
    assert set(range(0, num_steps, every)) <= set(kept)  # the steps at which names are invented
    assert len(kept) > min(num_steps, 19)


def test_of_the_first_steps_all_are_kept():
    assert [len(kept) for kept in kept_by(1000, 50)][:MAX_SNAPSHOTS] == list(range(1, MAX_SNAPSHOTS + 1))


def test_at_every_time_there_is_a_step_near_any():
    for kept in list(kept_by(20420, 1021))[MAX_SNAPSHOTS:]:
        assert len(kept) >= 15


@pytest.mark.parametrize("size", [4192, 204800, 10**7])
def test_large_models_are_kept_seldom(size):
    kept = list(kept_by(1000, 50, size))[-1]
    assert MIN_SNAPSHOTS / 2 <= len(kept) <= max(MIN_SNAPSHOTS, MAX_BYTES // (8 * size)) + 1


@pytest.mark.parametrize(("num_steps", "every", "most"), [(1000, 50, 64), (1000, 50, 6), (7, 1, 6), (2020, 101, 64)])
def test_strides_grow_to_one_that_reaches_the_end(num_steps, every, most):
    found = strides(num_steps, every, most)
    assert found[0] == 1 and found == sorted(set(found)) and num_steps // found[-1] < most
    assert every % found[-1] == 0 or found[-1] % every == 0


def test_a_run_that_goes_back_forgets_what_came_later():
    history = Snapshots(100, 5, 1)
    for step in range(8):
        history.add(step, [0.0])
        history.inventions.append(Invention(step, "a", 1, "", ()))
    history.rewind(4)
    assert list(history.weights) == [0, 1, 2, 3, 4] and [made.step for made in history.inventions] == [0, 1, 2, 3, 4]
    history.rewind(-1)
    assert not history.weights and not history.inventions


# ---- In a session


@pytest.mark.parametrize("look", ["", "emma"])
def test_a_step_of_the_past_looks_as_it_did_then(look):
    session = after(SMALL, 90)[0]
    state = session.state()
    kept = list(session.snapshots.weights)
    assert kept == [*range(0, 91, 5)]
    for step in [*reversed(kept[:-1]), *kept[:-1]]:
        assert session.view(look, step) == after(SMALL, step)[0].view(look)
    assert session.state() == state
    assert session.view(look, 7) == session.view(look, 5)


def test_a_step_that_has_no_snapshot_any_more_is_shown_by_the_nearest():
    """A visitor looks back at step 37 until after the history has thinned out, draws names of then, and looks away."""
    session = after(SMALL, 40)[0]
    session.view("", 35)
    for _ in range(50):
        session.train(0, 0.5, "")
    for step in (32, 33, 38):
        assert step not in session.snapshots.weights
        nearest = min(session.snapshots.weights, key=lambda kept: abs(kept - step))
        panel = Inspector(session, CORE, EN)
        assert panel.show("letter.1.mix", at=step)["step"] == nearest
        assert panel.show("name.another", at=step, refresh=True)["step"] == nearest
        assert {made for made, _, _ in session.names(3, 0.5, "", random.Random(1), step)} == {nearest}


def test_to_draw_a_name_of_another_step_does_not_end_a_look_back():
    session = after(SMALL, 12)[0]
    seen = session.view("emma", 7)
    for _ in range(70):
        session.train(0, 0.5, "")
    assert 7 not in session.snapshots.weights
    step, name = session.snapshots.inventions[0][:2]
    Inspector(session, CORE, EN).show(f"name.{step}.{name}.0")
    assert session.view("emma", 7) == seen


def test_losses_and_names_are_those_of_a_run_that_keeps_nothing():
    session = after("n_embd=4&n_head=2&block_size=6&num_steps=300", 0)[0]
    run = microgpt.Run(NAMES, n_embd=4, n_head=2, block_size=6, num_steps=300)
    losses, names = [], []
    for step in range(80):
        if step % 15 == 0:
            rng = random.Random(42 * 1000003 + step)
            names += [[step, run.sample(rng, 0.5)] for _ in range(2)]
        losses.append(run.train())
    got, said = [], []
    while session.run.step < 80:
        frame = session.train(0, 0.5, "")
        got += frame["points"][1]
        said += frame["names"]
        session.view("", random.Random(len(got)).choice(list(session.snapshots.weights)))
        session.names(1, 1.0, "", session.rng, 0)
    assert got == losses and [name[:2] for name in said] == names


def test_names_of_a_model_in_the_past():
    session, then = after(SMALL, 20)[0], after(SMALL, 10)[0]
    assert session.names(5, 1.0, "a", random.Random(3), 10) == then.names(5, 1.0, "a", random.Random(3))


def test_the_compiled_run_keeps_the_same_past():
    pytest.importorskip("wasmtime")
    core, compiled = after(SMALL, 75)[0], after(SMALL, 0)[0]
    compiled.use("compiled")
    frame = {"step": 0}
    while frame["step"] < 75:
        frame = compiled.train(0, 0.5, "")
    assert frame["snapshots"] == list(core.snapshots.weights)
    assert compiled.snapshots.weights == core.snapshots.weights
    assert compiled.view("emma", 40) == core.view("emma", 40)
    assert [made[:2] for made in compiled.snapshots.inventions] == [made[:2] for made in core.snapshots.inventions]
    assert list(compiled.snapshots.inventions) == list(core.snapshots.inventions)


def test_a_restored_run_has_the_past_that_it_was_in():
    session = after(SMALL, 6)[0]
    state, before = session.state(), session.view("emma", 3)
    session.train(0, 0.5, "")
    session.restore(state)
    assert list(session.snapshots.weights) == [0, 1, 2, 3, 4, 5, 6] and session.view("emma", 3) == before
    other = after(SMALL, 0)[0]
    other.restore(array("d", state))
    assert list(other.snapshots.weights) == [6] and other.view("emma", 6) == session.view("emma")
    other.train(0, 0.5, "")
    assert list(other.snapshots.weights) == [6, 7]


# ---- The share of names that are in the list


def test_shares_are_those_of_the_last_names():
    rng = random.Random(5)
    names = [(step, rng.random() < 0.3) for step in range(0, 200, 2) for _ in range(2)]
    expected = {}
    for i in range(name_share.MIN_NAMES - 1, len(names)):
        last = [listed for _, listed in names[max(0, i + 1 - name_share.WINDOW_NAMES):i + 1]]
        expected[names[i][0]] = sum(last) / len(last)
    assert dict(name_share.shares(names)) == pytest.approx(expected)
    assert name_share.shares(names[:name_share.MIN_NAMES - 1]) == []


def test_the_line_goes_from_the_first_step_to_the_last():
    assert name_share.line([(0, 0.0), (50, 0.1), (100, 0.2)], 100) == "0.0,98.0 50.0,50.0 100.0,2.0"
    assert name_share.line([], 100) == ""
