"""The visitor's own data on the page, and the bytes of whatever data a run asks for (MicroPython, on the page).

What is given is read by the worker, which says what it is or what is wrong with it. It stays here, as bytes that only
JavaScript holds, and in the worker; nothing of it is ever markup.
"""
import asyncio

from common import recipe as recipes
from page import view
from page.i18n import number, put, sentence
from page.parts import settings_form
from page.worker_client import Failed, loads
from pyscript import document, window

MAX_BYTES = 10000000  # as the worker's; a larger file is not even read
KEPT = 4              # how many own data stay at hand, for Back
REST_S = 0.3          # how long the box rests before its text is read
PREVIEW_LETTERS = 120
PACKING_S = 3         # how long Share waits for large data; a browser lets a press copy something for some seconds


class DataForm:
    """The place in the settings where own data are given, looked at and taken."""

    def __init__(self, tab):
        self.tab = tab
        self.given = {}      # by how their SHA-256 begins: (bytes, facts)
        self.order = []      # these beginnings, the newest last, because MicroPython's dicts have no order
        self.looked = None   # the (bytes, facts) that the preview shows
        self.packed = {}     # as given: each as the worker packs it for a link, or why it does not fit one
        self.missing = "own.missing", {}  # what to say where a recipe's own data are not here
        self.packing = ""    # the one that is being packed
        self.asked = 0       # so that a late answer about other data is dropped

    async def bytes(self, recipe):
        """The bytes of a recipe's data, which the worker wants in start(); None for those that it has. KeyError where
        they are somebody's own, and not here; Failed where they cannot be loaded."""
        if recipe["data"] == recipes.OWN:
            await self.arrive(recipe)
            return self.given[recipe["sha256"]][0]
        if recipe["data"] == recipes.DEFAULTS["data"]:
            return None
        path = recipes.DATASETS[recipe["data"]]
        answer = await window.fetch(path)
        if not answer.ok:
            raise Failed(path + " could not be loaded (HTTP " + str(answer.status) + ")")
        return window.Uint8Array.new(await answer.arrayBuffer())

    async def arrive(self, recipe):
        """Read the data that came along with a link. What is wrong with them is said, and they are missing then."""
        key, text = recipe["sha256"], recipe["documents"]
        if recipe["data"] != recipes.OWN or not text or key in self.given:
            return
        trainer = self.tab.trainer
        bytes = await trainer.call("unpacked", text)
        if type(bytes) is str:
            facts = loads(bytes)
            problem = facts.problem, _dict(facts.values)
        else:
            facts = loads(await trainer.call("read_data", bytes))
            problem = (facts.problem[0], _dict(facts.problem[1])) if facts.problem else None
            if not problem and facts.sha256[:12] != key:
                problem = "keep.damaged", {}
        if not problem:
            self.keep(key, (bytes, facts))
            self.packed[key] = loads('{"text": "%s", "problem": ""}' % text)  # which is base64, as it could be read
        elif self.tab.recipe["documents"] == text:
            self.missing, self.tab.recipe["documents"] = problem, ""
            view.status(problem[0], "problem", **problem[1])
        if self.tab.recipe["sha256"] == key:
            settings_form.count(self.tab.recipe, self.vocab_size(self.tab.recipe))
            self.follow(self.tab.recipe)

    async def came(self):
        """Show the data that the page's address brings along, once Python is here."""
        try:
            if self.tab.alive:
                await self.arrive(self.tab.recipe)
        except Failed as error:
            self.tab.failed("status.error", error)

    async def ready(self, recipe):
        """Wait a little for a recipe's own data to be packed."""
        for _ in range(PACKING_S * 20):
            if self.packing != recipe["sha256"] or not self.packing:
                return
            await asyncio.sleep(0.05)

    def text(self, recipe):
        """A recipe's own data as text for a link; "" where they are not here, or do not fit one."""
        facts = self.packed.get(recipe["sha256"]) if recipe["data"] == recipes.OWN else None
        return facts.text if facts else ""

    def keep(self, key, looked):
        """Keep data at hand, the newest few."""
        self.given[key] = looked
        self.order = [other for other in self.order if other != key] + [key]
        while len(self.order) > KEPT:
            old = self.order.pop(0)
            self.given.pop(old)
            self.packed.pop(old, None)

    def vocab_size(self, recipe):
        """How many tokens a recipe's model has; 27 where that is not known yet."""
        name, jamo = recipe["data"], recipe["letters"] == "jamo"
        if name == recipes.OWN:
            own = self.given.get(recipe["sha256"])
            return self.form(own[1], recipe).letters + 1 if own else 27
        return (jamo and recipes.JAMO.get(name) or recipes.LETTERS[name]) + 1

    def form(self, facts, recipe):
        """The facts that hold for the documents as syllables or as jamo."""
        jamo = recipe["letters"] == "jamo" and hasattr(facts.forms, "jamo")
        return facts.forms.jamo if jamo else facts.forms.syllables

    def follow(self, recipe):
        """Show what belongs to a recipe's data: whether Hangul can be taken apart, whether own data are missing."""
        own = self.given.get(recipe["sha256"]) if recipe["data"] == recipes.OWN else None
        hangul = recipe["data"] in recipes.JAMO or (own and hasattr(own[1].forms, "jamo")) or recipe["letters"]
        for id in ("letters-field", "letters-why"):
            view.get(id).hidden = not hangul
        missing = recipe["data"] == recipes.OWN and not own
        if missing:
            view.get("own").open = True
            if recipe["documents"]:
                self.missing = "own.missing", {}
                self.say("own.reading")
            else:
                self.say("own.wanted", sha256=recipe["sha256"])
        elif own and self.looked != own:
            self.show(own)
        elif self.looked:
            self.show(self.looked)

    # ---- What the visitor does

    async def chose(self, event):
        """A file was chosen."""
        file = event.target.files.item(0)
        if file:
            view.get("own-text").value = ""
            await self.read_file(file)
            event.target.value = ""  # so that the same file can be chosen again

    async def read_file(self, file):
        """Read a file, or a blob of what was pasted."""
        if file.size > MAX_BYTES:
            self.asked += 1
            return self.refuse("own.large", megabytes="%.1f" % (file.size / 1e6), limit=MAX_BYTES // 1000000)
        try:
            bytes = window.Uint8Array.new(await file.arrayBuffer())
        except Exception:  # JavaScript's: the file has gone, or changed
            return self.refuse("own.unread")
        await self.read(bytes)

    async def wrote(self, *_):
        """Something was typed or pasted into the box."""
        self.asked += 1
        asked = self.asked
        await asyncio.sleep(REST_S)
        if asked == self.asked:
            # As a blob, because megabytes of text would not fit into this Python; an array of one text is that text.
            blob = window.Blob.new(window.Array.of(window.FormData.new(view.get("own-form")).getAll("text")))
            if blob.size:
                await self.read_file(blob)
            else:
                self.refuse("")

    def dragged(self, event):
        """A file is dragged over the page: it may be dropped."""
        if event.dataTransfer.types.includes("Files"):
            event.preventDefault()

    def dropped(self, event):
        file = event.dataTransfer.files.item(0)  # now: when this function has returned, there is none any more
        if file and not file.name.endswith(".safetensors"):  # a model, which is not data (files.py)
            event.preventDefault()
            view.get("own-text").value = ""
            view.get("own").open = True
            view.get("own").scrollIntoView()
            asyncio.create_task(self.read_file(file))

    async def press_use(self, *_):
        """Train on what the preview shows."""
        looked = self.looked
        facts, wanted = looked[1], self.tab.recipe["sha256"]
        key = facts.sha256[:12]
        other = wanted and wanted != key and wanted not in self.given  # a link's, that were never here
        self.keep(key, looked)
        self.tab.controls.use_data(key, self.letters(facts), sentence("own.other" if other else "own.used"))
        if key not in self.packed:
            self.packing = key
            try:
                self.packed[key] = loads(await self.tab.trainer.call("packed", looked[0]))
            finally:  # where the worker failed, the link goes without them
                self.packing = ""

    # ---- Looking at it

    async def read(self, bytes):
        """Let the worker read some bytes, and show what it says."""
        self.asked += 1
        asked = self.asked
        self.say("own.reading")
        try:
            await self.tab.trainer.ready()
            facts = loads(await self.tab.trainer.call("read_data", bytes))
        except Failed:
            return self.refuse("own.unread")
        if asked != self.asked:
            return
        if facts.problem:
            return self.refuse(facts.problem[0], **_dict(facts.problem[1]))
        self.show((bytes, facts))

    def letters(self, facts):
        """How to take the data's Hangul: as the form says, but by jamo where there are too many syllables."""
        letters = self.tab.recipe["letters"] if hasattr(facts.forms, "jamo") else ""
        return "jamo" if facts.forms.syllables.letters > facts.limit else letters

    def show(self, looked):
        """The preview."""
        self.looked, facts = looked, looked[1]
        recipe = dict(self.tab.recipe, letters=self.letters(facts))
        form, block = self.form(facts, recipe), recipe["block_size"]
        cut = form.over.at(block)  # documents that are too long for the block
        sentences = [(key, _dict(values)) for key, values in facts.notes]
        if facts.duplicates:
            sentences.append(("own.duplicates", {"count": number(facts.duplicates)}))
        sentences.append(("own.cut" if cut else "own.uncut", {"count": number(cut), "block": block}))
        came = recipe["documents"] and facts.sha256[:12] == recipe["sha256"]
        put("own-note", *([("own.came", {})] if came else []),
            ("own.facts", {"documents": number(facts.documents), "letters": number(form.letters),
                           "shortest": form.shortest, "longest": number(form.longest), "mean": form.mean}), *sentences)
        view.get("own-alphabet").textContent = form.shown.slice(0, PREVIEW_LETTERS).join(" ") + (
            " …" if form.letters > PREVIEW_LETTERS else "")
        lines = view.get("own-lines")
        lines.textContent = ""
        for line in facts.first:
            item = document.createElement("li")
            item.textContent = line
            lines.appendChild(item)
        view.get("own-note").hidden = view.get("own-preview").hidden = False

    def refuse(self, key, **values):
        """Say what is wrong; there is nothing to take then."""
        self.looked = None
        self.say(key, **values)

    def say(self, key, **values):
        view.get("own-preview").hidden = True
        put("own-note", *([(key, values)] if key else []))
        view.get("own-note").hidden = not key


def _dict(values):
    """A JavaScript object as a dict."""
    return {name: getattr(values, name) for name in window.Object.keys(values)}
