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
from worker.markup import escape

COPIES = 3
LONGEST_S = 0.3  # of a step that is measured: to watch it takes some forty times as long
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


class Watch:
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
        watches = [Watch("empty", EMPTY.count("\n")) for _ in range(COPIES)]
        for watch in watches:
            with watch:
                space[name]()
        return min(sum(watch.seconds) for watch in watches), sum(watches[0].reports), sum(watches[0].calls)

    seconds, reports, _ = quickest("lines")
    report = seconds / reports
    seconds, reports, calls = quickest("calls")
    return min(max((seconds - report * reports) / calls / report, 0.5), 4.0) if report else 1.0


class TooSlow(Exception):
    """A step takes too long to be watched line by line."""


class Lines:
    """A step that a copy of the run takes: the next one, or the last one again where no next one is left.

    step, doc: which; counts[line], shares[line]: from line 1 on, the shares 0 to 1 and 1 in sum; seconds and
    plain_seconds: how long it took while watched, and how long another copy took unwatched. Raises TooSlow.
    """

    def __init__(self, run, length):
        """run: a microgpt.Run; length: how many lines the core's file has."""
        at = min(run.step, run.settings.num_steps - 1)
        self.step, self.doc = at + 1, run.docs[at % len(run.docs)]
        self.plain_seconds = median(self.taken(run, at) for _ in range(COPIES))
        if self.plain_seconds > LONGEST_S:
            raise TooSlow
        watches = [Watch(type(run).train.__code__.co_filename, length) for _ in range(COPIES)]
        self.seconds = median(self.taken(run, at, watch) for watch in watches)
        middle = [median(seconds) for seconds in zip(*(watch.seconds for watch in watches))]
        own = net(middle, watches[0].reports, watches[0].calls, call_ratio())[1:]
        self.counts, self.shares = watches[0].counts[1:], [seconds / (sum(own) or 1) for seconds in own]

    def taken(self, run, step, watch=None):
        """The seconds that a copy of the run needs for a step, watched or not."""
        taken = copy.copy(run)
        taken.gpt, taken.step = pickle.loads(pickle.dumps(run.gpt)), step
        collects = gc.isenabled()
        gc.disable()  # it comes at any line, and is none's fault
        try:
            with watch or nullcontext():
                began = perf_counter()
                taken.train()
                return perf_counter() - began
        finally:
            if collects:
                gc.enable()


def table(lines, measured, words):
    """The whole source as a table: how often, what share, the line's number, the line.

    lines: the HTML of each line; measured: a Lines; words: the texts that begin with "lines.".
    """
    most = max(measured.shares) or 1  # has the full bar
    rows = "".join(
        f'<tr data-line="{number}"><td>{f"{count:,}" if count else ""}</td>'
        f'<td style="--w:{share / most:.3f}">{f"{100 * share:.0f}" if share >= .005 else ""}</td>'
        f'<th scope="row">{number}</th><td><code>{line}</code></td></tr>'
        for number, (line, count, share) in enumerate(zip(lines, measured.counts, measured.shares), 1))
    said = words["lines.caption"].format(step=measured.step, doc=isolated(escape(measured.doc)),
                                         runs=f"{sum(measured.counts):,}",
                                         plain=f"{1000 * measured.plain_seconds:.0f}",
                                         watched=f"{1000 * measured.seconds:.0f}")
    head = "".join(f'<th scope="col">{words["lines." + name]}</th>' for name in ("count", "share", "number", "code"))
    return (f'<p class="hint">{said}</p><div class="counted" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>")
