"""The core: its gradients, its model and what that samples.

Two judges that share no code with it: formulas of `math` and their finite differences; and `tests/reference.py`, the
same algorithm in matrices with another package's gradients. A third, the published numbers, is in test_program.py.
"""

import math
import random
import sys
from collections.abc import Callable

import hypothesis
import microgpt
import numpy as np
import pytest
from documents import EMOJI, HANGUL, LATIN
from hypothesis import strategies as st
from microgpt import Run, Value
from reference import Reference, forward, softmax

# What every shape of model and data is tried on: (documents, settings).
SHAPES = {
    "the published shape": (LATIN, {}),
    "one head": (LATIN, {"n_embd": 6, "n_head": 1}),
    "three heads of an odd width": (LATIN, {"n_embd": 9, "n_head": 3}),
    "a head for each number": (LATIN, {"n_embd": 4, "n_head": 4}),
    "a width of one": (LATIN, {"n_embd": 1, "n_head": 1}),
    "two layers": (LATIN, {"n_layer": 2, "n_embd": 6, "n_head": 2}),
    "three layers": (LATIN, {"n_layer": 3, "n_embd": 4, "n_head": 2}),
    "documents longer than the block": (LATIN, {"n_embd": 8, "block_size": 3}),
    "a block of one": (LATIN, {"n_embd": 8, "block_size": 1}),
    "an alphabet of one letter": (["a", "aa", "aaaa"], {"n_embd": 4, "n_head": 2}),
    "Hangul": (HANGUL, {"n_embd": 8, "n_head": 2}),
    "surrogate pairs": (EMOJI, {"n_embd": 8, "n_head": 2}),
}
every_shape = pytest.mark.parametrize(("docs", "settings"), SHAPES.values(), ids=SHAPES.keys())


# ---- The graph and its gradients


def plain_softmax(*scores: float) -> list[float]:
    return [math.exp(score) / sum(map(math.exp, scores)) for score in scores]


def plain_rmsnorm(*x: float) -> list[float]:
    return [xi / math.sqrt(sum(xj * xj for xj in x) / len(x) + 1e-5) for xi in x]


def halves(numbers: tuple) -> tuple[tuple, tuple]:
    return numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]


