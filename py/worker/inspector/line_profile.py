"""How often each line of the core runs in one step of training, and its share of the step's time.

A copy of the run takes the step while Python reports every line it comes to (sys.settrace), so that the run itself is
not touched. The counts are exact. The times are a rough estimate: to report a line costs far more than most lines do.
What a report costs is taken off: as much as the cheapest of the step's frequent lines takes, which does next to
nothing; a call or a return costs so many reports, as measured where nothing is computed. Of three copies' times each
line gets the middle one, because the machine has other things to do as well.
"""
import copy
import gc
import pickle
import sys
from contextlib import nullcontext
from time import perf_counter

from common.bidi import isolated
from common.digits import significant
from worker.markup import escape

COPIES = 3
MAX_STEP_S = 0.3  # to profile a step takes some forty times as long
EMPTY = """
def nothing():
    pass
def lines():
    for _ in range(1000):
        pass
        pass
        pass
def calls():
    for _ in range(1000):
        nothing()
"""


def median(numbers):
    """The middle one of an odd number of numbers. The browser's library comes without the module `statistics`."""
    numbers = sorted(numbers)
    return numbers[len(numbers) // 2]


class LineClock:
    """counts[line] and seconds[line] of a file, in the with-block; the clock stands still while reports are made.

    reports[line]: how many of a line's reports its seconds have paid for; calls[line]: how many calls and returns.
    """

    def __init__(self, file, length):
        """file: as code objects name it; length: how many lines it has."""
        self.file = file
        self.counts, self.reports, self.calls = ([0] * (length + 1) for _ in range(3))
        self.seconds = [0.0] * (length + 1)

    def __enter__(self):
        file, counts, reports, calls, seconds = self.file, self.counts, self.reports, self.calls, self.seconds
        line, stack, began = 0, [], 0.0  # line 0 stands for whoever called

        def called(frame, event, _):
            nonlocal line, began
            now = perf_counter()
            seconds[line] += now - began
            calls[line] += 1
            if frame.f_code.co_filename != file:  # its time is that of the line which called it
                began = perf_counter()
                return None
            stack.append(line)
            began = perf_counter()
            return inner

        def inner(frame, event, _):
            nonlocal line, began
            now = perf_counter()
            seconds[line] += now - began
            if event == "line":
                reports[line] += 1
                line = frame.f_lineno
                counts[line] += 1
            elif event == "return":
                calls[line] += 1
                line = stack.pop()
            began = perf_counter()
            return inner

        self.before, began = sys.gettrace(), perf_counter()
        sys.settrace(called)

    def __exit__(self, *_):
        sys.settrace(self.before)


def net(seconds, reports, calls, ratio):
    """The seconds of each line without what the reports cost; a call's or a return's costs ratio times as much."""
    paid = [n + ratio * calls for n, calls in zip(reports, calls)]
    frequent = sum(paid) / 100
    report = min((s / n for s, n in zip(seconds, paid) if n >= frequent), default=0.0)
    return [max(0.0, s - n * report) for s, n in zip(seconds, paid)]


def call_ratio():
    """How many times a line's report that of a call or a return costs, measured where nothing is computed."""
    space = {}
    exec(compile(EMPTY, "empty", "exec"), space)

    def quickest(name):
        clocks = [LineClock("empty", EMPTY.count("\n")) for _ in range(COPIES)]
        for clock in clocks:
            with clock:
                space[name]()
        return min(sum(clock.seconds) for clock in clocks), sum(clocks[0].reports), sum(clocks[0].calls)

    seconds, reports, _ = quickest("lines")
    report = seconds / reports
    seconds, reports, calls = quickest("calls")
    return min(max((seconds - report * reports) / calls / report, 0.5), 4.0) if report else 1.0


class TooSlow(Exception):
    """A step takes too long to be profiled line by line."""


class LineProfile:
    """A step that a copy of the run takes: the next one, or the last one again where no next one is left.

    step, doc: which; counts[line], shares[line]: from line 1 on, the shares 0 to 1 and 1 in sum; seconds and
    plain_seconds: how long it took while profiled, and how long another copy took without. Raises TooSlow.
    """

    def __init__(self, run, length):
        """run: a microgpt.Run; length: how many lines the core's file has."""
        at = min(run.step, run.settings.num_steps - 1)
        self.step, self.doc = at + 1, run.docs[at % len(run.docs)]
        self.plain_seconds = median(self.time_step(run, at) for _ in range(COPIES))
        if self.plain_seconds > MAX_STEP_S:
            raise TooSlow
        clocks = [LineClock(type(run).train.__code__.co_filename, length) for _ in range(COPIES)]
        self.seconds = median(self.time_step(run, at, clock) for clock in clocks)
        middle = [median(seconds) for seconds in zip(*(clock.seconds for clock in clocks))]
        own = net(middle, clocks[0].reports, clocks[0].calls, call_ratio())[1:]
        self.counts, self.shares = clocks[0].counts[1:], [seconds / (sum(own) or 1) for seconds in own]

    def time_step(self, run, step, clock=None):
        """The seconds that a copy of the run needs for a step, profiled or not."""
        copied = copy.copy(run)
        copied.gpt, copied.step = pickle.loads(pickle.dumps(run.gpt)), step
        collects = gc.isenabled()
        gc.disable()  # it comes at any line, and is none's fault
        try:
            with clock or nullcontext():
                began = perf_counter()
                copied.train()
                return perf_counter() - began
        finally:
            if collects:
                gc.enable()


def table(lines: list[str], measured: LineProfile, texts: dict) -> str:
    """The whole source as a table: how often, what share, the line's number, the line.

    lines: the HTML of each line; measured: a LineProfile; texts: those that begin with "lines.".
    """
    most = max(measured.shares) or 1  # has the full bar
    rows = "".join(
        f'<tr data-line="{number}"><td>{f"{count:,}" if count else ""}</td>'
        f'<td style="--w:{share / most:.3f}">{f"{100 * share:.0f}" if share >= .005 else ""}</td>'
        f'<th scope="row">{number}</th><td><code>{line}</code></td></tr>'
        for number, (line, count, share) in enumerate(zip(lines, measured.counts, measured.shares), 1))
    caption = texts["lines.caption"].format(step=measured.step, doc=isolated(escape(measured.doc)),
                                            runs=f"{sum(measured.counts):,}",
                                            plain=significant(1000 * measured.plain_seconds),
                                            watched=significant(1000 * measured.seconds))
    head = "".join(f'<th scope="col">{texts["lines." + name]}</th>' for name in ("count", "share", "number", "code"))
    return (f'<p class="hint">{caption}</p><div class="counted" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>")
