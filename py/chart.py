"""The loss curve: uPlot's canvas, and one HTML line for the uniform guess (MicroPython, on the page).

A chart has four verbs: reset() begins a run, add() takes points, hold() a held-out loss, cut() forgets those after a
step.
"""
import json
import math

from pyscript import document, window
from words import say

HEIGHT = 172
# Of the style sheet.
COLOURS = {"axis": "--soft", "grid": "--line", "mean": "--accent", "dot": "--dot", "held out": "--ink"}


class Chart:
    def __init__(self, uplot, element):
        self.element = element
        self.num_steps, self.vocab_size = 1000, 27
        self.columns = [window.Array.new() for _ in range(4)]  # steps, losses, means, held-out losses where there are
        self.held_out = None  # the last of these
        self.plot = uplot.new(self.options(), window.Array.of(*self.columns), element)
        window.ResizeObserver.new(self.fit).observe(element)
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

    def hold(self, step, loss):
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

    def draw(self):
        self.plot.setData(window.Array.of(*self.columns))

    def options(self):
        """uPlot's options; what follows the run, or the colour scheme, is a function that uPlot calls when it draws."""
        axis = {"grid": {"width": 1}, "ticks": {"show": False}, "font": "12px system-ui, sans-serif"}
        options = window.JSON.parse(json.dumps({
            "width": max(200, self.element.clientWidth), "height": HEIGHT, "padding": [8, 16, 0, 0],
            "cursor": {"y": False, "drag": {"x": False}, "points": {"show": False}}, "legend": {"show": False},
            "scales": {"x": {"time": False}, "y": {}}, "axes": [dict(axis, size=26), dict(axis, size=32, space=36)],
            "series": [{}, {"width": 0, "points": {"show": True, "size": 2.5, "width": 0}},
                       {"width": 2, "points": {"show": False}},
                       {"width": 1.5, "dash": [4, 3], "spanGaps": True, "points": {"show": False}}], "hooks": {}}))
        options.scales.x.range = self.range_of_steps
        options.scales.y.range = self.range_of_losses
        for part in options.axes:
            part.stroke, part.grid.stroke = self.colour("axis"), self.colour("grid")
        options.series[1].points.fill = options.series[1].stroke = self.colour("dot")
        options.series[2].stroke, options.series[3].stroke = self.colour("mean"), self.colour("held out")
        options.hooks.draw = window.Array.of(self.mark)
        options.hooks.setCursor = window.Array.of(self.tell)
        return options

    def colour(self, name):
        return lambda *_: window.getComputedStyle(self.element).getPropertyValue(COLOURS[name])

    # What a callback gives to JavaScript is kept here too: MicroPython may collect it before JavaScript has read it.

    def range_of_steps(self, *_):
        self.steps_shown = window.Array.of(0, self.num_steps)
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

    def tell(self, plot):
        """Say the numbers of the step under the pointer."""
        at, hint = plot.cursor.idx, document.getElementById("loss-hint")
        if at is None or at >= self.columns[0].length:
            hint.textContent = say("loss.hint")
        else:
            step, loss, mean, held_out = [column.at(at) for column in self.columns]
            hint.textContent = say("chart.step", step=step, loss="%.3f" % loss, mean="%.3f" % mean) + (
                "" if held_out is None else " " + say("chart.held-out", loss="%.3f" % held_out))

    def mark(self, plot):
        """Put the line of the uniform guess where the scale has it, and the curve into words."""
        guess, steps = math.log(self.vocab_size), self.columns[0]
        line, over = document.getElementById("guess"), plot.over
        line.textContent = say("guess", n=self.vocab_size, loss="%.2f" % guess)
        line.style.top = "%dpx" % (over.offsetTop + plot.valToPos(guess, "y"))
        line.style.left = "%dpx" % over.offsetLeft
        line.style.width = "%dpx" % over.clientWidth
        line.hidden = False
        label, held_out = document.getElementById("held-out"), "%.3f" % (self.held_out or 0)
        label.hidden = self.held_out is None
        if self.held_out is not None:  # on that side of its line where the other one is not
            label.textContent = say("held-out", loss=held_out)
            above = not steps.length or self.held_out >= self.columns[2].at(-1)
            top = plot.valToPos(self.held_out, "y") + (-20 if above else 4)
            label.style.top = "%dpx" % (over.offsetTop + max(0, min(top, over.clientHeight - 20)))
        if steps.length:
            summary = say("chart.summary", step=steps.at(-1), guess="%.2f" % guess,
                          loss="%.2f" % self.columns[2].at(-1))
            if self.held_out is not None:
                summary += " " + say("chart.held-out", loss=held_out)
            self.element.setAttribute("aria-label", summary)
