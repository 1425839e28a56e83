"""Which language the page speaks: the link's, else the browser's, else English (MicroPython, on the page)."""
from page import address, dom
from page.i18n import all_texts, speak
from page.js import dumps
from pyscript import window


class Language:
    def __init__(self, state, client):
        self.state, self.client = state, client
        self.events = [("language", "change", self.choose)]

    async def follow_address(self):
        """Speak the language that the page's address asks for, or the browser's, where there is a file for it."""
        offered = [option.value for option in dom.get("language").options]
        wanted = [self.state.recipe["lang"]] + [tag[:2] for tag in window.navigator.languages]
        await self.speak(([language for language in wanted if language in offered] + ["en"])[0])

    async def choose(self, *_):
        """The visitor's choice, which the link then carries."""
        self.state.edit(lang=dom.get("language").value)
        address.write(self.state.recipe)
        await self.speak(self.state.recipe["lang"])

    async def speak(self, language):
        dom.get("language").value = await speak(language)
        if self.state.running:
            await self.client.call("set_texts", dumps(all_texts()))
            self.state.on_run.tell()  # what the worker has drawn is in other words now
