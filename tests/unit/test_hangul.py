"""Hangul by syllable and by jamo, held against Python's own Unicode tables."""

import json
import unicodedata
from pathlib import Path

import micropython
import pytest
from common.hangul import alone, compose, decompose, is_syllable, shown, typed
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
SYLLABLES = [chr(code) for code in range(0xAC00, 0xD7A4)]
JAMO = [chr(code) for code in (*range(0x1100, 0x1113), *range(0x1161, 0x1176), *range(0x11A8, 0x11C3))]
hangul = st.text(st.one_of(st.sampled_from(SYLLABLES), st.characters(exclude_categories=["Cs"]).filter(
    lambda letter: letter not in JAMO)))


def test_each_syllable_is_taken_apart_as_unicode_says_and_put_together_again():
    assert len(SYLLABLES) == 11172 and all(map(is_syllable, SYLLABLES)) and not any(map(is_syllable, "ㄱa㐀\u1100"))
    for syllable in SYLLABLES:
        assert decompose(syllable) == unicodedata.normalize("NFD", syllable)
        assert compose(decompose(syllable)) == syllable


@settings(deadline=None)
@given(hangul)
def test_what_is_taken_apart_comes_together_again(text):
    assert compose(decompose(text)) == text


@settings(deadline=None)
@given(st.text(st.sampled_from([*JAMO, "a"])))
def test_any_jamo_whatsoever_give_what_unicode_composes_and_the_rest_as_written_alone(text):
    composed = unicodedata.normalize("NFC", text)
    assert compose(text) == "".join(map(alone, composed))
    assert not set(compose(text)) & set(JAMO)


def test_a_jamo_alone_is_the_letter_of_that_name():
    for jamo in JAMO:
        kind, name = unicodedata.name(jamo).removeprefix("HANGUL ").split(" ", 1)
        assert kind in ("CHOSEONG", "JUNGSEONG", "JONGSEONG")
        assert unicodedata.name(alone(jamo)) == "HANGUL LETTER " + name


def test_tokens_that_differ_are_shown_differently():
    assert len({shown(jamo) for jamo in JAMO}) == len(JAMO)
    assert (shown("a"), shown("서"), shown("\u11ab")) == ("a", "서", "-ㄴ")


@pytest.mark.parametrize(("text", "expected"), [
    ("서연", "서연"), ("ㅅ", "\u1109"), ("서ㅇ", "서\u110b"), ("ㅏ", "\u1161"), ("emma", "emma"), ("", "")])
def test_what_someone_types_can_begin_a_syllable(text, expected):
    assert typed(text) == unicodedata.normalize("NFD", expected)


def test_micropython_does_the_same(site, tmp_path):
    texts = ["서연", "서ㅇ", "값", "ㅋㅋ", "a한b글", "\u1109\u1165\u11ab\u11ab\u1161"]
    program = tmp_path / "program.py"
    program.write_text(f"import json\nprint(json.dumps([[f(text) for f in (decompose, compose, typed)] "
                       f"for text in {texts!r}]))\n", "utf-8")
    line, = micropython.printed(site, ROOT / "py/common/hangul.py", program)
    assert json.loads(line) == [[f(text) for f in (decompose, compose, typed)] for text in texts]
