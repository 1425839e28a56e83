"""The run, kept in this browser while it trains, so that a closed tab loses nothing (MicroPython, on the page).

What is kept is the file that "The whole run" saves, so going on is opening it, bit for bit. Each tab has an entry of
its own and holds a Web Lock on it for as long as the page is open; two tabs never write to the same. An edited core's
run is not kept, because no file holds one, and neither is that of a page in another page's frame.
"""
import asyncio
import json

from common import recipe as recipes
from page import view
from page.i18n import number, put, sentence
from page.parts import settings_form
from page.parts.run_files import names
from page.worker_client import Failed, dumps, loads, values_of
from pyscript import js_import, window

LOOK_MS, EVERY_MS = 1000, 5000  # how often it looks; how often a run in training is kept
MOST, MOST_BYTES = 5, 50000000  # how many runs, and how many bytes of them, stay; the oldest go
PREFIX = "run:"


class Kept:
    """Keeps the tab's run, and offers one that a closed or reloaded tab had.

    events: (id, event, handler) for the page to register.
    """

    def __init__(self, tab, opening):
        self.tab, self.opening = tab, opening
        self.db = self.key = self.offered = None
        self.saving = self.refused = False
        self.done, self.since = (0, 0), 0  # the run and the step that were saved last; when that was
        self.events = [("kept-go-on", "click", self.go_on), ("kept-delete", "click", self.delete),
                       ("kept-delete-all", "click", self.delete_all)]

    async def start(self):
        """Take an entry for this tab, offer a run that is kept, and begin to keep."""
        if self.tab.recipe["embed"]:
            return
        try:
            address = window.URL.new("vendor/idbkeyval/index.js", window.location.href).href
            self.db = (await js_import(address))[0]
            before = await self._take_key()
            await self._offer(before)
            await self._tell()
        except Exception as error:  # a private window, or storage that is full or switched off
            self._refuse(error)
        window.setInterval(self._look, LOOK_MS)
        window.document.addEventListener("visibilitychange", self._hidden)

    def _look(self, *_):
        """Time goes by: keep the run if it rests, or if it was long ago."""
        if not self.tab.training or window.performance.now() - self.since > EVERY_MS:
            asyncio.create_task(self.save())

    def _ask(self, verb, *arguments):
        """The store's answer, as a promise. A promise makes the call, too: what JavaScript throws at once, as it does
        where a browser refuses storage, MicroPython cannot catch."""
        return window.Promise.resolve().then(getattr(self.db, verb).bind(None, *arguments))

    def _hidden(self, *_):
        if window.document.visibilityState == "hidden":
            asyncio.create_task(self._save_now())

    async def _save_now(self):
        """Keep the run as it is now: what is being written may be older."""
        while self.saving:
            await asyncio.sleep(0.02)
        await self.save()

    async def _take_key(self):
        """Hold a key that no other open tab holds: the one that this tab had before a reload, else a new one."""
        storage = await window.Promise.resolve().then(window.Reflect.get.bind(None, window, "sessionStorage"))
        if hasattr(window.navigator, "locks"):
            had = storage.getItem("kept")
            if had and await self._hold(PREFIX + had):
                self.key = PREFIX + had
                return
        new = str(window.crypto.randomUUID())
        self.key = PREFIX + new
        if hasattr(window.navigator, "locks"):
            await self._hold(self.key)
            storage.setItem("kept", new)

    async def _hold(self, key, forever=True):
        """Whether this tab could take the lock of an entry. It holds it until the page goes, or just asks."""
        asked = window.Promise.withResolvers()

        def granted(lock):
            asked.resolve(bool(lock))
            return window.Promise.withResolvers().promise if lock and forever else None

        self._granted = granted  # JavaScript calls it later
        window.navigator.locks.request(key, loads('{"ifAvailable": true}'), granted)
        return await asked.promise

    # ---- Keeping

    async def save(self):
        """Keep the run as it is now, unless that is kept already. What storage refuses is said once."""
        tab = self.tab
        if self.saving or self.refused or not self.key or not tab.alive or not tab.running or not tab.step \
                or tab.core is not None or (tab.run, tab.step) == self.done or view.is_recording():
            return
        self.saving, run = True, tab.run
        try:
            await tab.at_rest()  # the curve and the names are the page's, the weights the worker's
            now = (tab.run, tab.step)
            if run != tab.run or not tab.alive:
                return
            recipe = dict(tab.running)
            file = await tab.trainer.call("saved", "run", self.opening.curve(), dumps(names()), "")
            if type(file) is not str and tab.run == now[0] and tab.core is None:
                entry = loads(dumps({"recipe": dumps_text(recipe), "step": now[1], "run": recipe["num_steps"],
                                     "when": str(window.Date.new().toISOString())}))
                entry.file = file
                if recipe["data"] == recipes.OWN:
                    entry.own = tab.data.given[recipe["sha256"]][0]
                await self._ask("set", self.key, entry)
                self.done, self.since = now, window.performance.now()
                await self._make_room()
                await self._tell()
        except Failed:  # answered where the worker is watched
            pass
        except Exception as error:
            self._refuse(error)
        finally:
            self.saving = False

    async def rest(self):
        """Let training rest, and keep the run as it then is. Whether nothing is lost when the page goes now."""
        tab = self.tab
        tab.stop()
        while tab.pulling:  # the slice under way is part of it
            await asyncio.sleep(0.02)
        await self._save_now()
        return not tab.step or view.is_recording() or self.done == (tab.run, tab.step)

    async def _entries(self):
        """[(when, key, entry)], the newest first."""
        found = []
        for pair in await self._ask("entries"):
            if str(pair[0]).startswith(PREFIX):
                found.append((str(pair[1].when), str(pair[0]), pair[1]))
        return sorted(found, key=lambda one: one[:2], reverse=True)

    async def _free(self, key):
        """Whether no other open tab keeps its run there; without locks nobody knows, and all are taken for free."""
        return key == self.key or not hasattr(window.navigator, "locks") or await self._hold(key, False)

    async def _make_room(self):
        count = total = 0
        for _, key, entry in await self._entries():
            count, total = count + 1, total + size(entry)
            if (count > MOST or total > MOST_BYTES) and key != self.key and await self._free(key):
                await self._ask("del", key)

    # ---- Coming back

    async def _offer(self, *_):
        """Show one line about the run of this tab before its reload, or else the newest of a closed tab."""
        if self.tab.running or self.tab.recipe["model"]:
            return
        entries = await self._entries()
        for _, key, entry in [one for one in entries if one[1] == self.key] + entries:
            if await self._free(key):
                self.offered = key, entry
                when = window.Date.new(entry.when)
                time = when.toLocaleTimeString(window.document.documentElement.lang,
                                               loads('{"hour": "2-digit", "minute": "2-digit"}'))
                put("kept-note", sentence("kept", time=time, step=number(entry.step), steps=number(entry.run)))
                view.get("kept").hidden = False
                return

    def _withdraw(self):
        """Take the offer away."""
        view.hand_on("kept", "train")
        view.get("kept").hidden = True

    async def go_on(self, *_):
        """Go on with the offered run, where it stopped. One that cannot be read stays on offer, to be deleted."""
        tab, (key, entry) = self.tab, self.offered
        before, recipe = tab.recipe, json.loads(entry.recipe)
        if hasattr(entry, "own"):
            await tab.data.read(entry.own)
            tab.data.keep(recipe["sha256"], tab.data.looked)
        tab.recipe = dict(recipes.DEFAULTS, **recipe)
        settings_form.fill(tab.recipe)
        facts = await self.opening.adopt(entry.file)
        if facts.problem:
            tab.recipe = before
            settings_form.fill(before)
            put("kept-note", (facts.problem, values_of(facts)))
            view.get("kept-go-on").hidden = True
            return
        settings_form.to_address(tab.recipe, replace=True)
        self._withdraw()
        self.offered, self.done = None, (tab.run, tab.step)
        await self.save_as_own(key)

    async def save_as_own(self, key):
        """The run has come from another tab, which is closed: from now on its entry is this tab's."""
        if key != self.key:
            self.done = (0, 0)
            await self._save_now()
            if self.done != (0, 0):
                await self._ask("del", key)
                await self._tell()

    async def delete(self, *_):
        await self._ask("del", self.offered[0])
        self.offered = None
        self._withdraw()
        await self._tell()

    async def delete_all(self, *_):
        """Delete all that is kept in this browser; a run that trains on is kept again from its next step on."""
        for _, key, _ in await self._entries():  # and nothing else that other pages of this origin may keep
            await self._ask("del", key)
        self._withdraw()
        view.line("files-note", sentence("kept.none"))
        await self._tell()

    async def _tell(self):
        entries = await self._entries()
        size_mb = sum(size(entry) for _, _, entry in entries) / 1e6
        if not entries:
            view.hand_on("kept-all", "open-file")
        view.get("kept-all").hidden = not entries
        put("kept-sum", sentence("kept.sum", count=len(entries), megabytes="%.1f" % size_mb))

    def _refuse(self, error):
        self.refused = True
        view.line("kept-refused", sentence("kept.refused"))


def size(entry):
    return entry.file.length + (entry.own.length if hasattr(entry, "own") else 0)


def dumps_text(recipe):
    return json.dumps(dict(recipe, model=""))
