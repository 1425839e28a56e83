"""The worker's verbs: a session on a thread of its own, which never touches the page.

The page pulls: it calls a verb (__export__) and gets one answer: JSON text, plain text, a number or bytes. Training
goes in slices of some milliseconds, so that a pause is nothing but the page not asking for the next.

What can't be done raises UserError; what an edited core raises comes as CoreError. Either crosses as the last line of a
traceback, with JSON behind the class's name.
"""
import functools
import hashlib
import json
import sys
from array import array
from importlib import invalidate_caches
from pathlib import Path

import microgpt
from common.errors import CannotCompile, UserError
from common.values import marked
from pyodide.ffi import to_js
from worker import core_edit, markup
from worker.core_edit import CoreError
from worker.session import Session

PUBLISHED = Path(microgpt.__file__).read_bytes().decode()

core_source, core_module = PUBLISHED, microgpt
session = None           # the Session that trains
data_name = ""           # of its data set
texts = {}               # the page's texts by key, in its language
inspector = None         # of this session, once the panel was opened
own_data = None, None    # the last data of a visitor's own: (SHA-256 of the bytes, what dataset.read() gave)


def runs_the_core(verb):
    """A verb whose errors, where the core is an edited one, come as CoreError; UserError stays what it is."""
    @functools.wraps(verb)
    def checked(*arguments):
        try:
            return verb(*arguments)
        except UserError:
            raise
        except BaseException as error:  # SystemExit too
            if core_source == PUBLISHED:
                raise
            raise CoreError(error, core_source) from None
    return checked


# ---- The worker and its core.
def about():
    """What the worker runs, as JSON: {"sha256": of the core's bytes, "python": its version}."""
    return json.dumps({"sha256": core_sha256(), "python": sys.version.split()[0]})


def core_sha256():
    return hashlib.sha256(core_source.encode()).hexdigest()


def add_files(files):
    """Write a room's files, a JavaScript object {path: text}, where imports find them."""
    for path, content in files.to_py().items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content, "utf-8")
    invalidate_caches()


def load_core(source):
    """Run this core from the next start() on; the current run is over.

    Gives JSON: {"sha256", "lines": how many of its lines the published file lacks}. Raises CoreError for a core that
    can't be loaded; then all is as it was.
    """
    global core_source, core_module, session, inspector
    try:
        core_module, core_source = core_edit.load(source), source
    except BaseException as error:  # SystemExit too
        raise CoreError(error, source) from None
    session = inspector = None
    added = sum(sign == "+" for sign, _, _ in core_edit.changes(PUBLISHED, source))
    return json.dumps({"sha256": core_sha256(), "lines": added})


def diff_cores(old, new):
    """What differs between two texts of the core, as HTML; "" is the published one."""
    return core_edit.difference(old or PUBLISHED, new or PUBLISHED)


def list_source():
    """The source of the core that runs, as HTML."""
    from worker import highlight  # here, because the tokenizer takes a moment to load

    return highlight.listing(core_source)


@runs_the_core
def profile_lines():
    """The source as a table, with how often each line runs in a step and its share of the time, as HTML."""
    from worker import highlight
    from worker.inspector import line_profile

    rows = highlight.lines(core_source)
    try:
        measured = line_profile.LineProfile(session.synced(), len(rows))
        return markup.untranslated(line_profile.table(rows, measured, texts))
    except line_profile.TooSlow:
        listing = highlight.listing(core_source)
        return markup.untranslated(f'<p class="hint">{texts["lines.slow"]}</p><ol class="listing">{listing}</ol>')


# ---- A visitor's own data.
def read_data(data):
    """What there is to say about a visitor's own data, a Uint8Array, as JSON: see dataset.facts(). Raises UserError."""
    from worker.dataset import facts  # here, because few have data of their own

    return json.dumps(facts(parse_data(data)))


def pack_data(data):
    """A visitor's own data, a Uint8Array, as text for a link. Raises UserError where it does not fit one."""
    from worker import formats

    return formats.encode_data(parse_data(data).docs)


def unpack_data(text):
    """The bytes of a link's data, as a JavaScript array. Raises UserError for a damaged link."""
    from worker import formats

    return to_js(memoryview(formats.decode_data(text)))


def parse_data(data):
    """What dataset.read() makes of a Uint8Array. The last result is cached, for it is needed again at each start."""
    global own_data
    from worker.dataset import read

    data = data.to_bytes()
    digest = hashlib.sha256(data).digest()
    if own_data[0] != digest:
        own_data = digest, read(data)
    return own_data[1]


def load_lines(name, data=None):
    """The documents in a Uint8Array; where there is none, those of a data set that the worker has, else None."""
    if data:
        return parse_data(data).docs
    try:
        with open(name + ".txt", encoding="utf-8") as lines:
            return list(lines)
    except (OSError, ValueError):
        return None


# ---- A run: begun, opened, saved.
@runs_the_core
def start(recipe_json, texts_json, saved=None, source=None):
    """Begin a run, or go on with one from the bytes that state() gave.

    source: a Uint8Array of the recipe's data; None for a data set that the worker has. Gives JSON: {"step",
    "snapshots": their steps, "chars": the alphabet}. Raises UserError for settings or data that no run can have.
    """
    global session, inspector, data_name
    set_texts(texts_json)
    recipe = json.loads(recipe_json)
    session = Session(load_lines(recipe["data"], source), recipe, core_module)
    inspector, data_name = None, recipe["data"]
    restore(saved)
    return json.dumps({"step": session.run.step, "snapshots": list(session.snapshots.weights),
                       "chars": "".join(session.run.chars)})


