"""The worker: a session on a thread of its own, behind a few verbs. It never touches the page.

The page pulls: it calls a verb (__export__) and gets one answer, as JSON text or bytes. Training goes in slices of some
milliseconds, so that a pause is nothing but the page not asking for the next.
"""
import hashlib
import json
import sys
from array import array
from importlib import invalidate_caches
from pathlib import Path

import microgpt
from common.errors import CannotCompile, UserError
from pyodide.ffi import to_js
from worker import core_edit, markup
from worker.session import Session, drawn

with open(microgpt.__file__, "rb") as file:
    PUBLISHED = file.read().decode()


class CoreError(Exception):
    """The visitor's own edit of the core raised; the message is what core_edit.explain() says of it, as JSON."""


def about():
    """What the worker runs: the SHA-256 of the core it loaded, and the Python version."""
    return json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "python": sys.version.split()[0]})


def add_files(files):
    """Write a room's files, an object of JavaScript's with {path: text}, where imports find them."""
    for path, content in files.to_py().items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content, "utf-8")
    invalidate_caches()


def core(new):
    """Run an edited core from the next start() on; the run there was is over. Gives its SHA-256, and how many of its
    lines the published file lacks; or problem, what core_edit.explain() says: then all is as it was."""
    global text, module, session, panel
    try:
        module, text = core_edit.load(new), new
    except BaseException as error:  # SystemExit too
        return json.dumps({"problem": core_edit.explain(error, new)})
    session = panel = None
    return json.dumps({"problem": None, "sha256": hashlib.sha256(new.encode()).hexdigest(),
                       "lines": sum(sign == "+" for sign, _, _ in core_edit.changes(PUBLISHED, new))})


def telling(verb):
    """The verb, whose errors say which line of an edited core they come from."""
    def told(*arguments):
        try:
            return verb(*arguments)
        except BaseException as error:
            if text == PUBLISHED:
                raise
            raise CoreError(json.dumps(core_edit.explain(error, text))) from None
    return told


def difference(old, new):
    """What differs between two texts of the core, as HTML; "" is the published one."""
    return core_edit.difference(old or PUBLISHED, new or PUBLISHED)


def listing():
    """The source of the core it runs, as HTML."""
    from worker import highlight  # here, because the tokenizer takes a moment to load

    return highlight.listing(text)


def read_data(data):
    """What there is to say about a visitor's own data, a Uint8Array: dataset.facts(); or, in problem, what is wrong
    with them, as [key, values] of a text of the page."""
    from worker.dataset import facts  # here, because few have data of their own

    try:
        return json.dumps({"problem": None} | facts(documents(data)))
    except UserError as error:
        return json.dumps({"problem": [error.key, error.values]})


def packed(data):
    """A visitor's own data, a Uint8Array, as text for a link: see formats.packed()."""
    from worker import formats

    return json.dumps(formats.packed(documents(data).docs))


def unpacked(text):
    """The bytes of a link's data, in an array of JavaScript's, or JSON with a problem: see formats.unpacked()."""
    from worker import formats

    found = formats.unpacked(text)
    return json.dumps(found) if isinstance(found, dict) else to_js(memoryview(found))


def documents(data):
    """The documents in a Uint8Array: dataset.read(). The last ones are kept: they are asked for again at each start."""
    global given
    from worker.dataset import read

    data = data.to_bytes()
    key = hashlib.sha256(data).digest()
    if given[0] != key:
        given = key, read(data)
    return given[1]


def lines_of(name, data=None):
    """The documents in a Uint8Array; where there is none, those of a data set that is here, else None."""
    if data:
        return documents(data).docs
    try:
        with open(name + ".txt", encoding="utf-8") as lines:
            return list(lines)
    except (OSError, ValueError):
        return None


@telling
def lines():
    """The same as a table, with how often each line runs in a step, and its share of the time."""
    from worker import highlight
    from worker.inspector import line_profile

    rows = highlight.lines(text)
    try:
        return line_profile.table(rows, line_profile.Lines(session.synced(), len(rows)), words)
    except line_profile.TooSlow:
        return f'<p class="hint">{words["lines.slow"]}</p><ol class="listing">{highlight.listing(text)}</ol>'


@telling
def start(recipe, texts, saved=None, source=None):
    """Begin a run, or go on with one from the bytes that state() gave. What can't be is said in problem.

    source: a Uint8Array of the recipe's data; None for those that the worker has as a file.
    """
    global session, words, panel, data
    recipe, words = json.loads(recipe), json.loads(texts)
    try:
        session = Session(lines_of(recipe["data"], source), recipe, module)
    except ValueError as error:
        return json.dumps({"problem": str(error)})
    if saved:
        state = array("d")
        state.frombytes(saved.to_bytes())
        session.restore(state)
    panel, data = None, recipe["data"]
    return json.dumps({"problem": "", "step": session.run.step, "kept": list(session.history.kept),
                       "chars": "".join(session.run.chars)})


