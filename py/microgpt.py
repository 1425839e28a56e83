"""A complete GPT in one file of plain Python: data, autograd, model, optimizer, training and inference.

The algorithm is Andrej Karpathy's microgpt (2026). Nothing happens on import; `python microgpt.py DATA` trains.
"""
import argparse
import math
import random
from functools import reduce
from operator import add, mul
from types import SimpleNamespace

DEFAULTS = {"num_steps": 1000, "seed": 42, "n_layer": 1, "n_embd": 16, "n_head": 4, "block_size": 16,
            "learning_rate": 0.01, "temperature": 0.5, "num_samples": 20}

# ---- Functions with the same bits on every machine: IEEE 754 fixes how + - * / and roots round, but not exp, log, cos.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # together ln 2, to 86 bits
EXP_SERIES = [1 / math.factorial(n) for n in range(13, -1, -1)]
LOG_SERIES = [2 / n for n in range(21, 0, -2)]
COS_SERIES = [(-1) ** n / math.factorial(2 * n) for n in range(15, -1, -1)]

def polynomial(coefficients, x):
    """The polynomial's value at x, the highest power's coefficient coming first (Horner's rule)."""
    y = 0.0
    for coefficient in coefficients:
        y = y * x + coefficient
    return y

def exp(x):
    """e to the x: with x = k ln 2 + r and r small, it is 2 to the k times e to the r."""
    x = max(x, -1000.0)  # where it is 0 already
    k = round(x / LN2_HIGH)
    return math.ldexp(polynomial(EXP_SERIES, x - k * LN2_HIGH - k * LN2_LOW), k)

def log(x):
    """The natural logarithm: with x = 2 to the k times m and m near 1, it is k ln 2 + 2 artanh((m - 1) / (m + 1))."""
    m, k = math.frexp(x if x > 0 else math.nan)
    m, k = (m, k) if m > 0.7 else (2 * m, k - 1)
    z = (m - 1) / (m + 1)
    return k * LN2_HIGH + (z * polynomial(LOG_SERIES, z * z) + k * LN2_LOW)

def power(x, p):
    """x to the p: whole powers by multiplying, any other as e to the p ln x."""
    y = math.prod([x] * abs(int(p)), start=1.0) if p == int(p) else exp(abs(p) * log(x))
    return y if p >= 0 else 1 / y

def gauss(rng):
    """Standard normal numbers without end, those of rng.gauss(0, 1): by Box and Muller (1958) they come in pairs."""
    while True:
        turns, radius = rng.random(), math.sqrt(-2 * log(1 - rng.random()))
        for turn in (turns, turns - 0.25):
            angle = 2 * math.pi * (turn - round(turn))
            yield radius * polynomial(COS_SERIES, angle * angle)

# ---- Autograd: a number that remembers how it was made, so that the chain rule can be followed back from the loss.
class Value:
    """One number of the recorded graph."""
    __slots__ = ("data", "grad", "op", "inputs", "local_grads")

    def __init__(self, data, op="", inputs=(), local_grads=()):
        self.data = data                # the number itself
        self.grad = 0.0                 # d loss / d data, once backward() has run
        self.op = op                    # the operation that made it; "" for a leaf: a weight or a constant
        self.inputs = inputs            # the Values it was made from
        self.local_grads = local_grads  # d data / d input, one for each of them

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, "add", (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, "mul", (self, other), (other.data, self.data))

    def __pow__(self, p): return Value(power(self.data, p), f"pow {p}", (self,), (p * power(self.data, p - 1),))
    def exp(self): return Value(y := exp(self.data), "exp", (self,), (y,))
    def log(self): return Value(log(self.data), "log", (self,), (1 / self.data,))
    def relu(self): return Value(max(self.data, 0.0), "relu", (self,), (float(self.data > 0),))
    def __sub__(self, other): return self + other * -1.0
    def __truediv__(self, other): return self * (other ** -1 if isinstance(other, Value) else 1 / other)

    def backward(self):
        """Add d self / d node to the grad of every node that self was made from."""
        self.grad = 1.0
        for node in reversed(topological_order(self)):
            grad = node.grad
            for x, local_grad in zip(node.inputs if grad else (), node.local_grads):
                x.grad += local_grad * grad

