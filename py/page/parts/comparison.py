"""Two runs side by side: one that the visitor pins, A, and the runs that come after it, B (MicroPython, on the page).

Losses share the chart; names, figures, and what differs in the settings and the code stand side by side below. Which is
the better one, the held-out losses say, where their difference is larger than chance makes it.
"""
import asyncio
import json

from common import recipe as recipes
from common.digits import difference, with_error
from page import dom
from page.i18n import number, on_language, say, sentence
from page.js import options
from page.worker_client import Failed
from pyscript import document, window

FIELDS = [field[0] for field in recipes.FIELDS if field[0] not in recipes.LIVE or field[0] == "temperature"]
FIELDS.remove("sha256")  # which is shown with the data
NAMES_SHOWN = 20  # of each run
SURE = 2          # standard errors that a difference must have to be seen: chance alone makes one in twenty so large
DATA = ("data", "letters", "sha256")  # where these differ, losses cannot be compared


class Comparison:
    def __init__(self, state, client, chart, names):
        self.state, self.client, self.chart, self.names = state, client, chart, names
        self.pinned, self.compared = None, None  # compared: which run's code has been
        self.held_out = None  # of B: what the worker says of it, with the run and the step it was asked about
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
        lineage, facts, core = state.lineage, self.facts(), state.core
        held_out = await self.ask_held_out()
        if lineage != state.lineage:
            return
        self.pinned = {"lineage": lineage, "core": core, "facts": facts, "held_out": held_out,
                       "recipe": dict(state.running)}
        self.compared = self.held_out = None
        self.chart.pin()
        dom.get("names-a").innerHTML = self.newest_names()
        dom.get("names-b").innerHTML = dom.get("difference").innerHTML = ""
        self.show(True)
        self.observer.observe(dom.get("names"), options(childList=True))
        self.refresh()

    async def unpin(self, *_):
        """Discard A."""
        self.pinned = None
        self.held_out = None
        self.observer.disconnect()
        self.chart.unpin()
        self.show(False)
        dom.get("keep").focus()

    def show(self, pinned):
        for id in ("compared", "let-go", "kept-legend"):
            dom.get(id).hidden = not pinned

    async def ask_held_out(self):
        """What the worker says of the run's held-out documents; None where it is gone, which is said elsewhere."""
        try:
            return json.loads(await self.client.call("held_out"))
        except Failed:
            return None

    def facts(self):
        """What there is to say of the run of now: its settings, its step, its mean losses."""
        state, chart = self.state, self.chart
        facts = {name: state.running[name] for name in FIELDS}
        facts["temperature"] = state.recipe["temperature"]
        facts["step"], facts["loss"] = state.step, chart.mean() or "–"
        facts["measured"] = (chart.held_out, max(chart.measured)) if chart.measured else None
        if facts["data"] == recipes.OWN:
            facts["data"] = "%s (%s…)" % (recipes.OWN, state.running["sha256"][:6])
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
        b = self.facts() if state.running and state.step and state.lineage != self.pinned["lineage"] else None
        dom.get("names-b").innerHTML = self.newest_names() if b else ""
        dom.get("compare-wait").hidden = bool(b)
        rows = [(say("figure.step"), "step"), (say("compare.loss"), "loss"),
                (say("compare.held-out"), "measured")]
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
                cell.translate, cell.textContent = False, shown(name, facts[name]) if facts else "–"
        if b and self.compared != state.lineage:
            self.compared = state.lineage
            asyncio.create_task(self.compare_code())
        asked = [state.lineage, max(self.chart.measured)] if b and self.chart.measured else None
        if asked and (not self.held_out or self.held_out["asked"] != asked):
            self.held_out = {"asked": asked}
            asyncio.create_task(self.compare_held_out(self.held_out))
        self.show_verdict(bool(b))

    async def compare_held_out(self, mine):
        """Have the worker's held-out losses of B for the verdict."""
        facts = await self.ask_held_out()
        if facts and mine is self.held_out and self.pinned:
            mine.update(facts)
            self.show_verdict(True)

    def show_verdict(self, both):
        """Say which of the two runs is better on held-out data, or why that can't be said; nothing where it is not
        measured."""
        dom.line("compare-verdict", *[self.verdict()] if both and self.verdict() else [])

    def verdict(self):
        running = self.state.running
        if any(self.pinned["recipe"][name] != running[name] for name in DATA):
            return sentence("compare.other-data")
        a, b = self.pinned["held_out"], self.held_out
        if not (a and b and a["last"] and b.get("last")):
            return None
        same = a["sample"] == b["sample"]
        less, error = difference(a["last"]["losses"], b["last"]["losses"], same)
        if error is None or abs(less) <= SURE * error:
            return sentence("compare.no-difference", difference=with_error(abs(less), error))
        return sentence("compare.better", better="A" if less > 0 else "B", difference=with_error(abs(less), error))

    async def compare_code(self):
        """Show the lines that differ."""
        try:
            html = await self.client.call("diff_cores", self.pinned["core"] or "", self.state.core or "")
        except Failed:  # which is said elsewhere
            self.compared = None
            return
        dom.get("difference").innerHTML = html
        dom.get("same-code").hidden = bool(html)


def shown(name, value):
    """What a cell of the table says."""
    if name == "letters":
        return say("letters.jamo" if value == "jamo" else "letters.syllables")
    if name == "measured":
        return say("compare.at", loss=with_error(*value[0]), step=number(value[1])) if value else "–"
    return str(value)


def label(name):
    """The label of a setting's box."""
    box = name if name == "temperature" else "setting-" + name
    return document.querySelector('label[for="%s"]' % box).textContent
