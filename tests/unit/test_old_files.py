"""Links and files made by an earlier version open, and give the same bits: see tests/data/README.md."""
import hashlib
import json
from array import array
from collections import defaultdict
from pathlib import Path

import pytest
from common import recipe as recipes
from worker import formats
from worker.dataset import read
from worker.held_out import SAMPLE_DOCUMENTS
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests/data"
OLD = json.loads((DATA / "expected.json").read_text("utf-8"))
WORDS = defaultdict(str)  # of the pictures, which are not compared


def lines_of(name: str) -> list[str]:
    return (ROOT / recipes.DATASETS[name]).read_text("utf-8").splitlines(keepends=True)


def hexes(numbers) -> list[str]:
    return [float(number).hex() for number in numbers]


def digest(session: Session) -> str:
    """SHA-256 of all that training changes, as doubles."""
    return hashlib.sha256(session.state().tobytes()).hexdigest()


def trained(session: Session, recipe: dict, until: int) -> dict:
    """What comes out up to a step, one step after the other. Held-out losses were of the first documents held out then,
    those that the training part has too among them."""
    session.held_out.sample = session.held_out.docs[:SAMPLE_DOCUMENTS]
    losses, held_out, names = [], [], []
    while session.run.step < until:
        frame = session.train(0, recipe["temperature"], recipe["prefix"])
        losses += frame["points"][1]
        held_out += [[step, loss.hex()] for step, loss in frame["held_out"]]
        names += frame["names"]
    return {"step": session.run.step, "losses": hexes(losses), "held_out": held_out, "names": names}


@pytest.mark.parametrize("engine", ["core", "compiled"])
@pytest.mark.parametrize("name", ["replay", "replay with data"])
def test_a_replay_link_replays_the_same_run(name, engine):
    old = OLD[name]
    recipe, notes = recipes.parse(old["fragment"])
    assert notes == [] and recipes.link(recipe) == old["fragment"]
    if recipe["documents"]:
        own = read(formats.decode_data(recipe["documents"]))
        assert own.docs == old["documents"] and own.sha256.startswith(recipe["sha256"])
    session = Session(own.docs if recipe["documents"] else lines_of(recipe["data"]), recipe)
    session.use(engine)
    result = trained(session, recipe, recipe["num_steps"])
    assert result | {"state": digest(session)} == old["result"]
    assert session.last_names(5, True) == old["last_names"]


@pytest.mark.parametrize("engine", ["core", "compiled"])
@pytest.mark.parametrize("name", ["model", "model of jamo", "run", "weights"])
def test_what_was_saved_opens_and_goes_on_bit_for_bit(name, engine):
    old = OLD[name]
    source = (DATA / old["file"]).read_bytes() if "file" in old else recipes.parse(old["fragment"])[0]["model"]
    session, facts = formats.open_model(source, lines_of, WORDS)
    expected = dict(old["opened"])
    assert expected["facts"].pop("problem", "") == ""  # which was answered then, and is raised now
    # What had taken all of its steps got as many again then, unasked; now it goes on when the visitor says so.
    expected["facts"] = dict(expected["facts"])
    wanted, finished = expected["facts"].pop("recipe"), session.run.step == session.schedule.num_steps
    more = {"num_steps": wanted["num_steps"] // 2} if finished else {}
    assert facts["recipe"] == {"more": ""} | wanted | more
    assert {key: facts[key] for key in expected["facts"]} == expected["facts"]
    assert [hexes(column) for column in facts["curve"]] == old.get("curve", [])
    assert hashlib.sha256(array("d", session.weights()).tobytes()).hexdigest() == expected["weights"]
    session.use(engine)
    assert session.names(5, 0.5, "", session.rng) == expected["names"]
    assert hexes(session.view("")["probabilities"][0]) == expected["probabilities"]
    if finished:
        session.extend(wanted["num_steps"] - session.run.step)
    recipe = recipes.DEFAULTS | facts["recipe"] | {"temperature": 0.5, "prefix": ""}
    assert trained(session, recipe, expected["result"]["step"]) == expected["result"]
    assert digest(session) == expected["state"]


def test_an_autosaved_run_has_a_recipe_that_is_read_as_it_was():
    entry = OLD["run"]["autosaved"]
    recipe = json.loads(entry["recipe"])
    whole = recipes.DEFAULTS | recipe
    assert recipes.parse(recipes.link(whole)) == (whole, [])
    assert (entry["step"], entry["run"]) == (OLD["run"]["opened"]["facts"]["step"], recipe["num_steps"])
    assert formats.recipe_of((DATA / "run.safetensors").read_bytes()).items() <= whole.items()
