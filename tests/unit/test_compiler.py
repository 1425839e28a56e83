"""The compiled core against the core itself: the same bits, or a sentence that says why not."""

import itertools
import math
import random
import struct
import types
from pathlib import Path

import microgpt
import pytest
from worker.compiler import CannotCompile, compile, elementary, engine, runtime, wasm_encoder

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "py/microgpt.py").read_text("utf-8")
NAMES = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").splitlines()[:3000]
SMALL = {"n_embd": 8, "n_head": 2, "block_size": 6}


def core(*edits):
    """The core as a module, after edits (old, new) of its source."""
    source = SOURCE
    for old, new in edits:
        assert old in source
        source = source.replace(old, new)
    module = types.ModuleType("edited")
    exec(source, module.__dict__)
    return module


def state(run):
    return [p.data for p in run.gpt.parameters], run.mean, run.square, run.step


def train_both(module, steps=6, lines=NAMES, **settings):
    """(compiled, its run, the core's run), after as many steps of both. Their losses are equal to 1e-9, at least."""
    run, reference = module.Run(lines, **settings), module.Run(lines, **settings)
    compiled = compile(run)
    assert compiled.train(steps) == pytest.approx([reference.train() for _ in range(steps)], rel=1e-9)
    compiled.store(run)
    return compiled, run, reference


# ---- Numbers.
def evaluate(emit, values):
    """What a compiled function of a pair makes of the values. emit(f, library) turns the pair on top of the stack."""
    functions = [elementary.exp(vars(microgpt)), elementary.log(vars(microgpt)), wasm_encoder.Function()]
    f = functions[-1]
    for address in range(0, 16 * len(values), 16):
        f.i32_const(address)
        f.i32_const(address)
        f.memory("v128.load")
        emit(f, {"exp": 0, "log": 1})
        f.memory("v128.store")
    run = runtime.start(wasm_encoder.module(functions, {"run": 2}, 16 * len(values)))
    run.write(0, struct.pack(f"<{2 * len(values)}d", *(value for value in values for _ in range(2))))
    run.call("run")
    results = run.read(0, 2 * len(values)).tolist()
    assert [repr(x) for x in results[::2]] == [repr(x) for x in results[1::2]], "both lanes"
    return results[::2]


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except (OverflowError, ValueError, ZeroDivisionError):
        return math.nan


RNG = random.Random(1)
NUMBERS = [0.0, -0.0, 1.0, -1.0, 5e-324, 2.2e-308, 1e-300, 0.7, 0.7000000000000001, 1e300, *(
    sign * math.exp(RNG.uniform(-30, 7)) for sign in (1, -1) for _ in range(150))]


@pytest.mark.parametrize("values", [
    [x for x in NUMBERS if x < 1e5], [-708.4, -708.5, -744.9, -745.2, -1000.0, -1e6, 709.7, 709.8, 1e5, math.nan]])
def test_exp_has_the_cores_bits(values):
    ours = evaluate(lambda f, library: f.call(library["exp"]), values)
    assert list(map(repr, ours)) == [repr(outcome(microgpt.exp, x)) for x in values]


def test_log_has_the_cores_bits():
    ours = evaluate(lambda f, library: f.call(library["log"]), [*NUMBERS, math.inf, math.nan])
    assert list(map(repr, ours)) == [repr(outcome(microgpt.log, x)) for x in [*NUMBERS, math.inf, math.nan]]


@pytest.mark.parametrize("p", [-3, -2, -1, -0.5, -1.5, 0.5, 1, 2, 3, 2.5])
def test_power_has_the_cores_bits(p):
    values = [x for x in NUMBERS if 1e-30 < x < 1e30]
    ours = evaluate(lambda f, library: elementary.power(f, p, library), values)
    assert ours == [microgpt.power(x, p) for x in values]


# ---- Whole models.
@pytest.mark.parametrize("settings", [
    {}, {"n_layer": 2}, {"n_layer": 4, "n_embd": 8, "n_head": 2}, {"n_embd": 32, "block_size": 8}, {"n_head": 1},
    {"n_embd": 8, "n_head": 8}, {"n_embd": 15, "n_head": 5}, {"n_embd": 17, "n_head": 1, "n_layer": 2, "block_size": 9},
    {"block_size": 8}, {"block_size": 32, "n_embd": 8}, {"block_size": 64, "n_embd": 8, "n_head": 2, "n_layer": 2},
    {"n_embd": 64, "n_head": 8, "block_size": 4}, {"block_size": 3, "n_embd": 4}, {"n_embd": 1, "n_head": 1},
    {"n_embd": 2, "n_head": 2, "block_size": 5}, {"seed": 7, "learning_rate": 0.1, "num_steps": 5}], ids=str)
