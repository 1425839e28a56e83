"""The page: it makes the tab and gives it the visitor's events (MicroPython, on the main thread)."""
import asyncio

from page.worker_client import CoreRaised, Failed, Trainer, named, reason
from pyscript import document, js_import, window

trainer = Trainer()
trainer.start()  # before the other files are read, because it takes longest

if document.readyState == "loading":  # PyScript does not wait for the end of the page
    read = window.Promise.withResolvers()
    document.addEventListener("DOMContentLoaded", read.resolve)
    await read.promise  # noqa: F704

# Between the files the browser gets its turn, for whatever the visitor does meanwhile.
await asyncio.sleep(0)  # noqa: F704
from page import language, rooms  # noqa: E402

await rooms.fetch("source")  # noqa: F704
await rooms.fetch("inspector")  # noqa: F704
from page import view  # noqa: E402
from page.parts import run_files, sharing  # noqa: E402

await asyncio.sleep(0)  # noqa: F704
from page.parts.comparison import Compare  # noqa: E402
from page.parts.loss_chart import Chart, NoChart  # noqa: E402

await asyncio.sleep(0)  # noqa: F704
from page.parts.data_form import DataForm  # noqa: E402
from page.source.code_editor import Edit  # noqa: E402

await asyncio.sleep(0)  # noqa: F704
from page.autosave import Kept  # noqa: E402
from page.inspector.inspector_panel import Panel  # noqa: E402
from page.parts.sections import Sections  # noqa: E402
from page.source.source_view import Listing  # noqa: E402
from page.updates import Offline  # noqa: E402

await asyncio.sleep(0)  # noqa: F704
from common.recipe import SAMPLING  # noqa: E402
from page.tab import Tab  # noqa: E402


def on(tab, id, event, handler):
    """Call an async handler for an event of an element, or for None of the document; one that fails because the worker
    is gone has been answered elsewhere."""
    async def guarded(heard):
        try:
            await handler(heard)
        except CoreRaised as error:
            tab.failed("status.error", error)
        except Failed:
            pass
    place = view.get(id) if id else document
    place.addEventListener(event, lambda heard: asyncio.create_task(guarded(heard)))


def watch(tab):
    """Let no exception of this Python end in silence: neither one of a task that nobody waits for, nor one in which
    JavaScript called this Python and could not get in, as where memory is short."""
    def raised(loop, context):
        error = context["exception"]
        if not isinstance(error, Failed):  # which is answered where the worker is watched
            tab.stumbled(named(error))

    def heard(error):
        if error and getattr(error, "name", "") == "PythonError":
            tab.stumbled(str(error.message).strip().split("\n")[-1])

    asyncio.get_event_loop().set_exception_handler(raised)
    window.onerror = lambda message, source, line, column, error: heard(error)
    window.onunhandledrejection = lambda event: heard(event.reason)


async def main():
    tab = Tab(trainer)
    watch(tab)
    controls = tab.controls
    panel, listing, compare = Panel(tab, Sections(controls.show_view)), Listing(tab), Compare(tab)
    edit, opening, share = Edit(tab, listing), run_files.Opening(tab), sharing.Sharing(tab)
    kept = Kept(tab, opening)
    boot = asyncio.create_task(tab.boot())
    try:
        uplot = await js_import(window.URL.new("vendor/uplot/uPlot.esm.js", window.location.href).href)
        tab.chart = Chart(uplot[0].default, view.get("chart"))
    except Exception as error:  # whatever keeps the curve from being drawn, the rest of the page goes on
        tab.chart = NoChart(view.get("chart"), reason(error))
    tab.data = DataForm(tab)
    controls.opened()
    asyncio.create_task(language.follow(tab))
    for id, event, handler in (("share", "click", share.press), ("retry", "click", tab.retry),
                               ("look", "change", panel.changed_look),
                               ("history", "input", tab.past.moved), ("history-now", "click", tab.past.leave),
                               ("listing", "toggle", listing.open), ("lines", "click", listing.press_lines),
                               ("editing", "toggle", edit.open), ("run-edit", "click", edit.press_run),
                               ("experiment", "change", edit.choose), ("edited-back", "click", edit.press_back),
                               ("restore", "click", edit.press_restore), ("restore-edit", "click", edit.press_restore),
                               ("keep", "click", compare.press_keep), ("let-go", "click", compare.press_let_go),
                               ("own-text", "input", tab.data.wrote), ("own-file", "change", tab.data.chose),
                               ("own-use", "click", tab.data.press_use),
                               ("inside", "keydown", panel.key), ("panel-back", "click", panel.press_back),
                               ("panel-next", "click", panel.press_next), ("panel-again", "click", panel.press_again),
                               ("panel-close", "click", panel.press_close), ("page", "click", panel.pressed)):
        on(tab, id, event, handler)
    for id, event, handler in controls.events + share.events + opening.events + kept.events + tab.engine_switch.events:
        on(tab, id, event, handler)
    for event in ("click", "keydown"):
        view.get("page").addEventListener(event, panel.claim)
    view.get("page").addEventListener("focusin", view.show_focus)
    for id in ("train", "step", "reset", "share", "engine"):
        view.get(id).disabled = False
    view.get("settings").addEventListener("change", controls.changed)
    for event, handler in (("dragover", tab.data.dragged), ("drop", tab.data.dropped)):
        view.get("page").addEventListener(event, handler)
    view.get("settings").addEventListener("submit", lambda event: event.preventDefault())
    for name in SAMPLING:
        view.get(name).addEventListener("input", controls.sampling)
        view.get(name).addEventListener("change", controls.sampling)
    view.get("numbers").addEventListener("change", lambda event: view.get("attention").classList.toggle(
        "with-numbers", event.target.checked))

    view.get("names").addEventListener("keydown", tab.past.invented.key)

    async def switched(*_):
        await language.switched(tab)

    on(tab, "language", "change", switched)
    on(tab, None, "visibilitychange", tab.seen)

    def came_back(*_):
        controls.opened()
        asyncio.create_task(language.follow(tab))
        asyncio.create_task(tab.data.came())
        asyncio.create_task(opening.follow())
        asyncio.create_task(panel.follow(tab.recipe["view"]))

    window.onpopstate = came_back
    await tab.show_recording()
    tab.past.invented.tell()
    await boot
    await tab.data.came()
    await opening.follow()
    await panel.follow(tab.recipe["view"])
    asyncio.create_task(kept.start())
    await tab.pull()
    await tab.begin_ahead()
    await Offline(lambda: tab.step > 0, kept.rest).start()  # last, because it fetches what the page does not need now


asyncio.create_task(main())
