"""Sessions of the core after so many single steps, trained once in a process and copied for each test; and the panel
that looks into one."""
import io
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import microgpt
from common import recipe as recipes
from texts import EN
from worker.inspector import Inspector
from worker.session import Session

ROOT = Path(__file__).resolve().parents[2]
CORE = (ROOT / "py/microgpt.py").read_text("utf-8")
LARGE = 1000  # documents: a list of so many is never changed, and shared by all copies


class _Pickler(pickle.Pickler):
    """Pickles a session: without the graph behind a number, which is deep, and with its documents shared."""

    def __init__(self, file: io.BytesIO):
        super().__init__(file)
        self.shared = {}

    def persistent_id(self, thing):
        if type(thing) in (list, set) and len(thing) >= LARGE and isinstance(next(iter(thing)), str):
            self.shared[id(thing)] = thing
            return id(thing)

    def reducer_override(self, thing):
        if type(thing) is microgpt.Value and thing.inputs:
            return microgpt.Value, (thing.data, thing.op)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def __init__(self, content: bytes, shared: dict):
        super().__init__(io.BytesIO(content))
        self.shared = shared

    def persistent_load(self, name):
        return self.shared[name]


def _pickled(session: Session, frame: dict | None) -> tuple[bytes, dict]:
    file = io.BytesIO()
    pickler = _Pickler(file)
    pickler.dump((session, frame))
    return file.getvalue(), pickler.shared


@cache
def _trained(fragment: str, steps: int) -> tuple[bytes, dict]:
    if not steps:
        recipe, notes = recipes.parse(fragment)
        assert not notes
        with open(ROOT / recipes.DATASETS[recipe["data"]], encoding="utf-8") as lines:
            return _pickled(Session(lines, recipe), None)
    session, _ = after(fragment, steps - 1)
    return _pickled(session, session.train(0, session.recipe["temperature"], session.recipe["prefix"]))


def after(fragment: str, steps: int) -> tuple[Session, dict | None]:
    """A session of a link's recipe after so many steps of the core, for the caller to change, and its last frame."""
    content, shared = _trained(fragment, steps)
    return _Unpickler(content, shared).load()


def inside(fragment: str, steps: int) -> Inspector:
    """The panel on such a session."""
    return Inspector(after(fragment, steps)[0], CORE, EN)


def walk(panel: Inspector, address: str, *look: str, **more) -> Iterator[dict]:
    """Every page from an address on, by Next."""
    while address:
        page = panel.show(address, *look, **more)
        yield page
        address = page["next"]


def frames(session: Session, budget_ms: float, temperature: float = 0.5, prefix: str = "", until: int = 10**9) -> list:
    """The frames of a session up to a step, or to the end of the run."""
    result = []
    while session.run.step < min(until, session.schedule.num_steps):
        result.append(session.train(budget_ms, temperature, prefix))
        assert not result[-1]["broken"]
    return result


def joined(some_frames: list) -> tuple[list, list]:
    """The points of some frames as one curve, and their names as one list."""
    points = [[x for frame in some_frames for x in frame["points"][column]] for column in range(3)]
    return points, [name for frame in some_frames for name in frame["names"]]