def topological_order(root):
    """Every computed node that root was made from, inputs before outputs: depth first, with a stack of our own."""
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node is None:  # whatever the node below was made from is in order by now
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += [x for x in node.inputs if x.inputs and x not in seen]
    return order

def dot(a, b):
    """a[0] * b[0] + a[1] * b[1] + ..., from left to right, as one node."""
    a_data, b_data = [x.data for x in a], [x.data for x in b]
    return Value(reduce(add, map(mul, a_data, b_data)), "dot", a + b, b_data + a_data)

def total(values):
    """values[0] + values[1] + ..., from left to right, as one node."""
    return Value(reduce(add, [x.data for x in values]), "sum", values, [1.0] * len(values))

def largest(values):
    """The largest of the values as one node. Of equals, the first takes the gradient."""
    winner = max(values, key=lambda x: x.data)
    return Value(winner.data, "max", values, [float(x is winner) for x in values])

# ---- The model: from a token, and what was read before it, to a score for each token that may come next.
def linear(x, w):
    return [dot(row, x) for row in w]

def rmsnorm(x):
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]

def softmax(scores):
    """Scores into probabilities. Taking the largest away first changes none of them and keeps exp in its range."""
    shift = largest(scores) * -1.0
    exps = [(score + shift).exp() for score in scores]
    scale = total(exps) ** -1
    return [e * scale for e in exps]

class GPT:
    def __init__(self, vocab_size, n_layer, n_embd, n_head, block_size, normal):
        self.n_layer, self.n_head = n_layer, n_head
        shapes = {"wte": (vocab_size, n_embd), "wpe": (block_size, n_embd), "lm_head": (vocab_size, n_embd)}
        for i in range(n_layer):
            shapes |= {f"layer{i}.attn_{name}": (n_embd, n_embd) for name in ("wq", "wk", "wv", "wo")}
            shapes |= {f"layer{i}.mlp_fc1": (4 * n_embd, n_embd), f"layer{i}.mlp_fc2": (n_embd, 4 * n_embd)}
        self.weights = {name: [[Value(0.08 * next(normal)) for _ in range(columns)] for _ in range(rows)]
                        for name, (rows, columns) in shapes.items()}
        self.parameters = [p for matrix in self.weights.values() for row in matrix for p in row]

    def forward(self, token, context):
        """Read a token after those in context[layer][position]; score (logits) each token that may come next."""
        w, position = self.weights, len(context[0])
        x = rmsnorm([t + p for t, p in zip(w["wte"][token], w["wpe"][position])])
        for i in range(self.n_layer):
            mixed = self.attend(i, rmsnorm(x), context[i])
            x = [a + b for a, b in zip(x, linear(mixed, w[f"layer{i}.attn_wo"]))]
            hidden = [h.relu() for h in linear(rmsnorm(x), w[f"layer{i}.mlp_fc1"])]
            x = [a + b for a, b in zip(x, linear(hidden, w[f"layer{i}.mlp_fc2"]))]
        return linear(x, w["lm_head"])

    def attend(self, i, x, past):
        """Layer i's attention: each head weighs the positions read so far, this one too, and mixes their values."""
        query, key, value = (linear(x, self.weights[f"layer{i}.attn_{name}"]) for name in ("wq", "wk", "wv"))
        past.append(SimpleNamespace(key=key, value=value, attention=[]))  # attention[head][position], for who looks
        mixed, size = [], len(x) // self.n_head
        for h in range(self.n_head):
            head = slice(h * size, (h + 1) * size)
            attention = softmax([dot(query[head], p.key[head]) / math.sqrt(size) for p in past])
            past[-1].attention.append(attention)
            mixed += [dot(attention, list(column)) for column in zip(*(p.value[head] for p in past))]
        return mixed

