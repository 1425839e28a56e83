"""The source of the core on the page: shown when it is asked for, and with how often each line ran (MicroPython)."""
import asyncio

from page import dom
from page.run_state import READY
from pyscript import document


class SourceView:
    def __init__(self, state, training):
        self.state, self.training = state, training
        self.language = ""  # that of the counts
        state.on_run.add(self.run_changed)
        state.on_core.add(self.core_changed)

    async def open(self, *_):
        """Show the source, where it is not there yet."""
        if self.state.worker == READY and dom.get("listing").open and not dom.get("source-lines").children.length:
            dom.get("source-lines").innerHTML = await self.training.client.call("list_source")

    async def press_lines(self, *_):
        """Measure a step, and show the source with the counts; pressed again, without them."""
        if dom.get("source-counts").hidden:
            await self.count()
        else:
            self.show_counts("")

    async def count(self):
        """Measure a step, and show the counts in the page's language."""
        dom.get("lines").disabled = True
        try:
            self.language = document.documentElement.lang
            html = await self.training.ask("profile_lines")
            if html:
                self.show_counts(html)
        finally:
            dom.get("lines").disabled = False

    def show_counts(self, html):
        dom.get("source-counts").innerHTML = html
        dom.get("source-counts").hidden = not html
        dom.get("source-lines").hidden = bool(html)
        dom.get("lines").ariaPressed = "true" if html else "false"

    def run_changed(self):
        if not dom.get("source-counts").hidden and self.language != document.documentElement.lang:
            asyncio.create_task(self.count())

    def core_changed(self, facts):
        """Another core runs: what was shown of the last one is gone."""
        self.show_counts("")
        dom.get("source-lines").innerHTML = ""
        asyncio.create_task(self.open())
