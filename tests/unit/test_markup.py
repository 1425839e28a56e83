"""The pictures: numbers go in, and the same numbers come out in HTML, whatever the letters are."""

from html.parser import HTMLParser

import pytest
from worker import markup

WORDS = {"head": "head {n}", "layer": "layer {n}", "new": "new", "listed": "in the list"}
HOSTILE = ["<img src=x onerror=alert(1)>", "</td></table><script>", '"', "'", "&", "&amp;", "<", ">", "\0", "서", "🐍"]


class Parts(HTMLParser):
    """The elements of some HTML in order, each a dict: its tag, its attributes, and its text with what is in it."""

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.open = [], []
        self.feed(html)
        self.close()
        assert self.open == [], "an element was not closed"

    def handle_starttag(self, tag, attributes):
        self.elements.append({"tag": tag, **dict(attributes), "text": ""})
        self.open.append(self.elements[-1])

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def handle_endtag(self, tag):
        assert self.open.pop()["tag"] == tag


def elements(html: str, tag: str) -> list[dict]:
    return [element for element in Parts(html).elements if element["tag"] == tag]


def cells(html: str, attribute: str) -> list[dict]:
    return [element for element in Parts(html).elements if attribute in element]


# ---- Attention

LETTERS = ["·", "m", "i"]
HEADS = [[[1.0], [0.25, 0.75], [0.2, 0.30004, 0.49996]], [[1.0], [0.0, 1.0], [1 / 3, 1 / 3, 1 / 3]]]


def test_attention_holds_every_weight_at_its_place():
    html = markup.attention(LETTERS, [HEADS], WORDS)
    found = [(int(cell["data-query"]), int(cell["data-key"]), cell["data-weight"]) for cell in cells(html, "data-key")]
    expected = [(query, key, f"{weight:.4f}") for head in HEADS for query, row in enumerate(head)
                for key, weight in enumerate(row)]
    assert found == expected


def test_a_weight_is_shown_as_per_cent_and_as_ink():
    cell = cells(markup.attention(LETTERS, [HEADS], WORDS), "data-key")[4]
    assert (cell["data-weight"], cell["text"], cell["style"]) == ("0.3000", "30", "--w:0.300")


@pytest.mark.parametrize(("layers", "captions"), [
    (1, ["head 1", "head 2"]),
    (2, ["layer 1, head 1", "layer 1, head 2", "layer 2, head 1", "layer 2, head 2"]),
])
def test_layers_are_named_where_there_are_several(layers, captions):
    html = markup.attention(LETTERS, [HEADS] * layers, WORDS)
    assert [element["text"] for element in elements(html, "caption")] == captions
    tables = [(int(table["data-layer"]), int(table["data-head"])) for table in elements(html, "table")]
    assert tables == [(layer, head) for layer in range(layers) for head in range(2)]


def test_letters_head_the_columns_and_the_rows():
    html = markup.attention(LETTERS, [HEADS[:1]], WORDS)
    heads = [(element["scope"], element["text"]) for element in elements(html, "th")]
    assert heads == [("col", letter) for letter in LETTERS] + [("row", letter) for letter in LETTERS]


# ---- Probabilities

ALPHABET = [*"abcdefg", "·"]
ROW = [0.05, 0.4, 0.01, 0.2, 0.1, 0.14, 0.02, 0.08]  # by size: b d f e · a g c


@pytest.mark.parametrize(("target", "shown"), [(1, "bdfe·"), (7, "bdfe·"), (0, "bdfea"), (2, "bdfec")])
def test_the_likeliest_are_shown_in_order_and_the_true_one_always(target, shown):
    row = cells(markup.probabilities(["·"], ALPHABET, [ROW], [target]), "data-token")
    assert [int(cell["data-token"]) for cell in row] == [ALPHABET.index(letter) for letter in shown]
    assert [cell["data-probability"] for cell in row] == [f"{ROW[ALPHABET.index(letter)]:.4f}" for letter in shown]
    assert [cell["text"] for cell in row] == [f"{x}{100 * ROW[ALPHABET.index(x)]:.0f}" for x in shown]
    assert [int(cell["data-token"]) for cell in row if "data-true" in cell] == [target]


def test_each_position_says_what_was_read_as_a_text_of_its_own_direction():
    letters = ["·", *"abcdefgabcdefg"]
    html = markup.probabilities(letters, ALPHABET, [ROW] * 15, [0] * 15)
    heads = [element["text"] for element in elements(html, "th")]
    assert heads[:3] == ["·", "·a", "·ab"] and heads[-1] == "·abcdefgabcdefg"
    assert html.count("<bdi>") == 15  # the style sheet cuts a long one at its front, by the line's direction


def test_an_alphabet_of_two_shows_both():
    html = markup.probabilities(["·"], ["a", "·"], [[0.5, 0.5]], [1])
    assert [cell["data-token"] for cell in cells(html, "data-token")] == ["0", "1"]


# ---- Names


def test_names_carry_their_step_and_whether_they_are_new():
    html = markup.names([(50, "emma", False), (50, "zq", True), (0, "", True)], WORDS)
    items = [(item["data-step"], item["data-name"]) for item in elements(html, "li")]
    assert items == [("50", "emma"), ("50", "zq"), ("0", "")]
    spans = [(span["class"], span["text"]) for span in elements(html, "span")]
    assert spans == [("step", "50"), ("name", "emma"), ("listed", "in the list"),
                     ("step", ""), ("name", "zq"), ("new", "new"),
                     ("step", "0"), ("name", "∅"), ("new", "new")]


def test_no_names_are_no_items():
    assert markup.names([], WORDS) == ""


# ---- Letters from strangers


@pytest.mark.parametrize("letter", HOSTILE)
def test_markup_stays_letters(letter):
    pictures = {
        "th": markup.attention([letter, "a"], [[[[1.0], [0.5, 0.5]]]], WORDS),
        "b": markup.probabilities([letter], [letter, "a"], [[0.5, 0.5]], [0]),
        "span": markup.names([(1, letter, True)], WORDS),
    }
    tame = {
        "th": markup.attention(["x", "a"], [[[[1.0], [0.5, 0.5]]]], WORDS),
        "b": markup.probabilities(["x"], ["x", "a"], [[0.5, 0.5]], [0]),
        "span": markup.names([(1, "x", True)], WORDS),
    }
    for tag, html in pictures.items():
        assert [part["tag"] for part in Parts(html).elements] == [part["tag"] for part in Parts(tame[tag]).elements]
        assert letter in [part["text"] for part in elements(html, tag)]
    assert elements(pictures["span"], "li")[0]["data-name"] == letter
    hostile_words = {name: letter for name in WORDS}
    assert {part["tag"] for part in Parts(markup.attention(["a"], [[[[1.0]]]], hostile_words)).elements} <= {
        "div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