# Each operation: on Values, on plain numbers by the formula of a textbook, and the points to try. Results are lists.
OPERATIONS = {
    "a sum": (lambda a, b: [a + b], lambda a, b: [a + b], [(1.5, -2.0), (0.0, 3.0)]),
    "a sum with a number": (lambda a: [a + 2.5], lambda a: [a + 2.5], [(1.5,)]),
    "a value plus itself": (lambda a: [a + a], lambda a: [2 * a], [(1.5,)]),
    "a difference": (lambda a, b: [a - b], lambda a, b: [a - b], [(1.5, -2.0), (0.0, 3.0)]),
    "a difference from a number": (lambda a: [a - 2.5], lambda a: [a - 2.5], [(1.5,)]),
    "a product": (lambda a, b: [a * b], lambda a, b: [a * b], [(1.5, -2.0), (0.0, 3.0)]),
    "a product with a number": (lambda a: [a * -2.5], lambda a: [a * -2.5], [(1.5,)]),
    "a value times itself": (lambda a: [a * a * a], lambda a: [a**3], [(1.5,), (-0.3,)]),
    "a quotient": (lambda a, b: [a / b], lambda a, b: [a / b], [(1.5, -2.0), (0.0, 3.0), (1.0, 0.01)]),
    "a quotient by a number": (lambda a: [a / 3], lambda a: [a / 3], [(1.5,), (-7.0,)]),
    "a whole power": (lambda a: [a**3], lambda a: [a**3], [(1.5,), (-0.3,), (0.0,)]),
    "a whole power below zero": (lambda a: [a**-2], lambda a: [a**-2], [(1.5,), (-0.3,)]),
    "a broken power": (lambda a: [a**-0.5], lambda a: [a**-0.5], [(1.5,), (0.01,), (300.0,)]),
    "the first power": (lambda a: [a**1], lambda a: [a], [(1.5,), (0.0,)]),
    "exp": (lambda a: [a.exp()], lambda a: [math.exp(a)], [(1.5,), (-20.0,), (0.0,)]),
    "log": (lambda a: [a.log()], lambda a: [math.log(a)], [(1.5,), (0.01,), (300.0,)]),
    "relu": (lambda a: [a.relu()], lambda a: [max(a, 0.0)], [(1.5,), (-0.3,)]),
    "dot": (
        lambda *x: [microgpt.dot(*halves(x))],
        lambda *x: [sum(a * b for a, b in zip(*halves(x), strict=True))],
        [(1.5, -2.0), (1.0, 2.0, 3.0, -4.0, 0.5, 0.0)],
    ),
    "dot with itself": (lambda *x: [microgpt.dot(x, x)], lambda *x: [sum(a * a for a in x)], [(1.5, -2.0, 0.0)]),
    "total": (lambda *x: [microgpt.total(x)], lambda *x: [sum(x)], [(1.5,), (1.5, -2.0, 0.25)]),
    "largest": (lambda *x: [microgpt.largest(x)], lambda *x: [max(x)], [(1.5,), (1.5, -2.0, 3.0), (-1.0, -2.0)]),
    "linear": (
        lambda *x: microgpt.linear(x[:2], [x[2:4], x[4:]]),
        lambda *x: [x[0] * x[2] + x[1] * x[3], x[0] * x[4] + x[1] * x[5]],
        [(1.5, -2.0, 0.5, 0.0, -1.0, 3.0)],
    ),
    "rmsnorm": (lambda *x: microgpt.rmsnorm(x), plain_rmsnorm, [(1.5, -2.0, 0.0), (0.01, 0.02), (-3.0,)]),
    "softmax": (lambda *x: microgpt.softmax(x), plain_softmax, [(1.5, -2.0, 0.0), (30.0, 31.0), (-3.0,), (1.0, 1.0)]),
}


def slope(function: Callable[[float], float], x: float, step: float = 1e-6) -> float:
    """The derivative by central differences."""
    return (function(x + step) - function(x - step)) / (2 * step)


def slopes(function: Callable[..., float], point: tuple[float, ...]) -> list[float]:
    """The derivative by each argument, by steps in proportion to it."""

    def along(j: int) -> Callable[[float], float]:
        return lambda x: function(*point[:j], x, *point[j + 1 :])

    return [slope(along(j), x, 1e-6 * (abs(x) or 1)) for j, x in enumerate(point)]


def component(function: Callable[..., list], i: int) -> Callable:
    return lambda *arguments: function(*arguments)[i]


@pytest.mark.parametrize(("operation", "formula", "points"), OPERATIONS.values(), ids=OPERATIONS.keys())
def test_an_operation_has_the_value_and_the_slopes_of_its_formula(operation, formula, points):
    for point in points:
        for i, expected in enumerate(formula(*point)):
            inputs = [Value(x) for x in point]
            result = operation(*inputs)[i]
            result.backward()
            assert result.data == pytest.approx(expected, rel=1e-13)
            assert [x.grad for x in inputs] == pytest.approx(slopes(component(formula, i), point), rel=1e-6, abs=1e-8)


def test_at_a_corner_one_side_takes_the_gradient():
    zero, twins = Value(0.0), [Value(1.0), Value(2.0), Value(2.0)]
    zero.relu().backward()
    microgpt.largest(twins).backward()
    assert zero.grad == 0
    assert [x.grad for x in twins] == [0, 1, 0]


def test_softmax_keeps_its_range_where_exp_does_not():
    assert [p.data for p in microgpt.softmax([Value(x) for x in (1e4, -1e4, 1e4)])] == [0.5, 0, 0.5]


