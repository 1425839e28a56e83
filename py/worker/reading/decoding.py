"""Bytes as text: what a byte order mark says, UTF-8, or the encoding in which they are the most plausible text."""
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, charmap_decode
from functools import cache
from types import SimpleNamespace

from common.errors import UserError
from worker.dataset import SURROGATE, UNREADABLE, line_of

from .charmaps import CHARMAPS
from .plausibility import ALPHABETS, CJK, CYRILLIC, LATIN, cost

SAMPLE = 6000      # bytes of lines beyond ASCII that are weighed
MAX_LOOKED_AT = 200_000
MAX_OFFERED = 8    # encodings to choose between,
LINE = 24          # with so much of a line of each
PRINTED = b"\t\r\n" + bytes(range(0x20, 0x7f))
UTF8, TWICE, UTF16, UTF32, ISO_2022 = "UTF-8", "UTF-8 ×2", "UTF-16", "UTF-32", "ISO-2022-JP"


WESTERN = ("English", "French", "German", "Spanish", "Portuguese", "Italian", "Catalan", "Swedish, Finnish",
           "Danish, Norwegian", "Icelandic", "Dutch", "Irish", "Albanian")
CENTRAL = ("Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Croatian, Slovene", "German")
SLAVIC = tuple(CYRILLIC)
LANGUAGES = (*LATIN, *ALPHABETS, *CJK)

# name: (Python's codec, the languages that are written in it, how many bits the others are likelier beforehand)
ENCODINGS = {
    "Windows-1252": ("cp1252", WESTERN, 0), "CP949": ("cp949", ("Korean",), 3),
    "Shift-JIS": ("cp932", ("Japanese",), 3), "EUC-JP": ("euc_jp", ("Japanese",), 5),
    "GB18030": ("gb18030", ("Chinese, simplified",), 3), "Big5": ("cp950", ("Chinese, traditional",), 3),
    "Windows-1251": ("cp1251", SLAVIC, 2), "KOI8-R": ("koi8_r", ("Russian",), 3),
    "KOI8-U": ("koi8_u", ("Ukrainian",), 4), "Windows-1250": ("cp1250", CENTRAL, 2),
    "Windows-1254": ("cp1254", ("Turkish", "German", "French"), 2), "Windows-1253": ("cp1253", ("Greek",), 3),
    "Windows-1255": ("cp1255", ("Hebrew",), 4), "Windows-1256": ("cp1256", ("Arabic, Persian",), 3),
    "Windows-874": ("cp874", ("Thai",), 3), "Windows-1257": ("cp1257", ("Lithuanian", "Latvian", "Estonian"), 3),
    "ISO-8859-2": ("iso8859_2", CENTRAL, 5), "ISO-8859-15": ("iso8859_15", WESTERN, 7),
    "ISO-8859-5": ("iso8859_5", SLAVIC, 8), "ISO-8859-7": ("iso8859_7", ("Greek",), 6),
    "Mac Roman": ("mac_roman", WESTERN, 6), "CP850": ("cp850", WESTERN, 7), "CP866": ("cp866", SLAVIC, 7),
}
ALL_NAMES = (UTF8, *ENCODINGS)


def decode(data: bytes, wanted: str = "") -> SimpleNamespace:
    """text; encoding, its name; others, [name, a line of it] for each other encoding in which the bytes are another
    text, the most plausible first. wanted: the name of the encoding to read them in, or "" for the best guess.
    Raises UserError.
    """
    fixed = None if wanted in ENCODINGS else marked(data)
    if fixed:
        return SimpleNamespace(text=fixed[0], encoding=fixed[1], others=[])
    plain, start = data.removeprefix(BOM_UTF8), 0
    try:
        text = plain.decode()
        if wanted not in ENCODINGS:
            once = undone(text)
            found = UTF8 if once is None or wanted == UTF8 else TWICE
            others = [] if once is None else [[TWICE, line_beyond_ascii(once)], [UTF8, line_beyond_ascii(text)]]
            return SimpleNamespace(text=text if found == UTF8 else once, encoding=found, others=others)
    except UnicodeDecodeError as error:
        damage, start = error, error.start
    ranked = ranking(sample(around(plain, start)), data.startswith(BOM_UTF8))
    name = wanted if wanted in ALL_NAMES else ranked[0][0]
    if name == UTF8 and not wanted:
        raise UserError("own.utf8", line=line_of(plain[:damage.start].decode(), None),
                        byte=f"0x{plain[damage.start]:02X}") from None
    return SimpleNamespace(text=read_as(plain, name), encoding=name, others=[[name, line] for name, line in ranked])


