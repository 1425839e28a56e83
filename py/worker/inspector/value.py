"""Any number of the model, and what it does to the loss: "number.loss", "number.wte.4.7", "number.17".

With ".nudge" at its end, the number is raised and the core computes the loss anew: what the gradient foretold, tried.
With ".all", every neighbour is shown.
"""
from common.errors import UserError
from worker.markup import escape

from . import Page, figures

NUDGE = 0.01
EXACT = 0.001  # how far, as a share of it, what happened may be from what was foretold and still count as the same
SHOWN = 8  # of a number's neighbours, those that matter most
OPERATIONS = ("add", "mul", "exp", "log", "relu", "dot", "sum", "max", "pow")


def show(inside, pieces):
    """pieces: a name as Reading has them, in its parts; and perhaps "nudge" or "all"."""
    reading, more = inside.read(), pieces[-1] if pieces[-1:] in (["nudge"], ["all"]) else ""
    name = ".".join(pieces[:-1] if more else pieces) or "loss"
    try:
        value = reading.value(name)
    except KeyError:
        raise UserError("inside.nowhere") from None
    reading.backward()
    made_of = ranked((x, local_grad, local_grad * value.grad) for x, local_grad in zip(value.inputs, value.local_grads))
    used_in = ranked((node, local_grad, local_grad * node.grad) for node, local_grad in reading.users(value))
    say = inside.say
    html = (f"<h3>{title(inside, name, value)}</h3>"
            f'<p class="sentence">{operation(inside, name, value)}</p>'
            f'<dl class="facts"><div><dt>{say("number.data")}</dt><dd>{figures.precise(value.data)}</dd></div>'
            f'<div><dt>{say("number.gradient")}</dt><dd>{figures.precise(value.grad)}</dd></div></dl>'
            + nudge(inside, name, value, more == "nudge")
            + table(inside, "number.inputs", made_of, name, more == "all")
            + table(inside, "number.users", used_in, name, more == "all"))
    toward_loss = f"number.{reading.name(used_in[0][0])}" if used_in else ""
    further = [reading.name(x) for x, *_ in made_of if x.inputs or reading.name(x) in reading.weights]
    away = f"number.{further[0]}" if further else ""
    return Page(f"number.{name}.{more}".rstrip("."), html, reading.lines([value]), toward_loss, away)


def ranked(edges):
    """Edges (Value, local gradient, flow) by the size of what flows, the largest first."""
    return sorted(edges, key=lambda edge: -abs(edge[2]))


def title(inside, name, value):
    if name == "loss":
        return inside.say("number.loss")
    if name not in inside.reading.weights:
        return inside.say("number.value", op=escape(value.op or "Value"), n=name)
    matrix, row, column = name.rsplit(".", 2)
    letters = inside.session.alphabet
    of = f" ({escape(letters[int(row)])})" if matrix in ("wte", "lm_head") else ""
    return inside.say("number.weight", matrix=escape(matrix), row=row + of, column=column)


def operation(inside, name, value):
    """One sentence on how the number came to be."""
    if name in inside.reading.weights:
        return inside.say("number.is.weight" if inside.reading.users(value) else "number.is.unused")
    kind = value.op.split(" ")[0]
    if not value.inputs:
        return inside.say("number.is.constant")
    if kind not in OPERATIONS:
        return inside.say("number.is.other", op=escape(value.op), count=len(value.inputs))
    return inside.say("number.is." + kind, count=len(value.inputs), half=len(value.inputs) // 2,
                      power=escape(value.op.removeprefix("pow ")))


def nudge(inside, name, value, tried):
    """What a small rise would do to the loss: foretold by the gradient, and on request tried."""
    foretold = value.grad * NUDGE
    key = "number.foretold" if foretold else "number.flat"
    told = f"<p>{inside.say(key, by=NUDGE, change=figures.precise(foretold))}</p>"
    if not tried:
        return (f'<div class="nudge">{told}<button type="button" data-go="number.{name}.nudge">'
                f"{inside.say('number.try', by=NUDGE)}</button></div>")
    before, after = inside.reading.loss.data, inside.reading.nudged(name, NUDGE)
    change = after - before
    text = inside.say("number.tried", by=NUDGE, before=f"{before:.6f}", after=f"{after:.6f}",
                      change=figures.precise(change))
    verdict = ("none" if not change else "bend" if not foretold else
               "exact" if abs(change - foretold) <= EXACT * abs(foretold) else "curved")
    return f'<div class="nudge">{told}<p>{text} {inside.say("number.tried." + verdict)}</p></div>'


def table(inside, key, edges, name, full):
    """Neighbours with what flows between; of many, those that matter most and the sum of the others, if not full."""
    if not edges:
        return ""
    shown = len(edges) if full else SHOWN
    rows = [(inside.reading.name(x), label(inside, x), x.data, local_grad, flow)
            for x, local_grad, flow in edges[:shown]]
    rest = edges[shown:]
    heads = [inside.say(f"{key}.{column}") for column in ("name", "data", "local", "flow")]
    caption = inside.say(key, flow=figures.precise(sum(flow for *_, flow in edges)))
    more = inside.say("number.more", count=len(rest), flow=figures.precise(sum(flow for *_, flow in rest)))
    button = f'<button type="button" data-go="number.{name}.all">{inside.say("number.all", count=len(edges))}</button>'
    return figures.edges(caption, heads, rows) + (f'<p class="hint">{more} {button}</p>' if rest else "")


def label(inside, value):
    """A neighbour's name as HTML; what the core calls it is code, in whatever language the page is."""
    name = inside.reading.name(value)
    if name.isdigit() and not value.inputs:
        return escape(inside.say("number.constant", n=name))
    return f"<code>{escape(f'{value.op} {name}' if name.isdigit() else name)}</code>"
