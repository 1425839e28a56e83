"""What a room needs beyond the first screen: its Python, fetched when it is opened (MicroPython, on the page).

The build lists each room's files in index.html: {room: {"page": {address: path}, "worker": {address: path}}}.
"""
import os

from pyscript import document, window

_rooms = window.JSON.parse(document.getElementById("rooms").textContent)
_here = set()  # the rooms whose files this Python has


async def texts(room, side):
    """The files of a room for "page" or "worker": an object of JavaScript's, {path: text}. OSError names the one that
    cannot be had."""
    files = getattr(getattr(_rooms, room), side)
    found = window.Object.new()
    for address in window.Object.keys(files):
        answer = await window.fetch(address)
        if not answer.ok:
            raise OSError("%s could not be loaded (HTTP %d)" % (address.split("?")[0], answer.status))
        setattr(found, getattr(files, address), await answer.text())
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
