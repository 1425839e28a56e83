"""Two runs side by side: one that the visitor pins, A, and the runs that come after it, B (MicroPython, on the page).

Losses share the chart; names, figures, and what differs in the settings and the code stand side by side below.
"""
import asyncio

from common import recipe as recipes
from page import dom
from page.i18n import on_language, say, sentence
from page.js import options
from page.worker_client import Failed
from pyscript import document, window

FIELDS = [field[0] for field in recipes.FIELDS if field[0] not in recipes.LIVE or field[0] == "temperature"]
NAMES_SHOWN = 20  # of each run


class Comparison:
    def __init__(self, state, client, chart, names):
        self.state, self.client, self.chart, self.names = state, client, chart, names
        self.pinned, self.compared = None, None  # compared: which run's code has been
        self.observer = window.MutationObserver.new(self.refresh)
        self.events = [("keep", "click", self.pin), ("let-go", "click", self.unpin)]
        state.on_step.add(self.refresh)
        on_language.add(self.refresh)

    async def pin(self, *_):
        """Pin the run of now as A."""
        state = self.state
        if not (state.running and state.step):
            dom.line("compare-note", sentence("compare.nothing"))
            return
        dom.line("compare-note")
        self.pinned = {"run": state.run, "core": state.core, "facts": self.facts()}
        self.compared = None
        self.chart.pin()
        dom.get("names-a").innerHTML = self.newest_names()
        dom.get("names-b").innerHTML = dom.get("difference").innerHTML = ""
        self.show(True)
        self.observer.observe(dom.get("names"), options(childList=True))
        self.refresh()

    async def unpin(self, *_):
        """Discard A."""
        self.pinned = None
        self.observer.disconnect()
        self.chart.unpin()
        self.show(False)
        dom.get("keep").focus()

    def show(self, pinned):
        for id in ("compared", "let-go", "kept-legend"):
            dom.get(id).hidden = not pinned

    def facts(self):
        """What there is to say of the run of now: its settings, its step, its mean loss."""
        state, means = self.state, self.chart.columns[2]
        facts = {name: state.running[name] for name in FIELDS}
        facts["temperature"] = state.recipe["temperature"]
        facts["step"], facts["loss"] = state.step, "%.3f" % means.at(-1) if means.length else "–"
        return facts

    def newest_names(self):
        """The list of names as it is, the newest first."""
        return "".join([item.outerHTML for item in list(dom.get("names").children)[:NAMES_SHOWN]])

    def refresh(self, *_):
        """Show B as it is now."""
        state = self.state
        if not self.pinned:
            return
        a = self.pinned["facts"]
        b = self.facts() if state.running and state.step and state.run != self.pinned["run"] else None
        dom.get("names-b").innerHTML = self.newest_names() if b else ""
        dom.get("compare-wait").hidden = bool(b)
        rows = [(say("figure.step"), "step"), (say("compare.loss"), "loss")]
        rows += [(label(name), name) for name in FIELDS if b and a[name] != b[name]]
        body = dom.get("compare-facts")
        body.replaceChildren()
        for title, name in rows:
            row = body.insertRow()
            head = document.createElement("th")
            head.scope, head.textContent = "row", title
            row.append(head)
            for facts in (a, b):
                cell = row.insertCell()
                cell.translate, cell.textContent = False, str(facts[name]) if facts else "–"
        if b and self.compared != state.run:
            self.compared = state.run
            asyncio.create_task(self.compare_code())

    async def compare_code(self):
        """Show the lines that differ."""
        try:
            html = await self.client.call("diff_cores", self.pinned["core"] or "", self.state.core or "")
        except Failed:  # which is said elsewhere
            self.compared = None
            return
        dom.get("difference").innerHTML = html
        dom.get("same-code").hidden = bool(html)


def label(name):
    """The label of a setting's box."""
    box = name if name == "temperature" else "setting-" + name
    return document.querySelector('label[for="%s"]' % box).textContent
