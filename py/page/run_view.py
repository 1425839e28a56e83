"""What is shown of a run, part by part: figures, curve, pictures, names, history (MicroPython, on the page)."""
from page import dom, status
from page.parts import recording


class RunView:
    def __init__(self, state, data, chart, attention, names, history):
        self.state, self.data = state, data
        self.chart, self.attention, self.names, self.history = chart, attention, names, history
        self.speed = status.Speed()

    def end_recording(self):
        """What is shown from here on is the visitor's own, and not the recording."""
        if recording.is_shown():
            recording.end()
            self.clear_curve()
        dom.get("more-names").disabled = False

    def clear(self):
        """There is no run any more."""
        recording.end()
        status.progress(0, self.state.recipe["num_steps"])
        self.names.clear()
        self.history.forget()
        self.speed.clear()
        self.clear_curve()

    def clear_curve(self):
        state = self.state
        recipe = state.running or state.recipe
        self.chart.reset(recipe["num_steps"],
                         len(state.chars) + 1 if state.running else self.data.vocab_size(recipe))
        status.loss(None)

    def begin(self, snapshots, resumed):
        """A run has begun, or goes on from a step. The recording stays until there is something else to see."""
        state = self.state
        if not recording.is_shown():
            dom.get("more-names").disabled = False
            if resumed:
                self.chart.cut(state.step)
                self.names.cut(state.step)
            else:
                self.clear_curve()
            self.history.forget()
            self.history.update(snapshots, state.step)
        self.speed.clear()
        status.progress(state.step, state.running["num_steps"])

    def add(self, frame):
        """Show a frame, but for its pictures."""
        state = self.state
        self.end_recording()
        status.progress(frame.step, state.running["num_steps"])
        speed = self.speed.show(frame.step, state.running["num_steps"], frame.measuring)
        if frame.mean is not None:
            status.loss(frame.mean, frame.mean_error)
        if frame.points[0].length:
            self.chart.add(frame.points)
        for i, (step, loss) in enumerate(frame.held_out):
            self.chart.add_held_out(step, loss, frame.held_out_errors[i])
        if frame.html:
            self.names.add(frame.html)
        self.history.update(frame.snapshots, frame.step)
        if speed:
            state.on_speed.tell(speed, self.speed.left)

    async def open(self, facts):
        """Show a model from outside: its curve, names and pictures."""
        state = self.state
        recording.end()
        dom.get("names").innerHTML = ""
        self.names.add(facts.html)
        self.clear_curve()
        if facts.curve.length:
            self.chart.add(facts.curve)
            if facts.curve[2].length:
                status.loss(facts.curve[2].at(-1), self.chart.error())
        await self.attention.show(facts.pictures)
        dom.get("more-names").disabled = False
        status.progress(state.step, state.running["num_steps"])
        self.history.forget()
        self.history.update(facts.snapshots, state.step)
