"""The data sets: clean text, sources named, and each one trains."""

import math
import re
from pathlib import Path

import microgpt
import pytest
from common.recipe import DATASETS, DEFAULTS, DOCUMENTS, JAMO, LETTERS
from worker.dataset import facts, read
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "static/datasets/README.md").read_text("utf-8")


def test_the_files_are_those_of_the_table_and_the_page_offers_each():
    files = {path.name for path in (ROOT / "static/datasets").glob("*.txt")}
    assert files == {path.rpartition("/")[2] for path in DATASETS.values()}
    offered = re.findall(r'<option value="([^"]+)"[^>]* data-t="data\.', (ROOT / "index.html").read_text("utf-8"))
    assert offered == [*DATASETS, "own"]


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_is_clean_and_small_and_its_source_is_named(name):
    content = (ROOT / DATASETS[name]).read_bytes()
    own = read(content)
    assert len(content) < 250_000
    assert own.notes == [] and content.decode() in ("\n".join(own.docs), "\n".join(own.docs) + "\n")
    assert name == "us-names-2018" or own.docs == sorted(set(own.docs))
    line = next(line for line in README.splitlines() if f"`{name}.txt`" in line)
    assert f"{len(own.docs):,}" in line and len(own.docs) == DOCUMENTS[name]
    forms = facts(own)["forms"]
    assert forms["syllables"]["letters"] == LETTERS[name]
    assert {**forms}.get("jamo", {"letters": None})["letters"] == JAMO.get(name)


@pytest.mark.parametrize("letters", ["", "jamo"])
@pytest.mark.parametrize("name", DATASETS)
def test_it_trains_and_begins_near_the_uniform_guess(name, letters):
    recipe = DEFAULTS | {"data": name, "letters": letters, "num_steps": 2, "n_embd": 4, "n_head": 2}
    session = Session((ROOT / DATASETS[name]).read_text("utf-8").splitlines(), recipe)
    frame = session.train(math.inf, 0.5, "")
    assert frame["done"] and frame["held_out"][-1][0] == 2
    assert frame["points"][1][0] == pytest.approx(math.log(len(session.alphabet)), rel=0.15)
    for _, text, _ in frame["names"]:
        assert not any("\u1100" <= letter <= "\u11ff" for letter in text)


def test_by_jamo_the_core_reads_jamo_and_names_come_composed():
    session = Session(["서연", "민준", "하늘 a"], DEFAULTS | {"letters": "jamo", "n_embd": 4, "num_steps": 1})
    assert all("가" > letter for letter in session.run.chars) and len(session.run.chars) > 10
    run = microgpt.Run(["서연", "민준", "하늘 a"], n_embd=4, num_steps=1)
    assert len(run.chars) == 8
    view = session.view()
    assert "-ㄴ" in session.alphabet and set(view["letters"]) <= set(session.alphabet)