# ---- The run: documents in, a trained model out, and new documents from it.
class Run:
    def __init__(self, lines, **settings):
        """lines: the data, a document each; settings: any of DEFAULTS. A ValueError names what can't be."""
        if unknown := settings.keys() - DEFAULTS.keys():
            raise ValueError(f"there is no setting called {', '.join(sorted(unknown))}")
        self.settings = s = SimpleNamespace(**DEFAULTS | settings)
        for name in DEFAULTS.keys() - {"seed"}:
            if not 0 < getattr(s, name) < math.inf:
                raise ValueError(f"{name} must be above zero, not {getattr(s, name)}")
        if s.n_embd % s.n_head:
            raise ValueError(f"n_embd must be divisible by n_head, and {s.n_embd} is not by {s.n_head}")
        self.docs = [line.strip() for line in lines if line.strip()]
        if not self.docs:
            raise ValueError("the data has no documents: its lines are blank")
        self.rng, self.step = random.Random(s.seed), 0
        self.rng.shuffle(self.docs)
        self.chars = sorted(set("".join(self.docs)))  # a character's token is its place here
        self.bos = len(self.chars)                    # and one more token begins and ends each document
        self.gpt = GPT(self.bos + 1, s.n_layer, s.n_embd, s.n_head, s.block_size, gauss(self.rng))
        self.mean, self.square = ([0.0] * len(self.gpt.parameters) for _ in range(2))  # Adam's moments

    def read(self, doc):
        """Read a document, and leave for who looks: tokens, context, probabilities[position][token] and the loss."""
        self.tokens = [self.bos, *map(self.chars.index, doc), self.bos][:self.settings.block_size + 1]
        self.context = [[] for _ in range(self.settings.n_layer)]
        self.probabilities = [softmax(self.gpt.forward(token, self.context)) for token in self.tokens[:-1]]
        logs = [probs[target].log() for probs, target in zip(self.probabilities, self.tokens[1:])]
        self.loss = total(logs) * (-1 / len(logs))

    def train(self):
        """One step: read a document, find how each weight bears on the loss, update the weights. Returns the loss."""
        self.read(self.docs[self.step % len(self.docs)])
        for p in self.gpt.parameters:
            p.grad = 0.0
        self.loss.backward()
        learning_rate = self.settings.learning_rate * (1 - self.step / self.settings.num_steps)
        self.step += 1
        beta1, beta2, epsilon = 0.85, 0.99, 1e-8  # Adam
        mean_scale, square_scale = 1 / (1 - power(beta1, self.step)), 1 / (1 - power(beta2, self.step))
        self.mean = [beta1 * m + (1 - beta1) * p.grad for m, p in zip(self.mean, self.gpt.parameters)]
        self.square = [beta2 * v + (1 - beta2) * p.grad * p.grad for v, p in zip(self.square, self.gpt.parameters)]
        for p, m, v in zip(self.gpt.parameters, self.mean, self.square):
            p.data -= learning_rate * m * mean_scale / (math.sqrt(v * square_scale) + epsilon)
        return self.loss.data

    def sample(self, rng, temperature, prefix=""):
        """Invent a document that begins with prefix. Who looks at a run in training brings an rng of their own."""
        tokens, context = [self.bos, *map(self.chars.index, prefix)], [[] for _ in range(self.settings.n_layer)]
        for position in range(self.settings.block_size):
            logits = self.gpt.forward(tokens[position], context)
            if position == len(tokens) - 1:
                probs = softmax([logit * (1 / temperature) for logit in logits])
                tokens += rng.choices(range(len(probs)), [p.data for p in probs])
                if tokens[-1] == self.bos:
                    break
        return "".join(self.chars[token] for token in tokens[1:] if token != self.bos)

def main():
    parser = argparse.ArgumentParser(prog="microgpt", description=__doc__.splitlines()[0])
    parser.error = lambda message: parser.exit(2, f"microgpt: {message}\n")
    parser.add_argument("data", metavar="DATA", help="a text file, one document a line")
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    settings = vars(parser.parse_args())
    try:
        with open(settings.pop("data"), encoding="utf-8-sig") as lines:
            run = Run(lines, **settings)
    except (OSError, ValueError) as error:
        parser.error(error)
    print(f"num docs: {len(run.docs)}\nvocab size: {run.bos + 1}\nnum params: {len(run.gpt.parameters)}")
    for step in range(1, run.settings.num_steps + 1):
        print(f"step {step:4d} / {run.settings.num_steps:4d} | loss {run.train():.4f}")
    print("\n--- inference (new, hallucinated names) ---")
    for i in range(1, run.settings.num_samples + 1):
        print(f"sample {i:2d}: {run.sample(run.rng, run.settings.temperature)}")

if __name__ == "__main__":
    main()
