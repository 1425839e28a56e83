"""How long a step of training takes, and how much the core gains by making each dot product and each sum one node.

The baseline is the same file with a node for each `+` and `×`, as in the published program: its `dot` and `total` are
replaced by chains of its own `*` and `+`. Both train at the defaults on the same documents, in alternating blocks of
steps, so that a busy machine slows both; the ratio is the median of the blocks' ratios. Measured in this Python, and in
the site's Pyodide in a worker of a real browser.
"""

import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

import microgpt

ROOT = Path(__file__).resolve().parent.parent
DATA = "static/datasets/us-names-2018.txt"
BLOCKS, STEPS = 8, 5


def median(numbers) -> float:
    """As `statistics.median`; the site's Pyodide comes without that module."""
    numbers = sorted(numbers)
    return (numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]) / 2


def chained() -> ModuleType:
    """A second copy of the core's module, whose dot products and sums are chains of its own `*` and `+`."""
    spec = importlib.util.spec_from_file_location("chained", microgpt.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def dot(a, b):
        y = a[0] * b[0]
        for u, v in zip(a[1:], b[1:], strict=True):
            y = y + u * v
        return y

    def total(values):
        y = values[0]
        for x in values[1:]:
            y = y + x
        return y

    module.dot, module.total = dot, total
    return module


def block(run, steps: int) -> list[float]:
    """The time of each of so many steps, in milliseconds."""
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        run.train()
        times.append((time.perf_counter() - start) * 1000)
    run.loss = run.probabilities = run.context = None  # frees its graph, which the garbage collector would walk
    return times


def measure(lines: list[str]) -> tuple[float, float, float]:
    """Median milliseconds a step with a node for each operation, the same for the core, and the ratio of the two.

    Raises `ArithmeticError` if the two do not compute the same loss.
    """
    slow, fast = chained().Run(lines), microgpt.Run(lines)
    if abs(slow.train() - fast.train()) > 1e-9:
        raise ArithmeticError("the two forms do not compute the same loss")
    blocks = []
    for _ in range(BLOCKS):
        blocks.append((block(slow, STEPS), block(fast, STEPS)))
    before, after = (median(ms for times in column for ms in times) for column in zip(*blocks, strict=True))
    return before, after, median(sum(before) / sum(after) for before, after in blocks)


def row(where: str, before: float, after: float, ratio: float) -> str:
    return f"| {where} | {before:.0f} ms | {after:.1f} ms | {ratio:.1f} |"


def lines() -> list[str]:
    return (ROOT / DATA).read_text("utf-8").splitlines()


def python() -> str:
    """This Python's version, as in 3.14."""
    return "{}.{}".format(*sys.version_info)


def in_this_tab() -> str:
    """The table's row of Pyodide, made in the worker."""
    return row(f"Pyodide {python()} in Chromium", *measure(lines()))


def main() -> None:
    from bench.in_tab import run  # here, because the worker imports this file too

    print(f"A step of training at the defaults, medians of {BLOCKS} blocks of {STEPS} steps of each form in turn:\n")
    print("| | a node for each + and × | the core | times faster |\n|---|---:|---:|---:|")
    print(row(f"CPython {python()}", *measure(lines())), flush=True)
    print(run("bench.core", "bench/core.py", "py/microgpt.py", DATA))


if __name__ == "__main__":
    main()
