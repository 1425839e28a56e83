"""One letter's way through the model: "letter.2.attention" is what the attention does at the third position.

Its stages are found in the calls that the core made, by the names of its functions and of its matrices; where an edited
core does without one, the stage is left out.
"""
from common.errors import UserError
from worker.markup import escape, head_name

from . import Page, figures

MAX_CANDIDATES = 8  # of the next letters, the likeliest first
MAX_INVENTED = 5    # of the last invented names, offered as documents


class Stage:
    """A stage of a letter's way. key: of its texts, and in its address; layer: its number, or None; figures: HTML;
    nodes: the Values whose lines are highlighted, if not lines says which; values: what goes into its sentence."""

    def __init__(self, key, layer, figures, nodes, lines=(), **values):
        self.key, self.layer, self.figures, self.nodes, self.values = key, layer, figures, nodes, values
        self.lines = lines


class ForwardPass:
    """The stages of one position of a document trace. Figures link each number to its own page."""

    def __init__(self, inspector, position: int):
        self.inspector, self.trace, self.position = inspector, inspector.read(), position
        self.alphabet = inspector.session.alphabet
        self.letters = [self.alphabet[token] for token in self.trace.tokens[:position + 1]]
        self.target = self.trace.tokens[position + 1]
        self.forward, self.softmax = self.trace.positions[position]
        self.norms = self.forward.calls("rmsnorm")
        self.linear = {self.trace.matrix(call.arguments.get("w")): call for call in self.forward.calls("linear")}
        self.stages = []
        self.add(self.token, self.embedding)
        for layer in range(self.trace.settings.n_layer):
            self.add(self.query, self.attention, self.mix, self.hidden, self.residual, layer=layer)
        self.add(self.logits, self.probabilities, self.choice, self.loss)

    def add(self, *builders, layer=None):
        for build in builders:
            try:
                self.stages.append(build() if layer is None else build(layer))
            except (LookupError, AttributeError, TypeError, ValueError, ZeroDivisionError):
                continue  # an edited core has nothing of the kind

    def vector(self, key, nodes, letters=(), marked=None, **values):
        label = self.inspector.say("letter." + key, **values)
        return figures.vector(label, [node.data for node in nodes], [self.trace.name(node) for node in nodes],
                              letters, marked)

    def vectors(self, *pairs, **values):
        return "".join(self.vector(key, nodes, **values) for key, nodes in pairs)

    # ---- Before the layers.
    def token(self):
        letter, token = self.letters[-1], self.trace.tokens[self.position]
        figures = f'<p class="formula"><b>{escape(letter)}</b> → <b>{token}</b></p>'
        return Stage("token", None, figures, [], letter=escape(letter), token=token, position=self.position)

    def embedding(self):
        total = self.norms[0].arguments["x"]
        return Stage("embedding", None, self.vectors(
            ("wte", [value.inputs[0] for value in total]), ("wpe", [value.inputs[1] for value in total]),
            ("sum", total), ("norm", self.norms[0].result), letter=escape(self.letters[-1]), position=self.position),
            [*total, *self.norms[0].result])

    # ---- A layer.
    def of(self, layer, matrix):
        return self.linear[f"layer{layer}.{matrix}"]

    def attend(self, layer):
        return self.forward.calls("attend")[layer]

    def heads(self, values):
        """A vector's parts, one a head."""
        size = len(values) // self.trace.settings.n_head
        return [values[start:start + size] for start in range(0, len(values), size)]

    def query(self, layer):
        call = self.attend(layer)
        made = {self.trace.matrix(inner.arguments["w"])[-2:]: inner.result for inner in call.calls("linear")}
        blocks = [self.vector("normed", call.arguments["x"])]
        for h, parts in enumerate(zip(*(self.heads(made[name]) for name in ("wq", "wk", "wv")))):
            tables = "".join(self.vector(name, part) for name, part in zip(("wq", "wk", "wv"), parts))
            blocks.append(f'<div class="of-head"><h4>{escape(self.head(h))}</h4>{tables}</div>')
        return Stage("query", layer, "".join(blocks), [*call.arguments["x"], *sum(made.values(), [])],
                     letter=escape(self.letters[-1]))

    def head(self, h):
        return head_name(0, h, 1, self.inspector.texts)

    def attention(self, layer):
        calls = self.attend(layer).calls("softmax")
        names = [self.head(h) for h in range(len(calls))]
        scores = "".join(self.vector("scores", call.arguments["scores"], self.letters, head=escape(name))
                         for name, call in zip(names, calls))
        table = figures.shares(self.inspector.say("letter.shares"), self.letters, [
            [(weight.data, self.trace.name(weight)) for weight in call.result] for call in calls], names)
        return Stage("attention", layer, table + scores, [
            value for call in calls for value in (*call.arguments["scores"], *call.result)],
            letter=escape(self.letters[-1]))

    def mix(self, layer):
        mixed, after = self.attend(layer).result, self.norms[2 + 2 * layer].arguments["x"]
        out = self.of(layer, "attn_wo").result
        return Stage("mix", layer, self.vectors(("mixed", mixed), ("wo", out), ("after", after)),
                     [*mixed, *out, *after])

    def hidden(self, layer):
        norm, hidden = self.norms[2 + 2 * layer].result, self.of(layer, "mlp_fc2").arguments["x"]
        before = self.of(layer, "mlp_fc1").result
        return Stage("hidden", layer, self.vectors(("normed", norm), ("fc1", before), ("relu", hidden)),
                     [*norm, *before, *hidden], on=sum(value.data > 0 for value in hidden), units=len(hidden))

    def residual(self, layer):
        last = layer + 1 == self.trace.settings.n_layer
        after = self.linear["lm_head"].arguments["x"] if last else self.norms[3 + 2 * layer].arguments["x"]
        out = self.of(layer, "mlp_fc2").result
        return Stage("residual", layer, self.vectors(("fc2", out), ("after", after)), [*out, *after])

    # ---- After the layers.
    def logits(self):
        logits = self.forward.result
        return Stage("logits", None, self.vector("lm_head", logits, self.alphabet), logits,
                     best=escape(self.alphabet[max(range(len(logits)), key=lambda token: logits[token].data)]))

    def probabilities(self):
        made = self.softmax.result
        return Stage("probabilities", None, self.vector("softmax", made, self.alphabet, self.target), made,
                     count=len(made))

    def choice(self):
        made = self.softmax.result
        order = sorted(range(len(made)), key=lambda token: -made[token].data)
        shown, place = order[:MAX_CANDIDATES], order.index(self.target)
        label = self.inspector.say("letter.order")
        return Stage("choice", None, figures.vector(
            label, [made[token].data for token in shown], [self.trace.name(made[token]) for token in shown],
            [self.alphabet[token] for token in shown], place), [],
            self.inspector.excerpt.containing("sample", ("rng.choices(",)), best=escape(self.alphabet[order[0]]),
            percent=f"{100 * made[order[0]].data:.0f}", next=escape(self.alphabet[self.target]), place=place + 1,
            count=len(made))

    def loss(self):
        probability, loss = self.softmax.result[self.target], self.trace.loss
        log = [node for node, _ in self.trace.users(probability) if node.op == "log"][0]
        total = [node for node, _ in self.trace.users(log) if node.op == "sum" and node in loss.inputs][0]
        following = [self.alphabet[token] for token in self.trace.tokens[1:]]
        figures = (self.vectors(("probability", [probability]), ("log", [log]), next=escape(self.alphabet[self.target]))
                   + self.vector("logs", total.inputs, following, total.inputs.index(log))
                   + self.vectors(("total", [total]), ("mean", [loss]), count=len(total.inputs)))
        return Stage("loss", None, figures, [log, total, loss], next=escape(self.alphabet[self.target]),
                     percent=f"{100 * probability.data:.0f}", loss=f"{-log.data:.3f}", count=len(total.inputs),
                     mean=f"{loss.data:.3f}", share=f"{100 * log.data / total.data:.0f}")

    def name(self, stage):
        """A stage's name in an address: with the layer, where there are several."""
        several = self.trace.settings.n_layer > 1 and stage.layer is not None
        return stage.key + (str(stage.layer + 1) if several else "")

    def title(self, stage):
        several = self.trace.settings.n_layer > 1 and stage.layer is not None
        return self.inspector.say(f"letter.{stage.key}.title") + (f" {stage.layer + 1}" if several else "")


