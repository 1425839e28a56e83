"""A recipe and its link: the same thing in two forms, whatever strangers put into the second."""

import io
import json
import random
import re
import shlex
import string
import sys
from pathlib import Path

import microgpt
import micropython
import pytest
from common.recipe import (
    CHOICES,
    DATASETS,
    DEFAULTS,
    FIELDS,
    LIVE,
    LONGEST,
    MAX_PARTS,
    OPTIONS,
    clamp,
    command,
    count_parameters,
    fitting_heads,
    is_programs,
    link,
    parse,
    read,
)
from hypothesis import example, given
from hypothesis import strategies as st
from texts import EN, KO
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
LIMITS = {name: (low, high) for name, _, low, high in FIELDS}
NUMBERS = [name for name, default, _, _ in FIELDS if type(default) is not str]
anything = st.text(st.characters(exclude_categories=()))  # halves of surrogate pairs too


def values(name: str) -> st.SearchStrategy:
    low, high = LIMITS[name]
    kinds = {int: st.integers, float: st.floats}
    if name == "more":
        counts = st.lists(st.integers(*LIMITS["num_steps"]), max_size=MAX_PARTS - 1)
        return counts.map(lambda counts: "-".join(map(str, counts)))
    if name == "sha256":
        return st.text("0123456789abcdef", max_size=high)
    if name in CHOICES:
        return st.sampled_from(list(CHOICES[name]))
    return kinds[type(DEFAULTS[name])](low, high) if name in NUMBERS else st.text(max_size=min(high, 15))


recipes = st.fixed_dictionaries({name: values(name) for name in DEFAULTS}).map(
    lambda recipe: recipe | {"n_head": fitting_heads(recipe["n_embd"], recipe["n_head"])})


def is_allowed(recipe: dict) -> bool:
    """Whether the core can run it: every field is there, of its type, within limits, and the heads divide the width."""
    return (recipe.keys() == DEFAULTS.keys() and all(recipe[name] in CHOICES[name] for name in CHOICES)
            and len(recipe["prefix"]) <= 15
            and all(type(recipe[name]) is type(DEFAULTS[name]) for name in DEFAULTS)
            and all(LIMITS[name][0] <= recipe[name] <= LIMITS[name][1] for name in NUMBERS)
            and recipe["n_embd"] % recipe["n_head"] == 0)


# ---- The table


def test_the_defaults_are_the_cores():
    assert {name: DEFAULTS.get(name) for name in microgpt.DEFAULTS} == microgpt.DEFAULTS | {"num_samples": None}


@pytest.mark.parametrize("name", sorted(microgpt.DEFAULTS.keys() & set(NUMBERS)))
def test_the_core_takes_every_limit(name):
    small = {"num_steps": 1, "n_layer": 1, "n_embd": 8, "n_head": 1, "block_size": 2}
    for value in LIMITS[name]:
        run = microgpt.Run(["ab"], **small | {name: value})
        assert getattr(run.settings, name) == value


def test_the_form_shows_the_defaults():
    page = (ROOT / "index.html").read_text("utf-8")
    shown = dict(re.findall(r'<input id="setting-(\w+)"[^>]* value="([^"]*)"', page))
    shown |= dict(re.findall(r'<select id="setting-(\w+)"[^>]*><option value="([^"]*)"', page))
    assert shown == {name: str(default) for name, default in DEFAULTS.items() if name not in LIVE}
    slider = re.search(r'id="temperature"[^>]* min="(.*?)" max="(.*?)" step=".*?" value="(.*?)"', page)
    assert tuple(map(float, slider.groups())) == (*LIMITS["temperature"], DEFAULTS["temperature"])


@pytest.mark.parametrize("data", DATASETS)
def test_a_data_set_is_there_and_has_as_many_documents_as_the_page_says(data):
    docs = (ROOT / DATASETS[data]).read_text("utf-8").splitlines()
    assert f"{len(docs):,}" in EN[f"data.{data}"] and f"{len(docs):,}" in KO[f"data.{data}"]


SHAPES = [{}, {"n_layer": 4}, {"n_embd": 6, "n_head": 3}, {"n_embd": 1, "n_head": 1, "block_size": 1},
          {"block_size": 64}]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("docs", [["a"], ["emma", "olivia"]], ids=["1 letter", "7 letters"])
