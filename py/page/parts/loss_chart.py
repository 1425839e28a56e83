"""The loss curve: uPlot's canvas, and one HTML line for the uniform guess (MicroPython, on the page).

A chart has verbs: reset() begins a run, add() takes points, add_held_out() a held-out loss, cut() forgets those after a
step; pin() leaves the means of now in place beside those of the runs to come, and unpin() takes them away.
"""
import json
import math

from page import dom
from page.i18n import number, on_language, put, say, sentence
from page.js import BASE, construct, reason
from pyscript import document, js_import, window

HEIGHT = 172
# Names of the style sheet.
COLOURS = {"axis": "--soft", "grid": "--line", "mean": "--accent", "dot": "--dot",
           "pinned": "--soft", "held out": "--ink"}


class LossChart:
    """Until load() is through, and where it fails, the chart takes all that it is told and draws nothing."""

    def __init__(self):
        self.element, self.plot, self.join = dom.get("chart"), None, None
        self.num_steps, self.vocab_size, self.then = 1000, 27, None
        self.columns = [window.Array.new() for _ in range(4)]  # steps, losses, means, held-out losses where there are
        self.held_out = None  # the last of these
        self.pinned, self.pinned_steps = None, 0
        on_language.add(self.draw)

    async def load(self):
        """Load uPlot and draw. Whatever keeps the curve from being drawn is said, and the rest of the page goes on."""
        try:
            uplot = (await js_import(window.URL.new("vendor/uplot/uPlot.esm.js", BASE).href))[0]
            self.join = uplot.default.join
            self.plot = construct(uplot, "default", self.options(), self.data(), self.element)
        except Exception as error:
            self.plot = None
            put("chart", sentence("chart.missing", reason=reason(error)))
            for name in ("role", "aria-label", "data-t-label"):
                self.element.removeAttribute(name)
            return
        window.ResizeObserver.new(self.fit).observe(self.element)
        window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", lambda event: self.plot.redraw())

    def reset(self, num_steps, vocab_size):
        """Begin a run: an empty curve of num_steps steps, with ln(vocab_size) marked."""
        self.num_steps, self.vocab_size = num_steps, vocab_size
        self.columns, self.held_out = [window.Array.new() for _ in range(4)], None
        self.draw()

    def add(self, points):
        """points: JavaScript's arrays of steps, losses and means."""
        unknown = window.Array.new(points[0].length).fill(None)
        self.columns = [column.concat(more) for column, more in zip(self.columns, list(points) + [unknown])]
        self.draw()

    def add_held_out(self, step, loss):
        """Take a held-out loss, of a step that has a point or was left out after one."""
        at = self.columns[0].findLastIndex(lambda x, *_: x <= step)
        if at >= 0:
            self.columns[3].fill(loss, at, at + 1)
            self.held_out = loss
            self.draw()

    def cut(self, step):
        """Forget the points after a step."""
        steps = self.columns[0]
        keep = steps.length
        while keep and steps.at(keep - 1) > step:
            keep -= 1
        self.columns = [column.slice(0, keep) for column in self.columns]
        self.draw()

    def point_out(self, step):
        """Mark a step with an upright line; None for none."""
        if step != self.then:
            self.then = step
            if self.plot:
                self.mark(self.plot)

    def pin(self):
        """Keep the means that are shown, for comparison with the next run's."""
        self.pinned, self.pinned_steps = [self.columns[0], self.columns[2]], self.num_steps
        self.draw()

    def unpin(self):
        """Forget the pinned means."""
        self.pinned, self.pinned_steps = None, 0
        self.draw()

    def data(self):
        """Steps, losses, means, and the pinned means: uPlot wants them all at the same steps."""
        if not self.pinned:
            return window.Array.of(*self.columns, window.Array.new(self.columns[0].length))
        return self.join(window.Array.of(window.Array.of(*self.columns), window.Array.of(*self.pinned)))

    def draw(self):
        """Draw all there is, if somebody can see it; a hidden tab would but collect what is to be drawn."""
        if self.plot and not document.hidden:
            self.plot.setData(self.data())

    def options(self):
        """uPlot's options; what follows the run, or the colour scheme, is a function that uPlot calls when it draws."""
        axis = {"grid": {"width": 1}, "ticks": {"show": False}, "font": "12px system-ui, sans-serif"}
        options = window.JSON.parse(json.dumps({
            "width": max(200, self.element.clientWidth), "height": HEIGHT, "padding": [8, 16, 0, 0],
            "cursor": {"y": False, "drag": {"x": False}, "points": {"show": False}}, "legend": {"show": False},
            "scales": {"x": {"time": False}, "y": {}}, "axes": [dict(axis, size=26), dict(axis, size=32, space=36)],
            "series": [{}, {"width": 0, "points": {"show": True, "size": 2.5, "width": 0}},
                       {"width": 2, "points": {"show": False}},
                       {"width": 1.5, "dash": [2, 3], "spanGaps": True, "points": {"show": False}},
                       {"width": 1.5, "dash": [5, 4], "points": {"show": False}}], "hooks": {}}))
        options.scales.x.range = self.range_of_steps
        options.scales.y.range = self.range_of_losses
        for part in options.axes:
            part.stroke, part.grid.stroke = self.colour("axis"), self.colour("grid")
        options.series[1].points.fill = options.series[1].stroke = self.colour("dot")
        for i, name in enumerate(("mean", "held out", "pinned")):
            options.series[2 + i].stroke = self.colour(name)
        options.hooks.draw = window.Array.of(self.mark)
        options.hooks.setCursor = window.Array.of(self.show_hint)
        return options

    def colour(self, name):
        return lambda *_: window.getComputedStyle(self.element).getPropertyValue(COLOURS[name])

    # What a callback gives to JavaScript is referenced here too: else MicroPython may collect it before that was read.

    def range_of_steps(self, *_):
        self.steps_shown = window.Array.of(0, max(self.num_steps, self.pinned_steps))
        return self.steps_shown

    def range_of_losses(self, plot, low, high, *_):
        """The losses of the run, and in any case the neighbourhood of the uniform guess."""
        guess = math.log(self.vocab_size)
        self.losses_shown = window.Array.of(min(guess / 2, guess if low is None else low),
                                            max(guess * 1.2, guess if high is None else high))
        return self.losses_shown

    def fit(self, *_):
        if abs(self.plot.width - self.element.clientWidth) > 1:
            self.plot.setSize(window.JSON.parse(json.dumps({"width": self.element.clientWidth, "height": HEIGHT})))

    def show_hint(self, plot):
        """Say the numbers of the step under the pointer."""
        at, hint, text = plot.cursor.idx, dom.get("loss-hint"), ""
        if at is not None and at < plot.data[0].length:
            step, loss, mean = (plot.data[column].at(at) for column in range(3))
            if type(mean) is float or type(mean) is int:
                text = say("chart.step", step=step, loss="%.3f" % loss, mean="%.3f" % mean)
            held_out = plot.data[3].at(at)
            if text and (type(held_out) is float or type(held_out) is int):
                text += " " + say("chart.held-out", loss="%.3f" % held_out)
            pinned = plot.data[4].at(at) if self.pinned else None
            if type(pinned) is float or type(pinned) is int:
                text = (text + " " + say("chart.kept", step=step, mean="%.3f" % pinned)).strip()
        hint.textContent = text or say("loss.hint")

    def mark(self, plot):
        """Put the line of the uniform guess where the scale has it, and the curve into words."""
        guess, steps = math.log(self.vocab_size), self.columns[0]
        line, over = dom.get("guess"), plot.over
        line.textContent = say("guess", n=self.vocab_size, loss="%.2f" % guess)
        line.style.top = "%dpx" % (over.offsetTop + plot.valToPos(guess, "y"))
        line.style.left = "%dpx" % over.offsetLeft
        line.style.width = "%dpx" % over.clientWidth
        line.hidden = False
        then = dom.get("then")
        then.hidden = self.then is None
        if self.then is not None:
            then.style.left = "%dpx" % (over.offsetLeft + plot.valToPos(self.then, "x"))
            then.style.top, then.style.height = "%dpx" % over.offsetTop, "%dpx" % over.clientHeight
        label, held_out = dom.get("held-out"), "%.3f" % (self.held_out or 0)
        label.hidden = self.held_out is None
        if self.held_out is not None:  # on that side of its line where the other one is not
            label.textContent = say("held-out", loss=held_out)
            above = not steps.length or self.held_out >= self.columns[2].at(-1)
            top = plot.valToPos(self.held_out, "y") + (-20 if above else 4)
            label.style.top = "%dpx" % (over.offsetTop + max(0, min(top, over.clientHeight - 20)))
        if steps.length:
            summary = say("chart.summary", step=number(steps.at(-1)), guess="%.2f" % guess,
                          loss="%.2f" % self.columns[2].at(-1))
            if self.held_out is not None:
                summary += " " + say("chart.held-out", loss=held_out)
            self.element.setAttribute("aria-label", summary)
