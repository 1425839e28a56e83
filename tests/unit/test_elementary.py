"""The core's elementary functions, whose bits are the same on every machine, against those of `math`."""

import ast
import builtins
import math
import random
import sys
from pathlib import Path

import microgpt
import pytest
from documents import LATIN
from microgpt import Run

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "py/microgpt.py"


def ulps(value: float, exact: float) -> float:
    """How far `value` is from `exact`, in units of the last place."""
    return abs(value - exact) / math.ulp(exact)


@pytest.mark.parametrize("low, high", [(-745.0, -708.0), (-708.0, 709.7), (-2.0, 2.0), (-1e-8, 1e-8)])
def test_exp_is_right_to_the_last_place_or_two(low, high):
    rng = random.Random(1)
    assert max(ulps(microgpt.exp(x), math.exp(x)) for x in (rng.uniform(low, high) for _ in range(5000))) <= 2


@pytest.mark.parametrize("low, high", [(-1074, -1022), (-1022, 1023), (-2, 2), (-1e-3, 1e-3)])
def test_log_is_right_to_the_last_places(low, high):
    rng = random.Random(2)
    assert max(ulps(microgpt.log(x), math.log(x)) for x in (2 ** rng.uniform(low, high) for _ in range(5000))) <= 4


@pytest.mark.parametrize("p", [2, 3, 7, -1, -2, 0.5, -0.5, -1.5, 2.25])
def test_power_is_as_right_as_the_size_of_its_exponent_allows(p):
    rng = random.Random(3)
    for x in (10 ** rng.uniform(-30, 30) for _ in range(2000)):
        assert ulps(microgpt.power(x, p), x**p) <= 3 * (1 + abs(p * math.log(x)))


@pytest.mark.parametrize("seed", [0, 42, 2**64])
def test_gauss_draws_the_numbers_of_random_and_leaves_its_generator_in_the_same_state(seed):
    ours, theirs = random.Random(seed), random.Random(seed)
    normal = microgpt.gauss(ours)
    assert max(abs(next(normal) - theirs.gauss(0, 1)) for _ in range(10_000)) < 1e-14
    assert ours.getstate() == theirs.getstate()


EXACT = [
    (microgpt.exp, (0.0,), 1.0),
    (microgpt.exp, (-0.0,), 1.0),
    (microgpt.exp, (5e-324,), 1.0),
    (microgpt.exp, (-745.0,), 5e-324),
    (microgpt.exp, (-746.0,), 0.0),
    (microgpt.exp, (-1e308,), 0.0),
    (microgpt.exp, (-math.inf,), 0.0),
    (microgpt.log, (1.0,), 0.0),
    (microgpt.log, (5e-324,), math.log(5e-324)),
    (microgpt.log, (sys.float_info.max,), math.log(sys.float_info.max)),
    (microgpt.log, (0.0,), math.nan),
    (microgpt.log, (-1.0,), math.nan),
    (microgpt.log, (math.nan,), math.nan),
    (microgpt.power, (3.0, 4), 81.0),
    (microgpt.power, (-2.0, 3), -8.0),
    (microgpt.power, (-2.0, -2), 0.25),
    (microgpt.power, (0.0, 0), 1.0),
    (microgpt.power, (0.0, 2), 0.0),
    (microgpt.power, (1.0, -0.5), 1.0),
    (microgpt.power, (1e200, 2), math.inf),
    (microgpt.power, (1e200, -2), 0.0),
]


@pytest.mark.parametrize("function, arguments, expected", EXACT)
def test_at_the_edges_elementary_functions_are_exact(function, arguments, expected):
    assert function(*arguments) == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize(
    "function, arguments, error",
    [
        (microgpt.exp, (710.0,), OverflowError),
        (microgpt.exp, (math.inf,), OverflowError),
        (microgpt.exp, (math.nan,), ValueError),
        (microgpt.power, (0.0, -1), ZeroDivisionError),
        (microgpt.power, (1e300, 1.5), OverflowError),
        (microgpt.power, (-2.0, 0.5), ValueError),
    ],
)
def test_what_has_no_value_raises(function, arguments, error):
    with pytest.raises(error):
        function(*arguments)


def test_no_function_is_called_whose_last_bits_differ_between_machines():
    tree = ast.walk(ast.parse(CORE.read_text("utf-8")))
    nodes = [node for node in tree if isinstance(node, ast.Attribute | ast.Name)]
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "math"}
    assert used == {"factorial", "frexp", "inf", "ldexp", "nan", "pi", "prod", "sqrt"}
    assert {"sum", "pow"}.isdisjoint(node.id for node in nodes if isinstance(node, ast.Name))


def test_no_length_is_raised_to_a_power_by_the_machine(monkeypatch):
    class Length(int):
        def __floordiv__(self, other):
            return Length(int(self) // other)

        def __pow__(self, p):
            pytest.fail(f"{int(self)} ** {p} is left to the machine, whose last bit may differ from another's")

    monkeypatch.setattr(microgpt, "len", lambda x: Length(builtins.len(x)), raising=False)
    Run(LATIN, n_embd=6, n_head=2).train()
