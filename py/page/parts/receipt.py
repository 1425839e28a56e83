"""What came of the published run, where this was it (MicroPython, on the page)."""
from page import dom
from page.i18n import put, sentence
from page.js import loads
from pyscript import window


class Receipt:
    def __init__(self, state, client, files):
        self.state, self.client, self.files = state, client, files

    async def check(self):
        """After a run's last step: compare its losses and names with the published ones, and say so."""
        state, run = self.state, self.state.run
        facts = loads(await self.client.call("check_published", self.files.curve()))
        about = loads(await self.client.call("about"))
        if run != state.run:
            return
        dom.get("receipt").hidden = not facts
        if facts:
            engine = sentence("engine.compiled.short" if state.engine == "compiled" else "engine.core")
            put("receipt", (facts.key, {"losses": facts.losses, "names": facts.names, "core": about.sha256[:12],
                                        "engine": engine, "python": about.python, "browser": browser()}))


def browser():
    """The browser's name and version as it gives them itself."""
    agent = window.navigator.userAgent.split(" ")
    for name in ("Firefox/", "Edg/", "Chrome/", "Version/"):
        for part in agent:
            if name in part:  # HeadlessChrome/156 is one too
                return part[part.find(name):].replace("Version", "Safari").replace("/", " ")
    return agent[-1]
