"""Runs and weights as safetensors files: they come back bit for bit, other programs read them, and a header that is not
ours is refused.
"""
import copy
import json
import math
import random
import struct

import numpy as np
import pytest
import reference
from common.errors import UserError
from safetensors.numpy import load as load_safetensors
from saved import SOME, TINY, damaged, header, key_and_memory, key_of, tokens, with_header
from worker import formats
from worker.formats import checkpoint as models
from worker.formats import model_link, safetensors_file, tensors
from worker.session import Session


def test_a_saved_run_goes_on_bit_for_bit(tiny, file):
    session, curve = copy.deepcopy(tiny)
    opened = safetensors_file.read(file)
    other = models.session_of(opened, SOME)
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
    weights = load_safetensors(safetensors_file.save(session, whole=False))
    assert all(w.dtype == np.float64 for w in weights.values()) and len(weights) == 9
    probabilities = session.view("emma")["probabilities"]
    logits, _ = reference.forward(weights, tokens(session, "emma")[:-1], 1, 2)
    assert np.abs(reference.softmax(logits) - probabilities).max() < 1e-6
    run = session.synced()
    context = [[]]
    for row, token in zip(logits, tokens(session, "emma")[:-1], strict=True):
        assert np.abs(row - [x.data for x in run.gpt.forward(token, context)]).max() < 1e-6


def test_the_safetensors_package_reads_a_whole_run(file):
    found = load_safetensors(file)
    assert found["mean.wte"].shape == found["wte"].shape and found["curve"].shape == (3, 23)


def test_the_shapes_are_the_cores(tiny):
    run = tiny[0].run
    assert models.shapes(TINY, len(run.chars) + 1) == {
        name: (len(rows), len(rows[0])) for name, rows in run.gpt.weights.items()}


def test_a_model_with_other_data_is_refused(tiny, link, file):
    for model in (model_link.decode(link), safetensors_file.read(file)):
        with pytest.raises(UserError) as refused:
            models.session_of(model, ["zoë", *SOME])
        assert refused.value.key == "keep.data.more" and refused.value.values["letters"] == "ë"
    with pytest.raises(UserError):
        models.session_of(safetensors_file.read(file), SOME[::-1])


# ---- What is not ours


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


def lenient(name, value):
    """A change of what the page only shows: names and curve. It is left out, and the run opens."""
    return "", about(**{name: value})


