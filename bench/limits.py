"""How long what strangers may send takes at its largest, and how much longer a slice is for the held-out loss.

Files, links and data are read in this Python; in the browser's it takes several times as long. Each figure is the
median of some rounds and the longest of them.
"""
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = "static/datasets/us-names-2018.txt"
ROUNDS = 5
BUDGET_MS = 50   # of a slice
SLICES = 40


def ms(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The median and the longest of some rounds, in milliseconds."""
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times), max(times)


def refused(read: Callable, given: object) -> None:
    """Read what must be refused. Raises AssertionError where it is not."""
    from common.errors import UserError

    try:
        read(given)
    except UserError:
        return
    raise AssertionError("it was not refused")


def of_ten_megabytes(name: str) -> bytes:
    """Ten megabytes of lines, each of a name and a number."""
    return "\n".join(f"{name}{i % 5000}" for i in range(1_000_000)).encode()[:10_000_000].rsplit(b"\n", 1)[0]


def works() -> list[tuple[str, Callable[[], object]]]:
    """What is measured: its name, and the work."""
    from common.recipe import parse
    from worker.dataset import facts, read
    from worker.formats import data_link, file_kinds, model_link

    ten = {name: of_ten_megabytes(name) for name in ("emma", "김서연")}
    deep = json.dumps({"a": "x" * (1 << 19)}).encode()
    return [
        ("a link's fragment of five million characters", lambda: parse("seed=" + "%F0&x" * 1_000_000)),
        ("ten megabytes of data, Latin", lambda: facts(read(ten["emma"]))),
        ("ten megabytes of data, Hangul", lambda: facts(read(ten["김서연"]))),
        ("a model in a link of a million characters", lambda: refused(model_link.decode, "1" + "A" * 1_000_000)),
        ("data in a link of a million characters", lambda: refused(data_link.decode, "1" + "A" * 1_000_000)),
        ("a file larger than may be",
         lambda size=file_kinds.MAX_BYTES + 1: refused(file_kinds.read, bytes(size))),
        ("a file with half a megabyte of header",
         lambda: refused(file_kinds.read, len(deep).to_bytes(8, "little") + deep)),
    ]


def slices(held_out: int) -> tuple[float, float]:
    """A slice of training with so many per cent held out: median and longest, in milliseconds."""
    from common.recipe import DEFAULTS
    from worker.session import Session

    recipe = DEFAULTS | {"held_out": held_out, "num_steps": 200}  # the held-out loss comes every 20 steps
    session = Session((ROOT / DATA).read_text("utf-8").splitlines(), recipe)
    return ms(lambda: session.train(BUDGET_MS, 0.5, ""), SLICES)


def main() -> None:
    print(f"What may be sent at its largest, read in this Python, {ROUNDS} times each")
    print(f"{'':46}{'median':>11}{'longest':>11}")
    for name, work in works():
        print("{:46}{:8.1f} ms{:8.1f} ms".format(name, *ms(work)))
    print(f"\nA slice of {BUDGET_MS} ms of training by the core, {SLICES} of them")
    for name, held_out in (("nothing held out", 0), ("a tenth held out, its loss measured", 10)):
        print("{:46}{:8.1f} ms{:8.1f} ms".format(name, *slices(held_out)))


if __name__ == "__main__":
    main()