def test_any_shape_has_the_cores_bits(settings):
    compiled, run, reference = train_both(microgpt, steps=4, **settings)
    assert compiled.exact
    assert state(run) == state(reference)
    assert compiled.sample(random.Random(5), 0.8) == reference.sample(random.Random(5), 0.8)


@pytest.mark.parametrize("lines", [
    ["a", "aa", "aaa"], ["ab", "b", "abababababab", "a" * 40], ["\U0001f600é\U0001f680", "é é", "\0\1"],
    ["".join(map(chr, range(0x4E00 + i, 0x4E00 + 400, 37))) for i in range(37)]], ids=["one", "two", "emoji", "CJK"])
def test_any_alphabet_has_the_cores_bits(lines):
    compiled, run, reference = train_both(microgpt, lines=lines, **SMALL)
    assert compiled.exact
    assert state(run) == state(reference)


SENTENCES = [" ".join(NAMES[i:i + i % 16 + 1]) for i in range(0, 3000, 17)] + NAMES[:60]  # up to 120 letters


@pytest.mark.parametrize("settings", [
    {"block_size": 8}, {"block_size": 32, "n_layer": 3}, {"block_size": 33, "n_embd": 6}, {"block_size": 64}], ids=str)
def test_documents_longer_and_shorter_than_the_block_have_the_cores_bits(settings):
    lengths = {min(len(doc) + 1, settings["block_size"]) for doc in microgpt.Run(SENTENCES).docs[:12]}
    compiled, run, reference = train_both(microgpt, steps=12, lines=SENTENCES, **SMALL | settings)
    assert compiled.exact and settings["block_size"] in lengths and len(lengths) > 1
    assert state(run) == state(reference)
    for doc in (max(SENTENCES, key=len), min(SENTENCES, key=len)):
        reference.read(doc)
        seen = compiled.read(doc)
        assert (seen.tokens, seen.loss) == (reference.tokens, reference.loss.data)
        assert seen.probabilities == [[p.data for p in row] for row in reference.probabilities]


@pytest.mark.soak
def test_a_long_run_has_the_cores_losses_to_the_last_bit():
    run, reference = microgpt.Run(NAMES, **SMALL), microgpt.Run(NAMES, **SMALL)
    compiled = compile(run)
    assert compiled.train(600) == [reference.train() for _ in range(600)], "over slices and comparisons"
    assert compiled.checked_at == engine.CHECK_STEPS
    assert compiled.exact


