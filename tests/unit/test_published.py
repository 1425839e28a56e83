"""The values that the published run and the project's own meet: losses and names of 1,000 steps at the defaults.

Row "adam": on makemore's names.txt as published with the algorithm; on the project's list what the core gives, to the
last bit. The core trains once, as the program; the compiled engine, whose bits are the core's (test_compiler.py), does
the rest.
"""
import hashlib
import json
import math
import sys
from array import array
from pathlib import Path
from types import SimpleNamespace

import microgpt
import pytest
from common.recipe import DEFAULTS
from test_program import read_output
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
RECORDED = json.loads((ROOT / "static/recorded.json").read_text("utf-8"))
PROJECT = SimpleNamespace(
    path=ROOT / "static/datasets/us-names-2018.txt", documents=32257,
    losses={1: 3.4639, 2: 3.2561, 3: 3.2569, 4: 3.1531, 5: 2.9022, 500: 3.0015, 1000: 2.5116},
    last=2.5115693082624277, means={1: 2.677, 901: 2.408},  # of a hundred steps from there
    digest="dacc8b1bcc9bbd0c79f63226250bc215743c049de2a8691b26fabb8721746b3f",  # SHA-256 of the losses as doubles
    names="biad amadon karel mararo nele talyn amarie emelen kieven salelyn sanirin aricon kayi anyn darien anilan "
          "sriale vadidon odinn nayri")
MAKEMORE = SimpleNamespace(
    path=ROOT.parent / "shared/data/makemore-names.txt", documents=32033,
    losses={1: 3.3660, 2: 3.4243, 3: 3.1778, 4: 3.0664, 5: 3.2209, 500: 2.0645, 1000: 2.6497},
    last=2.6496944697407585, means={1: 2.773, 901: 2.276},
    digest="00a181145d8b46481b72587ea3c9173202ba4af6110b604dbae1cb7704a22bfc",  # SHA-256 of the losses as doubles
    names="kamon ann karai jaire vialan karia yeran anna areli kaina konna keylen liole alerin earan lenne kana lara "
          "alela anton")
no_file = pytest.mark.skipif(not MAKEMORE.path.exists(), reason="makemore's names.txt is not beside the checkout")


def met(published: SimpleNamespace, losses: list[float], names: list[str]) -> None:
    """All of the values, by the losses of the run and the names after its last step."""
    assert {step: round(losses[step - 1], 4) for step in published.losses} == published.losses
    assert (len(losses), names) == (1000, published.names.split())
    means = {first: math.fsum(losses[first - 1:first + 99]) / 100 for first in published.means}
    assert means == pytest.approx(published.means, abs=5e-4)
    assert losses[-1].hex() == published.last.hex()
    assert hashlib.sha256(array("d", losses).tobytes()).hexdigest() == published.digest


@pytest.mark.parametrize("published", [PROJECT, pytest.param(MAKEMORE, marks=[no_file, pytest.mark.soak])],
                         ids=["project", "makemore"])
def test_the_program_meets_every_value(published, monkeypatch, capsys):
    losses, train = [], microgpt.Run.train
    monkeypatch.setattr(microgpt.Run, "train", lambda run: losses.append(train(run)) or losses[-1])
    monkeypatch.setattr(sys, "argv", ["microgpt", str(published.path)])
    microgpt.main()
    counts, printed, names = read_output(capsys.readouterr().out)
    assert counts == [str(published.documents), "27", "4192"]
    assert printed == [f"{loss:.4f}" for loss in losses]
    met(published, losses, names)


@pytest.mark.parametrize("published", [PROJECT, pytest.param(MAKEMORE, marks=no_file)], ids=["project", "makemore"])
def test_the_compiled_run_meets_every_value_to_the_last_bit(published):
    session = Session(published.path.read_text("utf-8").splitlines(), DEFAULTS)
    session.use("compiled")
    frame = session.train(math.inf, 0.5, "")
    names = [name for _, name, _ in session.last_names(20, True)]
    met(published, frame["points"][1], names)
    if published is PROJECT:  # which is the run that the page shows before the visitor's own has begun
        assert RECORDED["points"] == [[round(x, 4) for x in column] for column in frame["points"]]
        assert RECORDED["names"] == session.last_names(20, True) + frame["names"][::-1]
