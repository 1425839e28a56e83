"""The worker's verbs, as the page calls them: what they answer, and what crosses when they raise."""
import importlib
import json
import sys
import types

import pytest
from common.errors import UserError
from common.recipe import DEFAULTS
from support import ROOT
from texts import EN

SOURCE = (ROOT / "py/microgpt.py").read_text("utf-8")
TEXTS = json.dumps(EN)
RECIPE = DEFAULTS | {"data": "own", "num_steps": 40, "n_embd": 8, "n_head": 2, "block_size": 6}


class Uint8Array(bytes):
    def to_bytes(self) -> bytes:
        return bytes(self)


DATA = Uint8Array("\n".join(["anna", "bob", "carla", "dora"] * 10).encode())


@pytest.fixture
def worker(monkeypatch):
    """A fresh worker.main, beside a stub of Pyodide; the core that it edits is put back."""
    for name in ("pyodide", "pyodide.ffi"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["pyodide.ffi"].to_js = lambda view: view
    monkeypatch.setitem(sys.modules, "microgpt", importlib.import_module("microgpt"))
    monkeypatch.delitem(sys.modules, "worker.main", raising=False)
    return importlib.import_module("worker.main")


def start(worker, **changes) -> dict:
    return json.loads(worker.start(json.dumps(RECIPE | changes), TEXTS, None, DATA))


def crossed(error) -> tuple[str, dict]:
    """The class and the JSON in the last line of a traceback, as the page reads it."""
    name, _, text = f"{error.type.__module__}.{error.type.__name__}: {error.value}".partition(": ")
    return name, json.loads(text)


def test_a_run_is_begun_trained_looked_at_and_restored(worker):
    assert start(worker) == {"step": 0, "snapshots": [0], "chars": "abcdlnor"}
    frame = json.loads(worker.train(0, 0.5, "", "", True))
    assert (frame["step"], frame["snapshots"], frame["declined"]) == (1, [0, 1], None)
    assert frame["pictures"].keys() == {"letters", "telling", "attention", "probabilities", "positions"}
    assert json.loads(worker.look_back(9, "anna"))["step"] == 1
    assert json.loads(worker.inspect("number.loss", "anna", False, None, 0.5, ""))["address"] == "number.loss"
    saved = Uint8Array(worker.state())
    answer = json.loads(worker.start(json.dumps(RECIPE), TEXTS, saved, DATA))
    assert (answer["step"], bytes(worker.state())) == (1, saved)


def test_models_and_data_go_out_and_come_back(worker):
    start(worker)
    worker.train(0, 0.5, "", "", False)
    for source in (worker.model_link(), Uint8Array(worker.save("run", "[[], [], []]", "[]", ""))):
        assert json.loads(worker.recipe_of(source))["n_embd"] == 8
        facts = json.loads(worker.open_model(source, TEXTS, None, DATA))
        assert (facts["step"], facts["finished"], facts["snapshots"]) == (1, 1, [1])
    assert bytes(worker.unpack_data(worker.pack_data(DATA))).decode("utf-8-sig") == DATA.decode()
    assert json.loads(worker.read_data(DATA))["documents"] == 40
    assert json.loads(worker.check_published("[[], []]")) is None


def test_a_text_is_read_as_chosen_and_becomes_a_plain_file(worker):
    text = Uint8Array("naïve, café, fiancé, rosé".encode("cp1252"))
    said = json.loads(worker.read_text(text, "{}", ""))
    assert (said["documents"], said["choices"]) == (1, {"encoding": "Windows-1252", "take": "", "cut": ""})
    choices = json.dumps({"take": said["ways"][0]["id"]})
    assert json.loads(worker.read_text(text, choices, ""))["documents"] == 4
    plain = Uint8Array(worker.plain_data(text, choices, ""))
    assert plain.decode() == "naïve\ncafé\nfiancé\nrosé"
    facts = json.loads(worker.read_data(plain))
    assert facts["sha256"] == json.loads(worker.read_text(text, choices, ""))["sha256"]
    assert json.loads(worker.read_text(text, "{}", facts["sha256"][:12]))["documents"] == 4  # as a link wants it
    long = Uint8Array(b"a, " * 5000)
    assert json.loads(worker.read_text(long, "{}", ""))["problem"]["key"] == "own.long"
    with pytest.raises(UserError, match="own.long"):
        worker.plain_data(long, "{}", "")


@pytest.mark.parametrize(("key", "verb", "arguments"), [
    ("settings.heads.divide", "start", [json.dumps(RECIPE | {"n_head": 3}), TEXTS, None, DATA]),
    ("settings.positive", "start", [json.dumps(RECIPE | {"learning_rate": 0}), TEXTS, None, DATA]),
    ("own.blank", "read_data", [Uint8Array(b" \n")]), ("own.blank", "read_text", [Uint8Array(b"\n"), "{}", ""]),
    ("own.model", "read_data", [Uint8Array(b'\x40\0\0\0\0\0\0\0{"wte": {"dtype": "F32", "data_offsets": [0, 4]}}')]),
    ("own.model", "start", [json.dumps(RECIPE), TEXTS, None, Uint8Array(b'\x40\0\0\0\0\0\0\0{"data_offsets"')]),
    ("keep.damaged", "unpack_data", ["1x"]),
    ("keep.damaged", "recipe_of", ["x"]), ("keep.file.text", "open_model", [Uint8Array(b"x"), TEXTS]),
    ("inside.nowhere", "inspect", ["nowhere", "", False, None, 0.5, ""]),
    ("compile.block-size", "use_engine", ["compiled"])])
def test_what_can_not_be_done_crosses_as_a_key(worker, key, verb, arguments):
    start(worker, block_size=2)
    session = worker.session
    with pytest.raises(UserError) as error:
        getattr(worker, verb)(*arguments)
    name, content = crossed(error)
    assert (name, content["key"], worker.session) == ("common.errors.UserError", key, session)
    EN[key].format(**content["values"])


def test_what_an_edited_core_raises_crosses_with_its_line(worker):
    with pytest.raises(worker.CoreError) as error:
        worker.load_core("x =\n")
    assert crossed(error) == ("worker.core_edit.CoreError", {
        "line": 1, "text": "x =", "error": "SyntaxError: invalid syntax"})
    assert json.loads(worker.load_core(SOURCE.replace("self.step += 1", "self.step += 1 / 0")))["lines"] == 1
    start(worker)
    with pytest.raises(worker.CoreError) as error:
        worker.train(0, 0.5, "", "", False)
    assert crossed(error)[1]["text"] == "self.step += 1 / 0"
    worker.load_core(SOURCE.replace('"exp", (self,), (y,))', '"e", (self,), (y,))'))
    start(worker)
    with pytest.raises(UserError, match="compile.graph.operation"):  # the core goes on
        worker.use_engine("compiled")
    assert json.loads(worker.train(0, 0.5, "", "", False))["step"] == 1


def test_a_model_without_its_data_is_given_them(worker):
    start(worker)
    worker.train(0, 0.5, "", "", False)
    link = worker.model_link()
    assert json.loads(worker.open_model(link, TEXTS))["has_data"] is False
    for verb, arguments in (("train", (0, 0.5, "", "", False)), ("give_data", ())):
        with pytest.raises(UserError, match="keep.without-data"):
            getattr(worker, verb)(*arguments)
    without = worker.session
    with pytest.raises(UserError, match="keep.data.more"):
        worker.give_data(Uint8Array(b"xaver\n" + DATA))
    assert worker.session is without
    assert json.loads(worker.give_data(DATA)) == {"step": 1, "snapshots": [1], "chars": "abcdlnor"}
    assert json.loads(worker.train(0, 0.5, "", "", False))["step"] == 2
    with_data = worker.session
    worker.give_data(DATA)
    assert worker.session is with_data


def test_a_file_with_an_edited_core_runs_on_a_press_only(worker):
    edited = SOURCE.replace("h.relu() for h in", "h.relu() ** 2 for h in")
    worker.load_core(edited)
    start(worker)
    file = Uint8Array(worker.save("run", "[[], [], [], []]", "[]", ""))
    assert json.loads(worker.examine(file)) == {"kind": "model", "changes": ""}  # it runs already
    worker.load_core(SOURCE)
    facts = json.loads(worker.examine(file))
    assert facts["changes"].count("<li>") == 2 and "** 2" in facts["changes"]
    with pytest.raises(UserError, match="keep.core"):
        worker.open_model(file, TEXTS, None, DATA)
    assert worker.core_of(file) == edited
    worker.load_core(worker.core_of(file))
    assert json.loads(worker.open_model(file, TEXTS, None, DATA))["has_data"]


def test_an_answer_makes_weights_a_file_that_opens(worker):
    start(worker)
    weights = json.dumps({name: [[p.data for p in row] for row in rows]
                          for name, rows in worker.session.run.gpt.weights.items()})
    question = json.loads(worker.examine(Uint8Array(weights.encode())))
    assert (question["kind"], question["letters"], question["data"]) == ("question", 8, [])
    answers = json.dumps({"n_head": 2, "data": "own", "alphabet": "abcdlnor"})
    labelled = Uint8Array(worker.label(Uint8Array(weights.encode()), answers))
    facts = json.loads(worker.open_model(labelled, TEXTS))
    assert (facts["finished"], facts["chars"], facts["has_data"]) == (None, "abcdlnor", False)
    assert json.loads(worker.give_data(DATA))["chars"] == "abcdlnor"
