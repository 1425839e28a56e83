"""The data that verbs are given as bytes: read once, and cached for the calls that need them again.

What reads them is imported late, because few visitors have data of their own.
"""
import hashlib
import json

from common.errors import UserError

MAX_HEADER_BYTES = 1 << 20  # of a file with weights

_data = None, None  # the last own data: (SHA-256 of the bytes, what dataset.read() gave)
_text = None, None  # the last text: (its SHA-256 with how it is read, what reading.read() gave)


def parse(data: bytes):
    """What dataset.read() makes of a plain file. Raises UserError."""
    global _data
    from worker.dataset import read

    if data[8:9] == b"{" and b'"data_offsets"' in data[:MAX_HEADER_BYTES]:  # a safetensors file
        raise UserError("own.model")
    digest = hashlib.sha256(data).digest()
    if _data[0] != digest:
        _data = digest, read(data)
    return _data[1]


def parse_text(data: bytes, choices_json: str, wanted: str):
    """What reading.read() makes of what a visitor gave. Raises UserError."""
    global _text
    from worker import reading

    key = hashlib.sha256(data).digest(), choices_json, wanted
    if _text[0] != key:
        _text = key, reading.read(data, json.loads(choices_json), wanted)
    return _text[1]


def documents(name: str, data: bytes | None = None) -> list[str] | None:
    """The documents in some bytes; where there are none, those of a data set that the worker has, else None."""
    if data:
        return parse(data).docs
    try:
        with open(name + ".txt", encoding="utf-8") as lines:
            return list(lines)
    except (OSError, ValueError):
        return None
