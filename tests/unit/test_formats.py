"""What is saved of a run, and opened again: whatever state it is in, and whatever file it is."""
import math
import random
from array import array
from collections import defaultdict

import microgpt
import pytest
from common import hangul
from common.errors import UserError
from common.recipe import DEFAULTS, count_parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from saved import SOME, TINY, trained
from worker import core_edit, formats
from worker.formats import checkpoint as models
from worker.formats import model_link, safetensors_file
from worker.session import Session

TEXTS = defaultdict(str)  # of the pictures, which are not compared
sizes = st.fixed_dictionaries({"n_layer": st.integers(1, 2), "n_head": st.sampled_from([1, 2]), "n_embd":
                               st.sampled_from([2, 4]), "block_size": st.integers(1, 4),
                               "seed": st.integers(0, 999999999), "held_out": st.integers(0, 50),
                               "letters": st.sampled_from(("", "jamo")),
                               "sha256": st.text("0123456789abcdef", max_size=12), "num_steps": st.integers(1, 100000),
                               "more": st.just(""),
                               "learning_rate": st.floats(0.0001, 10), "data": st.text(
                                   st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)})
letters = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\u1100\u1161\u11a8가각ㄱ")
alphabets = st.sets(letters, min_size=1, max_size=12).map(sorted).filter(lambda letters: "".join(letters).strip())


@settings(max_examples=50, deadline=None)
@given(sizes, alphabets, st.data())
def test_models_come_back_from_links_and_files(recipe, alphabet, data):
    if recipe["letters"] == "jamo":  # by which no alphabet has a syllable
        alphabet = sorted(set(hangul.decompose("".join(alphabet))))
    count = count_parameters(recipe, len(alphabet) + 1)
    scale = data.draw(st.sampled_from([0.0, 1e-9, 0.1, 1.0, 40.0]))
    rng = random.Random(data.draw(st.integers(0, 99)))
    weights = array("d", [rng.gauss(0, scale) for _ in range(count)])
    model = models.Model(recipe, data.draw(st.integers(0, recipe["num_steps"])), alphabet, weights)
    text = model_link.encode(model)
    opened = model_link.decode(text)
    assert (opened.recipe, opened.step, opened.alphabet) == (recipe, model.step, alphabet)
    assert len(text) <= model_link.DEFAULT_CHARACTERS and len(opened.weights) == count
    assert max(abs(a - b) for a, b in zip(opened.weights, weights, strict=True)) <= max(0.1, scale / 10)
    assert safetensors_file.read(safetensors_file.write(model)) == model
    models.session_of(opened).view()


def test_by_jamo_no_alphabet_has_a_syllable():
    model = models.Model({name: (DEFAULTS | TINY)[name] for name in models.RUN_FIELDS} | {"letters": "jamo"}, 0,
                         ["ㄱ", "가"], array("d", bytes(8 * count_parameters(TINY, 3))))
    with pytest.raises(UserError, match="keep.file.damaged"):
        safetensors_file.read(safetensors_file.write(model))


# ---- What is saved can be opened

@pytest.fixture(scope="module")
def runs() -> dict:
    """Sessions in several states, by the letters and the data they have."""
    korean = ["김서연", "이지우", "박민준", "ㅋㅋ", "a b"] * 5
    made = {"": Session(SOME, TINY), "jamo": Session(korean, TINY | {"letters": "jamo"}),
            "syllables": Session(korean, TINY | {"learning_rate": 1})}
    return made | {"no data": models.session_of(models.take(made["jamo"]))}


anything = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
                        lambda inner: st.lists(inner, max_size=4), max_leaves=8)
invented = st.tuples(st.integers(-1, 50), st.text("abemno가각ㄱ힣\u1100\u1161\u11a8 é\ud800", max_size=8),
                     st.booleans()).map(list)
numbers = st.floats() | st.integers(-1, 60) | st.none()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["", "jamo", "syllables", "no data"]), st.sampled_from(["run", "run", "weights", "json"]),
       st.lists(invented | anything, max_size=6), st.lists(st.tuples(numbers, numbers, numbers), max_size=6),
       anything | st.lists(st.lists(numbers, max_size=3)))
