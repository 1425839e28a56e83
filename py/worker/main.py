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
from worker import core_edit, markup, own_data
from worker.core_edit import CoreError
from worker.session import Session

PUBLISHED = Path(microgpt.__file__).read_bytes().decode()

core_source, core_module = PUBLISHED, microgpt
session = None           # the Session that trains
texts = {}               # the page's texts by key, in its language
inspector = None         # of this session, once the panel was opened


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


def edited_core():
    """The text of the core that runs where it is an edited one, else ""."""
    return "" if core_source == PUBLISHED else core_source


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
def read_text(data, choices_json, wanted):
    """What a visitor's file or paste, a Uint8Array, holds, and how else it could be read, as JSON: see reading.read()
    for the arguments and reading.facts() for the answer. Raises UserError."""
    from worker import reading

    return json.dumps(reading.facts(own_data.parse_text(data.to_bytes(), choices_json, wanted)))


def plain_data(data, choices_json, wanted):
    """The documents of what read_text() read, as the bytes of a plain file, a JavaScript array: own data for
    read_data(), pack_data() and start(). Raises UserError."""
    from worker import reading

    found = own_data.parse_text(data.to_bytes(), choices_json, wanted)
    if found.problem:
        raise found.problem
    return to_js(memoryview(reading.plain(found.own)))


def read_data(data):
    """What there is to say about own data that were read before, a Uint8Array, as JSON: see dataset.facts(). Raises
    UserError."""
    from worker.dataset import facts  # here, because few have data of their own

    return json.dumps(facts(own_data.parse(data.to_bytes())))


def pack_data(data):
    """A visitor's own data, a Uint8Array, as text for a link. Raises UserError where it does not fit one."""
    from worker import formats

    return formats.encode_data(own_data.parse(data.to_bytes()).docs)


def unpack_data(text):
    """The bytes of a link's data, as a JavaScript array. Raises UserError for a damaged link."""
    from worker import formats

    return to_js(memoryview(formats.decode_data(text)))


def load_lines(name, data=None):
    """The documents in a Uint8Array, or else of a data set: see own_data.documents()."""
    return own_data.documents(name, data.to_bytes() if data else None)


# ---- A run: begun, opened, saved.
@runs_the_core
def start(recipe_json, texts_json, saved=None, source=None):
    """Begin a run, or go on with one from the bytes that state() gave.

    source: a Uint8Array of the recipe's data; None for a data set that the worker has. Gives JSON: {"step",
    "snapshots": their steps, "chars": the alphabet}. Raises UserError for settings or data that no run can have.
    """
    global session, inspector
    set_texts(texts_json)
    recipe = json.loads(recipe_json)
    session = Session(load_lines(recipe["data"], source), recipe, core_module)
    inspector = None
    restore(saved)
    return json.dumps({"step": session.run.step, "snapshots": list(session.snapshots.weights),
                       "chars": "".join(session.run.chars)})


def restore(saved):
    """Put the session where it was when state() gave these bytes, if there are any."""
    if saved:
        numbers = array("d")
        numbers.frombytes(saved.to_bytes())
        session.restore(numbers)


def examine(data, name=""):
    """What a file is, a Uint8Array with its name, before it is opened, as JSON: see formats.examine(). In place of
    "core", where it carries an edited one that does not run already, "changes": what that changes in the published
    core, as HTML; else "". None of its code runs. Raises UserError for what can be neither opened nor trained on."""
    from worker import formats  # here, because only those who save or open something need it

    facts = formats.examine(content_of(data), name)
    core = facts.pop("core", "")
    changes = core_edit.difference(PUBLISHED, core) if core not in ("", core_source) else ""
    return json.dumps({**facts, "changes": changes})


def core_of(data):
    """The text of the edited core in a file's Uint8Array, for load_core(). Raises UserError."""
    from worker import formats

    return formats.core_of(content_of(data))


def label(data, answers_json, documents=None):
    """The bytes of a file for open_model(), as a JavaScript array: of weights, a Uint8Array, for which examine() has a
    question, and the answers to it, as formats.label() takes them. documents: a Uint8Array of the data that they name;
    None for those that the worker has, or for data that are not here. Raises UserError."""
    from worker import formats

    answers = json.loads(answers_json)
    lines = load_lines(answers["data"], documents)
    return to_js(memoryview(formats.label(content_of(data), answers, lines)))


