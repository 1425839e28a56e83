"""Small trained sessions and what is saved of them, for the tests of links and files; and ways of damaging those."""
import json
import random
import struct
import tracemalloc

import numpy as np
from common.errors import UserError
from common.recipe import DATASETS, DEFAULTS
from texts import EN
from worker.session import Session

from tools.recorded import ROOT

NAMES = (ROOT / DATASETS["us-names-2018"]).read_text("utf-8").split()
SOME = NAMES[:60]
TINY = DEFAULTS | {"num_steps": 40, "n_embd": 4, "n_head": 2, "block_size": 5, "seed": 3, "learning_rate": 0.02}


def trained(recipe=TINY, lines=SOME, steps=None) -> tuple[Session, list]:
    """A session after so many steps or all, and its curve."""
    session, curve = Session(lines, recipe), [[], [], []]
    while session.run.step < (steps if steps is not None else recipe["num_steps"]):
        frame = session.train(0, 0.5, "")
        curve = [old + new for old, new in zip(curve, frame["points"], strict=True)]
    return session, curve


def matrices(session) -> dict[str, np.ndarray]:
    run = session.synced()
    return {name: np.array([[p.data for p in row] for row in rows]) for name, rows in run.gpt.weights.items()}


def tokens(session, doc: str) -> list[int]:
    run = session.run
    return [run.bos, *map(run.chars.index, doc), run.bos][:run.settings.block_size + 1]


def header(file: bytes) -> dict:
    return json.loads(file[8:8 + int.from_bytes(file[:8], "little")])


def with_header(file: bytes, new: dict | bytes) -> bytes:
    text = new if isinstance(new, bytes) else json.dumps(new).encode()
    return struct.pack("<Q", len(text)) + text + file[8 + int.from_bytes(file[:8], "little"):]


def key_of(read, given) -> str:
    """The key with which something is refused. "" where it is not refused."""
    try:
        read(given)
    except UserError as refused:
        assert refused.key in EN
        return refused.key
    return ""


def key_and_memory(read, given) -> tuple[str, float]:
    """The same, and the most memory it took besides what it was given, in MB."""
    tracemalloc.start()
    key = key_of(read, given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return key, peak / 1e6


def damaged(rng: random.Random, data: bytes) -> bytes:
    """The same bytes with a bit flipped, cut, grown, or a piece exchanged."""
    at = rng.randrange(len(data))
    kind = rng.randrange(4)
    if kind == 0:
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data + rng.randbytes(rng.randrange(1, 9))
    piece = rng.randbytes(rng.randrange(1, 9))
    return data[:at] + piece + data[at + len(piece):]
