"""Numbers in the panel: one rule for all of them, and never an e."""
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker.inspector.figures import precise, signed


@pytest.mark.parametrize(("value", "cell", "table"), [
    (0.0, "0", "0"), (0.1234567, "0.12", "0.12346"), (-0.1234567, "−0.12", "−0.12346"), (0.5, "0.50", "0.5"),
    (1.0, "1.00", "1"), (3.296, "3.30", "3.296"), (12.3456, "12.35", "12.346"), (99.996, "100.00", "99.996"),
    (123.456, "123", "123.46"), (12345.678, "12346", "12346"), (99999.7, "1×10⁵", "1×10⁵"), (3e8, "3×10⁸", "3×10⁸"),
    (0.003, "0.003", "0.003"), (-0.003, "−0.003", "−0.003"), (0.00049, "0.0005", "0.00049"),
    (0.0049, "0.005", "0.0049"), (0.005, "0.01", "0.005"), (0.000123, "0.0001", "0.000123"),
    (0.00009, "9×10⁻⁵", "9×10⁻⁵"), (-1.2345e-7, "−1×10⁻⁷", "−1.2345×10⁻⁷"),
    (1e-300, "1×10⁻³⁰⁰", "1×10⁻³⁰⁰"), (1e-05, "1×10⁻⁵", "1×10⁻⁵"),
    (0.00999, "0.01", "0.00999"), (100.0, "100", "100"), (20000.0, "20000", "20000"), (math.inf, "inf", "inf"),
])
def test_a_number_is_written_out_or_in_powers_of_ten(value, cell, table):
    assert (signed(value), precise(value)) == (cell, table)


def read(text: str) -> float:
    mantissa, _, power = text.replace("−", "-").partition("×10")
    return float(mantissa) * 10.0 ** int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")) or 0)


@given(st.floats(-1e300, 1e300))
def test_what_is_written_is_near_the_number(value):
    cell, table = signed(value), precise(value)
    assert not re.search("[eE-]", cell + table)
    assert read(table) == pytest.approx(value, rel=6e-5) or abs(value) < 1e-300
    assert read(cell) == pytest.approx(value, rel=0.51, abs=0.005) or abs(value) < 1e-300
    assert value == 0 or read(cell) != 0 or abs(value) < 1e-300
