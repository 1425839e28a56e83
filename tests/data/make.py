"""Made the files of this folder, with the code of the commit that README.md names:

    PYTHONPATH=py python make.py FOLDER     in a checkout of that commit
"""
import hashlib
import json
import math
import sys
from array import array
from collections import defaultdict
from pathlib import Path

import recipe as recipes
from keep import data_link, desk, run_file
from session import Session

FOLDER = Path(sys.argv[1])
OWN = ["서연", "지우", "민준", "하윤", "도윤", "서아", "지안", "하준", "이서", "시우", "아린", "은우"]
WORDS = defaultdict(str)  # of the pictures, which are not compared


def lines_of(name: str) -> list[str]:
    return Path(recipes.DATASETS[name]).read_text("utf-8").splitlines(keepends=True)


def hexes(numbers) -> list[str]:
    return [float(number).hex() for number in numbers]


def trained(session: Session, recipe: dict, until: int) -> dict:
    """What comes out up to a step, one step after the other: losses, held-out losses and names."""
    losses, held_out, names = [], [], []
    while session.run.step < until:
        frame = session.train(0, recipe["temperature"], recipe["prefix"])
        losses += frame["points"][1]
        held_out += [[step, loss.hex()] for step, loss in frame["held_out"]]
        names += frame["names"]
    return {"step": session.run.step, "losses": hexes(losses), "held_out": held_out, "names": names}


def digest(session: Session) -> str:
    """SHA-256 of all that training changes, as doubles."""
    return hashlib.sha256(session.state().tobytes()).hexdigest()


def replay(recipe: dict, documents: list[str], until: int) -> dict:
    session = Session(documents, recipe)
    result = trained(session, recipe, until)
    return {"fragment": recipes.link(recipe), "result": result | {"state": digest(session)},
            "last_names": session.last_names(5, True)}


def linked(recipe: dict, more: int) -> dict:
    """A model in a link: what it opens as, and what comes of `more` steps from there."""
    session = Session(lines_of(recipe["data"]), recipe)
    session.use("compiled")
    session.train(math.inf, 0.5, "")
    link = desk.linked(session, recipe["data"])
    fragment = recipes.link(dict(recipes.DEFAULTS, model=link["text"]))
    return {"fragment": fragment, "opened": opened(link["text"], recipe, more)}


def opened(source: str | bytes, recipe: dict, more: int) -> dict:
    made, facts = desk.opened(source, lines_of, WORDS)
    names = made.names(5, 0.5, "", made.rng)
    seen = [hexes(row) for row in made.view("")["probabilities"]]
    result = {"facts": {name: facts[name] for name in ("problem", "recipe", "step", "finished", "whole", "chars")},
              "weights": hashlib.sha256(array("d", made.weights()).tobytes()).hexdigest(), "names": names,
              "probabilities": seen[0], "result": trained(made, recipe, made.run.step + more)}
    return result | {"state": digest(made)}


small = recipes.DEFAULTS | {"num_steps": 20, "seed": 7, "n_embd": 4, "n_head": 2, "block_size": 7,
                            "temperature": 0.8, "prefix": "ma"}
own = recipes.DEFAULTS | {"data": recipes.OWN, "letters": "jamo", "num_steps": 25, "n_embd": 6, "n_head": 3,
                          "n_layer": 2, "block_size": 9, "learning_rate": 0.02,
                          "sha256": hashlib.sha256("\n".join(OWN).encode()).hexdigest()[:12],
                          "documents": data_link.encode(OWN)}
jamo = recipes.DEFAULTS | {"data": "korean-names", "letters": "jamo", "num_steps": 300, "n_embd": 8, "n_head": 2}
tiny = recipes.DEFAULTS | {"num_steps": 40, "n_embd": 4, "n_head": 2, "block_size": 6, "seed": 3,
                           "learning_rate": 0.02}

session, curve = Session(lines_of(tiny["data"]), tiny), [[], [], []]
names = []
while session.run.step < 23:
    frame = session.train(0, tiny["temperature"], "")
    curve = [old + new for old, new in zip(curve, frame["points"])]
    names = frame["names"] + names
    session.names(1, 0.5, "", session.rng)  # so that the generator for looking has gone on, too
core_sha256 = hashlib.sha256(Path("py/microgpt.py").read_bytes()).hexdigest()
run = run_file.save(session, tiny["data"], True, curve, names, core_sha256)
weights = run_file.save(session, tiny["data"], False, core_sha256=core_sha256)
(FOLDER / "run.safetensors").write_bytes(run)
(FOLDER / "weights.safetensors").write_bytes(weights)
kept = {"key": "run:00000000-0000-4000-8000-000000000000", "recipe": json.dumps(dict(tiny, model="")), "step": 23,
        "run": 40, "when": "2026-11-01T12:00:00.000Z"}
found = {
    "replay": replay(small, lines_of(small["data"]), 20),
    "replay with data": replay(own, OWN, 25) | {"documents": OWN},
    "model": linked(recipes.DEFAULTS, 3),
    "model of jamo": linked(jamo, 5),
    "run": {"file": "run.safetensors", "autosaved": kept, "curve": [hexes(column) for column in curve],
            "opened": opened(run, tiny, 17)},
    "weights": {"file": "weights.safetensors", "opened": opened(weights, tiny, 6)},
}
(FOLDER / "expected.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
