"""What a visitor saves of a run, and what they open again: links and files, in pure Python. This module is the door:
nobody imports the others from outside.

checkpoint.py        what is saved of a run: settings, alphabet, weights, and of a whole run, all that training changes
safetensors_file.py  a whole run, or its weights, as a safetensors file
json_file.py         weights as JSON
tensors.py           tensors by name: the container of a safetensors file, and its types of numbers
tensor_names.py      the core's matrices under the names of other programs; the sizes that their shapes tell
unlabelled.py        weights that do not tell what model they are of: what has to be asked
file_kinds.py        what a file is, by its content
model_link.py        the weights of a trained model as text for a link
data_link.py         the visitor's own data as text for a link
range_coder.py       an adaptive range coder for small integers
base64url.py         bytes as text for a link, with a checksum
exports.py           the loss curve as CSV, names as text
svg.py               attention and probabilities as SVG
published.py         whether the published losses and names came out

Links and files come from strangers: whoever reads them here takes any text or bytes whatsoever, checks every size
before memory is allocated for it, and raises UserError. Nothing is saved that could not be opened again.
"""
from codecs import BOM_UTF8

import microgpt
from common.errors import UserError
from worker import markup
from worker.session import Session

from . import checkpoint, data_link, exports, file_kinds, json_file, model_link, safetensors_file, svg, unlabelled
from .published import check_published

__all__ = ["KINDS", "attach", "check_published", "core_of", "decode_data", "encode_data", "encode_model", "examine",
           "label", "open_model", "recipe_of", "save"]

FIRST_NAMES = 8  # invented for a model that comes without names
KINDS = ("run", "weights", "json", "curve", "names", "attention", "probabilities")


def examine(data: bytes, name: str = "") -> dict:
    """What a file is, before it is opened, as {"kind": …}; name: the file's. Raises UserError for what can be neither
    opened nor trained on.

    "text": documents; "names": those that the page saved. "model": it can be opened, with "core", the text of the
    edited core that it carries, or "". "question": weights that do not tell what model they are of, with the fields of
    unlabelled.question(): label() takes the answers.
    """
    if not file_kinds.is_model(data):
        file_kinds.refuse(data)
        return {"kind": "names" if file_kinds.is_names_file(name) else "text"}
    found = file_kinds.read(data)
    if safetensors_file.is_labelled(found):
        return {"kind": "model", "core": safetensors_file.model_of(found).core}
    return {"kind": "question", **unlabelled.question(found)}


def label(data: bytes, answers: dict, lines: list | None) -> bytes:
    """The bytes of a file that can be opened, of weights and the answers to their question: see unlabelled.label().
    Raises UserError."""
    return safetensors_file.write(unlabelled.label(file_kinds.read(data), answers, lines))


def open_model(source: str | bytes, lines_of, texts: dict, core=microgpt, core_text: str = "",
               more: str = "") -> tuple[Session, dict]:
    """A session from a link's text or a file's bytes, and what the page is to know of it. Raises UserError.

    lines_of(data): the documents of a data set, or None; core: the module that is to run it, and core_text, its text
    where it is an edited one. A file with an edited core is refused while that is not the one that runs: none of its
    code runs before somebody has pressed for it. more: the parts that it has gone on for since it was opened, as the
    recipe's. Where the data are not here, or are others, the model comes without them (see checkpoint.session_of):
    attach() takes them later.

    The facts: data, recipe, step, chars; snapshots: their steps; finished: the steps it came with, None where nobody
    knows; whole: does it go on bit for bit; has_data: are its data here; curve: three lists; held_out: losses on
    held-out data, as [step, loss]; html: names; pictures: as markup.pictures() gives them.
    """
    try:
        model = _decode(source)
        if model.core not in ("", core_text):
            raise UserError("keep.core")
        session = _with_or_without_data(model, lines_of(model.recipe["data"]), core)
        if more:
            session.go_on(more)
        names = model.names or session.names(FIRST_NAMES, session.run.settings.temperature, "", session.rng)
        if not session.has_data:
            names = [[step, name, None] for step, name, _ in names]
        pictures = markup.pictures(session.view(), session.alphabet, texts)
    except (ArithmeticError, ValueError):
        raise UserError("keep.wild.open") from None
    return session, {"data": model.recipe["data"], "step": session.run.step,
                     "recipe": {name: session.recipe[name] for name in model.recipe},
                     "snapshots": list(session.snapshots.weights),
                     "finished": model.step if model.step_known else None, "chars": "".join(session.run.chars),
                     "whole": model.mean is not None and model.exact, "has_data": session.has_data,
                     "curve": [list(column) for column in model.curve], "held_out": model.held_out,
                     "html": markup.names(names, texts), "pictures": pictures}


def recipe_of(source: str | bytes) -> dict:
    """The recipe of the model in a link's text or a file's bytes. Raises UserError."""
    return _decode(source).recipe


def core_of(data: bytes) -> str:
    """The text of the edited core in a file's bytes; "" where it has none. Raises UserError."""
    return _decode(data).core


def attach(session: Session, lines: list, core=microgpt) -> Session:
    """A session with its data, in place of one that came without. Raises UserError where these are others."""
    return checkpoint.attach(session, lines, core)


def _decode(source):
    if isinstance(source, str):
        return model_link.decode(source)
    found = file_kinds.read(source)
    if not safetensors_file.is_labelled(found):
        raise UserError("keep.file.unlabelled")
    return safetensors_file.model_of(found)


def _with_or_without_data(model, lines, core):
    try:
        return checkpoint.session_of(model, lines, core)
    except UserError:
        if lines is None:
            raise
        return checkpoint.session_of(model, core=core)


def encode_model(session: Session) -> str:
    """The model of a session as text for a link. Raises UserError where it does not fit."""
    return model_link.encode(checkpoint.take(session), session.run.square)


def encode_data(docs: list[str]) -> str:
    """Documents as text for a link. Raises UserError where they do not fit."""
    return data_link.encode(docs)


def decode_data(text: str) -> bytes:
    """The file of the documents that encode_data() was given, with the mark that says UTF-8. Raises UserError."""
    return BOM_UTF8 + "\n".join(data_link.decode(text)).encode()


def save(kind: str, session: Session, curve: list, names: list, document: str, texts: dict, core_sha256: str,
         core: str = "") -> bytes:
    """The bytes of a file of one of KINDS. Raises UserError.

    curve: three lists, steps, losses and means, and perhaps a fourth, of held-out losses as [step, loss]; names: each
    as [step, name, is it new]; document: what the pictures are of; core: the text of the core that runs, where it is an
    edited one.
    """
    try:
        if kind in ("run", "weights"):
            return safetensors_file.save(session, kind == "run", curve, names, core_sha256, core)
        if kind in ("attention", "probabilities"):
            view = session.view(document)
            text = (svg.attention(view["letters"], view["attention"], texts) if kind == "attention" else
                    svg.probabilities(view["letters"], session.alphabet, view["probabilities"], view["targets"]))
        elif kind == "json":
            text = json_file.write(checkpoint.take(session, core_sha256=core_sha256))
        elif kind == "curve":
            step = session.run.step
            text = exports.curve_csv(safetensors_file.known_points(curve, step),
                                     safetensors_file.known_losses(curve[3] if len(curve) > 3 else [], step))
        else:
            text = exports.names_text(names)
        return text.encode("utf-8", "replace")
    except ValueError:
        raise UserError("keep.wild.file") from None
