"""A trained model as text for a link: at the default size fewer than 2,000 characters, the prefix `model=` included.

Each matrix is rounded to multiples of a step of its own. How much a weight bears on the loss is known from Adam's
second moment, the running mean of its squared gradients: rounding by a step d costs about d² times that. Were the means
exact, steps inversely proportional to their square root would let each matrix cost the same; they are of some hundred
documents only, and the cube root did better over five seeds (bench/model_link.py). All steps are made as fine as the
text's length allows. The multiples are coded by range_coder.py, in the context of the sizes of those before them in
their row and column.
"""
import math
from array import array
from collections import Counter
from dataclasses import replace

from common import recipe as recipes
from common.errors import UserError

from . import base64url
from .checkpoint import MAX_CHARACTERS, Model, check, matrices, shapes
from .range_coder import LARGEST, Decoder, Encoder

NUMBERS = ("n_layer", "n_embd", "n_head", "block_size", "held_out", "num_steps", "seed")  # of the recipe,
TEXTS = ("data", "letters", "sha256")                                                      # in their order
DEFAULT_CHARACTERS = 1960  # at the default size
DEFAULT_WEIGHTS = 4192
CHARACTERS_PER_WEIGHT = 0.455  # of a larger model: about as at the default size
MAX_WEIGHTS = 72000        # in a link: more do not fit base64url.MAX_CHARACTERS
STEPS_PER_OCTAVE = 8       # steps are powers of 2 to 1 / STEPS_PER_OCTAVE, so that a byte can say which
POWERS = (1.0, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.5422108254079407,
          1.681792830507429, 1.8340080864093424)  # 2 to 0, 1/8, 2/8 …: written out, so that all machines have the same
UNIT = 96                  # the index of a step of 1
FINEST, COARSEST = 8, 255  # steps of 2 to -11 and to 19.875
CUTS = (4, 6, 9, 12, 16, 21, 27, 36, 48)  # between the contexts: eighths of a mean size


