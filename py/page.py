"""The page: it makes the tab and gives it the visitor's events (MicroPython, on the main thread)."""
import asyncio

from trainer import Failed, Trainer

trainer = Trainer()
trainer.start()  # before the other files are read, because it takes longest

import language  # noqa: E402
import view  # noqa: E402
from chart import Chart  # noqa: E402
from offline import Offline  # noqa: E402
from panel import Panel  # noqa: E402
from pyscript import js_import, window  # noqa: E402
from recipe import SAMPLING  # noqa: E402
from tab import Tab  # noqa: E402


def on(id, event, handler):
    """Call an async handler for an event; one that fails because the worker is gone has been answered elsewhere."""
    async def guarded(heard):
        try:
            await handler(heard)
        except Failed:
            pass
    view.get(id).addEventListener(event, lambda heard: asyncio.create_task(guarded(heard)))


async def main():
    tab = Tab(trainer)
    panel = Panel(tab)
    boot = asyncio.create_task(tab.boot())
    uplot = await js_import(window.URL.new("vendor/uplot/uPlot.esm.js", window.location.href).href)
    tab.chart = Chart(uplot[0].default, view.get("chart"))
    tab.opened()
    asyncio.create_task(language.follow(tab))
    for id, event, handler in (("train", "click", tab.press_train), ("step", "click", tab.press_step),
                               ("reset", "click", tab.press_reset), ("share", "click", tab.press_share),
                               ("more-names", "click", tab.press_more_names), ("retry", "click", tab.retry),
                               ("engine", "change", tab.switched), ("look", "input", tab.look),
                               ("listing", "toggle", tab.open_source),
                               ("inside", "keydown", panel.key), ("panel-back", "click", panel.press_back),
                               ("panel-next", "click", panel.press_next), ("panel-again", "click", panel.press_again),
                               ("panel-close", "click", panel.press_close), ("page", "click", panel.pressed)):
        on(id, event, handler)
    for id in ("train", "step", "reset", "share", "engine"):
        view.get(id).disabled = False
    view.get("settings").addEventListener("change", tab.changed)
    view.get("settings").addEventListener("submit", lambda event: event.preventDefault())
    for name in SAMPLING:
        view.get(name).addEventListener("input", tab.sampling)
        view.get(name).addEventListener("change", tab.sampling)
    view.get("numbers").addEventListener("change", lambda event: view.get("attention").classList.toggle(
        "with-numbers", event.target.checked))

    async def switched(*_):
        await language.switched(tab)

    on("language", "change", switched)

    def came_back(*_):
        tab.opened()
        asyncio.create_task(language.follow(tab))
        asyncio.create_task(panel.follow(tab.recipe["view"]))

    window.onpopstate = came_back
    await tab.show_recording()
    await boot
    await panel.follow(tab.recipe["view"])
    await tab.pull()
    await tab.begin_ahead()
    await Offline(lambda: tab.step > 0).start()  # last, because it fetches what the page does not need now


asyncio.create_task(main())
