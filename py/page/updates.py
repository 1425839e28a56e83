"""The page without a network, and its new versions (MicroPython, on the page).

The service worker that tools/offline.mjs makes keeps one version of the site. A new one is fetched beside it and waits;
the visitor may ask for it. Never do two versions mix: with the new one every tab of the page begins anew, so it goes on
waiting while another tab has a run.
"""
import asyncio

from page import dom
from page.js import BASE, attempt, construct, loads
from pyscript import window

ANSWER_S = 0.5  # how long other tabs have to say that they have a run,
SAVING_S = 3    # and how long saving this tab's may take before its visitor is told
TAKE_OVER = '{"type": "SKIP_WAITING"}'


class Waiting:
    """A coroutine under way, which may be waited for more than once: done is set when its answer is there."""

    def __init__(self, coroutine):
        self.done, self.answer = asyncio.Event(), None
        asyncio.create_task(self.run(coroutine))

    async def run(self, coroutine):
        try:
            self.answer = await coroutine
        finally:
            self.done.set()


class Updates:
    """The page's service worker. has_run() says whether there is something that a reload would lose; save() is a
    coroutine: it stops training and saves the run, and gives whether a reload would now lose nothing."""

    def __init__(self, has_run, save):
        self.has_run, self.save, self.saving = has_run, save, None
        self.workers = self.registration = None
        self.asked = self.busy = self.replaced = False  # by this tab's visitor; another tab; the version of this page
        self.events = [("update-use", "click", self.use)]

    async def start(self):
        """Cache the site. Where the browser has no place for it or refuses, the page just needs its network."""
        try:
            self.workers = attempt(window.navigator, "serviceWorker")
            if not self.workers:
                return
            self.tabs = construct(window, "BroadcastChannel", BASE)
            self.tabs.onmessage = self._heard
            self.workers.oncontrollerchange = self._taken_over
            self.registration = await attempt(self.workers, "register", "service-worker.js")
            self.registration.onupdatefound = self._found
            self._found()
            await self.workers.ready
        except Exception:  # a private window, or storage that is full or switched off
            return
        dom.get("offline").hidden = False

    async def use(self, *_):
        """Let the new version take over, unless another tab would lose its run by that. This tab's is saved first;
        where that cannot be, a second press does without."""
        self.busy = False
        self.tabs.postMessage("may the version change?")
        await asyncio.sleep(ANSWER_S)
        dom.get("update-busy").hidden = not self.busy
        if self.busy or not await self.saved():
            return
        if self.replaced:
            window.location.reload()
        elif self.registration.waiting:
            self.asked = True
            self.registration.waiting.postMessage(loads(TAKE_OVER))

    async def saved(self):
        """Whether this tab's run is saved, or its visitor knows that it is not."""
        if not dom.get("update-unkept").hidden:
            return True
        if not self.saving:
            self.saving = Waiting(self.save())
        try:
            await asyncio.wait_for(self.saving.done.wait(), SAVING_S)
            saved, self.saving = self.saving.answer, None
            if saved:
                return True
        except asyncio.TimeoutError:
            pass
        dom.get("update-unkept").hidden = False
        return False

    def _heard(self, event):
        if event.data == "no":
            self.busy = True
        elif self.has_run():
            self.tabs.postMessage("no")

    def _found(self, *_):
        """Offer a version that waits, now or once it has been fetched; the first of all needs no offer."""
        coming = self.registration.installing
        if coming:
            coming.onstatechange = self._offer
        self._offer()

    def _offer(self, *_):
        if self.registration.waiting and self.workers.controller:
            dom.get("update").hidden = False

    def _taken_over(self, *_):
        if self.asked or not self.has_run():
            window.location.reload()
        else:  # it began while another tab's visitor asked
            self.replaced = True
            dom.get("update").hidden = False
