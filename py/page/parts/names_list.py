"""The list of invented names: new ones on top, how many of them are in the training data, which of them a time in the
past has, and the way through it with the arrow keys (MicroPython, on the page)."""
from page import dom
from page.i18n import on_language, put, say
from page.parts import name_share
from pyscript import document

MAX_NAMES = 400  # in the list


class NamesList:
    def __init__(self):
        self.step = None  # of the past that is looked at; None for now
        self.last = None  # the item of the last names that came last
        self.events = [("names", "keydown", self.key), ("names-all", "click", self.toggle_all)]
        on_language.add(self.relabel)

    # ---- What is in it

    def add(self, html):
        """Put invented names on top of the list."""
        self.put(html, None)

    def add_last(self, html, first):
        """Put names after the run's last step in: the first on top of the list, the next below those, whatever else has
        come on top meanwhile."""
        self.last = self.put(html, None if first else self.last)

    def put(self, html, after):
        """Put names below an item, or where there is none on top. Gives the last of them."""
        items = dom.get("names")
        before = items.children.length
        if after and after.isConnected:
            after.insertAdjacentHTML("afterend", html)
            last = after
        else:
            items.insertAdjacentHTML("afterbegin", html)
            last = None
        for _ in range(items.children.length - before):
            last = last.nextElementSibling if last else items.firstElementChild
        while items.children.length > MAX_NAMES:
            items.lastElementChild.remove()
        self.count()
        return last

    def clear(self):
        dom.get("names").innerHTML = ""
        self.count()

    def cut(self, step):
        """Forget the names that a run which goes on from a step will invent again."""
        for item in list(dom.get("names").children):
            if int(item.dataset.step) > step or not step:
                item.remove()

    def names(self):
        """The names in the list, the newest first: [step, name, is it new]."""
        return [[int(item.dataset.step), item.dataset.name, not item.querySelector(".listed")]
                for item in dom.get("names").children]

    # ---- What is shown of it

    def until(self, step):
        """Show the names that there were at a step; None for all."""
        if step != self.step:
            self.step = step
            self.count()

    def count(self):
        """Hide what came later than the step that is looked at, and say how many names are in the training data."""
        names = []
        for i, item in enumerate(dom.get("names").children):
            step, last = int(item.dataset.step), item.lastElementChild.className
            later = self.step is not None and step > self.step
            if item.hidden != later:
                item.hidden = later
            if last != "unknown":  # as of a model whose data are not here
                names.append((step, -i, last == "listed", later))
        names.sort()
        last = [listed for _, _, listed, later in names if not later][-name_share.WINDOW_NAMES:]
        if len(last) < name_share.MIN_NAMES:
            put("tally", ("tally.few", {}))
        else:
            most = 2 * sum(last) > len(last)
            put("tally", ("tally.most" if most else "tally", {"listed": sum(last), "count": len(last)}))
        points = name_share.shares([(step, listed) for step, _, listed, _ in names])
        dom.get("tally-line").setAttribute("points", name_share.line(points, max(1, dom.get("progress").max)))
        dom.get("tally-picture").classList.toggle("empty", len(points) < 2)

    def relabel(self):
        for which in ("new", "listed"):
            for label in document.querySelectorAll("#names .%s, .names-list .%s" % (which, which)):
                label.textContent = say(which)

    def toggle_all(self, *_):
        """On a phone the list has the newest names only, or all."""
        button = dom.get("names-all")
        whole = dom.get("names").classList.toggle("whole")
        button.ariaExpanded = "true" if whole else "false"
        put("names-all", ("names.few" if whole else "names.all", {}))

    def key(self, event):
        """The arrow keys go from name to name; Enter is the press on one."""
        if event.key == "Enter" and event.target.hasAttribute("data-go"):
            event.target.click()
        move = {"ArrowDown": 1, "ArrowUp": -1}.get(event.key)
        names = [item for item in dom.get("names").children if not item.hidden]
        if not move or not names:
            return
        event.preventDefault()
        at = [i for i, item in enumerate(names) if item.contains(event.target)]
        at = at[0] + move if at else 0
        if 0 <= at < len(names):
            name = names[at].querySelector("[data-go]")
            name.tabIndex = -1
            name.focus()
