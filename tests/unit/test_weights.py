"""Weights that other programs have saved again: in narrower types, under other names, without metadata, as JSON."""
import json
import math
import struct
from collections import defaultdict

import numpy as np
import pytest
from common.errors import UserError
from common.recipe import DATASETS, DEFAULTS, JAMO, LETTERS
from safetensors.numpy import load, save
from saved import NAMES, TINY, header, matrices, trained, with_header
from worker import formats
from worker.formats import safetensors_file, unlabelled
from worker.formats import tensors as containers
from worker.session import Session

from tools.recorded import ROOT

TEXTS = defaultdict(str)
RECIPE = TINY | {"num_steps": 20, "n_embd": 6}


@pytest.fixture(scope="module")
def session() -> Session:
    """A trained session on all the names, so that its alphabet is a to z."""
    return trained(RECIPE, NAMES, 3)[0]


def metadata(file: bytes) -> dict:
    return header(file)["__metadata__"]


def rounded(weights: dict, kind: str) -> tuple[dict, dict]:
    """Arrays of another type, and what they are as doubles."""
    widths = {"F64": np.float64, "F32": np.float32, "F16": np.float16}
    if kind == "BF16":  # the upper half of a float, rounded to zero
        halves = {name: (x.astype("<f4").view("<u4") >> 16).astype("<u2") for name, x in weights.items()}
        exact = {name: (x.astype("<u4") << 16).view("<f4").astype(float) for name, x in halves.items()}
        return halves, exact
    narrow = {name: x.astype(widths[kind]) for name, x in weights.items()}
    return narrow, {name: x.astype(float) for name, x in narrow.items()}


def written(numbers: dict, kind: str, about: dict) -> bytes:
    """A safetensors file by the format's description: the package writes BF16 only of PyTorch's tensors."""
    head, body = {"__metadata__": about}, b""
    for name, x in numbers.items():
        head[name] = {"dtype": kind, "shape": list(x.shape), "data_offsets": [len(body), len(body) + x.nbytes]}
        body += x.tobytes()
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.mark.parametrize("kind", ["F64", "F32", "F16", "BF16"])
@pytest.mark.parametrize("what", ["run", "weights"])
def test_numbers_of_narrower_types_are_widened_exactly(session, kind, what):
    file = formats.save(what, session, [[1, 2], [3.5, 3.25], [3.5, 3.375]], [], "", TEXTS, "")
    given, exact = rounded(load(file), kind)
    opened, facts = formats.open_model(written(given, kind, metadata(file)), lambda _: NAMES, TEXTS)
    assert {name: x.tolist() for name, x in matrices(opened).items()} == {
        name: exact[name].tolist() for name in matrices(session)}
    assert (facts["whole"], facts["finished"]) == (what == "run" and kind == "F64", 3)
    assert facts["curve"] == ([[1, 2], [3.5, 3.25], [3.5, 3.375]] if what == "run" else [])
    assert opened.train(0, 0.5, "")["step"] == 4


@pytest.mark.parametrize(("kind", "bits", "value"), [
    ("F16", 0x0001, 2.0 ** -24), ("F16", 0x7bff, 65504.0), ("F16", 0x8000, -0.0), ("BF16", 0x0001, 2.0 ** -133),
    ("BF16", 0x3f80, 1.0), ("BF16", 0xc049, -3.140625), ("F32", 0x00000001, 2.0 ** -149), ("F32", 0x3dcccccd,
                                                                                            0.10000000149011612)])
def test_numbers_at_the_edges_of_their_types(kind, bits, value):
    number, = containers.widened(kind, bits.to_bytes(containers.SIZES[kind], "little"))
    assert number.hex() == value.hex()


def renamed(weights: dict, style: str) -> dict:
    result = {}
    for name, x in weights.items():
        if "module" in style:
            name = f"module.{name}"
        if "weight" in style:
            name += ".weight"
        if "dots" in style:
            for old, new in (("layer0.attn_", "layers.0.attn."), ("layer0.mlp_", "layers.0.mlp.")):
                name = name.replace(old, new)
        result[name] = x
    return result


@pytest.mark.parametrize("style", ["", "module", "weight", "module weight", "dots", "module dots weight"])
@pytest.mark.parametrize("about", [None, {"format": "pt"}])
def test_weights_without_metadata_open_by_names_and_shapes_and_an_answer(session, style, about):
    file = save(renamed({name: x for name, x in matrices(session).items()}, style), about)
    question = formats.examine(file)
    assert question == {"kind": "question", "n_layer": 1, "n_embd": 6, "block_size": 5, "letters": 26,
                        "heads": [1, 2, 3, 6], "alphabet": "", "step": None,
                        "data": [["us-names-2018", ""], ["dinosaurs", ""]]}
    with pytest.raises(UserError, match="keep.file.unlabelled"):
        formats.open_model(file, lambda _: NAMES, TEXTS)
    labelled = formats.label(file, {"n_head": 2, "data": "us-names-2018", "letters": ""}, NAMES)
    opened, facts = formats.open_model(labelled, lambda _: NAMES, TEXTS)
    assert opened.view("emma")["probabilities"] == session.view("emma")["probabilities"]
    assert (facts["finished"], facts["has_data"], facts["recipe"]["n_head"]) == (None, True, 2)
    assert opened.train(0, 0.5, "")["step"] == 1


