"""Print a short run of the core to the last bit: its losses, one a line, then its names.

    python3 tests/bits.py [NUM_STEPS]

Any Python, in or out of a browser, is to print the same text. The model is small, and its widths are no powers of two,
which would hide how a machine rounds.
"""

import sys
from array import array
from hashlib import sha256
from pathlib import Path
from random import Random

NAMES = "emma olivia ava isabella sophia charlotte mia amelia harper evelyn".split()
SETTINGS = {"n_layer": 2, "n_embd": 6, "n_head": 2, "block_size": 8}


def record(run, num_steps: int, compile=None) -> dict:
    """The bits of a run after so many steps, of the core's or of what compile makes of it: the losses; weights and
    Adam's moments, as a hash; the probabilities in a name; and names."""
    compiled = compile and compile(run)
    losses = compiled.train(num_steps) if compiled else [run.train() for _ in range(num_steps)]
    if compiled:
        compiled.store(run)
        probabilities = compiled.read("emma").probabilities
    else:
        run.read("emma")
        probabilities = [[p.data for p in row] for row in run.probabilities]
    state = array("d", [*(p.data for p in run.gpt.parameters), *run.mean, *run.square])
    return {"losses": [loss.hex() for loss in losses], "state": sha256(state.tobytes()).hexdigest(),
            "probabilities": [[p.hex() for p in row] for row in probabilities],
            "names": [(compiled or run).sample(Random(seed), 0.7) for seed in range(10)]}


def main(num_steps: int = 30) -> None:
    from microgpt import Run  # here, because the path to it comes first

    run = Run(NAMES, num_steps=num_steps, **SETTINGS)
    for _ in range(num_steps):
        print(run.train().hex())
    for _ in range(5):
        print(run.sample(run.rng, 0.7))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "py"))
    main(*map(int, sys.argv[1:]))
