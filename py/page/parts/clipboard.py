"""The clipboard (MicroPython, on the page)."""
from page.js import JavaScriptError, attempt, construct, options
from pyscript import window


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
        if not self.text:
            await attempt(window.navigator.clipboard, "writeText", text)
            return
        self.text.resolve(window.Blob.new(window.Array.of(text), options(type="text/plain")))
        await self.done