def recipe_of(source):
    """The recipe of a model from outside, as JSON, so that its data can be fetched. source: a link's text or a file's
    Uint8Array. Raises UserError."""
    from worker import formats

    return json.dumps(formats.recipe_of(content_of(source)))


def content_of(source):
    """A link's text as it is, a file's Uint8Array as bytes."""
    return source if isinstance(source, str) else source.to_bytes()


@runs_the_core
def open_model(source, texts_json, saved=None, documents=None, more=""):
    """Go on with a model from outside, and from the bytes that state() gave.

    documents: a Uint8Array of its data; None for a data set that the worker has, or for none at all; more: the parts
    that it has gone on for since it was opened. Gives what formats.open_model() knows of it, as JSON. Where has_data is
    false there, train() raises UserError until give_data() has taken the data. Raises UserError, of a file with an
    edited core too that load_core() was not given; the session is then the one before.
    """
    global session, inspector
    from worker import formats

    set_texts(texts_json)
    session, facts = formats.open_model(
        content_of(source), lambda name: load_lines(name, documents), texts, core_module, edited_core(), more)
    inspector = None
    restore(saved)
    facts["step"] = session.run.step
    return json.dumps(facts)


@runs_the_core
def give_data(source=None):
    """Give the session the data that it came without; training can go on then.

    source: a Uint8Array of the data; None for a data set that the worker has, by the name in the session's recipe.
    Gives JSON: {"step", "snapshots": their steps, "chars": the alphabet}, the same as before; names invented from now
    on are marked by these data. Raises UserError where they are not those that the model was trained on, by alphabet
    and, where link or file tells it, by SHA-256, and where there are none; the session stays as it was. A session that
    has its data keeps them.
    """
    global session, inspector
    from worker import formats

    if not session.has_data:
        lines = load_lines(session.recipe["data"], source)
        if lines is None:
            raise UserError("keep.without-data")
        session, inspector = formats.attach(session, lines, core_module), None
    return json.dumps({"step": session.run.step, "snapshots": list(session.snapshots.weights),
                       "chars": "".join(session.run.chars)})


@runs_the_core
def model_link():
    """The model as text for a link. Raises UserError where it does not fit one."""
    from worker import formats

    return formats.encode_model(session)


@runs_the_core
def save(kind, curve_json, names_json, document):
    """The bytes of a file of one of formats.KINDS, as a JavaScript array. Raises UserError."""
    from worker import formats

    return to_js(memoryview(formats.save(kind, session, json.loads(curve_json), json.loads(names_json), document, texts,
                                         core_sha256(), edited_core())))


def check_published(curve_json):
    """Whether the published run came out as published, as JSON: see formats.check_published(); null for other runs."""
    from worker import formats

    return json.dumps(formats.check_published(session, json.loads(curve_json), session.final_names))


def held_out():
    """What there is to say of the session's held-out documents, as JSON: see HeldOut.facts()."""
    return json.dumps(session.held_out.facts())


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


def extend(steps):
    """Let a finished run go on for so many steps more. Gives the recipe's `more` from now on. Raises UserError."""
    return session.extend(steps)


@runs_the_core
def train(budget_ms, temperature, prefix, look_at, with_pictures):
    """One slice: the frame of Session.train() as JSON, with "html", its names, "measuring", how many seconds went into
    the held-out loss, and "pictures", if asked for."""
    frame = session.train(budget_ms, temperature, prefix)
    if frame["broken"] and core_source != PUBLISHED and core_edit.explain(session.last_error, core_source)["line"]:
        raise session.last_error  # not the numbers, but the visitor's own line
    frame["measuring"] = session.measuring
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
    step = session.run_at(step).step
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


__export__ = ["about", "add_files", "load_core", "diff_cores", "list_source", "profile_lines", "read_text",
              "plain_data", "read_data", "pack_data", "unpack_data", "start", "examine", "core_of", "label",
              "recipe_of", "open_model", "give_data", "model_link", "save", "check_published", "held_out", "state",
              "set_texts", "use_engine", "extend", "train", "look", "look_back", "inspect", "names", "last_names"]
