"""The place in the settings where own data are entered, previewed and used (MicroPython, on the page).

What a visitor gives is read by the worker, which also says how else it could be read; the choices stand between the
note and the preview. Nothing of what a visitor gives is ever markup.
"""
import asyncio

from common import recipe as recipes
from common.bidi import isolated
from common.errors import UserError
from page import dom, status
from page.i18n import number, on_language, put, say, sentence
from page.js import dumps, loads, to_dict
from page.parts import own_data, settings_form
from page.worker_client import Failed
from pyscript import document, window

MAX_BYTES = 10000000  # as the worker's; a larger file is not even read
REST_S = 0.3          # how long the box rests before its text is read
PREVIEW_LETTERS = 120
LINE_FEED = 10
# What the worker's names for its offers are called here.
WAYS = {"unnumbered": "own.way.unnumbered", "unbulleted": "own.way.unbulleted", "unquoted": "own.way.unquoted",
        "uncomma": "own.way.uncomma", "uncounted": "own.way.uncounted"}
FITS = {"rare": "own.fit.rare", "first": "own.fit.first", "short": "own.fit.short"}
SEPARATORS = {"comma": "own.at.comma", "semicolon": "own.at.semicolon", "tab": "own.at.tab", "bar": "own.at.bar",
              "ideographic": "own.at.ideographic", "wide": "own.at.ideographic", "escape": "own.at.escape",
              "tag": "own.at.tag", "middot": "own.at.middot", "bullet": "own.at.bullet", "slash": "own.at.slash",
              "space": "own.at.space", "sentence": "own.at.sentence", "number": "own.at.number"}


