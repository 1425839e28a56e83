"""The recorded run that a first visitor sees until there is a run of their own (MicroPython, on the page).

Its pictures and names stand in index.html already; its curve comes from static/recorded.json. It is of the list of US
names, so for a link or a choice of other data it ends at once: recording and run never share the screen.
"""
from common.recipe import DEFAULTS
from page import dom, status
from pyscript import window


class Recording:
    def __init__(self, state, chart, attention):
        self.state, self.chart, self.attention = state, chart, attention
        state.on_recording_end.add(self.take_away)

    def follow(self, recipe):
        """The form has another recipe."""
        if any(recipe[name] != DEFAULTS[name] for name in ("data", "letters", "model")):
            self.state.end_recording()

    def take_away(self):
        """Take its note and its pictures away."""
        dom.get("recorded").hidden = True
        self.attention.clear()

    async def show(self):
        """Draw its curve, and read out a cell of its attention."""
        if not self.state.recorded:
            return
        try:
            recorded = await (await window.fetch(dom.get("recorded").dataset.file)).json()
        except Exception:  # without its curve the recording is still there
            return
        if self.state.recorded and not self.state.running:
            self.chart.add(recorded.points)
            status.loss(recorded.mean, self.chart.error())
            self.attention.read_out_cell(recorded.view)
