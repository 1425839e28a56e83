"""What is shown of a run, part by part: figures, curve, pictures, names, history (MicroPython, on the page)."""
from page import dom, status
from pyscript import window


class RunView:
    def __init__(self, state, data, chart, attention, names, history):
        self.state, self.data = state, data
        self.chart, self.attention, self.names, self.history = chart, attention, names, history
        self.speed = status.Speed()
        self.held_out = window.Array.new()  # the held-out losses of the run, [step, loss] each, as JavaScript has them
        state.on_recording_end.add(self.clear)

    def clear(self):
        """There is nothing to see of a run, or no more of the recording."""
        status.progress(0, self.state.num_steps())
        self.names.clear()
        self.history.forget()
        self.speed.clear()
        self.clear_curve()
        dom.get("more-names").disabled = self.state.recorded

    def clear_curve(self):
        state = self.state
        self.held_out = window.Array.new()
        self.chart.reset(state.num_steps(),
                         len(state.chars) + 1 if state.running else self.data.vocab_size(state.recipe))
        status.loss(None)

    def begin(self, snapshots, resumed):
        """A run has begun, or goes on from a step. The recording stays until there is something else to see."""
        state = self.state
        if state.recorded:
            return
        if resumed:
            self.chart.cut(state.step)
            self.held_out = self.held_out.filter(lambda point, *_: point.at(0) <= state.step)
            self.names.cut(state.step)
            self.history.forget()
        else:
            self.clear()
        self.history.update(snapshots, state.step)
        self.speed.clear()
        status.progress(state.step, state.num_steps())

    def extend(self):
        """The run has more steps to go."""
        self.chart.extend(self.state.num_steps())
        status.progress(self.state.step, self.state.num_steps())

    def put_back(self, before):
        """Show a run from before again, but for its pictures. before: see parts/undo.py."""
        self.clear()
        self.chart.put_back(self.state.num_steps(), before.curve, before.measured)
        self.held_out = before.held_out
        self.names.add(before.names)
        if before.mean:
            status.loss(before.mean, self.chart.error())

    def add(self, frame):
        """Show a frame, but for its pictures."""
        state = self.state
        state.end_recording()
        num_steps = state.num_steps()
        status.progress(frame.step, num_steps)
        speed = self.speed.show(frame.step, num_steps, frame.measuring)
        if frame.mean is not None:
            status.loss(frame.mean, frame.mean_error)
        if frame.points[0].length:
            self.chart.add(frame.points)
        self.add_held_out(frame.held_out, frame.held_out_errors)
        if frame.html:
            self.names.add(frame.html)
        self.history.update(frame.snapshots, frame.step)
        if speed:
            state.on_speed.tell(speed, self.speed.left)

    def add_held_out(self, points, errors=None):
        """points: an array of JavaScript's, of [step, loss]; errors: their standard errors, where those are known."""
        self.held_out = self.held_out.concat(points)
        for i, (step, loss) in enumerate(points):
            self.chart.add_held_out(step, loss, errors[i] if errors else None)

    async def open(self, facts):
        """Show a model from outside: its curve, names and pictures."""
        state = self.state
        state.end_recording()
        self.clear()
        self.names.add(facts.html)
        if facts.curve.length:
            self.chart.add(facts.curve)
            if facts.curve[2].length:
                status.loss(facts.curve[2].at(-1), self.chart.error())
            self.add_held_out(facts.held_out)
        await self.attention.show(facts.pictures)
        status.progress(state.step, state.num_steps())
        self.history.update(facts.snapshots, state.step)
