"""The run and its pull loop: it asks the worker for a frame, shows it, and asks for the next (MicroPython).

To pause is not to ask.
"""
import asyncio

from common import recipe as recipes
from common.errors import UserError
from page import address, dom, status
from page.i18n import all_texts, number, sentence
from page.js import dumps, loads, named, to_dict
from page.parts import recording, settings_form
from page.parts.text_boxes import known
from page.run_state import IDLE, PAUSING, PREPARING, READY, STARTING, STEPPING, TRAINING
from page.worker_client import CoreRaised, Failed
from pyscript import document, window

SLICE_MS = 70            # of training for each frame: so long may Pause take to have its effect
PICTURES_EVERY_MS = 800  # often enough to be live, seldom enough to be read
CHECKPOINT_EVERY_MS = 2000  # how much training a dead worker can cost
REST_S = 0.3             # how long settings rest before a run is compiled for them ahead of the first press,
MAX_EAGER_COMPILE = 1500000  # and how many parameters times positions it has at most: some two seconds of compiling
PRESS_ACK_S = 1.0      # how long a slice may take before what Pause or Reset does is said, or done without it
LAST_NAMES = 20          # those that the core's program prints
NAMES_PER_CALL = 4


class Training:
    def __init__(self, state, client, recovery, data, view):
        """data: the OwnData; view: the RunView."""
        self.state, self.client, self.recovery, self.data, self.view = state, client, recovery, data, view
        self.turn = asyncio.Lock()  # one slice, or one who needs page and worker to be of the same step
        self.last_time = {}         # when what is due now and then was last done, by its name
        self.events = [(None, "visibilitychange", self.shown)]
        state.on_crash.add(self.forget_turn)
        state.on_core.add(self.core_changed)

    # ---- The loop

    async def pull(self):
        """Ask for frames and show them for as long as the visitor wants more."""
        state = self.state
        if state.pulling or state.worker == STARTING:
            return
        state.begin_pull()
        try:
            while state.wants_more():
                if not (state.worker == READY and state.running):
                    if not await self.begin(resume=bool(state.running)):
                        break
                elif state.mode == PREPARING:
                    state.set_mode(IDLE)  # it has begun already
                else:
                    run = state.run
                    async with self.turn:  # which it may have waited for: Reset or Pause may have come
                        if run == state.run and state.mode in (STEPPING, TRAINING) and state.worker == READY:
                            await self.slice()
            if state.mode == PAUSING or status.state() == "training":
                state.set_mode(IDLE)
                self.show_rest()  # Pause was pressed when the last frame was here already
        except Failed as error:
            if state.worker == READY:
                self.recovery.show_failure("status.error", error)
        except Exception as error:
            self.recovery.show_crash(named(error))
        finally:
            state.end_pull()

    def forget_turn(self):
        """Whoever had the turn may have it for ever."""
        self.turn = asyncio.Lock()

    async def slice(self):
        """One frame: ask, show, and see whether it was the last."""
        state = self.state
        run, single = state.run, state.mode == STEPPING
        with_pictures = self.view.history.step is None and not document.hidden and (
            single or self.is_due("pictures", PICTURES_EVERY_MS))
        if status.state() != "training":
            status.show("status.training", "training")
        frame = await self.client.facts("train", 0 if single else SLICE_MS, state.recipe["temperature"],
                                        known(self.state, "prefix"), known(self.state, "look"), with_pictures)
        if run != state.run:
            return
        if state.mode != TRAINING:  # a step that was wanted is done, Pause is heard
            state.set_mode(IDLE)
        state.go_to(frame.step)
        self.view.add(frame)
        state.on_step.tell(frame.step)
        if frame.pictures and self.view.history.step is None:
            await self.view.attention.show(frame.pictures)
            if run != state.run:
                return
        if frame.declined:
            self.show_declined("engine.stopped", UserError(frame.declined.key, **to_dict(frame.declined.values)))
        if frame.broken:
            state.set_mode(IDLE)
            status.show("status.broken", "broken", broken=frame.broken, step=frame.step)
        elif frame.done:
            state.set_mode(IDLE)
            await self.finish(run)
        elif state.mode != TRAINING:
            status.show("status.paused", "paused", step=state.step)
        if state.mode != TRAINING or self.is_due("checkpoint", CHECKPOINT_EVERY_MS):
            checkpoint = await self.client.call("state")
            if run == state.run:
                state.set_checkpoint(checkpoint)

    async def finish(self, run):
        """After the last step: the pictures as they are now, and the names that the core's program prints."""
        state, names = self.state, self.view.names
        status.show("status.naming", "naming")
        state.set_unfinished(True)
        await self.view.history.look_now()
        count = 0
        while count < LAST_NAMES and run == state.run:
            html = await self.client.call("last_names", NAMES_PER_CALL, count == 0)
            if run == state.run:
                names.add(html, count)
            count += NAMES_PER_CALL
        if run == state.run:
            state.set_unfinished(False)
            status.show("status.done", "done", step=number(state.step))
            state.on_end.tell()

    def is_due(self, name, every_ms):
        """Whether so much time has gone by since this was last True for the name."""
        now = window.performance.now()
        if now - self.last_time.get(name, -1e9) < every_ms:
            return False
        self.last_time[name] = now
        return True

    # ---- Beginning a run

    async def begin(self, resume=False):
        """Begin a run with the form's recipe, or go on with the one there was. True if that could be."""
        state = self.state
        if state.worker != READY:
            await self.recovery.boot()
        if state.worker != READY:
            return False
        run = state.run
        if state.mode == PREPARING:
            state.set_mode(IDLE)
        resume = resume and bool(state.running)  # an edited core's run does not go on without it
        recipe, checkpoint = (state.running, state.checkpoint) if resume else (state.recipe, None)
        try:
            if recipe["model"]:
                facts = await self.load(recipe["model"], checkpoint)
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
        if recipe["model"] and not resume:
            recipe = self.with_settings_of(recipe, facts)
            state.edit(**recipe)
        state.begin(recipe, facts.step, facts.chars, checkpoint)
        self.view.begin(facts.snapshots, resume)
        settings_form.count(state.recipe, len(facts.chars) + 1)
        await self.use_engine()
        state.on_run.tell()
        return True

    async def begin_ahead(self):
        """Where a run will be compiled, begin it before Train is pressed, so that the press need not wait for that."""
        state = self.state
        run = state.run
        await asyncio.sleep(REST_S)
        if run != state.run or state.running or state.worker != READY or state.recipe["engine"] != "compiled":
            return
        if self.data.size(state.recipe) <= MAX_EAGER_COMPILE and state.mode == IDLE:
            state.set_mode(PREPARING)
            await self.pull()

    async def begin_untrained(self):
        """Begin a run and show its model as it is, before it has learned anything. True if that could be."""
        state = self.state
        run = state.run
        try:
            if await self.begin() and run == state.run:
                self.view.end_recording()
                await self.view.attention.show(await self.client.facts("look", known(self.state, "look")))
                if status.state() != "problem":  # of the link, which stays until there is another
                    self.show_rest()
                return True
        except Failed as error:
            if state.worker == READY:
                self.recovery.show_failure("status.error", error)
        return False

    async def load(self, source, checkpoint=None):
        """Let the worker begin with a link's model or a file's bytes, and the data that these name where they are here;
        checkpoint: as the worker gave it, to go on from. Gives the worker's facts. Raises UserError."""
        recipe = loads(await self.client.call("recipe_of", source))
        try:
            data = await self.data.bytes(dict(recipes.DEFAULTS, **to_dict(recipe)))
        except (UserError, Failed):  # a link's model does without; of a file the worker says that they are missing
            data = None
        return await self.client.facts("open_model", source, dumps(all_texts()), checkpoint, data)

    def with_settings_of(self, recipe, facts):
        """The recipe with the settings of the model that the worker has opened, which the form shows then."""
        recipe = dict(recipe, **to_dict(facts.recipe))
        settings_form.fill(recipe)
        return recipe

    async def open(self, source):
        """Let the worker go on with a link's model or a file's bytes, and show it. Raises UserError where that is
        refused: then nothing changes, and what was training trains on."""
        state = self.state
        mode = state.mode
        state.set_mode(IDLE)
        await state.settled()  # no other slice may slip in before
        run = state.run
        try:
            facts = await self.load(source)
        except UserError:
            state.set_mode(TRAINING if mode == TRAINING else IDLE)
            asyncio.create_task(self.pull())
            raise
        if run != state.run:  # Reset was pressed meanwhile: the next run begins anew in any case
            return
        state.set_mode(IDLE)
        state.abandon()
        run = state.run
        link = source if type(source) is str else ""
        recipe = self.with_settings_of(dict(state.recipe, model=link), facts)
        state.edit(**recipe)
        state.begin(recipe, facts.step, facts.chars)
        address.write(state.recipe, replace=bool(link))
        await self.view.open(facts)
        settings_form.count(state.recipe, len(state.chars) + 1)
        if facts.whole:
            status.show("status.resumed", "paused", step=facts.step)
        else:
            status.show("status.opened", "paused", step=number(facts.finished), data=facts.data)
        state.on_run.tell()
        await self.use_engine()
        checkpoint = await self.client.call("state")
        if run == state.run:
            state.set_checkpoint(checkpoint)

    async def retry(self):
        """Start the worker again, and go on from the last checkpoint."""
        state = self.state
        wanted = await self.recovery.restart()
        if state.worker == READY and (not state.running or await self.begin(resume=True)):
            if wanted:
                state.set_mode(TRAINING)
            await self.pull()

    # ---- What works

    async def use_engine(self):
        """Let the core or what is compiled from it do the work, as the switch says."""
        state = self.state
        run, engine = state.run, state.recipe["engine"]
        compiled = engine == "compiled"
        status.show_compiler("engine.compiling" if compiled else "")
        dom.line("engine-note")
        problem = None
        try:
            ms = await self.client.call("use_engine", engine)
        except UserError as error:
            problem = error
        self.view.speed.clear()  # which was the other engine's
        state.on_engine.tell("core" if problem else engine)
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
            status.show_compiler("engine.ready", ms=ms)

    def show_declined(self, key, problem):
        """The core does the work, because compiling it was not possible or went wrong."""
        self.state.edit(engine="core")
        self.state.on_engine.tell("core")
        settings_form.fill(self.state.recipe)
        address.write(self.state.recipe)
        status.show_compiler("")
        dom.line("engine-note", sentence(key, reason=(problem.key, problem.values)))

    async def run_core(self, text):
        """Begin to train an edited core. Raises CoreRaised where it cannot be loaded; then all is as it was."""
        state = self.state
        if state.worker != READY:
            await self.recovery.boot()
        state.set_mode(IDLE)
        await state.settled()
        state.abandon()  # whoever still waits for an answer about the run before asks no more about it
        try:
            facts = loads(await self.client.call("load_core", text))
        except CoreRaised:
            self.show_rest()
            raise
        self.forget()
        state.use_core(text, facts)
        status.show("status.training", "training")
        state.set_mode(TRAINING)

    async def publish(self):
        """The published core again, in a fresh Python, whatever an edited one is doing."""
        if self.state.worker != STARTING:
            self.recovery.end()
            self.forget()
            await self.recovery.boot()

    # ---- What the visitor wants

    def stop(self):
        self.state.set_mode(IDLE)

    async def pause(self):
        """Let the slice under way be the last. Where that takes long, say that Pause was heard."""
        state = self.state
        state.pause()
        run = state.run
        try:
            await asyncio.wait_for(state.settled(), PRESS_ACK_S)
        except asyncio.TimeoutError:
            if state.mode == PAUSING and run == state.run:
                self.recovery.show_silence(self.client.silence)

    def forget(self):
        """There is no run any more."""
        state = self.state
        state.set_mode(IDLE)
        if state.recipe["model"]:
            state.edit(model="")
            address.write(state.recipe)
        state.forget()
        self.last_time = {}
        dom.line("settings-note")
        status.show_compiler("")
        self.view.clear()

    def core_changed(self, facts):
        """Another core runs; a run of an edited one does not go on without it."""
        if not facts:
            self.forget()

    def show_rest(self):
        """Say where the run rests."""
        if self.state.step:
            status.show("status.paused", "paused", step=self.state.step)
        else:
            status.show("status.ready", "ready", python=self.state.python)

    # ---- For those who ask about the run

    async def ask(self, verb, *arguments):
        """The answer of a verb about the run, which is begun where there is none; None where that could not be."""
        state = self.state
        if not state.running and not state.pulling and not await self.begin_untrained():
            return None
        return await self.client.call(verb, *arguments)

    async def look_again(self):
        """The pictures once more, because the document to look at is another, or they were not drawn meanwhile."""
        state = self.state
        if self.view.history.step is not None:
            await self.view.history.show_again()
        elif state.running and state.mode != TRAINING and not recording.is_shown():
            await self.view.history.look_now()

    async def shown(self, *_):
        """The tab is looked at again, or no more: what nobody would have seen was not drawn."""
        if not document.hidden:
            self.view.chart.draw()
            self.last_time.pop("pictures", None)  # the next frame has some
            if self.view.history.step is None:
                await self.look_again()
