"""The same algorithm, written a second time in another way: what tests hold the core against.

The core reads one token after another, in scalars, and differentiates itself. Here a whole document goes through as
matrices, a causal mask stands where the core has its key/value cache, `random` draws the weights, and a well-kept
package (HIPS autograd) differentiates. What both agree on, neither has by a slip of its own.

    .venv/bin/python -m tests.reference FILE [--NAME=NUMBER …]

prints, with the settings of the core's program, the losses and the invented names that the reference gets.
"""

import argparse
import random
from pathlib import Path

import autograd.numpy as np
from autograd import value_and_grad

DEFAULTS = {"num_steps": 1000, "seed": 42, "n_layer": 1, "n_embd": 16, "n_head": 4, "block_size": 16}
DEFAULTS |= {"learning_rate": 0.01, "temperature": 0.5, "num_samples": 20}

Weights = dict[str, np.ndarray]


def initial_weights(rng: random.Random, vocab_size: int, n_layer: int, n_embd: int, block_size: int) -> Weights:
    """The matrices by name, [output][input], drawn from `rng` in the published order."""
    shapes = {"wte": (vocab_size, n_embd), "wpe": (block_size, n_embd), "lm_head": (vocab_size, n_embd)}
    for layer in range(n_layer):
        for name in ("attn_wq", "attn_wk", "attn_wv", "attn_wo"):
            shapes[f"layer{layer}.{name}"] = (n_embd, n_embd)
        shapes[f"layer{layer}.mlp_fc1"] = (4 * n_embd, n_embd)
        shapes[f"layer{layer}.mlp_fc2"] = (n_embd, 4 * n_embd)
    return {
        name: np.array([[rng.gauss(0, 0.08) for _ in range(columns)] for _ in range(rows)])
        for name, (rows, columns) in shapes.items()
    }


def rmsnorm(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5)


def softmax(scores: np.ndarray) -> np.ndarray:
    exps = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    return exps / np.sum(exps, axis=-1, keepdims=True)


def attend(x: np.ndarray, w: Weights, layer: str, n_head: int) -> tuple[np.ndarray, np.ndarray]:
    """What attention adds to the residual stream, [position][n_embd], and its weights, [head][query][key]."""
    n, n_embd = x.shape
    query, key, value = (
        np.transpose(np.reshape(x @ w[f"{layer}.attn_{name}"].T, (n, n_head, n_embd // n_head)), (1, 0, 2))
        for name in ("wq", "wk", "wv")
    )
    future = np.triu(np.full((n, n), -np.inf), 1)
    attention = softmax(query @ np.transpose(key, (0, 2, 1)) / np.sqrt(n_embd // n_head) + future)
    mixed = np.reshape(np.transpose(attention @ value, (1, 0, 2)), (n, n_embd))
    return mixed @ w[f"{layer}.attn_wo"].T, attention


def forward(w: Weights, tokens: list[int], n_layer: int, n_head: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Logits, [position][token], and each layer's attention, [head][query][key]."""
    x = rmsnorm(w["wte"][np.array(tokens)] + w["wpe"][: len(tokens)])
    attentions = []
    for layer in (f"layer{i}" for i in range(n_layer)):
        mixed, attention = attend(rmsnorm(x), w, layer, n_head)
        attentions.append(attention)
        x = x + mixed
        x = x + np.maximum(rmsnorm(x) @ w[f"{layer}.mlp_fc1"].T, 0) @ w[f"{layer}.mlp_fc2"].T
    return x @ w["lm_head"].T, attentions


def loss(w: Weights, tokens: list[int], n_layer: int, n_head: int) -> float:
    """The mean surprise at each next token of the document, in nats."""
    logits, _ = forward(w, tokens[:-1], n_layer, n_head)
    return -np.mean(np.log(softmax(logits)[np.arange(len(tokens) - 1), np.array(tokens[1:])]))


class Reference:
    """A run of the reference: the settings and the data of `microgpt.Run`, and the same numbers but for rounding."""

    def __init__(self, lines: list[str], **settings: float):
        self.settings = DEFAULTS | settings
        self.rng = random.Random(self.settings["seed"])
        self.docs = [line.strip() for line in lines if line.strip()]
        self.rng.shuffle(self.docs)
        self.chars = sorted(set("".join(self.docs)))
        self.shape = self.settings["n_layer"], self.settings["n_head"]
        n_embd, block_size = self.settings["n_embd"], self.settings["block_size"]
        self.weights = initial_weights(self.rng, len(self.chars) + 1, self.shape[0], n_embd, block_size)
        self.moments = {name: (np.zeros_like(w), np.zeros_like(w)) for name, w in self.weights.items()}
        self.step = 0

    def tokens(self, doc: str) -> list[int]:
        """The document's tokens, BOS at both ends, as far as the model reads them."""
        bos = len(self.chars)
        return [bos, *(self.chars.index(char) for char in doc), bos][: self.settings["block_size"] + 1]

    def loss_and_gradients(self, doc: str) -> tuple[float, Weights]:
        return value_and_grad(loss)(self.weights, self.tokens(doc), *self.shape)

    def train(self) -> float:
        """One step of Adam, as its paper writes it (Kingma and Ba, 2015). Returns the loss before it."""
        value, gradients = self.loss_and_gradients(self.docs[self.step % len(self.docs)])
        learning_rate = self.settings["learning_rate"] * (1 - self.step / self.settings["num_steps"])
        self.step += 1
        for name, g in gradients.items():
            m, v = self.moments[name]
            m, v = 0.85 * m + 0.15 * g, 0.99 * v + 0.01 * g**2
            self.moments[name] = m, v
            m_hat, v_hat = m / (1 - 0.85**self.step), v / (1 - 0.99**self.step)
            self.weights[name] = self.weights[name] - learning_rate * m_hat / (np.sqrt(v_hat) + 1e-8)
        return float(value)

    def sample(self) -> str:
        """Invent a document, reading all of it anew for each of its characters."""
        tokens = [bos := len(self.chars)]
        while len(tokens) <= self.settings["block_size"]:
            logits, _ = forward(self.weights, tokens, *self.shape)
            [token] = self.rng.choices(range(bos + 1), softmax(logits[-1] / self.settings["temperature"]).tolist())
            if token == bos:
                break
            tokens.append(token)
        return "".join(self.chars[token] for token in tokens[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description="Print the losses and the invented names that the reference gets.")
    parser.add_argument("file", type=Path)
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    settings = vars(parser.parse_args())
    run = Reference(settings.pop("file").read_text("utf-8").splitlines(), **settings)
    for _ in range(settings["num_steps"]):
        print(f"{run.train():.4f}")
    for _ in range(settings["num_samples"]):
        print(run.sample())


if __name__ == "__main__":
    main()
