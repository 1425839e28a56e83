"""The gate to JavaScript (MicroPython, on the page).

What JavaScript throws while MicroPython calls it skips `except` and `finally` and stalls MicroPython's scheduler until
the next event. Every call that may throw goes through attempt() or construct().
"""
import json

from pyscript import window

BASE = window.URL.new(".", window.location.href).href
_global = window.globalThis  # JavaScript's own; `window` is a module, through which JavaScript would come back in here


class JavaScriptError(Exception):
    """What a call of JavaScript threw, as text."""


def attempt(owner, name, *arguments):
    """owner.name(*arguments), or the attribute itself where it is no function; raises JavaScriptError for whatever
    JavaScript throws."""
    return _answer(window.attempt(_own(owner), name, *arguments))  # static/pyscript.js


def construct(owner, name, *arguments):
    """new owner.name(*arguments); raises as attempt() does."""
    return _answer(window.construct(_own(owner), name, *arguments))


def _own(owner):
    return _global if owner is window else owner


def _answer(answer):
    if answer.length > 1:
        raise JavaScriptError(answer.at(1))
    return answer.at(0)


def loads(text):
    """JSON text as JavaScript's own objects: many times quicker than MicroPython's."""
    return window.JSON.parse(text)


def dumps(value):
    return json.dumps(value)


def options(**values):
    """A dict as an object of JavaScript's."""
    return loads(dumps(values))


def to_dict(facts):
    """An object of JavaScript's as a dict of Python's own values."""
    return json.loads(window.JSON.stringify(facts))


def whole_text(error):
    """All that an exception says: of one that came from the worker's Python, its traceback."""
    return str(error.args[2] if len(error.args) > 2 else error).strip()


def last_line(error):
    """The last line of it: of a traceback, the error itself."""
    return whole_text(error).split("\n")[-1]


def reason(error):
    """What an exception says, in a short line."""
    return last_line(error)[:200]


def named(error):
    """What an exception of this Python is called, and says."""
    return "%s: %s" % (type(error).__name__, reason(error))
