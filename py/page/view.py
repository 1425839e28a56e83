"""What the visitor sees of a run: figures, pictures, names and sentences in their places (MicroPython, on the page)."""
import asyncio

from page.i18n import number, put, say, sentence
from pyscript import document, window

KEPT = 400  # names in the list, at the most
AT_ONCE = 600  # cells of attention: what of a larger picture follows waits until the browser has had its turn
FINE = ("ready", "training", "paused", "naming", "done")  # the states in which the compiler has a word in the status

_said = {"status": None, "compiler": None}  # each a key and its values


def get(id):
    return document.getElementById(id)


def status(key, state, **values):
    """Say what the page is doing, or what went wrong; state is for the style sheet: loading, ready, training, ..."""
    _said["status"] = key, values
    get("status").dataset.state = state
    _tell()
    needed = state in ("failed", "silent")
    if not needed:
        hand_on("retry", "train")
    get("retry").hidden = not needed


def compiler(key, **values):
    """Say what the compiler does or did, behind what the page is doing; "" for nothing."""
    _said["compiler"] = (key, values) if key else None
    _tell()


def _tell():
    parts = _said["status"] or ("status.start", {}), _said["compiler"] if state() in FINE else None
    put("status", *[part for part in parts if part])


def state():
    return get("status").dataset.state


def line(id, *sentences):
    """Put a quiet line of sentences in its place, or take it away where there are none."""
    put(id, *sentences)
    get(id).hidden = not sentences


def hand_on(id, to):
    """Before the element of an id goes: where it holds the focus, hand that on, so that nobody is thrown to the top."""
    if get(id).contains(document.activeElement):
        get(to).focus()


def show_focus(event):
    """Bring what the keyboard has come to clear of what stays in place: WebKit scrolls to it, but not so far, and now
    and then once more after this."""
    place = event.target
    bars = ".controls *, .sections *"
    if place.matches(":focus-visible:not(" + bars + ")") and not place.shadowRoot:  # the editor scrolls by itself
        options = window.JSON.parse('{"block": "nearest"}')
        place.scrollIntoView(options)
        window.requestAnimationFrame(place.scrollIntoView.bind(place, options))


def embedded(yes):
    """Show names and attention only, for another page's frame; or all."""
    if yes:
        get("page").dataset.embed = "1"
    else:
        get("page").removeAttribute("data-embed")


def button(training):
    put("train", ("pause" if training else "train", {}))


def progress(step, num_steps):
    get("step-count").textContent = "%d / %d" % (step, num_steps)
    get("progress").max, get("progress").value = num_steps, step


def loss(mean):
    get("loss").textContent = "–" if mean is None else "%.3f" % mean


def lasting(seconds):
    """How long something lasts, as a sentence for others."""
    if seconds < 2:
        return sentence("lasting.second")
    return sentence("lasting.seconds", n=seconds) if seconds < 120 else sentence("lasting.minutes", n=seconds // 60)


class Speed:
    """Steps a second over the last few seconds, and the time left."""

    def __init__(self):
        self.measured = lambda speed, seconds_left: None  # is told of each
        self.clear()

    def clear(self):
        self.marks = []
        get("speed").textContent = "–"
        put("time-left")

    def show(self, step, num_steps):
        now = window.performance.now() / 1000
        self.marks = ([mark for mark in self.marks if now - mark[0] < 4] or self.marks[-1:]) + [(now, step)]
        seconds, steps = now - self.marks[0][0], step - self.marks[0][1]
        if seconds <= 0 or steps <= 0:
            return
        speed = steps / seconds
        self.measured(speed, (num_steps - step) / speed)
        get("speed").textContent = number(round(speed)) if speed >= 10 else ("%.1f" if speed >= 1 else "%.2g") % speed
        left = (num_steps - step) / speed
        put("time-left", *[sentence("time.minutes", n=round(left / 60)) if left > 100
                           else sentence("time.seconds", n=round(left))] if left >= 1 else [])


class Pictures:
    """The two tables over one document, and the cell of attention that is read out in words."""

    def __init__(self):
        self.chosen, self.by_hand, self.shown = None, False, 0
        element = get("attention")
        for event in ("pointermove", "click", "focusin"):
            element.addEventListener(event, self.point)
        element.addEventListener("keydown", self.move)

    async def show(self, pictures):
        """Put new pictures in place, large ones table by table. The chosen cell stays chosen, and focused if it was."""
        self.shown += 1
        focused = get("attention").contains(document.activeElement)
        if await self.place(pictures.attention, pictures.letters.length, self.shown):
            get("probabilities").innerHTML = pictures.probabilities
            self.tell(pictures, focused and document.body.isSameNode(document.activeElement))

    async def place(self, layers, letters, shown):
        """Put tables, as JavaScript's array [layer][head], in the place of those before; whether all of them were,
        because no other pictures came meanwhile. Their HTML goes from JavaScript to JavaScript."""
        place, cells = get("attention"), 0
        for at in range(layers.length):
            if at == place.children.length:
                place.appendChild(document.createElement("div")).className = "layer"
            layer, tables = place.children[at], layers[at]
            for head in range(tables.length):
                if cells >= AT_ONCE and not document.hidden:  # where nobody looks nobody waits, and timers sleep
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

    def tell(self, pictures, focused=False):
        """Read out a cell of pictures that are in place: the chosen one, or else the one that tells most."""
        get("reading").setAttribute("aria-live", "off")  # nobody can listen to every picture of a training
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
        values = {"head": table.caption.textContent, "query": letters[query], "key": letters[key],
                  "text": "".join(letters[1:query + 1]), "percent": "%d" % round(100 * float(cell.dataset.weight))}
        put("reading", ("reading" if query else "reading.start", values))

    def pick(self, cell, focus=False):
        """The visitor's own choice of a cell."""
        self.by_hand = True
        get("reading").setAttribute("aria-live", "polite")
        self.choose(cell, focus)

    def point(self, event):
        cell = event.target.closest("[data-key]")
        if cell and not cell.classList.contains("chosen"):
            self.pick(cell)

    def move(self, event):
        """The arrow keys: through the cells of a head, and at a row's ends to the next head."""
        step = {"ArrowUp": (-1, 0), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowRight": (0, 1)}.get(event.key)
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


def names(html, after=0):
    """Put invented names on top of the list, below its first `after` items."""
    items = get("names")
    if after:
        items.children[after - 1].insertAdjacentHTML("afterend", html)
    else:
        items.insertAdjacentHTML("afterbegin", html)
    while items.children.length > KEPT:
        items.lastElementChild.remove()


def relabel():
    """Put the words in pictures and names that are in place into the language of now."""
    heads = document.querySelectorAll("#attention table")
    layers = max([int(table.dataset.layer) for table in heads] + [0])
    for table in heads:
        name = say("head", n=int(table.dataset.head) + 1)
        table.caption.textContent = (say("layer", n=int(table.dataset.layer) + 1) + ", " + name if layers else name)
    for which in ("new", "listed"):
        for label in document.querySelectorAll("#names .%s, .names-list .%s" % (which, which)):
            label.textContent = say(which)


def cut_names(step):
    """Forget the names that a run which goes on from a step will invent again."""
    for item in list(get("names").children):
        if int(item.dataset.step) > step or not step:
            item.remove()


def is_recording():
    return not get("recorded").hidden


def own():
    """Take the recording's note and names away: from here on, what is shown is the visitor's own."""
    if is_recording():
        get("recorded").hidden = True
        get("names").innerHTML = ""
