"""What a visitor saves of a run, and what they open again: links and files, in pure Python. This page is the door.

checkpoint.py        what is saved of a run: settings, alphabet, weights, and of a whole run, all that training changes
safetensors_file.py  a whole run, or its weights, as a safetensors file
model_link.py        the weights of a trained model as text for a link
data_link.py         the visitor's own data as text for a link
range_coder.py       an adaptive range coder for small whole numbers
base64url.py         bytes as text for a link, with a checksum
exports.py           weights as JSON, the loss curve as CSV, names as text
svg.py               attention and probabilities as SVG
published.py         whether the published losses and names came out

Links and files come from strangers: whoever reads them here takes any text or bytes whatsoever, looks at every size
before memory is taken for it, and answers with a UserError.
"""
from codecs import BOM_UTF8

import microgpt
from common.errors import UserError
from worker import markup
from worker.session import drawn

from . import checkpoint, data_link, exports, model_link, safetensors_file, svg

NAMES_AT_FIRST = 8
KINDS = ("run", "weights", "json", "curve", "names", "attention", "probabilities")


def opened(source, lines_of, words, core=microgpt):
    """A session from a link's text or a file's bytes, and what the page is to know of it; (None, facts) if refused.

    core: the module that is to run it. lines_of(data): the documents of a data set, or None. A link's model goes
    without its data where they are not here or are others; a file's run needs them. facts: problem and values, ""
    where all is well; data, recipe, step, chars; kept: steps of the history; finished: the steps it came with; whole:
    does it go on bit for bit; curve: three lists; html: names; pictures: as session.drawn() has them.
    """
    try:
        if isinstance(source, str):
            found = model_link.decode(source)
            made = _with_or_without(found, lines_of(found.recipe["data"]), core)
        else:
            found = safetensors_file.read(source)
            lines = lines_of(found.recipe["data"])
            if lines is None:
                raise UserError("keep.data", data=found.recipe["data"])
            made = checkpoint.session(found, lines, core)
        names = found.names or made.names(NAMES_AT_FIRST, made.run.settings.temperature, "", made.rng)
        shown = drawn(made.view(), made.alphabet, words)
    except (UserError, ArithmeticError, ValueError) as error:
        problem = error if isinstance(error, UserError) else UserError("keep.wild")
        return None, {"problem": problem.key, "values": problem.values}
    recipe = dict(found.recipe, num_steps=made.run.settings.num_steps)
    return made, {"problem": "", "values": {}, "data": recipe["data"], "recipe": recipe, "step": made.run.step,
                  "kept": list(made.history.kept), "finished": found.step, "chars": "".join(made.run.chars),
                  "whole": found.mean is not None, "curve": [list(column) for column in found.curve],
                  "html": markup.names(names, words), "pictures": shown}


def whose(source):
    """The recipe of what a link's text or a file's bytes hold: {"recipe", "problem", "values"}."""
    try:
        found = model_link.decode(source) if isinstance(source, str) else safetensors_file.read(source)
        return {"recipe": found.recipe, "problem": "", "values": {}}
    except UserError as error:
        return {"recipe": None, "problem": error.key, "values": error.values}


def _with_or_without(found, lines, core):
    try:
        return checkpoint.session(found, lines, core)
    except UserError:
        return checkpoint.session(found, core=core)


def linked(session, data):
    """The model of a session as text for a link: {"text", "problem", "values"}."""
    try:
        kept = checkpoint.taken(session, data)
        return {"text": model_link.encode(kept, session.run.square), "problem": "", "values": {}}
    except UserError as error:
        return {"text": "", "problem": error.key, "values": error.values}


def packed(docs):
    """Documents as text for a link: {"text", "problem", "values"}."""
    try:
        return {"text": data_link.encode(docs), "problem": "", "values": {}}
    except UserError as error:
        return {"text": "", "problem": error.key, "values": error.values}


def unpacked(text):
    """The file of the documents that packed() was given, with the mark that says UTF-8; a dict with problem and values
    where it was refused."""
    try:
        return BOM_UTF8 + "\n".join(data_link.decode(text)).encode()
    except UserError as error:
        return {"problem": error.key, "values": error.values}


def saved(kind, session, data, curve, names, document, words, core_sha256):
    """The bytes of a file of one of KINDS; a dict with problem and values where it was refused."""
    try:
        if kind in ("run", "weights"):
            return safetensors_file.save(session, data, kind == "run", curve, names, core_sha256)
        if kind in ("attention", "probabilities"):
            view = session.view(document)
            return (svg.attention(view["letters"], view["attention"], words) if kind == "attention" else
                    svg.probabilities(view["letters"], session.alphabet, view["probabilities"], view["targets"])
                    ).encode("utf-8", "replace")
        text = {"json": lambda: exports.weights_json(session), "curve": lambda: exports.curve_csv(curve),
                "names": lambda: exports.names_text(names)}[kind]()
        return text.encode("utf-8", "replace")
    except UserError as error:
        return {"problem": error.key, "values": error.values}
    except ValueError:
        return {"problem": "keep.wild", "values": {}}