def show(inspector, pieces: list[str]) -> Page:
    """pieces: [position, stage]; what is missing is the first, what does not exist the nearest."""
    length = len(inspector.read().tokens) - 1
    position, stage = [*pieces, "", ""][:2]
    if position and not (position.isascii() and position.isdigit()):
        raise UserError("inside.nowhere")
    position = min(int(position[:4] or 1), length - 1)
    way = ForwardPass(inspector, position)
    names = [way.name(stage) for stage in way.stages]
    if not names:
        raise UserError("step.edited")
    stage = next((name for name in names if stage and name.startswith(stage)), names[0])  # "query" for "query1"
    at = names.index(stage)
    shown = way.stages[at]
    addresses = [f"letter.{position}.{name}" for name in names]
    letters = figures.choices([(f"letter.{p}.{names[at]}", way.alphabet[token])
                               for p, token in enumerate(way.trace.tokens[:-1])], f"letter.{position}.{names[at]}")
    stages = figures.choices(zip(addresses, map(way.title, way.stages)), addresses[at])
    # Where no Value is made, it is the line that hands the token to the model.
    lines = shown.lines or way.trace.lines(shown.nodes) or {way.forward.line}
    say = inspector.say
    html = (documents(inspector, addresses[at])
            + f'<div class="letters" role="group" aria-label="{escape(say("letter.letters"))}">{letters}</div>'
            f'<div class="stages" role="group" aria-label="{escape(say("letter.stages"))}">{stages}</div>'
            f"<h3>{escape(way.title(shown))}</h3>"
            f'<p class="sentence">{inspector.say("letter." + shown.key, **shown.values)}</p>{shown.figures}')
    before = addresses[at - 1] if at else f"letter.{position - 1}.{names[-1]}" if position else ""
    after = (addresses[at + 1] if at + 1 < len(addresses)
             else f"letter.{position + 1}.{names[0]}" if position + 1 < length else "")
    return Page(addresses[at], html, lines, before, after)


def documents(inspector, address):
    """The documents to choose from: the current training document, the visitor's, and the latest invented names."""
    at_hand = inspector.session.document() if inspector.look else inspector.read().doc
    invented = [made.name for made in reversed(inspector.session.snapshots.inventions)]
    others, composed = dict.fromkeys([inspector.look, *invented[:MAX_INVENTED]]), inspector.session.composed
    items = [("", inspector.say("letter.at-hand", doc=composed(at_hand)))]
    items += [(doc, composed(doc)) for doc in others if doc]
    return (f'<div class="documents" role="group" aria-label="{escape(inspector.say("letter.documents"))}">'
            f"{figures.documents(items, address, inspector.look)}</div>")