@hypothesis.settings(deadline=None, derandomize=True, database=None)  # a slow machine is no fault
@hypothesis.given(st.lists(st.lists(st.integers(0, 99), max_size=4), min_size=1, max_size=25))
def test_any_graph_is_ordered_inputs_first_and_each_path_counts_once(rows):
    nodes = [Value(1.0)]
    for row in rows:  # each new node is the sum of earlier ones, some of them more than once; of none: a leaf
        nodes.append(microgpt.total([nodes[i % len(nodes)] for i in row]) if row else Value(1.0))
    root = nodes[-1]
    paths, reached = {node: 0 for node in nodes} | {root: 1}, {root}
    for node in reversed(nodes):
        reached |= set(node.inputs) if node in reached else set()
        for x in node.inputs:
            paths[x] += paths[node]

    order = microgpt.topological_order(root)
    root.backward()

    assert len(order) == len(set(order))
    assert set(order) == {node for node in reached if node.inputs} | {root}
    place = {node: i for i, node in enumerate(order)}
    assert all(place[x] < place[node] for node in order for x in node.inputs if x in place)
    assert [node.grad for node in nodes] == [paths[node] for node in nodes]


def test_a_graph_may_be_deeper_than_python_recurses():
    x = y = Value(1.0)
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad == 100_001


def test_twelve_layers_train_under_the_usual_recursion_limit():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        run = Run(LATIN, n_layer=12, n_embd=4, n_head=2)
        assert run.train() == pytest.approx(Reference(LATIN, n_layer=12, n_embd=4, n_head=2).train(), rel=1e-9)
    finally:
        sys.setrecursionlimit(limit)


# ---- The model


@every_shape
def test_the_models_gradients_are_the_slopes_of_its_loss(docs, settings):
    run, rng = Run(docs, **settings), random.Random(4)
    run.read(docs[0])
    run.loss.backward()

    def loss_with(weight: Value, data: float) -> float:
        kept, weight.data = weight.data, data
        run.read(docs[0])
        weight.data = kept
        return run.loss.data

    for name, matrix in run.gpt.weights.items():
        weights = [weight for row in matrix for weight in row]
        for weight in (max(weights, key=lambda w: abs(w.grad)), rng.choice(weights)):
            expected = slope(lambda x, weight=weight: loss_with(weight, x), weight.data)
            assert weight.grad == pytest.approx(expected, rel=1e-5, abs=1e-8), name


@every_shape
def test_losses_and_all_gradients_are_those_of_another_autograd(docs, settings):
    run, reference = Run(docs, **settings), Reference(docs, **settings)
    for doc in run.docs[:3]:
        for weight in run.gpt.parameters:
            weight.grad = 0.0
        run.read(doc)
        run.loss.backward()
        loss, gradients = reference.loss_and_gradients(doc)
        assert run.loss.data == pytest.approx(loss, rel=1e-12)
        assert list(run.gpt.weights) == list(gradients)
        for name, matrix in run.gpt.weights.items():
            ours = np.array([[weight.grad for weight in row] for row in matrix])
            np.testing.assert_allclose(ours, gradients[name], rtol=1e-9, atol=1e-13, err_msg=name)


@every_shape
def test_twenty_steps_of_training_are_those_of_the_reference(docs, settings):
    run, reference = Run(docs, num_steps=20, **settings), Reference(docs, num_steps=20, **settings)
    ours, theirs = ([each.train() for _ in range(20)] for each in (run, reference))
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert run.step == 20


@every_shape
def test_who_looks_finds_tokens_probabilities_and_attention(docs, settings):
    run, reference = Run(docs, **settings), Reference(docs, **settings)
    for doc in docs:
        run.read(doc)
        tokens = reference.tokens(doc)
        logits, attentions = forward(reference.weights, tokens[:-1], *reference.shape)
        assert run.tokens == tokens
        ours = np.array([[p.data for p in row] for row in run.probabilities])
        np.testing.assert_allclose(ours, softmax(logits), rtol=1e-11)
        for past, attention in zip(run.context, attentions, strict=True):
            for query, position in enumerate(past):
                ours = np.array([[a.data for a in row] for row in position.attention])
                np.testing.assert_allclose(ours, attention[:, query, : query + 1], rtol=1e-11)


def test_documents_are_the_lines_that_are_not_blank_without_their_margins():
    run = Run(["  emma\n", "\n", " \t\r\n", "서연\r\n", "a b"])
    assert sorted(run.docs) == ["a b", "emma", "서연"]
    assert run.chars == [" ", "a", "b", "e", "m", "서", "연"] and run.bos == 7


