"""What a room needs beyond the first screen: its Python, fetched when it is opened (MicroPython, on the page).

The build lists each room's files in index.html: {room: {"page": {address: path}, "worker": {address: path}}}.
"""
import asyncio
import os

from common.errors import UserError
from page.js import reason
from pyscript import document, window

_rooms = window.JSON.parse(document.getElementById("rooms").textContent)
_here = set()  # the rooms whose files this Python has


async def texts(room, side, wait=None):
    """The files of a room for "page" or "worker": an object of JavaScript's, {path: text}. OSError names the one that
    cannot be had; wait(promise): how to wait, where that may have to end early."""
    files, found = getattr(getattr(_rooms, room), side), window.Object.new()
    addresses = list(window.Object.keys(files))
    asked = window.Promise.all(window.Array.of(*[window.fetch(address) for address in addresses]))
    for address, answer in zip(addresses, list(await (wait(asked) if wait else asked))):
        if not answer.ok:
            raise OSError("%s: HTTP %d" % (address.split("?")[0], answer.status))
        text = answer.text()
        setattr(found, getattr(files, address), await (wait(text) if wait else text))
    return found


async def fetch(room):
    """Fetch the page's files of a room, once, so that they can be imported."""
    if room in _here:
        return
    files = await texts(room, "page")
    for path in window.Object.keys(files):
        make_folders(path)
        with open(path, "w") as file:
            file.write(getattr(files, path))
    _here.add(room)


def make_folders(path):
    parts = path.split("/")[:-1]
    for i in range(2, len(parts) + 1):
        try:
            os.mkdir("/".join(parts[:i]))
        except OSError:  # it is there
            pass


class Room:
    """A part of the page whose Python comes when it is first needed."""

    def __init__(self, name, make):
        """make(): the part, from modules that can be imported by then."""
        self.name, self.make, self.part = name, make, None
        self.entering = asyncio.Lock()

    async def enter(self):
        """The part. Raises UserError where its files cannot be had."""
        async with self.entering:
            if not self.part:
                try:
                    await fetch(self.name)
                except Exception as error:
                    raise UserError("room.unloaded", reason=reason(error)) from None
                self.part = self.make()
        return self.part

    def forget_entering(self):
        """Whoever was entering may do so for ever."""
        self.entering = asyncio.Lock()

    def handler(self, method, enter=True):
        """An event's handler: that method of the part, which is fetched first where it is not here; or, if it need not
        enter, does nothing then."""
        async def handle(event):
            if enter or self.part:
                await getattr(await self.enter(), method)(event)
        return handle
