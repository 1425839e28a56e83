"""A finished run that goes on: its learning rate, its points and names, and the same bits from a link or a file."""

import math

import microgpt
import pytest
from common import recipe as recipes
from common.errors import UserError
from sessions import frames, joined
from texts import EN
from worker import formats
from worker.schedule import Part, Schedule
from worker.session import Session

from tools.recorded import ROOT

NAMES = (ROOT / recipes.DATASETS["us-names-2018"]).read_text("utf-8").split()[:60]
SETTINGS = recipes.DEFAULTS | {"num_steps": 12, "n_embd": 4, "n_head": 2, "block_size": 4, "held_out": 0}


def whole(recipe, engine="core"):
    """All points of a run, and its weights at the end."""
    session = Session(NAMES, recipe)
    session.use(engine)
    points, _ = joined(frames(session, math.inf))
    return points, list(session.weights())


def test_the_learning_rate_of_a_part_is_that_of_a_run_planned_to_its_end():
    """By the core itself, whose settings are all that is changed."""
    run = microgpt.Run(NAMES, **{name: SETTINGS[name] for name in microgpt.DEFAULTS if name in SETTINGS})
    losses = []
    for end in (12, 19, 22):
        run.settings.num_steps = end
        losses += [run.train() for _ in range(end - run.step)]
    (steps, found, _), weights = whole(SETTINGS | {"more": "7-3"})
    assert steps == list(range(1, 23)) and found == losses
    assert weights == [p.data for p in run.gpt.parameters]


@pytest.mark.parametrize("budget_ms", [0, math.inf])
@pytest.mark.parametrize("engine", ["core", "compiled"])
def test_going_on_after_the_end_gives_what_the_link_with_both_parts_gives(engine, budget_ms):
    session = Session(NAMES, SETTINGS)
    session.use(engine)
    points = [[], [], []]
    for steps in (None, 7, 3):
        if steps:
            session.extend(steps)
        for column, more in zip(points, joined(frames(session, budget_ms))[0]):
            column += more
    assert session.recipe["more"] == "7-3"
    assert (points, list(session.weights())) == whole(session.recipe)


def test_a_run_in_a_file_goes_on_in_the_part_it_was_in():
    session = Session(NAMES, SETTINGS | {"more": "7"})
    while session.run.step < 15:
        session.train(0, 0.5, "")
    data = formats.save("run", session, [[], [], []], [], "", {}, "")
    again, facts = formats.open_model(data, lambda name: NAMES, EN)
    assert (facts["recipe"]["more"], facts["step"]) == ("7", 15)
    frames(again, math.inf)
    frames(session, math.inf)
    assert list(again.weights()) == list(session.weights())


def test_only_a_finished_run_goes_on_and_not_for_ever():
    session = Session(NAMES, SETTINGS)
    with pytest.raises(UserError, match="more.refused"):
        session.extend(5)
    frames(session, math.inf)
    for _ in range(recipes.MAX_PARTS - 1):
        session.extend(1)
        frames(session, math.inf)
    with pytest.raises(UserError, match="more.refused"):
        session.extend(1)
    assert session.run.step == 12 + recipes.MAX_PARTS - 1


@pytest.mark.parametrize("text, ends", [
    ("", [1000]), ("more=1000", [1000, 2000]), ("num_steps=10&more=5-100000", [10, 15, 100015]),
    ("more=1-2-3-4-5-6-7", [1000, 1001, 1003, 1006, 1010, 1015, 1021, 1028])])
def test_a_link_says_its_parts(text, ends):
    recipe, notes = recipes.parse(text)
    assert not notes and recipes.ends(recipe) == ends and recipes.parse(recipes.link(recipe))[0] == recipe


@pytest.mark.parametrize("text", ["0", "-", "5-", "1e3", "100001", "1-2-3-4-5-6-7-8", "1.5", "x", "-5", "٣"])
def test_what_says_no_parts_is_ignored(text):
    recipe, notes = recipes.parse("more=" + recipes.quote(text))
    assert recipe["more"] == "" and notes == [("more=" + recipes.quote(text), None)]


def test_what_happens_when():
    schedule = Schedule({"num_steps": 40, "more": "20"})
    assert [schedule.part_of(step) for step in (0, 1, 40, 41, 60, 99)] == \
        [Part(0, 40)] * 3 + [Part(40, 60)] * 3
    first, second = Part(0, 40), Part(40, 60)
    assert [step for step in range(1, 41) if first.is_measured(step)] == list(range(4, 41, 4))
    assert [step for step in range(41, 61) if second.is_measured(step)] == list(range(42, 61, 2))
    assert [step for step in range(1, 41) if first.has_names(step)] == list(range(2, 40, 2))
    assert [first.steps_until(step, 2) for step in (0, 1, 38, 39)] == [2, 1, 2, 1]
