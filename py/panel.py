"""The panel that looks inside: it opens addresses, in the worker's words (MicroPython, on the page).

Whatever carries data-go="address" opens that address when it is pressed, wherever it stands on the page.
"""
import view
from pyscript import document
from trainer import loads
from words import say


class Panel:
    def __init__(self, tab):
        """tab: whose session is looked at; it has ask(verb, …), which begins a run if there is none."""
        self.tab = tab
        self.address = self.back = self.next = ""
        self.step = None  # of the run, when what is shown was read

        tab.on_step = self.tell_step

    async def pressed(self, event):
        """A press anywhere on the page, or Enter on a name."""
        link = event.target.closest("[data-go]")
        if link:
            await self.open(link.dataset.go)

    async def open(self, address, again=False, step=False):
        """Show what is at an address. again: read the document anew, with the weights of now; step: this is a mere
        step along a way, and the focus is to stay where it is."""
        if self.tab.booting:
            self.tab.show_view(address)  # the page opens it when Python is there
            return
        answer = await self.tab.ask("inside", address, self.tab.known("look"), again, self.tab.past.step,
                                    self.tab.recipe["temperature"], self.tab.known("prefix"))
        if answer is None:
            return
        answer = loads(answer)
        view.line("inside-note", say(answer.problem) if answer.problem else "")
        if answer.problem:
            return
        self.address, self.back, self.next, self.step = answer.address, answer.back, answer.next, answer.step
        view.get("panel").hidden = False
        view.get("panel-body").innerHTML = answer.html
        view.get("panel-back").disabled, view.get("panel-next").disabled = not self.back, not self.next
        for tab in document.querySelectorAll("#inside-ways [data-go]"):
            tab.ariaCurrent = "true" if tab.dataset.go.split(".")[0] == self.address.split(".")[0] else "false"
        self.tell_step(self.step if self.tab.past.step is None else self.tab.step)
        for table in document.querySelectorAll("#panel-body table"):
            cell = table.querySelector("td[data-go]")
            if cell:
                cell.tabIndex = 0
        excerpt = document.querySelector("#panel-body .excerpt")
        lit = excerpt.querySelector(".lit") if excerpt else None
        if lit:
            excerpt.scrollTop = lit.offsetTop - excerpt.offsetTop - 48
        if not step and not view.get("inside").contains(document.activeElement):
            view.get("inside-title").focus()
            view.get("inside").scrollIntoView()
        self.tab.show_view(self.address, step)

    def tell_step(self, step):
        """Say of which step the panel's numbers are, and offer those of now where the run has gone on to this step."""
        if self.address:
            view.get("panel-step").textContent = say("inside.step", step=self.step)
            view.get("panel-again").hidden = step == self.step or self.address.startswith("name.")

    async def go(self, address):
        if address:
            await self.open(address, step=True)

    async def press_back(self, *_):
        await self.go(self.back)

    async def press_next(self, *_):
        await self.go(self.next)

    async def press_again(self, *_):
        await self.tab.past.leave()
        await self.open(self.address, again=True, step=True)

    async def press_close(self, *_):
        self.close()
        view.get("inside-title").focus()

    def close(self):
        self.address = self.back = self.next = ""
        view.get("panel").hidden = True
        view.get("panel-body").innerHTML = ""
        self.tab.show_view("")

    async def follow(self, address):
        """Show what the page's address asks for."""
        if address and address != self.address:
            await self.open(address)
        elif not address and self.address:
            self.close()

    async def key(self, event):
        """The arrow keys: among the numbers of a table where one of them has the focus, else along the way."""
        right, cell = event.key == "ArrowRight", event.target.closest("td[data-go]")
        if cell and event.key in ("Enter", " "):
            event.preventDefault()
            await self.open(cell.dataset.go)
        elif self.address and event.key in ("ArrowRight", "ArrowLeft") and not event.target.closest("input, select"):
            event.preventDefault()
            if cell:
                self.focus(cell, 1 if right else -1)
            else:
                await self.go(self.next if right else self.back)

    def focus(self, cell, move):
        """Hand the focus to the next number of a table, which the Tab key enters at the one that had it last."""
        cells = cell.closest("table").querySelectorAll("td[data-go]")
        at = [i for i in range(cells.length) if cells.item(i).isSameNode(cell)][0] + move
        if 0 <= at < cells.length:
            cell.tabIndex, cells.item(at).tabIndex = -1, 0
            cells.item(at).focus()
