"""A visitor's own data as they have it: files of any program's, in any encoding, lists, tables.

Bytes become text (decoding.py, by plausibility.py), text becomes lines (cleaning.py), lines become documents
(division.py), and those that go beyond a limit are made to fit (alphabet.py). Each step offers choices, which the page
hands back; what is trained on is only the documents, which dataset.read() reads from plain() unchanged.
"""
from types import SimpleNamespace

from common.errors import UserError
from worker import dataset

from .alphabet import cut, cuts
from .cleaning import clean
from .decoding import UTF8, decode
from .division import take, ways

LOOKS = {"column": "own.looks.columns", "divide": "own.looks.list", "unnumbered": "own.looks.numbered",
         "unbulleted": "own.looks.bullets", "unquoted": "own.looks.quotes", "uncomma": "own.looks.commas",
         "uncounted": "own.looks.counts"}


def read(data: bytes, choices: dict, wanted: str = "") -> SimpleNamespace:
    """What some bytes hold, read as chosen.

    choices: {"encoding", "take", "cut"}, each an id that an earlier answer offered; what is left out is as it comes.
    wanted: how the SHA-256 of the documents begins that a link asks for; where a way of reading gives these, that is
    taken, unless there are choices. Gives own, as dataset.read() does, or None and problem, the UserError; encodings,
    ways and cuts, what there is to choose; and choices, what was chosen. Raises UserError where there is nothing to
    choose.
    """
    if len(data) > dataset.MAX_BYTES:
        raise UserError("own.large", megabytes=f"{len(data) / 1e6:.1f}", limit=dataset.MAX_BYTES // 1_000_000)
    if wanted and not any(choices.values()):
        for possible in (as_before(data), *fitting(data)):
            if possible and possible.own and possible.own.sha256.startswith(wanted):
                return possible
    return chosen(data, choices)


def as_before(data: bytes) -> SimpleNamespace | None:
    """The bytes as dataset.read() reads them, which knows no choices."""
    try:
        return SimpleNamespace(own=dataset.read(data), problem=None, encodings=[], ways=[], cuts=[], choices={})
    except UserError:
        return None


def fitting(data: bytes):
    """The bytes in each way that is offered."""
    try:
        plain = chosen(data, {})
        yield plain
        for way in plain.ways:
            yield chosen(data, {"take": way.id})
        for one in plain.cuts:
            yield chosen(data, {"cut": one.id})
    except UserError:
        return


def chosen(data: bytes, choices: dict) -> SimpleNamespace:
    decoded = decode(data, choices.get("encoding", ""))
    text, notes = clean(decoded.text)
    if decoded.encoding != UTF8:
        notes.insert(0, ["own.encoding" if decoded.others else "own.encoding.marked", {"encoding": decoded.encoding}])
    lines = text.split("\n")
    some = [line for line in lines if line.strip()]
    if not some:
        raise UserError("own.blank")
    found, way = ways(some), choices.get("take", "")
    if way not in [one.id for one in found]:
        way = ""
    docs = take(some, way)
    if not way:
        looks = [LOOKS[one.kind] for one in found[:1] if one.name not in ("sentence", "space")]  # as prose has
        notes += [[key, {}] for key in ["own.single"] * (len(docs) == 1) + looks]
    shorter, shortened = cuts(docs), choices.get("cut", "")
    if shortened not in [one.id for one in shorter]:
        shortened = ""
    own = problem = None
    try:
        own = dataset.checked(cut(docs, shortened) if way or shortened else lines, decoded.encoding, notes)
    except UserError as error:
        if not (found or shorter or decoded.others):
            raise
        problem = error
    return SimpleNamespace(own=own, problem=problem, encodings=decoded.others, ways=found, cuts=shorter, notes=notes,
                           choices={"encoding": decoded.encoding, "take": way, "cut": shortened})


def plain(own: SimpleNamespace) -> bytes:
    """The documents as a file from which dataset.read() reads the same: a line each, as UTF-8."""
    return "\n".join(own.docs).encode()


def facts(found: SimpleNamespace) -> dict:
    """What the page shows of what read() gave; it can be written as JSON: dataset.facts(), or "problem", with "notes";
    and what there is to choose."""
    said = dataset.facts(found.own) if found.own else {
        "problem": {"key": found.problem.key, "values": found.problem.values}, "notes": found.notes}
    return said | {
        "choices": found.choices, "encodings": found.encodings,
        "ways": list(map(vars, found.ways)), "cuts": list(map(vars, found.cuts))}
