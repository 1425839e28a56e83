"""Share: the replay link, the model itself in a link, a QR code of either, a frame for another page (MicroPython)."""
from common import recipe as recipes
from page import view
from page.i18n import number, put, say, sentence
from page.worker_client import dumps, loads, values_of
from pyscript import document, js_import, window

LONGEST_CODE = 2953  # bytes in the largest QR code
CARRIED = ("temperature", "prefix", "lang")  # along with a model
FRAME = '<iframe src="%s" width="100%%" height="760" loading="lazy" title="microgpt"></iframe>'


class Copy:
    """A text on its way to the clipboard: begun when the visitor presses, ended when the text is known.

    WebKit lets a page copy for a second after a press, and for longer only what it was promised by then.
    """

    def __init__(self):
        self.text = self.done = None
        if hasattr(window, "ClipboardItem") and hasattr(window.navigator, "clipboard"):
            self.text = window.Promise.withResolvers()
            content = window.Object.new()
            window.Reflect.set(content, "text/plain", self.text.promise)
            items = window.Array.of(window.ClipboardItem.new(content))
            # As a promise, because MicroPython cannot catch what JavaScript throws at once.
            self.done = window.Promise.resolve().then(window.navigator.clipboard.write.bind(window.navigator.clipboard,
                                                                                              items))
            self.done.catch(lambda reason: None)

    async def end(self, text):
        """Copy this text. Raises where the browser lets nothing be copied."""
        if not self.text:
            await window.navigator.clipboard.writeText(text)
            return
        self.text.resolve(window.Blob.new(window.Array.of(text), loads('{"type": "text/plain"}')))
        await self.done


