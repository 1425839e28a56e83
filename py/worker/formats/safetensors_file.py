"""A whole run, or only its weights, as a safetensors file, which PyTorch users can load.

The format (github.com/huggingface/safetensors): eight bytes for the length of the header, lowest first; the header, as
JSON, with spaces up to a multiple of eight bytes; then the numbers, as doubles, lowest byte first. The weights have the
core's names and shapes. A whole run has besides them

    mean.NAME, square.NAME    Adam's two moments, shaped as the weights
    recent                    the last losses, of which the running mean is made
    curve                     the loss curve, as three rows: steps, losses, running means

and its metadata, texts all of them: format, recipe (JSON), step, alphabet and names (JSON lists), data, data_sha256,
core_sha256, generators (JSON, the states of Python's random.Random by name). Such a run goes on bit for bit.
"""
import json
import math
import random
import sys
from array import array

from common import hangul
from common.errors import UserError
from worker.session import MEAN_STEPS

from .checkpoint import Model, check, documents_sha256, matrices, recent, shapes, take

FORMAT, VERSION = "microgpt-in-your-tab", 1
MAX_HEADER_BYTES = 1 << 20
MAX_BYTES = 1 << 25        # of a file: more than the largest run of the recipe's table takes
MAX_POINTS = 10_000        # of the curve
MAX_NAMES = 1000
GENERATORS = ("run", "looking")


def save(session, data: str, whole=True, curve=(), names=(), core_sha256="") -> bytes:
    """The bytes of a file: of the whole run, or of its weights.

    data: the data's name; curve: three lists, the steps, losses and means; names: those invented, the newest
    first. Raises UserError where an edited core has other matrices.
    """
    more = {"core_sha256": core_sha256, "data_sha256": documents_sha256(session)}
    model = take(session, data, **more)
    if whole:
        run = session.run
        model.mean, model.square = array("d", run.mean), array("d", run.square)
        model.recent, model.curve = recent(session), [array("d", column) for column in curve]
        model.names = list(names)[:MAX_NAMES]
        model.generators = {"run": run.rng.getstate(), "looking": session.rng.getstate()}
    return write(model)


def write(model: Model) -> bytes:
    """The bytes of a Model's file: of the weights, and of all the rest where the model has moments."""
    def tensors_of(part, numbers):
        return [(part + name, *rest) for name, *rest in matrices(model.recipe, len(model.alphabet) + 1, numbers)]

    tensors = tensors_of("", model.weights)
    about = {"format": f"{FORMAT} {VERSION}", "recipe": json.dumps(_stated(model.recipe)), "step": str(model.step),
             "alphabet": json.dumps(model.alphabet), "data": model.recipe["data"], "data_sha256": model.data_sha256,
             "core_sha256": model.core_sha256}
    if model.mean is not None:
        tensors += tensors_of("mean.", model.mean) + tensors_of("square.", model.square)
        tensors.append(("recent", (len(model.recent),), model.recent))
        points = len(model.curve[0]) if model.curve else 0
        tensors.append(("curve", (3, points), array("d", [x for column in model.curve for x in column])))
        about |= {"names": json.dumps(model.names), "generators": json.dumps(model.generators)}
    header, at = {"__metadata__": about}, 0
    for name, shape, numbers in tensors:
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [at, at + 8 * len(numbers)]}
        at += 8 * len(numbers)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    body = [_doubles(numbers).tobytes() for _, _, numbers in tensors]
    return b"".join([len(text).to_bytes(8, "little"), text, *body])


def read(data: bytes) -> Model:
    """The Model in a file's bytes; with moments where the file holds a whole run.

    Everything is compared with what save() would write before memory is allocated for it. Raises UserError.
    """
    if len(data) > MAX_BYTES:
        raise UserError("keep.file.large")
    try:
        header, start = _header(data)
        about = header.pop("__metadata__", None)
        if not isinstance(about, dict) or any(type(text) is not str for text in about.values()):
            raise UserError("keep.file.strange")
        name, _, version = about.get("format", "").partition(" ")
        if name != FORMAT or not version.isascii() or not version.isdigit() or len(version) > 9:
            raise UserError("keep.file.strange")
        if int(version) > VERSION:
            raise UserError("keep.newer")
        return _model(about, header, memoryview(data)[start:])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise UserError("keep.file.damaged") from None


def _stated(recipe):
    """A recipe as a file states it: `more` only where the run went on, so that older pages open all others."""
    return {name: value for name, value in recipe.items() if name != "more" or value}


