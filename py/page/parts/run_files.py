"""Models that come from outside, and files that go there: a link's model, a file opened, a file saved (MicroPython).

The worker reads and writes them (keep/); here is what the visitor sees of it.
"""
import asyncio
import json

from common import recipe as recipes
from page import view
from page.i18n import all_texts, put, sentence
from page.parts import settings_form
from page.worker_client import Failed, dumps, loads, values_of
from pyscript import document, window

LARGEST = 1 << 25  # bytes of a file
ENDINGS = {"run": "-run.safetensors", "weights": ".safetensors", "json": ".json", "curve": ".csv", "names": ".txt",
           "attention": "-attention.svg", "probabilities": "-probabilities.svg"}
TYPES = {".csv": "text/csv", ".txt": "text/plain", ".svg": "image/svg+xml", "json": "application/json"}


class Opening:
    """What is opened and saved. events: (id, event, handler) for the page to register."""

    def __init__(self, tab):
        self.tab, self.facts = tab, None
        tab.opening, tab.on_end = self, self.ended
        view.get("page").addEventListener("dragover", self.over)
        view.get("page").addEventListener("drop", self.dropped)
        self.events = [("open-file", "change", self.chosen)]
        self.events += [("save-" + kind, "click", self.saver(kind)) for kind in ENDINGS]

    # ---- A model in the page's address

    async def follow(self):
        """Show the model that the page's address holds, where it holds one."""
        tab, text = self.tab, self.tab.recipe["model"]
        if not text or not tab.alive or tab.running and tab.running["model"] == text:
            return
        try:
            facts = await self.adopt(text)
            if facts.problem and tab.recipe["model"] == text:  # else the address has another by now
                self.refused(facts)
        except Failed as error:
            tab.failed("status.error", error)

    def refused(self, facts):
        """Say why the worker does not go on with the address's model, which is given up."""
        self.tab.recipe["model"] = ""
        view.status(facts.problem, "problem", **values_of(facts))

    async def adopt(self, source):
        """Let the worker go on with a link's model or a file's bytes, and show it. Gives the worker's facts.

        Where it is refused, nothing changes, and what was training trains on.
        """
        tab = self.tab
        was_training, tab.training, tab.single, tab.fresh = tab.training, False, False, False
        while tab.pulling:  # until the slice that is under way has come: no other may slip in before
            await asyncio.sleep(0.02)
        facts = await self.adopted(source, None)
        if facts.problem:
            tab.training = was_training
            asyncio.create_task(tab.pull())
            return facts
        tab.stop()
        tab.run += 1
        recipe = dict(tab.recipe, model=source if type(source) is str else "")
        tab.recipe = tab.running = self.settled(recipe, facts)
        tab.step, tab.chars = facts.step, facts.chars
        settings_form.to_address(tab.recipe, replace=type(source) is str)
        await self.show()
        tab.past.forget()
        tab.past.tell(facts.kept, tab.step)
        tab.on_run()
        await tab.use_engine()
        tab.saved, tab.saved_step = await tab.trainer.call("state"), tab.step
        return facts

    async def adopted(self, source, state):
        """Let the worker begin with a link's model or a file's bytes, and the data that these name where they are here;
        state: as the worker gave it, to go on from, or None. Gives the worker's facts."""
        tab = self.tab
        facts = loads(await tab.trainer.call("whose", source))
        if facts.problem:
            return facts
        try:
            data = await tab.data.bytes(dict(recipes.DEFAULTS, **json.loads(window.JSON.stringify(facts.recipe))))
        except (KeyError, Failed):  # a link's model does without; of a file the worker says that they are missing
            data = None
        return await tab.trainer.facts("adopt", source, dumps(all_texts()), state, data)

    def settled(self, recipe, facts):
        """The recipe with the settings of the model that the worker has adopted; keeps what is to be shown of it."""
        self.facts = facts
        recipe = dict(recipe, **json.loads(window.JSON.stringify(facts.recipe)))
        settings_form.fill(recipe)
        return recipe

    async def show(self):
        """Show the adopted model: its curve, names and pictures."""
        tab, facts = self.tab, self.facts
        view.own()
        view.get("names").innerHTML = ""
        view.names(facts.html)
        tab.past.invented.tell()
        tab.clear_curve()
        if facts.curve.length:
            tab.chart.add(facts.curve)
            if facts.curve[2].length:
                view.loss(facts.curve[2].at(-1))
        await tab.pictures.show(facts.pictures)
        view.get("more-names").disabled = False
        view.progress(tab.step, tab.running["num_steps"])
        settings_form.count(tab.recipe, len(tab.chars) + 1)
        if facts.whole:
            view.status("status.resumed", "paused", step=facts.step)
        else:
            view.status("status.opened", "paused", step=facts.finished, data=facts.data)

    # ---- Files

    async def chosen(self, event):
        files = event.target.files
        if files.length:
            await self.open(files.item(0))
        event.target.value = ""

    # Not async: what the browser does by itself with a dropped file can be prevented only at once.

    def over(self, event):
        if event.dataTransfer and "Files" in [str(kind) for kind in event.dataTransfer.types]:
            event.preventDefault()

    def dropped(self, event):
        """A file of weights dropped on the page is opened; any other is for somebody else."""
        files = event.dataTransfer.files
        if files.length and files.item(0).name.endswith(".safetensors"):
            event.preventDefault()
            asyncio.create_task(self.drop(files.item(0)))

    async def drop(self, file):
        try:
            await self.open(file)
        except Failed as error:
            self.tab.failed("status.error", error)

    async def open(self, file):
        """Open a file. Where it is refused, a sentence says why and the page stays as it was."""
        view.line("files-note")
        if file.size > LARGEST:
            put_note("keep.file.large")
            return
        data = window.Uint8Array.new(await file.arrayBuffer())
        if self.tab.alive:
            facts = await self.adopt(data)
            if facts.problem:
                put_note(facts.problem, **values_of(facts))

    def saver(self, kind):
        async def save(*_):
            view.line("files-note")
            await self.tab.at_rest()
            answer = await self.tab.ask("saved", kind, self.curve(), dumps(names()), self.tab.known("look"))
            if type(answer) is str:
                facts = loads(answer)
                put_note(facts.problem, **values_of(facts))
            elif answer is not None:
                give(answer, kind, self.tab.step)
        return save

    def curve(self):
        return window.JSON.stringify(window.Array.of(*self.tab.chart.columns[:3]))

    # ---- The receipt

    def ended(self):
        """After a run's last step: say what came of the published run, where this was it."""
        asyncio.create_task(self.receipt())

    async def receipt(self):
        tab = self.tab
        last = [name for step, name, _ in names() if step == tab.step][:20]
        facts = loads(await tab.trainer.call("receipt", self.curve(), dumps(last)))
        view.get("receipt").hidden = not facts
        if facts:
            about = loads(await tab.trainer.call("about"))
            engine = sentence("engine.compiled" if tab.recipe["engine"] == "compiled" else "engine.core")
            put("receipt", (facts.key, {"losses": facts.losses, "names": facts.names, "core": about.sha256[:12],
                                        "engine": engine, "python": about.python,
                                        "browser": browser()}))


def names():
    """The names in the list, the newest first: [step, name, is it new]."""
    return [[int(item.dataset.step), item.dataset.name, not item.querySelector(".listed")]
            for item in view.get("names").children]


def put_note(key, **values):
    view.line("files-note", (key, values))


def give(data, kind, step):
    """Hand bytes to the browser as a download."""
    ending = ENDINGS[kind]
    about = loads(dumps({"type": TYPES.get(ending[-4:], "application/octet-stream")}))
    address = window.URL.createObjectURL(window.Blob.new(window.Array.of(data), about))
    link = document.createElement("a")
    link.href, link.download = address, "microgpt-%d%s" % (step, ending)
    link.click()
    window.setTimeout(lambda: window.URL.revokeObjectURL(address), 60000)


def browser():
    """The browser's name and version as it gives them itself."""
    agent = window.navigator.userAgent.split(" ")
    for name in ("Firefox/", "Edg/", "Chrome/", "Version/"):
        for part in agent:
            if name in part:  # HeadlessChrome/156 is one too
                return part[part.find(name):].replace("Version", "Safari").replace("/", " ")
    return agent[-1]