class Sharing:
    """The choice that Share opens. events: (id, event, handler) for the page to register."""

    def __init__(self, tab):
        self.tab, self.model, self.chosen = tab, "", "replay"
        self.events = [("share-replay", "click", self.press_replay), ("share-model", "click", self.press_model),
                       ("share-code", "click", self.press_code), ("share-embed", "click", self.press_embed),
                       ("share-close", "click", self.press_close)]

    async def press(self, *_):
        """Give the replay link at once, as ever, and open the choice of what else there is."""
        tab = self.tab
        copy = None if tab.recipe["model"] or hasattr(window.navigator, "share") else Copy()
        await tab.data.ready(tab.recipe)
        self.open(True)
        self.model = ""
        self.show("model" if tab.recipe["model"] else "replay")
        self.lengths()
        self.note()
        if tab.recipe["model"]:  # this run began with a model's weights, so its settings alone replay nothing
            await self.press_model()
        else:
            await self.give(self.link("replay"), self.copied(), copy)
            if tab.running and tab.alive and not tab.booting:
                await self.make()

    async def give(self, link, said, copy):
        """Give a link: to the system's share sheet where there is one, else to the clipboard; said: of the latter."""
        try:
            if not copy:
                await window.navigator.share(loads(dumps({"title": document.title, "url": link})))
            else:
                await copy.end(link)
                view.status(said if self.tab.core is None else "edit.shared", view.state())
        except Exception as error:
            if "AbortError" not in str(error):
                view.status("status.unshared", view.state())

    def open(self, yes):
        view.get("sharing").hidden = not yes
        view.get("share").ariaExpanded = "true" if yes else "false"

    async def make(self):
        """Have the worker write the model of now; what can't be in a link is said."""
        facts = loads(await self.tab.trainer.call("linked"))
        self.model = facts.text
        self.note(facts)
        self.lengths()
        return bool(facts.text)

    def note(self, *problems):
        """Say what does not fit a link: own data, the model."""
        own = self.tab.data.packed.get(self.tab.recipe["sha256"])
        problems = [facts for facts in (own,) + problems if facts and facts.problem]
        view.line("share-note", *[said(facts) for facts in problems])

    def copied(self):
        """The key of what to say of the replay link that was copied."""
        return "share.copied.data" if self.tab.data.text(self.tab.recipe) else "status.shared"

    def lengths(self):
        """Say how long each link is; the model's, when there is one."""
        put("share-replay", ("share.replay", {"count": number(len(self.link("replay")))}))
        if self.model:
            put("share-model", ("share.model", {"count": number(len(self.link("model")))}))
        else:
            put("share-model", ("share.model.none", {}))
        view.get("share-replay").disabled = bool(self.tab.recipe["model"])

    def link(self, which, **more):
        """The address: of the run to replay, or of the model itself."""
        base = window.location.href.split("#")[0]
        fields = dict(self.tab.recipe, **more)
        if which == "model":
            fields = dict(recipes.DEFAULTS, model=self.model,
                          **dict([(name, fields[name]) for name in CARRIED], **more))
        else:
            fields["model"], fields["documents"] = "", self.tab.data.text(fields)
        text = recipes.link(fields)
        return base + ("#" + text if text else "")

    def show(self, which):
        """Show the chosen link where it can be copied by hand."""
        self.chosen = which
        for name in ("replay", "model"):
            view.get("share-" + name).ariaPressed = "true" if name == which else "false"
        view.get("share-code-picture").hidden = True
        self.fill(self.link(which) if which == "replay" or self.model else "")

    def fill(self, text):
        view.get("share-link").value = text

    async def press_replay(self, *_):
        self.show("replay")
        await self.copy(self.link("replay"), self.copied())

    async def press_model(self, *_):
        """Copy the model of now; a run is begun where there is none."""
        copy = Copy()
        if not self.tab.running and await self.tab.ask("state") is None:
            return
        if await self.make():
            self.show("model")
            await self.copy(self.link("model"), "share.copied.model", copy)

    async def press_embed(self, *_):
        view.get("share-code-picture").hidden = True
        text = FRAME % self.link(self.chosen, embed=1).replace("&", "&amp;").replace('"', "&quot;")
        self.fill(text)
        await self.copy(text, "share.copied.embed")

    async def press_close(self, *_):
        self.open(False)
        view.get("share").focus()

    async def copy(self, text, key, copy=None):
        try:
            await (copy or Copy()).end(text)
            view.status(key, view.state())
        except Exception:
            view.status("share.uncopied", view.state())
            view.get("share-link").select()

    async def press_code(self, *_):
        """The QR code of the chosen link, or why there is none."""
        link, picture = self.link(self.chosen), view.get("share-code-picture")
        if not picture.hidden:
            picture.hidden = True
            return
        if len(link) > LONGEST_CODE:
            view.line("share-note", sentence("share.code.large", count=number(len(link))))
            return
        uqr = await js_import(window.URL.new("vendor/uqr/index.mjs", window.location.href).href)
        code = uqr[0].encode(link, loads(dumps({"ecc": "L" if len(link) > 500 else "M", "border": 4})))
        picture.innerHTML = drawn(code.size, code.data)
        picture.hidden = False
        code = picture.firstElementChild
        code.setAttribute("data-t-label", "share.code.label")  # so that it follows the page's language
        code.setAttribute("aria-label", say("share.code.label"))


def said(facts):
    """The sentence that the worker asks for, the digits of its numbers in groups."""
    values = values_of(facts)
    for name, value in values.items():
        values[name] = number(value) if type(value) is int else value
    return facts.problem, values


def drawn(size, rows):
    """A QR code's matrix as SVG: a stroke for each run of dark modules in a row."""
    path = []
    for y in range(size):
        row = str(window.Array.prototype.map.call(rows.at(y), dark).join(""))
        x = row.find("1")
        while x >= 0:
            end = row.find("0", x)
            end = size if end < 0 else end
            path.append("M%d %dh%dv1h-%dz" % (x, y, end - x, end - x))
            x = row.find("1", end)
    return ('<svg role="img" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/>'
            '<path fill="#000" d="%s"/></svg>' % (size, size, size, size, "".join(path)))


def dark(module, *_):
    return 1 if module else 0
