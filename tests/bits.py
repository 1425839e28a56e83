"""Print a short run of the core to the last bit: its losses, one a line, then its names.

    python3 tests/bits.py [NUM_STEPS]

Any Python, in or out of a browser, is to print the same text. The model is small, and its widths are no powers of two,
which would hide how a machine rounds.
"""

import sys
from pathlib import Path

NAMES = "emma olivia ava isabella sophia charlotte mia amelia harper evelyn".split()
SETTINGS = {"n_layer": 2, "n_embd": 6, "n_head": 2, "block_size": 8}


def main(num_steps: int = 30) -> None:
    from microgpt import Run  # here, because the path to it comes first

    run = Run(NAMES, num_steps=num_steps, **SETTINGS)
    for _ in range(num_steps):
        print(run.train().hex())
    for _ in range(5):
        print(run.sample(run.rng, 0.7))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "py"))
    main(*map(int, sys.argv[1:]))
