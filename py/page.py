"""The page: it makes the tab and gives it the visitor's events (MicroPython, on the main thread)."""
import asyncio

from trainer import Failed, Trainer

trainer = Trainer()
trainer.start()  # before the other files are read, because it takes longest

import view  # noqa: E402
from chart import Chart  # noqa: E402
from pyscript import js_import, window  # noqa: E402
from recipe import SAMPLING  # noqa: E402
from tab import Tab  # noqa: E402


def on(id, event, handler):
    """Call an async handler for an event; one that fails because the worker is gone has been answered elsewhere."""
    async def guarded(*arguments):
        try:
            await handler(*arguments)
        except Failed:
            pass
    view.get(id).addEventListener(event, lambda *_: asyncio.create_task(guarded()))


async def main():
    tab = Tab(trainer)
    boot = asyncio.create_task(tab.boot())
    uplot = await js_import(window.URL.new("vendor/uplot/uPlot.esm.js", window.location.href).href)
    tab.chart = Chart(uplot[0].default, view.get("chart"))
    tab.opened()
    for id, event, handler in (("train", "click", tab.press_train), ("step", "click", tab.press_step),
                               ("reset", "click", tab.press_reset), ("share", "click", tab.press_share),
                               ("more-names", "click", tab.press_more_names), ("retry", "click", tab.retry),
                               ("engine", "change", tab.switched), ("look", "input", tab.look),
                               ("listing", "toggle", tab.open_source)):
        on(id, event, handler)
        if id != "more-names":  # which wait for a model
            view.get(id).disabled = False
    view.get("settings").addEventListener("change", tab.changed)
    view.get("settings").addEventListener("submit", lambda event: event.preventDefault())
    for name in SAMPLING:
        view.get(name).addEventListener("input", tab.sampling)
        view.get(name).addEventListener("change", tab.sampling)
    view.get("numbers").addEventListener("change", lambda event: view.get("attention").classList.toggle(
        "with-numbers", event.target.checked))
    window.onpopstate = tab.opened
    await tab.show_recording()
    await boot
    await tab.pull()
    await tab.begin_ahead()


asyncio.create_task(main())
