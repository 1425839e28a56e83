"""Share: the replay link, the model itself in a link, a QR code of either, a frame for another page (MicroPython)."""
from common import recipe as recipes
from common.errors import UserError
from page import dom, status
from page.i18n import number, put, say, sentence
from page.js import BASE, attempt, options, reason
from page.parts.clipboard import Copy
from page.run_state import READY
from pyscript import document, js_import, window

LONGEST_CODE = 2953  # bytes in the largest QR code
CARRIED = ("temperature", "prefix", "lang", "view")  # along with a model
FRAME = '<iframe src="%s" width="100%%" height="760" loading="lazy" title="microgpt"></iframe>'


class Sharing:
    """The choice that Share opens."""

    def __init__(self, state, client, training, data):
        """data: the OwnData, which may travel along."""
        self.state, self.client, self.training, self.data = state, client, training, data
        self.model, self.problem, self.chosen = "", None, "replay"
        self.events = [("share", "click", self.press), ("share-replay", "click", self.press_replay),
                       ("share-model", "click", self.press_model), ("share-code", "click", self.press_code),
                       ("share-embed", "click", self.press_embed), ("share-close", "click", self.press_close),
                       ("share-view", "change", self.choose_view)]

    async def press(self, *_):
        """Copy the replay link at once, and open the choice of what else there is."""
        state = self.state
        copy = None if state.recipe["model"] or hasattr(window.navigator, "share") else Copy()
        await self.data.packed(state.recipe)
        self.open(True)
        self.model, self.problem = "", None
        dom.get("share-view-field").hidden = not state.recipe["view"]
        dom.get("share-view").checked = False  # what is looked at here may not be there for others
        self.show("model" if state.recipe["model"] else "replay")
        self.show_lengths()
        self.note()
        if state.recipe["model"]:  # this run began with a model's weights, so its settings alone replay nothing
            await self.press_model()
        else:
            await self.give(self.link("replay"), self.copied(), copy)
            if state.running and state.worker == READY:
                await self.make_model()

    async def give(self, link, key, copy):
        """Give a link: to the system's share sheet where there is one, else to the clipboard; key: to say of the
        latter."""
        try:
            if not copy:
                await attempt(window.navigator, "share", options(title=document.title, url=link))
            else:
                await copy.end(link)
                status.show_passing(key if self.state.core is None else "edit.shared")
        except Exception as error:
            if "AbortError" not in str(error):
                status.show_passing("status.unshared")

    def open(self, yes):
        dom.get("sharing").hidden = not yes
        dom.get("share").ariaExpanded = "true" if yes else "false"

    async def make_model(self):
        """Have the worker write the model of now; what can't be in a link is said."""
        try:
            self.model, self.problem = await self.client.call("model_link"), None
        except UserError as error:
            self.model, self.problem = "", error
        self.note()
        self.show_lengths()
        return bool(self.model)

    def note(self):
        """Say what does not fit a link: own data, the model."""
        problems = [error for error in (self.data.problem(self.state.recipe), self.problem) if error]
        dom.line("share-note", *[with_groups(error) for error in problems])

    def copied(self):
        """The key of what to say of the replay link that was copied."""
        recipe = self.state.recipe
        if recipe["data"] != recipes.OWN:
            return "status.shared"
        return "share.copied.data" if self.data.text(recipe) else "share.copied.no-data"

    def show_lengths(self):
        """Say how long each link is; the model's, when there is one."""
        put("share-replay", ("share.replay", {"count": number(len(self.link("replay")))}))
        if self.model:
            put("share-model", ("share.model", {"count": number(len(self.link("model")))}))
        else:
            put("share-model", ("share.model.none", {}))
        dom.get("share-replay").disabled = bool(self.state.recipe["model"])

    def link(self, which, **more):
        """The address: of the run to replay, or of the model itself."""
        base = window.location.href.split("#")[0]
        fields = dict(self.state.recipe, **more)
        if not dom.get("share-view").checked:
            fields["view"] = ""
        if which == "model":
            fields = dict(recipes.DEFAULTS, model=self.model,
                          **dict([(name, fields[name]) for name in CARRIED], **more))
        else:
            fields["model"], fields["documents"] = "", self.data.text(fields)
        text = recipes.link(fields)
        return base + ("#" + text if text else "")

    def show(self, which):
        """Show the chosen link where it can be copied by hand."""
        self.chosen = which
        self.note()
        for name in ("replay", "model"):
            dom.get("share-" + name).ariaPressed = "true" if name == which else "false"
        dom.get("share-code-picture").hidden = True
        dom.get("share-link").value = self.link(which) if which == "replay" or self.model else ""

    async def press_replay(self, *_):
        self.show("replay")
        await self.copy(self.link("replay"), self.copied())

    async def press_model(self, *_):
        """Copy the model of now; a run is begun where there is none."""
        copy = Copy()
        if not self.state.running and await self.training.ask("state") is None:
            return
        if await self.make_model():
            self.show("model")
            await self.copy(self.link("model"), "share.copied.model", copy)

    def choose_view(self, *_):
        """With what is looked at, or without."""
        self.show_lengths()
        self.show(self.chosen)

    async def press_embed(self, *_):
        dom.get("share-code-picture").hidden = True
        text = FRAME % self.link(self.chosen, embed=1).replace("&", "&amp;").replace('"', "&quot;")
        dom.get("share-link").value = text
        await self.copy(text, "share.copied.embed")

    async def press_close(self, *_):
        self.open(False)
        dom.get("share").focus()

    async def copy(self, text, key, copy=None):
        try:
            await (copy or Copy()).end(text)
            status.show_passing(key)
        except Exception:
            status.show_passing("share.uncopied")
            dom.get("share-link").select()

    async def press_code(self, *_):
        """The QR code of the chosen link, or why there is none."""
        link, picture = self.link(self.chosen), dom.get("share-code-picture")
        if not picture.hidden:
            picture.hidden = True
            return
        self.note()
        if len(link) > LONGEST_CODE:
            dom.line("share-note", sentence("share.code.large", count=number(len(link))))
            return
        try:
            uqr = await js_import(window.URL.new("vendor/uqr/index.js", BASE).href)
            code = attempt(uqr[0], "encode", link, options(ecc="L" if len(link) > 500 else "M", border=4))
        except Exception as error:
            dom.line("share-note", sentence("room.unloaded", reason=reason(error)))
            return
        picture.innerHTML = drawn(code.size, code.data)
        picture.hidden = False
        code = picture.firstElementChild
        code.setAttribute("data-t-label", "share.code.label")  # so that it follows the page's language
        code.setAttribute("aria-label", say("share.code.label"))


def with_groups(error):
    """A UserError's sentence, the digits of its numbers in groups."""
    values = dict(error.values)
    for name, value in values.items():
        values[name] = number(value) if type(value) is int else value
    return error.key, values


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
