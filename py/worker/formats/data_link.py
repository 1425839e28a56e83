"""The visitor's own data as text for a link, so that a replay link carries what it replays."""
import zlib

from common.errors import UserError

from . import base64url

MAX_BYTES = 10_000_000  # of data, as UTF-8: as much as the page takes at all


def encode(documents: list[str]) -> str:
    """The text of some documents, none of which has a line's end in it. Raises UserError for more than fits a link."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    try:
        data = "\n".join(documents).encode("utf-8")
    except UnicodeEncodeError:
        raise UserError("keep.data.letters") from None
    text = base64url.wrap(deflate.compress(data) + deflate.flush())
    if len(text) > base64url.MAX_CHARACTERS or len(data) > MAX_BYTES:
        raise UserError("keep.data.large", count=len(text))
    return text


def decode(text: str) -> list[str]:
    """The documents that a text holds. Raises UserError; no more memory is allocated than MAX_BYTES need."""
    packed, inflate = base64url.unwrap(text), zlib.decompressobj(-15)
    try:
        data = inflate.decompress(packed, MAX_BYTES + 1)
        if len(data) > MAX_BYTES or not inflate.eof or inflate.unused_data:
            raise UserError("keep.damaged")
        return data.decode("utf-8").split("\n")
    except (zlib.error, UnicodeDecodeError):
        raise UserError("keep.damaged") from None
