"""The page's words: each text that Python asks for is in index.html, each that is there is asked for."""

import ast
import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = (ROOT / "index.html").read_text("utf-8")
SILENT = {"script", "style", "py-config", "title"}  # what they hold is no text of the page's body
VOID = {"meta", "link", "input", "br", "img"}


class Texts(HTMLParser):
    """The texts of index.html: keyed[key], those of the template under words[key]; bare: visible ones without a key."""

    def __init__(self):
        super().__init__()
        self.keyed, self.words, self.bare, self.open = {}, {}, [], []
        self.feed(HTML)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))
        for spoken in ("aria-label", "placeholder", "title", "alt"):
            key = "data-t-" + spoken.removeprefix("aria-")
            if spoken in attributes and key not in attributes:
                self.bare.append(attributes[spoken])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if not any(char.isalpha() for char in data) or SILENT & set(tags):
            return
        key = self.open[-1][1].get("data-t")
        if key:
            place = self.words if "template" in tags else self.keyed
            assert key not in place, f"{key} is there twice"
            place[key] = data
        else:
            self.bare.append(data)


TEXTS = Texts()
ALL = TEXTS.keyed | EN
SOURCES = {path: ast.parse(path.read_text("utf-8")) for path in (ROOT / "py").glob("**/*.py")}


def calls(*names: str) -> list[ast.Call]:
    """The calls of functions or methods of these names in py/."""
    return [node for tree in SOURCES.values() for node in ast.walk(tree) if isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", None)) in names]


def constants(node: ast.AST) -> list[str]:
    """The texts in an expression, without those that only choose between them."""
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


SAID = [(call, text) for call in calls("say", "sentence", "status", "failed") for text in constants(call.args[0])]
SAID = [(call, text) for call, text in SAID if not text.endswith(".") and text != ".title"]  # pieces
PUT_TOGETHER = {".unknown": ("prefix", "look")}  # a key's end, and what comes before it
CONSTANTS = {text for tree in SOURCES.values() for text in constants(tree)}


def keys(text: str) -> list[str]:
    return [start + text for start in PUT_TOGETHER[text]] if text in PUT_TOGETHER else [text]


def asked(key: str) -> bool:
    """Whether Python names the key, or a beginning of it that ends with a dot and all of the rest."""
    parts = key.split(".")
    splits = [(".".join(parts[:i]), parts[i:]) for i in range(1, len(parts))]
    return key in CONSTANTS or any(key in keys(text) for text in CONSTANTS) or any(
        {start, start + "."} & CONSTANTS and all({part, f".{part}"} & CONSTANTS for part in rest)
        for start, rest in splits)


def test_every_text_that_python_asks_for_is_there():
    said = {key for _, text in SAID for key in keys(text)}
    assert len(said) > 20 and said - ALL.keys() == set()


def test_every_text_of_the_template_is_asked_for():
    assert len(EN) > 20 and [key for key in TEXTS.words if not asked(key)] == []


@pytest.mark.parametrize(("call", "text"), [
    pytest.param(call, text, id=text) for call, text in SAID
    if call.func.__class__ is not ast.Attribute or call.func.attr == "status"
])
def test_every_place_in_a_text_is_given_its_value(call, text):
    given = {keyword.arg for keyword in call.keywords}
    if None in given:  # given as **values
        return
    for key in keys(text):
        places = {place for _, place, _, _ in string.Formatter().parse(ALL[key]) if place}
        assert places <= given


@pytest.mark.parametrize("path", sorted((ROOT / "static/languages").glob("*.json")), ids=lambda path: path.stem)
def test_a_language_has_every_text_with_the_same_places_and_no_other(path):
    texts = json.loads(path.read_text("utf-8"))
    spoken = set(re.findall(r'data-t-(?:label|placeholder)="([^"]+)"', HTML))
    assert texts.keys() == ALL.keys() | spoken | {"language.name"}
    for key, text in texts.items():
        places = [{place for _, place, _, _ in string.Formatter().parse(words) if place}
                  for words in (text, ALL.get(key, ""))]
        assert text.strip() and places[0] == places[1], key


def test_every_visible_text_has_a_key():
    assert len(TEXTS.keyed) > 40 and TEXTS.bare == []


def test_the_page_says_how_many_lines_the_core_has():
    lines = len((ROOT / "py/microgpt.py").read_text("utf-8").splitlines())
    assert HTML.count(f"{lines} lines") == 4  # the description, the link, the lead, the listing
    assert len(re.findall(r"\d lines", HTML)) == 4
