"""How a name was drawn, letter by letter: "name.50.emma.2" is the third draw of the name emma, invented at step 50.

It is drawn once more, by the core's own sample(), with the weights of that step and the same random numbers, and
traced as it happens. "name" is the newest name, "name.another" one that is invented for the panel.
"""
import sys
from bisect import bisect
from itertools import accumulate

from common import hangul
from common.errors import UserError
from worker.markup import escape, head_name
from worker.session import BOUNDARY
from worker.snapshots import RecordedRandom

from . import Page, figures
from .edit_distance import Nearest
from .tracer import Tracer

MIN_ROW_PROBABILITY = 0.01     # for a row of its own,
MIN_LETTER_PROBABILITY = 0.03  # and for a letter in the bar
MAX_OTHERS = 8   # names to choose from
MAX_NEAREST = 5  # documents that resemble a new name
LINES = {  # of sample(), by pieces of their text
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
    """A name, drawn once more. made: its snapshots.Invention; name; draws: a Draw for each position."""

    def __init__(self, run, made):
        self.made, numbers = made, iter(made.draws)
        with Tracer(type(run).sample) as tracer:
            tracer.value = None  # the calls are enough
            self.name = run.sample(RecordedRandom(numbers.__next__), made.temperature, made.prefix)
        self.draws, numbers, core = [], iter(made.draws), sys.modules[type(run).__module__]
        for call, after in zip(tracer.calls, [*tracer.calls[1:], None]):
            if call.name == "forward":
                softmax = after if after and after.name == "softmax" else None
                self.draws.append(Draw(call, softmax, next(numbers) if softmax else None, core))


def drawing(inspector, made) -> Drawing:
    """The Drawing of an invention: the last one, or a new one with the weights of its step."""
    if not inspector.drawing or inspector.drawing.made is not made:
        session = inspector.session
        run = session.synced() if made.step == session.run.step else session.run_at(made.step, "draw")
        if run.step != made.step:
            raise UserError("name.gone")
        inspector.drawing = Drawing(run, made)
        if inspector.drawing.name != made.name:  # by a compiled run that had not the core's very bits
            raise UserError("name.gone")
    return inspector.drawing


def can_redraw(session, made, at) -> bool:
    """Whether a name can be drawn again, and belongs to the time that is looked at."""
    now = made.step == session.run.step and at is None
    return now or made.step in session.snapshots.weights and made.step <= (session.run.step if at is None else at)


def chosen(inspector, pieces):
    """The invention that an address means, and the position."""
    session, position = inspector.session, 0
    if len(pieces) >= 3:
        step, position = pieces[0], pieces[-1]
        if not all(text.isascii() and text.isdigit() for text in (step, position)):
            raise UserError("inside.nowhere")
        try:
            return session.snapshots.invention(int(step[:9]), ".".join(pieces[1:-1])), int(position[:4])
        except KeyError:
            raise UserError("name.none") from None
    if pieces not in ([], ["another"]):
        raise UserError("inside.nowhere")
    newest = next((made for made in reversed(session.snapshots.inventions)
                   if can_redraw(session, made, inspector.at)), None)
    if pieces or not newest:
        newest = session.invent(*inspector.sampling, session.rng, inspector.at)
    return newest, 0


def show(inspector, pieces: list[str]) -> Page:
    """pieces: none, or "another", or a step, a name, a position."""
    made, position = chosen(inspector, pieces)
    redrawn, composed = drawing(inspector, made), inspector.session.composed
    try:
        position = min(position, len(redrawn.draws) - 1)
        draw, start = redrawn.draws[position], f"name.{made.step}.{composed(made.name)}."
        letters = [*map(hangul.shown, made.name), BOUNDARY][:len(redrawn.draws)]
        ways = figures.choices([(f"{start}{p}", letter) for p, letter in enumerate(letters)], f"{start}{position}")
        read = composed(BOUNDARY + made.name[:position])
        kind = "given" if draw.token is None else "end" if draw.token == inspector.session.run.bos else "drawn"
        body = draw_figures(inspector, redrawn, draw, read, kind) if draw.token is not None else sentence(
            inspector, "given", prefix=escape(composed(made.prefix)))
        html = (f'<div class="letters" role="group" aria-label="{escape(inspector.say("name.letters"))}">{ways}</div>'
                f'{origin(inspector, made)}<h3>{escape(read)} → <b>'
                f"{escape(letters[position])}</b></h3>{body}"
                f"{heads(inspector, draw, [BOUNDARY, *letters[:position]])}{others(inspector, made)}")
    except (LookupError, AttributeError, TypeError):  # an edited core draws in another way
        html = f'<p class="sentence">{inspector.say("step.edited")}</p>{others(inspector, made)}'
        return Page(f"name.{made.step}.{composed(made.name)}.0", html, step=made.step)
    return Page(f"{start}{position}", html, inspector.excerpt.containing("sample", LINES[kind]),
                f"{start}{position - 1}" if position else "",
                f"{start}{position + 1}" if position + 1 < len(redrawn.draws) else "", made.step)


def sentence(inspector, key, **values):
    return f'<p class="sentence">{inspector.say("name." + key, **values)}</p>'


def origin(inspector, made):
    """Whether the name is in the data, and if not, which there come nearest; nothing where the data are not here."""
    if not inspector.session.has_data:
        return ""
    composed = inspector.session.composed
    name = composed(made.name)
    if made.name in inspector.session.listed:
        text = inspector.say("name.listed", name=escape(name))
    else:
        text = inspector.say("name.new", name=escape(name), nearest=", ".join(
            f"<span data-distance={distance}>{escape(composed(document))}</span>"
            for distance, document in nearest(inspector, made.name)))
    return f'<p class="origin">{text}</p>'


def nearest(inspector, name: str) -> list:
    """The documents most like a name, as (distance, document); each name's are computed once."""
    if not inspector.distances:
        inspector.distances = Nearest(inspector.session.listed)
    if name not in inspector.nearest:
        inspector.nearest[name] = inspector.distances.of(name, MAX_NEAREST)
    return inspector.nearest[name]


def draw_figures(inspector, redrawn, draw, read, kind):
    """The draw of a letter after those read: in words, as two bars cut at each letter’s share, and as a table."""
    temperature, alphabet = redrawn.made.temperature, inspector.session.alphabet
    values = {"before": escape(read), "letter": escape(alphabet[draw.token]),
              "number": f"{draw.number:.4f}", "low": f"{draw.low:.4f}", "high": f"{draw.high:.4f}"}
    marked = f'<i style="--x:{draw.number:.5f}"></i>'
    hot = inspector.say("name.temperature", temperature=f"{temperature:g}")
    bars = "".join(
        f"<p>{text}</p><div>{bar(alphabet, shares, draw.token)}{mark}</div>"
        for text, shares, mark in ((inspector.say("name.temperature", temperature="1"), draw.plain, ""),
                                   (hot, draw.probabilities, marked)))
    return (sentence(inspector, kind, **values) + f'<div class="dice" aria-hidden="true">{bars}</div>'
            + table(inspector, draw, hot))


def bar(alphabet, shares, marked):
    return "".join(
        f'<span style="--w:{share:.5f}"{" data-true" if token == marked else ""}>'
        f'{escape(alphabet[token]) if share >= MIN_LETTER_PROBABILITY else ""}</span>'
        for token, share in enumerate(shares))


def table(inspector, draw, hot):
    """The letters that had a chance, in the alphabet's order, which is that of the draw."""
    alphabet, ends = inspector.session.alphabet, [0.0, *accumulate(draw.probabilities)]
    rows = list(enumerate(zip(draw.plain, draw.probabilities)))
    shown = [(token, pair) for token, pair in rows if max(pair) >= MIN_ROW_PROBABILITY or token == draw.token]
    lines = "".join(
        f'<tr{" data-true" if token == draw.token else ""}><td>{escape(alphabet[token])}</td>'
        f'<td data-value="{plain:.6g}">{percent(plain)}</td><td data-value="{share:.6g}">{percent(share)}</td>'
        f"<td>{ends[token]:.4f} – {ends[token + 1]:.4f}</td></tr>" for token, (plain, share) in shown)
    if len(shown) < len(rows):
        plain, share = (sum(pair[i] for _, pair in rows) - sum(pair[i] for _, pair in shown) for i in (0, 1))
        lines += (f'<tr><td>{inspector.say("name.rest", count=len(rows) - len(shown))}</td><td>{percent(plain)}</td>'
                  f"<td>{percent(share)}</td><td></td></tr>")
    columns = "".join(f'<th scope="col">{text}</th>' for text in (
        inspector.say("name.letter"), inspector.say("name.temperature", temperature="1"), hot,
        inspector.say("name.part")))
    return (f'<table class="edges chances"><caption>{inspector.say("name.chances")}</caption>'
            f"<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table>")


def percent(share):
    return f"{100 * share:.1f}"


def heads(inspector, draw, before):
    """What each head of each layer looked at."""
    layers = [[[p.data for p in softmax.result] for softmax in call.calls("softmax")]
              for call in draw.forward.calls("attend")]
    columns = "".join(f'<th scope="col">{escape(letter)}</th>' for letter in before)
    lines = ""
    for layer, rows in enumerate(layers):
        for h, row in enumerate(rows):
            name = head_name(layer, h, len(layers), inspector.texts)
            cells = "".join(f'<td data-value="{share:.6g}" style="--w:{share:.3f}">{100 * share:.0f}</td>'
                            for share in row)
            lines += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    return (f'<table class="shares"><caption>{inspector.say("name.heads")}</caption>'
            f"<thead><tr><td></td>{columns}</tr></thead><tbody>{lines}</tbody></table>")


def others(inspector, made):
    """Links to other names: the newest that can be drawn again, and one that is yet to be invented."""
    names = []
    for other in reversed(inspector.session.snapshots.inventions):
        name = inspector.session.composed(other.name)
        address = f"name.{other.step}.{name}.0"
        if can_redraw(inspector.session, other, inspector.at) and (address, name or "∅") not in names:
            names.append((address, name or "∅"))
        if len(names) == MAX_OTHERS:
            break
    links = figures.choices(names, f"name.{made.step}.{inspector.session.composed(made.name)}.0")
    return (f'<h4>{inspector.say("name.others")}</h4><div class="stages names-at-hand" role="group" '
            f'aria-label="{escape(inspector.say("name.others"))}">{links}</div>'
            f'<button type="button" data-go="name.another">{inspector.say("name.another")}</button>')
