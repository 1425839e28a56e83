"""The page's words: what index.html and Python ask for is in the language files, and nothing else is; each visible text
has a key, no sentence for a visitor stands in Python, and the texts hold to the words that were agreed on.
"""
import ast
import json
import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest
from common.recipe import DATASETS, OWN
from texts import EN, KO

ROOT = Path(__file__).resolve().parents[2]
HTML = (ROOT / "index.html").read_text("utf-8")
LANGUAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in (ROOT / "static/languages").glob("*.json")}
SOURCES = {path.relative_to(ROOT / "py").as_posix(): ast.parse(path.read_text("utf-8"))
           for path in sorted((ROOT / "py").rglob("*.py"))}
ATTRIBUTES = ("aria-label", "placeholder", "title", "alt")  # that are seen or heard
VOID = {"meta", "link", "input", "br", "img"}
SILENT = {"script", "style", "py-config"}  # what they hold is no text of the page

ASK = {"say", "sentence", "status.show", "status.show_passing", "status.show_compiler", "refuse", "UserError",
       "CannotCompile"}  # key first
HAND_ON = {"show_failure", "show_declined"}  # and these, which give the values themselves
PUT = {"put", "line"}  # and those that are given a text as (key, values)
BY_BUILD = {"language.name", "preview.alt"}  # the build's offer of languages; what others show of the page
WATCH = set(re.findall(r'"(host\.[\w-]+|incomplete|load-again)"', (ROOT / "static/watch.js").read_text("utf-8")))
WATCH |= {"host.noscript"}  # the build's, for who has no JavaScript
# markup.names() and the page choose between these two; a run names its data
CHOSEN = {"new", "listed"} | {f"data.short.{name}" for name in (*DATASETS, OWN)}


class Page(HTMLParser):
    """index.html as it is in the repository. keys: those it asks for; bare: what can be seen or heard without one."""

    def __init__(self, html):
        super().__init__()
        self.keys, self.bare, self.open = set(), [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))
        self.keys |= {value for name, value in attributes.items() if re.fullmatch("data-t(-label|-placeholder)?", name)}
        self.bare += [attributes[name] for name in ATTRIBUTES if name in attributes]

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if any(char.isalpha() for char in data) and not SILENT & {tag for tag, _ in self.open}:
            self.bare.append(data)


PAGE = Page(HTML)


# ---- What Python asks for

def called(call):
    """The name of the function or method of a call."""
    of_status = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "status"
    return ("status." if of_status else "") + getattr(call.func, "attr", getattr(call.func, "id", ""))


