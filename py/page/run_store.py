"""The runs that this browser keeps: a list of them, their files, and whose they are (MicroPython, on the page).

In IndexedDB each run has two entries, so that the list can be read without the files: "run:ID", what there is to say of
it, and "file:ID", the bytes that "Run" in *Save* downloads. Own data lie once for all runs of theirs, as
"own:SHA-256". An earlier version kept all three in "run:ID"; such a run opens too. A tab holds a Web Lock on its run's
entry for as long as the run is its own; two tabs never write to the same.
"""
from page.js import BASE, attempt, options
from pyscript import js_import, window

MAX_RUNS, MAX_BYTES = 8, 50000000  # that stay: the oldest unfinished ones go first, then the oldest
RUN, FILE, OWN = "run:", "file:", "own:"


class Saved:
    """What there is to say of a saved run: id; recipe, as JSON; step; run: how many steps it is to have; when, as ISO
    text; size, in bytes; own: how its own data's SHA-256 begins, or ""; finished."""

    def __init__(self, id, entry):
        self.id, self.entry = id, entry
        self.recipe, self.step, self.run, self.when = str(entry.recipe), entry.step, entry.run, str(entry.when)
        self.old = hasattr(entry, "file")
        self.size = entry.file.length if self.old else entry.size
        self.own = "" if self.old else str(entry.own)
        self.finished = entry.step >= entry.run


class RunStore:
    """Every method raises whatever the browser refuses."""

    def __init__(self):
        self.db, self.releases = None, {}  # the functions that give a lock back, by id
        self.locks = False                 # has the browser any
        self.written = set()               # own data that are there

    async def open(self):
        self.db = (await js_import(window.URL.new("vendor/idbkeyval/index.js", BASE).href))[0]
        self.locks = attempt(window.Reflect, "has", window.navigator, "locks")  # which need https
        if self.locks:
            attempt(window.navigator, "locks")

    async def _ask(self, verb, *arguments):
        return await attempt(self.db, verb, *arguments)

    # ---- Whose they are

    def new_id(self):
        return "".join(["%02x" % byte for byte in window.crypto.getRandomValues(window.Uint8Array.new(16))])

    async def hold(self, id, forever=True):
        """Whether this tab could take the lock of a run. It holds it until release(), or just asks."""
        if not self.locks:
            return True
        asked = window.Promise.withResolvers()
        done = window.Promise.withResolvers() if forever else None

        def granted(lock):
            asked.resolve(bool(lock))
            return done.promise if lock and forever else None

        self._granted = granted  # JavaScript calls it later
        attempt(window.navigator.locks, "request", RUN + id, options(ifAvailable=True), granted).catch(asked.reject)
        held = await asked.promise
        if held and forever:
            self.releases[id] = done.resolve
        return held

    def release(self, id):
        """A run is this tab's no more."""
        if id in self.releases:
            self.releases.pop(id)(None)

    async def is_free(self, id):
        """Whether no other open tab has the run; without locks nobody knows, and all are treated as free."""
        return id in self.releases or await self.hold(id, False)

    def remembered(self):
        """The id of the run that this tab had before a reload, or ""."""
        return attempt(attempt(window, "sessionStorage"), "getItem", "kept") or ""

    def remember(self, id):
        attempt(attempt(window, "sessionStorage"), "setItem", "kept", id)

    # ---- What there is

    async def list(self):
        """The saved runs, the newest first."""
        keys = [key for key in await self._ask("keys") if str(key).startswith(RUN)]
        entries = await self._ask("getMany", window.Array.of(*keys))
        found = [Saved(str(key)[len(RUN):], entries.at(i)) for i, key in enumerate(keys) if entries.at(i)]
        return sorted(found, key=lambda saved: (saved.when, saved.id), reverse=True)

    async def file(self, saved):
        """The bytes of a run's file; None where they are gone."""
        return saved.entry.file if saved.old else await self._ask("get", FILE + saved.id)

    async def own(self, sha256):
        """The bytes of own data; None where they are not there."""
        return await self._ask("get", OWN + sha256) if sha256 else None

    async def own_of(self, saved):
        """The bytes of a run's own data; None where it has none."""
        if saved.old:
            return saved.entry.own if hasattr(saved.entry, "own") else None
        return await self.own(saved.own)

    # ---- Saving

    async def save(self, id, about, file, sha256="", own=None):
        """Save a run. about: recipe, step, run and when, as in Saved; own: the bytes of its own data, and sha256 how
        their hash begins."""
        entry = options(size=file.length, own=sha256, **about)
        pairs = [window.Array.of(RUN + id, entry), window.Array.of(FILE + id, file)]
        if own and sha256 not in self.written:
            pairs.append(window.Array.of(OWN + sha256, own))
        await self._ask("setMany", window.Array.of(*pairs))
        if own:
            self.written.add(sha256)

    async def delete(self, *ids):
        """Delete runs, and own data that no other run has."""
        await self._ask("delMany", window.Array.of(*[key + id for id in ids for key in (RUN, FILE)]))
        needed = set(saved.own for saved in await self.list())
        unused = [key for key in await self._ask("keys")
                  if str(key).startswith(OWN) and str(key)[len(OWN):] not in needed]
        await self._ask("delMany", window.Array.of(*unused))
        self.written = self.written & needed

    async def make_room(self, own_id):
        """Delete what is too much, but neither this tab's run nor one that another tab has. Gives what is left."""
        runs = await self.list()
        gone, total = [], sum([saved.size for saved in runs])
        for saved in sorted(runs, key=lambda saved: (saved.finished, saved.when)):
            if len(runs) - len(gone) <= MAX_RUNS and total <= MAX_BYTES:
                break
            if saved.id != own_id and await self.is_free(saved.id):
                gone.append(saved.id)
                total -= saved.size
        if gone:
            await self.delete(*gone)
        return [saved for saved in runs if saved.id not in gone]