def whose(source):
    """The recipe of a model from outside, so that its data can be fetched: see formats.whose()."""
    from worker import formats  # here, because it is read for those only who keep or open something

    return json.dumps(formats.whose(brought(source)))


def brought(source):
    """A link's text as it is, a file's Uint8Array as bytes."""
    return source if isinstance(source, str) else source.to_bytes()


def adopt(source, texts, saved=None, documents=None):
    """Go on with a model from outside, and from the bytes that state() gave: see formats.opened().

    documents: a Uint8Array of its data; None for those that the worker has as a file, or that nobody has.
    """
    global session, words, panel, data
    from worker import formats

    words = json.loads(texts)
    made, facts = formats.opened(brought(source), lambda name: lines_of(name, documents), words, module)
    if made:
        session, panel, data = made, None, facts["data"]
        if saved:
            state = array("d")
            state.frombytes(saved.to_bytes())
            session.restore(state)
            facts["step"] = session.run.step
    return json.dumps(facts)


def linked():
    """The model as text for a link: {"text", "problem", "values"}."""
    from worker import formats

    return json.dumps(formats.linked(session, data))


def saved(kind, curve, names, document):
    """The bytes of a file to keep, in an array of JavaScript's, or JSON with a problem: see formats.saved()."""
    from worker import formats

    made = formats.saved(kind, session, data, json.loads(curve), json.loads(names), document, words,
                      hashlib.sha256(text.encode()).hexdigest())
    return json.dumps(made) if isinstance(made, dict) else to_js(memoryview(made))


def receipt(curve, names):
    """What came of the published run: see formats.published; "null" for any other run."""
    from worker.formats.published import receipt

    return json.dumps(receipt(session, json.loads(curve), json.loads(names)))


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
    except Exception as error:  # an edited core may be beyond all that the compiler knows to decline
        if text == PUBLISHED:
            raise
        return json.dumps({"ms": 0, "problem": core_edit.explain(error, text)["error"]})


@telling
def train(budget_ms, temperature, prefix, look_at, with_pictures):
    """One slice: the frame of Session.train(), its names as HTML, and the pictures if they are asked for."""
    frame = session.train(budget_ms, temperature, prefix)
    if frame["broken"] and text != PUBLISHED and core_edit.explain(session.fault, text)["line"]:
        raise session.fault  # not the numbers, but the visitor's own line
    frame["html"] = markup.names(frame["names"][::-1], words)
    frame["pictures"] = drawn(session.view(look_at), session.alphabet, words) if with_pictures else None
    return json.dumps(frame)


@telling
def look(document):
    """The pictures over a document of the visitor's, or "" for the one at hand."""
    return json.dumps(drawn(session.view(document), session.alphabet, words))


@telling
def past(step, document):
    """The pictures as they were at the kept step nearest to this one, and that step."""
    if not session.then or session.then.step != step:  # which may be kept no more, and is at hand all the same
        step = min(session.history.kept, key=lambda kept: abs(kept - step))
    return json.dumps({"pictures": drawn(session.view(document, step), session.alphabet, words), "step": step})


def kept(step):
    """A step in the past, or None for now: the page's None comes as JavaScript's null, which is another thing."""
    return step if isinstance(step, int) else None


@telling
def inside(address, document, again, step, temperature, prefix):
    """What the panel shows at an address: see inside.Inside.show."""
    global panel
    if not panel:
        from worker.inspector import Inside  # here, because it is read for those only who look

        panel = Inside(session, text, words)
    return json.dumps(panel.show(address, document, again, kept(step), (temperature, prefix)))


@telling
def names(count, temperature, prefix, step):
    """More names, from a generator of the session's own, as HTML; step: of a kept one's model, or None for now."""
    return markup.names(session.names(count, temperature, prefix, session.rng, kept(step))[::-1], words)


@telling
def last_names(count, first):
    """The next count of the names after the last step, as HTML."""
    return markup.names(session.last_names(count, first), words)


def state():
    """The session's state for start(): bytes in an array of JavaScript's, which the page only keeps."""
    return to_js(memoryview(session.state().tobytes()))


text, module = PUBLISHED, microgpt
session, words, panel, data, given = None, {}, None, "", (None, None)
__export__ = ["about", "add_files", "core", "difference", "listing", "lines", "read_data", "packed", "unpacked",
              "start", "whose", "adopt", "linked", "saved", "receipt", "speak", "use", "train", "look", "past",
              "inside", "names", "last_names", "state"]
