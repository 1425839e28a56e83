"""The one error that is meant for the visitor: it carries a sentence's key, not a sentence.

Runs in MicroPython (the page) and in CPython (the worker, the tests).
"""
import json


class UserError(Exception):
    """What a visitor gave or asked for can't be. key: of a sentence in static/languages/; values: what goes into its
    places. As text it is JSON, and so it crosses from the worker to the page."""

    def __init__(self, key, **values):
        super().__init__(key)
        self.key, self.values = key, values

    def __str__(self):
        return json.dumps({"key": self.key, "values": self.values})


class CannotCompile(Exception):
    """The graph, the machine or a number won't do; the message is a sentence that says what, for the page to show.
    losses: those of the steps that were taken before, where there were any."""

    losses = ()
