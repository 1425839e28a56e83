"""How a name was drawn, letter by letter: "name.50.emma.2" is the third draw of the name emma, invented at step 50.

It is drawn once more, by the core's own sample(), with the weights of that step and the very random numbers of then,
and watched as it happens. "name" is the newest name, "name.another" one that is invented for the panel.
"""
import sys
from bisect import bisect
from itertools import accumulate

from common.errors import UserError
from worker.markup import escape
from worker.snapshots import Dice

from . import Page, figures
from .edit_distance import Nearest
from .tracer import Recording

SHOWN = 0.01    # the least probability that has a row of its own
LETTERED = 0.03  # and a letter of its own in the bar
OTHERS = 8      # names to choose from
NEAREST = 5
LINES = {  # of sample(), by what stands in them
    "given": ("tokens, context =", "self.gpt.forward("), "drawn": ("self.gpt.forward(", "probs =", "rng.choices("),
    "end": ("self.gpt.forward(", "probs =", "rng.choices(", "self.bos:", "break"),
}


class Draw:
    """What happens at one position. forward: the core's call; plain: the probabilities at temperature 1; and where a
    letter is drawn, probabilities: at the temperature asked for; number: the random one, stretched to their sum; token:
    what was drawn; low and high: its part of the way from 0 to that sum, as random.choices divides it."""

    def __init__(self, forward, softmax, number, core):
        self.forward, self.token = forward, None
        self.plain = [p.data for p in core.softmax(forward.result)]
        if softmax:
            self.probabilities = [p.data for p in softmax.result]
            ends = list(accumulate(self.probabilities))
            self.number = number * ends[-1]
            self.token = bisect(ends, self.number, 0, len(ends) - 1)
            self.low, self.high = ([0.0, *ends])[self.token], ends[self.token]


class Drawing:
    """A name, drawn once more. made: its history.Invention; draws: a Draw for each position."""

    def __init__(self, run, made):
        self.made, numbers = made, iter(made.draws)
        with Recording(type(run).sample) as recording:
            recording.value = None  # the calls are enough
            self.name = run.sample(Dice(numbers.__next__), made.temperature, made.prefix)
        self.draws, numbers, core = [], iter(made.draws), sys.modules[type(run).__module__]
        for call, after in zip(recording.calls, [*recording.calls[1:], None]):
            if call.name == "forward":
                softmax = after if after and after.name == "softmax" else None
                self.draws.append(Draw(call, softmax, next(numbers) if softmax else None, core))


def drawing(inside, made):
    """The Drawing of an invention: the one at hand, or made with the weights of its step."""
    if not inside.invented or inside.invented.made is not made:
        session = inside.session
        try:
            run = session.synced() if made.step == session.run.step else session.past(made.step)
        except KeyError:
            raise UserError("name.gone") from None
        inside.invented = Drawing(run, made)
        if inside.invented.name != made.name:  # by a compiled run that had not the core's very bits
            raise UserError("name.gone")
    return inside.invented


def known(session, made, at):
    """Whether a name can be drawn again, and belongs to the time that is looked at."""
    now = made.step == session.run.step and at is None
    return now or made.step in session.history.kept and made.step <= (session.run.step if at is None else at)


def chosen(inside, pieces):
    """The invention that an address means, and the position."""
    session, position = inside.session, 0
    if len(pieces) >= 3:
        step, position = pieces[0], pieces[-1]
        if not all(text.isascii() and text.isdigit() for text in (step, position)):
            raise UserError("inside.nowhere")
        try:
            return session.history.invention(int(step[:9]), ".".join(pieces[1:-1])), int(position[:4])
        except KeyError:
            raise UserError("name.none") from None
    if pieces not in ([], ["another"]):
        raise UserError("inside.nowhere")
    newest = next((made for made in reversed(session.history.inventions) if known(session, made, inside.at)), None)
    if pieces or not newest:
        newest = session.invent(*inside.asked, session.rng, inside.at)
    return newest, 0


def show(inside, pieces):
    """pieces: none, or "another", or a step, a name, a position."""
    made, position = chosen(inside, pieces)
    told, alphabet = drawing(inside, made), inside.session.alphabet
    try:
        position = min(position, len(told.draws) - 1)
        draw, start = told.draws[position], f"name.{made.step}.{made.name}."
        letters = (made.name + alphabet[-1])[:len(told.draws)]
        ways = figures.choices([(f"{start}{p}", letter) for p, letter in enumerate(letters)], f"{start}{position}")
        before = alphabet[-1] + made.name[:position]
        kind = "given" if draw.token is None else "end" if draw.token == len(alphabet) - 1 else "drawn"
        body = drawn(inside, told, draw, before, kind) if draw.token is not None else sentence(
            inside, "given", prefix=escape(made.prefix))
        html = (f'<div class="letters" role="group" aria-label="{escape(inside.say("name.letters"))}">{ways}</div>'
                f'{origin(inside, made)}<h3>{escape(before)} → <b>{escape(letters[position])}</b></h3>{body}'
                f"{heads(inside, draw, before)}{others(inside, made)}")
    except (LookupError, AttributeError, TypeError):  # an edited core draws in another way
        html = f'<p class="sentence">{inside.say("step.edited")}</p>{others(inside, made)}'
        return Page(f"name.{made.step}.{made.name}.0", html, step=made.step)
    return Page(f"{start}{position}", html, inside.excerpt.containing("sample", LINES[kind]),
                f"{start}{position - 1}" if position else "",
                f"{start}{position + 1}" if position + 1 < len(told.draws) else "", made.step)


