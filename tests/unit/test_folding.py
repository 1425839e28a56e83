"""What is typed, in the data's own letters, in CPython and in MicroPython."""
import json
import string
import unicodedata

import micropython
import pytest
from common.folding import FULL, HALF_FIRST, fold, half_width, typed_as
from support import ROOT

LOWER, UPPER = string.ascii_lowercase, string.ascii_uppercase
KATAKANA, HIRAGANA = "".join(map(chr, range(0x30A1, 0x30F7))) + "ー", "".join(map(chr, range(0x3041, 0x3097)))
HALF = "".join(map(chr, range(0xFF66, 0xFFA0)))

# (typed, the data's letters, what is meant, what was done)
FOLDED = [
    ("emma", LOWER, "emma", ""), ("Emma", LOWER, "emma", "lower"), ("EMMA", LOWER, "emma", "lower"),
    ("Anna", UPPER, "ANNA", "upper"), ("Emma", LOWER + "E", "Emma", ""), ("Élodie", LOWER + "é", "élodie", "lower"),
    ("Анна", "анв", "анна", "lower"), ("Σοφία", "σοφία", "σοφία", "lower"), ("İpek", LOWER + "i̇", "i̇pek", "lower"),
    ("ｅｍｍａ", LOWER, "emma", "other"), ("Ｅｍｍａ", LOWER, "emma", "other"), ("emma", "ｅｍａ", "ｅｍｍａ", "other"),
    ("１２", "0123456789", "12", "other"), ("don't", LOWER + "’", "don’t", "other"),
    ("don’t", LOWER + "'", "don't", "other"),
    ("d`art", LOWER + "’", "d’art", "other"), ("anne–marie", LOWER + "-", "anne-marie", "other"),
    ("anne-marie", LOWER + "‐", "anne‐marie", "other"), ("al\u00a0ex", LOWER + " ", "al ex", "other"),
    ("山田 太郎", "山田太郎\u3000", "山田\u3000太郎", "other"), ("“a”", LOWER + '"', '"a"', "other"),
    ("サクラ", HIRAGANA, "さくら", "other"), ("さくら", KATAKANA, "サクラ", "other"),
    ("ｻｸﾗ", KATAKANA, "サクラ", "other"), ("ｻｸﾗ", HIRAGANA, "さくら", "other"), ("サクラ", HALF, "ｻｸﾗ", "other"),
    ("ガパ", HALF, "ｶﾞﾊﾟ", "other"), ("ざ", HALF, "ｻﾞ", "other"), ("ﬁ", LOWER, "fi", "other"),
    ("Don't", LOWER + "’", "don’t", "other"), ("zoë", LOWER, "zoë", ""), ("서연", "서", "서연", ""),
    ("", LOWER, "", ""), ("🐍", LOWER, "🐍", ""), ("x", "", "x", ""),
]


def forms(letter: str) -> tuple[str, str, str]:
    return letter.lower(), letter.upper(), unicodedata.normalize("NFKC", letter)


@pytest.mark.parametrize(("text", "letters", "expected", "changed"), FOLDED)
def test_what_is_typed_is_read_in_the_letters_of_the_data(text, letters, expected, changed):
    assert fold(text, letters, forms) == (expected, changed)


def test_what_the_data_has_is_never_changed():
    everything = "".join(map(chr, [*range(0x20, 0x530), *range(0x3041, 0x30FF), *range(0xFF01, 0xFFA0)]))
    assert fold(everything, everything, forms) == (everything, "")


@pytest.mark.parametrize("letter", KATAKANA)
def test_half_width_katakana_are_unicodes(letter):
    for half in half_width(letter):
        assert unicodedata.normalize("NFKC", half) == letter
    if letter in FULL:
        assert half_width(letter) == [chr(HALF_FIRST + FULL.index(letter))]


def test_micropython_does_the_same(site, tmp_path):
    program = tmp_path / "program.py"
    table = {letter: forms(letter) for text, letters, _, _ in FOLDED for letter in text + letters}
    table |= {way: forms(way) for letter in list(table) for way in typed_as(letter) if len(way) == 1}
    table |= {form: forms(form) for three in list(table.values()) for form in three if len(form) == 1}
    program.write_text(f"import json\ntable = {table!r}\nprint(json.dumps([fold(text, letters, lambda letter: "
                       f"table.get(letter, (letter,) * 3)) for text, letters, _, _ in {FOLDED!r}]))\n", "utf-8")
    line, = micropython.printed(site, ROOT / "py/common/folding.py", program)
    assert json.loads(line) == [[expected, changed] for _, _, expected, changed in FOLDED]