# ---- Edited cores.
RELU, NORM, HEAD = "h.relu() for h", "(dot(x, x) / len(x) + 1e-5) ** -0.5", 'linear(x, w["lm_head"])'
DECAY, LOSS = "(1 - self.step / self.settings.num_steps)", "total(logs) * (-1 / len(logs))"
ADAM = "p.data -= learning_rate"
ROOT_OF_V, SHAPES = "(math.sqrt(v * square_scale) + epsilon)", "        for i in range(n_layer):\n            shapes"
EDITS = {
    "ReLU squared": [(RELU, "h.relu() ** 2 for h")],
    "a power that is no whole number": [(RELU, "(h * h + 1.0) ** 0.3 for h")],
    "SiLU": [(RELU, "h * ((h * -1.0).exp() + 1.0) ** -1 for h")],
    "log and exp": [(RELU, "(h.exp() + 1.0).log() for h")],
    "layer norm": [("    scale = (dot",
                    "    mean = total(x) / len(x)\n    x = [xi - mean for xi in x]\n    scale = (dot")],
    "norm by a sum": [(NORM, "(total([xi * xi for xi in x]) + 1e-5) ** -0.25")],
    "norm by the largest": [(NORM, "(largest([xi * xi for xi in x]) + 1e-5) ** -0.5")],
    "tied embeddings": [(HEAD, 'linear(x, w["wte"])')],
    "two norms": [(HEAD, 'linear(rmsnorm(x), w["lm_head"])')],
    "norm of query and key": [("        mixed, size", "        query, past[-1].key = map(rmsnorm, (query, key))\n"
                                                        "        mixed, size")],
    "a gain": [(SHAPES, f'        shapes["gain"] = (1, n_embd)\n{SHAPES}'),
               (HEAD, 'linear([a * b for a, b in zip(x, w["gain"][0])], w["lm_head"])')],
    "a bigram table": [(SHAPES, f'        shapes["pairs"] = (vocab_size, vocab_size)\n{SHAPES}'),
                       (HEAD, '[a + b for a, b in zip(linear(x, w["lm_head"]), w["pairs"][token])]')],
    "a sum for the loss": [(LOSS, "total(logs) * -0.1")],
    "cosine decay": [(DECAY, "0.5 * (1 + math.cos(math.pi * self.step / self.settings.num_steps))")],
    "warm-up": [(DECAY, "min(1, (self.step + 1) / 4)")],
    "weight decay": [(ADAM, f"p.data -= learning_rate * 0.01 * p.data\n            {ADAM}")],
    "plain descent": [(f"{ADAM} * m * mean_scale / {ROOT_OF_V}", f"{ADAM} * p.grad")],
    "epsilon in the root": [(ROOT_OF_V, "math.sqrt(v * square_scale + epsilon)")],
    "other betas": [("0.85, 0.99, 1e-8", "0.9, 0.95, 1e-6")],
    "shorter series": [("range(13, -1, -1)", "range(9, -1, -1)")]}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_core_has_its_own_bits(edit):
    compiled, run, reference = train_both(core(*EDITS[edit]), **SMALL, num_steps=100)
    assert compiled.exact
    assert state(run) == state(reference)


@pytest.mark.parametrize("edit", [
    [(LOSS, f"{LOSS} + total([p * p for p in self.gpt.parameters]) * 1e-4")],
    [("[t + p for t, p in zip(w[\"wte\"][token], w[\"wpe\"][position])]", 'w["wte"][token]')],
    [("math.ldexp(polynomial(EXP_SERIES, x - k * LN2_HIGH - k * LN2_LOW), k)", "math.exp(x)")]],
    ids=["a penalty in the loss", "no positions", "the system's exp"])
def test_an_edited_core_agrees(edit):
    _, run, reference = train_both(core(*edit), **SMALL)
    assert [p.data for p in run.gpt.parameters] == pytest.approx([p.data for p in reference.gpt.parameters], rel=1e-9)


DECLINED = {
    "a choice made by a number": ([(RELU, "(h if h.data > 0 else h * 0.1) for h")], "compile.graph"),
    "a number taken from a node": ([("largest(scores) * -1.0", "max(s.data for s in scores) * -1.0")],
                                   "compile.constant"),
    "chance": ([(RELU, "h.relu() * float(random.random() > 0.5) for h")], "compile.graph.layout"),
    "a window": ([("for p in past])", "for p in past[-4:]])"), ("for p in past))", "for p in past[-4:]))")],
                 "compile.graph"),
    "letters that don't count": ([("self.tokens[1:])]", "self.tokens[1:]) if target]")], "compile.graph.positions"),
    "other tokens": ([("[self.bos, *map", "[*map")], "compile.tokens"),
    "other documents": ([("self.docs[self.step % len", "self.docs[self.step * 7 % len")], "compile.update.documents"),
    "two documents a step": ([("        self.loss.backward()",
                               "        self.loss.backward()\n        self.read('ada')")], "compile.update.documents"),
    "clipping": ([("(1 - beta1) * p.grad", "(1 - beta1) * max(-1.0, min(1.0, p.grad))")], "compile.update"),
    "a norm of all gradients": ([("        self.mean = [beta1", "        norm = math.sqrt(sum(p.grad * p.grad for p in "
                                  "self.gpt.parameters))\n        for p in self.gpt.parameters:\n"
                                  "            p.grad = p.grad / norm\n        self.mean = [beta1")],
                                "compile.update.other"),
    "another exp": ([("math.ldexp(polynomial", "1.000001 * math.ldexp(polynomial")], "compile.differs"),
    "another gradient": ([("float(self.data > 0),)", "2.0 * float(self.data > 0),)")], "compile.differs.gradient"),
    "no series": ([("EXP_SERIES", "SERIES")], "EXP_SERIES")}