def _header(data):
    """The header, and where the numbers begin. What is not a safetensors file at all is UserError as strange."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 10 or not 2 <= size <= MAX_HEADER_BYTES or data[8:9] != b"{":
        raise UserError("keep.file.strange")
    if size > len(data) - 8:
        raise ValueError("it ends too soon")
    return _json(bytes(data[8:8 + size]).decode("utf-8")), 8 + size


def _json(text):
    """JSON in which no key comes twice and each number is one."""
    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key comes twice")
        return dict(pairs)

    def none(name):
        raise ValueError(f"{name} is no number")

    return json.loads(text, object_pairs_hook=once, parse_constant=none)


def _model(about, header, body):
    recipe, alphabet, step = _json(about["recipe"]), _json(about["alphabet"]), about["step"]
    if type(recipe) is not dict or type(alphabet) is not list or not step.isascii() or not step.isdigit():
        raise ValueError("the recipe, the alphabet or the step is none")
    if len(step) > 9 or any(type(char) is not str for char in alphabet) or about["data"] != recipe.get("data"):
        raise ValueError("the metadata contradict each other")
    recipe.setdefault("more", "")
    check(recipe, int(step), alphabet)
    whole = "curve" in header
    table = shapes(recipe, len(alphabet) + 1)
    expected = dict(table)
    if whole:
        expected |= {part + name: shape for part in ("mean.", "square.") for name, shape in table.items()}
        expected |= {name: _free_shape(header, name, most)
                     for name, most in (("recent", (MEAN_STEPS,)), ("curve", (3, MAX_POINTS)))}
    places = _places(header, expected, len(body))
    model = Model(recipe, int(step), alphabet, _joined(body, places, table, ""))
    for name in ("data_sha256", "core_sha256"):
        if len(about[name]) > 64 or not set(about[name]) <= set("0123456789abcdef"):
            raise ValueError("a hash is none")
        setattr(model, name, about[name])
    if whole:
        model.mean, model.square = (_joined(body, places, table, part) for part in ("mean.", "square."))
        model.recent, curve = (_numbers(body, *places[name]) for name in ("recent", "curve"))
        if min(model.square, default=0) < 0:
            raise ValueError("a mean of squares is below zero")
        points = len(curve) // 3
        model.curve = [curve[i * points:(i + 1) * points] for i in range(3)]
        _check_curve(model.curve[0], model.step)
        model.names = _names(_json(about["names"]), set(alphabet), recipe)
        model.generators = _generators(_json(about["generators"]))
    return model


def _free_shape(header, name, most):
    """The shape that a tensor says it has, where that is of as many axes as `most`, and the last no longer."""
    shape = header[name]["shape"]
    if type(shape) is not list or len(shape) != len(most) or any(type(n) is not int for n in shape):
        raise ValueError("a shape is none")
    if tuple(shape[:-1]) != most[:-1] or not 0 <= shape[-1] <= most[-1]:
        raise ValueError("a shape is not the expected one")
    return tuple(shape)


def _places(header, expected, size):
    """Where each tensor's numbers begin and end: all of those expected, and no byte twice or left over."""
    if header.keys() != expected.keys():
        raise ValueError("the tensors are not those of the recipe")
    places = {}
    for name, entry in header.items():
        first, end = entry["data_offsets"]
        if entry.keys() != {"dtype", "shape", "data_offsets"} or entry["dtype"] != "F64":
            raise ValueError("a tensor is not of doubles")
        if entry["shape"] != list(expected[name]) or type(first) is not int or type(end) is not int:
            raise ValueError("a tensor's shape is not the expected one")
        if not 0 <= first <= end or end - first != 8 * math.prod(expected[name]):
            raise ValueError("a tensor's place is not as long as it must be")
        places[name] = first, end
    at = 0
    for first, end in sorted(places.values()):
        if first != at:
            raise ValueError("tensors overlap, or leave a gap")
        at = end
    if at != size:
        raise ValueError("the file is longer or shorter than its tensors")
    return places


def _numbers(body, first, end):
    numbers = array("d")
    numbers.frombytes(body[first:end])
    numbers = _doubles(numbers)
    if not all(map(math.isfinite, numbers)):
        raise ValueError("a number is none")
    return numbers


def _joined(body, places, table, part):
    numbers = array("d")
    for name in table:
        numbers.extend(_numbers(body, *places[part + name]))
    return numbers


def _check_curve(steps, step):
    if any(a >= b for a, b in zip(steps, steps[1:])) or any(x != int(x) or not 1 <= x <= step for x in steps):
        raise ValueError("the curve's steps are not in order")


def _names(names, letters, recipe):
    """Invented names, each as [step, name, is it new]. By jamo they come as they are shown: put together again."""
    jamo = recipe["letters"] == "jamo"
    letters = letters | set(hangul.ALONE_INITIALS + hangul.ALONE_VOWELS + hangul.ALONE_FINALS) if jamo else letters
    if type(names) is not list or len(names) > MAX_NAMES:
        raise ValueError("the names are no list of them")
    for step, name, is_new in names:
        if type(step) is not int or type(name) is not str or type(is_new) is not bool or not 0 <= step < 1 << 30:
            raise ValueError("a name is none")
        name = hangul.decompose(name) if jamo else name
        if len(name) > recipe["block_size"] or not letters.issuperset(name):
            raise ValueError("a name is not one of this model's")
    return names


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


def _doubles(numbers):
    """The same numbers with the lowest byte first, from what this machine has or into it."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
