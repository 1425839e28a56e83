"""What is kept of a run, and opened again: links and files, in the hands of their owners and of strangers."""

import copy
import csv
import io
import json
import math
import random
import struct
import tracemalloc
import xml.etree.ElementTree
import zlib
from array import array

import numpy as np
import pytest
import reference
from common.errors import UserError
from common.recipe import DATASETS, DEFAULTS, count_parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load as load_safetensors
from texts import EN
from worker.formats import (
    base64url,
    data_link,
    exports,
    model_link,
    published,
    range_coder,
    safetensors_file,
    svg,
)
from worker.formats import checkpoint as models
from worker.formats.range_coder import LARGEST
from worker.session import Session

from tools.recorded import ROOT

NAMES = (ROOT / DATASETS["us-names-2018"]).read_text("utf-8").split()
SOME = NAMES[:60]
TINY = DEFAULTS | {"num_steps": 40, "n_embd": 4, "n_head": 2, "block_size": 5, "seed": 3, "learning_rate": 0.02}
PUBLISHED = ROOT.parent / "shared/data/makemore-names.txt"


def trained(recipe=TINY, lines=SOME, steps=None) -> tuple[Session, list]:
    """A session after so many steps or all, and its curve."""
    session, curve = Session(lines, recipe), [[], [], []]
    while session.run.step < (steps if steps is not None else recipe["num_steps"]):
        frame = session.train(0, 0.5, "")
        curve = [old + new for old, new in zip(curve, frame["points"], strict=True)]
    return session, curve


@pytest.fixture(scope="module")
def tiny():
    return trained(steps=23)


@pytest.fixture(scope="module")
def link(tiny):
    return model_link.encode(models.take(tiny[0], "us-names-2018"), tiny[0].run.square)


@pytest.fixture(scope="module")
def file(tiny):
    session, curve = tiny
    return safetensors_file.save(session, "us-names-2018", True, curve, [[23, "emma", False]], "ab12")


# ---- The coder


@given(st.lists(st.tuples(st.integers(-LARGEST, LARGEST) | st.integers(-3, 3), st.integers(0, 3))))
def test_numbers_come_back_from_the_coder(numbers):
    encoder = range_coder.Encoder()
    for number, context in numbers:
        encoder.number(number, context)
    decoder = range_coder.Decoder(encoder.done())
    assert [decoder.number(context) for _, context in numbers] == [number for number, _ in numbers]
    assert decoder.done()


def test_the_coder_comes_close_to_the_entropy():
    rng = random.Random(5)
    numbers = [round(rng.gauss(0, 2)) for _ in range(5000)]
    encoder = range_coder.Encoder()
    for number in numbers:
        encoder.number(number, 0)
    counts = [numbers.count(number) for number in set(numbers)]
    entropy = -sum(count * math.log2(count / len(numbers)) for count in counts) / 8
    assert len(encoder.done()) < 1.02 * entropy


# ---- A model in a link


def test_a_model_link_brings_back_settings_alphabet_and_step(tiny, link):
    model = model_link.decode(link)
    assert model.recipe == {name: (DEFAULTS | TINY)[name] for name in models.RUN_FIELDS}
    assert model.step == 23 and model.alphabet == tiny[0].run.chars
    assert max(abs(a - b) for a, b in zip(model.weights, models.take(tiny[0], "").weights, strict=True)) < 0.05


sizes = st.fixed_dictionaries({"n_layer": st.integers(1, 2), "n_head": st.sampled_from([1, 2]), "n_embd":
                               st.sampled_from([2, 4]), "block_size": st.integers(1, 4),
                               "seed": st.integers(0, 999999999), "held_out": st.integers(0, 50),
                               "letters": st.sampled_from(("", "jamo")),
                               "sha256": st.text("0123456789abcdef", max_size=12), "num_steps": st.integers(1, 100000),
                               "learning_rate": st.floats(0.0001, 10), "data": st.text(
                                   st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)})
