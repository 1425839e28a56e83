"""One step of training in slow motion: the next that the run will take, taken beforehand by a copy of it.

"step.wte.4.7.update" is the update of one weight. The numbers are the core's: its local variables when train()
returned, and the copy's weights and moments before and after.
"""
import copy
import pickle

from draw import escape

from . import NotThere, Page, figure, number
from .reading import Reading
from .recording import Locals

STAGES = ("document", "forward", "backward", "mean", "square", "update")
LINES = {  # of train(), by what stands in them
    "document": ("self.read(",), "forward": ("self.read(",), "backward": ("p.grad = 0", ".backward()"),
    "mean": ("self.mean =",), "square": ("self.square =",), "update": ("learning_rate", "_scale", "for p, m, v"),
}


class Slow:
    """A step of a copy of the run. before and after: its weights and moments; told: train()'s local variables; loss."""

    def __init__(self, run):
        taken = copy.copy(run)
        taken.gpt = pickle.loads(pickle.dumps(run.gpt))
        self.step, self.doc = run.step + 1, run.docs[run.step % len(run.docs)]
        self.before = self.numbers(taken)
        with Locals(type(run).train) as self.told:
            self.loss = taken.train()
        self.after = self.numbers(taken)

    def numbers(self, run):
        return [p.data for p in run.gpt.parameters], list(run.mean), list(run.square)


def show(inside, pieces):
    """pieces: a weight's name in its parts, if one is chosen, and a stage."""
    run = inside.session.synced()
    if not inside.slow:
        if run.step >= run.settings.num_steps:
            raise NotThere("step.over")
        inside.slow = Slow(run)
        inside.reading = Reading(run, inside.slow.doc)  # what number pages show from here on
    stage = pieces.pop() if pieces and pieces[-1] in STAGES else STAGES[0]
    reading, weight = inside.read(), ".".join(pieces)
    reading.backward()
    if not weight:
        row = f"wte.{reading.tokens[min(1, len(reading.tokens) - 2)]}."
        weight = max((name for name in reading.weights if name.startswith(row)),
                     key=lambda name: abs(reading.weights[name].grad))
    if weight not in reading.weights:
        raise NotThere("inside.nowhere")
    at = STAGES.index(stage)
    addresses = [f"step.{weight}.{name}" for name in STAGES]
    stages = figure.choices(zip(addresses, (inside.say(f"step.{name}.title") for name in STAGES)), addresses[at])
    try:
        body = BUILDERS[stage](inside, inside.slow, weight)
    except (LookupError, TypeError, AttributeError):  # an edited core has other variables
        body = f'<p class="sentence">{inside.say("step.edited")}</p>'
    html = (f'<div class="stages" role="group" aria-label="{escape(inside.say("letter.stages"))}">{stages}</div>'
            f"<h3>{inside.say(f'step.{stage}.title')}</h3>{body}")
    return Page(addresses[at], html, inside.excerpt.containing("train", LINES[stage]),
                addresses[at - 1] if at else "", addresses[at + 1] if at + 1 < len(STAGES) else "")


def sentence(inside, key, **said):
    return f'<p class="sentence">{inside.say("step." + key, **said)}</p>'


def formula(*lines):
    return f'<p class="formula">{"<br>".join(lines)}</p>'


def document(inside, slow, weight):
    letters = [inside.session.alphabet[token] for token in inside.reading.tokens]
    tokens = "".join(f"<td><b>{escape(letter)}</b><span>{token}</span></td>"
                     for letter, token in zip(letters, inside.reading.tokens))
    return (sentence(inside, "document", step=slow.step, doc=escape(slow.doc), count=len(letters) - 1)
            + f'<table class="vector lettered"><tbody><tr>{tokens}</tr></tbody></table>')


def forward(inside, slow, weight):
    reading = inside.reading
    tokens, probabilities = reading.tokens, reading.probabilities
    right = [probabilities[p][target] for p, target in enumerate(tokens[1:])]
    logs = [next(node for node, _ in reading.users(p) if node.op == "log") for p in right]
    letters = [inside.session.alphabet[target] for target in tokens[1:]]
    chances = figure.vector(inside.say("step.chances"), [p.data for p in right], map(reading.name, right), letters)
    losses = figure.vector(inside.say("step.logs"), [log.data for log in logs], map(reading.name, logs), letters)
    return sentence(inside, "forward", loss=f"{slow.loss:.4f}") + chances + losses


def backward(inside, slow, weight):
    value = inside.reading.weights[weight]
    used_in = number.ranked((node, local_grad, local_grad * node.grad)
                            for node, local_grad in inside.reading.users(value))
    return (sentence(inside, "backward", weight=escape(weight), gradient=figure.precise(value.grad))
            + f'<button type="button" data-go="number.{weight}">'
              f'{inside.say("step.number", weight=escape(weight))}</button>'
            + number.table(inside, "number.users", used_in))


def place(inside, weight):
    return list(inside.reading.weights).index(weight)


def mean(inside, slow, weight):
    i, gradient, beta = place(inside, weight), inside.reading.weights[weight].grad, slow.told["beta1"]
    old, new = slow.before[1][i], slow.after[1][i]
    return sentence(inside, "mean", beta=beta) + formula(
        f"m = {beta:g} · {term(old)} + {1 - beta:.2g} · {term(gradient)}", f"= <b>{figure.precise(new)}</b>")


def square(inside, slow, weight):
    i, gradient, beta = place(inside, weight), inside.reading.weights[weight].grad, slow.told["beta2"]
    old, new = slow.before[2][i], slow.after[2][i]
    return sentence(inside, "square", beta=beta) + formula(
        f"v = {beta:g} · {term(old)} + {1 - beta:.2g} · {term(gradient)}²", f"= <b>{figure.precise(new)}</b>")


def update(inside, slow, weight):
    i, told = place(inside, weight), slow.told
    old, new = slow.before[0][i], slow.after[0][i]
    m, v = slow.after[1][i] * told["mean_scale"], slow.after[2][i] * told["square_scale"]
    return sentence(inside, "update", rate=figure.precise(told["learning_rate"]), weight=escape(weight)) + formula(
        f"m̂ = {term(slow.after[1][i])} · {told['mean_scale']:.5g} = {figure.precise(m)}",
        f"v̂ = {term(slow.after[2][i])} · {told['square_scale']:.5g} = {figure.precise(v)}",
        f"p = {term(old)} − {told['learning_rate']:.5g} · {term(m)} / (√{term(v)} + {told['epsilon']:.0e})",
        f"= <b>{figure.precise(new)}</b>")


def term(value):
    """A number in a formula: in brackets where it is below zero."""
    text = figure.precise(value)
    return f"({text})" if value < 0 else text


BUILDERS = {"document": document, "forward": forward, "backward": backward, "mean": mean, "square": square,
            "update": update}
