"""The list of invented names as a whole: how many are in the list that was learned from, which of them a time in the
past has, and the way through it with the arrow keys (MicroPython, on the page)."""
from page import view
from page.i18n import put
from page.parts import name_share


class Invented:
    def __init__(self):
        self.step, self.told = None, None

    def until(self, step):
        """Show the names that there were at a step; None for all."""
        if step != self.step:
            self.step = step
            self.tell()

    def tell(self, *_):
        """The list has changed: hide what came later, and say how many names are in the list."""
        names = []
        for i, item in enumerate(view.get("names").children):
            step, last = int(item.dataset.step), item.lastElementChild.className
            later = self.step is not None and step > self.step
            if item.hidden != later:
                item.hidden = later
            names.append((step, -i, last == "listed", later))
        names.sort()
        shown = [(step, listed) for step, _, listed, later in names if not later]
        last = shown[-name_share.WINDOW:]
        if len(last) < name_share.LEAST:
            put("tally", ("tally.few", {}))
        else:
            share = sum([listed for _, listed in last]) / len(last)
            put("tally", ("tally", {"count": len(last), "percent": "%d" % round(100 * share)}))
        points = name_share.shares([(step, listed) for step, _, listed, _ in names])
        view.get("tally-line").setAttribute("points", name_share.line(points, max(1, view.get("progress").max)))
        view.get("tally-picture").classList.toggle("empty", len(points) < 2)

    def key(self, event):
        """The arrow keys go from name to name; Enter is the press on one."""
        if event.key == "Enter" and event.target.hasAttribute("data-go"):
            event.target.click()
        move = {"ArrowDown": 1, "ArrowUp": -1}.get(event.key)
        names = [item for item in view.get("names").children if not item.hidden]
        if not move or not names:
            return
        event.preventDefault()
        at = [i for i, item in enumerate(names) if item.contains(event.target)]
        at = at[0] + move if at else 0
        if 0 <= at < len(names):
            name = names[at].querySelector("[data-go]")
            name.tabIndex = -1
            name.focus()