@pytest.mark.parametrize(
    "lines, settings, complaint",
    [
        ([], {}, "no documents"),
        (["", " \n"], {}, "no documents"),
        (LATIN, {"n_embd": 6, "n_head": 4}, "n_embd must be divisible by n_head"),
        *(
            (LATIN, {name: value}, f"{name} must be above zero")
            for name in ("num_steps", "n_layer", "n_embd", "n_head", "block_size", "learning_rate", "temperature")
            for value in (0, -1, math.nan, math.inf)
        ),
    ],
)
def test_a_run_that_cannot_be_says_why(lines, settings, complaint):
    with pytest.raises(ValueError, match=complaint):
        Run(lines, **settings)


@pytest.mark.parametrize("learning_rate", [10.0, 100.0, 1e12, 1e200])
def test_a_run_that_blows_up_raises_and_never_gives_a_loss_that_is_no_number(learning_rate):
    run, losses = Run(LATIN, n_embd=8, learning_rate=learning_rate), []
    try:
        losses += [run.train() for _ in range(20)]
    except (ArithmeticError, ValueError):
        assert run.step < 20
    else:
        assert all(map(math.isfinite, losses))


# ---- Sampling


class Recorder(random.Random):
    """A generator that keeps the weights of every choice, and chooses only `token` if there is one."""

    def __init__(self, token: int | None = None):
        super().__init__(5)
        self.weights, self.token = [], token

    def choices(self, population, weights):
        self.weights.append(weights)
        return super().choices(population, weights) if self.token is None else [self.token]


@pytest.fixture(scope="module")
def trained() -> Run:
    run = Run(LATIN, num_steps=40, n_embd=8, block_size=10)
    for _ in range(40):
        run.train()
    return run


def test_looking_at_a_run_does_not_change_it():
    quiet, watched = (Run(LATIN, num_steps=12, n_embd=8) for _ in range(2))
    for step in range(12):
        watched.sample(random.Random(step), 0.5, "a")
        watched.read("mia")
        assert quiet.train().hex() == watched.train().hex()
    assert quiet.sample(quiet.rng, 0.5) == watched.sample(watched.rng, 0.5)


@pytest.mark.parametrize("prefix", ["", "e", "emma", "oliviaoliv"])
def test_a_sample_begins_with_its_prefix_and_has_room_for_at_most_a_block(trained, prefix):
    samples = [trained.sample(random.Random(seed), 5.0, prefix) for seed in range(20)]
    assert all(sample.startswith(prefix) and len(sample) <= 10 for sample in samples)
    assert any(len(sample) == 10 for sample in samples)
    assert set("".join(samples)) <= set(trained.chars)


def test_a_sample_ends_at_bos_which_is_no_part_of_it(trained):
    assert trained.sample(Recorder(trained.bos), 1.0) == ""
    assert trained.sample(Recorder(trained.bos), 1.0, "em") == "em"
    assert trained.sample(Recorder(0), 1.0) == trained.chars[0] * 10


def test_a_prefix_of_unknown_letters_is_refused(trained):
    with pytest.raises(ValueError):
        trained.sample(random.Random(0), 1.0, "서")


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 2.0])
def test_temperature_divides_the_logits(trained, temperature):
    recorder = Recorder(trained.bos)
    trained.sample(recorder, temperature, "em")
    trained.read("em")
    raised = [p.data ** (1 / temperature) for p in trained.probabilities[2]]
    assert recorder.weights == [pytest.approx([p / sum(raised) for p in raised], rel=1e-9)]


def test_the_colder_the_likelier_the_likeliest(trained):
    recorder = Recorder(trained.bos)
    for temperature in (1e-3, 0.1, 0.5, 1.0, 2.0, 1e3):
        trained.sample(recorder, temperature)
    largest = [max(weights) for weights in recorder.weights]
    assert largest == sorted(largest, reverse=True)
    assert largest[0] > 0.99 and largest[-1] == pytest.approx(1 / (trained.bos + 1), rel=0.02)
