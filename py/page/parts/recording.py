"""The recorded run that a first visitor sees until there is a run of their own (MicroPython, on the page).

Its pictures and names stand in index.html already; its curve comes from static/recorded.json.
"""
from page import dom, status
from pyscript import window


def is_shown():
    return not dom.get("recorded").hidden


def end():
    """Take the recording's note and names away: from here on, what is shown is the visitor's own."""
    if is_shown():
        dom.get("recorded").hidden = True
        dom.get("names").innerHTML = ""


async def show(state, chart, attention):
    """Draw its curve, and read out a cell of its attention."""
    try:
        recorded = await (await window.fetch(dom.get("recorded").dataset.file)).json()
    except Exception:  # without its curve the recording is still there
        return
    if is_shown() and not state.running:
        chart.add(recorded.points)
        status.loss(recorded.mean, chart.error())
        attention.read_out_cell(recorded.view)