def step_size(index: int) -> float:
    return math.ldexp(POWERS[index % STEPS_PER_OCTAVE], index // STEPS_PER_OCTAVE - UNIT // STEPS_PER_OCTAVE)


def encode(model: Model, square=None) -> str:
    """The text of a Model. square: Adam's second moment, which tells what matters; without it, all matters alike.

    Raises UserError for a model that is too large or not made of finite numbers of ordinary size.
    """
    if len(model.weights) > MAX_WEIGHTS:
        raise UserError("keep.large", count=len(model.weights))
    model = _in_one_part(model)
    if not all(map(math.isfinite, model.weights)):
        raise UserError("keep.wild")
    head = _head(model)
    limit = min(base64url.MAX_CHARACTERS, DEFAULT_CHARACTERS + max(
        0, round(CHARACTERS_PER_WEIGHT * (len(model.weights) - DEFAULT_WEIGHTS))))
    weights = matrices(model.recipe, len(model.alphabet) + 1, model.weights)
    offsets = _offsets(weights, matrices(model.recipe, len(model.alphabet) + 1, square) if square else None)
    low, high = FINEST, COARSEST
    while low < high:  # the finest that may fit, by the entropy of the multiples
        index = (low + high) // 2
        fits = base64url.length(len(head) + len(weights) + _estimate(weights, offsets, index)) <= limit
        low, high = (low, index) if fits else (index + 1, high)
    for index in range(max(FINEST, low - 4), COARSEST + 1):
        indices = [_bounded(index + offset) for offset in offsets]
        text = _coded(head, indices, weights)
        if text and len(text) <= limit:
            return text
    raise UserError("keep.wild")


def _in_one_part(model):
    """The same as a run that was planned with all its steps: without moments it does not go on bit for bit anyway."""
    num_steps = recipes.clamp("num_steps", recipes.ends(model.recipe)[-1])
    return replace(model, recipe=model.recipe | {"num_steps": num_steps, "more": ""}, step=min(model.step, num_steps))


def decode(text: str) -> Model:
    """The Model that a text holds: without moments, its weights rounded. Raises UserError."""
    try:
        return _decode(base64url.unwrap(text))
    except (ValueError, OverflowError):
        raise UserError("keep.damaged") from None


def _decode(data):
    reader = base64url.Reader(data)
    recipe = {name: reader.number() for name in NUMBERS}
    step = reader.number()
    recipe["learning_rate"] = float(reader.text())
    recipe |= {name: reader.text() for name in TEXTS} | {"more": ""}
    alphabet, last, ranges = [], -1, reader.number()
    for _ in range(ranges):
        first, count = last + 1 + reader.number(), reader.number()
        if len(alphabet) + count > MAX_CHARACTERS or first + count > 0x110000:
            raise ValueError("the alphabet is too large")
        alphabet += map(chr, range(first, first + count))
        last = first + count
    check(recipe, step, alphabet)
    model = Model(recipe, step, alphabet, array("d"))
    table = shapes(recipe, len(alphabet) + 1)
    if recipes.count_parameters(recipe, len(alphabet) + 1) > MAX_WEIGHTS:
        raise ValueError("there are too many weights")
    if _head(model) != data[:reader.at]:
        raise ValueError("the settings are not in the form that encode() gives them")
    indices = reader.bytes(len(table))
    decoder = Decoder(data[reader.at:])
    for index, (rows, columns) in zip(indices, table.values()):
        size, above = step_size(index), [0] * columns
        for row in range(rows):
            left = 0
            for column in range(columns):
                multiple = decoder.number(_context(left + above[column], row + column))
                model.weights.append(multiple * size)
                left += abs(multiple)
                above[column] += abs(multiple)
    if not decoder.done():
        raise ValueError("there is more than the weights")
    return model


def _head(model):
    """The bytes of the settings, the step and the alphabet, the latter as ranges."""
    recipe, ranges = model.recipe, []
    for code in map(ord, model.alphabet):
        if ranges and code == ranges[-1][1]:
            ranges[-1][1] += 1
        else:
            ranges.append([code, code + 1])
    out = b"".join(map(base64url.varint, [*(recipe[name] for name in NUMBERS), model.step]))
    for text in (repr(recipe["learning_rate"]), *(recipe[name] for name in TEXTS)):
        out += base64url.varint(len(text.encode())) + text.encode()
    out += base64url.varint(len(ranges))
    last = -1
    for first, end in ranges:
        out += base64url.varint(first - last - 1) + base64url.varint(end - first)
        last = end
    return out


def _offsets(weights, squares):
    """How much larger than the common step index each matrix's is."""
    if not squares:
        return [0] * len(weights)
    means = [math.fsum(numbers) / len(numbers) for _, _, numbers in squares]
    known = [mean for mean in means if 0 < mean < math.inf]
    if not known:
        return [0] * len(weights)
    middle = math.fsum(known) / len(known)
    return [round(STEPS_PER_OCTAVE * math.log2(middle / mean) / 3) if 0 < mean < math.inf else 0 for mean in means]


def _bounded(index):
    return min(max(index, FINEST), COARSEST)


def _estimate(weights, offsets, index):
    """About how many bytes the multiples take: their entropy, matrix by matrix."""
    bits = 0.0
    for (_, _, numbers), offset in zip(weights, offsets):
        size = step_size(_bounded(index + offset))
        counts = Counter(round(number / size) for number in numbers)
        bits -= sum(count * math.log2(count / len(numbers)) for count in counts.values())
    return int(bits / 8)


def _coded(head, indices, weights):
    """The text with these steps; None where they are too fine for a weight."""
    encoder = Encoder()
    for index, (_, (rows, columns), numbers) in zip(indices, weights):
        size, above, at = step_size(index), [0] * columns, 0
        for row in range(rows):
            left = 0
            for column in range(columns):
                multiple = round(numbers[at] / size)
                if abs(multiple) > LARGEST:
                    return None
                encoder.number(multiple, _context(left + above[column], row + column))
                left += abs(multiple)
                above[column] += abs(multiple)
                at += 1
    return base64url.wrap(head + bytes(indices) + encoder.done())


def _context(total, count):
    """By the mean size of those to the left and above, with one of size 2 that is always counted."""
    eighths, count = 8 * (total + 2), count + 1
    for context, cut in enumerate(CUTS):
        if eighths < cut * count:
            return context
    return len(CUTS)
