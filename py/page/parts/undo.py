"""The run before this one, which one press brings back for as long as the page is open (MicroPython, on the page).

Whenever a run of some steps is left, by Reset or for another, what the page has of it stays here: its last checkpoint,
its curve and its names.
"""
from page import dom
from page.i18n import number, put


class Before:
    """A run that was left: recipe, step (of the checkpoint), chars, checkpoint, source, core, lineage and
    opened as in RunState; curve and measured: the chart's; held_out: the RunView's; mean: the last running mean, or
    None; names: their HTML."""

    def __init__(self, state, view):
        self.recipe, self.step, self.chars = state.running, state.checkpoint_step, state.chars
        self.checkpoint, self.source, self.core = state.checkpoint, state.source, state.core
        self.lineage, self.opened = state.lineage, state.opened
        self.curve, self.measured, self.mean = view.chart.columns, view.chart.measured, view.chart.last_mean()
        self.held_out = view.held_out
        self.names = dom.get("names").innerHTML


class Undo:
    def __init__(self, state, view, training):
        """view: the RunView."""
        self.state, self.view, self.training, self.before = state, view, training, None
        self.events = [("undo", "click", self.press)]
        state.on_leave.add(self.take)

    def take(self):
        """The run of now is about to be left."""
        if self.state.checkpoint and self.state.checkpoint_step:
            self.before = Before(self.state, self.view)
            put("undo", ("undo", {"step": number(self.before.step)}))
            dom.get("undo-row").hidden = False

    async def press(self, *_):
        """Bring it back. The run of now, if it has taken a step, is the one before then."""
        before, self.before = self.before, None
        dom.hand_focus_on("undo-row", "train")
        dom.get("undo-row").hidden = True
        await self.training.put_back(before)
