"""The run, saved in this browser while it trains, so that a closed tab loses nothing (MicroPython, on the page).

What is saved is the file that "Run" in *Save* downloads, so to go on is to open it, bit for bit. A finished run stays
when the next one begins, which gets an entry of its own; one that was left unfinished gives its entry to the next, for
as long as the page is open Undo has it. The page offers one run at the top, and lists all in *Save*. A run of an edited
core is not saved, because no file holds one, and neither is that of a page in another page's frame.
"""
import asyncio
import json

from common import recipe as recipes
from common.errors import UserError
from page import address, dom
from page.i18n import number, on_language, put, say, sentence
from page.js import dumps, loads
from page.parts import settings_form
from page.run_state import READY, TRAINING
from page.run_store import RunStore
from page.worker_client import Failed
from pyscript import document, window

LOOK_MS, SAVE_MS = 1000, 5000          # how often it looks; how often a run in training is saved
AS_IN_THE_FORM = [name for name in recipes.LIVE if name not in ("model", "documents")]


class Autosave:
    """Saves the tab's run, and brings saved ones back."""

    def __init__(self, state, client, training, data, files):
        """data: the OwnData; files: the RunFiles, which know what of the page is saved along."""
        self.state, self.client, self.training = state, client, training
        self.data, self.files, self.store = data, files, RunStore()
        self.id = self.offered = None  # of this tab's entry; the Saved at the top
        self.refused = False
        self.saving = asyncio.Lock()
        self.done, self.since = (0, 0), 0  # the run and the step that were saved last; when that was
        self.stays = False                 # is what lies in this tab's entry to stay when another run begins
        self.runs = []                     # the Saved in the list
        self.events = [("kept-go-on", "click", self.press_offered), ("kept-delete", "click", self.delete_offered),
                       ("kept-delete-all", "click", self.delete_all), ("saved-runs", "click", self.press_saved),
                       (None, "visibilitychange", self.hidden)]
        state.on_crash.add(self.forget_saving)
        state.on_step.add(self.withdraw)
        on_language.add(self.show_list)

    async def start(self):
        """Take an entry for this tab, offer a saved run, and begin to save."""
        if self.state.recipe["embed"]:
            return
        try:
            await self.store.open()
            await self._take_id()
            self.runs = await self.store.list()
            self.stays = any([saved.id == self.id for saved in self.runs])
            await self._bring_own_data()
            await self._offer()
            self.show_list()
        except Exception as error:  # a private window, or storage that is full or switched off
            self._refuse(error)
        window.setInterval(self._look, LOOK_MS)

    def _look(self, *_):
        """Time goes by: save the run if it rests, or if it was long ago."""
        if self.state.mode != TRAINING or window.performance.now() - self.since > SAVE_MS:
            if not self.saving.locked():
                asyncio.create_task(self.save())

    async def hidden(self, *_):
        """The tab may be closed next: save the run as it is now."""
        if document.visibilityState == "hidden" and self.id:
            await self.save()

    async def _take_id(self):
        """Have the entry that this tab had before a reload, else a new one."""
        had = self.store.remembered()
        if had and await self.store.hold(had):
            self.id = had
        else:
            await self._take_new_id()

    async def _take_new_id(self):
        new = self.store.new_id()
        await self.store.hold(new)
        if self.id:
            self.store.release(self.id)
        self.id = new
        self.store.remember(new)

    # ---- Saving

    async def save(self):
        """Save the run as it is now, unless that is done already. What storage refuses is said once."""
        async with self.saving:
            await self._save()

    def forget_saving(self):
        """What was being saved may wait for ever."""
        self.saving = asyncio.Lock()

    async def _save(self):
        state = self.state
        if self.refused or not self.id or state.worker != READY or not state.in_worker or not state.step \
                or state.core is not None or (state.run, state.step) == self.done or state.recorded:
            return
        run = state.run
        try:
            await self.client.prepare("save")  # before the turn, so that training need not wait for the network
            async with self.training.turn:  # the curve and the names are the page's, the weights the worker's
                now = (state.run, state.step)
                if run != state.run or state.worker != READY:
                    return
                recipe, finished = self._recipe(), state.is_finished()
                about = {"recipe": dumps(recipe), "step": now[1], "run": state.num_steps(),
                         "when": str(window.Date.new().toISOString())}
                file = await self.client.call("save", "run", self.files.curve(), dumps(self.files.view.names.names()),
                                              "")
            if state.run != now[0] or state.core is not None:
                return
            if self.stays and self.done[0] != now[0]:
                await self._take_new_id()
            own = self.data.of(recipe)
            await self.store.save(self.id, about, file, recipe["sha256"] if own else "", own[0] if own else None)
            self.done, self.since, self.stays = now, window.performance.now(), finished
            self.runs = await self.store.make_room(self.id)
            self.show_list()
        except UserError:  # numbers that no file can hold
            pass
        except Failed:  # answered where the worker is watched
            pass
        except Exception as error:
            self._refuse(error)

    def _recipe(self):
        """The recipe that the run's entry has."""
        state = self.state
        return dict(state.running, model="", documents="", **{name: state.recipe[name] for name in AS_IN_THE_FORM})

    async def save_and_stop(self):
        """Stop training, and save the run as it then is. Whether nothing is lost when the page goes now."""
        state = self.state
        self.training.stop()
        await state.settled()  # the slice under way is part of it
        await self.save()
        return not state.step or state.recorded or self.done == (state.run, state.step)

    # ---- Coming back

    async def _bring_own_data(self):
        """Where the page's address asks for own data that a saved run has, have them here."""
        recipe = self.state.recipe
        if not self.data.is_missing(recipe) or recipe["documents"]:
            return
        own = await self.store.own(recipe["sha256"])
        for saved in [saved for saved in self.runs if saved.old]:
            if not own and json.loads(saved.recipe).get("sha256") == recipe["sha256"]:
                own = await self.store.own_of(saved)
        if own:
            await self.data.restore(recipe["sha256"], own)

    async def _offer(self):
        """Show one line about the run of this tab before its reload, or else the newest of a closed tab."""
        if self.state.step or self.state.recipe["model"]:
            return
        for saved in [saved for saved in self.runs if saved.id == self.id] + self.runs:
            if await self.store.is_free(saved.id):
                self.offered = saved
                put("kept-note", sentence("kept", time=date(saved), step=number(saved.step), steps=number(saved.run)))
                dom.get("kept").hidden = False
                return

    def withdraw(self, *_):
        """Take the offer away: it stays in the list."""
        if not dom.get("kept").hidden:
            dom.hand_focus_on("kept", "train")
            dom.get("kept").hidden = True

    def show_list(self):
        """List the saved runs, and how much room they take."""
        rows = dom.get("saved-runs")
        if not self.runs:
            dom.hand_focus_on("kept-all", "open-file")
        rows.replaceChildren()
        for saved in self.runs:
            row = document.createElement("li")
            about = document.createElement("span")
            recipe = json.loads(saved.recipe)
            about.textContent = say("kept.row", time=date(saved), data=say("data.short." + recipe["data"]),
                                    step=number(saved.step), steps=number(saved.run))
            row.append(about)
            for action in ("open", "delete"):
                button = document.createElement("button")
                button.type, button.textContent = "button", say("kept.go-on" if action == "open" else "kept.delete")
                button.setAttribute("data-testid", "saved-" + action)
                button.setAttribute("data-saved", saved.id)
                button.setAttribute("data-action", action)
                button.setAttribute("aria-label", button.textContent + ": " + about.textContent)
                row.append(button)
            rows.append(row)
        dom.get("kept-all").hidden = dom.get("saved-runs").hidden = not self.runs
        size_mb = sum([saved.size for saved in self.runs]) / 1e6
        put("kept-sum", sentence("kept.sum", count=len(self.runs), megabytes="%.1f" % size_mb))

    async def press_saved(self, event):
        """A button of the list."""
        button = event.target.closest("[data-saved]")
        found = [saved for saved in self.runs if button and saved.id == button.dataset.saved]
        if not found:
            return
        if button.dataset.action == "delete":
            await self._delete(found[0])
            return
        problem = await self.resume(found[0])
        if problem:
            dom.line("files-note", problem)
        else:
            window.scrollTo(0, 0)

    async def press_offered(self, *_):
        """Open the offered run. One that cannot be read stays on offer, to be deleted."""
        problem = await self.resume(self.offered)
        if problem:
            put("kept-note", problem)
            dom.get("kept-go-on").hidden = True

    async def resume(self, saved):
        """Go on with a saved run where it stopped; the one of now is saved first. Gives the sentence that says why that
        can't be, or None; then nothing has changed."""
        if self.state.step:
            await self.save()
        async with self.saving:  # else it would be saved once more before its entry is this tab's
            return await self._resume(saved)

    async def _resume(self, saved):
        state = self.state
        before, recipe = state.recipe, json.loads(saved.recipe)
        file, own = await self.store.file(saved), await self.store.own_of(saved)
        if not file:
            return sentence("kept.gone")
        if own and self.data.is_missing(dict(recipes.DEFAULTS, **recipe)):
            await self.data.restore(recipe["sha256"], own)
        state.edit(**dict(recipes.DEFAULTS, **recipe))
        settings_form.fill(state.recipe)
        try:
            await self.training.open(file)
        except UserError as error:
            state.edit(**before)
            settings_form.fill(before)
            return error.key, error.values
        address.write(state.recipe, replace=True)
        self.withdraw()
        await self._take_over(saved)
        return None

    async def _take_over(self, saved):
        """The run has come from an entry that no other open tab has: from now on it is this tab's."""
        if saved.id != self.id:
            if not await self.store.hold(saved.id):
                return  # so what is opened here becomes a run of this tab's own
            self.store.release(self.id)
            self.id = saved.id
            self.store.remember(saved.id)
        self.stays = saved.finished
        if saved.old:  # and is to be saved in today's form
            self.stays, self.done = False, (0, 0)
        else:
            self.done = self.state.run, self.state.step

    async def _delete(self, saved):
        await self.store.delete(saved.id)
        self.runs = [other for other in self.runs if other.id != saved.id]
        if self.offered and self.offered.id == saved.id:
            self.withdraw()
        self.show_list()

    async def delete_offered(self, *_):
        await self._delete(self.offered)

    async def delete_all(self, *_):
        """Delete all runs saved in this browser; a run that trains on is saved again from its next step on."""
        await self.store.delete(*[saved.id for saved in await self.store.list()])
        self.runs = []
        self.withdraw()
        dom.line("files-note", sentence("kept.none"))
        self.show_list()

    def _refuse(self, error):
        self.refused = True
        dom.line("kept-refused", sentence("kept.refused"))


def date(saved):
    """When a run was saved, in the page's language."""
    about = loads('{"month": "short", "day": "numeric", "hour": "2-digit", "minute": "2-digit"}')
    return str(window.Date.new(saved.when).toLocaleString(document.documentElement.lang, about))