def test_typed_letters_are_in_the_order_of_the_tokens(session):
    """Whatever that is: the core has its tokens in the order of the letters."""
    weights, order = matrices(session), [*range(25, -1, -1), 26]
    file = save({name: x[order] if name in ("wte", "lm_head") else x for name, x in weights.items()})
    answers = {"n_head": 2, "data": "own", "alphabet": "zyxwvutsrqponmlkjihgfedcba"}
    opened, facts = formats.open_model(formats.label(file, answers, None), lambda _: None, TEXTS)
    assert opened.view("emma")["probabilities"] == session.view("emma")["probabilities"] and not facts["has_data"]
    assert formats.attach(opened, NAMES).train(0, 0.5, "")["step"] == 1


@pytest.mark.parametrize(("alphabet", "key"), [
    ("abc", "file.letters.count"), ("a" * 26, "file.letters.count"), ("", "file.letters.count"),
    ("abcdefghijklmnopqrstuvwxy\n", "file.letters.odd"), ("abcdefghijklmnopqrstuvwxy\ud800", "file.letters.odd")])
def test_letters_that_can_not_be_are_said(session, alphabet, key):
    with pytest.raises(UserError, match=key):
        formats.label(save(matrices(session)), {"n_head": 2, "data": "own", "alphabet": alphabet}, None)


def test_data_with_another_alphabet_and_heads_that_do_not_divide_are_said(session):
    file = save(matrices(session))
    with pytest.raises(UserError, match="file.letters.data"):
        formats.label(file, {"n_head": 2, "data": "cities", "letters": ""}, ["a b"])
    with pytest.raises(UserError, match="file.letters.odd"):
        formats.label(file, {"n_head": 4, "data": "us-names-2018", "letters": ""}, NAMES)


@pytest.mark.parametrize(("data", "letters"), [*((name, "") for name in LETTERS), *((name, "jamo") for name in JAMO)])
def test_each_data_set_is_offered_for_a_model_of_its_letters(data, letters):
    lines = (ROOT / DATASETS[data]).read_text("utf-8").splitlines()
    session = Session(lines, RECIPE | {"data": data, "letters": letters})
    file = save(matrices(session))
    assert [data, letters] in formats.examine(file)["data"]
    labelled = formats.label(file, {"n_head": 3, "data": data, "letters": letters}, lines)
    opened, facts = formats.open_model(labelled, lambda _: lines, TEXTS)
    assert facts["has_data"] and opened.run.chars == session.run.chars and opened.weights() == session.weights()


def test_a_whole_run_without_metadata_gives_its_weights(session):
    file = formats.save("run", session, [[], [], []], [], "", TEXTS, "")
    labelled = formats.label(save(load(file)), {"n_head": 2, "data": "us-names-2018"}, NAMES)
    opened, _ = formats.open_model(labelled, lambda _: NAMES, TEXTS)
    assert opened.weights() == session.weights()


def test_metadata_of_another_program_beside_ours_are_no_hindrance(session):
    file = formats.save("weights", session, [], [], "", TEXTS, "")
    file = save(renamed(load(file), "module weight"), metadata(file) | {"format": "pt"})
    opened, facts = formats.open_model(file, lambda _: NAMES, TEXTS)
    assert opened.weights() == session.weights() and facts["finished"] == 3


def changed(**changes) -> dict:
    weights = {name: np.zeros(shape) for name, shape in {
        "wte": (27, 8), "wpe": (5, 8), "lm_head": (27, 8), "layer0.mlp_fc1": (32, 8), "layer0.mlp_fc2": (8, 32),
        **{f"layer0.attn_{name}": (8, 8) for name in ("wq", "wk", "wv", "wo")}}.items()}
    for name, shape in changes.items():
        name = name.replace("__", ".")
        weights.pop(name, None)
        if shape:
            weights[name] = np.zeros(shape)
    return weights


@pytest.mark.parametrize(("changes", "key", "values"), [
    ({"lm_head": None}, "keep.file.missing", {"tensor": "lm_head"}),
    ({"wte": None}, "keep.file.missing", {"tensor": "wte"}),
    ({"layer1__attn_wq": (8, 8)}, "keep.file.missing", {"tensor": "layer1.attn_wk"}),
    ({"layer0__mlp_fc1": (8, 32)}, "keep.file.shape",
     {"tensor": "layer0.mlp_fc1", "found": "8 × 32", "expected": "32 × 8"}),
    ({"wte": (27,)}, "keep.file.shape", {"tensor": "wte", "found": "27", "expected": "n × n_embd"}),
    ({"wpe": (5, 9)}, "keep.file.shape", {"tensor": "wpe", "found": "5 × 9", "expected": "5 × 8"}),
    ({"transformer__h__0__attn__bias": (8,)}, "keep.file.extra", {"tensor": "transformer.h.0.attn.bias"}),
    ({"module__wte": (27, 8)}, "keep.file.extra", {"tensor": "wte"}),
    ({"wte": (27, 768), "wpe": (1024, 768)}, "keep.file.limits",
     {"name": "n_embd", "found": "768", "low": 1, "high": "64"}),
    ({"wpe": (1024, 8)}, "keep.file.limits", {"name": "block_size", "found": "1,024", "low": 1, "high": "64"}),
    ({"wte": (50257, 8)}, "keep.file.limits", {"name": "vocab_size", "found": "50,257", "low": 2, "high": "2,001"}),
    ({"layer9__attn_wq": (8, 8)}, "keep.file.limits", {"name": "n_layer", "found": "10", "low": 1, "high": "4"}),
])
def test_another_architecture_is_refused_with_what_was_found(changes, key, values):
    with pytest.raises(UserError) as refused:
        formats.examine(save(changed(**changes)))
    assert (refused.value.key, refused.value.values) == (key, values)


