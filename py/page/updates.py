"""The page without a network, and its new versions (MicroPython, on the page).

The service worker that tools/offline.mjs makes keeps one version of the site. A new one is fetched beside it and waits;
the visitor may ask for it. Never do two versions mix: with the new one every tab of the page begins anew, so it goes on
waiting while another tab has a run.
"""
import asyncio

from page import view
from page.worker_client import BASE, loads
from pyscript import window

ANSWER_S = 0.5  # how long other tabs have to say that they have a run,
KEEP_S = 3      # and how long keeping this tab's may take before its visitor is told
TAKE_OVER = '{"type": "SKIP_WAITING"}'


class Offline:
    """The page's service worker. has_run() says whether there is something that a reload would lose; keep() is a task's
    work: it lets training rest and keeps the run, and gives whether a reload would now lose nothing."""

    def __init__(self, has_run, keep):
        self.has_run, self.keep, self.keeping = has_run, keep, None
        self.workers = self.registration = None
        self.asked = self.busy = self.replaced = False  # by this tab's visitor; another tab; the version of this page

    async def start(self):
        """Begin to keep the site. Where the browser has no place for it or refuses, the page just needs its network."""
        if not hasattr(window.navigator, "serviceWorker"):
            return
        self.workers = window.navigator.serviceWorker
        self.tabs = window.BroadcastChannel.new(BASE)
        self.tabs.onmessage = self._heard
        self.workers.oncontrollerchange = self._taken_over
        view.get("update-use").onclick = lambda event: asyncio.create_task(self.use())
        try:
            self.registration = await self.workers.register("service-worker.js")
            self.registration.onupdatefound = self._found
            self._found()
            await self.workers.ready
        except Exception:  # a private window, or storage that is full or switched off
            return
        view.get("offline").hidden = False

    async def use(self):
        """Let the new version take over, unless another tab would lose its run by that. This tab's is kept first; where
        that cannot be, a second press does without."""
        self.busy = False
        self.tabs.postMessage("may the version change?")
        await asyncio.sleep(ANSWER_S)
        view.get("update-busy").hidden = not self.busy
        if self.busy or not await self.kept():
            return
        if self.replaced:
            window.location.reload()
        elif self.registration.waiting:
            self.asked = True
            self.registration.waiting.postMessage(loads(TAKE_OVER))

    async def kept(self):
        """Whether this tab's run is kept, or its visitor knows that it is not."""
        if not view.get("update-unkept").hidden:
            return True
        if not self.keeping:
            self.keeping = asyncio.create_task(self.keep())
        for _ in range(KEEP_S * 50):
            await asyncio.sleep(0.02)
            if self.keeping.done():
                break
        if self.keeping.done():
            kept, self.keeping = await self.keeping, None
            if kept:
                return True
        view.get("update-unkept").hidden = False
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
            view.get("update").hidden = False

    def _taken_over(self, *_):
        if self.asked or not self.has_run():
            window.location.reload()
        else:  # it began while another tab's visitor asked
            self.replaced = True
            view.get("update").hidden = False
