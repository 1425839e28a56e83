"""One step of training in slow motion, taken by a copy of the run: the next that the run will take, or, after the last
one, that one again.

"step.wte.4.7.update" is the update of one weight, "step.wte.4.7.after" what the step did to them all. The numbers are
the core's: its local variables when train() returned, and the copy's weights and moments before and after. Adam's
formulas are shown where they give those numbers; an edited core may do it in another way, and then the page says so.
"""
import math

from common.errors import UserError
from worker.markup import escape

from . import Page, figures
from . import value as value_page
from .document_trace import DocumentTrace
from .run_copy import RunCopy
from .tracer import Locals

STAGES = ("document", "forward", "backward", "mean", "square", "update", "after")
LINES = {  # of train(), by what stands in them
    "document": ("self.read(",), "forward": ("self.read(",), "backward": ("p.grad = 0", ".backward()"),
    "mean": ("self.mean =",), "square": ("self.square =",), "update": ("learning_rate", "_scale", "for p, m, v"),
    "after": ("for p, m, v", "p.data -="),
}


class Slow:
    """A step of a copy of the run. before and after: its weights and moments, (weights, mean, square), a moment None
    where the core keeps none; told: train()'s local variables; loss: before the step, loss_after: of the same document
    with the weights after it, NaN where they give none."""

    def __init__(self, run):
        taken = RunCopy(run).run()
        self.step, self.doc, self.last = run.step + 1, run.docs[run.step % len(run.docs)], False
        self.before = self.numbers(taken)
        with Locals(type(run).train) as self.told:
            self.loss = taken.train()
        self.after = self.numbers(taken)
        try:
            taken.read(self.doc)
            self.loss_after = taken.loss.data
        except ArithmeticError:
            self.loss_after = math.nan

    def numbers(self, run):
        moments = (getattr(run, name, None) for name in ("mean", "square"))
        return [p.data for p in run.gpt.parameters], *(moment and list(moment) for moment in moments)


def before_last_step(session):
    """A copy of the run as it was before its last step. UserError where that is not known, as of a run that was
    restored after it."""
    if not session.before_last:
        raise UserError("step.over")
    state, run = session.before_last, RunCopy(session.run).run()
    n = len(run.gpt.parameters)
    run.step = int(state[0])
    for p, data in zip(run.gpt.parameters, state[1:1 + n]):
        p.data = data
    run.mean, run.square = list(state[1 + n:1 + 2 * n]), list(state[1 + 2 * n:1 + 3 * n])
    return run


def slow_step(session):
    """The next step of the run, or else its last: Slow, and the run that it begins from."""
    run = session.synced()
    if run.step < run.settings.num_steps:
        return Slow(run), run
    before = before_last_step(session)
    slow = Slow(before)
    slow.last = True
    if slow.after[0] != [p.data for p in run.gpt.parameters]:  # an edited core may hold more than weights and moments
        raise UserError("step.over")
    return slow, before


def show(inside, pieces):
    """pieces: a weight's name in its parts, if one is chosen, and a stage."""
    if not inside.slow:
        inside.slow, run = slow_step(inside.session)
        inside.reading = DocumentTrace(run, inside.slow.doc)  # what number pages show from here on
    stage = pieces.pop() if pieces and pieces[-1] in STAGES else STAGES[0]
    reading, weight = inside.read(), ".".join(pieces)
    reading.backward()
    if not weight:
        row = f"wte.{reading.tokens[min(1, len(reading.tokens) - 2)]}."
        weight = max((name for name in reading.weights if name.startswith(row)),
                     key=lambda name: abs(reading.weights[name].grad))
    if weight not in reading.weights:
        raise UserError("inside.nowhere")
    at = STAGES.index(stage)
    addresses = [f"step.{weight}.{name}" for name in STAGES]
    stages = figures.choices(zip(addresses, (inside.say(f"step.{name}.title") for name in STAGES)), addresses[at])
    try:
        body = BUILDERS[stage](inside, inside.slow, weight)
    except (LookupError, TypeError, AttributeError):  # an edited core has other variables
        body = f'<p class="sentence">{inside.say("step.edited")}</p>'
    html = (f'<div class="stages" role="group" aria-label="{escape(inside.say("letter.stages"))}">{stages}</div>'
            f"<h3>{inside.say(f'step.{stage}.title')}</h3>{body}")
    return Page(addresses[at], html, inside.excerpt.containing("train", LINES[stage]),
                addresses[at - 1] if at else "", addresses[at + 1] if at + 1 < len(STAGES) else "",
                final=inside.slow.last)


def sentence(inside, key, **said):
    return f'<p class="sentence">{inside.say("step." + key, **said)}</p>'


def formula(*lines):
    return f'<p class="formula">{"<br>".join(lines)}</p>'


def document(inside, slow, weight):
    letters = [inside.session.alphabet[token] for token in inside.reading.tokens]
    tokens = "".join(f"<td><b>{escape(letter)}</b><span>{token}</span></td>"
                     for letter, token in zip(letters, inside.reading.tokens))
    return (sentence(inside, "document.last" if slow.last else "document", step=slow.step,
                     doc=escape(inside.session.composed(slow.doc)),
                     count=len(letters) - 1)
            + f'<table class="vector lettered"><tbody><tr>{tokens}</tr></tbody></table>')