@pytest.mark.parametrize("what", DECLINED)
def test_what_cannot_be_compiled_is_said_in_words(what):
    edits, words = DECLINED[what]
    with pytest.raises(CannotCompile, match=words):
        compile(core(*edits).Run(NAMES, **SMALL))


# ---- The engine's verbs.
def test_a_run_goes_from_core_to_machine_and_back():
    run, reference = microgpt.Run(NAMES, **SMALL), microgpt.Run(NAMES, **SMALL)
    losses = [run.train() for _ in range(5)]
    compiled = compile(run)
    losses += compiled.train(7)
    compiled.store(run)
    losses += [run.train() for _ in range(3)]
    compiled.load(run)
    losses += compiled.train(4)
    compiled.store(run)
    assert losses == [reference.train() for _ in range(19)]
    assert state(run) == state(reference)


def test_looking_shows_the_cores_numbers_and_changes_nothing():
    run, reference = microgpt.Run(NAMES, **SMALL, n_layer=2), microgpt.Run(NAMES, **SMALL, n_layer=2)
    compiled = compile(run)
    compiled.train(3)
    for doc in ("ada", "z", "maximiliana"):
        seen = compiled.read(doc)
        compiled.store(run)
        run.read(doc)
        assert (seen.tokens, seen.loss) == (run.tokens, run.loss.data)
        assert seen.probabilities == [[p.data for p in scores] for scores in run.probabilities]
        assert seen.attention == [[[[weight.data for weight in reading.attention[head]] for reading in layer]
                                   for head in range(2)] for layer in run.context]
        for temperature, prefix in itertools.product((0.3, 1.5), ("", "mar")):
            ours, cores = random.Random(9), random.Random(9)
            assert compiled.sample(ours, temperature, prefix) == run.sample(cores, temperature, prefix)
            assert ours.getstate() == cores.getstate()
    assert compiled.train(3) == [reference.train() for _ in range(6)][3:]
    with pytest.raises(ValueError, match="not in the alphabet: !"):
        compiled.read("oh!")


def test_training_keeps_to_its_time(monkeypatch):
    compiled = compile(microgpt.Run(NAMES, **SMALL, num_steps=10**6))
    train, now = compiled.train, [0.0]

    def a_millisecond_each(steps):
        now[0] += steps / 1000
        return train(steps)

    monkeypatch.setattr(compiled, "train", a_millisecond_each)
    monkeypatch.setattr(engine, "time", types.SimpleNamespace(perf_counter=lambda: now[0]))
    assert len(compiled.train_for(30)) == compiled.step
    assert 29 <= compiled.step <= 31


def test_an_overflowing_loss_stops_before_the_weights_do():
    run = microgpt.Run(NAMES, **SMALL, learning_rate=1e200)
    compiled = compile(run)
    with pytest.raises(CannotCompile, match='compile.loss", "values": {"step": 2}') as stopped:
        compiled.train(50)
    assert len(stopped.value.losses) == 1
    compiled.store(run)
    assert run.step == 1
    assert all(math.isfinite(p.data) for p in run.gpt.parameters)


def test_a_machine_that_goes_wrong_is_noticed():
    compiled = compile(microgpt.Run(NAMES, **SMALL))
    compiled.check()
    constants = compiled.program.tables[0][0]
    compiled.machine.write(constants, struct.pack("<d", 1.001 * compiled.machine.read(constants, 1)[0]))
    with pytest.raises(CannotCompile, match="compile.differs"):
        compiled.check()
    with pytest.raises(CannotCompile, match="compile.differs") as stopped:
        compiled.train(engine.CHECK_STEPS + 1)
    assert len(stopped.value.losses) == engine.CHECK_STEPS


def test_a_machine_that_refuses_is_reported():
    with pytest.raises(CannotCompile, match="compile.module"):
        runtime.start(b"no module")
    with pytest.raises(CannotCompile, match="compile.module"):
        runtime.start(wasm_encoder.module([], {}, 2**33))
    with pytest.raises(CannotCompile, match="compile.block-size"):
        compile(microgpt.Run(NAMES, block_size=2))


def test_documents_and_rates_have_a_fixed_room():
    compiled = compile(microgpt.Run(NAMES, **SMALL, num_steps=10**6))
    before = len(vars(compiled)), compiled.machine.memory.data_len(compiled.machine.store)
    compiled.train(2000)
    assert (len(vars(compiled)), compiled.machine.memory.data_len(compiled.machine.store)) == before
