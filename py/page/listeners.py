"""The one way in which the page's parts hear of each other (MicroPython, on the page)."""


class Listeners:
    """Functions that are told of something: what, the attribute's name says. Their order does not matter."""

    def __init__(self):
        self.listeners = []

    def add(self, listener):
        self.listeners.append(listener)

    def tell(self, *values):
        for listener in self.listeners:
            listener(*values)
