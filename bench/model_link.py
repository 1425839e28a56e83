"""A trained model in a link: how long the text is, and what the rounding costs, over five seeds.

Each run is the default recipe, trained for all of its steps by what is compiled, in this Python. The held-out loss is
the mean over the last tenth of the shuffled documents, of which the run reads none.
"""

import math
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = "us-names-2018"
SEEDS = (42, 1, 2, 3, 4)


def held_out_loss(session, docs: list[str]) -> float:
    """The mean loss of documents, in nats, by what is compiled from the core."""
    session.use("compiled")
    losses = []
    for doc in docs:
        seen = session.engine.read(doc)
        losses.append(statistics.fmean(-math.log(row[target]) for row, target in
                                       zip(seen.probabilities, seen.tokens[1:], strict=True)))
    return statistics.fmean(losses)


def measure(lines: list[str], seed: int) -> tuple[int, float, float]:
    """The fragment's characters, and the held-out loss of the full weights and of those that the link holds."""
    from common.recipe import DEFAULTS
    from worker.formats import checkpoint, model_link
    from worker.session import Session

    session = Session(lines, DEFAULTS | {"seed": seed})
    session.use("compiled")
    session.train(math.inf, 0.5, "")
    model = checkpoint.take(session)
    text = model_link.encode(model, session.run.square)
    opened = checkpoint.session_of(model_link.decode(text), lines)
    docs = session.run.docs[-len(session.run.docs) // 10:]
    return len("model=" + text), held_out_loss(session, docs), held_out_loss(opened, docs)


def main() -> None:
    lines = (ROOT / f"static/datasets/{DATA}.txt").read_text("utf-8").splitlines()
    print("A trained model in a link, at the defaults, 1,000 steps\n")
    print("| seed | characters | held-out loss | from the link | more |\n|---:|---:|---:|---:|---:|")
    for seed in SEEDS:
        characters, full, linked = measure(lines, seed)
        print(f"| {seed} | {characters:,} | {full:.4f} | {linked:.4f} | {100 * (linked / full - 1):+.2f}% |")


if __name__ == "__main__":
    main()