def test_whatever_is_saved_of_a_run_opens_with_the_same_bits(runs, which, kind, names, points, held):
    session = runs[which]
    if session.has_data:
        session.train(0, 0.5, "")
        session.names(1, 0.5, "", session.rng)
    lines = {"": SOME}.get(which, ["김서연", "이지우", "박민준", "ㅋㅋ", "a b"] * 5)
    curve = [*([list(column) for column in zip(*points)] or [[], [], []]), held]
    file = formats.save(kind, session, curve, names, "", TEXTS, "")
    opened, facts = formats.open_model(file, lambda _: lines if session.has_data else None, TEXTS)
    assert opened.weights() == session.weights() and opened.has_data == session.has_data
    assert facts["finished"] == session.run.step and facts["whole"] == (kind == "run")
    assert {**opened.recipe, "num_steps": 0}.items() <= (DEFAULTS | session.recipe | {"num_steps": 0}).items()
    if kind == "run":
        assert opened.state() == session.state() and opened.run.rng.getstate() == session.run.rng.getstate()


def test_names_left_from_a_run_in_other_letters_do_not_spoil_a_file(tiny):
    session, curve = tiny
    names = [[23, "emma", False], [3, "さくら", True], [2, "emma" * 9, True]]
    model = safetensors_file.read(safetensors_file.save(session, True, [*curve, [[4, 2.5], [99, 1.0]]], names))
    assert (model.names, model.held_out) == ([[23, "emma", False]], [[4, 2.5]])


def test_what_no_file_can_hold_is_said(tiny):
    session, _ = trained(steps=1)
    for part, name, value, key in (("gpt", "n", math.nan, "keep.wild.file"), ("settings", "n_head", 16, "keep.limits"),
                                   ("settings", "n_embd", 5, "keep.edited")):
        other, _ = trained(steps=1)
        setattr(*((other.run.gpt.parameters[3], "data") if part == "gpt" else (other.run.settings, name)), value)
        with pytest.raises(UserError) as refused:
            safetensors_file.save(other)
        assert refused.value.key == key
    session.run.square[3] = math.inf  # of a gradient whose square is too large: the weight rests from then on
    opened, _ = formats.open_model(safetensors_file.save(session), lambda _: SOME, TEXTS)
    assert opened.state() == session.state()


def test_many_long_names_do_not_make_a_header_too_large(tiny):
    letters = [chr(0x1F600 + i) for i in range(40)]
    session = Session(["".join(letters)] * 3, TINY | {"block_size": 64})
    names = [[0, "".join(letters), True]] * 1000
    file = safetensors_file.save(session, True, [[], [], []], names)
    model = safetensors_file.read(file)
    assert 400 < len(model.names) < 1000


# ---- Held-out losses

def test_held_out_losses_are_in_the_file_and_in_the_csv(tiny):
    session, curve = tiny
    curve = [*curve, [[4, 2.5], [8, 1 / 3]]]
    _, facts = formats.open_model(formats.save("run", session, curve, [], "", TEXTS, ""), lambda _: SOME, TEXTS)
    assert facts["held_out"] == [[4, 2.5], [8, 1 / 3]]
    lines = formats.save("curve", session, curve, [], "", TEXTS, "").decode().split("\r\n")
    assert lines[0].endswith(",held_out") and lines[4].endswith(",2.5") and lines[8].endswith(f",{1 / 3!r}")


# ---- Without the data

@pytest.mark.parametrize("kind", ["run", "weights", "link"])
def test_a_model_without_its_data_asks_for_them_and_goes_on_with_them(kind):
    recipe = TINY | {"data": "own", "letters": "jamo"}
    lines = ["김서연", "이지우", "박민준", "한하윤"] * 6
    recipe["sha256"] = Session(lines, recipe).lines_sha256[:12]
    session, curve = trained(recipe, lines, 7)
    source = formats.encode_model(session) if kind == "link" else formats.save(kind, session, curve, [], "", TEXTS, "")
    opened, facts = formats.open_model(source, lambda _: None, TEXTS)
    assert not facts["has_data"] and facts["html"] and opened.view()["letters"]
    with pytest.raises(UserError, match="keep.without-data"):
        opened.train(0, 0.5, "")
    for other in (lines[::-1], lines[:-1], ["최서연", *lines], ["김서연"], ["abc"]):
        with pytest.raises(UserError, match="keep.data"):
            formats.attach(opened, other)
    again, _ = formats.open_model(formats.save("run", opened, curve, [], "", TEXTS, ""), lambda _: None, TEXTS)
    for one in (opened, again):
        one.use("compiled")
        attached = formats.attach(one, [line + "\r\n" for line in lines])
        assert attached.has_data and attached.engine and attached.run.docs[0] in map(hangul.decompose, lines)
        expected, facts = formats.open_model(source, lambda _: lines, TEXTS)
        assert attached.train(math.inf, 0.5, "") == expected.train(math.inf, 0.5, "") and facts["has_data"]
        assert attached.state() == expected.state() and attached.last_names(3, True) == expected.last_names(3, True)


