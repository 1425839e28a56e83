"""How many digits a mean is shown with: as many as its standard error leaves, in CPython and in the page's Python."""
import json
import math
import statistics
from pathlib import Path

import micropython
import pytest
from common.digits import decimals, difference, rounded, significant, standard_error, with_error
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]

SHOWN = [  # mean, standard error, as shown alone, with the error
    (2.4177, 0.0641, "2.42", "2.42 ± 0.06"),
    (2.4177, 0.0436, "2.42", "2.42 ± 0.04"),
    (3.0127, 0.41, "3.0", "3.0 ± 0.4"),
    (2.4177, 0.014, "2.418", "2.418 ± 0.014"),  # a first digit of 1 leaves one more
    (2.4177, 0.0094, "2.418", "2.418 ± 0.009"),
    (2.4177, 0.0096, "2.418", "2.418 ± 0.010"),
    (2.4177, 0.12, "2.42", "2.42 ± 0.12"),
    (2.4177, 0.96, "2.4", "2.4 ± 1.0"),
    (2.4, 1.2, "2.4", "2.4 ± 1.2"),
    (2.4, 2.6, "2", "2 ± 3"),
    (12.4, 33, "12", "12 ± 33"),
    (3.2958, None, "3.3", "3.3"),
    (0.00312, 0.0007, "0.0031", "0.0031 ± 0.0007"),
    (1e-9, 1e-10, "0.000", "0.000 ± 0.000"),
    (0.6931, 0.0, "0.693", "0.693 ± 0.000"),
]


@pytest.mark.parametrize(("mean", "error", "alone", "both"), SHOWN)
def test_a_mean_has_the_digits_that_its_error_leaves(mean, error, alone, both):
    assert (rounded(mean, error), with_error(mean, error)) == (alone, both)


@given(st.floats(1e-5, 9.4))
def test_the_last_digit_is_of_the_errors_size(error):
    unit = 10 ** -decimals(error)
    assert unit * 0.94 <= error < 20 * unit


@given(st.lists(st.floats(0, 100), min_size=2, max_size=100))
def test_the_standard_error_is_the_textbooks(values):
    expected = statistics.stdev(values) / math.sqrt(len(values))
    assert standard_error(values) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("values", [[], [1.0], [1.0, math.inf], [1.0, math.nan]])
def test_where_there_is_no_spread_there_is_no_error(values):
    assert standard_error(values) is None


@pytest.mark.parametrize(("value", "shown"), [(385, 390), (31, 31), (1035, 1000), (8, 8), (0, 0), (0.123, 0.12),
                                              (99.6, 100), (1, 1), (10, 10), (10.4, 10), (100, 100), (1000, 1000)])
def test_what_is_measured_once_has_two_digits(value, shown):
    assert significant(value) == pytest.approx(shown)


@pytest.mark.parametrize(("a", "b", "paired", "expected"), [
    ([1.0, 2.0, 3.0], [1.5, 2.5, 3.5], True, (0.5, 0.0)),                # every text by as much
    ([1.0, 2.0, 3.0], [1.5, 2.5, 3.5], False, (0.5, (2 / 3) ** 0.5)),  # other texts: by chance as well
    ([1.0, 2.0], [4.0], False, (2.5, None)),
])
def test_a_difference_of_two_means_has_an_error_of_its_own(a, b, paired, expected):
    assert difference(a, b, paired) == pytest.approx(expected)


def test_micropython_shows_the_same(site, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"""
import json
for mean, error, _, _ in {SHOWN!r}:
    print(json.dumps([rounded(mean, error), with_error(mean, error)]))
print(json.dumps([significant(n) for n in (385, 31, 1035, 8, 1000)]))
print(json.dumps([standard_error([1.0, 2.0, 4.0]), standard_error([1.0]), standard_error([1e999, 1.0])]))
""", "utf-8")
    lines = [json.loads(line) for line in micropython.printed(site, ROOT / "py/common/digits.py", program)]
    assert lines[:-2] == [[alone, both] for _, _, alone, both in SHOWN]
    assert lines[-2] == [390, 31, 1000, 8, 1000]
    assert lines[-1] == [pytest.approx(0.8819171036881969), None, None]