def test_parameters_are_as_many_as_the_core_makes(shape, docs):
    run = microgpt.Run(docs, **shape)
    assert count_parameters(DEFAULTS | shape, run.bos + 1) == len(run.gpt.parameters)


def test_the_published_number_of_parameters():
    assert count_parameters(DEFAULTS, 27) == 4192


@pytest.mark.parametrize(("n_embd", "n_head", "fitting"), [(16, 4, 4), (16, 5, 4), (16, 8, 8), (7, 8, 7), (7, 6, 1),
                                                          (6, 4, 3), (1, 8, 1), (64, 7, 4)])
def test_heads_that_do_not_divide_the_width_become_fewer(n_embd, n_head, fitting):
    assert fitting_heads(n_embd, n_head) == fitting


# ---- There and back


@given(recipes)
def test_a_link_is_read_back_as_the_recipe_it_was_made_of(recipe):
    assert parse(link(recipe)) == parse("#" + link(recipe)) == (recipe, [])


@given(recipes)
def test_a_link_holds_only_what_no_program_on_its_way_will_change(recipe):
    assert re.fullmatch(r"[\w.~%=&-]*", link(recipe), re.ASCII)
    assert len(link(dict(recipe, model="", documents=""))) < 700


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, ""),
    ({"seed": 7}, "seed=7"),
    ({"prefix": "é &#%"}, "prefix=%C3%A9%20%26%23%25"),
    ({"temperature": 1.0, "seed": 1, "learning_rate": 0.0001}, "seed=1&learning_rate=0.0001&temperature=1.0"),
])
def test_a_link_says_what_differs_from_the_defaults_in_the_tables_order(changes, expected):
    assert link(DEFAULTS | changes) == expected


@given(st.floats(*LIMITS["learning_rate"]))
@example(0.000123456789012345)
def test_a_number_that_can_be_typed_can_be_sent(learning_rate):
    typed = f"{learning_rate:.16g}"[:20]
    recipe = DEFAULTS | {"learning_rate": clamp("learning_rate", read("learning_rate", typed))}
    assert parse(link(recipe)) == (recipe, [])


# ---- Links from strangers: (fragment, what of the defaults it changes, notes)

