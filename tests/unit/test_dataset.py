"""Data of one's own: what is read from any bytes, and what is said of those that can't be read."""

import hashlib
import io
import random
import tracemalloc
import unicodedata
from collections import Counter

import microgpt
import pytest
from common import hangul
from common.errors import UserError
from hypothesis import given, settings
from hypothesis import strategies as st
from worker import dataset
from worker.dataset import facts, read

KOREAN = "서연\n민준\n지우\n"


def docs(data: bytes) -> list[str]:
    return read(data).docs


# ---- What can be read: (bytes, documents, keys of the notes)

READABLE = {
    "UTF-8": ("emma\nZoë\n서연\n".encode(), ["emma", "Zoë", "서연"], []),
    "with a byte order mark": ("emma\n서연".encode("utf-8-sig"), ["emma", "서연"], []),
    "CRLF": (b"emma\r\nolivia\r\n", ["emma", "olivia"], []),
    "old Mac": (b"emma\rolivia\r", ["emma", "olivia"], []),
    "mixed": (b"a\r\nb\nc\rd", ["a", "b", "c", "d"], []),
    "blank lines and spaces": (b"\n\n  emma \n\t\n \n olivia ann\n", ["emma", "olivia ann"], []),
    "one document": (b"a", ["a"], []),
    "the same twice": (b"a\nb\na", ["a", "b", "a"], []),
    "UTF-16": ("emma\r\n서연\n🐍".encode("utf-16"), ["emma", "서연", "🐍"], ["own.encoding"]),
    "UTF-16, big end first": (b"\xfe\xff" + KOREAN.encode("utf-16-be"), KOREAN.split(), ["own.encoding"]),
    "UTF-16, cut in the middle": ("emma\nab".encode("utf-16")[:-1], ["emma", "a"], ["own.encoding"]),
    "CP949": (KOREAN.encode("cp949"), KOREAN.split(), ["own.encoding"]),
    "CP949 beyond EUC-KR": ("똠방\n펲시".encode("cp949"), ["똠방", "펲시"], ["own.encoding"]),
    "Latin-1": ("Ren\u00e9e\nZo\u00eb\n".encode("latin-1"), ["Ren\u00e9e", "Zo\u00eb"], ["own.encoding"]),
    "letters and their accents apart": (unicodedata.normalize("NFD", "Zoë\n서연").encode(), ["Zoë", "서연"],
                                        ["own.normalized"]),
    "a half of a pair, lost on the way": ("a\nb\ufffd".encode(), ["a", "b\ufffd"], ["own.unreadable"]),
    "markup": (b"<b>x</b>\n&amp;\n<script>alert(1)</script>", ["<b>x</b>", "&amp;", "<script>alert(1)</script>"], []),
    "commas and tabs": (b"emma,1\nmia\t2", ["emma,1", "mia\t2"], []),
    "separators of other kinds are letters": ("a\u2028b\x85c".encode(), ["a\u2028b\x85c"], []),
    "as long as may be": (b"a" * dataset.MAX_LENGTH, ["a" * dataset.MAX_LENGTH], []),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_is_read(name):
    content, expected, notes = READABLE[name]
    own = read(content)
    assert own.docs == expected
    assert [key for key, _ in own.notes] == notes
    assert own.sha256 == hashlib.sha256("\n".join(expected).encode()).hexdigest()


# ---- What can't: (bytes, key, values)

UNREADABLE = {
    "nothing": (b"", "own.blank", {}),
    "only a mark": (b"\xef\xbb\xbf", "own.blank", {}),
    "blank lines": (b"\n \r\n\t", "own.blank", {}),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "own.control", {"line": 2, "code": "U+001A"}),
    "a zero": (b"emma\nol\0ivia", "own.control", {"line": 2, "code": "U+0000"}),
    "UTF-16 without a mark": ("emma".encode("utf-16-le"), "own.control", {"line": 1, "code": "U+0000"}),
    "damaged UTF-8": ("서연\nZoë\n".encode() + b"ab\xff\n", "own.utf8", {"line": 3, "byte": "0xFF"}),
    "UTF-8 by its mark, damaged": (b"\xef\xbb\xbfa\r\nb\xc3\r\n", "own.utf8", {"line": 2, "byte": "0xC3"}),
    "a lone surrogate": (b"\xff\xfe" + "a\nb\n".encode("utf-16-le") + b"\x00\xd8", "own.half", {"line": 3}),
    "a lone surrogate in UTF-8": ("서\n".encode() + b"\xed\xa0\x80", "own.utf8", {"line": 2, "byte": "0xED"}),
    "a million letters in a line": (b"a\n\n" + b"b" * 1_000_000, "own.long",
                                    {"line": 3, "count": "1,000,000", "limit": "10,000"}),
    "too many letters": ("\n".join(map(chr, range(0x4E00, 0x4E00 + 2001))).encode(), "own.letters",
                         {"count": "2,001", "limit": "2,000"}),
    "too many documents": (b"a\n" * 1_000_001, "own.many", {"count": "1,000,001", "limit": "1,000,000"}),
    "too large": (b"a" * 10_000_001, "own.large", {"megabytes": "10.0", "limit": 10}),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_wrong_is_said_with_its_line(name):
    content, key, values = UNREADABLE[name]
    with pytest.raises(UserError) as problem:
        read(content)
    assert (problem.value.key, problem.value.values) == (key, values)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_whatsoever_give_documents_or_a_problem(content):
    try:
        own = read(content)
    except UserError as problem:
        assert problem.key.startswith("own.")
    else:
        assert own.docs and all(doc == doc.strip() != "" for doc in own.docs)
        "".join(own.docs).encode()  # no halves of pairs
        facts(own)


def test_thousands_of_damaged_files_give_documents_or_a_problem():
    """Truncated, with bytes changed, put in and taken out, in every encoding."""
    rng, outcomes = random.Random(1), Counter()
    texts = ["emma\nZoë\n서연\n" * 20, "서연\r\n민준\r\n" * 20, "🐍\n" * 30, "a\n"]
    encodings = ("utf-8", "utf-8-sig", "utf-16", "cp949", "latin-1")
    whole = [text.encode(name, "ignore") for text in texts for name in encodings]
    for _ in range(3000):
        content = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            at, some = rng.randint(0, len(content)), rng.randbytes(rng.randint(0, 3))
            content[at:at + rng.choice((0, 1, 2, 10, 1000))] = some
        try:
            facts(read(bytes(content)))
            outcomes["read"] += 1
        except UserError as problem:
            outcomes[problem.key] += 1
    assert len(outcomes) >= 5 and outcomes.total() == 3000


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=1, max_size=20))
def test_what_the_core_reads_from_a_file_is_what_is_read_here(lines):
    content = unicodedata.normalize("NFC", "\n".join(lines)).encode()
    try:
        run = microgpt.Run(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig"), n_embd=1, n_head=1, block_size=1)
    except ValueError:
        with pytest.raises(UserError):
            read(content)
    else:
        assert sorted(docs(content)) == sorted(run.docs)


@pytest.mark.parametrize("line", ["김서연", "emma", "a"])
def test_what_is_read_takes_memory_in_proportion(line):
    content = "\n".join(f"{line}{i % 5000}" for i in range(50_000)).encode()
    tracemalloc.start()
    assert facts(read(content))["documents"] == 50_000
    assert tracemalloc.get_traced_memory()[1] < 60 * len(content)
    tracemalloc.stop()


def test_the_hash_of_a_plain_file_is_the_files_own():
    content = b"emma\nolivia\nava"
    assert read(content).sha256 == hashlib.sha256(content).hexdigest() == read(content + b"\r\n").sha256


# ---- What is said of it


def test_the_facts_of_some_documents():
    said = facts(read(b"emma\nbo\nemma\n\n" + b"x" * 70))
    assert (said["documents"], said["duplicates"], said["notes"]) == (4, 1, [])
    assert said["first"] == ["emma", "bo", "emma", "x" * 60 + "…"]
    form = said["forms"]["syllables"]
    assert (form["alphabet"], form["letters"], form["shown"]) == ("abemox", 6, list("abemox"))
    assert (form["shortest"], form["longest"], form["mean"]) == (2, 70, 20.0)
    assert "jamo" not in said["forms"]


@settings(deadline=None)
@given(st.lists(st.text("ab서연Zë", min_size=1, max_size=30), min_size=1, max_size=30), st.integers(1, 64))
def test_how_many_documents_a_block_cuts_is_what_the_core_cuts(lines, block):
    own = read("\n".join(lines).encode())
    for name, form in facts(own)["forms"].items():
        run_docs = list(map(hangul.decompose, own.docs)) if name == "jamo" else own.docs
        assert form["over"][block] == sum(len(doc) + 2 > block + 1 for doc in run_docs)
        assert form["alphabet"] == "".join(sorted(set("".join(run_docs))))
        lengths = Counter(map(len, run_docs))
        assert (form["shortest"], form["longest"]) == (min(lengths), max(lengths))