def restore(saved):
    """Put the session where it was when state() gave these bytes, if there are any."""
    if saved:
        numbers = array("d")
        numbers.frombytes(saved.to_bytes())
        session.restore(numbers)


def recipe_of(source):
    """The recipe of a model from outside, as JSON, so that its data can be fetched. source: a link's text or a file's
    Uint8Array. Raises UserError."""
    from worker import formats  # here, because only those who save or open something need it

    return json.dumps(formats.recipe_of(content_of(source)))


def content_of(source):
    """A link's text as it is, a file's Uint8Array as bytes."""
    return source if isinstance(source, str) else source.to_bytes()


def open_model(source, texts_json, saved=None, documents=None):
    """Go on with a model from outside, and from the bytes that state() gave.

    documents: a Uint8Array of its data; None for a data set that the worker has, or for none at all. Gives what
    formats.open_model() knows of it, as JSON. Raises UserError; the session is then the one before.
    """
    global session, inspector, data_name
    from worker import formats

    set_texts(texts_json)
    session, facts = formats.open_model(
        content_of(source), lambda name: load_lines(name, documents), texts, core_module)
    inspector, data_name = None, facts["data"]
    restore(saved)
    facts["step"] = session.run.step
    return json.dumps(facts)


def model_link():
    """The model as text for a link. Raises UserError where it does not fit one."""
    from worker import formats

    return formats.encode_model(session, data_name)


def save(kind, curve_json, names_json, document):
    """The bytes of a file of one of formats.KINDS, as a JavaScript array. Raises UserError."""
    from worker import formats

    return to_js(memoryview(formats.save(kind, session, data_name, json.loads(curve_json), json.loads(names_json),
                                         document, texts, core_sha256())))


def check_published(curve_json, names_json):
    """Whether the published run came out as published, as JSON: see formats.check_published(); null for other runs."""
    from worker import formats

    return json.dumps(formats.check_published(session, json.loads(curve_json), json.loads(names_json)))


def state():
    """The session's state for start(), bytes that the page only stores, as a JavaScript array."""
    return to_js(memoryview(session.state().tobytes()))


def set_texts(texts_json):
    """Render with these texts, {key: text}, from now on."""
    global texts
    texts = json.loads(texts_json)
    if inspector:
        inspector.set_texts(texts)


# ---- Training.
def use_engine(engine):
    """Let "core" or "compiled" do the work. Gives the milliseconds that compiling took. Raises UserError where it can't
    be compiled; the core goes on."""
    try:
        return round(session.use(engine))
    except CannotCompile as error:
        raise UserError(error.key, **error.values) from None
    except Exception as error:  # an edited core may be beyond all that the compiler knows to decline
        if core_source == PUBLISHED:
            raise
        raise UserError("compile.raised", error=core_edit.explain(error, core_source)["error"]) from None


@runs_the_core
def train(budget_ms, temperature, prefix, look_at, with_pictures):
    """One slice: the frame of Session.train() as JSON, with "html", its names, and "pictures", if asked for."""
    frame = session.train(budget_ms, temperature, prefix)
    if frame["broken"] and core_source != PUBLISHED and core_edit.explain(session.last_error, core_source)["line"]:
        raise session.last_error  # not the numbers, but the visitor's own line
    frame["html"] = markup.names(frame["names"][::-1], texts)
    frame["pictures"] = pictures(look_at) if with_pictures else None
    return json.dumps(frame)


# ---- Looking at it.
def pictures(document, step=None):
    return markup.pictures(session.view(document, step), session.alphabet, texts)


@runs_the_core
def look(document):
    """The pictures of a document of the visitor's, or for "" of the one that the last step learned from, as JSON."""
    return json.dumps(pictures(document))


@runs_the_core
def look_back(step, document):
    """The pictures as they were at the snapshot nearest to a step, as JSON: {"pictures", "step"}."""
    step = session.nearest_snapshot(step)
    return json.dumps({"pictures": pictures(document, step), "step": step})


def snapshot_step(step):
    """A snapshot's step, or None for now: the page's None comes as JavaScript's null, which is another thing."""
    return step if isinstance(step, int) else None


@runs_the_core
def inspect(address, document, refresh, step, temperature, prefix):
    """The panel's page at an address, as JSON: see Inspector.show(). Raises UserError."""
    global inspector
    if not inspector:
        from worker.inspector import Inspector  # here, because only those who open the panel need it

        inspector = Inspector(session, core_source, texts, marked)
    page = inspector.show(address, document, refresh, snapshot_step(step), (temperature, prefix))
    return json.dumps(page | {"html": markup.untranslated(page["html"])})


@runs_the_core
def names(count, temperature, prefix, step):
    """More names, from a generator of the session's own, as HTML. step: of a snapshot, or None for the model of now."""
    return markup.names(session.names(count, temperature, prefix, session.rng, snapshot_step(step))[::-1], texts)


@runs_the_core
def last_names(count, first):
    """The next count of the names after the last step, as HTML; first: begin them anew."""
    return markup.names(session.last_names(count, first), texts)


__export__ = ["about", "add_files", "load_core", "diff_cores", "list_source", "profile_lines", "read_data", "pack_data",
              "unpack_data", "start", "recipe_of", "open_model", "model_link", "save", "check_published", "state",
              "set_texts", "use_engine", "train", "look", "look_back", "inspect", "names", "last_names"]
