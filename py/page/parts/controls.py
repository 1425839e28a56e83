"""What a visitor does, button by button and setting by setting (MicroPython, on the page).

What it means for the run is in training.py. The recipe in the form and the page's address change here, together.
"""
import asyncio

from common.errors import UserError
from common.recipe import OWN, SAMPLING
from page import address, dom, status
from page.i18n import number, put, say, sentence
from page.listeners import Listeners
from page.parts import settings_form
from page.parts.text_boxes import known
from page.run_state import IDLE, PAUSING, STARTING, STEPPING, TRAINING
from page.training import NAMES_PER_CALL


class Controls:
    def __init__(self, state, client, recovery, training, data, view):
        """data: the OwnData; view: the RunView."""
        self.state, self.client, self.recovery, self.training = state, client, recovery, training
        self.start, self.data, self.view = training.start, data, view
        self.notes = []  # what was wrong with the link, as sentences
        self.on_recipe = Listeners()  # (recipe): the form has another
        self.events = [("train", "click", self.press_train), ("step", "click", self.press_step),
                       ("reset", "click", self.press_reset), ("retry", "click", self.press_retry),
                       ("more-names", "click", self.press_more_names), ("engine", "change", self.choose_engine),
                       ("look", "input", self.look), ("settings", "change", self.change_setting),
                       ("settings", "submit", lambda event: event.preventDefault())]
        self.events += [(name, event, self.change_sampling) for name in SAMPLING for event in ("input", "change")]
        for happening in (state.on_mode, state.on_step, state.on_run, state.on_forget):
            happening.add(self.show_buttons)

    def show_buttons(self, *_):
        """Say on the buttons what they do now."""
        finished, training = self.state.is_finished(), self.state.mode == TRAINING
        button = dom.get("train")
        button.removeAttribute("title")
        if finished and not training:
            again = self.state.needs_new_run()
            put("train", ("new-run" if again else "go-on", {}))
            if not again:
                steps, rate = self.state.next_part()
                button.title = say("go-on.label", more=number(steps), rate="%.2g" % rate)
        else:
            put("train", ("pause" if training else "train", {}))
        put("reset", ("new-run" if finished else "reset", {}))
        dom.get("step").disabled = finished and not training

    # ---- The run

    async def press_train(self, *_):
        state, training = self.state, self.training
        if state.mode == TRAINING:
            await training.pause()
            return
        if state.is_finished():
            await state.settled()  # the last names may be on their way
            if state.is_finished() and state.needs_new_run():
                self.start.forget()
            elif state.is_finished():
                await training.extend()
        if state.mode == PAUSING:
            status.show("status.training", "training")
        else:
            self.view.speed.clear()
        state.set_mode(TRAINING)
        await training.pull()

    async def press_step(self, *_):
        self.state.set_mode(STEPPING)
        await self.view.history.leave()
        await self.training.pull()

    async def press_reset(self, *_):
        """Leave the run, and show the new one's model as it is before it has learned anything."""
        state, silent = self.state, status.state() == "silent"
        if state.mode == TRAINING and state.core is None and not silent:
            state.set_mode(IDLE)
            await self.training.is_settled()  # so that what Undo brings back is the run as it was at this press
            if state.mode != IDLE:
                return  # the visitor has pressed Train meanwhile
        self.start.forget()
        if state.pulling and state.core is None and not (silent or state.worker == STARTING):
            if not await self.training.is_settled():  # a slice that takes longer is not waited for
                silent = not state.running
            if not silent and state.mode != IDLE:
                return  # the visitor has begun the next run already
        if silent:
            self.recovery.end()
        if silent or state.worker != STARTING:
            await self.start.begin_untrained()
            await self.training.pull()  # if something was pressed meanwhile

    async def press_retry(self, *_):
        await self.training.retry()

    async def press_more_names(self, *_):
        state = self.state
        run = state.run
        html = await self.training.ask("names", NAMES_PER_CALL, state.recipe["temperature"],
                                       known(state, "prefix"), self.view.history.step)
        if html and run == state.run:
            self.view.names.add(html)

    async def look(self, *_):
        """The visitor's own document for the pictures."""
        await self.training.look_again()

    async def choose_engine(self, *_):
        """The core, or what is compiled from it: in mid-run too, for the run stays what it is."""
        self.state.edit(engine=dom.get("engine").value)
        address.write(self.state.recipe)
        await self.follow_engine()

    async def follow_engine(self):
        """Let the engine that the form names do the work."""
        if self.state.in_worker:
            await self.start.use_engine()
        else:
            await self.start.begin_ahead()

    # ---- The recipe

    def change_sampling(self, event):
        """The temperature or the prefix: they change how the model is asked, and take effect at once."""
        for name in SAMPLING:
            self.state.edit(**settings_form.change(self.state.recipe, name, dom.get(name).value)[0])
        dom.get("temperature-value").value = str(self.state.recipe["temperature"])
        if event.type == "change":
            address.write(self.state.recipe)

    def change_setting(self, event):
        """A setting: the form corrects what can't be, the address follows, and a run under way goes on as it began."""
        box = event.target
        recipe, notes = settings_form.change(self.state.recipe, box.name, box.value)
        if box.name == "data":
            recipe.update(sha256="", letters="", documents="")
        if box.name == "num_steps":
            recipe["more"] = ""
        self.state.edit(**recipe)
        settings_form.fill(self.state.recipe)
        self.use_recipe(notes)

    async def use_data(self, sha256, letters, note):
        """The visitor's own data, by how their hash begins. A run that waits for its data takes them."""
        state, recipe = self.state, self.state.recipe
        if state.running and not state.has_data:
            wanted = dict(state.running, data=OWN, sha256=sha256)
            try:
                await self.start.give_data(wanted)
                state.edit(data=OWN, sha256=sha256)
                letters, note = state.running["letters"], sentence("own.given")
            except UserError as error:
                note = sentence(error.key, **error.values)
        self.state.edit(data="own", sha256=sha256, letters=letters,
                        documents=recipe["documents"] if sha256 == recipe["sha256"] else "")
        settings_form.fill(self.state.recipe)
        self.use_recipe([note])

    def open_address(self, *_):
        """A link was opened, or Back was pressed."""
        recipe, self.notes = address.read()
        self.state.edit(**recipe)
        settings_form.forget_wishes()
        settings_form.fill(recipe)
        dom.show_embedded(("model" if recipe["model"] else "run") if recipe["embed"] else "")
        dom.line("ignored", *self.notes)
        self.use_recipe([], written=False)

    def use_recipe(self, notes, written=True):
        """The form has another recipe: the page follows, and says notes, and that it needs a new run where it does."""
        state = self.state
        if status.state() == "problem":  # which was the last recipe's
            self.start.show_rest()
        settings_form.count(state.recipe, self.data.vocab_size(state.recipe))
        self.on_recipe.tell(state.recipe)
        if written:
            address.write(state.recipe)
        if not state.step:
            if written:  # a model that was opened untrained is given up for the new settings
                state.edit(model="")
            had_run = bool(state.running)
            state.forget()
            if not state.recorded:
                self.view.clear()
            status.progress(0, state.num_steps())
            if had_run:
                state.on_run.tell()
            status.show_compiler("")
            asyncio.create_task(self.start.begin_ahead())
        else:
            if state.needs_new_run():
                notes = notes + [sentence("settings.new-run")]
            if state.recipe["engine"] != state.asked_engine:
                asyncio.create_task(self.follow_engine())
        self.show_buttons()
        dom.line("settings-note", *notes)

    def open_view(self, view, replace=False):
        """Write into the page's address what is looked at; a mere step along a way makes no entry for Back."""
        self.state.edit(view=view)
        address.write(self.state.recipe, replace=replace)
