"""What a visitor saves of a run, and what they open again: links and files, in pure Python. This module is the door:
nobody imports the others from outside.

checkpoint.py        what is saved of a run: settings, alphabet, weights, and of a whole run, all that training changes
safetensors_file.py  a whole run, or its weights, as a safetensors file
model_link.py        the weights of a trained model as text for a link
data_link.py         the visitor's own data as text for a link
range_coder.py       an adaptive range coder for small integers
base64url.py         bytes as text for a link, with a checksum
exports.py           weights as JSON, the loss curve as CSV, names as text
svg.py               attention and probabilities as SVG
published.py         whether the published losses and names came out

Links and files come from strangers: whoever reads them here takes any text or bytes whatsoever, checks every size
before memory is allocated for it, and raises UserError.
"""
from codecs import BOM_UTF8

import microgpt
from common.errors import UserError
from worker import markup
from worker.session import Session

from . import checkpoint, data_link, exports, model_link, safetensors_file, svg
from .published import check_published

__all__ = ["KINDS", "check_published", "decode_data", "encode_data", "encode_model", "open_model", "recipe_of", "save"]

FIRST_NAMES = 8  # invented for a model that comes without names
KINDS = ("run", "weights", "json", "curve", "names", "attention", "probabilities")


def open_model(source: str | bytes, lines_of, texts: dict, core=microgpt, more="") -> tuple[Session, dict]:
    """A session from a link's text or a file's bytes, and what the page is to know of it. Raises UserError.

    lines_of(data): the documents of a data set, or None; core: the module that is to run it; more: the parts that it
    has gone on for since it was opened, as the recipe's. A link's model goes
    without its data where they are not here or are others; a file's run needs them. The facts: data, recipe, step,
    chars; snapshots: their steps; finished: the steps it came with; whole: does it go on bit for bit; curve: three
    lists; html: names; pictures: as markup.pictures() gives them.
    """
    try:
        model = _decode(source)
        lines = lines_of(model.recipe["data"])
        if lines is None and not isinstance(source, str):
            raise UserError("keep.data", data=model.recipe["data"])
        session = (_with_or_without_data if isinstance(source, str) else checkpoint.session)(model, lines, core)
        if more:
            session.go_on(more)
        names = model.names or session.names(FIRST_NAMES, session.run.settings.temperature, "", session.rng)
        pictures = markup.pictures(session.view(), session.alphabet, texts)
    except (ArithmeticError, ValueError):
        raise UserError("keep.wild") from None
    return session, {"data": model.recipe["data"], "step": session.run.step,
                     "recipe": {name: session.recipe[name] for name in model.recipe},
                     "snapshots": list(session.snapshots.weights), "finished": model.step,
                     "chars": "".join(session.run.chars), "whole": model.mean is not None,
                     "curve": [list(column) for column in model.curve], "html": markup.names(names, texts),
                     "pictures": pictures}


def recipe_of(source: str | bytes) -> dict:
    """The recipe of the model in a link's text or a file's bytes. Raises UserError."""
    return _decode(source).recipe


def _decode(source):
    return model_link.decode(source) if isinstance(source, str) else safetensors_file.read(source)


def _with_or_without_data(model, lines, core):
    try:
        return checkpoint.session(model, lines, core)
    except UserError:
        return checkpoint.session(model, core=core)


def encode_model(session: Session, data: str) -> str:
    """The model of a session as text for a link. data: the data's name. Raises UserError where it does not fit."""
    return model_link.encode(checkpoint.take(session, data), session.run.square)


def encode_data(docs: list[str]) -> str:
    """Documents as text for a link. Raises UserError where they do not fit."""
    return data_link.encode(docs)


def decode_data(text: str) -> bytes:
    """The file of the documents that encode_data() was given, with the mark that says UTF-8. Raises UserError."""
    return BOM_UTF8 + "\n".join(data_link.decode(text)).encode()


def save(kind: str, session: Session, data: str, curve: list, names: list, document: str, texts: dict,
         core_sha256: str) -> bytes:
    """The bytes of a file of one of KINDS. Raises UserError.

    data: the data's name; curve: three lists, steps, losses and means; names: [step, name, is it new]; document: what
    the pictures are of.
    """
    try:
        if kind in ("run", "weights"):
            return safetensors_file.save(session, data, kind == "run", curve, names, core_sha256)
        if kind in ("attention", "probabilities"):
            view = session.view(document)
            text = (svg.attention(view["letters"], view["attention"], texts) if kind == "attention" else
                    svg.probabilities(view["letters"], session.alphabet, view["probabilities"], view["targets"]))
        elif kind == "json":
            text = exports.weights_json(session)
        else:
            text = exports.curve_csv(curve) if kind == "curve" else exports.names_text(names)
        return text.encode("utf-8", "replace")
    except ValueError:
        raise UserError("keep.wild") from None
