"""Load a run that the page saved into the core, with the standard library only, and print twenty invented names.

    python examples/load_in_plain_python.py run.safetensors

A safetensors file is the header's length in eight bytes, the header as JSON, and the numbers, here doubles.
"""
import json
import pathlib
import random
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "py"))
from microgpt import DEFAULTS, Run  # noqa: E402


def load(path):
    """The core's Run with the file's alphabet, weights, step and, where it has them, Adam's moments.

    Raises ValueError for a file whose numbers are no doubles, or that needs another core than this one.
    """
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:start])
    about = header.pop("__metadata__")
    if "core" in about or any(entry["dtype"] != "F64" for entry in header.values()):
        raise ValueError(f"{path} carries a core of its own, or numbers that are no doubles: open it in the page")
    numbers = {name: struct.unpack_from(f"<{(end - first) // 8}d", data, start + first)
               for name, (first, end) in ((name, entry["data_offsets"]) for name, entry in header.items())}
    settings = {name: x for name, x in json.loads(about["recipe"]).items() if name in DEFAULTS}
    alphabet = json.loads(about["alphabet"])
    letter = next(char for char in alphabet if char.strip())  # a document must not begin or end in a space
    run = Run([letter + "".join(alphabet) + letter], **settings)  # to train on, give run.docs the data's, shuffled
    run.step = int(about["step"])
    for part, moments in (("mean.", run.mean), ("square.", run.square)):
        moments[:] = [x for name in run.gpt.weights for x in numbers.get(part + name, ())] or moments
    for p, number in zip(run.gpt.parameters, (x for name in run.gpt.weights for x in numbers[name])):
        p.data = number
    return run


if __name__ == "__main__":
    run = load(sys.argv[1])
    for _ in range(20):
        print(run.sample(random, temperature=run.settings.temperature))
