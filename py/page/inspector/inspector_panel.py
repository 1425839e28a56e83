"""The panel that looks inside: it opens addresses, in the worker's words (MicroPython, on the page).

Whatever carries data-go="address" opens that address when it is pressed, wherever it stands on the page; data-look
beside it is the document to look at. An address can also be one of the page's sections (sections.py), so that a link
can point at any part of it.
"""
import asyncio

from page import view
from page.i18n import say, sentence
from page.parts.sections import NAMES, STAY
from page.worker_client import Failed, loads
from pyscript import document, window

ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}
CELL_KEYS = ("Enter", " ") + tuple(ARROWS)
NEAREST = window.JSON.parse('{"block": "nearest"}')
NARROW = window.matchMedia("(max-width: 42.5em)")  # as the style sheet has it
BELOW_TITLE = 160  # px of a page that are to be in sight below its title when it is opened


class Panel:
    def __init__(self, tab, sections):
        """tab: whose session is looked at; it has ask(verb, …), which begins a run if there is none. sections: the
        page's row of sections."""
        self.tab, self.sections = tab, sections
        self.address = self.back = self.next = ""
        self.wanted = ""    # the address asked for last, which may be on its way
        self.asked = 0      # how many times one was asked for: whatever comes, the last of them is shown
        self.step = None    # of the run, when what is shown was read
        self.final = False  # and there will be no newer numbers in this run
        self.problem = None # the answer that said why there is nothing to see
        self.opener = None  # what was pressed to open the panel, where the focus goes back to
        tab.on_step, tab.on_run = self.tell_step, self.another_run

    async def pressed(self, event):
        """A press anywhere on the page, or Enter on a name."""
        link = event.target.closest("[data-go]")
        if not link:
            return
        if not self.address:
            self.opener = link
        if link.hasAttribute("data-look"):
            view.get("look").value = link.dataset.look
            await self.tab.controls.look()
        await self.open(link.dataset.go)

    async def open(self, address, again=False, step=False):
        """Show what is at an address, and say whether there is anything. again: read the document anew, with the
        weights of now; step: this is a mere step along a way, and the focus is to stay where it is."""
        if address in NAMES:
            self.sections.open(address)
            return True
        if self.tab.booting:
            self.tab.controls.show_view(address)  # the page opens it when Python is there
            return True
        self.asked += 1
        asked, self.wanted = self.asked, address
        try:
            answer = await self.tab.ask("inside", address, self.tab.known("look"), again or not self.address,
                                        self.tab.past.step, self.tab.recipe["temperature"], self.tab.known("prefix"))
            if answer is None or asked != self.asked:
                return True
            answer = loads(answer)
            self.note("inside-note", answer)
            if answer.problem:
                return False
            self.address, self.back, self.next, self.step = answer.address, answer.back, answer.next, answer.step
            self.final = answer.final
        finally:
            if asked == self.asked:
                self.wanted = self.address
        view.get("panel").hidden = view.get("panel-turn").hidden = False
        self.show(answer.html, step)
        self.tell_step(self.step if self.tab.past.step is None else self.tab.step)
        self.tab.controls.show_view(self.address, step)
        return True

    def note(self, id, answer):
        """Say in a line why there is nothing to see, where there is nothing."""
        self.problem = answer
        view.line(id, *[sentence(answer.problem, reason=answer.reason)] if answer.problem else [])

    def show(self, html, step):
        """Put a page into the panel, in sight, and see to the focus: it stays, or else goes on to what took the place
        of that which had it."""
        body, focused = view.get("panel-body"), document.activeElement
        was_within = body.contains(focused)
        group = focused.closest("[role=group]") if was_within else None
        body.innerHTML = html
        view.get("panel-back").disabled, view.get("panel-next").disabled = not self.back, not self.next
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
            if not view.get("inside").contains(focused):
                view.get("inside-title").focus(STAY)
                self.bring_into_sight()
            elif title.getBoundingClientRect().bottom + BELOW_TITLE > window.innerHeight:
                self.bring_into_sight()
        if not document.activeElement or not title.isSameNode(document.activeElement):  # else it is read out anyway
            view.get("panel-said").textContent = ((letter.textContent + ": " if letter else "") + title.textContent)

    def bring_into_sight(self):
        view.get("inside-title").scrollIntoView()
        self.sections.point_at("inside")

    def another_run(self):
        """The panel's numbers are another run's, or in another language: show those of now."""
        async def refresh():
            try:
                await self.open(self.wanted, again=True, step=True)
            except Failed:
                pass  # it has been said elsewhere

        if self.address:
            asyncio.create_task(refresh())

    def tell_step(self, step):
        """Say of which step the panel's numbers are, and offer those of now where the run has gone on to this step."""
        if self.address:
            view.get("panel-step").textContent = say("inside.step", step=self.step)
            if step == self.step:
                view.hand_on("panel-again", "panel-next")
            view.get("panel-again").hidden = step == self.step or self.final or self.address.startswith("name.")

    async def go(self, address):
        """A step along the way. Its text comes into sight: on a phone, where it fills the window, to the top."""
        if address:
            await self.open(address, step=True)
            title = view.get("panel-body").querySelector("h3")
            if title:
                title.scrollIntoView(*[] if NARROW.matches else [NEAREST])

    async def press_back(self, *_):
        await self.go(self.back)

    async def press_next(self, *_):
        await self.go(self.next)

    async def press_again(self, *_):
        await self.tab.past.leave()
        await self.open(self.address, again=True, step=True)

    async def changed_look(self, *_):
        """The visitor wants another document looked at."""
        if self.address:
            await self.open(self.address, step=True)

    async def press_close(self, *_):
        self.close()
        opener = self.opener
        if opener and opener.isConnected:
            opener.focus()
        if not (opener and opener.isSameNode(document.activeElement)):
            view.get("inside-title").focus()

    def close(self):
        self.address = self.back = self.next = self.wanted = ""
        self.asked += 1
        view.get("panel").hidden = view.get("panel-turn").hidden = True
        view.get("panel-body").innerHTML = view.get("panel-said").textContent = ""
        self.tab.controls.show_view("")

    async def follow(self, address):
        """Show what the page's address asks for; of what is nowhere, say so where the visitor is."""
        if address and address != self.address:
            if not await self.open(address):
                self.note("ignored", self.problem)
        elif not address and self.address:
            self.close()

    def claim(self, event):
        """Keep the browser from answering what the panel does. It must be told at once; the answer itself may wait."""
        cell = event.target.closest("td[data-go]")
        if event.target.closest("a[data-go]") if event.type == "click" else cell and event.key in CELL_KEYS:
            event.preventDefault()

    async def key(self, event):
        """The arrow keys: among the numbers of a table where one of them has the focus, else along the way."""
        cell, move = event.target.closest("td[data-go]"), ARROWS.get(event.key)
        if cell and event.key in ("Enter", " "):
            await self.open(cell.dataset.go)
        elif cell and move:
            columns = cell.parentElement.querySelectorAll("[data-go]").length
            self.focus(cell, move[0] * columns + move[1])
        elif self.address and move and move[1] and not event.target.closest("input, select"):
            await self.go(self.next if move[1] > 0 else self.back)

    def focus(self, cell, move):
        """Hand the focus to the next number of a table, which the Tab key enters at the one that had it last."""
        cells = cell.closest("table").querySelectorAll("td[data-go]")
        at = [i for i in range(cells.length) if cells.item(i).isSameNode(cell)][0] + move
        if 0 <= at < cells.length:
            cell.tabIndex, cells.item(at).tabIndex = -1, 0
            cells.item(at).focus()
