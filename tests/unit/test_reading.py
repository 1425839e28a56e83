"""A visitor's own data as they have it: what is read, what is offered, and that a run gets the documents unchanged."""
import csv
import io
import json
import random
import unicodedata

import pytest
from common.errors import UserError
from hypothesis import given, settings
from hypothesis import strategies as st
from support import ROOT
from worker import dataset, reading
from worker.reading import alphabet, division
from worker.reading.decoding import decode

NAMES = ["Loan", "Ulno", "Javiken", "Majami", "Manoanel", "Kenpemama", "Maja", "Vimimael", "Ulelro", "Elno", "Mamiken"]


def found(content: bytes, **choices):
    return reading.read(content, choices)


def notes(own) -> list[str]:
    return [key for key, _ in own.notes]


# ---- Line ends and what nobody sees: (text, documents, keys of the notes)

CLEANED = {
    "a page break": ("emma\folivia\n", ["emma", "olivia"], ["own.breaks"]),
    "a page break in a line of its own": ("emma\n\f\nolivia", ["emma", "olivia"], ["own.breaks"]),
    "a vertical tab, as Word has in a line": ("roses\vred\n", ["roses", "red"], ["own.breaks"]),
    "next line": ("a\x85b", ["a", "b"], ["own.breaks"]),
    "line and paragraph separators": ("a\u2028b\u2029c", ["a", "b", "c"], ["own.breaks"]),
    "separators of old data bases": ("a\x1cb\x1dc\x1ed", ["a", "b", "c", "d"], ["own.breaks"]),
    "the end of a DOS file": ("emma\r\nolivia\r\n\x1a", ["emma", "olivia"], ["own.invisible"]),
    "a DOS file, filled up": ("emma\r\n\x1a\x1a\0\0", ["emma"], ["own.invisible"]),
    "a line end behind it": ("emma\r\n\x1a\r\n", ["emma"], ["own.invisible"]),
    "a terminal's colours": ("\x1b[31mred\x1b[0m\ngreen", ["red", "green"], ["own.invisible"]),
    "a manual's overstrikes": ("N\bNA\bAM\bME\bE\nemma", ["NAME", "emma"], ["own.invisible"]),
    "one control character": ("emma\x7f\n" + "olivia\n" * 20, ["emma"] + ["olivia"] * 20, ["own.invisible"]),
    "zero-width spaces": ("an\u200bna\nbob", ["anna", "bob"], ["own.invisible"]),
    "a byte order mark in the middle": ("anna\n\ufeffbob", ["anna", "bob"], ["own.invisible"]),
    "soft hyphens": ("lu\u00adis", ["luis"], ["own.invisible"]),
    "marks of direction": ("\u200emax\u200f\n\u202eabc\u202c\n\u2066x\u2069", ["max", "abc", "x"], ["own.invisible"]),
    "a line that nobody sees": ("anna\n\u200b\nbob", ["anna", "bob"], ["own.invisible"]),
    "word joiners": ("a\u2060b", ["ab"], ["own.invisible"]),
    "a variation selector behind a letter": ("a\ufe0fb", ["ab"], ["own.invisible"]),
    "a Hangul filler": ("김\u3164서연", ["김서연"], ["own.invisible"]),
    "a joiner between Latin letters": ("bo\u200db", ["bob"], ["own.invisible"]),
    "a joiner in an emoji": ("\U0001f468\u200d\U0001f469", ["\U0001f468\u200d\U0001f469"], []),
    "a heart in colour": ("\u2764\ufe0f", ["\u2764\ufe0f"], []),
    "a key cap": ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"], []),
    "a region's flag": ("\U0001f3f4\U000e0067\U000e0062\U000e007f", ["\U0001f3f4\U000e0067\U000e0062\U000e007f"], []),
    "Persian's non-joiner": ("می\u200cخواهم", ["می\u200cخواهم"], []),
    "Hindi's joiner": ("क्\u200dष", ["क्\u200dष"], []),
    "a variant of a Han character": ("葛\U000e0100城", ["葛\U000e0100城"], []),
    "no-break spaces": ("\u00a0zoe\nal\u00a0ex", ["zoe", "al ex"], ["own.spaces"]),
    "a narrow one": ("oui\u202f!", ["oui !"], ["own.spaces"]),
    "an ideographic space": ("山田\u3000太郎", ["山田\u3000太郎"], []),
    "Windows-1252 taken for Latin-1": ("don\x92t\nwait\x85x", ["don’t", "wait", "x"], ["own.breaks", "own.c1"]),
    "accents apart": (unicodedata.normalize("NFD", "Zoë\n서연"), ["Zoë", "서연"], ["own.normalized"]),
    "an accent apart, behind a zero-width space": ("e\u200b\u0301", ["é"], ["own.normalized", "own.invisible"]),
}