def undone(text: str) -> str | None:
    """The text of which another program took the UTF-8 for Windows-1252, and wrote that as UTF-8: Zoë for ZoÃ«; None
    where it is not such a text."""
    if text.isascii() or not re.search("[\u00c2-\u00f4]", text):
        return None
    try:
        return b"".join(letter.encode("latin-1" if letter < "\u0100" else "cp1252") for letter in text).decode()
    except UnicodeError:
        return None


def line_beyond_ascii(text: str) -> str:
    return next(line for line in text.splitlines() if not line.isascii())[:LINE]


def marked(data: bytes) -> tuple[str, str] | None:
    """The text and the encoding that a mark tells, or zeros between letters do, as UTF-16 without a mark has them."""
    if data.startswith((BOM_UTF32_LE, BOM_UTF32_BE)) and not len(data) % 4:
        return data.decode("utf-32", "replace"), UTF32
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return halves_checked(data[:len(data) & ~1].decode("utf-16", "surrogatepass")), UTF16
    if data.isascii() and re.search(rb"\x1b\$[@B]", data):
        return data.decode("iso2022_jp", "replace"), ISO_2022
    start = data[:4000]
    zeros = start.count(0)
    if zeros > max(1, len(start) // 13):
        for codec, high in (("utf-16-le", 1), ("utf-16-be", 0)):
            low = [start[place ^ 1] for place in range(high, len(start) & ~1, 2) if not start[place]]
            if sum(byte in PRINTED for byte in low) > .7 * zeros and 0 not in low:
                return data[:len(data) & ~1].decode(codec, "replace"), UTF16
    return None


def halves_checked(text: str) -> str:
    if half := SURROGATE.search(text):
        raise UserError("own.half", line=line_of(text, half.start()))
    return text


def around(data: bytes, place: int) -> bytes:
    """The lines around the first place that is not UTF-8, as many as are looked at."""
    start = data.rfind(b"\n", 0, max(0, place - MAX_LOOKED_AT // 10)) + 1
    return data[start:start + MAX_LOOKED_AT]


def sample(data: bytes) -> bytes:
    """Lines, each once, as many as decide: those beyond ASCII, and some others that tell the language."""
    lines, sizes = {}, [0, 0]
    for line in re.split(rb"[\r\n]+", data):
        plain = line.isascii()
        if sizes[plain] < SAMPLE >> plain and line not in lines:
            lines[line[:SAMPLE]] = plain
            sizes[plain] += len(line)
    return b"\n".join(sorted(lines, key=lines.get))


def ranking(some_bytes: bytes, is_utf8: bool) -> list[tuple[str, str]]:
    """[(name, the first line)] of the encodings that make different texts of some bytes, the most plausible first."""
    names, weighed = {}, {}  # by the text, for some encodings make the same of it
    for name in ALL_NAMES:
        text = read_as(some_bytes, name)
        if name == UTF8 and not is_utf8 and text.replace(UNREADABLE, "").isascii():
            continue  # not one letter of it is UTF-8's
        codec, languages, bits = ENCODINGS.get(name, ("", LANGUAGES, -1000 if is_utf8 else 0))
        names.setdefault(text, name)
        weighed[text] = min(weighed.get(text, float("inf")), cost(text, languages, codec) + bits)
    texts = sorted(weighed, key=weighed.get)
    texts = texts[:1] + [text for text in texts[1:] if UNREADABLE not in text]
    return [(names[text], text.split("\n")[0][:LINE]) for text in texts[:MAX_OFFERED]]


@cache
def charmap(name: str) -> str:
    return "".join(map(chr, range(128))) + CHARMAPS[name]


def read_as(data: bytes, name: str) -> str:
    """Bytes in an encoding of ALL_NAMES, with U+FFFD where they are none."""
    codec = ENCODINGS[name][0] if name in ENCODINGS else "utf-8"
    if codec in CHARMAPS:
        return charmap_decode(data, "replace", charmap(codec))[0]
    return data.decode(codec, "replace")
