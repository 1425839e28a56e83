"""Looking back: a slider over the run's snapshots, and the page as it was at one of them (MicroPython, on the page).

The run goes on meanwhile. The slider's right end is now; every other place is a step that has a snapshot.
"""
from page import dom
from page.i18n import on_language, put
from page.parts.text_boxes import known
from pyscript import document


class HistorySlider:
    """step: the one that is looked at, None for now; snapshots: the steps there are, before now."""

    def __init__(self, state, client, attention, chart, names):
        self.state, self.client, self.attention, self.chart, self.names = state, client, attention, chart, names
        self.step, self.snapshots, self.asking, self.wanted = None, [], False, None
        self.events = [("history", "input", self.move), ("history-now", "click", self.leave)]
        on_language.add(self.say_where)
        state.on_crash.add(self.forget_asking)

    def forget_asking(self):
        """What was asked for may be waited for for ever."""
        self.asking = False

    def update(self, snapshots, now):
        """The run has come to a step, and there are snapshots of these."""
        before, self.snapshots = self.snapshots, [step for step in snapshots if step < now]
        if self.snapshots != before:
            self.place()

    def forget(self):
        """The run is over, and its past with it."""
        self.step, self.snapshots = None, []
        self.place()

    def place(self):
        """Put the slider's thumb where the step is, and its words beside it."""
        slider, past, last = dom.get("history"), self.step is not None, len(self.snapshots)
        nearest = min(range(last), key=lambda i: abs(self.snapshots[i] - self.step)) if past and last else 0
        slider.max = last
        if not self.asking:  # else the visitor has it in hand
            slider.value = nearest if past else last
        dom.get("history-row").hidden = not self.snapshots and not past
        self.mark()

    def mark(self):
        """Say which time is shown, where it is shown."""
        past = self.step is not None
        put("history-step", ("past.step", {"step": self.step}) if past else ("past.now", {}))
        self.say_where()
        if not past:
            dom.hand_focus_on("history-now", "history")
        dom.get("history-now").hidden = not past
        document.body.classList.toggle("past", past)
        for place in document.querySelectorAll(".then"):
            place.textContent = "· %d" % self.step if past else ""
        self.names.until(self.step)
        self.chart.point_out(self.step)

    def say_where(self):
        """Let whoever hears the slider hear the words beside it."""
        dom.get("history").setAttribute("aria-valuetext", dom.get("history-step").textContent)

    async def move(self, *_):
        """The slider was moved: ask for that step, and if it was moved on meanwhile, for the next."""
        at = int(dom.get("history").value)
        self.wanted = self.snapshots[at] if at < len(self.snapshots) else None
        if self.asking:
            return
        self.asking = True
        try:
            while True:
                wanted = self.wanted
                await self.show(wanted)
                if wanted == self.wanted:
                    break
        finally:
            self.asking = False
        self.place()

    async def show(self, step):
        """The page as it was at a snapshot's step, or is now."""
        run = self.state.run
        if step is None:
            self.step = None
            self.mark()
            await self.look_now()
            return
        answer = await self.client.facts("look_back", step, known(self.state, "look"))
        if run == self.state.run:
            self.step = answer.step
            self.mark()
            await self.attention.show(answer.pictures)

    async def look_now(self):
        """The pictures as they are now, unless the visitor looks back."""
        run = self.state.run
        pictures = await self.client.facts("look", known(self.state, "look"))
        if run == self.state.run and self.step is None:
            await self.attention.show(pictures)

    async def show_again(self):
        """The same time once more, because the document to look at is another, or the tab was hidden."""
        await self.show(self.step)

    async def leave(self, *_):
        """Back to now."""
        if self.step is not None:
            self.wanted = None
            await self.show(None)
            self.place()
