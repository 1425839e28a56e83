"""Read a run that the page saved into PyTorch tensors, and write a file that the page opens.

The file is in the safetensors format, with float64 tensors. The weights have the core's names and shapes (wte,
layer0.attn_wq ...). A whole run also has mean.NAME and square.NAME, Adam's moments; recent, the last losses; and curve,
the loss curve [3][points]: steps, losses, running means. The metadata are strings: format, recipe (JSON), step,
alphabet (JSON) and more.
"""
import json
import math

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

FORMAT = "microgpt-in-your-tab 1"
NUMBERS = ("n_layer", "n_embd", "n_head", "block_size", "seed", "num_steps", "learning_rate")  # of the recipe
MOMENTS = {"mean.": "exp_avg", "square.": "exp_avg_sq"}  # Adam's, as the file and as PyTorch call them
WINDOW = 100  # losses in the running mean
DOTS = 2000   # about how many points a whole curve has


def read(path):
    """(tensors by name, metadata with its JSON parsed). Weights alone get the moments and the curve of step 0.

    Raises ValueError for a file that is damaged or of another kind, OSError for one that can't be opened.
    """
    try:
        with safe_open(path, "pt") as file:
            tensors, about = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}")
        about |= {name: json.loads(about[name]) for name in ("recipe", "alphabet", "step")}
        if any(type(x) not in (int, float) for x in (about["step"], *map(about["recipe"].get, NUMBERS))):
            raise ValueError("a setting is no number")
        table = shapes(len(about["alphabet"]) + 1, *map(about["recipe"].get, NUMBERS[:4]))
        if tensors.keys() == table.keys():
            tensors |= {part + name: torch.zeros_like(x) for part in MOMENTS for name, x in tensors.items()}
            tensors |= {"recent": torch.zeros(0), "curve": torch.zeros(3, 0)}
            about["step"] = 0
        table |= {part + name: shape for part in MOMENTS for name, shape in table.items()}
        table |= {"recent": (tensors["recent"].numel(),), "curve": (3, tensors["curve"].numel() // 3)}
    except (SafetensorError, KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise ValueError(f"{path} is damaged, or no run that the page saved ({error!r})") from None
    for name, shape in table.items():
        if name not in tensors or tensors[name].shape != shape or not tensors[name].isfinite().all():
            raise ValueError(f"{path} should hold {name}, {' × '.join(map(str, shape))} finite numbers")
    return tensors, about


def shapes(vocab_size, n_layer, n_embd, n_head, block_size):
    """The weights' shapes by name."""
    if n_embd % n_head:
        raise ValueError("n_embd is not divisible by n_head")
    table = {"wte": (vocab_size, n_embd), "wpe": (block_size, n_embd), "lm_head": (vocab_size, n_embd)}
    for i in range(n_layer):
        table |= {f"layer{i}.attn_{name}": (n_embd, n_embd) for name in ("wq", "wk", "wv", "wo")}
        table |= {f"layer{i}.mlp_fc1": (4 * n_embd, n_embd), f"layer{i}.mlp_fc2": (n_embd, 4 * n_embd)}
    return table


def write(path, tensors, about):
    """Save a run: tensors and metadata as read() returns them."""
    texts = {name: x if isinstance(x, str) else json.dumps(x) for name, x in about.items()}
    save_file({name: x.detach().double() for name, x in tensors.items()}, path, texts)


def with_losses(tensors, losses, about):
    """The tensors recent and curve with the losses of the steps up to about["step"] appended."""
    recent, curve = tensors["recent"].tolist(), tensors["curve"].tolist()
    stride = max(1, about["recipe"]["num_steps"] // DOTS)
    for step, loss in enumerate(losses, about["step"] - len(losses) + 1):
        recent = [*recent, loss][-WINDOW:]
        if step % stride == 0 or step == 1:
            for row, x in zip(curve, (step, loss, math.fsum(recent) / len(recent))):
                row.append(x)
    return {name: torch.tensor(x, dtype=torch.float64) for name, x in (("recent", recent), ("curve", curve))}