class DataForm:
    def __init__(self, state, client, data, controls):
        """data: the OwnData; controls: notified of what is used."""
        self.state, self.client, self.data, self.controls = state, client, data, controls
        self.preview = None  # the (bytes, facts) that it shows
        self.asked = 0       # so that a late answer about other data is dropped
        self.given = None    # bytes as a visitor gave them,
        self.choices = {}    # how to read them, {"encoding", "take", "cut"}, and
        self.wanted = ""     # how the SHA-256 begins that a link asks for
        self.offered = None  # the worker's facts about them, with what there is to choose
        self.large = None    # a file of too many bytes, of which the first may be taken
        self.events = [("own-text", "input", self.write), ("own-file", "change", self.choose),
                       ("own-use", "click", self.use), ("own-encoding", "change", self.choose_encoding),
                       ("own-ways", "click", self.choose_way), ("own-fits", "click", self.choose_fit)]
        data.on_arrival.add(self.arrived)
        controls.on_recipe.add(self.follow)
        state.on_data_wanted.add(self.ask)
        on_language.add(self.offer)

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
            self.given = self.offered = None
            self.show(own)
        elif self.preview:
            self.show(self.preview)

    # ---- What the visitor does

    async def choose(self, event):
        """A file was chosen."""
        file = event.target.files.item(0)
        if file:
            dom.get("own-text").value = ""
            self.choices = {}
            await self.read_file(file)
            event.target.value = ""  # so that the same file can be chosen again

    async def drop(self, file):
        """A file was dropped on the page."""
        dom.get("own-text").value = ""
        dom.get("own").open = True
        dom.get("own").scrollIntoView()
        self.choices = {}
        await self.read_file(file)

    async def write(self, *_):
        """Something was typed or pasted into the box."""
        self.asked += 1
        asked = self.asked
        dom.get("own-use").disabled = True  # what it shows is no longer what the box holds
        await asyncio.sleep(REST_S)
        if asked == self.asked:
            # As a blob, because megabytes of text would not fit into this Python; an array of one text is that text.
            blob = window.Blob.new(window.Array.of(window.FormData.new(dom.get("own-form")).getAll("text")))
            if blob.size:
                self.choices = {"take": self.choices.get("take", "")}  # which holds for what is typed on
                await self.read_file(blob)
            else:
                self.choices = {}
                self.refuse("")

    async def choose_encoding(self, event):
        """Another encoding was chosen: how lines are taken was for the other text."""
        await self.reread({"encoding": event.target.value})

    async def choose_way(self, event):
        """Another way to take the lines was chosen."""
        button = event.target.closest("button")
        if button:
            await self.reread({"encoding": self.choices.get("encoding", ""), "take": button.value})
            self.focus("own-ways", button.value)

    async def choose_fit(self, event):
        """What to leave out was chosen."""
        button = event.target.closest("button")
        if button and self.large:
            await self.read_file(self.large.slice(0, MAX_BYTES), True)
        elif button:
            await self.reread(dict(self.choices, cut=button.value))
            self.focus("own-fits", button.value)

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

    async def read_file(self, file, cut=False):
        """Read a file, or a blob of what was pasted; cut: which ends somewhere in a line, that is left out then."""
        if file.slice(0, MAX_BYTES + 1).size > MAX_BYTES:  # a size of 2 GiB would come as a negative number
            self.asked += 1
            megabytes = (file.size & 0xffffffff) / 1e6
            self.refuse("own.large", megabytes="%.1f" % megabytes, limit=MAX_BYTES // 1000000)
            self.large = file
            return self.offer()
        try:
            bytes = window.Uint8Array.new(await file.arrayBuffer())
        except Exception:  # JavaScript's: the file has gone, or changed
            return self.refuse("own.unread")
        if cut:
            bytes = bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1) if bytes.includes(LINE_FEED) else bytes
        self.large = None
        wanted = self.state.recipe["sha256"]
        self.given, self.wanted = bytes, "" if wanted in self.data.sets else wanted
        self.say("own.reading")
        await self.reread(self.choices)

    async def reread(self, choices):
        """Let the worker read what was given, as chosen, and show what it says."""
        self.choices = choices
        await self._ask("read_text", self.given, dumps(choices), self.wanted)

    async def read(self, bytes):
        """The same for data that were read before: they are what they are."""
        self.given = None
        self.say("own.reading")
        await self._ask("read_data", bytes)

    async def _ask(self, verb, bytes, *arguments):
        self.asked += 1
        asked = self.asked
        try:
            await self.client.ready()
            facts = loads(await self.client.call(verb, bytes, *arguments))
            if self.given and not hasattr(facts, "problem") and asked == self.asked:
                # From here on only the documents count, as the bytes of a plain file.
                bytes = await self.client.call("plain_data", bytes, *arguments)
        except UserError as error:
            if asked == self.asked:
                self.refuse(error.key, **error.values)
            return
        except Failed:
            return self.refuse("own.unread")
        if asked != self.asked:
            return
        self.offered = facts if self.given else None
        if self.given:
            self.choices = to_dict(facts.choices)
        if hasattr(facts, "problem"):
            self.preview = None
            dom.get("own-preview").hidden = True
            dom.line("own-note", (facts.problem.key, to_dict(facts.problem.values)), *self.notes(facts))
            self.offer()
        else:
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
        sentences = self.notes(facts)
        if facts.duplicates:
            sentences.append(("own.duplicates", {"count": number(facts.duplicates)}))
        sentences.append(("own.cut" if cut else "own.uncut", {"count": number(cut), "block": block}))
        came = recipe["documents"] and facts.sha256[:own_data.KEY_LENGTH] == recipe["sha256"]
        counts = {"documents": number(facts.documents), "letters": number(form.letters)}
        if form.shortest == form.longest:
            lengths = "own.facts.same", dict(counts, length=number(form.longest))
        else:
            lengths = "own.facts", dict(counts, shortest=number(form.shortest), longest=number(form.longest),
                                        mean="%.1f" % form.mean)
        put("own-note", *([("own.came", {})] if came else []), lengths, *sentences)
        self.offer()
        dom.get("own-alphabet").textContent = form.shown.slice(0, PREVIEW_LETTERS).join(" ") + (
            " …" if form.letters > PREVIEW_LETTERS else "")
        lines = dom.get("own-lines")
        lines.textContent = ""
        for line in facts.first:
            item = document.createElement("li")
            item.textContent = line
            lines.appendChild(item)
        dom.get("own-note").hidden = dom.get("own-preview").hidden = dom.get("own-use").disabled = False

    def notes(self, facts):
        """What the worker noted of the data, as sentences."""
        sentences = [(key, to_dict(values)) for key, values in facts.notes]
        for fit in facts.cuts if hasattr(facts, "cuts") else ():
            if fit.id == facts.choices.cut:
                sentences.append(("own.left-out", self.lost(fit)))
        return sentences

    def lost(self, fit):
        """What making data fit costs, as values of a sentence."""
        return {"lost": number(fit.lost), "total": number(fit.documents + fit.lost)}

    # ---- What there is to choose

    def offer(self):
        """The ways in which what was given can be read, with the chosen one marked."""
        facts = self.offered
        ways, fits, encodings = (list(facts.ways), list(facts.cuts), list(facts.encodings)) if facts else ([], [], [])
        options = dom.get("own-encoding")
        options.textContent = ""
        for name, line in encodings:
            option = document.createElement("option")
            option.value, option.textContent = name, "%s: %s" % (name, isolated(line))
            options.appendChild(option)
        if encodings:
            options.value = facts.choices.encoding
        dom.get("own-encoding-field").hidden = not encodings
        self.buttons("own-ways", [("", say("own.way.lines"))][:len(ways)] + [(way.id, self.way(way)) for way in ways],
                     self.choices.get("take", ""))
        parts = [(fit.id, say(FITS[fit.kind], **self.lost(fit))) for fit in fits]
        if self.large:
            parts = [("large", say("own.fit.large", limit=MAX_BYTES // 1000000))]
        self.buttons("own-fits", parts, self.choices.get("cut", ""))
        dom.get("own-choices").hidden = not (encodings or ways or parts)

    def way(self, way):
        """A way to take the lines, in words, with how the documents begin."""
        if way.kind == "divide":
            return say("own.way.divide", separator=sentence(SEPARATORS[way.name]), count=number(way.documents))
        if way.kind == "column":
            return say("own.way.column", name=way.name, first=way.first)
        return say(WAYS[way.kind], first=way.first)

    def buttons(self, id, choices, chosen):
        """A button for each (value, text)."""
        place = dom.get(id)
        place.textContent = ""
        place.hidden = not choices
        for value, text in choices:
            button = document.createElement("button")
            button.type, button.value, button.textContent = "button", value, text
            button.ariaPressed = "true" if value == chosen else "false"
            place.appendChild(button)

    def focus(self, id, value):
        """Give the focus to the button that was pressed, which was made anew."""
        for button in dom.get(id).children:
            if button.value == value:
                button.focus()

    # ---- Nothing to look at

    def refuse(self, key, **values):
        """Say what is wrong; there is nothing to take then."""
        self.preview = self.offered = self.given = self.large = None
        self.say(key, **values)

    def say(self, key, **values):
        dom.get("own-preview").hidden = dom.get("own-choices").hidden = True
        dom.line("own-note", *([(key, values)] if key else []))
