"""A trained model in a link: how many characters it takes, and how much its rounding adds to the held-out loss.

Each run is the default recipe, trained to its end by the compiled engine, in this Python. The held-out loss is the mean
over the last tenth of the shuffled documents, none of which the run trains on.
"""

import math
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = "us-names-2018"
SEEDS = (42, 1, 2, 3, 4)


def held_out_loss(session, docs: list[str]) -> float:
    """The mean loss of documents, in nats, by the compiled engine."""
    session.use("compiled")
    losses = []
    for doc in docs:
        seen = session.engine.read(doc)
        losses.append(statistics.fmean(-math.log(row[target]) for row, target in
                                       zip(seen.probabilities, seen.tokens[1:], strict=True)))
    return statistics.fmean(losses)


def measure(lines: list[str], seed: int) -> tuple[int, float, float]:
    """The fragment's length in characters, the held-out loss of the full weights, and that of the link's weights."""
    from common.recipe import DEFAULTS
    from worker.formats import checkpoint, model_link
    from worker.session import Session

    session = Session(lines, DEFAULTS | {"seed": seed})
    session.use("compiled")
    session.train(math.inf, 0.5, "")
    text = model_link.encode(checkpoint.taken(session, DATA), session.run.square)
    opened = checkpoint.session(model_link.decode(text), lines)
    docs = session.run.docs[-len(session.run.docs) // 10:]
    return len("model=" + text), held_out_loss(session, docs), held_out_loss(opened, docs)


def main() -> None:
    lines = (ROOT / f"static/datasets/{DATA}.txt").read_text("utf-8").splitlines()
    print("A trained model in a link, at the defaults after 1,000 steps; the held-out loss is that of the last tenth "
          "of the documents:\n")
    print("| seed | characters | held-out loss | from the link | more |\n|---:|---:|---:|---:|---:|")
    for seed in SEEDS:
        characters, full, linked = measure(lines, seed)
        print(f"| {seed} | {characters:,} | {full:.4f} | {linked:.4f} | {100 * (linked / full - 1):+.2f}% |")


if __name__ == "__main__":
    main()
