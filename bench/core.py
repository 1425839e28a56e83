"""How long a step of training takes, and what the core gains by making each dot product and each sum one node.

Against it stands the same file with a node for each `+` and `×`, as in the published program: its `dot` and `total` are
replaced by chains of its own `*` and `+`. Both train at the defaults on the same documents, a block of steps of one
after a block of the other, so that a busy machine slows both; the ratio is the median of the blocks' ratios. In this
Python, and in the site's Pyodide in a worker of a real browser.
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
    """The middle of some numbers, as the module `statistics` has it, which the site's Pyodide comes without."""
    numbers = sorted(numbers)
    return (numbers[(len(numbers) - 1) // 2] + numbers[len(numbers) // 2]) / 2


def chained() -> ModuleType:
    """The core once more, with neither dot products nor sums of many: both are chains of its own `*` and `+`."""
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
    """The milliseconds of each of some steps."""
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        run.train()
        times.append((time.perf_counter() - start) * 1000)
    run.loss = run.probabilities = run.context = None  # its graph would weigh on the other form
    return times


def measure(lines: list[str]) -> tuple[float, float, float]:
    """Milliseconds a step with a node for each operation and as the core is, medians both; and how often faster it is.

    Raises `ArithmeticError` if the two do not compute the same.
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
    return f"| {where} {sys.version.split()[0]} | {before:.0f} ms | {after:.1f} ms | {ratio:.1f} |"


def in_this_tab() -> str:
    """The table's row of Pyodide, made in the worker, where the data lie beside this file."""
    return row("Pyodide", *measure(Path("names.txt").read_text("utf-8").splitlines()))


def main() -> None:
    print(f"A step of training at the defaults, {BLOCKS} blocks of {STEPS} steps of each form in turn, medians\n")
    print("| | a node for each + and × | the core | times faster |\n|---|---:|---:|---:|")
    print(row("CPython", *measure((ROOT / DATA).read_text("utf-8").splitlines())))
    if (ROOT / "_site/index.html").is_file():
        from bench.in_tab import run  # here, because the browser loads this file too

        print(run("core", {"bench/core.py": "core.py", "py/microgpt.py": "microgpt.py", DATA: "names.txt"}))
    else:
        print("\nThe site is not built: `make site` adds the row of Pyodide.")


if __name__ == "__main__":
    main()