alphabets = st.sets(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(sorted).filter(
    lambda letters: "".join(letters).strip())


@settings(max_examples=50, deadline=None)
@given(sizes, alphabets, st.data())
def test_models_come_back_from_links_and_files(recipe, alphabet, data):
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
    models.session(opened).view()


def test_the_whole_fragment_is_below_two_thousand_characters_and_loses_little():
    session = Session(NAMES, DEFAULTS)
    session.use("compiled")
    session.train(math.inf, 0.5, "")
    text = model_link.encode(models.take(session, "us-names-2018"), session.run.square)
    assert len("#model=" + text + "&lang=ko") <= 2000
    opened = models.session(model_link.decode(text), NAMES)
    assert opened.run.docs == session.run.docs
    docs, losses = session.run.docs[-400:], []
    for one in (session, opened):
        losses.append(np.mean([reference.loss(matrices(one), tokens(one, doc), 1, 4) for doc in docs]))
    assert losses[1] < 1.01 * losses[0]


def matrices(session) -> dict[str, np.ndarray]:
    run = session.synced()
    return {name: np.array([[p.data for p in row] for row in rows]) for name, rows in run.gpt.weights.items()}


def tokens(session, doc: str) -> list[int]:
    run = session.run
    return [run.bos, *map(run.chars.index, doc), run.bos][:run.settings.block_size + 1]


def test_a_linked_model_without_its_data_invents_names_and_shows_itself(link):
    session = models.session(model_link.decode(link))
    assert session.view()["letters"] and all(is_new for _, _, is_new in session.names(3, 0.5, "", session.rng))


def test_a_finished_model_from_a_link_is_trained_on_for_as_many_steps_again():
    session, _ = trained()
    model = model_link.decode(model_link.encode(models.take(session, "us-names-2018"), session.run.square))
    opened = models.session(model, SOME)
    assert (opened.run.step, opened.run.settings.num_steps) == (40, 80)
    assert opened.train(math.inf, 0.5, "")["step"] == 80


def test_a_model_with_other_data_is_refused(tiny, link, file):
    for model in (model_link.decode(link), safetensors_file.read(file)):
        with pytest.raises(UserError) as refused:
            models.session(model, ["zoë", *SOME])
        assert refused.value.key == "keep.data"
    with pytest.raises(UserError):
        models.session(safetensors_file.read(file), SOME[::-1])


def test_what_is_too_large_or_wild_for_a_link_is_refused(tiny):
    large = models.Model(dict(TINY, n_layer=4, n_embd=64), 0, list("ab"), array("d", bytes(8 * 200_000)))
    wild = models.take(tiny[0], "x")
    wild.weights[3] = math.inf
    for model, key in ((large, "keep.large"), (wild, "keep.wild")):
        with pytest.raises(UserError) as refused:
            model_link.encode(model)
        assert refused.value.key == key


# ---- Data in a link


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40), min_size=1))
def test_documents_come_back_from_a_link(documents):
    assert data_link.decode(data_link.encode(documents)) == documents


def test_data_that_do_not_fit_or_are_a_bomb_are_refused():
    noise = random.Random(1)
    with pytest.raises(UserError) as refused:
        data_link.encode([chr(noise.randrange(0x4e00, 0x9fff)) for _ in range(30000)])
    assert refused.value.key == "keep.data.large"
    with pytest.raises(UserError):
        data_link.encode(["\ud800"])
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    bomb = base64url.wrap(deflate.compress(bytes(20_000_000)) + deflate.flush())
    assert len(bomb) < base64url.MAX_CHARACTERS
    tracemalloc.start()
    with pytest.raises(UserError):
        data_link.decode(bomb)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


# ---- Files


def test_a_saved_run_goes_on_bit_for_bit(tiny, file):
    session, curve = copy.deepcopy(tiny)
    opened = safetensors_file.read(file)
    other = models.session(opened, SOME)
    assert [list(column) for column in opened.curve] == curve and opened.names == [[23, "emma", False]]
    frames = [one.train(math.inf, 0.7, "") for one in (session, other)]
    for frame in frames:
        del frame["snapshots"]  # the opened run has no past before it was opened
    assert frames[0] == frames[1]
    assert session.state() == other.state() and session.last_names(5, True) == other.last_names(5, True)
    assert session.names(3, 1, "", session.rng) == other.names(3, 1, "", other.rng)


