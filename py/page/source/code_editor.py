"""The editor: one changes the core, runs the change, and gets the published file back (MicroPython, on the page).

The worker loads a text as its core, or says which line it cannot. While an edited core runs, the page says so by the
controls, and its SHA-256 is its own. Restore ends that Python and starts a fresh one, so that nothing of an edit stays.
"""
from common import experiments
from page import dom
from page.i18n import on_language, put, say
from page.js import BASE, dumps, loads
from page.parts.run_files import download
from page.worker_client import CoreRaised
from pyscript import js_import, window

FILE_NAME = "microgpt-edited.py"
COLOURS = {"#708": "var(--accent)", "#940": "var(--soft)", "#a11": "var(--soft)"}  # keywords, comments, strings

THEME = {
    "&": {"maxHeight": "min(660px, 70vh)", "background": "var(--wash)", "color": "var(--ink)", "fontSize": ".8125rem"},
    "&.cm-focused": {"outline": "2px solid var(--accent)", "outlineOffset": "1px"},
    ".cm-scroller": {"fontFamily": "var(--mono)", "lineHeight": "1.5"},
    ".cm-gutters": {"border": "0", "background": "var(--wash)", "color": "var(--soft)", "fontSize": ".6875rem"},
    ".cm-activeLine, .cm-activeLineGutter": {"background": "rgb(var(--accent-rgb) / .07)"},
    ".cm-cursor": {"borderLeftColor": "var(--ink)"},
    ".cm-selectionBackground": {"background": "rgb(var(--accent-rgb) / .2)"},
    ".cm-panels": {"background": "var(--paper)", "color": "var(--ink)", "borderColor": "var(--line)"},
}


class CodeEditor:
    def __init__(self, state, training, controls):
        self.state, self.training, self.controls = state, training, controls
        self.editor, self.loading, self.published = None, False, ""
        state.on_core.add(self.core_changed)
        state.on_core_error.add(self.blame)

    async def open(self, *_):
        """Load the editor, once, with the published text in it."""
        if self.editor or self.loading or not dom.get("editing").open:
            return
        self.loading = True
        try:
            await self.load()
        except Exception:
            self.note("edit.unloaded")
        finally:
            self.loading = False

    async def load(self):
        self.published = await (await window.fetch(dom.get("editor").dataset.file)).text()
        parts = (await js_import(window.URL.new("vendor/pyscript/core.js", BASE).href))[0].codemirror
        core, language, python = await parts.core, await parts.language, (await parts.python).python()
        self.view = core.EditorView
        theme = core.EditorView.theme(loads(dumps(THEME)))
        label = core.EditorView.contentAttributes.of(loads(dumps(
            {"aria-label": say("edit.title"), "spellcheck": "false", "tabindex": "0"})))
        style = language.syntaxHighlighting(language.HighlightStyle.define(self.colours(language)))
        extensions = window.Array.of(core.basicSetup, python, theme, label, style, language.indentUnit.of("    "))
        options = window.Object.new()
        # In a shadow tree its styles are style sheets made by script, which the page's Content-Security-Policy lets be.
        shadow = dom.get("editor").attachShadow(loads('{"mode": "open"}'))
        options.doc, options.extensions, options.root, options.parent = self.published, extensions, shadow, shadow
        self.editor = core.EditorView.new(options)
        if self.state.core is not None:  # it came with a file
            self.put(self.state.core)
            self.go_to(self.first_change())
        # Its label, too, follows the page's language; it lies in the shadow, where i18n.py does not look.
        on_language.add(lambda: self.editor.contentDOM.setAttribute("aria-label", say("edit.title")))
        for name in ("run-edit", "experiment", "edit-download"):
            dom.get(name).disabled = False

    def colours(self, language):
        """The editor's own kinds of words, in the page's colours."""
        specs = window.Array.new()
        for spec in language.defaultHighlightStyle.specs:
            colour = spec.color if hasattr(spec, "color") else None
            if colour in COLOURS:
                item = window.Object.new()
                item.tag, item.color = spec.tag, COLOURS[colour]
                specs.push(item)
        return specs

    def text(self):
        return self.editor.state.doc.toString()

    def put(self, text):
        """Another text in the editor; its Undo brings the old one back."""
        whole = {"from": 0, "to": self.editor.state.doc.length, "insert": text}
        self.editor.dispatch(loads(dumps({"changes": whole})))

    # ---- What the visitor does

    async def press_run(self, *_):
        """Run the text in the editor, from step 0; the published one where it is that again."""
        text = self.text()
        self.note("")
        if text == self.published:
            await self.training.clear_way()
            if self.state.core is None:
                self.training.start.forget()
            else:
                await self.training.start.publish()
            window.scrollTo(0, 0)
            await self.controls.press_train()
            return
        try:
            await self.training.run_core(text, window.scrollTo)
        except CoreRaised as error:
            self.blame(error.where)
            return

    async def press_back(self, *_):
        """To the editor, where the edit is."""
        dom.get("editing").open = True
        await self.open()
        dom.get("editing").scrollIntoView()
        self.editor.focus()

    async def press_restore(self, *_):
        """The published file again, in the editor and in a fresh Python."""
        if self.editor:
            self.put(self.published)
            dom.get("experiment").value = ""
        self.note("")
        await self.training.start.publish()
        await self.training.start.begin_untrained()

    async def press_download(self, *_):
        """The text in the editor as a file."""
        download(self.text(), FILE_NAME)

    async def choose(self, event):
        """A ready experiment: the published text with that one change."""
        name = event.target.value
        self.note("")
        self.put(experiments.edit(self.published, name) if name else self.published)
        if name:
            self.go_to(self.first_change())

    def first_change(self):
        """The number of the first line that is not the published one's."""
        for number, (old, new) in enumerate(zip(self.published.split("\n"), self.text().split("\n"))):
            if old != new:
                return number + 1
        return 1

    # ---- What comes of it

    def core_changed(self, facts):
        """Another core runs: facts of the edited one, or None for the published one."""
        if not facts:
            dom.hand_focus_on("edited", "train")
        dom.get("edited").hidden = not facts
        if facts and self.editor and self.text() != self.state.core:  # it came with a file
            self.put(self.state.core)
            self.go_to(self.first_change())
        if facts:
            put("edited-note", ("edit.running", {"lines": facts.lines}))
            dom.get("sha256").textContent = facts.sha256
        dom.get("unmodified").hidden = bool(facts)
        dom.get("sha-note").hidden = not facts

    def blame(self, where):
        """Say what Python says of an error (see worker/core_edit.explain), and go to the line."""
        if where.line:
            self.note("edit.line", line=where.line, text=where.text, error=where.error)
            if self.editor:
                self.go_to(where.line)
        else:
            self.note("edit.no-line", error=where.error)

    def note(self, which, **values):
        dom.line("edit-note", *[(which, values)] if which else [])

    def go_to(self, number):
        """Put the cursor on a line and show it."""
        doc = self.editor.state.doc
        line = doc.line(max(1, min(number, doc.lines)))
        start = getattr(line, "from")
        update = loads(dumps({"selection": {"anchor": line.to, "head": start}}))
        update.effects = self.view.scrollIntoView(start, loads('{"y": "center"}'))
        self.editor.dispatch(update)
