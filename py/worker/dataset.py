"""Own data as a run has them: bytes in, documents out, or the first thing that is wrong with them, with its line.

A document is a line. It is read as microgpt.py reads its file, and more carefully: with accents and Hangul in one form
(Unicode's NFC), and within limits. How it reads stays as it is, in every byte, because links and saved runs name their
data by the SHA-256 of the documents; what a visitor newly gives is made such a file by worker/reading first. Pure
Python without a browser.
"""
import hashlib
import re
import unicodedata
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from types import SimpleNamespace

from common import hangul
from common.errors import UserError

MAX_BYTES = 10_000_000
MAX_DOCUMENTS = 1_000_000
MAX_LENGTH = 10_000  # letters of a document
MAX_LETTERS = 2000   # different ones: each is a token, and every step computes a score for every token
MAX_BLOCK = 64
PREVIEW_LINES, PREVIEW_LENGTH = 8, 60
CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
SURROGATE = re.compile("[\ud800-\udfff]")
UNSEEN = ("Cc", "Cf", "Cn", "Co", "Zs", "Zl", "Zp")  # Unicode's categories of what has no picture
FILLERS = "\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0e\ufe0f"  # others that have none
UNREADABLE = "\ufffd"  # what a program puts where it could not read a character


def read(data: bytes) -> SimpleNamespace:
    """The documents in some bytes: docs, in their order; sha256, that of the docs, a line each, as UTF-8; encoding;
    notes, [key, values] of what the visitor should know. Raises UserError.
    """
    if len(data) > MAX_BYTES:
        raise UserError("own.large", megabytes=f"{len(data) / 1e6:.1f}", limit=MAX_BYTES // 1_000_000)
    text, encoding = decode(data)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if strange := CONTROL.search(text):
        raise UserError("own.control", line=line_of(text, strange.start()), code=f"U+{ord(strange[0]):04X}")
    notes = []
    if encoding != "UTF-8":
        notes.append(["own.encoding", {"encoding": encoding}])
    if (place := text.find(UNREADABLE)) >= 0:
        notes.append(["own.unreadable", {"line": line_of(text, place)}])
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
        notes.append(["own.normalized", {}])
    return checked(text.split("\n"), encoding, notes)


def checked(lines: list[str], encoding: str, notes: list) -> SimpleNamespace:
    """What read() gives, of lines in one form. Raises UserError where they go beyond a limit."""
    docs = [doc for line in lines if (doc := line.strip())]
    if not docs:
        raise UserError("own.blank")
    if len(docs) > MAX_DOCUMENTS:
        raise UserError("own.many", count=f"{len(docs):,}", limit=f"{MAX_DOCUMENTS:,}")
    longest = max(map(len, docs))
    if longest > MAX_LENGTH:
        line = next(i for i, line in enumerate(lines, 1) if len(line.strip()) == longest)
        raise UserError("own.long", line=line, count=f"{longest:,}", limit=f"{MAX_LENGTH:,}")
    letters = len(set(hangul.decompose("".join(set("".join(docs))))))
    if letters > MAX_LETTERS:
        raise UserError("own.letters", count=f"{letters:,}", limit=f"{MAX_LETTERS:,}")
    digest = hashlib.sha256("\n".join(docs).encode()).hexdigest()
    return SimpleNamespace(docs=docs, sha256=digest, encoding=encoding, notes=notes)


def decode(data: bytes) -> tuple[str, str]:
    """Bytes as text, and the name of the encoding: what a byte order mark says, else UTF-8, else CP949 (old Korean
    files), else Latin-1 (old Western ones), which has a letter for every byte. Raises UserError."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        text = data[:len(data) & ~1].decode("utf-16", "surrogatepass")
        if half := SURROGATE.search(text):
            raise UserError("own.half", line=line_of(text, half.start()))
        return text, "UTF-16"
    try:
        return data.removeprefix(BOM_UTF8).decode(), "UTF-8"
    except UnicodeDecodeError as error:
        # Where letters beyond ASCII came well before, or a mark says UTF-8, it is damaged rather than something else.
        if data.startswith(BOM_UTF8) or not data[:error.start].isascii():
            raise UserError("own.utf8", line=line_of(data.removeprefix(BOM_UTF8)[:error.start].decode(), None),
                                       byte=f"0x{error.object[error.start]:02X}") from None
    try:
        return data.decode("cp949"), "CP949"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def line_of(text: str, place: int | None) -> int:
    """The number of the line in which a place is; None is the text's end."""
    return text.count("\n", 0, place) + text.count("\r", 0, place) - text.count("\r\n", 0, place) + 1


def facts(own: SimpleNamespace) -> dict:
    """What the page shows of data that read() gave before training on it; it can be written as JSON.

    forms: the alphabet and the documents' lengths, by syllables, and by jamo where there is Hangul.
    """
    alphabet = "".join(sorted(set("".join(own.docs))))
    forms = {"syllables": form(alphabet, Counter(map(len, own.docs)))}
    if any(map(hangul.is_syllable, alphabet)):
        forms["jamo"] = form("".join(sorted(set(hangul.decompose(alphabet)))), jamo_lengths(own.docs))
    return {"documents": len(own.docs), "duplicates": len(own.docs) - len(set(own.docs)), "sha256": own.sha256,
            "notes": own.notes, "forms": forms, "limit": MAX_LETTERS,
            "first": [doc[:PREVIEW_LENGTH] + ("…" if len(doc) > PREVIEW_LENGTH else "")
                      for doc in own.docs[:PREVIEW_LINES]]}


def form(alphabet: str, counts: Counter) -> dict:
    """An alphabet, and of the lengths in a Counter: the shortest, the longest, the mean, and over[block], how many
    documents a block size of 0, 1, … MAX_BLOCK cuts: with the token that begins it, one is a letter longer."""
    documents = counts.total()
    over, rest = [], documents
    for block in range(MAX_BLOCK + 1):
        over.append(rest)
        rest -= counts[block]
    return {"alphabet": alphabet, "letters": len(alphabet),
            "shown": list(map(named, alphabet)),
            "shortest": min(counts), "longest": max(counts),
            "mean": round(sum(length * count for length, count in counts.items()) / documents, 1), "over": over}


def named(letter: str) -> str:
    """A letter as a list of letters shows it: one that nobody would see by its code point, an accent on a circle."""
    if letter == " ":
        return "␣"
    kind = unicodedata.category(letter)
    if kind in UNSEEN or letter in FILLERS:
        return f"U+{ord(letter):04X}"
    return "◌" + letter if kind in ("Mn", "Me") else hangul.shown(letter)


def jamo_lengths(docs: list[str]) -> Counter:
    """A Counter of the lengths that documents have in jamo."""
    syllable, jamo = re.compile("[가-힣]"), {}
    text = "\n".join(docs)
    for letter in set(text):
        jamo[ord(letter)] = "x" * len(hangul.decompose(letter)) if syllable.match(letter) else "x"
    jamo[ord("\n")] = "\n"
    return Counter(map(len, text.translate(jamo).split("\n")))
