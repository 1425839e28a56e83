"""The place in the settings where own data are entered, previewed and used (MicroPython, on the page).

Nothing of what a visitor gives is ever markup.
"""
import asyncio

from common import recipe as recipes
from common.errors import UserError
from page import dom, status
from page.i18n import number, put, sentence
from page.js import loads, to_dict
from page.parts import own_data, settings_form
from page.worker_client import Failed
from pyscript import document, window

MAX_BYTES = 10000000  # as the worker's; a larger file is not even read
REST_S = 0.3          # how long the box rests before its text is read
PREVIEW_LETTERS = 120


class DataForm:
    def __init__(self, state, client, data, controls):
        """data: the OwnData; controls: notified of what is used."""
        self.state, self.client, self.data, self.controls = state, client, data, controls
        self.preview = None  # the (bytes, facts) that it shows
        self.asked = 0       # so that a late answer about other data is dropped
        self.events = [("own-text", "input", self.write), ("own-file", "change", self.choose),
                       ("own-use", "click", self.use)]
        data.on_arrival.add(self.arrived)
        controls.on_recipe.add(self.follow)
        state.on_data_wanted.add(self.ask)

    def arrived(self, key, problem):
        """Data that came along with a link were read; problem: the UserError that says why they could not be."""
        if problem:
            status.show(problem.key, "problem", **problem.values)
        recipe = self.state.recipe
        if recipe["sha256"] == key:
            settings_form.count(recipe, self.data.vocab_size(recipe))
            self.follow(recipe)

    def ask(self):
        """The run needs its data to train on."""
        dom.get("own").open = True
        if not self.preview:
            self.say("own.wanted", sha256=self.state.recipe["sha256"])
        dom.get("own").scrollIntoView()

    def follow(self, recipe):
        """Show what belongs to a recipe's data: whether Hangul can be taken apart, whether own data are missing."""
        own = self.data.of(recipe)
        hangul = recipe["data"] in recipes.JAMO or (own and hasattr(own[1].forms, "jamo")) or recipe["letters"]
        for id in ("letters-field", "letters-why"):
            dom.get(id).hidden = not hangul
        if recipe["data"] == recipes.OWN and not own:
            dom.get("own").open = True
            if recipe["documents"]:
                self.say("own.reading")
            else:
                self.say("own.wanted", sha256=recipe["sha256"])
        elif own and self.preview != own:
            self.show(own)
        elif self.preview:
            self.show(self.preview)

    # ---- What the visitor does

    async def choose(self, event):
        """A file was chosen."""
        file = event.target.files.item(0)
        if file:
            dom.get("own-text").value = ""
            await self.read_file(file)
            event.target.value = ""  # so that the same file can be chosen again

    async def drop(self, file):
        """A file was dropped on the page."""
        dom.get("own-text").value = ""
        dom.get("own").open = True
        dom.get("own").scrollIntoView()
        await self.read_file(file)

    async def write(self, *_):
        """Something was typed or pasted into the box."""
        self.asked += 1
        asked = self.asked
        await asyncio.sleep(REST_S)
        if asked == self.asked:
            # As a blob, because megabytes of text would not fit into this Python; an array of one text is that text.
            blob = window.Blob.new(window.Array.of(window.FormData.new(dom.get("own-form")).getAll("text")))
            if blob.size:
                await self.read_file(blob)
            else:
                self.refuse("")

    async def use(self, *_):
        """Train on what the preview shows."""
        found, wanted = self.preview, self.state.recipe["sha256"]
        facts = found[1]
        key = facts.sha256[:own_data.KEY_LENGTH]
        other = wanted and wanted != key and wanted not in self.data.sets  # a link's, that were never here
        self.data.add(key, found)
        await self.controls.use_data(key, self.letters(facts), sentence("own.other" if other else "own.used"))
        await self.data.pack(key)

    # ---- Looking at it

    async def read_file(self, file):
        """Read a file, or a blob of what was pasted."""
        if file.slice(0, MAX_BYTES + 1).size > MAX_BYTES:  # a size of 2 GiB would come as a negative number
            self.asked += 1
            megabytes = (file.size & 0xffffffff) / 1e6
            return self.refuse("own.large", megabytes="%.1f" % megabytes, limit=MAX_BYTES // 1000000)
        try:
            bytes = window.Uint8Array.new(await file.arrayBuffer())
        except Exception:  # JavaScript's: the file has gone, or changed
            return self.refuse("own.unread")
        await self.read(bytes)

    async def read(self, bytes):
        """Let the worker read some bytes, and show what it says."""
        self.asked += 1
        asked = self.asked
        self.say("own.reading")
        try:
            await self.client.ready()
            facts = loads(await self.client.call("read_data", bytes))
        except UserError as error:
            if asked == self.asked:
                self.refuse(error.key, **error.values)
            return
        except Failed:
            return self.refuse("own.unread")
        if asked == self.asked:
            self.show((bytes, facts))

    def letters(self, facts):
        """How to take the data's Hangul: as the form says, but by jamo where there are too many syllables."""
        letters = self.state.recipe["letters"] if hasattr(facts.forms, "jamo") else ""
        return "jamo" if facts.forms.syllables.letters > facts.limit else letters

    def show(self, found):
        """The preview."""
        self.preview, facts = found, found[1]
        recipe = dict(self.state.recipe, letters=self.letters(facts))
        form, block = own_data.form(facts, recipe), recipe["block_size"]
        cut = form.over.at(block)  # documents that are too long for the block
        sentences = [(key, to_dict(values)) for key, values in facts.notes]
        if facts.duplicates:
            sentences.append(("own.duplicates", {"count": number(facts.duplicates)}))
        sentences.append(("own.cut" if cut else "own.uncut", {"count": number(cut), "block": block}))
        came = recipe["documents"] and facts.sha256[:own_data.KEY_LENGTH] == recipe["sha256"]
        put("own-note", *([("own.came", {})] if came else []),
            ("own.facts", {"documents": number(facts.documents), "letters": number(form.letters),
                           "shortest": form.shortest, "longest": number(form.longest), "mean": form.mean}), *sentences)
        dom.get("own-alphabet").textContent = form.shown.slice(0, PREVIEW_LETTERS).join(" ") + (
            " …" if form.letters > PREVIEW_LETTERS else "")
        lines = dom.get("own-lines")
        lines.textContent = ""
        for line in facts.first:
            item = document.createElement("li")
            item.textContent = line
            lines.appendChild(item)
        dom.get("own-note").hidden = dom.get("own-preview").hidden = False

    def refuse(self, key, **values):
        """Say what is wrong; there is nothing to take then."""
        self.preview = None
        self.say(key, **values)

    def say(self, key, **values):
        dom.get("own-preview").hidden = True
        dom.line("own-note", *([(key, values)] if key else []))
