"""The clipboard (MicroPython, on the page)."""
from page.js import JavaScriptError, attempt, construct, options
from pyscript import document, window


class Copy:
    """A text on its way to the clipboard: begun when the visitor presses, ended when the text is known.

    WebKit lets a page copy for a second after a press, and for longer only what it was promised by then.
    """

    def __init__(self):
        self.text = self.done = self.refused = None
        if hasattr(window, "ClipboardItem") and hasattr(window.navigator, "clipboard"):
            self.text = window.Promise.withResolvers()
            content = window.Object.new()
            window.Reflect.set(content, "text/plain", self.text.promise)
            try:
                item = construct(window, "ClipboardItem", content)
                self.done = attempt(window.navigator.clipboard, "write", window.Array.of(item))
                self.done.catch(lambda reason: None)
            except JavaScriptError as error:
                self.refused = error

    async def end(self, text):
        """Copy this text. Raises where the browser lets nothing be copied."""
        if self.refused:
            raise self.refused
        if not hasattr(window.navigator, "clipboard"):  # it wants https
            copy_selected(text)
            return
        if not self.text:
            await attempt(window.navigator.clipboard, "writeText", text)
            return
        self.text.resolve(window.Blob.new(window.Array.of(text), options(type="text/plain")))
        await self.done


def copy_selected(text):
    """Copy a text as a selection, which needs no https. Raises JavaScriptError where that is refused."""
    box, focused = document.createElement("textarea"), document.activeElement
    box.className, box.value = "unseen", text
    document.body.append(box)
    box.select()
    try:
        if not attempt(document, "execCommand", "copy"):
            raise JavaScriptError("refused")
    finally:
        box.remove()
        focused.focus()
