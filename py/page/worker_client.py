"""The page's end of the worker: start it, call its verbs, notice when it is silent, end it (MicroPython)."""
import asyncio

from common.errors import UserError
from page import rooms
from page.js import BASE, last_line, loads, reason, to_dict, whole_text
from page.listeners import Listeners
from pyscript import PyWorker, document, window

TAG = document.querySelector("script[worker]")
RUNTIME = window.URL.new(window.JSON.parse(TAG.getAttribute("config")).interpreter, BASE).href
DAMAGED = "damaged: "  # so static/runtime.js begins, before the file's name
PATIENCE_S = 10  # how long an answer may take before the visitor is told,
ARRIVAL_S = 20   # and how long nothing of Python may arrive
TIMES_USUAL = 5  # or so many times as long as it usually takes,
USUAL_OF = 3     # which is the middle of so many answers
AGAIN_S = (10, 60)  # how often the visitor is told again: in the first minute, and later
ROOM_OF = {"use_engine": "compiler", "inspect": "inspector", "profile_lines": "inspector", "read_text": "reading",
           "plain_data": "reading", "pack_data": "formats", "unpack_data": "formats", "recipe_of": "formats",
           "open_model": "formats", "model_link": "formats", "save": "formats", "check_published": "formats",
           "examine": "formats", "core_of": "formats", "label": "formats", "give_data": "formats"}
# what a verb needs beyond the first screen
OUT_OF_MEMORY = ("MemoryError", "RangeError", "out of memory", "Out of memory", "memory access out of bounds")


class Failed(Exception):
    """The worker could not be started, was ended, or its Python raised; the text says why.

    damaged is the file that did not arrive as it was built, or ""; memory: was there not enough; raised: did the
    worker's Python raise, which lives on.
    """

    def __init__(self, reason, raised=False):
        super().__init__(reason)
        self.raised = raised
        self.damaged = reason.split(DAMAGED)[1].strip() if DAMAGED in reason else ""
        self.memory = any(sign in reason for sign in OUT_OF_MEMORY)


class CoreRaised(Failed):
    """The visitor's edit of the core raised; the worker lives on. where: line, text of that line, and error."""

    def __init__(self, where):
        super().__init__(where.error)
        self.where = where


