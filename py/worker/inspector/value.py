"""Any number of the model, and what it does to the loss: "number.loss", "number.wte.4.7", "number.17".

"number.exp" is one of those made by an operation, the one that matters most to the loss.

With ".nudge" at its end, the number is raised and the core recomputes the loss, to compare with what the gradient
predicts.
With ".all", every neighbour is shown.
"""
from common.errors import UserError
from worker.markup import escape

from . import Page, figures

NUDGE = 0.01
TOLERANCE = 0.001   # relative, between the change of the loss and the gradient's forecast
MAX_NEIGHBOURS = 8  # of a number, those that matter most
ELEMENTARY = {"exp": ("exp", "polynomial"), "log": ("log", "polynomial"), "pow": ("power",)}  # the core's functions
OPERATIONS = ("add", "mul", "exp", "log", "relu", "dot", "sum", "max", "pow")


def show(inspector, pieces: list[str]) -> Page:
    """pieces: a name as DocumentTrace has them, in its parts; and perhaps "nudge" or "all"."""
    reading, more = inspector.read(), pieces[-1] if pieces[-1:] in (["nudge"], ["all"]) else ""
    name = ".".join(pieces[:-1] if more else pieces) or "loss"
    reading.backward()
    try:
        name = most_telling(reading, name) if name in OPERATIONS else name
        value = reading.value(name)
    except KeyError:
        raise UserError("inside.nowhere") from None
    made_of = ranked((x, local_grad, local_grad * value.grad) for x, local_grad in zip(value.inputs, value.local_grads))
    used_in = ranked((node, local_grad, local_grad * node.grad) for node, local_grad in reading.users(value))
    say = inspector.say
    html = (f"<h3>{title(inspector, name, value)}</h3>"
            f'<p class="sentence">{operation(inspector, name, value)}{elementary(inspector, value)}</p>'
            f'<dl class="facts"><div><dt>{say("number.data")}</dt><dd>{figures.precise(value.data)}</dd></div>'
            f'<div><dt>{say("number.gradient")}</dt><dd>{figures.precise(value.grad)}</dd></div></dl>'
            + nudge(inspector, name, value, more == "nudge")
            + table(inspector, "number.inputs", made_of, name, more == "all")
            + table(inspector, "number.users", used_in, name, more == "all"))
    toward_loss = f"number.{reading.name(used_in[0][0])}" if used_in else ""
    further = [reading.name(x) for x, *_ in made_of if x.inputs or reading.name(x) in reading.weights]
    away = f"number.{further[0]}" if further else ""
    lines = reading.lines([value]) | inspector.excerpt.body(*ELEMENTARY.get(kind(value), ()))
    if name in reading.weights:  # no Value made it: these lines did, before the first step
        lines |= inspector.excerpt.containing("GPT.__init__", ("next(normal)",)) | inspector.excerpt.body("gauss")
    return Page(f"number.{name}.{more}".rstrip("."), html, lines, toward_loss, away)


def most_telling(reading, operation):
    """The name of the Value made by an operation that has the largest gradient. KeyError where there is none."""
    made = [node for node in reading.tracer.nodes if node.inputs and kind(node) == operation]
    if not made:
        raise KeyError(operation)
    return reading.name(max(made, key=lambda node: abs(node.grad)))


def kind(value):
    """The operation that made a Value, without its number: "pow" of "pow -0.5"."""
    return str(value.op).split(" ")[0]


def ranked(edges):
    """Edges (Value, local gradient, flow) by the size of what flows, the largest first."""
    return sorted(edges, key=lambda edge: -abs(edge[2]))


def title(inspector, name, value):
    if name == "loss":
        return inspector.say("number.loss")
    if name not in inspector.reading.weights:
        return inspector.say("number.value", op=escape(value.op or "Value"), n=name)
    matrix, row, column = name.rsplit(".", 2)
    letters = inspector.session.alphabet
    of = f" ({escape(letters[int(row)])})" if matrix in ("wte", "lm_head") else ""
    return inspector.say("number.weight", matrix=escape(matrix), row=row + of, column=column)


def operation(inspector, name, value):
    """One sentence on how the number was made."""
    if name in inspector.reading.weights:
        return inspector.say("number.is.weight" if inspector.reading.users(value) else "number.is.unused")
    if not value.inputs:
        return inspector.say("number.is.constant")
    if kind(value) not in OPERATIONS:
        return inspector.say("number.is.other", op=escape(value.op), count=len(value.inputs))
    return inspector.say("number.is." + kind(value), count=len(value.inputs), half=len(value.inputs) // 2,
                         power=escape(value.op.removeprefix("pow ").replace("-", "−")))


def elementary(inspector, value):
    """That the core has a function of its own for an operation, where it has."""
    function = ELEMENTARY.get(kind(value), ("",))[0]
    return " " + inspector.say("number.elementary") if value.inputs and function in inspector.excerpt.named else ""


def nudge(inspector, name, value, tried):
    """What a small rise would do to the loss: the gradient's forecast, and on request the loss recomputed."""
    predicted = value.grad * NUDGE
    key = "number.foretold" if predicted else "number.flat"
    forecast = f"<p>{inspector.say(key, by=NUDGE, change=figures.precise(predicted))}</p>"
    if not tried:
        return (f'<div class="nudge">{forecast}<button type="button" data-go="number.{name}.nudge">'
                f"{inspector.say('number.try', by=NUDGE)}</button></div>")
    before, after = inspector.reading.loss.data, inspector.reading.nudged(name, NUDGE)
    change = after - before
    text = inspector.say("number.tried", by=NUDGE, before=f"{before:.6f}", after=f"{after:.6f}",
                      change=figures.precise(change))
    verdict = ("none" if not change else "bend" if not predicted else
               "exact" if abs(change - predicted) <= TOLERANCE * abs(predicted) else "curved")
    return f'<div class="nudge">{forecast}<p>{text} {inspector.say("number.tried." + verdict)}</p></div>'


def table(inspector, key, edges, name, full):
    """Neighbours with what flows between; of many, those that matter most and the sum of the others, if not full."""
    if not edges:
        return ""
    shown = len(edges) if full else MAX_NEIGHBOURS
    rows = [(inspector.reading.name(x), label(inspector, x), x.data, local_grad, flow)
            for x, local_grad, flow in edges[:shown]]
    rest = edges[shown:]
    heads = [inspector.say(f"{key}.{column}") for column in ("name", "data", "local", "flow")]
    caption = inspector.say(key, flow=figures.precise(sum(flow for *_, flow in edges)))
    more = inspector.say("number.more", count=len(rest), flow=figures.precise(sum(flow for *_, flow in rest)))
    every = inspector.say("number.all", count=len(edges))
    button = f'<button type="button" data-go="number.{name}.all">{every}</button>'
    return figures.edges(caption, heads, rows) + (f'<p class="hint">{more} {button}</p>' if rest else "")


def label(inspector, value):
    """A neighbour's name as HTML; what the core calls it is code, in whatever language the page is."""
    name = inspector.reading.name(value)
    if name.isdigit() and not value.inputs:
        return escape(inspector.say("number.constant", n=name))
    return f"<code>{escape(f'{value.op} {name}' if name.isdigit() else name)}</code>"
