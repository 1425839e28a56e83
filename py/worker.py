"""The worker: a session on a thread of its own, behind a few verbs. It never touches the page.

The page pulls: it calls a verb (__export__) and gets one answer, as JSON text or bytes. Training goes in slices of some
milliseconds, so that a pause is nothing but the page not asking for the next.
"""
import hashlib
import json
import sys
from array import array

import draw
import microgpt
from compiler import CannotCompile
from pyodide.ffi import to_js
from session import Session, drawn

with open(microgpt.__file__, "rb") as file:
    CORE = file.read()


def about():
    """What the worker runs: the SHA-256 of the core it loaded, and the Python version."""
    return json.dumps({"sha256": hashlib.sha256(CORE).hexdigest(), "python": sys.version.split()[0]})


def listing():
    """The source of the core it loaded, as HTML."""
    import source  # here, because Python's tokenizer takes a moment to load and few ask for this

    return source.listing(CORE.decode())


def read_data(data):
    """What there is to say about a visitor's own data, a Uint8Array: data.facts(); or, in problem, what is wrong with
    them, as [key, values] of a text of the page."""
    from data import Problem, facts  # here, because few have data of their own

    try:
        return json.dumps({"problem": None} | facts(documents(data)))
    except Problem as problem:
        return json.dumps({"problem": problem.args})


def documents(data):
    """The documents in a Uint8Array: data.read(). The last ones are kept: they are asked for again at each start."""
    global kept
    from data import read

    data = data.to_bytes()
    key = hashlib.sha256(data).digest()
    if kept[0] != key:
        kept = key, read(data)
    return kept[1]


def start(recipe, texts, saved=None, data=None):
    """Begin a run, or go on with one from the bytes that state() gave. What can't be is said in problem.

    data: a Uint8Array of the recipe's data; None for those that the worker has as a file.
    """
    global session, words, panel
    recipe, words = json.loads(recipe), json.loads(texts)
    try:
        if data:
            session = Session(documents(data).docs, recipe)
        else:
            with open(recipe["data"] + ".txt", encoding="utf-8") as lines:
                session = Session(lines, recipe)
    except ValueError as error:
        return json.dumps({"problem": str(error)})
    if saved:
        state = array("d")
        state.frombytes(saved.to_bytes())
        session.restore(state)
    panel = None
    return json.dumps({"problem": "", "step": session.run.step, "chars": "".join(session.run.chars)})


def speak(texts):
    """Draw with these words from now on."""
    global words
    words = json.loads(texts)
    if panel:
        panel.words = words


def use(engine):
    """Let "core" or "compiled" do the work. Gives the milliseconds of compiling, and the problem if it could not be."""
    try:
        return json.dumps({"ms": round(session.use(engine)), "problem": ""})
    except CannotCompile as error:
        return json.dumps({"ms": 0, "problem": str(error)})


def train(budget_ms, temperature, prefix, look_at, with_pictures):
    """One slice: the frame of Session.train(), its names as HTML, and the pictures if they are asked for."""
    frame = session.train(budget_ms, temperature, prefix)
    frame["html"] = draw.names(frame["names"][::-1], words)
    frame["pictures"] = drawn(session.view(look_at), session.alphabet, words) if with_pictures else None
    return json.dumps(frame)


def look(document):
    """The pictures over a document of the visitor's, or "" for the one at hand."""
    return json.dumps(drawn(session.view(document), session.alphabet, words))


def inside(address, document, again):
    """What the panel shows at an address: see inside.Inside.show."""
    global panel
    if not panel:
        from inside import Inside  # here, because it is read for those only who look

        panel = Inside(session, CORE.decode(), words)
    return json.dumps(panel.show(address, document, again))


def names(count, temperature, prefix):
    """More names, from a generator of the session's own, as HTML."""
    return draw.names(session.names(count, temperature, prefix, session.rng)[::-1], words)


def last_names(count, first):
    """The next count of the names after the last step, as HTML."""
    return draw.names(session.last_names(count, first), words)


def state():
    """The session's state for start(): bytes in an array of JavaScript's, which the page only keeps."""
    return to_js(memoryview(session.state().tobytes()))


session, words, panel, kept = None, {}, None, (None, None)
__export__ = ["about", "listing", "read_data", "start", "speak", "use", "train", "look", "inside", "names",
              "last_names", "state"]
