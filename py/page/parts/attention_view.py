"""The two tables over one document, attention and probabilities, and the cell of attention that is read out in words
(MicroPython, on the page)."""
import asyncio

from page import dom
from page.i18n import on_language, put, say
from pyscript import document

CELLS_AT_ONCE = 600  # of attention: what of a larger picture follows waits until the browser has had its turn
ARROWS = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}


class AttentionView:

    def __init__(self):
        self.chosen, self.by_hand, self.shown = None, False, 0
        self.events = [("attention", event, self.point) for event in ("pointermove", "click", "focusin")]
        self.events += [("attention", "keydown", self.move), ("numbers", "change", self.show_numbers)]
        on_language.add(self.relabel)

    async def show(self, pictures):
        """Put new pictures in place, large ones table by table. The chosen cell stays chosen, and focused if it was."""
        self.shown += 1
        focused = dom.get("attention").contains(document.activeElement)
        document.documentElement.style.setProperty("--positions", str(pictures.positions))
        if await self.place(pictures.attention, pictures.letters.length, self.shown):
            dom.get("probabilities").innerHTML = pictures.probabilities
            self.read_out_cell(pictures, focused and document.body.isSameNode(document.activeElement))

    async def place(self, layers, letters, shown):
        """Put tables, as JavaScript's array [layer][head], in the place of those before; whether all of them were,
        because no other pictures came meanwhile. Their HTML goes from JavaScript to JavaScript."""
        place, cells = dom.get("attention"), 0
        for at in range(layers.length):
            if at == place.children.length:
                place.appendChild(document.createElement("div")).className = "layer"
            layer, tables = place.children[at], layers[at]
            for head in range(tables.length):
                if cells >= CELLS_AT_ONCE and not document.hidden:  # where nobody looks nobody waits, and timers sleep
                    cells = 0
                    await asyncio.sleep(0)
                    if shown != self.shown:
                        return False
                new = head == layer.children.length
                before = layer if new else layer.children[head]
                tables.slice(head, head + 1).forEach(
                    before.insertAdjacentHTML.bind(before, "beforeend" if new else "beforebegin"))
                if not new:
                    before.remove()
                cells += letters * (letters + 1) // 2
            while layer.children.length > tables.length:
                layer.lastElementChild.remove()
        while place.children.length > layers.length:
            place.lastElementChild.remove()
        return True

    def clear(self):
        """Show nothing."""
        self.shown += 1
        self.chosen = None
        for id in ("attention", "probabilities", "reading"):
            dom.get(id).textContent = ""

    def read_out_cell(self, pictures, focused=False):
        """Read out a cell of pictures that are in place: the chosen one, or else the one that tells most."""
        dom.get("reading").setAttribute("aria-live", "off")  # nobody can listen to every picture of a training
        cell = self.cell(*self.chosen) if self.by_hand else None
        self.choose(cell or self.cell(*pictures.telling), focused)

    def cell(self, layer, head, query, key):
        return document.querySelector('#attention [data-layer="%s"][data-head="%s"] [data-query="%s"][data-key="%s"]'
                                      % (layer, head, query, key))

    def choose(self, cell, focus=False):
        """Mark a cell and say in words what it means."""
        if not cell:  # an edited core may show no attention
            self.chosen = None
            return
        old = document.querySelector("#attention .chosen")
        if old:
            old.classList.remove("chosen")
            old.removeAttribute("tabindex")
        cell.classList.add("chosen")
        cell.tabIndex = 0
        table = cell.closest("table")
        query, key = int(cell.dataset.query), int(cell.dataset.key)
        self.chosen = table.dataset.layer, table.dataset.head, query, key
        self.read_out()
        if focus:
            cell.focus()

    def read_out(self):
        """Say what the chosen cell means."""
        if not self.chosen:
            return
        cell, query, key = self.cell(*self.chosen), self.chosen[2], self.chosen[3]
        table = cell.closest("table")  # which knows its letters: others may be on their way
        letters = [letter.textContent for letter in table.querySelectorAll("thead th")]
        values = {"head": table.caption.textContent, "key": letters[key],
                  "text": "".join(letters[1:query + 1]), "percent": "%d" % round(100 * float(cell.dataset.weight))}
        put("reading", ("reading" if query else "reading.start", values))

    def pick(self, cell, focus=False):
        """The visitor's own choice of a cell."""
        self.by_hand = True
        dom.get("reading").setAttribute("aria-live", "polite")
        self.choose(cell, focus)

    def point(self, event):
        cell = event.target.closest("[data-key]")
        if cell and not cell.classList.contains("chosen"):
            self.pick(cell)

    def move(self, event):
        """The arrow keys: through the cells of a head, and at a row's ends to the next head."""
        step = ARROWS.get(event.key)
        if not step or not self.chosen:
            return
        event.preventDefault()
        layer, head, query, key = self.chosen
        query, key, head = query + step[0], key + step[1], int(head)
        if key > query and step[1]:
            head, key = head + 1, 0
        elif key < 0:
            head, key = head - 1, query
        cell = self.cell(layer, head, query, min(key, query))
        if cell:
            self.pick(cell, True)

    def show_numbers(self, event):
        """Show the numbers in the cells, or only their ink."""
        dom.get("attention").classList.toggle("with-numbers", event.target.checked)

    def relabel(self):
        """Put the heads' names into the page's language, and what is read out."""
        heads = document.querySelectorAll("#attention table")
        layers = max([int(table.dataset.layer) for table in heads] + [0])
        for table in heads:
            name = say("head", n=int(table.dataset.head) + 1)
            table.caption.textContent = say("layer", n=int(table.dataset.layer) + 1) + ", " + name if layers else name
        self.read_out()
