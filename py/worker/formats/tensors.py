"""Tensors by name, as a safetensors file or a JSON object holds them, and what is wrong with such a file.

safetensors (github.com/huggingface/safetensors): eight bytes for the length of the header, lowest first; the header, as
JSON, with spaces up to a multiple of eight bytes; then the numbers, lowest byte first. JSON: {name: [row][column]}.

Every size is checked before memory is allocated for it.
"""
import json
import math
import struct
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from common.errors import UserError

MAX_HEADER_BYTES = 1 << 20
MAX_BYTES = 1 << 25    # of a file: more than the largest run of the recipe's table takes
MAX_NAME, MAX_AXES = 200, 8  # characters of a tensor's name, and how many axes its shape has
SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}  # bytes of a number; each is widened to a double exactly


@dataclass
class Tensors:
    shapes: dict                          # {name: its shape, a tuple}
    about: dict                           # the metadata, texts by name
    numbers: Callable[..., array]         # (a tensor's name, may they be infinite): row after row, as doubles
    exact: bool                           # were they doubles in the file too


def read(data: bytes) -> Tensors:
    """The tensors in a safetensors file's bytes. Raises UserError."""
    try:
        header, start = _header(data)
        about = header.pop("__metadata__", {})
        if not isinstance(about, dict) or any(type(text) is not str for text in about.values()):
            raise ValueError("the metadata are no texts")
        places = _places(header, len(data) - start)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise UserError("keep.file.damaged") from None
    body = memoryview(data)[start:]

    def numbers(name, infinite=False):
        kind, first, end = places[name]
        return checked(name, widened(kind, body[first:end]), infinite)

    shapes = {name: tuple(entry["shape"]) for name, entry in header.items()}
    return Tensors(shapes, about, numbers, all(kind == "F64" for kind, _, _ in places.values()))


def write(about: dict, tensors: list) -> bytes:
    """The bytes of a safetensors file. tensors: (name, shape, doubles) of each."""
    header, at = {"__metadata__": about}, 0
    for name, shape, numbers in tensors:
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [at, at + 8 * len(numbers)]}
        at += 8 * len(numbers)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = [_little(numbers).tobytes() for _, _, numbers in tensors]
    return b"".join([len(text).to_bytes(8, "little"), text, *body])


def looks_like(data: bytes) -> bool:
    """Whether some bytes begin as a safetensors file does: with a length, and a JSON object."""
    return len(data) >= 10 and 2 <= int.from_bytes(data[:8], "little") < 1 << 40 and data[8:9] == b"{"


def _header(data):
    """The header, and where the numbers begin."""
    size = int.from_bytes(data[:8], "little")
    if not looks_like(data):
        raise UserError("keep.file.strange")
    if size > MAX_HEADER_BYTES:
        raise UserError("keep.file.header", size=f"{size:,}", limit=f"{MAX_HEADER_BYTES:,}")
    if size > len(data) - 8:
        raise UserError("keep.file.short", found=f"{len(data):,}", expected=f"{8 + size:,}")
    header = parse(bytes(data[8:8 + size]).decode("utf-8"))
    if type(header) is not dict:
        raise ValueError("the header is no object")
    return header, 8 + size


def parse(text: str):
    """JSON in which no key comes twice and each number is one. Raises ValueError."""
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key comes twice")
        return dict(pairs)

    def none(name):
        raise ValueError(f"{name} is no number")

    return json.loads(text, object_pairs_hook=once, parse_constant=none)


def _places(header, size):
    """{name: (type, first byte, end)}: no byte belongs to two tensors or to none."""
    places = {}
    for name, entry in header.items():
        kind, shape, (first, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if type(kind) is not str or type(first) is not int or type(end) is not int or len(name) > MAX_NAME:
            raise ValueError("a tensor is not described as one")
        if type(shape) is not list or len(shape) > MAX_AXES or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("a shape is none")
        if kind not in SIZES:
            raise UserError("keep.file.type", tensor=name, found=kind[:20])
        if not 0 <= first <= end or end - first != SIZES[kind] * math.prod(shape):
            raise ValueError("a tensor's place is not as long as it must be")
        places[name] = kind, first, end
    at = 0
    for _, first, end in sorted(places.values(), key=lambda place: place[1:]):
        if first != at:
            raise ValueError("tensors overlap, or leave a gap")
        at = end
    if at > size:
        raise UserError("keep.file.short", found=f"{size:,}", expected=f"{at:,}")
    if at < size:
        raise ValueError("there is more than the tensors")
    return places


def widened(kind: str, data) -> array:
    """The numbers of a type in SIZES, lowest byte first, as doubles."""
    if kind == "F64":
        numbers = array("d")
        numbers.frombytes(data)
        return _little(numbers)
    count = len(data) // SIZES[kind]
    if kind == "BF16":  # the upper half of a float
        data, kind = b"".join(b"\0\0" + data[i:i + 2] for i in range(0, len(data), 2)), "F32"
    return array("d", struct.unpack(f"<{count}{'f' if kind == 'F32' else 'e'}", data))


def checked(name: str, numbers: array, infinite: bool = False) -> array:
    """The same numbers. Raises UserError where one is none, or infinite though none may be."""
    if not all(map(math.isfinite, numbers)):
        place = next((i for i, x in enumerate(numbers, 1) if not math.isfinite(x) and not (infinite and x == x)), 0)
        if not place:
            return numbers
        raise UserError("keep.file.number", tensor=name, place=f"{place:,}")
    return numbers


def flattened(rows) -> tuple:
    """The shape of a list of numbers or of rows of them, and the numbers as doubles. Raises ValueError."""
    if type(rows) is not list:
        raise ValueError("a tensor is no list")
    shape, numbers = (len(rows),), rows
    if rows and type(rows[0]) is list:
        if any(type(row) is not list or len(row) != len(rows[0]) for row in rows):
            raise ValueError("the rows are not of one length")
        shape, numbers = (len(rows), len(rows[0])), [x for row in rows for x in row]
    if any(type(x) not in (int, float) for x in numbers):
        raise ValueError("a tensor is not of numbers")
    return shape, array("d", numbers)


def _little(numbers):
    """The same numbers with the lowest byte first, from what this machine has or into it."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
