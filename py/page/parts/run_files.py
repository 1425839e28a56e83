"""Files: a run or a model opened, a run or a part of it saved; and the model in the page's address (MicroPython).

The worker reads and writes them (worker/formats/); here is what the visitor sees of it.
"""
from common.errors import UserError
from page import dom, status
from page.i18n import sentence
from page.js import dumps, options
from page.parts.text_boxes import known
from page.run_state import READY
from page.worker_client import Failed
from pyscript import document, window

MAX_BYTES = 1 << 25  # of a file
KEEP_ADDRESS_MS = 60000  # of a download, until its memory is given back
ENDINGS = {"run": "-run.safetensors", "weights": ".safetensors", "json": ".json", "curve": ".csv", "names": ".txt",
           "attention": "-attention.svg", "probabilities": "-probabilities.svg"}
TYPES = {".csv": "text/csv", ".txt": "text/plain", ".svg": "image/svg+xml", "json": "application/json"}


class RunFiles:
    def __init__(self, state, client, recovery, training, view):
        """view: the RunView, whose curve and names are saved along."""
        self.state, self.client, self.recovery, self.training, self.view = state, client, recovery, training, view
        self.events = [("open-file", "change", self.choose)]
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
        if files.length:
            await self.open(files.item(0))
        event.target.value = ""

    async def open(self, file):
        """Open a file. Where it is refused, a sentence says why and the page stays as it was."""
        dom.line("files-note")
        if file.slice(0, MAX_BYTES + 1).size > MAX_BYTES:  # a size of 2 GiB would come as a negative number
            dom.line("files-note", sentence("keep.file.large"))
            return
        try:
            data = window.Uint8Array.new(await file.arrayBuffer())
        except Exception:  # JavaScript's: the file has gone, or changed
            dom.line("files-note", sentence("own.unread"))
            return
        if self.state.worker == READY:
            try:
                await self.training.open(data)
            except UserError as error:
                dom.line("files-note", (error.key, error.values))

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
                download(data, kind, self.state.step)
        return save

    def curve(self):
        return window.JSON.stringify(window.Array.of(*self.view.chart.columns[:3]))


def download(data, kind, step):
    """Hand bytes to the browser as a file."""
    ending = ENDINGS[kind]
    about = options(type=TYPES.get(ending[-4:], "application/octet-stream"))
    address = window.URL.createObjectURL(window.Blob.new(window.Array.of(data), about))
    link = document.createElement("a")
    link.href, link.download = address, "microgpt-%d%s" % (step, ending)
    link.click()
    window.setTimeout(lambda: window.URL.revokeObjectURL(address), KEEP_ADDRESS_MS)
