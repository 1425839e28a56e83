"""Hours in one tab, in short: memory stays flat, the page does not grow, and Pause answers as it did at first.

    make soak               ten minutes
    make soak MINUTES=60    longer

Memory is what the browser's renderer keeps for itself (Linux: the anonymous part of its resident set), because the
numbers that live in WebAssembly are on no JavaScript heap. It is compared between the second fifth of the time, when
all is loaded and warm, and the last.
"""

import statistics
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.fresh_page

GROWTH = 1.10
CORE = "num_steps=100000"
COMPILED = "num_steps=50000&engine=compiled"


class Watch:
    """What one tab costs, reading by reading."""

    def __init__(self, visitor):
        self.visitor = visitor
        self.browser = visitor.page.context.browser.new_browser_cdp_session()
        self.session = visitor.page.context.new_cdp_session(visitor.page)
        self.session.send("Performance.enable")
        self.memory, self.nodes, self.pauses = [], [], []

    def read(self) -> None:
        """Collect garbage as a browser would in the end, and take down what is left."""
        self.session.send("HeapProfiler.collectGarbage")
        metrics = {metric["name"]: metric["value"] for metric in self.session.send("Performance.getMetrics")["metrics"]}
        self.nodes.append(metrics["Nodes"])
        processes = self.browser.send("SystemInfo.getProcessInfo")["processInfo"]
        self.memory.append(sum(self.anonymous(each["id"]) for each in processes if each["type"] == "renderer"))

    @staticmethod
    def anonymous(process: int) -> int:
        """Kilobytes of a process that no file stands behind; 0 where it has ended."""
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            return 0
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    def pause(self) -> None:
        """How long Pause takes to be heard; then training goes on."""
        start = time.perf_counter()
        self.visitor.press("train")
        self.visitor.wait("paused|done")
        self.pauses.append(time.perf_counter() - start)

    def fifths(self, readings: list[float]) -> tuple[float, float]:
        """The medians of the second fifth of some readings and of the last."""
        fifth = max(1, len(readings) // 5)
        return statistics.median(readings[fifth:2 * fifth]), statistics.median(readings[-fifth:])


@pytest.fixture
def watch(visitor):
    def begin(fragment):
        visitor.open(fragment)
        visitor.put("look", "emma")  # one name for all pictures, so that they are of one size
        return Watch(visitor)

    return begin


def report(watch: Watch, what: str) -> None:
    (memory, memory_last), (nodes, nodes_last) = watch.fifths(watch.memory), watch.fifths(watch.nodes)
    print(f"\n{what}: memory {memory / 1024:.0f} → {memory_last / 1024:.0f} MB", end="")
    print(f", nodes {nodes:.0f} → {nodes_last:.0f}", end="")
    assert memory_last <= GROWTH * memory, "the memory grows"
    assert nodes_last <= GROWTH * nodes, "the page grows"


@pytest.mark.timeout(0)
def test_the_core_trains_on_and_on(watch, request):
    """With frames, names, pictures, history and saving, as for any visitor, who pauses now and then."""
    seen = watch(CORE)
    end = time.monotonic() + 30 * request.config.getoption("minutes")
    while time.monotonic() < end:
        seen.visitor.press("train")
        seen.visitor.page.wait_for_timeout(5000)  # of training: that it takes time is the matter here
        seen.pause()
        seen.read()
    report(seen, f"{seen.visitor.step()} steps of the core")
    first, last = seen.fifths(seen.pauses)
    print(f", Pause {1000 * first:.0f} → {1000 * last:.0f} ms")
    assert last <= 2 * first + 0.1, "Pause answers later and later"


@pytest.mark.timeout(0)
def test_what_is_compiled_trains_on_and_on(watch, request):
    """50,000 steps, again and again."""
    seen = watch(COMPILED)
    end, runs = time.monotonic() + 30 * request.config.getoption("minutes"), 0
    while time.monotonic() < end or runs < 10:
        seen.visitor.press("train")
        seen.visitor.wait("done", 600)
        seen.read()
        runs += 1
        seen.visitor.press("reset")
        seen.visitor.wait("ready|paused")
    report(seen, f"{runs} runs of 50,000 compiled steps")
