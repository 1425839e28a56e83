"""The switch of engines: what each gives, how fast each was in this tab, and one offer of the compiled one
(MicroPython, on the page)."""
from page import dom, status
from page.i18n import on_language, say
from page.js import options
from pyscript import window

ENGINES = ("core", "compiled")
NAMES = {"core": "engine.core", "compiled": "engine.compiled.short"}
OFFER_AFTER_S, OFFER_UNTIL_S = 5, 60  # of training in plain Python: when the offer may come, and when it goes
WORTH_S = 8       # it comes where the run would take so much longer
RELABEL_S = 2     # between two labels: a list that is open is not to flicker
CHANGE = options(bubbles=True)


class EngineSwitch:
    def __init__(self, state):
        self.events = [("offer-compiled", "click", self.press_offer), ("offer-dismiss", "click", self.press_dismiss)]
        self.engine, self.speeds = "core", {}
        self.labelled = -RELABEL_S
        self.trained, self.last = 0, None  # seconds of training in plain Python; when that was last measured
        self.offered = False               # once in a visit
        on_language.add(self.label)
        state.on_engine.add(self.use)
        state.on_speed.add(self.measure)
        state.on_end.add(self.withdraw)
        state.on_end.add(self.label)
        state.on_forget.add(self.withdraw)

    def use(self, engine):
        """The worker has "core" or "compiled" do the work from here on."""
        self.engine, self.last = engine, None
        self.label()
        if engine != "core":
            self.withdraw()

    def measure(self, speed, seconds_left):
        """The engine at work takes so many steps a second, and the run will take so much longer."""
        now = window.performance.now() / 1000
        self.speeds[self.engine] = speed
        if now - self.labelled >= RELABEL_S:
            self.labelled = now
            self.label()
        if self.engine == "core":
            self.trained += min(now - self.last, 1) if self.last is not None else 0  # a pause is no training
            self.last = now
            if self.trained >= OFFER_UNTIL_S:
                self.withdraw()
            elif self.trained >= OFFER_AFTER_S and seconds_left >= WORTH_S and not self.offered:
                self.offered = True
                dom.get("offer").hidden = False

    def withdraw(self):
        """The run has ended, or the page offers something else: what is offered goes, and is not offered again."""
        if not dom.get("offer").hidden:
            dom.hand_focus_on("offer", "engine")
            dom.get("offer").hidden = True

    def label(self):
        """Say in the switch what each engine gives, with its speed where this tab has measured it."""
        switch = dom.get("engine")
        options = switch.options
        for i, engine in enumerate(ENGINES):
            key = NAMES[engine] if engine == switch.value else "engine." + engine  # the closed switch is narrow
            name = say(key)
            if engine in self.speeds:
                name = say("engine.speed", engine=(key, {}), speed=status.in_words(self.speeds[engine]))
            if options[i].textContent != name:
                options[i].textContent = name

    async def press_offer(self, *_):
        """Switch as the visitor would by hand, from where the focus is."""
        self.withdraw()
        switch = dom.get("engine")
        switch.value = "compiled"
        switch.dispatchEvent(window.Event.new("change", CHANGE))

    async def press_dismiss(self, *_):
        self.withdraw()