CHANGES = [
    ("keep.newer", about(format="microgpt-in-your-tab 3")),
    ("keep.file.strange", about(format="microgpt-in-your-tab x")),
    ("", about(format="pt")), ("", lambda head: head["__metadata__"].pop("format")),
    *(lenient("names", names) for names in (
        '[[1,"<img src=x onerror=alert(1)>",true]]', '[[1,"a"]]', "{}", json.dumps([[1, "a", True]] * 2000))),
    *(lenient("held_out", points) for points in ("{}", "[[1]]", '[["a", 1]]', "[[99, 1.0]]", "[[2, 1], [2, 1]]")),
    ("", lambda head: head["__metadata__"].pop("names")),
    ("keep.file.type", tensor("wte", dtype="I64")), ("keep.file.type", tensor("wte", dtype="F8_E4M3")),
    ("keep.file.shape", tensor("curve", shape=[23, 3])),
    ("keep.file.shape", lambda head: head["wte"]["shape"].reverse()),
    ("keep.file.shape", tensor("recent", shape=[1, 23])),
    ("keep.file.shape", recipe(n_embd=8)), ("keep.file.missing", recipe(n_layer=2)),
    *(("keep.file.damaged", change) for change in [
        about(step=23), about(step="41"), about(step="-1"), about(step="1e3"), about(step="9" * 5000),
        about(alphabet="[]"),
        about(alphabet='["a","a"]'), about(alphabet='["\\ud800"]'), about(alphabet='["ab"]'), about(alphabet='"ab"'),
        about(alphabet=json.dumps([chr(i) for i in range(100, 9000)])), about(data="other"), about(data_sha256="<b>"),
        about(generators='{"run": [3, [1], null]}'), about(names="["),
        about(generators='{"run": [3, [' + "9," * 624 + '625], null]}'), about(generators='{"os": []}'),
        about(recipe="["), about(recipe="[" * 100_000), about(recipe='{"a": NaN}'), about(recipe="{}"),
        recipe(n_embd=10**9), recipe(n_layer=10**6), recipe(n_embd=4.0), recipe(n_head=3), recipe(seed=-1),
        recipe(learning_rate=1e999), recipe(extra=1), recipe(data="\ud800"),
        tensor("wte", dtype="F32"), tensor("wte", shape=[10**9, 10**9]), tensor("wte", shape=[-1, -4]),
        tensor("wte", data_offsets=[0, 8]), tensor("wte", data_offsets=[0, 10**15]), tensor("wte", dtype=None),
        tensor("wte", data_offsets=[-8, 0]), tensor("wte", data_offsets=[0.0, 8.0]), tensor("wte", data_offsets=None),
        tensor("curve", shape=[3, 10**12]), tensor("recent", shape=[101]), tensor("recent", shape=[10**1000] * 1000),
        tensor("recent", shape=[]), tensor("recent", shape="23"),
        lambda head: head.pop("wpe"), lambda head: head.update(wte=[]),
        lambda head: head.update({"x" * 300: head["wte"]}),
        lambda head: head.update(more=head["wte"]), lambda head: head.update(a="b"),
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


def test_an_empty_tensor_that_is_not_ours_is_named(file):
    head = header(file)
    head["attn.bias"] = {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]}
    with pytest.raises(UserError) as refused:
        safetensors_file.read(with_header(file, head))
    assert (refused.value.key, refused.value.values) == ("keep.file.extra", {"tensor": "attn.bias"})


@pytest.mark.parametrize(("key", "data"), [
    ("keep.file.strange", b""), ("keep.file.text", b"emma\nolivia\n" * 9), ("keep.file.strange", bytes(1000)),
    ("keep.file.text", b"\xff" * 1000), ("keep.file.missing", b"\2\0\0\0\0\0\0\0{}"),
    ("keep.file.strange", struct.pack("<Q", 1 << 40) + b"{" * 100),
    ("keep.file.header", struct.pack("<Q", 1 << 30) + b"{" * 100),
    ("keep.file.short", struct.pack("<Q", 500) + b'{"a":' * 20),
    ("keep.file.damaged", struct.pack("<Q", 1 << 20) + b'{"a":' * (1 << 18)),
    ("keep.file.strange", struct.pack("<Q", 10) + b'["a","bb"]'), ("keep.file.damaged", struct.pack("<Q", 4) + b"{12}"),
    ("keep.file.large", struct.pack("<Q", 9) + b"{" + bytes(tensors.MAX_BYTES)),
    ("keep.file.kind", b"PK\3\4" + bytes(40) + b"archive/data.pkl" + bytes(99)), ("keep.file.kind", b"GGUF\3\0\0\0"),
    ("keep.file.kind", b"\x89PNG\r\n\x1a\n" + bytes(99)), ("keep.file.kind", b"%PDF-1.7\n"),
    ("keep.file.damaged", b'{"wte": [[1, 2], [3]]}'), ("keep.file.damaged", b'{"wte": [[NaN]]}'),
    ("keep.file.damaged", b'{"wte": ' + b"[" * 100_000), ("keep.file.damaged", b'{"wte": [["a"]]}'),
    ("keep.file.damaged", b'{"wte": [[1e400]], "weights": 3}'), ("keep.file.damaged", b'{"weights": {"wte": "x"}}'),
    ("keep.file.damaged", b'{"wte": [[1' + b"0" * 400 + b"]]}"), ("keep.file.missing", b'{"wte": [[1, 2]]}'),
    ("keep.file.shape", b'{"wte": 1, "wpe": 2}'.replace(b"1", b"[1]").replace(b"2", b"[[2]]")),
])
def test_what_is_no_file_of_ours_is_refused(key, data):
    def opened(data):
        formats.examine(data)
        formats.recipe_of(data)

    found, memory = key_and_memory(opened, data)
    assert found == key and memory < 20


def test_a_file_that_was_cut_says_how_much_is_there(file):
    for size in (len(file) - 1, len(file) // 2, 3000):
        with pytest.raises(UserError) as refused:
            safetensors_file.read(file[:size])
        start = 8 + int.from_bytes(file[:8], "little")
        whole, found = (len(file) - start, size - start) if size > start else (start, size)
        assert (refused.value.key, refused.value.values) == (
            "keep.file.short", {"found": f"{found:,}", "expected": f"{whole:,}"})


def test_a_file_with_a_number_that_is_none_or_a_key_twice_is_refused(file):
    start = 8 + int.from_bytes(file[:8], "little")
    for value in (math.nan, math.inf):
        wild = file[:start] + struct.pack("<d", value) + file[start + 8:]
        with pytest.raises(UserError) as refused:
            safetensors_file.read(wild)
        assert (refused.value.key, refused.value.values) == ("keep.file.number", {"tensor": "wte", "place": "1"})
    twice = b'{"wte":{},' + file[9:start]
    assert key_of(safetensors_file.read, with_header(file, twice)) == "keep.file.damaged"


def test_a_damaged_file_is_refused_or_opens(file):
    rng = random.Random(3)
    head = 8 + int.from_bytes(file[:8], "little")
    for i in range(1500):
        data = damaged(rng, file) if i % 2 else damaged(rng, file[:head]) + file[head:]
        if key_of(safetensors_file.read, data) == "":
            assert safetensors_file.read(data) != safetensors_file.read(file) or len(data) == len(file)
