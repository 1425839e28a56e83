"""What a file is, by its content rather than by its name: a model's weights, text to train on, or something else, which
is named."""
import re

from common.errors import UserError

from . import json_file, tensors
from .exports import CURVE_BEGINS
from .svg import FONT
from .tensors import MAX_BYTES, Tensors

OTHERS = (("PNG", b"\x89PNG"), ("JPEG", b"\xff\xd8\xff"), ("GIF", b"GIF8"), ("PDF", b"%PDF-"), ("GGUF", b"GGUF"),
          ("gzip", b"\x1f\x8b"), ("NumPy", b"\x93NUMPY"), ("HDF5", b"\x89HDF"), ("pickle", b"\x80\x02"),
          ("pickle", b"\x80\x04"), ("SQLite", b"SQLite format 3\0"), ("7z", b"7z\xbc\xaf"))
TEXT_MARKS = (b"\xff\xfe", b"\xfe\xff")  # with which UTF-16 begins, whose letters have zero bytes in them
NAMES_FILE = re.compile(r"microgpt-\d+( ?\(\d+\))?\.txt", re.IGNORECASE)
BEGINNING = 4096  # bytes that are looked at


def read(data: bytes) -> Tensors:
    """The tensors in a file's bytes. Raises UserError, which says what it is where it holds none."""
    if len(data) > MAX_BYTES:
        raise UserError("keep.file.large", megabytes=f"{len(data) / 1e6:.1f}", limit=f"{MAX_BYTES / 1e6:.0f}")
    if tensors.looks_like(data):
        return tensors.read(data)
    if json_file.looks_like(data):
        return json_file.read(data)
    refuse(data)
    raise UserError("keep.file.text" if is_text(data) else "keep.file.strange")


def is_model(data: bytes) -> bool:
    """Whether a file is read as a model's; else it may be text."""
    return tensors.looks_like(data) or json_file.looks_like(data)


def is_text(data: bytes) -> bool:
    return data.startswith(TEXT_MARKS) or bool(data) and b"\0" not in data[:BEGINNING]


def refuse(data: bytes) -> None:
    """Raise UserError for a file that is neither a model's nor text to train on, where that can be told."""
    begins = data[:BEGINNING]
    if begins.startswith(CURVE_BEGINS.encode()):
        raise UserError("keep.file.curve")
    if begins.startswith(b"<svg") and FONT.encode() in begins:
        raise UserError("keep.file.picture")
    for name, mark in OTHERS:
        if begins.startswith(mark):
            raise UserError("keep.file.kind", found=name)
    if begins.startswith(b"PK\3\4"):
        raise UserError("keep.file.kind", found="PyTorch (.pt)" if b"data.pkl" in begins else "ZIP")
    if data and not is_text(data):
        raise UserError("keep.file.strange")


def is_names_file(name: str) -> bool:
    """Whether the page saves invented names under such a name."""
    return bool(NAMES_FILE.fullmatch(name))
