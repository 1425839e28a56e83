"""How long a step of training takes, and what the core gains by making each dot product and each sum one node.

Against it stands the same core with a node for each `+` and `×`, as in the published program. Both train at the
defaults on the same documents, a step of one after a step of the other, so that a busy machine slows both; the ratio is
the median of the ratios of such pairs. In this Python, and in the site's Pyodide in a worker of a real browser.
"""

import gc
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import microgpt

ROOT = Path(__file__).resolve().parent.parent
DATA = "static/datasets/us-names-2018.txt"
STEPS = 25


def chained_dot(a: list[microgpt.Value], b: list[microgpt.Value]) -> microgpt.Value:
    y = microgpt.Value(0.0)
    for u, v in zip(a, b, strict=True):
        y = y + u * v
    return y


def chained_total(values: list[microgpt.Value]) -> microgpt.Value:
    y = microgpt.Value(0.0)
    for x in values:
        y = y + x
    return y


@contextmanager
def a_node_for_each_operation() -> Iterator[None]:
    """Meanwhile the core has no dot product and no sum of many: both become chains of its own `*` and `+`."""
    kept = microgpt.dot, microgpt.total
    microgpt.dot, microgpt.total = chained_dot, chained_total
    try:
        yield
    finally:
        microgpt.dot, microgpt.total = kept


def step(run: microgpt.Run) -> tuple[float, float]:
    """Train one step and let its graph go, which would slow the other form. Returns the milliseconds and the loss."""
    gc.collect()
    start = time.perf_counter()
    loss = run.train()
    run.loss = run.probabilities = run.context = None
    return (time.perf_counter() - start) * 1000, loss


def measure(lines: list[str], steps: int = STEPS) -> tuple[float, float, float]:
    """Milliseconds a step with a node for each operation and as the core is, medians both; and how often faster it is.

    Raises `ArithmeticError` if the two do not compute the same.
    """
    chained, core = microgpt.Run(lines), microgpt.Run(lines)
    pairs = []
    for _ in range(steps):
        with a_node_for_each_operation():
            slow, loss = step(chained)
        fast, same = step(core)
        if abs(loss - same) > 1e-9:
            raise ArithmeticError(f"step {core.step}: {loss} and {same} are not the same loss")
        pairs.append((slow, fast))
    before, after = (statistics.median(times) for times in zip(*pairs, strict=True))
    return before, after, statistics.median(slow / fast for slow, fast in pairs)


def row(where: str, before: float, after: float, ratio: float) -> str:
    return f"| {where} {sys.version.split()[0]} | {before:.0f} ms | {after:.1f} ms | {ratio:.1f} |"


def measured_in(where: str, data: str) -> str:
    """A row of the table, made by the Python that this runs in. `data`: the documents' file as text."""
    return row(where, *measure(data.splitlines()))


def measured_in_browser() -> str:
    """The row of the site's own Pyodide, from a module worker in a headless browser."""
    from playwright.sync_api import sync_playwright  # here, because the browser loads this file too

    from tools.browser import launch_options
    from tools.serve import start

    server = start(ROOT)
    try:
        with sync_playwright() as playwright, playwright.chromium.launch(**launch_options()) as browser:
            page = browser.new_page()
            page.goto(f"{server.url}bench/core.mjs")
            return page.evaluate("import(location).then(({ run }) => run())")
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    print(f"A step of training at the defaults, {STEPS} steps of each form in turn, medians\n")
    print("| | a node for each + and × | the core | times faster |\n|---|---:|---:|---:|")
    print(measured_in("CPython", (ROOT / DATA).read_text("utf-8")))
    if (ROOT / "_site/vendor/pyodide").is_dir():
        print(measured_in_browser())
    else:
        print("\nThe site is not built: `make site` adds the row of Pyodide.")


if __name__ == "__main__":
    main()
