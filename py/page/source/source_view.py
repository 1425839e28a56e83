"""The source of the core on the page: shown when it is asked for, and with how often each line ran (MicroPython)."""
import asyncio

from page import view
from pyscript import document


class Listing:
    def __init__(self, tab):
        """tab: whose core is listed; a run is begun through it where there is none to measure."""
        self.tab, self.language = tab, ""  # that of the counts
        before = tab.on_run

        def told():
            before()
            if not view.get("source-counts").hidden and self.language != document.documentElement.lang:
                asyncio.create_task(self.count())

        tab.on_run = told

    async def open(self, *_):
        """Show the source, where it is not there yet."""
        if self.tab.alive and view.get("listing").open and not view.get("source-lines").children.length:
            view.get("source-lines").innerHTML = await self.tab.trainer.call("listing")

    async def press_lines(self, *_):
        """Measure a step, and show the source with the counts; pressed again, without them."""
        counts = view.get("source-counts")
        if not counts.hidden:
            self.show_counts("")
            return
        await self.count()

    async def count(self):
        """Measure a step, and show the counts in the page's language."""
        view.get("lines").disabled = True
        try:
            self.language = document.documentElement.lang
            html = await self.tab.ask("lines")
            if html:
                self.show_counts(html)
        finally:
            view.get("lines").disabled = False

    def show_counts(self, html):
        view.get("source-counts").innerHTML = html
        view.get("source-counts").hidden = not html
        view.get("source-lines").hidden = bool(html)
        view.get("lines").ariaPressed = "true" if html else "false"

    async def changed(self):
        """Another core runs: what was shown of the last one is gone."""
        self.show_counts("")
        view.get("source-lines").innerHTML = ""
        await self.open()