def test_numbers_of_other_types_or_none_are_named(session):
    weights = matrices(session)
    with pytest.raises(UserError) as refused:
        formats.examine(save(weights | {"wpe": np.zeros((5, 6), np.int64)}))
    assert (refused.value.key, refused.value.values) == ("keep.file.type", {"tensor": "wpe", "found": "I64"})
    weights["layer0.attn_wk"][2, 3] = math.nan
    with pytest.raises(UserError) as refused:
        formats.label(save(weights), {"n_head": 2, "data": "us-names-2018"}, NAMES)
    assert refused.value.key == "keep.file.number"
    assert refused.value.values == {"tensor": "layer0.attn_wk", "place": "16"}


# ---- JSON

def lists(session) -> dict:
    return {name: x.tolist() for name, x in matrices(session).items()}


def test_weights_as_json_open_with_all_they_say(session):
    for file in (formats.save("json", session, [], [], "", TEXTS, ""),
                 b"\xef\xbb\xbf" + json.dumps(json.loads(formats.save("json", session, [], [], "", TEXTS, "")),
                                              indent=1).encode()):
        assert formats.examine(file) == {"kind": "model", "core": ""}
        opened, facts = formats.open_model(file, lambda _: NAMES, TEXTS)
        assert opened.weights() == session.weights() and facts["finished"] == 3 and facts["has_data"]
        assert facts["recipe"] == {name: (DEFAULTS | RECIPE)[name] for name in facts["recipe"]}


def test_weights_as_json_of_an_earlier_version_ask_only_for_the_data(session):
    run = session.synced()
    about = {"settings": {name: value for name, value in vars(run.settings).items() if name != "num_samples"},
             "step": run.step, "alphabet": run.chars, "weights": lists(session)}
    file = json.dumps(about, ensure_ascii=False).encode()
    question = formats.examine(file)
    assert (question["heads"], question["step"]) == ([2], 3) and question["alphabet"] == "".join(run.chars)
    assert ["us-names-2018", ""] in question["data"]
    labelled = formats.label(file, {"n_head": 2, "data": "us-names-2018"}, NAMES)
    opened, facts = formats.open_model(labelled, lambda _: NAMES, TEXTS)
    assert opened.weights() == session.weights() and (facts["finished"], facts["recipe"]["seed"]) == (3, 3)


def test_bare_matrices_as_json_open(session):
    file = json.dumps(lists(session)).encode()
    assert formats.examine(file)["heads"] == [1, 2, 3, 6]
    labelled = formats.label(file, {"n_head": 2, "data": "us-names-2018"}, NAMES)
    assert formats.open_model(labelled, lambda _: NAMES, TEXTS)[0].weights() == session.weights()


@pytest.mark.parametrize("about", [{"alphabet": 3}, {"alphabet": ["a", 1]}, {"alphabet": ["b", "a"]}, {"step": -1},
                                   {"step": "x"}, {"settings": []}, {"settings": {"n_head": "4", "seed": -5}},
                                   {"settings": {"num_steps": 10**400}}, {"step": 10**9}, {"settings": "{"}])
def test_what_a_stranger_writes_beside_weights_does_no_harm(session, about):
    file = json.dumps(about | {"weights": lists(session)}).encode()
    try:
        question = formats.examine(file)
        formats.label(file, {"n_head": question["heads"][0], "data": "us-names-2018"}, NAMES)
    except UserError as refused:
        assert refused.key.startswith(("file.", "keep.file."))


def test_a_very_long_name_takes_no_time():
    for name in ("a." * 95 + "wte", "." * 200, "layers." * 25, "x_" * 99):
        assert unlabelled.tensor_names.core_name(name) in (name, "wte")
    head = {"__metadata__": {"format": "pt"}}
    head |= {"a." * 90 + str(i): {"dtype": "F64", "shape": [0], "data_offsets": [0, 0]} for i in range(2000)}
    with pytest.raises(UserError, match="keep.file.missing"):
        formats.examine(with_header(bytes(8), head))


def test_a_labelled_file_of_another_program_says_its_version():
    with pytest.raises(UserError, match="keep.newer"):
        safetensors_file.read(save({"wte": np.zeros((2, 2))}, {"format": "microgpt-in-your-tab 9"}))
