"""How a run comes to be: begun from the form's recipe, opened from a link or a file, or put back (MicroPython).

The loop that trains it is in training.py.
"""
import asyncio

from common import recipe as recipes
from common.digits import significant
from common.errors import UserError
from page import address, dom, status
from page.i18n import all_texts, number, sentence
from page.js import dumps, loads, to_dict
from page.parts import settings_form
from page.parts.text_boxes import known
from page.run_state import IDLE, READY, STARTING
from page.worker_client import CoreRaised, Failed

REST_S = 0.3              # how long settings rest before a run is begun for them ahead of the first press,
MAX_EAGER_SIZE = 1500000  # and how many parameters times positions it has at most: some two seconds of compiling
PRESS_ACK_S = 1.0         # how long a slice may take before what a press asks for is said, or done without it


class RunStart:
    def __init__(self, state, client, recovery, data, view):
        """data: the OwnData; view: the RunView."""
        self.state, self.client, self.recovery, self.data, self.view = state, client, recovery, data, view
        self.beginning = asyncio.Lock()  # one at a time: who comes second finds it begun
        state.on_core.add(self.core_changed)
        state.on_crash.add(self.forget_beginning)

    # ---- Begun

    def forget_beginning(self):
        """What was being begun may be waited for for ever."""
        self.beginning = asyncio.Lock()

    async def begin(self, resume=False):
        """Begin a run with the form's recipe, or go on with the one there was. True if that could be."""
        async with self.beginning:
            return self.state.in_worker or await self._begin(resume)

    async def _begin(self, resume):
        state = self.state
        if state.worker != READY:
            await self.recovery.boot()
        if state.worker != READY:
            return False
        run = state.run
        resume = resume and bool(state.running)  # an edited core's run does not go on without it
        recipe, checkpoint = (state.running, state.checkpoint) if resume else (state.recipe, None)
        source = state.source if resume else recipe["model"]
        try:
            if source:
                facts = await self.load(source, checkpoint, recipe["more"])
            else:
                facts = loads(await self.client.call("start", dumps(recipe), dumps(all_texts()), checkpoint,
                                                     await self.data.bytes(recipe)))
        except UserError as error:
            if run != state.run:
                return True
            state.set_mode(IDLE)
            if recipe["model"]:
                state.edit(model="")
            status.show(error.key, "problem", **error.values)
            return False
        if run != state.run:  # Reset was pressed or a setting changed, and this run is dropped
            return True
        if source and not resume:
            recipe = self.with_settings_of(recipe, facts)
            state.edit(**recipe)
        state.begin(recipe, facts.step, facts.chars, checkpoint, source, bool(facts.has_data) if source else True)
        self.view.begin(facts.snapshots, resume)
        settings_form.count(recipe, len(facts.chars) + 1)
        await self.use_engine()
        state.on_run.tell()
        return True

    async def begin_ahead(self):
        """Before Train is pressed: begin a run that will be compiled, so that the press need not wait for that; and
        where the recording is not what is shown, show the model as it is."""
        state = self.state
        run = state.run
        await asyncio.sleep(REST_S)
        if run != state.run or state.running or state.worker != READY or state.mode != IDLE:
            return
        if self.data.size(state.recipe) > MAX_EAGER_SIZE or self.data.is_missing(state.recipe):
            if not state.recorded:
                self.view.attention.clear()  # which is of another model
        elif not state.recorded:
            await self.begin_untrained()
        elif state.recipe["engine"] == "compiled":
            await self.begin()

    async def begin_untrained(self):
        """Begin a run and show its model as it is, before it has learned anything. True if that could be."""
        state = self.state
        run = state.run
        try:
            if await self.begin() and run == state.run:
                await self.show_untrained()
                return True
        except Failed as error:
            if state.worker == READY:
                self.recovery.show_failure("status.error", error)
        return False

    async def show_untrained(self):
        """Show the run's model as it is, and nothing of the recording."""
        state = self.state
        state.end_recording()
        run = state.run
        pictures = await self.client.facts("look", known(state, "look"))
        if run == state.run:
            await self.view.attention.show(pictures)
            if status.state() != "problem":  # of the link, which stays until there is another
                self.show_rest()

    # ---- Opened

    async def load(self, source, checkpoint=None, more=""):
        """Let the worker begin with a link's model or a file's bytes, and the data that these name where they are here;
        checkpoint: as the worker gave it, to go on from; more: the recipe's, since it was opened. Gives the worker's
        facts. Raises UserError."""
        recipe = loads(await self.client.call("recipe_of", source))
        try:
            data = await self.data.bytes(dict(recipes.DEFAULTS, **to_dict(recipe)))
        except (UserError, Failed):  # it does without; of a whole run the worker says that they are missing
            data = None
        return await self.client.facts("open_model", source, dumps(all_texts()), checkpoint, data, more)

    def with_settings_of(self, recipe, facts):
        """The recipe with the settings of the model that the worker has opened, which the form shows then."""
        recipe = dict(recipe, **to_dict(facts.recipe))
        settings_form.fill(recipe)
        return recipe

    async def open(self, source):
        """Let the worker go on with a link's model or a file's bytes, and show it. Raises UserError where that is
        refused: then nothing changes. Whoever calls sees to it that no slice is under way."""
        async with self.beginning:  # else a run that is just being begun would take its place in the worker
            await self._open(source)

    async def _open(self, source):
        state = self.state
        run = state.run
        facts = await self.load(source)
        if run != state.run:  # Reset was pressed meanwhile: the next run begins anew in any case
            return
        state.set_mode(IDLE)
        state.replace()
        run = state.run
        link = source if type(source) is str else ""
        recipe = self.with_settings_of(dict(state.recipe, model=link), facts)
        state.edit(**recipe)
        state.begin(recipe, facts.step, facts.chars, None, source, bool(facts.has_data))
        address.write(state.recipe, replace=bool(link))
        await self.view.open(facts)
        settings_form.count(recipe, len(state.chars) + 1)
        if facts.finished is None:
            status.show("status.opened.unknown", "paused")
        elif not facts.has_data:
            status.show("status.opened.without-data", "paused", step=number(facts.finished))
        elif not facts.whole:
            status.show("status.opened.done" if state.is_finished() else "status.opened", "paused",
                        step=number(facts.finished), data=sentence("data.short." + facts.data))
        elif state.is_finished():
            self.show_done()
        else:
            status.show("status.resumed", "paused", step=number(facts.step))
        state.on_run.tell()
        await self.use_engine()
        checkpoint = await self.client.call("state")
        if run == state.run:
            state.set_checkpoint(checkpoint)

    async def give_data(self, recipe):
        """Let the run that came without its data have those of a recipe. Raises UserError where they are others."""
        state = self.state
        run = state.run
        await self.client.call("give_data", await self.data.bytes(recipe))
        if run == state.run:
            state.take_data(recipe["sha256"])
            self.show_rest()

    # ---- The engine, and the core

    async def use_engine(self):
        """Let the core or what is compiled from it do the work, as the switch says."""
        state = self.state
        run, engine = state.run, state.recipe["engine"]
        state.asked_engine = engine
        compiled = engine == "compiled"
        status.show_compiler("engine.compiling" if compiled else "")
        dom.line("engine-note")
        problem = None
        try:
            ms = await self.client.call("use_engine", engine)
        except UserError as error:
            problem = error
        self.view.speed.clear()  # which was the other engine's
        state.use_engine("core" if problem else engine)
        if status.state() == "silent":
            self.show_rest()
        if run != state.run:
            return
        if engine != state.recipe["engine"]:  # it may have been overtaken: the worker gets the switch's last word
            await self.use_engine()
            return
        if problem:
            self.show_declined("engine.declined", problem)
        elif compiled:
            status.show_compiler("engine.ready", ms=significant(ms))

    def show_declined(self, key, problem):
        """The core does the work, because compiling it was not possible or went wrong. What the visitor chose stays
        chosen, for the next run."""
        self.state.use_engine("core")
        status.show_compiler("")
        dom.line("engine-note", sentence(key, reason=(problem.key, problem.values)))

    async def load_core(self, text):
        """Put an edited core in the place of the one that runs; its run is left. Whoever calls sees to it that no slice
        is under way. Raises CoreRaised where the text cannot be loaded; then all is as it was."""
        state = self.state
        state.abandon()  # whoever still waits for an answer about the run before asks no more about it
        try:
            facts = loads(await self.client.call("load_core", text))
        except CoreRaised:
            self.show_rest()
            raise
        self.forget()
        state.use_core(text, facts)

    async def publish(self):
        """The published core again, in a fresh Python, whatever an edited one is doing."""
        if self.state.worker != STARTING:
            self.forget()
            self.recovery.end()
            await self.recovery.boot()

    def core_changed(self, facts):
        """Another core runs; a run of an edited one does not go on without it."""
        if not facts:
            self.forget()

    # ---- Over, and put back

    def forget(self):
        """There is no run any more."""
        state = self.state
        state.set_mode(IDLE)
        state.end_recording()
        if state.recipe["model"]:
            state.edit(model="")
        state.forget()
        address.write(state.recipe)
        dom.line("settings-note")
        status.show_compiler("")
        self.view.clear()

    async def put_back(self, before):
        """Make a run that was left the run again, as it was at its last checkpoint. before: see parts/undo.py. True if
        that could be; else there is no run, and a sentence says why."""
        state = self.state
        if before.core != state.core:
            if before.core is None:
                await self.publish()
            else:
                await self.load_core(before.core)
        self.forget()
        state.edit(**before.recipe)
        settings_form.fill(state.recipe)
        address.write(state.recipe)
        state.put_back(before)
        self.view.put_back(before)
        if await self.begin(resume=True):
            await self.view.history.look_now()
            self.show_rest()
            return True
        self.forget()
        return False

    def show_rest(self):
        """Say where the run rests."""
        state = self.state
        if state.is_finished():
            self.show_done()
        elif state.step:
            status.show("status.paused", "paused", step=state.step)
        else:
            status.show("status.ready", "ready", python=state.python)

    def show_done(self):
        """Say that the run has taken all of its steps."""
        status.show("status.done", "done", step=number(self.state.step))

    def show_training(self):
        """Say that the run trains, and in a part that was added, by which schedule."""
        part = self.state.part()
        if part:
            status.show("status.more", "training", more=number(part[0]), rate="%.2g" % part[1])
        else:
            status.show("status.training", "training")
