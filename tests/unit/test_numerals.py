"""Numbers as people type them: read where there is one way to read them, and in the page's Python as in CPython."""
import json
from pathlib import Path

import micropython
import pytest
from common.numerals import AMBIGUOUS, FRACTION, NONE, PLAIN, READ, parse
from hypothesis import example, given
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]

FRACTIONS = [  # typed where any number may be, the number, how it was read
    ("0.02", 0.02, PLAIN), (" 0.02 ", 0.02, PLAIN), (".5", 0.5, PLAIN), ("5.", 5.0, PLAIN), ("1e-2", 0.01, PLAIN),
    ("1E-2", 0.01, PLAIN), ("1e+1", 10.0, PLAIN), ("+0.5", 0.5, PLAIN), ("-0.5", -0.5, PLAIN), ("2", 2.0, PLAIN),
    ("1.000", 1.0, PLAIN), ("0.001", 0.001, PLAIN),
    ("0,02", 0.02, READ), ("2,5", 2.5, READ), (",5", 0.5, READ), ("0,001", 0.001, READ),
    ("1,5e-2", 0.015, READ), ("−0,5", -0.5, READ), ("０．０２", 0.02, READ), ("０，０２", 0.02, READ),
    ("٠٫٠٢", 0.02, READ), ("1 000", 1000.0, READ), ("1\u00a0000,5", 1000.5, READ),
    ("1\u202f000.5", 1000.5, READ), ("1.000,5", 1000.5, READ), ("1,000.5", 1000.5, READ),
    ("1'000.5", 1000.5, READ), ("1,000,000", 1e6, READ), ("1.000.000", 1e6, READ), ("0.5%", 0.5, READ),
    ("1,000", None, AMBIGUOUS), ("10,000", None, AMBIGUOUS),
]
WHOLE = [  # typed where a whole number is wanted
    ("16", 16, PLAIN), ("016", 16, PLAIN), ("-3", -3, PLAIN), ("999999999", 999999999, PLAIN), ("0", 0, PLAIN),
    ("１６", 16, READ), ("१६", 16, READ), ("1,000", 1000, READ), ("1 000", 1000, READ), ("10’000", 10000, READ),
    ("1_000", 1000, READ), ("1.000.000", 1000000, READ), ("12,345,678", 12345678, READ), ("1e3", 1000, READ),
    ("16.0", 16, READ), ("16,0", 16, READ), ("10%", 10, READ), ("10 %", 10, READ), ("− 3", -3, READ),
    ("1.000", None, AMBIGUOUS), ("12.345", None, AMBIGUOUS),
    ("2.5", None, FRACTION), ("2,5", None, FRACTION), ("0.001", None, FRACTION), ("1e-3", None, FRACTION),
]
NUMBERLESS = [
    "", " ", ".", ",", "-", "e", "e5", "1e", "1e1.5", "hot", "nan", "inf", "-inf", "Infinity", "0x10", "1_0", "1 0",
    "1 00", "1  000", "0 001", "1,00,000", "1.2.3", "1,2,3", "1.000,000.5", "1,000.000,5", "--1", "+-1", "1-2",
    "1/2", "½", "²", "ten", "1e999999999", "%", "1 000 00", "'1", "9" * 41, "一", "1.5 5", "<b>7</b>",
]
ALL = [*((text, False) for text, *_ in FRACTIONS), *((text, True) for text, *_ in WHOLE),
       *((text, whole) for text in NUMBERLESS for whole in (False, True))]


@pytest.mark.parametrize(("text", "value", "how"), FRACTIONS)
def test_a_number_is_read(text, value, how):
    assert parse(text, False) == (value, how)


@pytest.mark.parametrize(("text", "value", "how"), WHOLE)
def test_a_whole_number_is_read(text, value, how):
    assert parse(text, True) == (value, how)
    assert value is None or type(parse(text, True)[0]) is int


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("text", NUMBERLESS)
def test_what_is_no_number_is_none(text, whole):
    assert parse(text, whole) == (None, NONE)


@given(st.text(alphabet="0123456789.,e+-− '\u00a0５％", max_size=12), st.booleans())
@example("1e400", True)
def test_any_text_is_a_number_or_none(text, whole):
    value, how = parse(text, whole)
    assert (value is None) == (how in (AMBIGUOUS, FRACTION, NONE))
    if how == PLAIN:
        assert value == (int if whole else float)(text)


@given(st.integers(-10**12, 10**12))
def test_a_whole_number_with_groups_is_read_back(number):
    for text in (f"{number:,}", f"{number:_}", f"{number:,}".replace(",", "\u202f"), str(number)):
        assert parse(text, True)[0] == number


def test_micropython_reads_the_same(site, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(f"""
import json
for text, whole in {ALL!r}:
    value, how = parse(text, whole)
    print(json.dumps([None if value is None else repr(float(value)), how]))
""", "utf-8")
    lines = [json.loads(line) for line in micropython.printed(site, ROOT / "py/common/numerals.py", program)]
    ours = [parse(*case) for case in ALL]
    assert [[value if value is None else float(value), how] for value, how in lines] == [[*pair] for pair in ours]