@pytest.mark.parametrize("name", CLEANED)
def test_line_ends_of_every_kind_and_what_nobody_sees(name):
    text, docs, keys = CLEANED[name]
    own = found(("more\nlines\n" + text).encode()).own
    assert own.docs == ["more", "lines", *docs]
    assert notes(own) == keys
    assert dataset.read(reading.plain(own)).docs == own.docs


@pytest.mark.parametrize(("content", "line", "code"), [
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 2, "U+001A"), (b"emma\nol\0ivia", 2, "U+0000"),
    (b"\x89PNG\r\n\x1a\n\0\0", 2, "U+001A"),
    (b"PK\x03\x04\x14\0\x08\0", 1, "U+0003"), (b"%PDF-1.7\n\x01\x02\x03\x04", 2, "U+0001"),
    (bytes(range(256)) * 4, 1, "U+0000")])
def test_what_is_no_text_is_refused(content, line, code):
    with pytest.raises(UserError) as problem:
        found(content)
    assert (problem.value.key, problem.value.values) == ("own.control", {"line": line, "code": code})


def test_letters_that_are_left_and_cannot_be_seen_are_named():
    text = "\U0001f468\u200d\U0001f469\na\tb\n\u0301x\nmی\u200cخ\n山\u3000田"
    shown = dataset.facts(found(text.encode()).own)["forms"]["syllables"]["shown"]
    assert {"U+200D", "U+0009", "◌\u0301", "U+200C", "U+3000"} <= set(shown)
    assert not [name for name in shown if not name.strip() or name in "\u200d\u200c\t"]


# ---- Encodings

def test_zeros_between_letters_are_utf_16_without_a_mark():
    for codec in ("utf-16-le", "utf-16-be"):
        for text in ("emma\nolivia", "김서연\r\n이민준\r\n박지우", "Zoë\nRené\nanna"):
            read = found(text.encode(codec))
            assert (read.own.docs, notes(read.own)) == (text.split(), ["own.encoding.marked"])


def test_an_encoding_of_seven_bits():
    text = "さくら\nひなた"
    assert found(text.encode("iso2022_jp")).own.docs == text.split()


@pytest.mark.parametrize("text", ["Zoë\nRené\nanna", "don’t\nit’s", "서연\n민준", "Анна\nБорис", "é\nà\nÍ"])
def test_utf_8_that_was_encoded_twice_is_undone_and_that_is_said(text):
    twice = "".join(bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8d, 0x8f, 0x90, 0x9d) else chr(byte)
                    for byte in text.encode())
    read = found(twice.encode())
    assert read.own.docs == text.split() and notes(read.own) == ["own.encoding"]
    assert [name for name, _ in read.encodings] == ["UTF-8 ×2", "UTF-8"]
    assert found(text.encode(), encoding="UTF-8").own.docs == text.split()
    assert found("Ã\nÂge\nÉté".encode()).own.encoding == "UTF-8"


def test_the_guess_is_said_and_can_be_changed():
    data = "don’t\nit’s".encode("cp1252")
    read = found(data)
    assert read.own.notes == [["own.encoding", {"encoding": "Windows-1252"}]]
    assert read.encodings[0] == ["Windows-1252", "don’t"] and ["CP949", "don뭪"] in read.encodings
    assert found(data, encoding="CP949").own.docs[0] == "don뭪"
    assert found(data, encoding="no such thing").own.docs[0] == "don’t"
    for name, line in read.encodings:
        assert found(data, encoding=name).own.docs[0] == line


def test_a_file_cut_in_the_middle_of_a_letter_is_read_all_the_same():
    data = ("김서연\n이민준\n박지우\n" * 5).encode("cp949")[:-2]
    read = found(data)
    assert read.own.encoding == "CP949" and read.own.docs[:3] == ["김서연", "이민준", "박지우"]


@pytest.mark.parametrize(("content", "line", "byte"), [
    ("서연\nZoë\n".encode() + b"ab\xff\n", 3, "0xFF"), (b"\xef\xbb\xbfa\r\nb\xc3\r\n", 2, "0xC3"),
    ("서연\n민준\n".encode() * 20 + b"\xec\x84", 41, "0xEC")])
