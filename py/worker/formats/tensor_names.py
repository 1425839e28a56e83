"""The core's matrices under the names that other programs give them, and the sizes of a model that their shapes tell.

`module.layers.0.attn.wq.weight`, as PyTorch saves it, is the core's `layer0.attn_wq`. Whose shapes differ from the
core's is another architecture, and refused with what was found.
"""
import re

from common import recipe as recipes
from common.errors import UserError

from .checkpoint import MAX_CHARACTERS, shapes

NAME = re.compile(r"(?:^|\.)(mean\.|square\.)?(?:(wte|wpe|lm_head)|(?:layers?|blocks?|h)[._]?(\d{1,2})[._]"
                  r"(?:\w{1,20}[._])??(wq|wk|wv|wo|fc1|fc2))(?:\.weight)?$", re.ASCII)
LIMITS = {name: (low, high) for name, _, low, high in recipes.FIELDS}


def core_name(name: str) -> str:
    """What the core calls a tensor, as "layer0.mlp_fc1" or "mean.wte"; any other name as it is."""
    found = NAME.search(name)
    if not found:
        return name
    part, plain, layer, matrix = found.groups("")
    return part + (plain or f"layer{int(layer)}.{'mlp' if matrix[0] == 'f' else 'attn'}_{matrix}")


def core_names(names) -> dict:
    """{the core's name: the tensor's} of some tensors. Raises UserError where two have one name."""
    found = {}
    for name in names:
        plain = name if name in ("recent", "curve") else core_name(name)
        if plain in found:
            raise UserError("keep.file.extra", tensor=name)
        found[plain] = name
    return found


def compare(found: dict, expected: dict, names: dict) -> None:
    """Raise UserError where shapes are not the expected ones, {the core's name: shape}; names: core_names() of it."""
    for name, shape in expected.items():
        if name not in found:
            raise UserError("keep.file.missing", tensor=name)
        if found[name] != shape:
            raise UserError("keep.file.shape", tensor=names[name], found=written(found[name]), expected=written(shape))
    for name in found:
        if name not in expected:
            raise UserError("keep.file.extra", tensor=names[name])


def sizes(found: dict, names: dict) -> tuple[dict, int]:
    """The sizes of the model whose matrices have these shapes, {the core's name: shape}, but for its heads: n_layer,
    n_embd, block_size; and how many tokens it has. Raises UserError where these are no matrices of the core's."""
    for name in ("wte", "wpe"):
        if name not in found:
            raise UserError("keep.file.missing", tensor=name)
        if len(found[name]) != 2 or not all(found[name]):
            raise UserError("keep.file.shape", tensor=names[name], found=written(found[name]), expected="n × n_embd")
    (vocab_size, n_embd), (block_size, _) = found["wte"], found["wpe"]
    n_layer = 1 + max((int(name[5:name.index(".")]) for name in found if re.match(r"layer\d+\.", name)), default=0)
    recipe = {"n_layer": n_layer, "n_embd": n_embd, "block_size": block_size}
    for name, value in {**recipe, "vocab_size": vocab_size}.items():
        low, high = (2, MAX_CHARACTERS + 1) if name == "vocab_size" else LIMITS[name]
        if not low <= value <= high:
            raise UserError("keep.file.limits", name=name, found=f"{value:,}", low=low, high=f"{high:,}")
    compare(found, shapes(recipe, vocab_size), names)
    return recipe, vocab_size


def written(shape: tuple) -> str:
    """A shape as a sentence names it."""
    return " × ".join(f"{n:,}" for n in shape) or "1"
