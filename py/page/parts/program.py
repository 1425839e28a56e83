"""What the program would make of the run: its command line, and whether it would be the same run; and that there is no
held-out loss, where nothing can be held out (MicroPython, on the page)."""
import asyncio
import json

from common import recipe as recipes
from page import dom
from page.i18n import put, sentence
from page.run_state import READY
from page.worker_client import Failed

OWN_FILE = "names.txt"  # that a visitor's own data are said to be in


class Program:
    def __init__(self, state, client, data, controls):
        """data: the OwnData; controls: the Controls, whose recipe is followed."""
        self.state, self.client, self.data = state, client, data
        self.events = [("temperature", "change", self.show)]
        data.on_arrival.add(self.show)
        controls.on_recipe.add(self.show)
        state.on_core.add(self.show)
        state.on_run.add(self.run_changed)
        state.on_forget.add(self.run_forgotten)

    def show(self, *_):
        """Show the command of the run, or before there is one that of the recipe in the form, and say what it gives."""
        state = self.state
        recipe = state.running if state.running and state.step else state.recipe
        own = recipe["data"] == recipes.OWN
        dom.get("command").textContent = recipes.command(recipe, OWN_FILE if own else recipes.DATASETS[recipe["data"]])
        dom.get("command-data").hidden = own
        if not own:
            dom.get("command-data").href = recipes.DATASETS[recipe["data"]]
        notes = [sentence("command.own", file=OWN_FILE)] if own else []
        put("command-note", *(notes + self.verdict(recipe)))

    def verdict(self, recipe):
        """What the command's run has in common with the page's, as sentences."""
        state, documents = self.state, self.documents(recipe)
        if state.core is not None:
            return [sentence("command.edited")]
        if state.opened or recipe["model"]:
            return [sentence("command.opened")]
        if documents is None:
            return []
        if recipes.is_programs(recipe, documents):
            return [sentence("command.same")]
        if recipes.is_programs(dict(recipe, held_out=0), documents):
            return [sentence("command.held-out", percent=recipe["held_out"])]
        return [sentence("command.jamo")]

    def documents(self, recipe):
        """How many documents a recipe's data have; None where they are somebody's own, and not here."""
        if recipe["data"] != recipes.OWN:
            return recipes.DOCUMENTS[recipe["data"]]
        own = self.data.of(recipe)
        return own[1].documents if own else None

    # ---- Held out

    def run_changed(self):
        self.show()
        asyncio.create_task(self.show_held_out())

    def run_forgotten(self):
        self.show()
        dom.line("held-out-note")

    async def show_held_out(self):
        """Say so where there is nothing left that could be held out."""
        state, run = self.state, self.state.run
        if state.worker != READY or not state.running:
            return
        try:
            facts = json.loads(await self.client.call("held_out"))
        except Failed:  # which is answered where the worker is watched
            return
        if run == state.run and state.running:
            percent = state.running["held_out"]
            dom.line("held-out-note", *[] if facts["unseen"] or not percent else
                     [sentence("held-out.none")] if facts["documents"] else
                     [] if state.opened else [sentence("held-out.few", percent=percent)])