def whole(node):
    """The keys that an expression names as a whole: a constant, or a choice between constants."""
    if isinstance(node, ast.IfExp):
        return whole(node.body) + whole(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value else []


def pieces(node):
    """An expression that builds a key, as its pieces, None for each that is not constant; [] where it builds none."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (pieces(node.left) or [None]) + (pieces(node.right) or [None])
    if isinstance(node, ast.JoinedStr):
        return [part.value if isinstance(part, ast.Constant) else None for part in node.values]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def keyed(tree):
    """The expressions that stand where a key does, each with the names of the values that go with it: None where
    those are not all written there."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ASK and node.args:
            names = {keyword.arg for keyword in node.keywords}
            yield node.args[0], None if None in names else names
        elif isinstance(node, ast.Call) and called(node) in HAND_ON:
            yield node.args[0], None
        elif isinstance(node, ast.Call) and called(node) in PUT:
            for pair in ast.walk(node):
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                    values = pair.elts[1]
                    names = {key.value for key in values.keys} if isinstance(values, ast.Dict) else None
                    yield pair.elts[0], names
        elif isinstance(node, ast.Subscript) and getattr(node.value, "id", "") in ("words", "texts"):
            yield node.slice, None


def constants(tree):
    """The text constants of a module, without its docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented)
                  and node.body and isinstance(node.body[0], ast.Expr)}
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
            and id(node) not in docstrings]


class Asked:
    """What a module asks for. named: keys named as a whole, one with a dot wherever it stands; patterns: those that are
    built there, a hole for each piece that is not constant; a hole is filled by any other constant of the module."""

    def __init__(self, tree):
        places = list(keyed(tree))
        self.constants = set(constants(tree))
        self.asked = {key for node, _ in places for key in whole(node)}
        self.named = self.asked | {text for text in self.constants if "." in text}
        built = [pieces(node) for node, _ in places]
        self.patterns = [re.compile("".join("(.+)" if piece is None else re.escape(piece) for piece in parts))
                         for parts in built if None in parts and any(parts)]

    def asks(self, key):
        found = [pattern.fullmatch(key) for pattern in self.patterns]
        return key in self.named or any(match and set(match.groups()) <= self.constants for match in found)


ASKED = {name: Asked(tree) for name, tree in SOURCES.items() if name != "microgpt.py"}


def unused(keys):
    """Those of these keys that nobody asks for; a text in the singular goes with its key."""
    return [key for key in keys if key.removesuffix(".one") not in PAGE.keys | BY_BUILD | WATCH | CHOSEN
            and not any(module.asks(key.removesuffix(".one")) for module in ASKED.values())]


def test_every_key_that_the_page_asks_for_is_there():
    assert len(PAGE.keys) > 100 and PAGE.keys - EN.keys() == set()


def test_every_key_that_python_asks_for_is_there():
    asked = set().union(*(module.asked for module in ASKED.values()))
    assert len(asked) > 100 and asked - EN.keys() == set()


def test_every_key_that_the_watch_asks_for_is_there():
    assert len(WATCH) > 15 and WATCH - EN.keys() == set()


def test_every_key_is_asked_for():
    assert unused(EN) == []


@pytest.mark.parametrize("key", [
    "status.letter", "inside.loss.title", "letter.nothing", "letter.loss.hint", "number.is.weight.title", "step.title",
    "name.token", "lines.letter", "share.unknown", "number", "status", "panel", "train.pause", "own.used.title",
])
def test_an_invented_key_is_found_out(key):
    assert key not in EN and unused([key]) == [key]


@pytest.mark.parametrize("name", ASKED)
def test_every_place_in_a_text_gets_its_value(name):
    for node, names in keyed(SOURCES[name]):
        for key in whole(node):
            assert names is None or places(EN[key]) <= names, key


# ---- The languages

def places(text):
    """The names of a text's {places}."""
    return {place for _, place, _, _ in string.Formatter().parse(text) if place is not None}


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_language_has_every_text_with_the_same_places_and_no_other(code):
    texts = LANGUAGES[code]
    assert list(texts) == list(EN)  # in the same order, so that two files can be read side by side
    for key, text in texts.items():
        assert text.strip() == text != "" and places(text) == places(EN[key]), key


def test_every_visible_text_has_a_key():
    assert PAGE.bare == []


def test_a_text_without_a_key_is_found_out():
    assert Page('<p>now<img alt="a"></p><p data-t="step"></p>').bare == ["now", "a"]


# Constants in Python that look like a sentence and are none for a visitor, by their file.
NO_SENTENCES = {
    "common/experiments.py": ["the text has changed where this would go"],  # of an error that only a test can meet
    "page/updates.py": ["may the version change?"],  # what one tab asks the others
    # Browsers' own words, which it looks for:
    "page/worker_client.py": ["out of memory", "Out of memory", "memory access out of bounds"],
    "worker/formats/published.py": ["kamon ann karai jaire"],  # the published names
    "worker/snapshots.py": ["step name temperature prefix draws"],  # fields
    "worker/inspector/training_step.py": ["for p, m, v"],  # the core's code, by which a line is found
}
QUOTED = ("it was ended",)  # of a worker that the page ended itself: nobody is told
CODE = re.compile(r"[<\n]|--|\(\)")
WORDS_IN_A_ROW = re.compile(r"[A-Za-z’']+,?(?: [A-Za-z’']+,?){2,}")


def internal(tree):
    """The constants in errors that are caught and answered with a key: any but a UserError or a CannotCompile."""
    return {text.value for node in ast.walk(tree) if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
            and called(node.exc) not in ("UserError", "CannotCompile")
            for text in ast.walk(node.exc) if isinstance(text, ast.Constant) and isinstance(text.value, str)}


def sentences(name, tree):
    """The constants of a module that could be sentences for a visitor: three words in a row, and neither markup nor
    lines of code."""
    known = [*NO_SENTENCES.get(name, []), *QUOTED]
    return [text for text in constants(tree) if WORDS_IN_A_ROW.search(text) and not CODE.search(text)
            and text not in internal(tree) and not any(part in text for part in known)]


@pytest.mark.parametrize("name", [name for name in ASKED if not name.startswith("worker/compiler/")])
def test_no_sentence_for_a_visitor_stands_in_python(name):
    assert sentences(name, SOURCES[name]) == []


def test_a_sentence_in_python_is_found_out():
    tree = ast.parse('"""Three words here."""\nview.line("note", "This can\'t be right.")\nx = "two words"')
    assert sentences("page/x.py", tree) == ["This can't be right."]


def test_what_is_said_of_one_has_its_plural():
    for texts in LANGUAGES.values():
        for key in texts:
            if key.endswith(".one"):
                assert places(texts[key]) == places(texts[key.removesuffix(".one")]), key


# ---- The wording

def test_the_page_says_how_many_lines_the_core_has():
    lines = len((ROOT / "py/microgpt.py").read_text("utf-8").splitlines())
    manifest = (ROOT / "static/app.webmanifest").read_text("utf-8")
    for key in ("source.link", "lead", "source.show"):
        assert f"{lines} lines" in EN[key] and f"{lines}줄" in KO[key], key
    counts = re.findall(r"(\d+) lines", " ".join(EN.values())) + re.findall(r"(\d+)줄", " ".join(KO.values()))
    assert counts == [str(lines)] * 6
    assert re.findall(r"(\d+) lines", HTML) == re.findall(r"(\d+) lines", manifest) == [str(lines)]  # the descriptions


OUT = {
    "en": r"per cent|\d %|\} %|\b(kept|told|heard|stumbl\w*|desk|mend\w*|foretold|takes its time|the core"
          r"|goes on|by heart|as ever)\b",
    "ko": r"\d %|\} %|\([을를이가은는과와으]\)|코어|자리|몫|무늬|보관|무작위 추측|블록 크기",
}


@pytest.mark.parametrize("code", OUT)
def test_words_that_are_out(code):
    assert {key: found[0] for key, text in LANGUAGES[code].items() if (found := re.search(OUT[code], text))} == {}


# These take their form from the sound before them.
PARTICLES = "이|가|은|는|을|를|과|와|로|으로|이나|나|이라|라|이며|이고|란|이란"


def test_no_korean_particle_hangs_on_a_value():
    hanging = re.compile(r"\{\w+\}[”’»]?(?:" + PARTICLES + r")(?![가-힣])")
    assert {key: found[0] for key, text in KO.items() if (found := hanging.search(text))} == {}


# By its last letter, how a foreign word or a number ends as it is read in Korean; what is not here can't be told.
LAST_LETTERS = {"vowel": "aeiosuvxyz_%2459", "ㄹ": "lr178", "consonant": "mn036"}
LAST_SOUNDS = {"GPT": "vowel", "exp": "vowel", "names.txt": "vowel", "n_head": "vowel",
               "n_embd": "vowel", "MB": "vowel"}
AFTER = {"vowel": {"가", "는", "를", "와", "로", "나", "라", "며", "고", "면"},
         "ㄹ": {"이", "은", "을", "과", "로", "이나", "이라", "이며", "이고", "이면"},
         "consonant": {"이", "은", "을", "과", "으로", "이나", "이라", "이며", "이고", "이면"}}


def wrong_particles(text):
    """Each foreign word or number of a text with a particle that does not fit its last sound."""
    after_word = re.compile(r"([A-Za-z_][\w.]*?[A-Za-z]|[A-Za-z]|\d|%)(" + PARTICLES + "|면|이면)(?![가-힣])", re.ASCII)
    for word, particle in after_word.findall(text):
        last = next((sound for sound, letters in LAST_LETTERS.items() if word[-1].lower() in letters), None)
        sound = LAST_SOUNDS.get(word, last)
        if sound and particle not in AFTER[sound]:
            yield word + particle


def test_particles_after_foreign_words_and_numbers_fit_their_sound():
    assert {key: wrong for key, text in KO.items() if (wrong := list(wrong_particles(text)))} == {}


@pytest.mark.parametrize(("text", "wrong"), [
    ("Adam는", ["Adam는"]), ("GPT이", ["GPT이"]), ("2.644이", ["4이"]), ("2.644가", []), ("ReLU를 거쳐 0으로", []),
    ("1로", []), ("3로", ["3로"]), ("A로", [])])
def test_a_particle_that_does_not_fit_is_found_out(text, wrong):
    assert list(wrong_particles(text)) == wrong


@pytest.mark.parametrize("text", ["{loss}이 됩니다", "“{doc}”을 읽고", "{weight}는"])
def test_a_particle_that_hangs_on_a_value_is_found_out(text):
    assert re.search(r"\{\w+\}[”’»]?(?:" + PARTICLES + r")(?![가-힣])", text)
