"""One visit: the run, the worker's life, and the loop that fetches frames from it (MicroPython, on the page).

The flow is a pull: pull() asks for a frame, shows it, and asks for the next. To pause is not to ask.
"""
import asyncio

from common import hangul
from common.bidi import visible
from common.recipe import count_parameters
from page import view
from page.i18n import all_texts, sentence
from page.parts import settings_form
from page.parts.controls import HEARD_S, MORE_NAMES, Controls
from page.parts.engine_switch import EngineSwitch
from page.parts.history_slider import Past
from page.worker_client import CoreRaised, Failed, dumps, loads, named
from pyscript import document, window

SLICE_MS = 70            # of training for each frame: so long may Pause take to be heard
PICTURES_EVERY_MS = 800  # often enough to be live, seldom enough to be read
SAVE_EVERY_MS = 2000     # how much training a dead worker can cost
REST_S = 0.3             # how long settings rest before a run is compiled for them ahead of the first press,
AHEAD = 1500000          # and how many parameters times positions it has at most: some two seconds of compiling
LARGE = 2000000          # so many parameters times positions make a step slow: about a second and more
LAST_NAMES = 20


class Tab:
    """What the page knows, and its verbs: boot and retry, pull, and what can be asked of a run. controls.py has the
    visitor's."""

    def __init__(self, trainer):
        self.trainer, trainer.on_progress, trainer.on_silence = trainer, self.downloaded, self.silent
        self.chart = self.data = None               # given by the page
        self.speed, self.pictures = view.Speed(), view.Pictures()
        self.engine_switch = EngineSwitch()
        self.speed.measured = self.engine_switch.measured
        self.recipe, self.running = None, None      # in the form; of the run in the worker, None before it has one
        self.alive = self.booting = False           # has the worker come up; is it coming up
        self.python = ""                            # the version there
        self.boots = 0                              # how many times it has been started
        self.pulling, self.pulls = False, 0         # is pull() under way; how many times it has begun
        self.rested, self.resting = asyncio.Event(), 0  # a slice has ended; how many wait for that
        self.training = self.single = False         # what the visitor wants: go on; one step
        self.pausing = False                        # Pause was pressed, and the slice under way is not back yet
        self.fresh = False                          # and: a run that has begun, though nobody trains yet
        self.run = self.step = 0                    # which run this is, so that a late frame of another is dropped
        self.saved, self.saved_step = None, 0       # the run's state as the worker last gave it
        self.chars, self.told = "", {}              # the data's alphabet; when what was last done, by name
        self.on_step = lambda step: None            # is told of each frame's step
        self.on_run = lambda: None                  # is told when there is another run, or its words are others
        self.controls = Controls(self)
        self.past = Past(self)                      # the time that is looked at, where it is not now
        self.core = None                            # the text of the edited core that runs; None: the published one
        self.on_core = self.on_raised = None        # are told (edit.py): another core runs, an edited one raised
        self.on_end = lambda: None                  # is called after a run's last step
        self.opening = None                         # files.Opening: shows a model that was opened

    async def show_recording(self):
        """Draw the recording's curve; its pictures are in index.html already."""
        recorded = await (await window.fetch("static/recorded.json")).json()
        if view.is_recording() and not self.running:
            self.chart.add(recorded.points)
            view.loss(recorded.mean)
            self.pictures.tell(recorded.view)

    # ---- The worker's life

    async def boot(self):
        """Start the worker. What goes wrong is said, with Retry beside it."""
        view.status("status.start", "loading")
        view.compiler("")
        self.booting = True
        self.boots += 1
        boot = self.boots
        try:
            await self.trainer.ready()
            facts = loads(await self.trainer.call("about"))
        except Failed as error:
            if boot == self.boots:  # and was not given up for another
                self.failed("status.damaged" if error.damaged else "status.failed", error)
            return
        finally:
            if boot == self.boots:
                self.booting = False
        self.alive = True
        if self.core is not None:  # a fresh Python has the published core
            self.core = None
            self.forget()
            await self.on_core(None)
        view.get("sha256").textContent = facts.sha256
        self.python = facts.python
        view.status("status.ready", "ready", python=self.python)

    async def begin(self, resume=False):
        """Begin a run with the form's recipe, or go on with the one there was. True if that could be."""
        if not self.alive:
            await self.boot()
        if not self.alive:
            return False
        run, self.fresh = self.run, False
        self.told.pop("training", None)
        resume = resume and bool(self.running)  # an edited core's run does not go on without it
        recipe, state = (self.running, self.saved) if resume else (self.recipe, None)
        model = recipe["model"]
        try:
            if model:
                facts = await self.opening.adopted(model, state)
            else:
                data = await self.data.bytes(recipe)
                facts = loads(await self.trainer.call("start", dumps(recipe), dumps(all_texts()), state, data))
        except KeyError:
            self.stop()
            view.status(self.data.missing[0], "problem", **self.data.missing[1])
            return False
        if run != self.run:  # Reset was pressed or a setting changed, and this run is nobody's
            return True
        if facts.problem:
            self.stop()
            if model:
                self.opening.refused(facts)
            else:
                view.status("status.problem", "problem", reason=facts.problem)
            return False
        if model:
            recipe = self.recipe = self.opening.settled(recipe, facts)
        self.running, self.step, self.chars = recipe, facts.step, facts.chars
        self.saved, self.saved_step = state, facts.step
        if not view.is_recording():  # which stays until there is something else to see
            view.get("more-names").disabled = False
            if resume:
                self.chart.cut(self.step)
                view.cut_names(self.step)
            else:
                self.clear_curve()
            self.past.forget()
            self.past.tell(facts.kept, self.step)
        settings_form.count(self.recipe, len(facts.chars) + 1)
        self.speed.clear()
        view.progress(self.step, recipe["num_steps"])
        await self.use_engine()
        self.on_run()
        return True

    async def begin_ahead(self):
        """Where a run will be compiled, begin it before Train is pressed, so that the press need not wait for that."""
        run = self.run
        await asyncio.sleep(REST_S)
        recipe = self.recipe
        if run != self.run or self.running or not self.alive or recipe["engine"] != "compiled":
            return
        if count_parameters(recipe, self.data.vocab_size(recipe)) * recipe["block_size"] <= AHEAD:
            self.fresh = True
            await self.pull()

    async def use_engine(self):
        """Let the core or what is compiled from it do the work, as the switch says."""
        run, engine = self.run, self.recipe["engine"]
        compiled = engine == "compiled"
        view.compiler("engine.compiling" if compiled else "")
        view.line("engine-note")
        answer = loads(await self.trainer.call("use", engine))
        self.speed.clear()  # which was the other engine's
        self.engine_switch.uses("core" if answer.problem else engine)
        if view.state() == "silent":
            self.idle()
        if run != self.run or engine != self.recipe["engine"]:  # who asked since then tells what came of it
            return
        if answer.problem:
            self.declined(sentence("engine.declined", reason=answer.problem))
        elif compiled:
            view.compiler("engine.ready", ms=answer.ms)

    def declined(self, note):
        """The core does the work, because compiling it was not possible or went wrong."""
        self.recipe["engine"] = "core"
        self.engine_switch.uses("core")
        settings_form.fill(self.recipe)
        settings_form.to_address(self.recipe)
        view.compiler("")
        view.line("engine-note", note)

    def failed(self, key, error):
        """The worker is gone, or the visitor's edit of the core raised: say so, and keep all there is to see."""
        if isinstance(error, CoreRaised):
            self.stop()
            where = error.where
            view.status("edit.raised" if where.line else "edit.raised.nowhere", "broken",
                        line=where.line, text=where.text, error=where.error)
            self.on_raised(where)
            return
        self.trainer.end()
        self.alive, was_training = False, self.training
        self.stop()
        self.told["training"] = was_training or self.told.get("training", False)
        if error.memory:
            key = "status.memory"
        view.status(key, "failed", reason=error.damaged or str(error), step=self.saved_step)

    def stumbled(self, error):
        """The page's own Python raised what the text says, and what waited there may wait for ever: the worker is ended
        too, and Retry goes on with both from the last state."""
        self.pulling, self.booting, self.boots = False, False, self.boots + 1
        self.rest()
        self.failed("status.page", Failed(error))

    def downloaded(self, loaded, total):
        if view.state() == "loading" or self.booting and view.state() == "silent":
            view.status("status.loading", "loading", loaded="%.1f" % (loaded / 1e6), total="%.1f" % (total / 1e6))

    def silent(self, seconds):
        key = ("status.stalled" if self.booting else "status.pausing" if self.pausing else
               "edit.silent" if self.core is not None else
               "status.slow" if self.pulling and self.is_large() else "status.silent")
        view.status(key, "silent", time=view.lasting(seconds), step=self.saved_step)

    def is_large(self):
        """Whether a step of the run under way may well take many seconds."""
        recipe = self.running or self.recipe
        return count_parameters(recipe, self.data.vocab_size(recipe)) * recipe["block_size"] > LARGE

    async def retry(self, *_):
        """Start the worker again, and go on from the last state it gave."""
        wanted = (self.training or self.told.pop("training", False)) and self.core is None
        self.run += 1
        self.alive, self.training, self.single = False, False, False
        self.trainer.end()
        await self.boot()
        if self.alive and (not self.running or await self.begin(resume=True)):
            self.training = wanted
            view.button(wanted)
            await self.pull()

    # ---- Training

    async def pull(self):
        """Ask for frames and show them for as long as the visitor wants more."""
        if self.pulling or self.booting:
            return
        self.pulling, self.pulls = True, self.pulls + 1
        try:
            while self.training or self.single or self.fresh:
                if not (self.alive and self.running):
                    if not await self.begin(resume=bool(self.running)):
                        break
                elif self.training or self.single:
                    await self.slice()
                    if self.resting:
                        self.rest()
                        await asyncio.sleep(0.01)  # so that who waited asks before the worker trains on
                else:
                    self.fresh = False  # it has begun already
            if self.pausing or view.state() == "training":
                self.pausing = False
                self.idle()  # Pause was pressed when the last frame was here already, and its state was on its way
        except Failed as error:
            if self.alive:
                self.failed("status.error", error)
        except Exception as error:
            self.stumbled(named(error))
        finally:
            self.pulling = False
            self.rest()

    def rest(self):
        self.rested.set()
        self.rested.clear()

    async def at_rest(self):
        """Wait until the page and the worker are of the same step; the worker answers what it is asked at once then
        before it trains on."""
        if self.pulling:
            self.resting += 1
            await self.rested.wait()
            self.resting -= 1

    async def slice(self):
        """One frame: ask, show, and see whether it was the last."""
        run, single = self.run, self.single
        pictures = self.past.step is None and not document.hidden and (
            single or self.due("pictures", PICTURES_EVERY_MS))
        if view.state() != "training":
            view.status("status.training", "training")
        frame = await self.trainer.facts("train", 0 if single else SLICE_MS, self.recipe["temperature"],
                                         self.known("prefix"), self.known("look"), pictures)
        if run != self.run:
            return
        self.single, self.pausing, self.step = False, False, frame.step
        self.show(frame)
        if frame.pictures and self.past.step is None:
            await self.pictures.show(frame.pictures)
            if run != self.run:
                return
        if frame.declined:
            self.declined(sentence("engine.stopped", reason=frame.declined))
        if frame.broken:
            self.stop()
            view.status("status.broken", "broken", broken=frame.broken, step=frame.step)
        elif frame.done:
            self.stop()
            await self.finish(run)
        elif not self.training:
            view.status("status.paused", "paused", step=self.step)
        if not self.training or self.due("saved", SAVE_EVERY_MS):
            state = await self.trainer.call("state")
            if run == self.run:
                self.saved, self.saved_step = state, self.step

    def show(self, frame):
        self.own()
        view.progress(frame.step, self.running["num_steps"])
        self.on_step(frame.step)
        self.speed.show(frame.step, self.running["num_steps"])
        if frame.mean is not None:
            view.loss(frame.mean)
        if frame.points[0].length:
            self.chart.add(frame.points)
        for step, loss in frame.held_out:
            self.chart.hold(step, loss)
        if frame.html:
            view.names(frame.html)
            self.past.invented.tell()
        self.past.tell(frame.kept, frame.step)

    def own(self):
        """What is shown from here on is the visitor's own, and not the recording."""
        if view.is_recording():
            view.own()
            self.clear_curve()
        view.get("more-names").disabled = False

    def clear_curve(self):
        recipe = self.running or self.recipe
        self.chart.reset(recipe["num_steps"], len(self.chars) + 1 if self.running else self.data.vocab_size(recipe))
        view.loss(None)

    async def finish(self, run):
        """After the last step: the pictures as they are now, and the names that the core's program prints."""
        self.engine_switch.withdraw()
        view.status("status.naming", "naming")
        self.told["training"] = True  # for Retry: this belongs to it
        await self.look_now()
        count = 0
        while count < LAST_NAMES and run == self.run:
            html = await self.trainer.call("last_names", MORE_NAMES, count == 0)
            if run == self.run:
                view.names(html, count)
                self.past.invented.tell()
            count += MORE_NAMES
        if run == self.run:
            self.told.pop("training", None)
            view.status("status.done", "done", step=self.step)
            self.on_end()

    def idle(self):
        if self.step:
            view.status("status.paused", "paused", step=self.step)
        else:
            view.status("status.ready", "ready", python=self.python)

    def stop(self):
        self.training = self.single = self.fresh = self.pausing = False
        view.button(False)

    def due(self, name, every_ms):
        """Whether so much time has gone by since this was last True for the name."""
        now = window.performance.now()
        if now - self.told.get(name, -1e9) < every_ms:
            return False
        self.told[name] = now
        return True

    def known(self, id):
        """The text in a box, if the data has all of its letters; else "", and the page says so."""
        text = view.get(id).value.strip()
        if (self.running or self.recipe)["letters"] == "jamo":
            text = hangul.typed(text)
        strange = [letter for letter in text if letter not in self.chars] if self.chars else []
        letters = ", ".join([visible(letter) for letter in strange])
        view.line(id + "-note", *[sentence(id + ".unknown", letters=letters)] if strange else [])
        return "" if strange else text

    async def say_pausing(self):
        """Where the slice under way takes long, say that Pause was heard."""
        run, self.pausing = self.run, self.pulling
        await asyncio.sleep(HEARD_S)
        if self.pausing and run == self.run:
            self.silent(self.trainer.silence)

    # ---- The run, for those who ask for one

    async def begin_untrained(self):
        """Begin a run and show its model as it is, before it has learned anything. True if that could be."""
        run = self.run
        try:
            if await self.begin() and run == self.run:
                view.own()
                await self.pictures.show(await self.trainer.facts("look", self.known("look")))
                self.idle()
                return True
        except Failed as error:
            if self.alive:
                self.failed("status.error", error)
        return False

    async def run_core(self, text):
        """Begin to train an edited core. Gives what edited.explain() says where it cannot be loaded, else None."""
        if not self.alive:
            await self.boot()
        self.stop()
        while self.pulling:
            await asyncio.sleep(0.02)
        self.run += 1  # whoever still waits for an answer about the run before asks no more about it
        facts = loads(await self.trainer.call("core", text))
        if facts.problem:
            self.idle()
            return facts.problem
        self.core = text
        self.forget()
        view.status("status.training", "training")
        await self.on_core(facts)
        self.training = True
        view.button(True)

    async def publish(self):
        """The published core again, in a fresh Python, whatever an edited one is doing."""
        if not self.booting:
            self.trainer.end()
            self.alive = False
            self.forget()
            await self.boot()

    async def ask(self, verb, *arguments):
        """The answer of a verb about the run, which is begun where there is none; None where that could not be."""
        if not self.running and not self.pulling and not await self.begin_untrained():
            return None
        return await self.trainer.call(verb, *arguments)

    def forget(self):
        self.stop()
        if self.recipe["model"]:
            self.recipe["model"] = ""
            settings_form.to_address(self.recipe)
        self.run += 1
        self.running, self.saved, self.step = None, None, 0
        self.told = {}
        view.line("settings-note")
        view.compiler("")
        view.own()
        view.get("names").innerHTML = ""
        view.progress(0, self.recipe["num_steps"])
        self.past.forget()
        self.past.invented.tell()
        self.speed.clear()
        self.engine_switch.withdraw()
        self.clear_curve()

    async def seen(self, *_):
        """The tab is looked at again, or no more: what nobody would have seen was not drawn."""
        if not document.hidden:
            self.chart.draw()
            self.told.pop("pictures", None)  # the next frame has some
            if self.running and not self.training and not view.is_recording() and self.past.step is None:
                await self.look_now()

    async def look_now(self):
        """The pictures as they are now, unless the visitor looks back."""
        run = self.run
        pictures = await self.trainer.facts("look", self.known("look"))
        if run == self.run and self.past.step is None:
            await self.pictures.show(pictures)