class WorkerClient:
    """One worker at a time."""

    def __init__(self):
        self.on_progress = Listeners()  # (bytes loaded, of how many)
        self.on_silence = Listeners()   # (seconds): an answer is late
        self.worker, self.up = None, False  # up: has it its verbs
        self.first = TAG.xworker
        self.cache = "default"  # "reload" after a start that failed: past the browser's cache
        self.waiting = self.silence = 0  # calls under way; seconds without an answer
        self.asked, self.took = [], {}   # verbs under way; how many seconds of silence each one's last answers took
        self.arriving = False  # is the worker on its way
        window.setInterval(self._tick, 1000)

    def start(self):
        """Start a worker, ending the one there was. The first is index.html's own, which is on its way already."""
        self.end()
        self.dead = window.Promise.withResolvers()
        self.dead.promise.catch(lambda reason: None)
        asyncio.create_task(self._look_for(TAG.getAttribute("src")))
        self.worker = self.first or PyWorker(TAG.getAttribute("src"), type="pyodide", config=TAG.getAttribute("config"),
                                             version=RUNTIME + "&cache=" + self.cache)
        self.first = None
        self.worker.onmessage = self._progress

    async def ready(self):
        """Wait until the worker is up; start one where there is none. Raises Failed."""
        if not self.worker:
            self.start()
        worker = self.worker
        self.arriving = True
        if worker.progress:
            self.on_progress.tell(worker.progress.loaded, worker.progress.total)
        try:
            await self._race(worker.ready)
        except Exception as error:
            self.cache = "reload"
            raise Failed(reason(error)) from None
        finally:
            worker.onmessage = None  # what comes from now on are answers
            if worker == self.worker or not self.worker:
                self.arriving, self.silence = False, 0
        self.cache = "default"
        self.up = worker == self.worker

    async def call(self, verb, *arguments):
        """Call a verb of the worker's and give its answer. Raises UserError where that refuses, CoreRaised where the
        visitor's edit of the core raised, and Failed, once, where no answer can come any more."""
        return await self._answer(lambda promise: promise, verb, arguments)

    async def facts(self, verb, *arguments):
        """The same for a verb that answers in JSON, as JavaScript's own objects. The text itself never comes into this
        Python, whose memory is small: large pictures are megabytes. (Bound, because MicroPython hands a method on as
        a function of its own, and the text would come through it.)"""
        return await self._answer(lambda promise: promise.then(window.JSON.parse.bind(None)), verb, arguments)

    async def _answer(self, read, verb, arguments):
        self.waiting += 1
        self.asked.append(verb)
        try:
            await self._up()
            if (verb, arguments) != ("use_engine", ("core",)):  # which is there already
                await self._open(ROOM_OF.get(verb))
            return await self._race(read(getattr(self.worker.sync, verb)(*arguments)))
        except (UserError, Failed):
            raise
        except Exception as error:
            raise _crossed(error) from None
        finally:
            self.waiting -= 1
            self.asked.remove(verb)
            self.took[verb] = (self.took.get(verb, []) + [self.silence])[-USUAL_OF:]
            self.silence = 0

    def usual(self):
        """How many seconds the verbs under way usually take: the slowest one's middle answer of its last few. A single
        long one changes nothing."""
        answers = [([0] * USUAL_OF + self.took.get(verb, []))[-USUAL_OF:] for verb in self.asked]
        return max([0] + [sorted(took)[USUAL_OF // 2] for took in answers])

    async def prepare(self, verb):
        """Hand the worker what a verb needs, so that the call itself waits for no network. Raises UserError, Failed."""
        self.waiting += 1
        try:
            if self.worker:
                await self._up()
                await self._open(ROOM_OF.get(verb))
        finally:
            self.waiting -= 1

    async def _up(self):
        """Wait for the worker, which has its verbs only when it is ready. Raises Failed where there is none."""
        if not self.worker:
            raise Failed("it was ended")
        if not self.up:
            try:
                await self._race(self.worker.ready)
            except Exception as error:
                raise Failed(reason(error)) from None

    async def _open(self, room):
        """Hand the worker the files of a room that it has not."""
        if room and room not in self.rooms:
            worker = self.worker
            try:
                files = await rooms.texts(room, "worker", self._race)
            except Exception as error:
                if worker != self.worker:
                    raise Failed("it was ended") from None
                raise UserError("room.unloaded", reason=reason(error)) from None
            if worker != self.worker:
                raise Failed("it was ended")
            await self._race(worker.sync.add_files(files))
            self.rooms.add(room)

    def end(self):
        """End the worker; calls under way raise Failed."""
        if self.worker:
            self.worker.terminate()
            self.dead.reject("it was ended")
        self.worker, self.up, self.took, self.silence, self.rooms = None, False, {}, 0, set()

    async def _look_for(self, path):
        """Fail where the worker's own file cannot be had: PyScript would wait for it for ever."""
        dead = self.dead
        try:
            response = await window.fetch(BASE + path)
            if not response.ok:
                dead.reject(path + ": HTTP " + str(response.status))
        except Exception as error:
            dead.reject(reason(error))

    async def _race(self, promise):
        return await window.Promise.race(window.Array.of(promise, self.dead.promise))

    def _progress(self, event):
        self.silence = 0
        self.on_progress.tell(event.data.loaded, event.data.total)

    def _tick(self, *_):
        # Seconds are counted, not read off a clock, so that a tab that slept has not been waiting.
        self.silence = self.silence + 1 if self.waiting or self.arriving else 0
        limit = ARRIVAL_S if self.arriving else max(PATIENCE_S, TIMES_USUAL * self.usual())
        if self.silence == limit + 1 or self.silence > limit and self.silence % AGAIN_S[self.silence > 60] == 0:
            self.on_silence.tell(self.silence)


def _crossed(error):
    """The exception of this Python for one that came from the worker: a UserError, a CoreRaised, else a Failed."""
    last = last_line(error)
    for mark in ("UserError: {", "CoreError: {"):
        if mark in last:
            facts = loads(last[last.index(mark) + len(mark) - 1:])
            return CoreRaised(facts) if mark[0] == "C" else UserError(facts.key, **to_dict(facts.values))
    return Failed(reason(error), raised="Traceback" in whole_text(error))
