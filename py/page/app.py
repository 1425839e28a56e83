"""The page as a whole: which parts there are, and who listens to what (MicroPython, on the page)."""
import asyncio

from common.errors import UserError
from page import address, dom, status
from page.autosave import Autosave
from page.i18n import sentence
from page.js import named
from page.language import Language
from page.parts import text_boxes
from page.parts.attention_view import AttentionView
from page.parts.comparison import Comparison
from page.parts.controls import Controls
from page.parts.data_form import DataForm
from page.parts.drops import Drops
from page.parts.engine_switch import EngineSwitch
from page.parts.history_slider import HistorySlider
from page.parts.loss_chart import LossChart
from page.parts.names_list import NamesList
from page.parts.own_data import OwnData
from page.parts.program import Program
from page.parts.receipt import Receipt
from page.parts.recording import Recording
from page.parts.run_files import RunFiles
from page.parts.sections import NAMES, Sections
from page.parts.sharing import Sharing
from page.parts.undo import Undo
from page.recovery import Recovery
from page.rooms import Room
from page.run_start import RunStart
from page.run_state import READY, RunState
from page.run_view import RunView
from page.training import Training
from page.updates import Updates
from page.worker_client import CoreRaised, Failed
from pyscript import document, window

CELL_KEYS = ("Enter", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight")  # of a table in the inspector
ENABLED = ("train", "step", "reset", "share", "engine")  # as soon as somebody hears them


class App:
    def __init__(self, client):
        """client: the WorkerClient, whose worker is on its way already."""
        self.state = state = RunState()
        self.chart, self.attention, self.names = LossChart(), AttentionView(), NamesList()
        self.history = HistorySlider(state, client, self.attention, self.chart, self.names)
        self.data = OwnData(state, client)
        self.view = RunView(state, self.data, self.chart, self.attention, self.names, self.history)
        self.recovery = Recovery(state, client, self.data)
        self.start_of_run = RunStart(state, client, self.recovery, self.data, self.view)
        self.training = Training(state, client, self.recovery, self.start_of_run, self.view)
        self.recording = Recording(state, self.chart, self.attention)
        self.controls = Controls(state, client, self.recovery, self.training, self.data, self.view)
        self.controls.on_recipe.add(self.recording.follow)
        self.sections = Sections(self.controls.open_view)
        data_form = DataForm(state, client, self.data, self.controls)
        self.source = Room("source", self.make_source)
        self.files = RunFiles(state, client, self.recovery, self.training, self.view, data_form, self.source)
        self.receipt = Receipt(state, client, self.files)
        self.language = Language(state, client)
        self.autosave = Autosave(state, client, self.training, self.data, self.files)
        self.updates = Updates(lambda: state.step > 0, self.autosave.save_and_stop)
        self.inspector = Room("inspector", self.make_inspector)
        for room in (self.inspector, self.source):
            state.on_crash.add(room.forget_entering)
        for happening in (state.on_run, state.on_forget):  # what was said of letters was said of other data
            happening.add(lambda: text_boxes.refresh(state))
        state.on_end.add(lambda: asyncio.create_task(self.guard(self.receipt.check())))
        program = Program(state, client, self.data, self.controls)
        for part in (self.attention, self.names, self.history, self.training, self.controls, data_form, self.files,
                     Sharing(state, client, self.training, self.data), self.language, self.autosave, self.updates,
                     EngineSwitch(state), self.sections, program, Undo(state, self.view, self.training),
                     Comparison(state, client, self.chart, self.names), Drops(self.files)):
            self.register(part.events)
        self.register([(id, event, self.source.handler(method)) for id, event, method in (
            ("listing", "toggle", "open_listing"), ("lines", "click", "press_lines"),
            ("editing", "toggle", "open_editor"), ("run-edit", "click", "press_run"),
            ("experiment", "change", "choose"), ("edit-download", "click", "press_download"),
            ("edited-back", "click", "press_back"),
            ("restore", "click", "press_restore"), ("restore-edit", "click", "press_restore"))])
        self.register([(id, event, self.inspector.handler(method, enter=False)) for id, event, method in (
            ("inside", "keydown", "key"), ("look", "change", "change_look"), ("panel-back", "click", "press_back"),
            ("panel-next", "click", "press_next"), ("panel-again", "click", "press_again"),
            ("panel-close", "click", "press_close"))])
        self.register([("page", "click", self.press_link), ("page", "keydown", self.claim_key),
                       ("page", "focusin", dom.show_focus), (None, "visibilitychange", address.flush)])

    # ---- Rooms

    def make_inspector(self):
        from page.inspector.inspector_panel import InspectorPanel  # here, because its file comes with the room

        return InspectorPanel(self.state, self.training, self.controls, self.history, self.sections)

    def make_source(self):
        from page.source.source_room import SourceRoom  # here, because its file comes with the room

        return SourceRoom(self.state, self.training, self.controls)

    async def follow_view(self):
        """Show what the page's address asks for."""
        view = self.state.recipe["view"]
        if view in NAMES:
            self.sections.open(view)
        elif view or self.inspector.part:
            await (await self.inspector.enter()).follow(view)

    def press_link(self, event):
        """Whatever carries data-go="address" opens that when it is pressed, wherever it stands on the page: a section,
        or else a page of the inspector's."""
        link = event.target.closest("[data-go]")
        if not link:
            return None
        if link.matches("a"):
            event.preventDefault()  # at once: what follows may wait
        if link.dataset.go in NAMES:
            self.sections.open(link.dataset.go)
            return None
        return self.open_inspector(link)

    async def open_inspector(self, link):
        """Open the inspector at a link's address. Its files are on their way at first, which is said."""
        link.ariaBusy = "true"
        if dom.get("panel").hidden:
            dom.line("inside-note", sentence("inside.opening"))
        try:
            await (await self.inspector.enter()).press(link)
        except UserError:
            dom.line("inside-note")
            raise
        finally:
            link.ariaBusy = None

    def claim_key(self, event):
        """Keep the browser from scrolling at a key that the inspector answers."""
        if event.target.closest("td[data-go]") and event.key in CELL_KEYS:
            event.preventDefault()

    # ---- Events

    def register(self, events):
        """events: (id, event, handler); None is the document. A handler may be a coroutine function."""
        for id, event, handler in events:
            place = dom.get(id) if id else document
            place.addEventListener(event, self.guarded(handler))

    def guarded(self, handler):
        def hear(event):
            answer = handler(event)
            if hasattr(answer, "send"):
                asyncio.create_task(self.guard(answer))
        return hear

    async def guard(self, coroutine):
        """Wait for a coroutine, and answer what goes wrong in it; of a worker that is gone that was done elsewhere."""
        try:
            return await coroutine
        except UserError as error:
            status.show_passing(error.key, **error.values)
        except CoreRaised as error:
            self.recovery.show_failure("status.error", error)
        except Failed as error:
            self.answer(error)

    def answer(self, error):
        """Say what went wrong in the worker. Where it was one verb that raised, the worker and the run live on."""
        if self.state.worker != READY:
            return  # that was answered where it ended
        if error.raised and not error.memory:
            status.show_passing("status.verb", reason=str(error))
        else:
            self.recovery.show_failure("status.error", error)

    def watch(self):
        """Let no exception of this Python end in silence: neither one of a task that nobody waits for, nor one in which
        JavaScript called this Python and could not get in, as where memory is short."""
        def raised(loop, context):
            error = context["exception"]
            if isinstance(error, UserError):
                status.show_passing(error.key, **error.values)
            elif isinstance(error, Failed):
                self.answer(error)
            else:
                self.recovery.show_crash(named(error))

        def hear(error):
            if error and getattr(error, "name", "") == "PythonError":
                self.recovery.show_crash(str(error.message).strip().split("\n")[-1])

        asyncio.get_event_loop().set_exception_handler(raised)
        window.onerror = lambda message, source, line, column, error: hear(error)
        window.onunhandledrejection = lambda event: hear(event.reason)

    # ---- The visit

    async def start(self):
        self.watch()
        boot = asyncio.create_task(self.recovery.boot())
        await self.chart.load()
        self.controls.open_address()
        asyncio.create_task(self.language.follow_address())
        for id in ENABLED:
            dom.get(id).disabled = False
        window.onpopstate = self.come_back
        await self.recording.show()
        self.names.count()
        await boot
        await self.follow_address()
        asyncio.create_task(self.autosave.start())
        await self.training.pull()
        await self.start_of_run.begin_ahead()
        await self.updates.start()  # last, because it fetches what the page does not need now

    def come_back(self, *_):
        """Back, forward, or another link in the same tab."""
        self.controls.open_address()
        asyncio.create_task(self.language.follow_address())
        asyncio.create_task(self.follow_address())

    async def follow_address(self):
        """Show what the address brings along: data, a model, a view."""
        await self.guard(self.data.arrive_if_ready())
        await self.files.follow_address()
        await self.guard(self.follow_view())