def test_damaged_utf_8_is_said_to_be(content, line, byte):
    with pytest.raises(UserError) as problem:
        found(content)
    assert (problem.value.key, problem.value.values) == ("own.utf8", {"line": line, "byte": byte})


# ---- Lists, columns, numbers: (text, the documents of the first way that is offered)

DIVIDED = {
    "commas": (", ".join(NAMES), NAMES), "commas alone": (",".join(NAMES), NAMES),
    "a comma at the end": (", ".join(NAMES) + ",\n", NAMES), "semicolons": ("; ".join(NAMES), NAMES),
    "tabs": ("\t".join(NAMES), NAMES), "spaces": (" ".join(NAMES), NAMES), "slashes": (" / ".join(NAMES), NAMES),
    "bars": (" | ".join(NAMES), NAMES), "Chinese": ("王伟、李娜、张敏、刘洋", ["王伟", "李娜", "张敏", "刘洋"]),
    "wide commas": ("王伟，李娜，张敏，刘洋", ["王伟", "李娜", "张敏", "刘洋"]),
    "Korean": ("민준, 서연, 도윤, 하은", ["민준", "서연", "도윤", "하은"]),
    "JSON": (json.dumps(NAMES), NAMES), "Python": (repr(NAMES), NAMES), "in brackets": (f"({', '.join(NAMES)})", NAMES),
    "quoted, with commas inside": ('"Smith, Ann","Jones, Bob","Brown, Cy","Ray, Di"',
                                   ["Smith, Ann", "Jones, Bob", "Brown, Cy", "Ray, Di"]),
    "wrapped": (",\n".join([", ".join(NAMES[:4]), ", ".join(NAMES[4:9]), ", ".join(NAMES[9:])]), NAMES),
    "line ends written out": ("\\n".join(NAMES), NAMES), "tags": ("<br>".join(NAMES), NAMES),
    "middle dots": (" · ".join(NAMES), NAMES), "and": ("anna, bob, clara and dora", ["anna", "bob", "clara", "dora"]),
    "a comma and an and": ("anna, bob, and andy", ["anna", "bob", "andy"]),
    "numbers": ("1. anna 2. bob 3. clara 4. dora", ["anna", "bob", "clara", "dora"]),
    "three": ("anna, bob, clara", ["anna", "bob", "clara"]),
    "a text in prose": ("The cat sat, quite still, on the mat. It was old. It slept!",
                        ["The cat sat, quite still, on the mat.", "It was old.", "It slept!"]),
}
LINED = {
    "numbers and a dot": "{n}. {name}", "numbers and a bracket": "{n}) {name}", "in brackets": "({n}) {name}",
    "a tab behind them": "{n}\t{name}", "nothing behind the dot": "{n}.{name}", "a colon": "{n}: {name}",
    "right-aligned": "{n:>5} {name}", "#": "#{n} {name}", "hyphens": "- {name}", "stars": "* {name}",
    "dots": "• {name}",
    "dots without a space": "•{name}", "long dashes": "– {name}", "tasks": "- [ ] {name}", "quotes": '"{name}"',
    "JSON's lines": '  "{name}",', "commas at the end": "{name},", "counts": "{name} {m}",
    "counts in brackets": "{name} ({m})",
    "counts and a colon": "{name}: {m}", "counts and a comma": "{name},{m}", "a share": "{name} {n}%",
    "SSA": "{name},F,{m}", "tabs": "{n}\t{name}\tF", "semicolons": "{n};{name};{m}", "bars": "| {name} | {m} |",
    "spaces": "{name:<20}F   {m}", "quoted cells": '"{name}","F","{m}"',
    "counts first, as uniq has them": "{m:>7} {name}",
    "quoted list": "“{name}”", "SQL": "('{name}'),",
    "JSON's objects": '{{"n": {n}, "name": "{name}", "m": null}}', "Korean numbers": "{n}、{name}",
}


@pytest.mark.parametrize("name", DIVIDED)
def test_a_list_in_one_line_can_be_divided(name):
    text, docs = DIVIDED[name]
    read = found(text.encode())
    assert read.ways[0].kind == "divide" and read.ways[0].documents == len(docs)
    if "\n" not in text.strip():
        assert len(read.own.docs) == 1 and "own.single" in notes(read.own)
    taken = found(text.encode(), take=read.ways[0].id)
    assert taken.own.docs == docs and "own.single" not in notes(taken.own)
    assert taken.choices["take"] == read.ways[0].id and [way.id for way in taken.ways] == [way.id for way in read.ways]