FRAGMENTS = [
    ("", {}, []),
    ("#", {}, []),
    ("&&&", {}, []),
    ("seed=7", {"seed": 7}, []),
    ("#seed=7&n_layer=2", {"seed": 7, "n_layer": 2}, []),
    ("seed=7&seed=8", {"seed": 8}, []),
    ("seed=007", {"seed": 7}, []),
    ("seed=%37", {"seed": 7}, []),
    ("learning_rate=1e-3", {"learning_rate": 0.001}, []),
    ("temperature=1", {"temperature": 1.0}, []),
    # a decimal comma is read, and said; what may part thousands is not
    ("learning_rate=0,02", {"learning_rate": 0.02}, [("learning_rate=0,02", 0.02)]),
    ("learning_rate=0,001", {"learning_rate": 0.001}, [("learning_rate=0,001", 0.001)]),
    ("temperature=%2C7&learning_rate=2%2C5e-3", {"temperature": 0.7, "learning_rate": 0.0025},
     [("temperature=%2C7", 0.7), ("learning_rate=2%2C5e-3", 0.0025)]),
    ("learning_rate=20,5", {"learning_rate": 10.0}, [("learning_rate=20,5", 10.0)]),
    *[(piece, {}, [(piece, None)]) for piece in (
        "learning_rate=1,000", "learning_rate=0,0,2", "learning_rate=1.000,5", "n_layer=2,0", "num_steps=1,000",
        "learning_rate=,", "temperature=0,5 ")],
    ("prefix=a=b", {"prefix": "a=b"}, []),
    ("prefix=a+b", {"prefix": "a+b"}, []),
    ("prefix=", {}, []),
    # out of range
    ("seed=-1", {"seed": 0}, [("seed=-1", 0)]),
    ("seed=1000000000", {"seed": 999999999}, [("seed=1000000000", 999999999)]),
    ("num_steps=0", {"num_steps": 1}, [("num_steps=0", 1)]),
    ("n_layer=99&n_embd=65&block_size=0", {"n_layer": 4, "n_embd": 64, "block_size": 1},
     [("n_layer=99", 4), ("n_embd=65", 64), ("block_size=0", 1)]),
    ("learning_rate=1e999", {"learning_rate": 10.0}, [("learning_rate=1e999", 10.0)]),
    ("learning_rate=-0.0", {"learning_rate": 0.0001}, [("learning_rate=-0.0", 0.0001)]),
    ("temperature=0", {"temperature": 0.1}, [("temperature=0", 0.1)]),
    ("prefix=" + "a" * 16, {"prefix": "a" * 15}, [("prefix=" + "a" * 16, "a" * 15)]),
    ("prefix=" + "a" * 5000, {"prefix": "a" * 15}, [("prefix=" + "a" * 33, "a" * 15)]),
    # heads
    ("n_embd=6", {"n_embd": 6, "n_head": 3}, [("n_head=4", 3)]),
    ("n_head=5", {"n_head": 4}, [("n_head=5", 4)]),
    ("n_head=3&n_embd=9", {"n_head": 3, "n_embd": 9}, []),
    # nonsense
    *[(piece, {}, [(piece, None)]) for piece in (
        "seed", "seed=", "=5", "seeds=5", "Seed=5", " seed=5", "__class__=1", "num_samples=3", "seed= 7", "seed=7 ",
        "seed=1.5", "seed=1e3", "seed=0x10", "seed=1_0", "seed=٣", "seed=--1", "seed=+", "seed=" + "9" * 31,
        "seed=nan", "learning_rate=nan", "learning_rate=inf", "learning_rate=1e", "learning_rate=.", "temperature=hot",
        "data=nowhere", "data=", "data=../../LICENSE", "data=%2Fetc%2Fpasswd", "seed=<b>7</b>",
        "<script>alert(1)</script>", "prefix=%FF", "prefix=%C3%28", "prefix=a%C3", "seed=%", "seed=%3")],
    # markup and lone % signs are but letters
    ("prefix=<b>&seed=1", {"prefix": "<b>", "seed": 1}, []),
    ("prefix=%3Cimg%20src%3Dx%3E", {"prefix": "<img src=x>"}, []),
    ("prefix=%", {"prefix": "%"}, []),
    ("prefix=%4", {"prefix": "%4"}, []),
    ("prefix=%%41", {"prefix": "%A"}, []),
    ("prefix=%zz%2", {"prefix": "%zz%2"}, []),
    ("prefix=%u0041", {"prefix": "%u0041"}, []),
    ("prefix=%00", {"prefix": "\0"}, []),
    ("prefix=서연", {"prefix": "서연"}, []),
    ("prefix=%F0%9F%90%8D", {"prefix": "🐍"}, []),
]


@pytest.mark.parametrize(("fragment", "changes", "notes"), FRAGMENTS, ids=lambda value: str(value)[:40])
def test_what_is_made_of_a_fragment(fragment, changes, notes):
    assert parse(fragment) == (DEFAULTS | changes, notes)


@given(st.one_of(anything, st.lists(st.tuples(st.sampled_from([*DEFAULTS, "", "x"]), anything)).map(
    lambda pairs: "&".join(f"{name}={text}" for name, text in pairs))))
@example("prefix=\ud800")
def test_any_text_whatsoever_gives_a_recipe_that_can_be(fragment):
    recipe, notes = parse(fragment)
    assert is_allowed(recipe)
    assert all(len(text) <= 40 for text, _ in notes)


@pytest.mark.parametrize("piece", ["a", "&", "%", "=", "seed=1&", "x&", "prefix=%F0&", "9"])
def test_of_a_huge_fragment_no_more_is_read_than_a_link_may_hold(piece):
    fragment = "seed=" + piece * 1_000_000
    found = parse(fragment)
    assert is_allowed(found[0])
    assert found == parse(fragment[:LONGEST])


# ---- The page reads links in MicroPython


