"""A whole run, or only its weights, as a safetensors file, which PyTorch users can load.

The weights have the core's names and shapes, as doubles. A whole run has besides them

    mean.NAME, square.NAME    Adam's two moments, shaped as the weights
    recent                    the last losses, of which the running mean is made
    curve                     the loss curve, as three rows: steps, losses, running means

and its metadata, texts all of them: format, recipe (JSON), step ("" where nobody knows it), alphabet and names (JSON
lists), data, data_sha256, core_sha256, generators (JSON, the states of Python's random.Random by name), held_out (JSON,
[step, loss] of each loss on held-out data), and of a run of an edited core, core, its text. Such a run goes on bit for
bit. The format's version is 1, and 2 where there is an edited core, without which the run would be another.

Programs that load and save such a file may round its numbers or give the tensors other names; it opens all the same.
"""
import json
import math
import random
from array import array

from common import hangul
from common.errors import UserError
from worker.session import MEAN_STEPS

from . import tensor_names, tensors
from .checkpoint import MAX_CORE, MAX_CORE_LINES, MAX_HELD_OUT, Model, check, matrices, recent, shapes, take
from .tensors import MAX_HEADER_BYTES, Tensors, parse

FORMAT, VERSION = "microgpt-in-your-tab", 2
MAX_POINTS = 10_000        # of the curve
MAX_NAMES = 1000
GENERATORS = ("run", "looking")
PARTS = ("mean.", "square.")


def save(session, whole=True, curve=(), names=(), core_sha256="", core="") -> bytes:
    """The bytes of a file: of the whole run, or of its weights.

    curve: three lists, the steps, losses and means, and perhaps a fourth, of held-out losses as [step, loss]; names:
    those invented, the newest first; core: the text of an edited one. What is not this run's own, as names in other
    letters, is left out. Raises UserError where no file can hold the run.
    """
    if not may_be_core(core):
        raise UserError("keep.core.large", limit=f"{MAX_CORE:,}", lines=f"{MAX_CORE_LINES:,}")
    model = take(session, core_sha256=core_sha256, core=core)
    if whole:
        run = session.run
        model.mean, model.square = array("d", run.mean), array("d", run.square)
        if not all(map(math.isfinite, model.mean)) or not all(x >= 0 for x in model.square):
            raise UserError("keep.wild.file")
        model.recent, model.curve = recent(session), known_points(curve, model.step)
        model.held_out = known_losses(curve[3] if len(curve) > 3 else [], model.step)
        model.names = known_names(list(names), set(model.alphabet), model.recipe)
        model.generators = {"run": run.rng.getstate(), "looking": session.rng.getstate()}
        if not session.has_data:  # whose generators are no run's
            model.generators = dict(session.without_data.generators)
    return write(model)