@pytest.mark.parametrize("name", LINED)
def test_what_stands_beside_the_names_can_be_left_out(name):
    names = NAMES * 3
    text = "\n".join(LINED[name].format(n=n, m=3000 - 7 * n, name=word) for n, word in enumerate(names, 1))
    read = found(text.encode())
    assert read.own.docs == [line.strip() for line in text.split("\n")]  # as it is, unless one chooses
    assert found(text.encode(), take=read.ways[0].id).own.docs == names
    assert any(key.startswith("own.looks.") for key in notes(read.own))


HEADERS = [("Name;Count", "{name};{m}"), ("id\tname\tgender", "{n}\t{name}\tF"),
           ("first_name,last_name", "{name},Smith{m}"),
           ("| Name | Births |\n|---|---:|", "| {name} | {m} |"), ('"Vorname";"Anzahl"', '"{name}";"{m}"'),
           ("sep=;\r\nName;Count", "{name};{m}"), ("이름,성별", "{name},F"), ("Rank,Whatever,Births", "{n},{name},{m}")]


@pytest.mark.parametrize(("header", "line"), HEADERS)
def test_a_header_is_left_out_and_names_the_columns(header, line):
    lines = [line.format(n=n, m=3000 - 7 * n, name=word) for n, word in enumerate(NAMES, 1)]
    read = found("\r\n".join([header, *lines]).encode("utf-8-sig"))
    assert read.ways[0].kind == "column" and read.ways[0].name in header
    assert found("\n".join([header, *lines]).encode(), take=read.ways[0].id).own.docs == NAMES


def test_json_is_divided_by_its_own_rules():
    names = ['Ann "Al"', "Bob, Jr.", "Cy"]
    for text in (json.dumps([{"id": n, "name": name} for n, name in enumerate(names)]),
                 json.dumps([{"id": n, "name": name} for n, name in enumerate(names)], indent=2)):
        assert found(text.encode(), take=found(text.encode()).ways[0].id).own.docs == names
    pretty = json.dumps(NAMES, indent=2).encode()
    assert found(pretty, take=found(pretty).ways[0].id).own.docs == NAMES


def test_prose_in_one_line_is_not_called_a_list():
    for text in ("The cat sat. It was old. It slept.", "the quick brown fox jumps"):
        read = found(text.encode())
        assert notes(read.own) == ["own.single"] and read.ways


def test_cells_are_what_the_csv_module_wrote():
    rows = [["name", "note"], ["Ann \"Al\" Lee", "x, y"], ["Bob;\nRay", "z"], ["Cy, Jr.", "w"], ["Di", "v"]]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    way = next(way for way in found(text.getvalue().encode()).ways if way.name == "name")
    assert found(text.getvalue().encode(), take=way.id).own.docs == ['Ann "Al" Lee', "Bob; Ray", "Cy, Jr.", "Di"]