def test_micropython_makes_the_same_of_every_fragment(site, tmp_path):
    rng = random.Random(1)
    fragments = [fragment for fragment, _, _ in FRAGMENTS]
    fragments += [f"learning_rate={10 ** rng.uniform(-4, 1):.{rng.randint(1, 15)}g}" for _ in range(300)]
    fragments += ["".join(rng.choices(string.printable, k=20)) for _ in range(100)]
    program = tmp_path / "program.py"
    program.write_text(f"""
import json
for fragment in {fragments!r}:
    recipe, notes = parse(fragment)
    print(json.dumps([recipe, notes, link(recipe)]))
""", "utf-8")
    theirs = [json.loads(line) for line in micropython.printed(site, ROOT / "py/common/recipe.py", program)]
    assert len(theirs) == len(fragments)
    different = []
    for fragment, (recipe, notes, its_link) in zip(fragments, theirs, strict=True):
        ours = parse(fragment)
        if (recipe, [*map(tuple, notes)]) != ours or parse(its_link) != (recipe, []):
            different.append((fragment, recipe, notes, its_link))
    assert different == []


# ---- The program


def test_the_command_names_what_differs_and_the_program_takes_it(monkeypatch):
    recipe = DEFAULTS | {"num_steps": 200, "n_embd": 8, "n_head": 2, "learning_rate": 0.02, "temperature": 1.0,
                         "held_out": 30, "engine": "compiled"}
    line = command(recipe, DATASETS["dinosaurs"])
    assert line == ("python py/microgpt.py static/datasets/dinosaurs.txt --num_steps 200 --n_embd 8 --n_head 2 "
                    "--learning_rate 0.02 --temperature 1.0")
    assert command(DEFAULTS, "names.txt") == "python py/microgpt.py names.txt"
    assert set(OPTIONS) == microgpt.DEFAULTS.keys() - {"num_samples"}


@given(recipes)
def test_the_program_reads_a_commands_options_as_the_recipe_has_them(recipe):
    python, program, *arguments = shlex.split(command(recipe, "names.txt"))
    seen = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [program, *arguments])
        patch.setattr("builtins.open", lambda *_, **__: io.StringIO("ab"))
        patch.setattr(microgpt, "Run", lambda lines, **settings: seen.update(settings) or exit())
        with pytest.raises(SystemExit):
            microgpt.main()
    assert python == "python" and {name: seen[name] for name in OPTIONS} == {name: recipe[name] for name in OPTIONS}


@pytest.mark.parametrize(("changes", "documents", "same"), [
    ({}, 32257, True), ({"held_out": 0}, 20, True), ({"held_out": 0, "num_steps": 100000}, 540, True),
    ({"num_steps": 486, "data": "korean-names"}, 540, True), ({"num_steps": 487, "data": "korean-names"}, 540, False),
    ({"num_steps": 10000}, 9, True), ({"num_steps": 10}, 10, False), ({"num_steps": 9}, 10, True),
    ({"letters": "jamo", "data": "korean-names", "held_out": 0}, 540, False),
    ({"letters": "jamo", "held_out": 0}, 32257, True),  # there is no Hangul in it
    ({"letters": "jamo", "data": "own", "held_out": 0}, 100, False), ({"model": "x", "held_out": 0}, 100, False),
])
def test_the_run_is_the_programs_where_nothing_held_out_is_come_to(changes, documents, same):
    assert is_programs(DEFAULTS | changes, documents) is same


@pytest.mark.parametrize(("count", "changes"), [
    (60, {}), (60, {"num_steps": 55}), (60, {"held_out": 0, "num_steps": 70}), (12, {"held_out": 50, "num_steps": 7})])
def test_and_only_there_its_losses_and_names_are(count, changes):
    recipe = DEFAULTS | {"n_embd": 4, "n_head": 2, "block_size": 4, "num_steps": 40} | changes
    docs = (ROOT / DATASETS["us-names-2018"]).read_text("utf-8").split()[:count]
    run = microgpt.Run(docs, **{name: recipe[name] for name in OPTIONS})
    session = Session(docs, recipe)
    losses = session.train(float("inf"), 0.5, "")["points"][1]
    names = [name for _, name, _ in session.last_names(5, True)]
    same = losses == [run.train() for _ in losses] and names == [run.sample(run.rng, 0.5) for _ in names]
    assert same is is_programs(recipe, count)
