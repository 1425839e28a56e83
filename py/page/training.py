"""The pull loop: it asks the worker for a frame, shows it, and asks for the next (MicroPython).

To pause is not to ask.
"""
import asyncio

from common.errors import UserError
from page import address, status
from page.js import named, to_dict
from page.parts.text_boxes import known
from page.run_start import PRESS_ACK_S
from page.run_state import IDLE, PAUSING, READY, STARTING, STEPPING, TRAINING
from page.worker_client import Failed
from pyscript import document, window

SLICE_MS = 70            # of training for each frame: so long may Pause take to have its effect
PICTURES_EVERY_MS = 800  # often enough to be live, seldom enough to be read
CHECKPOINT_EVERY_MS = 2000  # how much training a dead worker can cost
LAST_NAMES = 20          # those that the core's program prints
NAMES_PER_CALL = 4


class Training:
    def __init__(self, state, client, recovery, start, view):
        """start: the RunStart; view: the RunView."""
        self.state, self.client, self.recovery, self.start, self.view = state, client, recovery, start, view
        self.turn = asyncio.Lock()  # one slice, or one who needs page and worker to be of the same step
        self.source = None          # what a run without its data was opened from: it can't be begun by its recipe
        self.last_time = {}         # when what is due now and then was last done, by its name
        self.events = [(None, "visibilitychange", self.shown)]
        state.on_crash.add(self.forget_turn)
        state.on_forget.add(self.last_time.clear)

    # ---- The loop

    async def pull(self):
        """Ask for frames and show them for as long as the visitor wants more."""
        state = self.state
        if state.pulling or state.worker == STARTING:
            return
        state.begin_pull()
        try:
            while state.wants_more():
                if not (state.worker == READY and state.in_worker):
                    if not await self.start.begin(resume=bool(state.running)):
                        break
                else:
                    run = state.run
                    async with self.turn:  # which it may have waited for: Reset or Pause may have come
                        if run == state.run and state.mode in (STEPPING, TRAINING) and state.worker == READY:
                            await self.slice()
            if state.mode == PAUSING or status.state() == "training":
                state.set_mode(IDLE)
                self.start.show_rest()  # Pause was pressed when the last frame was here already
        except UserError as error:
            state.set_mode(IDLE)
            status.show(error.key, "problem", **error.values)
            if not state.has_data:
                state.on_data_wanted.tell()
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
            self.start.show_training()
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
            self.start.show_declined("engine.stopped", UserError(frame.declined.key, **to_dict(frame.declined.values)))
        if frame.broken:
            state.set_mode(IDLE)
            status.show("status.broken", "broken", broken=frame.broken, step=frame.step)
        elif frame.done:
            state.set_mode(IDLE)
            await self.finish(run)
        elif state.mode != TRAINING:
            status.show("status.paused", "paused", step=state.step)
        if state.mode != TRAINING or self.is_due("checkpoint", CHECKPOINT_EVERY_MS):
            await self.take_checkpoint(run)

    async def take_checkpoint(self, run):
        """Have the run's state here, for what may come."""
        checkpoint = await self.client.call("state")
        if run == self.state.run:
            self.state.set_checkpoint(checkpoint)

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
                names.add_last(html, count == 0)
            count += NAMES_PER_CALL
        if run == state.run:
            state.set_unfinished(False)
            self.start.show_done()
            state.on_end.tell()

    def is_due(self, name, every_ms):
        """Whether so much time has gone by since this was last True for the name."""
        now = window.performance.now()
        if now - self.last_time.get(name, -1e9) < every_ms:
            return False
        self.last_time[name] = now
        return True

    # ---- What the visitor wants

    def stop(self):
        self.state.set_mode(IDLE)

    async def pause(self):
        """Let the slice under way be the last. Where that takes long, say that Pause was heard."""
        state = self.state
        state.pause()
        run = state.run
        if not await self.is_settled() and state.mode == PAUSING and run == state.run:
            self.recovery.show_silence(self.client.silence)

    async def is_settled(self):
        """Whether no slice is under way, or the one that is ends soon."""
        try:
            await asyncio.wait_for(self.state.settled(), PRESS_ACK_S)
            return True
        except asyncio.TimeoutError:
            return False

    async def clear_way(self):
        """Stop, so that something else can be asked of the worker. One that is silent, or slow, is ended, and another
        started; the run goes on there from its checkpoint. Gives the mode there was."""
        state = self.state
        mode = state.mode
        state.set_mode(IDLE)
        if not await self.is_settled():
            self.recovery.end()
            await state.settled()
        if state.worker != READY:
            await self.recovery.boot()
        return mode

    async def extend(self):
        """Let a finished run go on for as many steps as it was begun with. Raises UserError."""
        state = self.state
        run = state.run
        if not state.in_worker and not await self.start.begin(resume=True):
            return
        async with self.turn:
            more = await self.client.call("extend", state.running["num_steps"])
        if run == state.run:
            state.go_on(more)
            address.write(state.recipe)
            self.view.extend()

    async def open(self, source):
        """Go on with a link's model or a file's bytes. Raises UserError where that is refused: then nothing changes,
        and what was training trains on."""
        mode = await self.clear_way()
        if self.state.worker != READY:
            return
        try:
            await self.start.open(source)
        except UserError:
            if mode in (STEPPING, TRAINING):
                self.state.set_mode(mode)
                asyncio.create_task(self.pull())
            raise

    async def use_core(self, text):
        """Let an edited core be the one that runs; there is no run yet. Raises CoreRaised where it cannot be loaded;
        then all is as it was."""
        await self.clear_way()
        if self.state.worker == READY:
            await self.start.load_core(text)

    async def run_core(self, text, scroll_to):
        """Begin to train an edited core, and scroll to what comes of it. Raises CoreRaised as use_core() does."""
        await self.use_core(text)
        if self.state.worker == READY:
            scroll_to(0, 0)
            status.show("status.training", "training")
            self.state.set_mode(TRAINING)
            await self.pull()

    async def put_back(self, before):
        """Make a run that was left the run again."""
        await self.clear_way()
        if self.state.worker == READY:
            await self.start.put_back(before)

    async def retry(self):
        """Start the worker again, and go on from the last checkpoint."""
        state = self.state
        wanted = await self.recovery.restart()
        if state.worker == READY and (not state.running or await self.start.begin(resume=True)):
            if wanted:
                state.set_mode(TRAINING)
            elif state.running:
                self.start.show_rest()
            await self.pull()

    # ---- For those who ask about the run

    async def ask(self, verb, *arguments):
        """The answer of a verb about the run, which is begun where there is none; None where that could not be. The run
        is what is shown from here on, and no longer the recording."""
        state = self.state
        if not (state.in_worker or state.pulling):
            if not (await self.start.begin(resume=True) if state.running else await self.start.begin_untrained()):
                return None
        elif state.recorded and state.in_worker:
            await self.start.show_untrained()
        return await self.client.call(verb, *arguments)

    async def look_again(self):
        """The pictures once more, because the document to look at is another, or they were not drawn meanwhile."""
        state = self.state
        if self.view.history.step is not None:
            await self.view.history.show_again()
        elif state.in_worker and state.mode != TRAINING and not state.recorded:
            await self.view.history.look_now()

    async def shown(self, *_):
        """The tab is looked at again, or no more: what nobody would have seen was not drawn."""
        if not document.hidden:
            self.view.chart.draw()
            self.last_time.pop("pictures", None)  # the next frame has some
            if self.view.history.step is None:
                await self.look_again()
