"""Which language the page speaks: the link's, else the browser's, else English (MicroPython, on the page)."""
from page import view
from page.i18n import all_texts, speak
from page.worker_client import dumps
from pyscript import window


async def follow(tab):
    """Speak the language that the page's address asks for, or the browser's, where there is a file for it."""
    offered = [option.value for option in view.get("language").options]
    wanted = [tab.recipe["lang"]] + [tag[:2] for tag in window.navigator.languages]
    await _speak(tab, ([language for language in wanted if language in offered] + ["en"])[0])


async def switched(tab):
    """The visitor's choice, which the link then carries."""
    tab.recipe["lang"] = view.get("language").value
    tab.controls.keep_address()
    await _speak(tab, tab.recipe["lang"])


async def _speak(tab, language):
    view.get("language").value = await speak(language)
    view.relabel()
    tab.pictures.read_out()
    if tab.chart:
        tab.chart.draw()
    if tab.running:
        await tab.trainer.call("speak", dumps(all_texts()))
        tab.on_run()
