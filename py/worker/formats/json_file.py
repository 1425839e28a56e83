"""Weights as a JSON object, for programs that read nothing else; and such an object read again.

    {"recipe": …, "step": …, "alphabet": […], "data_sha256": …, "core_sha256": …, "weights": {name: [row][column]}}

Earlier versions of the page wrote the core's settings in place of the recipe, without the data's name, or the weights
alone: what such a file lacks is asked for (unlabelled.py).
"""
import json
from codecs import BOM_UTF8

from common.errors import UserError

from . import tensors
from .checkpoint import Model, matrices
from .tensors import Tensors, flattened, parse


def write(model: Model) -> str:
    """The text of a Model's weights, every digit of them."""
    about = {"recipe": model.recipe, "step": model.step, "alphabet": model.alphabet, "data_sha256": model.data_sha256,
             "core_sha256": model.core_sha256}
    weights = {name: [numbers[row * columns:(row + 1) * columns].tolist() for row in range(rows)] for
               name, (rows, columns), numbers in matrices(model.recipe, len(model.alphabet) + 1, model.weights)}
    return json.dumps({**about, "weights": weights}, ensure_ascii=False, allow_nan=False)


def looks_like(data: bytes) -> bool:
    """Whether some bytes are a JSON object that holds a model's weights."""
    return data[:1000].removeprefix(BOM_UTF8).lstrip().startswith(b"{") and b"wte" in data


def read(data: bytes) -> Tensors:
    """The tensors in a JSON file's bytes; its metadata as a safetensors file has them. Raises UserError."""
    try:
        content = parse(data.removeprefix(BOM_UTF8).decode("utf-8"))
        weights = content["weights"] if type(content.get("weights")) is dict else content
        found = {name: flattened(rows) for name, rows in weights.items()}
        about = {} if weights is content else {name: _text(name, value) for name, value in content.items()
                                               if name != "weights"}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        raise UserError("keep.file.damaged") from None
    shapes = {name: shape for name, (shape, _) in found.items()}
    return Tensors(shapes, about, lambda name, infinite=False: tensors.checked(name, found[name][1], infinite), True)


def _text(name, value):
    """A value as the metadata have it: texts as they are, all else as JSON."""
    return value if type(value) is str else json.dumps(value)
