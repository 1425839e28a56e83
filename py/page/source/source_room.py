"""The room of the source: the file as it runs, and the editor that changes it (MicroPython, on the page)."""
from page.source.code_editor import CodeEditor
from page.source.source_view import SourceView


class SourceRoom:
    """Both, behind one name: the page's events are for this."""

    def __init__(self, state, training, controls):
        view, editor = SourceView(state, training), CodeEditor(state, training, controls)
        self.open_listing, self.press_lines = view.open, view.press_lines
        self.open_editor, self.press_run, self.choose = editor.open, editor.press_run, editor.choose
        self.press_back, self.press_restore = editor.press_back, editor.press_restore
        self.press_download = editor.press_download