@pytest.mark.parametrize("engine", ["core", "compiled"])
def test_the_safetensors_package_and_an_independent_forward_pass_give_the_logits(engine):
    session = Session(SOME, TINY)
    session.use(engine)
    session.train(math.inf, 0.5, "")
    weights = load_safetensors(safetensors_file.save(session, "us-names-2018", whole=False))
    assert all(w.dtype == np.float64 for w in weights.values()) and len(weights) == 9
    probabilities = session.view("emma")["probabilities"]
    logits, _ = reference.forward(weights, tokens(session, "emma")[:-1], 1, 2)
    assert np.abs(reference.softmax(logits) - probabilities).max() < 1e-6
    run = session.synced()
    context = [[]]
    for row, token in zip(logits, tokens(session, "emma")[:-1], strict=True):
        assert np.abs(row - [x.data for x in run.gpt.forward(token, context)]).max() < 1e-6


def test_the_safetensors_package_reads_a_whole_run(file):
    tensors = load_safetensors(file)
    assert tensors["mean.wte"].shape == tensors["wte"].shape and tensors["curve"].shape == (3, 23)


def header(file: bytes) -> dict:
    return json.loads(file[8:8 + int.from_bytes(file[:8], "little")])


def with_header(file: bytes, new: dict | bytes) -> bytes:
    text = new if isinstance(new, bytes) else json.dumps(new).encode()
    return struct.pack("<Q", len(text)) + text + file[8 + int.from_bytes(file[:8], "little"):]


def about(**fields):
    def change(head):
        head["__metadata__"] |= fields
    return change


def tensor(name, **fields):
    def change(head):
        head[name] |= fields
    return change


def recipe(**fields):
    def change(head):
        head["__metadata__"]["recipe"] = json.dumps(json.loads(head["__metadata__"]["recipe"]) | fields)
    return change


CHANGES = [
    ("keep.newer", about(format="microgpt-in-your-tab 2")),
    ("keep.file.strange", about(format="another 1")),
    ("keep.file.strange", about(step=23)),
    ("keep.file.strange", lambda head: head.pop("__metadata__")),
    *(("keep.file.damaged", change) for change in [
        about(step="41"), about(step="-1"), about(step="1e3"), about(step="9" * 5000), about(alphabet="[]"),
        about(alphabet='["a","a"]'), about(alphabet='["\\ud800"]'), about(alphabet='["ab"]'), about(alphabet='"ab"'),
        about(alphabet=json.dumps([chr(i) for i in range(100, 9000)])), about(data="other"), about(data_sha256="<b>"),
        about(names='[[1,"<img src=x onerror=alert(1)>",true]]'), about(names='[[1,"a"]]'), about(names="{}"),
        about(names=json.dumps([[1, "a", True]] * 2000)), about(generators='{"run": [3, [1], null]}'),
        about(generators='{"run": [3, [' + "9," * 624 + '625], null]}'), about(generators='{"os": []}'),
        about(recipe="["), about(recipe="[" * 100_000), about(recipe='{"a": NaN}'), about(recipe="{}"),
        recipe(n_embd=10**9), recipe(n_layer=10**6), recipe(n_embd=4.0), recipe(n_head=3), recipe(seed=-1),
        recipe(learning_rate=1e999), recipe(extra=1), recipe(data="\ud800"),
        tensor("wte", dtype="F32"), tensor("wte", shape=[10**9, 10**9]), tensor("wte", shape=[-1, -4]),
        tensor("wte", data_offsets=[0, 8]), tensor("wte", data_offsets=[0, 10**15]), tensor("wte", extra=1),
        tensor("wte", data_offsets=[-8, 0]), tensor("wte", data_offsets=[0.0, 8.0]), tensor("wte", data_offsets=None),
        tensor("curve", shape=[3, 10**12]), tensor("curve", shape=[23, 3]), tensor("recent", shape=[101]),
        tensor("recent", shape=[]), tensor("recent", shape="23"),
        lambda head: head.pop("wpe"), lambda head: head.update(more=head["wte"]), lambda head: head.update(wte=[]),
        lambda head: head["wpe"].update(data_offsets=head["wte"]["data_offsets"]),
    ]),
]


@pytest.mark.parametrize("case", range(len(CHANGES)))
def test_a_file_whose_header_is_not_ours_is_refused(file, case):
    key, change = CHANGES[case]
    head = header(file)
    change(head)
    found, memory = key_and_memory(safetensors_file.read, with_header(file, head))
    assert found == key and memory < 5


