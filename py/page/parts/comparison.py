"""Two runs side by side: one that the visitor keeps, A, and the runs that come after it, B (MicroPython, on the page).

Losses share the chart; names, figures, and what differs in the settings and the code stand side by side below.
"""
import asyncio

from common import recipe as recipes
from page import view
from page.i18n import followers, say, sentence
from page.worker_client import Failed
from pyscript import document, window

FIELDS = [field[0] for field in recipes.FIELDS if field[0] not in recipes.LIVE or field[0] == "temperature"]
NAMES = 20  # of each run


class Compare:
    def __init__(self, tab):
        """tab: whose run is kept, and whose next runs are compared with it."""
        self.tab, self.kept, self.compared = tab, None, None  # compared: which run's code has been
        self.observer = window.MutationObserver.new(self.refresh)
        before = tab.on_step

        def told(step):
            before(step)
            self.refresh()

        tab.on_step = told
        followers.append(self.refresh)

    async def press_keep(self, *_):
        """Keep the run of now as A."""
        tab = self.tab
        if not (tab.running and tab.step):
            view.line("compare-note", sentence("compare.nothing"))
            return
        view.line("compare-note")
        self.kept = {"run": tab.run, "core": tab.core, "facts": self.facts()}
        self.compared = None
        tab.chart.keep()
        view.get("names-a").innerHTML = self.names()
        view.get("names-b").innerHTML = view.get("difference").innerHTML = ""
        self.show(True)
        self.observer.observe(view.get("names"), window.JSON.parse('{"childList": true}'))
        self.refresh()

    async def press_let_go(self, *_):
        """Forget A."""
        self.kept = None
        self.observer.disconnect()
        self.tab.chart.let_go()
        self.show(False)
        view.get("keep").focus()

    def show(self, kept):
        for id in ("compared", "let-go", "kept-legend"):
            view.get(id).hidden = not kept

    def facts(self):
        """What there is to say of the run of now: its settings, its step, its mean loss."""
        tab = self.tab
        means = tab.chart.columns[2]
        facts = {name: tab.running[name] for name in FIELDS}
        facts["temperature"] = tab.recipe["temperature"]
        facts["step"], facts["loss"] = tab.step, "%.3f" % means.at(-1) if means.length else "–"
        return facts

    def names(self):
        """The list of names as it is, the newest first."""
        return "".join([item.outerHTML for item in list(view.get("names").children)[:NAMES]])

    def refresh(self, *_):
        """Show B as it is now."""
        tab = self.tab
        if not self.kept:
            return
        a = self.kept["facts"]
        b = self.facts() if tab.running and tab.step and tab.run != self.kept["run"] else None
        view.get("names-b").innerHTML = self.names() if b else ""
        view.get("compare-wait").hidden = bool(b)
        rows = [(say("figure.step"), "step"), (say("compare.loss"), "loss")]
        rows += [(self.label(name), name) for name in FIELDS if b and a[name] != b[name]]
        body = view.get("compare-facts")
        body.replaceChildren()
        for label, name in rows:
            row = body.insertRow()
            head = document.createElement("th")
            head.scope, head.textContent = "row", label
            row.append(head)
            for facts in (a, b):
                row.insertCell().textContent = str(facts[name]) if facts else "–"
        if b and self.compared != tab.run:
            self.compared = tab.run
            asyncio.create_task(self.compare_code())

    def label(self, name):
        return document.querySelector('label[for="%s"]' % (name if name == "temperature" else "setting-" + name)
                                      ).textContent

    async def compare_code(self):
        """Show the lines that differ."""
        try:
            html = await self.tab.trainer.call("difference", self.kept["core"] or "", self.tab.core or "")
        except Failed:  # which is said elsewhere
            self.compared = None
            return
        view.get("difference").innerHTML = html
        view.get("same-code").hidden = bool(html)
