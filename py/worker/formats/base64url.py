"""Bytes as text for a link: a digit for the version, then base64 for URLs (RFC 4648) of the bytes and their CRC-32."""
import base64
import binascii
import zlib

from common.errors import UserError

VERSION = "1"
MAX_CHARACTERS = 32000  # beyond, links get lost on their way, and a file is the better thing
DIGITS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def wrap(data: bytes) -> str:
    """The text of some bytes."""
    checked = data + zlib.crc32(VERSION.encode() + data).to_bytes(4, "big")
    return VERSION + base64.urlsafe_b64encode(checked).decode().rstrip("=")


def unwrap(text: str) -> bytes:
    """The bytes that wrap() was given. Raises UserError: of a newer version, damaged."""
    if not text or len(text) > MAX_CHARACTERS:
        raise UserError("keep.damaged")
    if text[0] != VERSION:
        raise UserError("keep.newer" if text[0] in "23456789" else "keep.damaged")
    try:
        digits = text[1:].encode("ascii")
        checked = base64.urlsafe_b64decode(digits + b"=" * (-len(digits) % 4))
    except (UnicodeError, binascii.Error):
        raise UserError("keep.damaged") from None
    data = checked[:-4]
    if not DIGITS.issuperset(digits) or len(checked) < 4 or wrap(data) != text:
        raise UserError("keep.damaged")
    return data


def length(size: int) -> int:
    """How many characters wrap() makes of so many bytes."""
    return len(VERSION) + -(-(size + 4) * 4 // 3)


def varint(number: int) -> bytes:
    """An integer from 0 up, seven bits a byte, the lowest first; a byte's highest bit says that more follow."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


class Reader:
    """Reads what varint() and texts with their length before them made. Raises ValueError where that is not so."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bytes(self, count):
        if count > len(self.data) - self.at:
            raise ValueError("it ends too soon")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self):
        value = 0
        for place in range(5):
            byte = self.bytes(1)[0]
            value |= (byte & 127) << 7 * place
            if byte < 128:
                if not byte and place:
                    raise ValueError("a number is not in its shortest form")
                return value
        raise ValueError("a number is too large")

    def text(self):
        return self.bytes(self.number()).decode("utf-8")
