"""The loss curve: uPlot's canvas, and one HTML line for the uniform guess (MicroPython, on the page).

A chart has verbs: reset() begins a run, add() takes points, add_held_out() a held-out loss, cut() forgets those after a
step; pin() leaves the means of now in place beside those of the runs to come, and unpin() takes them away. Its lines
differ in form, not in colour alone, and each is named where it runs: the uniform guess is dotted, the held-out loss has
circles with bars of its standard error, the pinned run has long dashes.
"""
import json
import math

from common.digits import rounded, standard_error, with_error
from page import dom
from page.i18n import number, on_language, put, say, sentence
from page.js import BASE, construct, reason
from pyscript import document, js_import, window

HEIGHT = 172
# Names of the style sheet.
COLOURS = {"axis": "--soft", "grid": "--line", "mean": "--accent", "dot": "--dot",
           "pinned": "--soft", "held out": "--ink", "paper": "--paper"}
MEAN_POINTS = 100  # whose spread tells how sure a running mean is
NAME_AT = 0.5      # of its way, a pinned run has its name


class LossChart:
    """Until load() is through, and where it fails, the chart takes all that it is told and draws nothing."""

    def __init__(self):
        self.element, self.plot, self.join = dom.get("chart"), None, None
        self.num_steps, self.vocab_size, self.then = 1000, 27, None
        self.columns = [window.Array.new() for _ in range(4)]  # steps, losses, means, held-out losses where there are
        self.held_out, self.measured = None, {}  # the last of these, and each, (loss, standard error), by its step
        self.pinned, self.pinned_steps = None, 0  # steps, losses and means of the pinned run; how long it is
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
        self.columns, self.held_out, self.measured = [window.Array.new() for _ in range(4)], None, {}
        self.draw()

    def extend(self, num_steps):
        """The run has so many steps in all."""
        self.num_steps = num_steps
        self.draw()

    def put_back(self, num_steps, columns, measured):
        """Show the columns of a run from before, and its held-out losses."""
        self.num_steps, self.columns, self.measured = num_steps, columns, measured
        self.held_out = measured[max(measured)] if measured else None
        self.draw()

    def last_mean(self):
        """The last running mean; None where there is none."""
        return self.columns[2].at(-1) if self.columns[2].length else None

    def add(self, points):
        """points: JavaScript's arrays of steps, losses and means."""
        unknown = window.Array.new(points[0].length).fill(None)
        self.columns = [column.concat(more) for column, more in zip(self.columns, list(points) + [unknown])]
        self.draw()

    def add_held_out(self, step, loss, error=None):
        """Take a held-out loss and its standard error, of a step that has a point or was left out after one."""
        at = self.columns[0].findLastIndex(lambda x, *_: x <= step)
        if at >= 0:
            self.columns[3].fill(loss, at, at + 1)
            self.held_out = loss, error if is_number(error) else None
            self.measured[int(self.columns[0].at(at))] = self.held_out
            self.draw()

    def error(self, at=None, columns=None):
        """The standard error of the running mean at a point, by its index, or at the last."""
        losses = (columns or self.columns)[1]
        end = losses.length if at is None else at + 1
        return standard_error(list(losses.slice(max(0, end - MEAN_POINTS), end)))

    def mean(self):
        """The running mean of now as text, with its standard error; None where there is none."""
        means = self.columns[2]
        return with_error(means.at(-1), self.error()) if means.length else None

    def cut(self, step):
        """Forget the points after a step."""
        steps = self.columns[0]
        keep = steps.length
        while keep and steps.at(keep - 1) > step:
            keep -= 1
        self.columns = [column.slice(0, keep) for column in self.columns]
        self.measured = {x: loss for x, loss in self.measured.items() if x <= step}
        self.held_out = self.measured[max(self.measured)] if self.measured else None
        self.draw()

    def point_out(self, step):
        """Mark a step with an upright line; None for none."""
        if step != self.then:
            self.then = step
            if self.plot:
                self.mark(self.plot)

    def pin(self):
        """Keep the means that are shown, for comparison with the next run's."""
        self.pinned, self.pinned_steps = self.columns[:3], self.num_steps
        self.draw()

    def unpin(self):
        """Forget the pinned means."""
        self.pinned, self.pinned_steps = None, 0
        self.draw()

    def data(self):
        """Steps, losses, means, and the pinned means: uPlot wants them all at the same steps."""
        if not self.pinned:
            return window.Array.of(*self.columns, window.Array.new(self.columns[0].length))
        return self.join(window.Array.of(window.Array.of(*self.columns),
                                         window.Array.of(self.pinned[0], self.pinned[2])))

    def draw(self):
        """Draw all there is, if somebody can see it; a hidden tab would but collect what is to be drawn."""
        if self.plot and not document.hidden:
            self.plot.setData(self.data())

    def options(self):
        """uPlot's options; what follows the run, or the colour scheme, is a function that uPlot calls when it draws."""
        axis = {"grid": {"width": 1}, "ticks": {"show": False}, "font": "12px system-ui, sans-serif"}
        options = window.JSON.parse(json.dumps({
            "width": max(200, self.element.clientWidth), "height": HEIGHT, "padding": [8, 20, 0, 0],
            "cursor": {"y": False, "drag": {"x": False}, "points": {"show": False}}, "legend": {"show": False},
            "scales": {"x": {"time": False}, "y": {}}, "axes": [dict(axis, size=26), dict(axis, size=32, space=36)],
            "series": [{}, {"width": 0, "points": {"show": True, "size": 2.5, "width": 0}},
                       {"width": 2, "points": {"show": False}},
                       {"width": 1, "spanGaps": True, "points": {"show": True, "size": 7, "width": 1.5}},
                       {"width": 1.75, "dash": [14, 6], "points": {"show": False}}], "hooks": {}}))
        options.scales.x.range = self.range_of_steps
        options.scales.y.range = self.range_of_losses
        for part in options.axes:
            part.stroke, part.grid.stroke = self.colour("axis"), self.colour("grid")
        options.series[1].points.fill = options.series[1].stroke = self.colour("dot")
        options.series[3].points.fill = self.colour("paper")
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
        """Say the numbers of the step under the pointer: the loss of one name to three digits, means to those that
        their spread bears."""
        at, hint, text = plot.cursor.idx, dom.get("loss-hint"), ""
        if at is not None and at < plot.data[0].length:
            step, loss, mean = (plot.data[column].at(at) for column in range(3))
            if is_number(mean):
                error = self.error(self.columns[0].indexOf(step))
                text = say("chart.step", step=step, loss="%.3f" % loss, mean=rounded(mean, error))
            if text and int(step) in self.measured:
                text += " " + say("chart.held-out", loss=with_error(*self.measured[int(step)]))
            pinned = plot.data[4].at(at) if self.pinned else None
            if is_number(pinned):
                error = self.error(self.pinned[0].indexOf(step), self.pinned)
                text = (text + " " + say("chart.kept", step=step, mean=rounded(pinned, error))).strip()
        hint.textContent = text or say("loss.hint")

    def mark(self, plot):
        """Put the name of each line where it runs, the bars of the held-out losses, and the curve into words."""
        guess, over = math.log(self.vocab_size), plot.over
        line = dom.get("guess")
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
        self.draw_errors(plot)
        self.name_held_out(plot)
        self.name_pinned(plot)
        self.sum_up(guess)

    def draw_errors(self, plot):
        """A bar on each held-out loss, one standard error up and down."""
        canvas = plot.ctx
        canvas.save()
        canvas.strokeStyle, canvas.lineWidth = self.colour("held out")(), window.devicePixelRatio
        for step, (loss, error) in self.measured.items():
            if error:
                x, low, high = (plot.valToPos(step, "x", True), plot.valToPos(loss - error, "y", True),
                                plot.valToPos(loss + error, "y", True))
                canvas.beginPath()
                canvas.moveTo(x, low)
                canvas.lineTo(x, high)
                canvas.stroke()
        canvas.restore()

    def name_held_out(self, plot):
        label, over, steps = dom.get("held-out"), plot.over, self.columns[0]
        label.hidden = self.held_out is None
        if self.held_out is not None:  # on that side of its line where the other one is not
            label.textContent = say("held-out", loss=with_error(*self.held_out))
            above = not steps.length or self.held_out[0] >= self.columns[2].at(-1)
            top = plot.valToPos(self.held_out[0], "y") + (-24 if above else 8)
            label.style.top = "%dpx" % (over.offsetTop + max(0, min(top, over.clientHeight - 20)))
            x, width = plot.valToPos(max(self.measured), "x"), over.clientWidth
            if 2 * x > width:  # its end is where the line's is, or else its beginning
                label.style.left, label.style.right = "auto", "%dpx" % (self.element.clientWidth - over.offsetLeft - x)
            else:
                label.style.left, label.style.right = "%dpx" % (over.offsetLeft + x), "auto"

    def name_pinned(self, plot):
        label, over = dom.get("pinned-name"), plot.over
        label.hidden = not (self.pinned and self.pinned[0].length)
        if not label.hidden:
            at = int(NAME_AT * self.pinned[0].length)
            label.style.left = "%dpx" % (over.offsetLeft + plot.valToPos(self.pinned[0].at(at), "x"))
            label.style.top = "%dpx" % (over.offsetTop + plot.valToPos(self.pinned[2].at(at), "y"))

    def sum_up(self, guess):
        """What the curve shows, for whoever hears it."""
        steps = self.columns[0]
        if steps.length:
            summary = say("chart.summary", step=number(steps.at(-1)), guess="%.2f" % guess,
                          loss=rounded(self.columns[2].at(-1), self.error()))
            if self.held_out is not None:
                summary += " " + say("chart.held-out", loss=with_error(*self.held_out))
            if self.pinned and self.pinned[0].length:
                summary += " " + say("chart.kept", step=self.pinned[0].at(-1),
                                     mean=rounded(self.pinned[2].at(-1), self.error(None, self.pinned)))
            self.element.setAttribute("aria-label", summary)


def is_number(value):
    """Whether JavaScript has a number there, and not null or undefined."""
    return type(value) is float or type(value) is int
