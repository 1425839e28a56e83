"""The worker's life as the visitor sees it: it starts, is silent, crashes, and is started again (MicroPython)."""
import asyncio

from page import dom, status
from page.js import loads
from page.run_state import GONE, IDLE, PAUSING, READY, STARTING, TRAINING
from page.worker_client import CoreRaised, Failed

LARGE = 2000000  # so many parameters times positions make a step slow: about a second and more


class Recovery:
    def __init__(self, state, client, data):
        """data: the OwnData, which knows how large a recipe's model is."""
        self.state, self.client, self.data = state, client, data
        self.boots = 0                 # how many times the worker has been started
        self.booted = asyncio.Event()  # set when the start under way is over
        client.on_progress.add(self.show_download)
        client.on_silence.add(self.show_silence)

    async def boot(self):
        """Start the worker, or wait for the start under way. What goes wrong is said, with Retry beside it."""
        if self.state.worker == STARTING:
            await self.booted.wait()
            return
        done = self.booted = asyncio.Event()
        try:
            await self._boot()
        finally:
            done.set()

    async def _boot(self):
        state = self.state
        status.show("status.start", "loading")
        status.show_compiler("")
        state.set_worker(STARTING)
        self.boots += 1
        boot = self.boots
        try:
            await self.client.ready()
            facts = loads(await self.client.call("about"))
        except Failed as error:
            if boot == self.boots:  # and was not given up for another
                self.show_failure("status.damaged" if error.damaged else "status.failed", error)
            return
        if boot != self.boots:
            return
        state.set_worker(READY, facts.python)
        if state.core is not None:  # a fresh Python has the published core
            state.use_core(None)
        dom.get("sha256").textContent = facts.sha256
        status.show("status.ready", "ready", python=facts.python)

    def end(self):
        """End the worker, and with it whatever it is doing."""
        self.client.end()
        self.state.set_worker(GONE)
        self.booted.set()

    async def restart(self):
        """End the worker and start another. Gives whether a training was on its way, to be gone on with."""
        state = self.state
        wanted = (state.mode == TRAINING or state.unfinished) and state.core is None
        state.abandon()
        state.set_mode(IDLE)
        self.end()
        await self.boot()
        return wanted

    def show_failure(self, key, error):
        """The worker is gone, or the visitor's edit of the core raised: say so, and keep all there is to see."""
        state = self.state
        if isinstance(error, CoreRaised):
            state.set_mode(IDLE)
            where = error.where
            status.show("edit.raised" if where.line else "edit.raised.nowhere", "broken",
                        line=where.line, text=where.text, error=where.error)
            state.on_core_error.tell(where)
            return
        self.end()
        state.set_unfinished(state.unfinished or state.mode == TRAINING)
        state.set_mode(IDLE)
        if error.memory:
            key = "status.memory"
        status.show(key, "failed", reason=error.damaged or str(error), step=state.checkpoint_step)

    def show_crash(self, error):
        """The page's own Python raised what the text says, and what waited there may wait for ever: the worker is ended
        too, and Retry goes on with both from the last checkpoint."""
        self.boots += 1
        self.state.end_pull()
        self.state.on_crash.tell()
        self.show_failure("status.page", Failed(error))

    def show_download(self, loaded, total):
        starting = self.state.worker == STARTING
        if status.state() == "loading" or starting and status.state() == "silent":
            status.show("status.loading", "loading", loaded="%.1f" % (loaded / 1e6), total="%.1f" % (total / 1e6))

    def show_silence(self, seconds):
        state = self.state
        key = ("status.stalled" if state.worker == STARTING else "status.pausing" if state.mode == PAUSING else
               "edit.silent" if state.core is not None else
               "status.slow" if state.pulling and self.is_large() else "status.silent")
        status.show(key, "silent", time=status.duration(seconds), step=state.checkpoint_step)

    def is_large(self):
        """Whether a step of the run under way may well take many seconds."""
        return self.data.size(self.state.running or self.state.recipe) > LARGE
