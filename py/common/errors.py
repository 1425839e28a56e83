"""The one error that is meant for the visitor: it carries a sentence's key, not a sentence.

Runs in MicroPython (the page) and in CPython (the worker, the tests).
"""
import json


class UserError(Exception):
    """What a visitor asked for can't be done.

    key: of a sentence in static/languages/; values: what goes into its {places}. As text it is JSON,
    {"key": …, "values": {…}}, and so it crosses from the worker to the page.
    """

    def __init__(self, key, **values):
        super().__init__(key)
        self.key, self.values = key, values

    def __str__(self):
        return json.dumps({"key": self.key, "values": self.values})


class CannotCompile(UserError):
    """The graph, the machine or a number rules out the compiled engine; the core can go on.

    losses: of the steps that were taken before, where there were any.
    """

    losses = ()


def quoted(error):
    """An exception as Python words it, at most 200 characters: what a sentence quotes as its value `error`."""
    return ("%s: %s" % (type(error).__name__, error))[:200]
