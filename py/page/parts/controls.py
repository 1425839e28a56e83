"""What a visitor does, button by button and setting by setting (MicroPython, on the page).

What it means for the run is in tab.py. The recipe in the form and the page's address change here, together.
"""
import asyncio

from common.recipe import LIVE, SAMPLING
from page import view
from page.i18n import sentence
from page.parts import settings_form

MORE_NAMES = 4
HEARD_S = 1.0  # how long a slice may take before what Pause or Reset does is said, or done without it


class Controls:
    """A verb for each of the page's controls. events: (id, event, handler) for the page to register."""

    def __init__(self, tab):
        self.tab = tab
        self.events = [("train", "click", self.press_train), ("step", "click", self.press_step),
                       ("reset", "click", self.press_reset), ("more-names", "click", self.press_more_names),
                       ("engine", "change", self.switched), ("look", "input", self.look)]

    async def press_train(self, *_):
        tab = self.tab
        if tab.training:
            tab.stop()
            await tab.say_pausing()
            return
        if tab.running and tab.step >= tab.running["num_steps"]:
            tab.forget()
        tab.training = True
        view.button(True)
        if tab.pausing:
            tab.pausing = False
            view.status("status.training", "training")
        else:
            tab.speed.clear()
        await tab.pull()

    async def press_step(self, *_):
        tab = self.tab
        if tab.running and tab.step >= tab.running["num_steps"]:
            tab.forget()
        tab.stop()
        tab.single = True
        await tab.past.leave()
        await tab.pull()

    async def press_reset(self, *_):
        """Forget the run, and show the new one's model as it is before it has learned anything."""
        tab, silent = self.tab, view.state() == "silent"
        tab.forget()
        if tab.pulling and tab.core is None and not (silent or tab.booting):
            waited, pulls = 0, tab.pulls
            while tab.pulling and pulls == tab.pulls and waited < HEARD_S:
                await asyncio.sleep(0.02)
                waited += 0.02
            silent = tab.pulling and pulls == tab.pulls  # a slice that takes longer is nobody's any more
            if not silent and (tab.training or tab.single):
                return  # the visitor has begun the next run already
        if silent:
            tab.trainer.end()
            tab.alive = False
        if silent or not tab.booting:
            await tab.begin_untrained()
            await tab.pull()  # if something was pressed meanwhile

    async def press_more_names(self, *_):
        tab, run = self.tab, self.tab.run
        html = await tab.trainer.call("names", MORE_NAMES, tab.recipe["temperature"], tab.known("prefix"),
                                      tab.past.step)
        if run == tab.run:
            tab.own()
            view.names(html)
            tab.past.invented.tell()

    async def look(self, *_):
        """The visitor's own document for the pictures."""
        tab = self.tab
        if tab.past.step is not None:
            await tab.past.again()
        elif tab.running and not tab.training and not view.is_recording():
            await tab.look_now()

    async def switched(self, *_):
        """The core, or what is compiled from it: in mid-run too, for the run stays what it is."""
        tab = self.tab
        tab.recipe["engine"] = view.get("engine").value
        settings_form.to_address(tab.recipe)
        if tab.running:
            await tab.use_engine()
        else:
            await tab.begin_ahead()

    def sampling(self, event):
        """The temperature or the prefix: they change how the model is asked, and take effect at once."""
        tab = self.tab
        for name in SAMPLING:
            tab.recipe = settings_form.change(tab.recipe, name, view.get(name).value)[0]
        view.get("temperature-value").value = str(tab.recipe["temperature"])
        if event.type == "change":
            settings_form.to_address(tab.recipe)

    def changed(self, event):
        """A setting: the form mends what can't be, the address follows, and a run under way goes on as it began."""
        tab, box = self.tab, event.target
        tab.recipe, notes = settings_form.change(tab.recipe, box.name, box.value)
        if box.name == "data":
            tab.recipe.update(sha256="", letters="", documents="")
        settings_form.fill(tab.recipe)
        self.new_recipe(notes)

    def use_data(self, sha256, letters, note):
        """The visitor's own data, by how their hash begins."""
        tab = self.tab
        came = tab.recipe["documents"] if sha256 == tab.recipe["sha256"] else ""
        tab.recipe = dict(tab.recipe, data="own", sha256=sha256, letters=letters, documents=came)
        settings_form.fill(tab.recipe)
        self.new_recipe([note])

    def new_recipe(self, notes, address=True):
        """The form has another recipe: the page follows, and says notes, and that it needs a new run where it does."""
        tab = self.tab
        if view.state() == "problem":  # which was the last recipe's
            tab.idle()
        settings_form.count(tab.recipe, tab.data.vocab_size(tab.recipe))
        tab.data.follow(tab.recipe)
        if address:
            settings_form.to_address(tab.recipe)
        if not tab.step:
            if address:  # a model that was opened untrained is given up for the new settings
                tab.recipe["model"] = ""
            if tab.running:
                tab.on_run()
            tab.running, tab.chars = None, ""
            tab.run += 1
            view.progress(0, tab.recipe["num_steps"])
            view.compiler("")
            asyncio.create_task(tab.begin_ahead())
        elif any(tab.recipe[name] != tab.running[name] for name in tab.recipe if name not in LIVE):
            notes = notes + [sentence("settings.new-run")]
        view.line("settings-note", *notes)

    def opened(self, *_):
        """A link was opened, or Back was pressed."""
        tab = self.tab
        tab.recipe, notes = settings_form.from_address()
        settings_form.fill(tab.recipe)
        view.embedded(tab.recipe["embed"])
        view.line("ignored", *notes)
        self.new_recipe([], address=False)

    def keep_address(self):
        settings_form.to_address(self.tab.recipe)

    def show_view(self, address, step=False):
        """Keep in the page's address what the panel shows; a mere step along a way makes no entry for Back."""
        tab = self.tab
        tab.recipe["view"] = address
        settings_form.to_address(tab.recipe, replace=step)
