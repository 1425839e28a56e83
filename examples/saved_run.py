"""A run that the page saved, as PyTorch tensors, and back into a file that the page opens.

Such a file is safetensors, of doubles. The weights have the core's names and shapes (wte, layer0.attn_wq ...); a whole
run also has mean.NAME and square.NAME, Adam's two moments; recent, the last losses; curve, the loss curve as three
rows: steps, losses, running means. Its metadata are texts: format, recipe (JSON), step, alphabet (JSON) and more.
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
    """(tensors by name, metadata with its JSON read) of a file. Bare weights get moments and a curve as before step 1.

    A ValueError says what is wrong with the file, an OSError that there is none.
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
    """Save a run: what read() gives, with what has changed since."""
    texts = {name: x if isinstance(x, str) else json.dumps(x) for name, x in about.items()}
    save_file({name: x.detach().double() for name, x in tensors.items()}, path, texts)


def with_losses(tensors, losses, about):
    """The recent losses and the loss curve, with those added that were taken until about["step"]."""
    recent, curve = tensors["recent"].tolist(), tensors["curve"].tolist()
    stride = max(1, about["recipe"]["num_steps"] // DOTS)
    for step, loss in enumerate(losses, about["step"] - len(losses) + 1):
        recent = [*recent, loss][-WINDOW:]
        if step % stride == 0 or step == 1:
            for row, x in zip(curve, (step, loss, math.fsum(recent) / len(recent))):
                row.append(x)
    return {name: torch.tensor(x, dtype=torch.float64) for name, x in (("recent", recent), ("curve", curve))}