@pytest.mark.parametrize(("key", "data"), [
    ("keep.file.strange", b""), ("keep.file.strange", b"emma\nolivia\n" * 9), ("keep.file.strange", bytes(1000)),
    ("keep.file.strange", b"\xff" * 1000), ("keep.file.strange", b"\2\0\0\0\0\0\0\0{}"),
    ("keep.file.strange", struct.pack("<Q", 1 << 40) + b"{" * 100),
    ("keep.file.damaged", struct.pack("<Q", 500) + b'{"a":' * 20),
    ("keep.file.damaged", struct.pack("<Q", 1 << 20) + b'{"a":' * (1 << 18)),
    ("keep.file.large", bytes(safetensors_file.MAX_BYTES + 1)),
])
def test_what_is_no_file_of_ours_is_refused(key, data):
    found, memory = key_and_memory(safetensors_file.read, data)
    assert found == key and memory < 20


def test_a_file_with_a_number_that_is_none_or_a_key_twice_is_refused(file):
    start = 8 + int.from_bytes(file[:8], "little")
    for value in (math.nan, math.inf):
        wild = file[:start] + struct.pack("<d", value) + file[start + 8:]
        assert key_of(safetensors_file.read, wild) == "keep.file.damaged"
    twice = b'{"wte":{},' + file[9:start]
    assert key_of(safetensors_file.read, with_header(file, twice)) == "keep.file.damaged"


def key_of(read, given) -> str:
    """The key with which something is refused. "" where it is not refused."""
    try:
        read(given)
    except UserError as refused:
        assert refused.key in EN
        return refused.key
    return ""


