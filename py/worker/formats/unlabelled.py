"""Weights that do not tell what model they are of: what their names and shapes tell, what has to be asked, and the
answers put beside them."""
from array import array

from common import hangul
from common import recipe as recipes
from common.errors import UserError

from . import tensor_names
from .checkpoint import MAX_CHARACTERS, Model, check, shapes
from .safetensors_file import PARTS
from .tensors import Tensors, parse

MAX_HEADS = next(high for name, _, _, high in recipes.FIELDS if name == "n_head")


def question(found: Tensors) -> dict:
    """What has to be asked about a model's weights, for the page; it can be written as JSON. Raises UserError where
    these are no model's weights.

    n_layer, n_embd, block_size; letters: how many different ones its data have; heads: the numbers of them that may be,
    one where that is known; alphabet: its letters as a text where they are known, else ""; data: names of data sets
    that fit, as [name, letters field of the recipe]; step: how many steps it was trained for, None where nobody knows.
    """
    recipe, vocab_size, _ = _sizes(found)
    known = _known(found)
    heads = [n for n in range(1, MAX_HEADS + 1) if recipe["n_embd"] % n == 0]
    alphabet = "".join(known.get("alphabet", ()))
    fits = [[name, ""] for name, count in recipes.LETTERS.items() if count == vocab_size - 1]
    fits += [[name, "jamo"] for name, count in recipes.JAMO.items() if count == vocab_size - 1]
    return {**recipe, "letters": vocab_size - 1, "heads": [known["n_head"]] if known.get("n_head") in heads else heads,
            "alphabet": alphabet if len(alphabet) == vocab_size - 1 else "", "data": fits, "step": known.get("step")}


def label(found: Tensors, answers: dict, lines: list | None) -> Model:
    """The Model of weights with the answers to their question: n_head; data, a data set's name with letters, and lines,
    its documents; or data "own", and alphabet, the letters in the order of their tokens. Raises UserError."""
    sizes, vocab_size, names = _sizes(found)
    known = _known(found)
    data, letters = answers["data"], answers.get("letters", "")
    if lines is None:
        alphabet = list(answers.get("alphabet", ""))
        if len(set(alphabet)) != vocab_size - 1 or len(alphabet) != vocab_size - 1:
            raise UserError("file.letters.count", expected=vocab_size - 1, found=len(set(alphabet)))
        letters = "jamo" if any("\u1100" <= letter <= "\u11ff" for letter in alphabet) else ""
    else:
        text = "".join(line.strip() for line in lines)
        alphabet = sorted(set(hangul.decompose(text) if letters == "jamo" else text))
        if len(alphabet) != vocab_size - 1 or known.get("alphabet", alphabet) != alphabet:
            raise UserError("file.letters.data", data=data)
    recipe = {name: value for name, value in recipes.DEFAULTS.items() if name in
              ("num_steps", "more", "seed", "held_out", "learning_rate")}
    recipe |= {name: known[name] for name in recipe.keys() & known.keys()}
    recipe |= sizes | {"n_head": answers["n_head"], "data": data, "letters": letters, "sha256": ""}
    order = sorted(range(len(alphabet)), key=alphabet.__getitem__) + [len(alphabet)]  # of the core's tokens
    alphabet.sort()
    step = known.get("step")
    try:
        check(recipe, step or 0, alphabet)
    except (ValueError, KeyError, TypeError):
        raise UserError("file.letters.odd") from None
    weights = array("d")
    for name in shapes(recipe, vocab_size):
        numbers = found.numbers(names[name])
        if name in ("wte", "lm_head"):
            n = recipe["n_embd"]
            numbers = array("d", [x for token in order for x in numbers[token * n:(token + 1) * n]])
        weights.extend(numbers)
    return Model(recipe, step or 0, alphabet, weights, exact=found.exact, step_known=step is not None)


def _sizes(found):
    weights = [name for name in found.shapes  # not what is of use only to a run that is labelled
               if name not in ("recent", "curve") and not tensor_names.core_name(name).startswith(PARTS)]
    names = tensor_names.core_names(weights)
    sizes, vocab_size = tensor_names.sizes({plain: found.shapes[name] for plain, name in names.items()}, names)
    return sizes, vocab_size, names


def _known(found):
    """What the metadata tell nevertheless: settings of the recipe, alphabet, step, of the right types and within the
    limits. An earlier version of the page wrote the core's settings beside weights in JSON."""
    known = {}
    try:
        settings, alphabet = parse(found.about.get("settings", "{}")), parse(found.about.get("alphabet", "[]"))
        step = parse(found.about.get("step", "null"))
    except (ValueError, RecursionError):
        return known
    for name, default in recipes.DEFAULTS.items():
        value = settings.get(name) if type(settings) is dict else None
        value = float(value) if type(default) is float and type(value) is int else value
        if type(value) is type(default) and type(value) is not str and recipes.clamp(name, value) == value:
            known[name] = value
    if type(alphabet) is list and 0 < len(alphabet) <= MAX_CHARACTERS and all(type(x) is str for x in alphabet):
        known["alphabet"] = alphabet
    if type(step) is int and 0 <= step <= known.get("num_steps", 0):
        known["step"] = step
    return known