def forward(inside, slow, weight):
    reading = inside.reading
    tokens, probabilities = reading.tokens, reading.probabilities
    right = [probabilities[p][target] for p, target in enumerate(tokens[1:])]
    logs = [[node for node, _ in reading.users(p) if node.op == "log"][0] for p in right]
    letters = [inside.session.alphabet[target] for target in tokens[1:]]
    chances = figures.vector(inside.say("step.chances"), [p.data for p in right], map(reading.name, right), letters)
    losses = figures.vector(inside.say("step.logs"), [log.data for log in logs], map(reading.name, logs), letters)
    return sentence(inside, "forward", loss=f"{slow.loss:.4f}") + chances + losses


def backward(inside, slow, weight):
    value = inside.reading.weights[weight]
    used_in = value_page.ranked((node, local_grad, local_grad * node.grad)
                            for node, local_grad in inside.reading.users(value))
    return (sentence(inside, "backward", weight=escape(weight), gradient=figures.precise(value.grad))
            + f'<button type="button" data-go="number.{weight}">'
              f'{inside.say("step.number", weight=escape(weight))}</button>'
            + value_page.table(inside, "number.users", used_in, weight, False))


def place(inside, weight):
    return list(inside.reading.weights).index(weight)


def mean(inside, slow, weight):
    return moment(inside, slow, weight, "mean", 1, slow.told["beta1"], 1)


def square(inside, slow, weight):
    return moment(inside, slow, weight, "square", 2, slow.told["beta2"], 2)


def moment(inside, slow, weight, key, which, beta, power):
    """A running mean of the gradient to a power: slow.before[which] and slow.after[which] hold it."""
    i, gradient = place(inside, weight), inside.reading.weights[weight].grad
    old, new = slow.before[which][i], slow.after[which][i]
    if not same(new, beta * old + (1 - beta) * gradient ** power):
        return otherwise(inside, f"{key}[{i}]", old, new)
    shares = {"old": f"{100 * beta:.4g}", "new": f"{100 * (1 - beta):.4g}"}  # in percent
    return sentence(inside, key, **shares) + formula(
        f"{'mv'[which - 1]} = {beta:g} · {term(old)} + {1 - beta:.2g} · {term(gradient)}{'²' if power == 2 else ''}",
        f"= <b>{figures.precise(new)}</b>")


def update(inside, slow, weight):
    i, told = place(inside, weight), slow.told
    old, new = slow.before[0][i], slow.after[0][i]
    try:
        rate, epsilon = told["learning_rate"], told["epsilon"]
        m, v = slow.after[1][i] * told["mean_scale"], slow.after[2][i] * told["square_scale"]
        is_adam = same(new, old - rate * m / (math.sqrt(v) + epsilon))
    except (LookupError, TypeError, ArithmeticError, ValueError):  # there is something else instead
        is_adam = False
    if not is_adam:
        return otherwise(inside, weight, old, new)
    return sentence(inside, "update", rate=figures.precise(rate), weight=escape(weight)) + formula(
        f"m̂ = {term(slow.after[1][i])} · {told['mean_scale']:.5g} = {figures.precise(m)}",
        f"v̂ = {term(slow.after[2][i])} · {told['square_scale']:.5g} = {figures.precise(v)}",
        f"p = {term(old)} − {figures.precise(rate)} · {term(m)} / (√{term(v)} + {figures.signed(epsilon)})",
        f"= <b>{figures.precise(new)}</b>")


def after(inside, slow, weight):
    """What the step did: to all weights of the copy, and to the loss of the document."""
    moves = [abs(new - old) for old, new in zip(slow.before[0], slow.after[0])]
    row = weight.rpartition(".")[0]
    names = [name for name in inside.reading.weights if name.rpartition(".")[0] == row]
    changes = [slow.after[0][place(inside, name)] - slow.before[0][place(inside, name)] for name in names]
    facts = "".join(f'<div><dt>{inside.say(f"step.loss.{which}")}</dt><dd data-value="{loss!r}">{loss:.4f}</dd></div>'
                    for which, loss in (("before", slow.loss), ("after", slow.loss_after)))
    return (sentence(inside, "after", count=f"{len(moves):,}", moved=f"{sum(map(bool, moves)):,}",
                     largest=figures.precise(max(moves)), doc=escape(inside.session.composed(slow.doc)))
            + f'<dl class="facts">{facts}</dl>'
            + figures.vector(inside.say("step.changes", row=escape(row)), changes, names))


def same(measured, computed):
    """Whether a formula gives what the core computed, but for rounding."""
    return math.isclose(measured, computed, rel_tol=1e-9, abs_tol=1e-18)


def otherwise(inside, name, old, new):
    """What an edited core made of a number by no formula that is known here."""
    return sentence(inside, "otherwise", name=escape(name)) + formula(
        f"{figures.precise(old)} → <b>{figures.precise(new)}</b>")


def term(value):
    """A number in a formula: in brackets where it is below zero."""
    text = figures.precise(value)
    return f"({text})" if value < 0 else text


BUILDERS = {"document": document, "forward": forward, "backward": backward, "mean": mean, "square": square,
            "update": update, "after": after}