def key_and_memory(read, given) -> tuple[str, float]:
    """The same, and the most memory it took besides what it was given, in MB."""
    tracemalloc.start()
    key = key_of(read, given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return key, peak / 1e6


# ---- Strangers


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The same bytes with a bit flipped, cut, grown, or a piece exchanged."""
    at = rng.randrange(len(data))
    kind = rng.randrange(4)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data + rng.randbytes(rng.randrange(1, 9))
    piece = rng.randbytes(rng.randrange(1, 9))
    return data[:at] + piece + data[at + len(piece):]


def test_a_damaged_link_is_refused_each_time(link):
    rng, seen = random.Random(1), set()
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for _ in range(1500):
        at = rng.randrange(len(link))
        text = rng.choice([link[:at], link[:at] + rng.choice(digits + "=+/ %<\ud800é") + link[at + 1:], link[at:],
                           link + rng.choice(digits), link[:at] + link[at + 1:]])
        if text != link:
            seen.add(key_of(model_link.decode, text))
            seen.add(key_of(data_link.decode, text))
    assert seen <= {"keep.damaged", "keep.newer"}


def test_a_link_with_a_right_checksum_and_wrong_contents_is_refused_or_a_model(link):
    rng, data, refused = random.Random(2), base64url.unwrap(link), 0
    for _ in range(400):
        key = key_of(model_link.decode, base64url.wrap(damaged(rng, data)))
        assert key in ("", "keep.damaged")
        refused += bool(key)
    assert refused > 120
    for _ in range(300):
        assert key_of(model_link.decode, base64url.wrap(rng.randbytes(rng.randrange(60)))) == "keep.damaged"


@pytest.mark.parametrize("text", ["", "1", "2", "0AAAA", "1====", "1<script>", "9" * 40000, "1" + "A" * 1_000_000,
                                  "é", "\ud800", "1AAAAA", "1\n", "1 AAAAAAA"])
def test_what_is_no_link_is_refused(text):
    for decode in (model_link.decode, data_link.decode):
        key, memory = key_and_memory(decode, text)
        assert key in ("keep.damaged", "keep.newer") and memory < 20


def test_a_damaged_file_is_refused_or_opens(file):
    rng = random.Random(3)
    head = 8 + int.from_bytes(file[:8], "little")
    for i in range(1500):
        data = damaged(rng, file) if i % 2 else damaged(rng, file[:head]) + file[head:]
        if key_of(safetensors_file.read, data) == "":
            assert safetensors_file.read(data) != safetensors_file.read(file) or len(data) == len(file)


def test_the_largest_link_takes_little_memory():
    recipe = dict({name: (DEFAULTS | TINY)[name] for name in models.RUN_FIELDS},
                  n_layer=4, n_embd=32, n_head=1, block_size=64)
    vocabulary = (model_link.MAX_WEIGHTS - count_parameters(recipe, 0)) // 64
    model = models.Model(recipe, 0, [chr(0x4e00 + i) for i in range(vocabulary - 1)],
                         array("d", bytes(8 * count_parameters(recipe, vocabulary))))
    text = model_link.encode(model)
    tracemalloc.start()
    opened = model_link.decode(text)
    assert opened == model and tracemalloc.get_traced_memory()[1] < 30e6
    tracemalloc.stop()


# ---- Texts and pictures


def test_weights_as_json_and_the_curve_as_csv_keep_every_digit(tiny):
    session, curve = tiny
    read = json.loads(exports.weights_json(session))
    assert read["weights"] == {name: rows.tolist() for name, rows in matrices(session).items()}
    assert read["settings"]["seed"] == 3 and read["alphabet"] == session.run.chars and read["step"] == 23
    rows = list(csv.reader(io.StringIO(exports.curve_csv(curve))))
    assert rows[0] == ["step", "loss", "mean"]
    assert [[float(x) for x in row] for row in rows[1:]] == [list(row) for row in zip(*curve, strict=True)]
    assert exports.names_text([[5, "ada", True], [4, "bo", False]]) == "ada\nbo\n"


def test_pictures_are_xml_whose_titles_hold_the_numbers():
    session, _ = trained(dict(TINY, n_layer=2), ["<b>&\"'", "]]>\x01", *SOME], 2)
    words = {"head": "head {n}", "layer": "layer {n} <"}
    view = session.view("<b>&")
    drawn = xml.etree.ElementTree.fromstring(svg.attention(view["letters"], view["attention"], words))
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    expected = [f"{view['letters'][q]} → {view['letters'][k]}: {100 * weight:.2f} %"
                for heads in view["attention"] for rows in heads for q, row in enumerate(rows)
                for k, weight in enumerate(row)]
    assert titles == expected
    drawn = xml.etree.ElementTree.fromstring(svg.probabilities(
        view["letters"], session.alphabet, view["probabilities"], view["targets"]))
    assert {element.tag.split("}")[1] for element in drawn.iter()} == {"svg", "rect", "text", "title"}


# ---- The receipt


@pytest.fixture(scope="module")
def published_run():
    """A run of a data file, by the receipt's account of it. The real one is not in this repository."""
    session = Session(NAMES, DEFAULTS)
    session.run.step = 1000
    losses = [published.LOSSES.get(step, 2.0) + 3e-5 for step in range(1, 1001)]
    return session, [list(range(1, 1001)), losses, losses]


def test_a_receipt_is_for_the_published_run_only(published_run, monkeypatch):
    session, curve = published_run
    assert published.check_published(session, curve, published.NAMES) is None
    monkeypatch.setattr(published, "documents_sha256", lambda run: published.DATA_SHA256)
    assert published.check_published(session, curve, published.NAMES) == {
        "key": "receipt.came", "losses": 4, "names": 20}
    assert published.check_published(session, curve, ["x", *published.NAMES[1:]]) == {
        "key": "receipt.differs", "losses": 4, "names": 19}
    session.run.settings.temperature = 1.0  # with which other names are drawn
    assert published.check_published(session, curve, published.NAMES) is None
    session.run.settings.temperature = 0.5
    session.run.step = 999
    assert published.check_published(session, curve, published.NAMES) is None


@pytest.mark.skipif(not PUBLISHED.exists(), reason="makemore's names.txt is not beside the checkout")
def test_the_real_file_has_the_published_hash_and_its_run_the_published_losses_and_names():
    session = Session(PUBLISHED.read_text("utf-8").splitlines(), DEFAULTS)
    session.use("compiled")
    frame = session.train(math.inf, 0.5, "")
    names = [name for _, name, _ in session.last_names(20, True)]
    assert published.check_published(session, frame["points"], names)["key"] == "receipt.came"


def test_the_shapes_are_the_cores(tiny):
    run = tiny[0].run
    assert models.shapes(TINY, len(run.chars) + 1) == {
        name: (len(rows), len(rows[0])) for name, rows in run.gpt.weights.items()}


