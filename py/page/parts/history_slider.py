"""Looking back: a slider over the run's kept steps, and the page as it was at one of them (MicroPython, on the page).

The run goes on meanwhile. The slider's right end is now; every other place is one of the steps that the worker kept.
"""
from page import view
from page.i18n import followers, put
from page.parts.names_list import Invented
from pyscript import document


class Past:
    """step: the one that is looked at, None for now; kept: the steps there are."""

    def __init__(self, tab):
        self.tab, self.invented = tab, Invented()
        self.step, self.kept, self.now, self.asking, self.wanted = None, [], 0, False, None
        followers.append(self.say_where)

    def tell(self, kept, now):
        """The run has come to a step, and these are kept."""
        before, self.kept, self.now = self.kept, [step for step in kept if step < now], now
        if self.kept != before:
            self.place()

    def place(self):
        """Put the slider's thumb where the step is, and its words beside it."""
        slider, past = view.get("history"), self.step is not None
        nearest = min(range(len(self.kept)), key=lambda i: abs(self.kept[i] - self.step)) if past and self.kept else 0
        slider.max = len(self.kept)
        if not self.asking:  # else the visitor has it in hand
            slider.value = nearest if past else len(self.kept)
        view.get("history-row").hidden = not self.kept and not past
        self.mark()

    def mark(self):
        """Say which time is shown, where it is shown."""
        past = self.step is not None
        said = ("past.step", {"step": self.step}) if past else ("past.now", {})
        put("history-step", said)
        self.say_where()
        if not past:
            view.hand_on("history-now", "history")
        view.get("history-now").hidden = not past
        page = document.body.classList
        page.add("past") if past else page.remove("past")
        for place in document.querySelectorAll(".then"):
            place.textContent = "· %d" % self.step if past else ""
        self.invented.until(self.step)
        if self.tab.chart:
            self.tab.chart.point_out(self.step)

    def say_where(self):
        """Let whoever hears the slider hear the words beside it."""
        view.get("history").setAttribute("aria-valuetext", view.get("history-step").textContent)

    async def moved(self, *_):
        """The slider was moved: ask for that step, and if it was moved on meanwhile, for the next."""
        at = int(view.get("history").value)
        self.wanted = self.kept[at] if at < len(self.kept) else None
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
        """The page as it was at a kept step, or is now."""
        tab, run = self.tab, self.tab.run
        if step is None:
            self.step = None
            self.mark()
            await tab.look_now()
            return
        answer = await tab.trainer.facts("past", step, tab.known("look"))
        if run == tab.run:
            self.step = answer.step
            self.mark()
            await tab.pictures.show(answer.pictures)

    async def again(self, *_):
        """The same step once more, because the document to look at is another."""
        await self.show(self.step)

    async def leave(self, *_):
        """Back to now."""
        if self.step is not None:
            self.wanted = None
            await self.show(None)
            self.place()

    def forget(self):
        """The run is over, and its past with it."""
        self.step, self.kept, self.now = None, [], 0
        self.place()
