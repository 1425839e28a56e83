"""The panel that looks inside: it opens addresses, in the worker's words (MicroPython, on the page).

Whatever carries data-go="address" opens that address when it is pressed, wherever it stands on the page; data-look
beside it is the document to look at.
"""
import asyncio

from common.errors import UserError
from page import dom
from page.i18n import say
from page.js import loads, options
from page.parts.sections import STAY
from page.parts.text_boxes import known
from page.run_state import STARTING
from page.worker_client import Failed
from pyscript import document, window

ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}
NEAREST = options(block="nearest")
NARROW = window.matchMedia("(max-width: 42.5em)")  # as the style sheet has it
BELOW_TITLE = 160  # px of a page that are to be in sight below its title when it is opened
MAX_PLACES = 100   # that Back can go to


class Place:
    """Where a visitor was: an address, the document that was looked at, how far down the window the page began, and
    the address of what was pressed there, or ""."""

    def __init__(self, address, look, top, pressed):
        self.address, self.look, self.top, self.pressed = address, look, top, pressed


class InspectorPanel:
    def __init__(self, state, training, controls, history, sections):
        """state: of the run that is looked at; history: the HistorySlider; sections: the page's row of them."""
        self.state, self.training, self.controls = state, training, controls
        self.history, self.sections = history, sections
        self.address = self.back = self.next = ""
        self.wanted = ""    # the address asked for last, which may be on its way
        self.asked = 0      # how many times one was asked for: whatever comes, the last of them is shown
        self.step = None    # of the run, when what is shown was read
        self.final = False  # and there will be no newer numbers in this run
        self.problem = None # the sentence that says why there is nothing to see
        self.opener = None  # what was pressed to open the panel, where the focus goes back to
        self.places = []    # where one was before, the last one last: Back goes there
        self.returning = None  # the Place that one goes back to, until it is shown
        state.on_step.add(self.show_step)
        state.on_run.add(self.run_changed)

    async def press(self, link):
        """Open the address of whatever carries one."""
        if not self.address:
            self.opener = link
        here, asked = self.place(link), self.asked
        if link.hasAttribute("data-look"):
            dom.get("look").value = link.dataset.look
            await self.controls.look()
        if asked == self.asked:  # else another page was asked for meanwhile, or the panel was closed
            await self.open(link.dataset.go, here=here)

    def place(self, link=None):
        """The Place where one is; link: what is pressed there."""
        body = dom.get("panel-body")
        pressed = link.dataset.go if link and body.contains(link) else ""
        return Place(self.address, dom.get("look").value, body.getBoundingClientRect().top, pressed)

    async def open(self, address, again=False, step=False, here=None):
        """Show what is at an address, and say whether there is anything. again: read the document anew, with the
        weights of now; step: this is a mere step along a way, and the focus is to stay where it is; here: the Place
        that one leaves for it."""
        if self.state.worker == STARTING:
            self.controls.open_view(address)  # the page opens it when Python is there
            return True
        self.asked += 1
        asked, self.wanted, self.problem = self.asked, address, None
        if self.returning and self.returning.address != address:
            self.returning = None
        try:
            answer = await self.training.ask(
                "inspect", address, known(self.state, "look"), again or not self.address, self.history.step,
                self.state.recipe["temperature"], known(self.state, "prefix"))
            if answer is None or asked != self.asked:
                return True
            answer = loads(answer)
            if here and here.address and (here.address, here.look) != (answer.address, dom.get("look").value):
                self.places = self.places[1 - MAX_PLACES:] + [here]
            self.address, self.back, self.next, self.step = answer.address, answer.back, answer.next, answer.step
            self.final = answer.final
        except UserError as error:
            if asked == self.asked:
                self.problem = error.key, error.values
            return asked != self.asked
        finally:
            if asked == self.asked:
                self.wanted = self.address
                dom.line("inside-note", *[self.problem] if self.problem else [])
        dom.get("panel").hidden = dom.get("panel-turn").hidden = False
        self.show(answer.html, step)
        if self.returning:
            self.return_to(self.returning)
            self.returning = None
        self.show_step(self.step if self.history.step is None else self.state.step)
        self.controls.open_view(self.address, step)
        return True

    def show(self, html, step):
        """Put a page into the panel, in sight, and see to the focus: it stays, or else goes on to what took the place
        of that which had it."""
        body, focused = dom.get("panel-body"), document.activeElement
        was_within = body.contains(focused)
        group = focused.closest("[role=group]") if was_within else None
        body.innerHTML = html
        dom.get("panel-back").disabled = not (self.places or self.way_back())
        dom.get("panel-next").disabled = not self.next
        for tab in document.querySelectorAll("#inside-ways [data-go]"):
            tab.ariaCurrent = "true" if tab.dataset.go.split(".")[0] == self.address.split(".")[0] else "false"
        for table in body.querySelectorAll("[role=grid]"):
            cell = table.querySelector("[data-go]")
            if cell:
                cell.tabIndex = 0
        title, letter = body.querySelector("h3"), body.querySelector(".letters [aria-current]")
        title.tabIndex = -1
        excerpt, lit = body.querySelector(".excerpt"), body.querySelector(".excerpt .lit")
        if lit:
            excerpt.scrollTop = lit.offsetTop - 48
        for chosen in body.querySelectorAll("[role=group] > [aria-current]"):  # where the row scrolls sideways
            row = chosen.parentElement
            row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) // 2
        if was_within:
            place = body.querySelector("." + group.className + " [aria-current]") if group else None
            (place or title).focus(STAY)
            if not place:
                title.scrollIntoView(NEAREST)
        elif not step:
            if not dom.get("inside").contains(focused):
                dom.get("inside-title").focus(STAY)
                self.bring_into_sight()
            elif title.getBoundingClientRect().bottom + BELOW_TITLE > window.innerHeight:
                self.bring_into_sight()
        if not document.activeElement or not title.isSameNode(document.activeElement):  # else it is read out anyway
            dom.get("panel-said").textContent = ((letter.textContent + ": " if letter else "") + title.textContent)

    def return_to(self, place):
        """The page is shown as one left it: as far down the window, with the focus on what was pressed."""
        body = dom.get("panel-body")
        pressed = [one for one in body.querySelectorAll("[data-go]") if one.dataset.go == place.pressed]
        if pressed:
            pressed[0].tabIndex = 0
            pressed[0].focus(STAY)
        window.scrollBy(options(top=body.getBoundingClientRect().top - place.top, behavior="instant"))

    def way_back(self):
        """The page before this one along its way; the graph of numbers has no such order."""
        return "" if self.address.startswith("number.") else self.back

    def bring_into_sight(self):
        dom.get("inside-title").scrollIntoView()
        self.sections.point_at("inside")

    def run_changed(self):
        """The panel's numbers are another run's, or in another language: show those of now."""
        async def refresh():
            try:
                await self.open(self.wanted, again=True, step=True)
            except Failed:
                pass  # it has been said elsewhere

        if self.address:
            asyncio.create_task(refresh())

    def show_step(self, step):
        """Say of which step the panel's numbers are, and offer those of now where the run has gone on to this step."""
        if self.address:
            dom.get("panel-step").textContent = say("inside.step", step=self.step)
            if step == self.step:
                dom.hand_focus_on("panel-again", "panel-next")
            dom.get("panel-again").hidden = step == self.step or self.final or self.address.startswith("name.")

    async def go(self, address):
        """A step along the way. Its text comes into sight: on a phone, where it fills the window, to the top."""
        if address:
            await self.open(address, step=True, here=self.place())
            title = dom.get("panel-body").querySelector("h3")
            if title:
                title.scrollIntoView(*[] if NARROW.matches else [NEAREST])

    async def press_back(self, *_):
        """To where one was before, as one left it; from the first page, to the one before it on its way."""
        if self.places:
            await self.go_back_to(self.places.pop())
        elif self.way_back():
            await self.go(self.way_back())
            self.places = []
            dom.get("panel-back").disabled = not self.way_back()

    async def go_back_to(self, place):
        asked = self.asked
        if place.look != dom.get("look").value:
            dom.get("look").value = place.look
            await self.controls.look()
        if asked != self.asked:
            return True
        self.returning = place
        return await self.open(place.address, step=True)

    async def press_next(self, *_):
        await self.go(self.next)

    async def press_again(self, *_):
        await self.history.leave()
        await self.open(self.address, again=True, step=True)

    async def change_look(self, *_):
        """The visitor wants another document looked at."""
        if self.address:
            await self.open(self.address, step=True)

    async def press_close(self, *_):
        self.close()
        opener = self.opener
        if opener and opener.isConnected:
            opener.focus()
        if not (opener and opener.isSameNode(document.activeElement)):
            dom.get("inside-title").focus()

    def close(self):
        self.address = self.back = self.next = self.wanted = ""
        self.places = []
        self.asked += 1
        dom.get("panel").hidden = dom.get("panel-turn").hidden = True
        dom.get("panel-body").innerHTML = dom.get("panel-said").textContent = ""
        self.controls.open_view("")

    async def follow(self, address):
        """Show what the page's address asks for; of what is nowhere, say so where the visitor is."""
        if address and address != self.address:
            been = [i for i, place in enumerate(self.places) if place.address == address]
            if been:  # by the browser's Back
                place, self.places = self.places[been[-1]], self.places[:been[-1]]
                found = await self.go_back_to(place)
            else:
                found = await self.open(address, here=self.place())
            if not found and address == self.state.recipe["view"]:
                dom.line("ignored", *self.controls.notes, self.problem)
        elif not address and (self.address or self.wanted):  # it may be on its way
            self.close()

    async def key(self, event):
        """The arrow keys: among the numbers of a table where one of them has the focus, else along the way."""
        cell, move = event.target.closest("td[data-go]"), ARROWS.get(event.key)
        if cell and event.key in ("Enter", " "):
            await self.open(cell.dataset.go)
        elif cell and move:
            columns = cell.parentElement.querySelectorAll("[data-go]").length
            self.focus(cell, move[0] * columns + move[1])
        elif self.address and move and move[1] and not event.target.closest("input, select"):
            if move[1] > 0:
                await self.go(self.next)
            elif self.way_back():
                await self.go(self.way_back())
            else:
                await self.press_back()

    def focus(self, cell, move):
        """Hand the focus to the next number of a table, which the Tab key enters at the one that had it last."""
        cells = cell.closest("table").querySelectorAll("td[data-go]")
        at = [i for i in range(cells.length) if cells.item(i).isSameNode(cell)][0] + move
        if 0 <= at < cells.length:
            cell.tabIndex, cells.item(at).tabIndex = -1, 0
            cells.item(at).focus()
