"""The core as the visitor edits it: a text into a module, an error into the line it comes from, two texts compared.

A text becomes a module beside the published one, not over it: what can't be loaded leaves all as it was.
"""
import difflib
import json
import sys
import traceback
from types import ModuleType

from worker.markup import escape

FILE = "microgpt.py"  # what the tracebacks of an edited core call it
MAX_ERROR_CHARACTERS = 200


class CoreError(Exception):
    """The visitor's edit of the core raised. As text it is JSON, what explain() says, and so it crosses to the page."""

    def __init__(self, error: BaseException, source: str):
        super().__init__(json.dumps(explain(error, source)))


def load(source: str) -> ModuleType:
    """The module of an edited core, which `import microgpt` and pickle find from now on. Raises whatever it raises."""
    module, before = ModuleType("microgpt"), sys.modules["microgpt"]
    module.__file__ = FILE
    code = compile(source, FILE, "exec")
    sys.modules["microgpt"] = module
    try:
        exec(code, module.__dict__)
    except BaseException:
        sys.modules["microgpt"] = before
        raise
    return module


def explain(error: BaseException, source: str) -> dict:
    """Where in the source an error comes from: {"line": its number, 0 if none of the source's; "text": that line;
    "error": what Python says, its last line}."""
    line = error.lineno if isinstance(error, SyntaxError) and error.filename == FILE else 0
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILE:
            line = number
    lines = source.splitlines()
    message = [part for part in "".join(traceback.format_exception_only(error)).splitlines() if part[:1].strip()]
    return {"line": line, "text": lines[line - 1].strip() if 0 < line <= len(lines) else "",
            "error": (message[-1] if message else type(error).__name__)[:MAX_ERROR_CHARACTERS]}


def changes(old: str, new: str) -> list:
    """What differs between two texts: [sign, line number, line], with "-" for the old and "+" for the new."""
    old, new, found = old.splitlines(), new.splitlines(), []
    for kind, start, end, begin, stop in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += [["-", number + 1, old[number]] for number in range(start, end)]
            found += [["+", number + 1, new[number]] for number in range(begin, stop)]
    return found


def named(line: str) -> str:
    """A line in which what nobody can see is named, as U+202E: code must not read as other code than it is."""
    return "".join(char if char.isprintable() or char == "\t" else f"U+{ord(char):04X}" for char in line)


def difference(old: str, new: str) -> str:
    """The changes as HTML, a list item each, or "" for none."""
    found = changes(old, new)
    indent = min((len(line) - len(line.lstrip()) for _, _, line in found if line.strip()), default=0)  # common to all
    tags = {"-": "del", "+": "ins"}
    items = "".join(f'<li><span class="line">{number}</span><{tags[sign]}>{escape(named(line[indent:])) or " "}'
                    f'</{tags[sign]}></li>' for sign, number, line in found)
    return f'<ol class="difference">{items}</ol>' if items else ""