ORDINARY = {
    "names": "\n".join(NAMES), "two words": "New York\nLos Angeles\nSan Francisco\nEl Paso",
    "sentences": "He came, he saw, he left.\nIt was late.\nNobody, not even Ann, knew it; so it was.\nWell, well.",
    "recipes": "Apple pie\nBeef, roasted\nCrème brûlée\nDuck à l’orange\nEggs",
    "numbers": "12\n7\n1993\n44", "decimals": "1.5\n2.25\n3.75\n8.125",
    "dashes inside": "Anne-Marie\nJean-Luc\nMary-Jane",
    "one word": "emma", "two": "emma\nolivia", "years before names": "1984\n2001 a space odyssey\nbrazil\nalien",
    "letters": "a\nb\nc\nd", "versions": "v1.0\nv1.1\nv2.0\nv2.1", "initials": "j. smith\nk. smith\nj. brown\nk. brown",
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_lines_are_left_alone(name):
    assert found(ORDINARY[name].encode()).ways == []


@pytest.mark.parametrize("data", sorted((ROOT / "static/datasets").glob("*.txt")), ids=lambda path: path.stem)
def test_the_pages_own_data_sets_offer_nothing(data):
    read = found(data.read_bytes())
    assert (read.ways, read.cuts, read.encodings, notes(read.own)) == ([], [], [], [])
    assert read.own.sha256 == dataset.read(data.read_bytes()).sha256


# ---- Beyond the limits

def many_letters() -> str:
    """4,000 documents of 300 usual letters; two thirds of them have a rare one as well, each its own."""
    rng, usual = random.Random(1), [chr(0x4E00 + i) for i in range(300)]
    return "\n".join("".join(rng.choices(usual, k=3)) + chr(0x5200 + i) * bool(i % 3) for i in range(4000))


def test_thousands_of_letters_can_be_made_to_fit():
    data = many_letters().encode()
    read = found(data)
    assert read.own is None and read.problem.key == "own.letters"
    rare, first = read.cuts
    assert [rare.kind, first.kind] == ["rare", "first"] and rare.documents > first.documents > 0
    for one in read.cuts:
        own = found(data, cut=one.id).own
        assert len(own.docs) == one.documents == 4000 - one.lost
        assert 1900 < len(set("".join(own.docs))) <= dataset.MAX_LETTERS
    assert found(data, cut="first").own.docs == data.decode().split("\n")[:first.documents]
    left = found(data, cut="rare").own.docs
    assert left == [doc for doc in data.decode().split("\n") if doc in set(left)]  # in their order


def test_the_given_list_of_kanji_fits_with_fewer_lines():
    data = "\n".join(chr(0x4E00 + i) + chr(0x4F00 + i) + chr(0x5000 + i % 250) for i in range(2500)).encode()
    assert all(found(data, cut=one.id).own for one in found(data).cuts)


def test_too_many_lines_and_too_long_ones_can_be_left_out(monkeypatch):
    for module in (dataset, alphabet):
        monkeypatch.setattr(module, "MAX_DOCUMENTS", 10)
        monkeypatch.setattr(module, "MAX_LENGTH", 20)
    read = found(b"emma\n" * 12)
    assert (read.problem.key, [one.kind for one in read.cuts]) == ("own.many", ["first"])
    assert len(found(b"emma\n" * 12, cut="first").own.docs) == 10
    read = found(b"emma\n" + b"x" * 21 + b"\nmia")
    assert (read.problem.key, read.problem.values["line"], read.cuts[0].lost) == ("own.long", 2, 1)
    assert found(b"emma\n" + b"x" * 21 + b"\nmia", cut="short").own.docs == ["emma", "mia"]


def test_a_whole_book_in_one_line_can_be_divided():
    read = found(b"It was late. " * 2000)
    assert read.problem.key == "own.long" and read.ways[0].name == "sentence"
    assert found(b"It was late. " * 2000, take=read.ways[0].id).own.docs == ["It was late."] * 2000


# ---- What a run gets

@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
                 st.lists(st.text(st.sampled_from("aé서🏴\u200d\u0301 ,;\t\"1.-|()[]\x0b\x1a\u2028\ufeff"), max_size=9),
                          max_size=9).map(lambda lines: "\n".join(lines).encode())), st.data())
def test_whatever_is_given_and_chosen_a_run_reads_the_same_documents(content, data):
    try:
        read = found(content)
        json.dumps(reading.facts(read))
        if read.ways:
            read = found(content, take=data.draw(st.sampled_from([way.id for way in read.ways])))
    except UserError as problem:
        assert problem.key.startswith("own.")
        return
    if read.own:
        plain = dataset.read(reading.plain(read.own))
        assert (plain.docs, plain.sha256) == (read.own.docs, read.own.sha256)
        json.dumps(reading.facts(read))


@pytest.mark.parametrize("content", [
    b"a\xe2\x80\x8bnna\nbob", b"Name,Count\nanna,3\nbob,4\ncy,5", b"anna, bob, clara, dora",
    "서연\n민준".encode("cp949")])
def test_the_data_that_a_link_asks_for_are_found_in_whatever_way_they_were_read(content):
    read = found(content)
    for way in ["", *(way.id for way in read.ways)]:
        wanted = found(content, take=way).own
        assert reading.read(content, {}, wanted.sha256[:12]).own.docs == wanted.docs
    before = dataset.read(content)  # as earlier versions of the page read it
    assert reading.read(content, {}, before.sha256[:12]).own.docs == before.docs
    assert reading.read(content, {}, "0" * 12).own.docs == read.own.docs


def test_too_many_bytes_are_refused():
    with pytest.raises(UserError) as problem:
        found(b"a" * 10_000_001)
    assert (problem.value.key, problem.value.values) == ("own.large", {"megabytes": "10.0", "limit": 10})


def test_ways_that_nobody_offered_are_ignored():
    for way in ("column:comma:9", "divide:comma", "nonsense", "column:x:y"):
        assert found(b"anna\nbob", take=way).own.docs == ["anna", "bob"]
    assert division.take(["1. anna"], "unnumbered") == ["anna"] and decode(b"anna").encoding == "UTF-8"
