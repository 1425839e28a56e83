"""The run, saved in this browser while it trains, so that a closed tab loses nothing (MicroPython, on the page).

What is saved is the file that "Run" in *Save* downloads, so to go on is to open it, bit for bit. Each tab has an entry
of its own and holds a Web Lock on it for as long as the page is open; two tabs never write to the same. A run of an
edited core is not saved, because no file holds one, and neither is that of a page in another page's frame.
"""
import asyncio
import json

from common import recipe as recipes
from common.errors import UserError
from page import address, dom
from page.i18n import number, put, sentence
from page.js import BASE, attempt, dumps, options
from page.parts import recording, settings_form
from page.run_state import READY, TRAINING
from page.worker_client import Failed
from pyscript import js_import, window

LOOK_MS, SAVE_MS = 1000, 5000          # how often it looks; how often a run in training is saved
MAX_RUNS, MAX_BYTES = 5, 50000000      # that stay; the oldest go
AS_IN_THE_FORM = [name for name in recipes.LIVE if name not in ("model", "documents")]
PREFIX = "run:"                        # of an entry's key


class Autosave:
    """Saves the tab's run, and offers one that a closed or reloaded tab had."""

    def __init__(self, state, client, training, data, data_form, files):
        """data: the OwnData; files: the RunFiles, which know what of the page is saved along."""
        self.state, self.client, self.training = state, client, training
        self.data, self.data_form, self.files = data, data_form, files
        self.db = self.key = self.offered = None
        self.refused = False
        self.saving = asyncio.Lock()
        self.done, self.since = (0, 0), 0  # the run and the step that were saved last; when that was
        self.events = [("kept-go-on", "click", self.resume), ("kept-delete", "click", self.delete),
                       ("kept-delete-all", "click", self.delete_all), (None, "visibilitychange", self.hidden)]
        state.on_crash.add(self.forget_saving)

    async def start(self):
        """Take an entry for this tab, offer a saved run, and begin to save."""
        if self.state.recipe["embed"]:
            return
        try:
            self.db = (await js_import(window.URL.new("vendor/idbkeyval/index.js", BASE).href))[0]
            await self._take_key()
            await self._offer()
            await self._show_sum()
        except Exception as error:  # a private window, or storage that is full or switched off
            self._refuse(error)
        window.setInterval(self._look, LOOK_MS)

    def _look(self, *_):
        """Time goes by: save the run if it rests, or if it was long ago."""
        if self.state.mode != TRAINING or window.performance.now() - self.since > SAVE_MS:
            if not self.saving.locked():
                asyncio.create_task(self.save())

    async def _ask(self, verb, *arguments):
        """The store's answer."""
        return await attempt(self.db, verb, *arguments)

    async def hidden(self, *_):
        """The tab may be closed next: save the run as it is now."""
        if window.document.visibilityState == "hidden" and self.key:
            await self.save()

    async def _take_key(self):
        """Hold a key that no other open tab holds: the one that this tab had before a reload, else a new one."""
        storage = attempt(window, "sessionStorage")
        locks = hasattr(window.navigator, "locks")
        if locks:
            had = attempt(storage, "getItem", "kept")
            if had and await self._hold(PREFIX + had):
                self.key = PREFIX + had
                return
        new = window.crypto.getRandomValues(window.Uint32Array.new(4)).join("-")  # randomUUID wants https
        self.key = PREFIX + new
        if locks:
            await self._hold(self.key)
            attempt(storage, "setItem", "kept", new)

    async def _hold(self, key, forever=True):
        """Whether this tab could take the lock of an entry. It holds it until the page goes, or just asks."""
        asked = window.Promise.withResolvers()

        def granted(lock):
            asked.resolve(bool(lock))
            return window.Promise.withResolvers().promise if lock and forever else None

        self._granted = granted  # JavaScript calls it later
        attempt(window.navigator.locks, "request", key, options(ifAvailable=True), granted).catch(asked.reject)
        return await asked.promise

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
        if self.refused or not self.key or state.worker != READY or not state.running or not state.step \
                or state.core is not None or (state.run, state.step) == self.done or recording.is_shown():
            return
        run = state.run
        try:
            await self.client.prepare("save")  # before the turn, so that training need not wait for the network
            async with self.training.turn:  # the curve and the names are the page's, the weights the worker's
                now = (state.run, state.step)
                if run != state.run or state.worker != READY:
                    return
                recipe = dict(state.running, **{name: state.recipe[name] for name in AS_IN_THE_FORM})
                file = await self.client.call("save", "run", self.files.curve(), dumps(self.files.view.names.names()),
                                              "")
            if state.run != now[0] or state.core is not None:
                return
            entry = options(recipe=dumps(dict(recipe, model="")), step=now[1], run=recipe["num_steps"],
                            when=str(window.Date.new().toISOString()))
            entry.file = file
            own = self.data.of(recipe)
            if own:
                entry.own = own[0]
            await self._ask("set", self.key, entry)
            self.done, self.since = now, window.performance.now()
            await self._make_room()
            await self._show_sum()
        except UserError:  # numbers that no file can hold
            pass
        except Failed:  # answered where the worker is watched
            pass
        except Exception as error:
            self._refuse(error)

    async def save_and_stop(self):
        """Stop training, and save the run as it then is. Whether nothing is lost when the page goes now."""
        state = self.state
        self.training.stop()
        await state.settled()  # the slice under way is part of it
        await self.save()
        return not state.step or recording.is_shown() or self.done == (state.run, state.step)

    async def _entries(self):
        """[(when, key, entry)], the newest first."""
        found = []
        for pair in await self._ask("entries"):
            if str(pair[0]).startswith(PREFIX):
                found.append((str(pair[1].when), str(pair[0]), pair[1]))
        return sorted(found, key=lambda one: one[:2], reverse=True)

    async def _free(self, key):
        """Whether no other open tab saves its run there; without locks nobody knows, and all are treated as free."""
        return key == self.key or not hasattr(window.navigator, "locks") or await self._hold(key, False)

    async def _make_room(self):
        count = total = 0
        for _, key, entry in await self._entries():
            count, total = count + 1, total + size(entry)
            if (count > MAX_RUNS or total > MAX_BYTES) and key != self.key and await self._free(key):
                await self._ask("del", key)

    # ---- Coming back

    async def _offer(self):
        """Show one line about the run of this tab before its reload, or else the newest of a closed tab."""
        if self.state.running or self.state.recipe["model"]:
            return
        entries = await self._entries()
        for _, key, entry in [one for one in entries if one[1] == self.key] + entries:
            if await self._free(key):
                self.offered = key, entry
                time = window.Date.new(entry.when).toLocaleTimeString(
                    window.document.documentElement.lang, options(hour="2-digit", minute="2-digit"))
                put("kept-note", sentence("kept", time=time, step=number(entry.step), steps=number(entry.run)))
                dom.get("kept").hidden = False
                return

    def _withdraw(self):
        """Take the offer away."""
        dom.hand_focus_on("kept", "train")
        dom.get("kept").hidden = True

    async def resume(self, *_):
        """Go on with the offered run, where it stopped. One that cannot be read stays on offer, to be deleted."""
        state, (key, entry) = self.state, self.offered
        before, recipe = state.recipe, json.loads(entry.recipe)
        if hasattr(entry, "own"):
            await self.data_form.read(entry.own)
            if self.data_form.preview:
                self.data.add(recipe["sha256"], self.data_form.preview)
        state.edit(**dict(recipes.DEFAULTS, **recipe))
        settings_form.fill(state.recipe)
        try:
            await self.training.open(entry.file)
        except UserError as error:
            state.edit(**before)
            settings_form.fill(before)
            put("kept-note", (error.key, error.values))
            dom.get("kept-go-on").hidden = True
            return
        address.write(state.recipe, replace=True)
        self._withdraw()
        self.offered, self.done = None, (state.run, state.step)
        await self._take_over(key)

    async def _take_over(self, key):
        """The run has come from another tab, which is closed: from now on its entry is this tab's."""
        if key != self.key:
            self.done = (0, 0)
            await self.save()
            if self.done != (0, 0):
                await self._ask("del", key)
                await self._show_sum()

    async def delete(self, *_):
        await self._ask("del", self.offered[0])
        self.offered = None
        self._withdraw()
        await self._show_sum()

    async def delete_all(self, *_):
        """Delete all runs saved in this browser; a run that trains on is saved again from its next step on."""
        for _, key, _ in await self._entries():  # and nothing else that other pages of this origin may keep
            await self._ask("del", key)
        self._withdraw()
        dom.line("files-note", sentence("kept.none"))
        await self._show_sum()

    async def _show_sum(self):
        entries = await self._entries()
        size_mb = sum(size(entry) for _, _, entry in entries) / 1e6
        if not entries:
            dom.hand_focus_on("kept-all", "open-file")
        dom.get("kept-all").hidden = not entries
        put("kept-sum", sentence("kept.sum", count=len(entries), megabytes="%.1f" % size_mb))

    def _refuse(self, error):
        self.refused = True
        dom.line("kept-refused", sentence("kept.refused"))


def size(entry):
    """The bytes of an entry."""
    return entry.file.length + (entry.own.length if hasattr(entry, "own") else 0)
