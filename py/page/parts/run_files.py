"""Files: a run or a model opened, a run or a part of it saved; and the model in the page's address (MicroPython).

The worker reads and writes them (worker/formats/); here is what the visitor sees of it.
"""
from common.errors import UserError
from page import dom, status
from page.i18n import sentence
from page.js import dumps, options
from page.parts.file_question import FileQuestion
from page.parts.text_boxes import known
from page.run_state import READY
from page.worker_client import CoreRaised, Failed
from pyscript import document, window

MAX_BYTES = 1 << 25  # of a file
KEEP_ADDRESS_MS = 60000  # of a download, until its memory is given back
ENDINGS = {"run": "-run.safetensors", "weights": ".safetensors", "json": ".json", "curve": ".csv", "names": ".txt",
           "attention": "-attention.svg", "probabilities": "-probabilities.svg"}
SECOND = {"run": "files.second.run", "text": "files.second.text"}  # what is said of another of a kind
TYPES = {".csv": "text/csv", ".txt": "text/plain", ".svg": "image/svg+xml", "json": "application/json",
         ".py": "text/x-python"}


class RunFiles:
    def __init__(self, state, client, recovery, training, view, data_form, source):
        """view: the RunView, whose curve and names are saved along; data_form: the DataForm, which takes texts; source:
        the Room that says that an edited core runs."""
        self.state, self.client, self.recovery, self.training, self.view = state, client, recovery, training, view
        self.data_form, self.source = data_form, source
        self.question = FileQuestion(data_form.data, self.open_answered, self.open_with_code)
        self.events = self.question.events + [("open-file", "change", self.choose)]
        self.events += [("save-" + kind, "click", self.saver(kind)) for kind in ENDINGS]

    # ---- Opening

    async def follow_address(self):
        """Open the model that the page's address holds, where it holds one."""
        state, text = self.state, self.state.recipe["model"]
        if not text or state.worker != READY or state.running and state.running["model"] == text:
            return
        try:
            await self.training.open(text)
        except UserError as error:
            if state.recipe["model"] == text:  # else the address has another by now
                state.edit(model="")
                status.show(error.key, "problem", **error.values)
        except Failed as error:
            self.recovery.show_failure("status.error", error)

    async def choose(self, event):
        files = event.target.files
        files = [files.item(i) for i in range(files.length)]
        event.target.value = ""  # so that the same file can be chosen again
        if files:
            await self.take(files)

    async def take(self, files):
        """Open a file, or use it as data, by what its content is. Of several, the first run and the first text are
        taken; what becomes of each is said, and where one is refused, why. The page stays as it was then."""
        dom.line("files-note")
        self.question.close()
        if self.state.worker != READY:
            await self.recovery.boot()
        if self.state.worker != READY:
            return  # which is said where it happened
        said, taken = [], []  # "run" and "text" once there was one
        for file in files:
            name = str(file.name)
            try:
                kind, note = await self.take_one(file, name, taken)
                taken.append(kind)
                if len(files) > 1 or kind == "text":  # of a run that is opened, or asked about, there is more to see
                    said.append(sentence(note, file=name))
            except UserError as error:
                said.append(sentence("files.refused", file=name, reason=(error.key, error.values))
                            if len(files) > 1 else (error.key, error.values))
            if said:
                dom.line("files-note", *said)

    async def take_one(self, file, name, taken):
        """Take one file, unless one of its kind was taken before. Gives its kind and the key of what to say of it.
        Raises UserError where it is refused."""
        size = file.slice(0, MAX_BYTES + 1).size  # a size of 2 GiB would come as a negative number
        if size > MAX_BYTES:
            raise UserError("keep.file.large", megabytes=str((file.size & 0xffffffff) // 1000000),
                            limit=str(MAX_BYTES // 1000000))
        try:
            data = window.Uint8Array.new(await file.arrayBuffer())
        except Exception:  # JavaScript's: the file has gone, or changed
            raise UserError("own.unread") from None
        facts = await self.client.facts("examine", data, name)
        kind = "text" if facts.kind in ("text", "names") else "run"
        if kind in taken:
            return kind, SECOND[kind]
        if kind == "text":
            await self.data_form.drop(file)
            return kind, "files.invented" if facts.kind == "names" else "files.text"
        if facts.kind == "question" or facts.changes:
            self.question.ask(data, name, facts)
            return kind, "files.asked"
        await self.training.open(data)
        return kind, "files.opened"

    async def open(self, data):
        """Open a file's bytes; what is wrong with them is said."""
        try:
            await self.training.open(data)
        except UserError as error:
            dom.line("files-note", (error.key, error.values))

    async def open_answered(self, data, answers, documents):
        """Open weights with the answers to what was asked about them."""
        try:
            data = await self.client.call("label", data, answers, documents)
        except UserError as error:
            dom.line("file-answer-note", (error.key, error.values))
            return
        self.question.close()
        dom.line("files-note")
        await self.open(data)

    async def open_with_code(self, data):
        """Let the changed Python of a file run from now on, and open it."""
        self.question.close()
        dom.line("files-note")
        await self.source.enter()
        try:
            await self.training.use_core(await self.client.call("core_of", data))
        except CoreRaised as error:
            where = error.where
            dom.line("files-note", sentence("edit.line", line=where.line, text=where.text, error=where.error)
                     if where.line else sentence("edit.no-line", error=where.error))
            return
        await self.open(data)

    # ---- Saving

    def saver(self, kind):
        async def save(*_):
            dom.line("files-note")
            try:
                await self.client.prepare("save")
                async with self.training.turn:
                    data = await self.training.ask("save", kind, self.curve(), dumps(self.view.names.names()),
                                                   known(self.state, "look"))
            except UserError as error:
                dom.line("files-note", (error.key, error.values))
                return
            if data is not None:
                download(data, "microgpt-%d%s" % (self.state.step, ENDINGS[kind]))
        return save

    def curve(self):
        """The loss curve and the held-out losses, as the worker's save() takes them."""
        return window.JSON.stringify(window.Array.of(*self.view.chart.columns[:3], self.view.held_out))


def download(data, name):
    """Hand bytes or a text to the browser as a file."""
    ending = name[name.rindex("."):]
    about = options(type=TYPES.get(ending[-4:], "application/octet-stream"))
    address = window.URL.createObjectURL(window.Blob.new(window.Array.of(data), about))
    link = document.createElement("a")
    link.href, link.download = address, name
    link.click()
    window.setTimeout(lambda: window.URL.revokeObjectURL(address), KEEP_ADDRESS_MS)
