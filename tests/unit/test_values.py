"""Values in sentences: marked, told apart, kept from a browser's translator."""
import pytest
from common.values import BEGIN, END, marked, pieces
from worker.markup import untranslated


@pytest.mark.parametrize(("text", "told"), [
    ("words", ["words"]),
    (f"step {marked(3)} of {marked('4')}.", ["step ", "3", " of ", "4", "."]),
    (marked("anna"), ["", "anna", ""]),
    (marked(f"{BEGIN}a{END}b"), ["", "ab", ""]),
])
def test_every_second_piece_is_a_value(text, told):
    assert pieces(text) == told


@pytest.mark.parametrize(("html", "kept"), [
    (f"<p>{marked('z')} is token {marked(25)}</p>",
     '<p><span translate="no">z</span> is token <span translate="no">25</span></p>'),
    (f'<p aria-label="of {marked("z")}">a</p>', '<p aria-label="of z">a</p>'),
    ('<table class="edges"><caption>Inputs</caption><tr><td>1</td></tr></table>',
     '<table translate="no" class="edges"><caption translate="yes">Inputs</caption><tr><td>1</td></tr></table>'),
    ("<code>x</code> <b>z</b> <br>", '<code translate="no">x</code> <b translate="no">z</b> <br>'),
    (f"a lone {BEGIN} stays", f"a lone {BEGIN} stays"),
])
def test_what_no_translator_may_touch(html, kept):
    assert untranslated(html) == kept