def write(model: Model) -> bytes:
    """The bytes of a Model's file: of the weights, and of all the rest where the model has moments."""
    def tensors_of(part, numbers):
        return [(part + name, *rest) for name, *rest in matrices(model.recipe, len(model.alphabet) + 1, numbers)]

    found = tensors_of("", model.weights)
    about = {"format": f"{FORMAT} {VERSION if model.core else 1}", "recipe": json.dumps(_stated(model.recipe)),
             "step": str(model.step) if model.step_known else "", "alphabet": json.dumps(model.alphabet),
             "data": model.recipe["data"], "data_sha256": model.data_sha256, "core_sha256": model.core_sha256}
    if model.core:
        about["core"] = model.core
    if model.mean is not None:
        found += tensors_of("mean.", model.mean) + tensors_of("square.", model.square)
        found.append(("recent", (len(model.recent),), model.recent))
        points = len(model.curve[0]) if model.curve else 0
        found.append(("curve", (3, points), array("d", [x for column in model.curve for x in column])))
        names = model.names
        while len(json.dumps(json.dumps(names))) > MAX_HEADER_BYTES // 2:
            names = names[:len(names) // 2]  # the newest, as many as the header takes
        about |= {"names": json.dumps(names), "generators": json.dumps(model.generators)}
        if model.held_out:
            about["held_out"] = json.dumps(model.held_out)
    return tensors.write(about, found)


def read(data: bytes) -> Model:
    """The Model in a safetensors file's bytes; with moments where the file holds a whole run. Raises UserError."""
    return model_of(tensors.read(data))


def is_labelled(found: Tensors) -> bool:
    """Whether the metadata tell what model the tensors are of, as this page writes it."""
    about = found.about
    return about.get("format", "").startswith(FORMAT + " ") or {"recipe", "alphabet", "step"} <= about.keys()


def model_of(found: Tensors) -> Model:
    """The Model in some tensors with metadata. Everything is compared with what save() would write before memory is
    allocated for it. Raises UserError."""
    name, _, version = found.about.get("format", "").partition(" ")
    if name == FORMAT:
        if not version.isascii() or not version.isdigit() or len(version) > 9:
            raise UserError("keep.file.strange")
        if int(version) > VERSION:
            raise UserError("keep.newer")
    try:
        return _model(found)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise UserError("keep.file.damaged") from None


def _stated(recipe):
    """A recipe as a file states it: `more` only where the run went on, so that older pages open all others."""
    return {name: value for name, value in recipe.items() if name != "more" or value}


def _model(found):
    about = found.about
    recipe, alphabet, step = parse(about["recipe"]), parse(about["alphabet"]), about["step"]
    if type(recipe) is not dict or type(alphabet) is not list or any(type(char) is not str for char in alphabet):
        raise ValueError("the recipe or the alphabet is none")
    if step and not (step.isascii() and step.isdigit() and len(step) <= 9):
        raise ValueError("the step is none")
    if about.get("data", recipe.get("data")) != recipe.get("data"):
        raise ValueError("the metadata contradict each other")
    if type(recipe.get("learning_rate")) is int:  # as some programs write 1.0
        recipe["learning_rate"] = float(recipe["learning_rate"])
    recipe.setdefault("more", "")
    check(recipe, int(step or 0), alphabet)
    names = tensor_names.core_names(found.shapes)
    shapes_found = {plain: found.shapes[name] for plain, name in names.items()}
    whole = "curve" in names
    table = shapes(recipe, len(alphabet) + 1)
    expected = dict(table)
    if whole:
        expected |= {part + name: shape for part in PARTS for name, shape in table.items()}
        expected |= {name: _free_shape(shapes_found, name, most)
                     for name, most in (("recent", (MEAN_STEPS,)), ("curve", (3, MAX_POINTS)))}
    tensor_names.compare(shapes_found, expected, names)

    def joined(part):
        numbers = array("d")
        for name in table:
            numbers.extend(found.numbers(names[part + name], infinite=part == "square."))
        return numbers

    model = Model(recipe, int(step or 0), alphabet, joined(""), exact=found.exact, step_known=bool(step))
    for name in ("data_sha256", "core_sha256"):
        digest = about.get(name, "")
        if len(digest) > 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("a hash is none")
        setattr(model, name, digest)
    model.core = about.get("core", "")
    if not may_be_core(model.core):
        raise ValueError("the core is too long")
    if whole:
        model.mean, model.square = joined("mean."), joined("square.")
        model.recent, curve = found.numbers(names["recent"]), found.numbers(names["curve"])
        if min(model.square, default=0) < 0:
            raise ValueError("a mean of squares is below zero")
        points = len(curve) // 3
        model.curve = known_points([curve[i * points:(i + 1) * points] for i in range(3)], model.step)
        model.names = known_names(parse(about.get("names", "[]")), set(alphabet), recipe)
        model.held_out = known_losses(parse(about.get("held_out", "[]")), model.step)
        model.generators = _generators(parse(about.get("generators", "{}")))
    return model


def may_be_core(text: str) -> bool:
    """Whether an edited core is short enough for a file, and to be compared with the published one."""
    return len(json.dumps(text)) <= MAX_CORE and len(text.splitlines()) <= MAX_CORE_LINES


def _free_shape(found, name, most):
    """The shape that a tensor has, where it is of as many axes as `most`, and the last no longer; else `most`."""
    shape = found.get(name, ())
    return shape if len(shape) == len(most) and shape[:-1] == most[:-1] and shape[-1] <= most[-1] else most


def known_points(curve, step: int) -> list:
    """The points of a loss curve that a run of so many steps can have, their steps in order: three arrays of doubles,
    steps, losses and means; at most MAX_POINTS, evenly thinned."""
    points, last = [], 0
    for x, loss, mean in zip(*curve[:3]):
        if all(type(number) in (int, float) and math.isfinite(number) for number in (x, loss, mean)):
            if last < x <= step and x == int(x):
                points.append((x, loss, mean))
                last = x
    points = points[::-(-len(points) // MAX_POINTS) or 1]
    return [array("d", column) for column in zip(*points)] or [array("d") for _ in range(3)]


def known_losses(held_out, step: int) -> list:
    """The held-out losses, [step, loss], that a run of so many steps can have, their steps in order."""
    known, last = [], 0
    for point in held_out if type(held_out) is list else ():
        if type(point) is list and len(point) == 2 and all(type(x) in (int, float) for x in point):
            x, loss = point
            if math.isfinite(x) and math.isfinite(loss) and last < x <= step and x == int(x):
                known.append([int(x), float(loss)])
                last = x
    return known[-MAX_HELD_OUT:]


def known_names(names, letters: set, recipe: dict) -> list:
    """Those invented names, each [step, name, is it new], that a model with these letters can have invented. By jamo
    they come as they are shown: put together again."""
    jamo = recipe["letters"] == "jamo"
    letters = letters | set(hangul.ALONE_INITIALS + hangul.ALONE_VOWELS + hangul.ALONE_FINALS) if jamo else letters
    known = []
    for entry in names[:MAX_NAMES] if type(names) is list else ():
        if type(entry) is not list or [type(x) for x in entry] != [int, str, bool] or not 0 <= entry[0] < 1 << 30:
            continue
        name = hangul.decompose(entry[1]) if jamo else entry[1]
        if len(name) <= recipe["block_size"] and letters.issuperset(name):
            known.append(entry)
    return known


def _generators(states):
    """States of random.Random as setstate() takes them."""
    if type(states) is not dict or not states.keys() <= set(GENERATORS):
        raise ValueError("the generators are not a run's")
    result = {}
    for name, (version, words, waiting) in states.items():
        if version != 3 or type(words) is not list or len(words) != 625 or any(type(n) is not int for n in words):
            raise ValueError("a generator's state is none")
        if not all(0 <= n < 1 << 32 for n in words) or words[-1] > 624:
            raise ValueError("a generator's state is none")
        if waiting is not None and (type(waiting) is not float or not math.isfinite(waiting)):
            raise ValueError("a generator's state is none")
        random.Random().setstate(state := (version, tuple(words), waiting))
        result[name] = state
    return result