def test_data_under_the_right_name_that_are_others_are_not_trained_on(file, link):
    for source, lines in ((file, SOME[::-1]), (file, ["zoë", *SOME]), (link, ["zoë", *SOME])):
        opened, facts = formats.open_model(source, lambda _, lines=lines: lines, TEXTS)
        assert not facts["has_data"] and not opened.has_data and facts["step"] == 23


# ---- An edited core

CORE = open(microgpt.__file__, encoding="utf-8").read()
EDITED = CORE.replace("h.relu() for h in", "h.relu() ** 2 for h in")


def test_a_file_carries_the_edited_core_and_nothing_of_it_runs_unasked(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "microgpt", microgpt)
    core = core_edit.load(EDITED)
    session = Session(SOME, TINY, core)
    session.train(0, 0.5, "")
    file = formats.save("run", session, [[], [], []], [], "", TEXTS, "ab", EDITED)
    assert formats.examine(file) == {"kind": "model", "core": EDITED} and formats.core_of(file) == EDITED
    assert formats.recipe_of(file)["n_embd"] == 4 and b"microgpt-in-your-tab 2" in file  # which older pages refuse
    for running in ("", EDITED + "#"):
        with pytest.raises(UserError, match="keep.core"):
            formats.open_model(file, lambda _: SOME, TEXTS, microgpt, running)
    opened, _ = formats.open_model(file, lambda _: SOME, TEXTS, core, EDITED)
    assert opened.train(math.inf, 0.5, "")["points"] == session.train(math.inf, 0.5, "")["points"]
    assert b"microgpt-in-your-tab 1" in formats.save("run", session, [[], [], []], [], "", TEXTS, "ab")
    for text in ("#" * 300_000, "\n" * 3000):
        with pytest.raises(UserError, match="keep.core.large"):
            formats.save("run", session, [[], [], []], [], "", TEXTS, "ab", text)
        hostile = safetensors_file.write(models.take(session, core=text))
        with pytest.raises(UserError, match="keep.file.damaged"):
            formats.examine(hostile)


def test_code_does_not_read_as_other_code_than_it_is():
    old, new = "if a:  # no", "if a:\u202e  # on\u200b"
    assert "if a:U+202E  # onU+200B" in core_edit.difference(old, new)


# ---- What is what

@pytest.mark.parametrize(("name", "content", "kind"), [
    ("names.txt", b"emma\nolivia\n", "text"), ("microgpt-1000.txt", b"emma\nolivia\n", "names"),
    ("microgpt-20 (2).TXT", b"emma\n", "names"), ("x.safetensors", "김서연\n".encode("cp949"), "text"),
    ("x", "emma\n".encode("utf-16"), "text"), ("x.json", b'{"a": 1}', "text"), ("x", b"", "text"),
    ("microgpt-2.csv", b"step,loss,mean\r\n1,3.3,3.3\r\n", "keep.file.curve"),
    ("x", b"step,loss,mean,held_out\r\n", "keep.file.curve"), ("x.txt", b"\x89PNG\r\n", "keep.file.kind"),
    ("x.txt", bytes(100), "keep.file.strange"), ("x.svg", b"<svg></svg>", "text")])
def test_a_file_is_what_its_content_says(name, content, kind):
    try:
        found = formats.examine(content, name)["kind"]
    except UserError as refused:
        found = refused.key
    assert found == kind


@pytest.mark.parametrize(("kind", "found"), [
    ("run", "model"), ("weights", "model"), ("json", "model"), ("curve", "keep.file.curve"), ("names", "text"),
    ("attention", "keep.file.picture"), ("probabilities", "keep.file.picture")])
def test_everything_that_the_page_saves_it_knows_again(tiny, kind, found):
    session, curve = tiny
    texts = {"head": "head {n}", "layer": "layer {n}"}
    file = formats.save(kind, session, [*curve, []], [[1, "emma", True]], "", texts, "")
    try:
        assert formats.examine(file, "x.bin")["kind"] == found
    except UserError as refused:
        assert refused.key == found