def sentence(inside, key, **said):
    return f'<p class="sentence">{inside.say("name." + key, **said)}</p>'


def origin(inside, made):
    """Whether the name is in the list, and if not, which there come nearest."""
    if made.name in inside.session.listed:
        text = inside.say("name.listed", name=escape(made.name))
    else:
        text = inside.say("name.new", name=escape(made.name), nearest=", ".join(
            f"<span data-distance={distance}>{escape(near)}</span>" for distance, near in nearest(inside, made.name)))
    return f'<p class="origin">{text}</p>'


def nearest(inside, name):
    if not hasattr(inside, "nearest"):
        inside.nearest, inside.near = Nearest(inside.session.listed), {}
    if name not in inside.near:
        inside.near[name] = inside.nearest.of(name, NEAREST)
    return inside.near[name]


def drawn(inside, told, draw, before, kind):
    """The draw of a letter: in words, as two bars cut at each letter's share, and as a table of them."""
    temperature, alphabet = told.made.temperature, inside.session.alphabet
    said = {"before": escape(before), "letter": escape(alphabet[draw.token]), "number": f"{draw.number:.4f}",
            "low": f"{draw.low:.4f}", "high": f"{draw.high:.4f}"}
    marked = f'<i style="--x:{draw.number:.5f}"></i>'
    hot = inside.say("name.temperature", temperature=f"{temperature:g}")
    bars = "".join(
        f"<p>{text}</p><div>{bar(alphabet, shares, draw.token)}{mark}</div>"
        for text, shares, mark in ((inside.say("name.temperature", temperature="1"), draw.plain, ""),
                                   (hot, draw.probabilities, marked)))
    return (sentence(inside, kind, **said) + f'<div class="dice" aria-hidden="true">{bars}</div>'
            + table(inside, draw, hot))


def bar(alphabet, shares, marked):
    return "".join(
        f'<span style="--w:{share:.5f}"{" data-true" if token == marked else ""}>'
        f'{escape(alphabet[token]) if share >= LETTERED else ""}</span>' for token, share in enumerate(shares))


def table(inside, draw, hot):
    """The letters that had a chance, in the alphabet's order, which is that of the draw."""
    alphabet, ends = inside.session.alphabet, [0.0, *accumulate(draw.probabilities)]
    rows = list(enumerate(zip(draw.plain, draw.probabilities)))
    shown = [(token, pair) for token, pair in rows if max(pair) >= SHOWN or token == draw.token]
    lines = "".join(
        f'<tr{" data-true" if token == draw.token else ""}><td>{escape(alphabet[token])}</td>'
        f'<td data-value="{plain:.6g}">{percent(plain)}</td><td data-value="{share:.6g}">{percent(share)}</td>'
        f"<td>{ends[token]:.4f} – {ends[token + 1]:.4f}</td></tr>" for token, (plain, share) in shown)
    if len(shown) < len(rows):
        plain, share = (sum(pair[i] for _, pair in rows) - sum(pair[i] for _, pair in shown) for i in (0, 1))
        lines += (f'<tr><td>{inside.say("name.rest", count=len(rows) - len(shown))}</td><td>{percent(plain)}</td>'
                  f"<td>{percent(share)}</td><td></td></tr>")
    columns = "".join(f'<th scope="col">{text}</th>' for text in (
        inside.say("name.letter"), inside.say("name.temperature", temperature="1"), hot, inside.say("name.part")))
    return (f'<table class="edges chances"><caption>{inside.say("name.chances")}</caption>'
            f"<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>")


def percent(share):
    return f"{100 * share:.1f}"


def heads(inside, draw, before):
    """What each head of each layer looked at."""
    layers = [[[p.data for p in softmax.result] for softmax in call.calls("softmax")]
              for call in draw.forward.calls("attend")]
    columns = "".join(f'<th scope="col">{escape(letter)}</th>' for letter in before)
    lines = ""
    for layer, rows in enumerate(layers):
        for h, row in enumerate(rows):
            name = inside.say("head", n=h + 1)
            name = f'{inside.say("layer", n=layer + 1)}, {name}' if len(layers) > 1 else name
            cells = "".join(f'<td data-value="{share:.6g}" style="--w:{share:.3f}">{100 * share:.0f}</td>'
                            for share in row)
            lines += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    return (f'<table class="shares"><caption>{inside.say("name.heads")}</caption>'
            f"<thead><tr><td></td>{columns}</tr></thead><tbody>{lines}</tbody></table>")


def others(inside, made):
    """Names to go on to: the newest that can be drawn again, and one that is yet to be invented."""
    names = []
    for other in reversed(inside.session.history.inventions):
        address = f"name.{other.step}.{other.name}.0"
        if known(inside.session, other, inside.at) and (address, other.name or "∅") not in names:
            names.append((address, other.name or "∅"))
        if len(names) == OTHERS:
            break
    links = figures.choices(names, f"name.{made.step}.{made.name}.0")
    return (f'<h4>{inside.say("name.others")}</h4><div class="stages names-at-hand" role="group" '
            f'aria-label="{escape(inside.say("name.others"))}">{links}</div>'
            f'<button type="button" data-go="name.another">{inside.say("name.another")}</button>')
