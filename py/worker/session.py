"""One run of the core, and what the page sees of it: frames, names, pictures, and its state to keep.

Pure Python without a browser, so that the tests and the recording use it as the worker does. It looks at the run
through the core's own taps and with generators of its own; looking never changes the run.
"""
import copy
import math
import pickle
import random
import time
from array import array
from collections import deque
from contextlib import suppress

import microgpt
from common import hangul
from common.errors import CannotCompile
from worker import markup
from worker.held_out import HeldOut
from worker.snapshots import Dice, History, Invention

WINDOW = 100          # steps in the running mean of the loss
NAMES_AT_A_TIME = 2
OCCASIONS = 20        # how often in a run names are invented: every num_steps / OCCASIONS steps
BATCH = 64            # compiled steps between two looks at the clock
DOTS = 2000           # how many points of the loss curve are given, at the most
BOUNDARY = "·"        # how the token is shown that begins and ends a document


class Session:
    def __init__(self, lines, recipe, core=microgpt):
        """lines: the data; recipe: a dict with the core's settings, and more; core: its module, where it is an edited
        one. ValueError says what can't be."""
        settings = {name: recipe[name] for name in core.DEFAULTS if name in recipe}
        self.recipe, self.jamo = dict(recipe), recipe.get("letters") == "jamo"
        self.run = core.Run(map(hangul.decompose, lines) if self.jamo else lines, **settings)
        self.listed = set(self.run.docs)
        self.held_out = HeldOut(self.run, recipe.get("held_out", 0))
        self.alphabet = [*map(hangul.shown, self.run.chars), BOUNDARY]
        self.recent = deque(maxlen=WINDOW)
        self.stride = max(1, self.run.settings.num_steps // DOTS)
        self.rng = random.Random(self.run.settings.seed)
        self.last_rng = None
        self.engine = None  # the compiled run, while it is the one that trains
        self.every = max(1, self.run.settings.num_steps // OCCASIONS)
        self.history = History(self.run.settings.num_steps, self.every, len(self.run.gpt.parameters))
        self.history.keep(0, self.weights())
        self.then = None    # a copy of the run, as it was at the step that was looked back at last
        self.fault = None   # the error that the last broken frame stands for
        self.before_last = None  # state() before the run's last step, once that is taken: it can be shown again

    def use(self, name):
        """Let "core" or "compiled" do the work from here on; the run goes on as it is, bit for bit.

        Returns the milliseconds that compiling took. Raises CannotCompile, and the core goes on.
        """
        if name == "compiled" and not self.engine:
            from worker.compiler import compile  # here, because most visits do without the compiler

            self.engine = compile(self.run)
        elif name == "core" and self.engine:
            self.give_back()
        return self.engine.compile_ms if self.engine else 0

    def give_back(self):
        """The core goes on with what the compiled run has learned."""
        self.synced()
        self.engine = None

    def train(self, budget_ms, temperature, prefix):
        """Train for about budget_ms, one step at least, and give one frame.

        A frame holds the step; the points of the loss curve since the last one, as three lists (steps, losses, running
        means); the running mean; the held-out losses, as [step, loss]; the names invented, as [step, name, is it new];
        the steps that are kept; whether the run is done. Where the loss is no longer a number, the weights are those
        before, and broken is the step that failed. Where the compiled run cannot go on, the core does from the next
        slice on, and declined says why. A held-out loss takes a while to measure, so a frame with a budget may have no
        step in it.
        """
        run, end, first = self.run, time.perf_counter() + budget_ms / 1000, self.run.step
        losses, means, names, held_out, broken, declined = [], [], [], [], 0, ""
        every, history = self.every, self.history
        before = None if self.engine else self.state()
        try:
            while run.step < run.settings.num_steps and (not losses or time.perf_counter() < end):
                if self.held_out.pending() and not self.measure(held_out, end if budget_ms else math.inf):
                    break
                if run.step == 0:
                    names += self.names_of_this_step(temperature, prefix)
                last = run.settings.num_steps - 1
                if run.step == last:
                    self.before_last = self.state()
                until = min(every - run.step % every, last - run.step or 1, history.ahead(run.step))
                self.take(self.advance(min(until, BATCH if budget_ms else 1)), losses, means)
                if history.due(run.step):
                    history.keep(run.step, self.weights())
                self.held_out.due(run.step)
                if not budget_ms or run.step == run.settings.num_steps:
                    self.measure(held_out, math.inf)
                if run.step % every == 0 and run.step < run.settings.num_steps:
                    names += self.names_of_this_step(temperature, prefix)
        except CannotCompile as error:
            self.take(getattr(error, "losses", []), losses, means)
            self.give_back()
            declined = str(error)
        except (ArithmeticError, ValueError) as error:
            broken, self.fault = run.step + 1, error
            self.restore(before)
            losses, means = [], []
        steps = range(first + 1, first + 1 + len(losses))
        kept = [i for i, step in enumerate(steps) if step % self.stride == 0 or step == 1]
        return {"step": run.step, "points": [[column[i] for i in kept] for column in (steps, losses, means)],
                "mean": means[-1] if means else None, "held_out": held_out, "names": names,
                "broken": broken, "declined": declined, "kept": list(history.kept),
                "done": run.step >= run.settings.num_steps}

    def advance(self, most):
        """Take a step, or up to `most` where they are compiled. Returns the losses."""
        if self.engine:
            losses = self.engine.train(most)
            self.run.step = self.engine.step
            return losses
        loss = self.run.train()
        if not math.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss}")
        return [loss]

    def measure(self, held_out, end):
        """Measure the held-out loss, if it is time to, as far as that goes until the clock is at end. Whether it is
        done."""
        while self.held_out.pending():
            held_out += filter(None, [self.held_out.measure(self.loss)])
            if time.perf_counter() >= end:
                break
        return not self.held_out.pending()

    def loss(self, doc):
        """The loss of a document by the engine at work; infinite where it is no number."""
        if self.engine:
            return self.engine.loss(doc)
        try:
            self.run.read(doc)
        except (ArithmeticError, ValueError):
            return math.inf
        return self.run.loss.data

    def take(self, new, losses, means):
        """Add new losses to the others, and to each the mean of those before it."""
        for loss in new:
            self.recent.append(loss)
            losses.append(loss)
            means.append(math.fsum(self.recent) / len(self.recent))

    def names(self, count, temperature, prefix, rng, step=None):
        """count invented names, each as [step, name, is it new: in no list]; step: a kept one, or None for now."""
        names = [self.invent(temperature, prefix, rng, step).name for _ in range(count)]
        step = self.run.step if step is None else step
        return [[step, hangul.compose(name) if self.jamo else name, name not in self.listed] for name in names]

    def invent(self, temperature, prefix, rng, step=None):
        """An Invention: a name by the model of now, or of a kept step. How it was drawn goes to the history."""
        run, dice = (self.engine or self.run) if step is None else self.past(step), Dice(rng.random)
        made = Invention(run.step, run.sample(dice, temperature, prefix), temperature, prefix, tuple(dice.drawn))
        self.history.inventions.append(made)
        return made

    def names_of_this_step(self, temperature, prefix):
        """Names that depend on the step, not on how the slices fell."""
        rng = random.Random(self.run.settings.seed * 1000003 + self.run.step)
        return self.names(NAMES_AT_A_TIME, temperature, prefix, rng)

    def last_names(self, count, first):
        """The next count of the names that the core's program prints after its last step; first begins them anew."""
        if first:
            self.last_rng = random.Random()
            self.last_rng.setstate(self.run.rng.getstate())
        return self.names(count, self.run.settings.temperature, "", self.last_rng)

    def document(self, step=None):
        """The document that the last step (or one in the past) learned from; before any, what the first will."""
        step = self.run.step if step is None else step
        return self.run.docs[max(step - 1, 0) % len(self.run.docs)]

    def synced(self):
        """The core's run, with what has been learned so far, whichever engine works."""
        if self.engine:
            self.engine.store(self.run)
        return self.run

    def past(self, step):
        """A copy of the run as it was at a kept step, without the optimizer's moments. KeyError if it is not kept."""
        if not self.then:
            self.then = copy.copy(self.run)
            self.then.gpt = pickle.loads(pickle.dumps(self.run.gpt))  # many times quicker than copy.deepcopy
            self.then.step = None
        if self.then.step != step:
            for p, weight in zip(self.then.gpt.parameters, self.history.kept[step]):
                p.data = weight
            self.then.step = step
        return self.then

    def view(self, look="", step=None):
        """The model's view of a document: look, or else the one that the last step learned from. step: a kept one, to
        see what the model of then saw; None for now.

        Returns the letters; attention[layer][head][query][key]; probabilities[position][token]; the targets, the token
        that does follow at each position; telling, the [layer, head, query, key] that looks most at an earlier letter.
        """
        run, doc = self.run if step is None else self.past(step), look or self.document(step)
        if self.engine and step is None:
            seen = self.engine.read(doc)
            tokens, attention, probabilities = seen.tokens, seen.attention, seen.probabilities
        else:
            with suppress(ArithmeticError):  # a probability of zero has no logarithm: there is no loss then, but a view
                run.read(doc)
            tokens = run.tokens
            attention = [[[[p.data for p in position.attention[head]] for position in layer]
                          for head in range(len(layer[0].attention))] for layer in run.context]
            probabilities = [[p.data for p in row] for row in run.probabilities]
        earlier = ((weight, [layer, head, query, key]) for layer, heads in enumerate(attention)
                   for head, rows in enumerate(heads) for query, row in enumerate(rows)
                   for key, weight in enumerate(row) if 0 < key < query)
        return {"letters": [self.alphabet[token] for token in tokens[:-1]], "attention": attention,
                "probabilities": probabilities, "targets": tokens[1:],
                "telling": max(earlier, default=(1, [0, 0, 0, 0]))[1]}

    def weights(self):
        """The weights of now, as doubles."""
        return self.engine.weights() if self.engine else [p.data for p in self.run.gpt.parameters]

    def state(self):
        """All that training changes, as doubles: the step, the weights, Adam's two moments, the recent losses."""
        run = self.synced()
        return array("d", (run.step, *(p.data for p in run.gpt.parameters), *run.mean, *run.square, *self.recent))

    def restore(self, state):
        """Go on from what state() gave."""
        run, n = self.run, len(self.run.gpt.parameters)
        self.history.go_back(int(state[0]) if state[0] <= run.step else -1)
        self.then, self.before_last, run.step = None, None, int(state[0])
        for p, data in zip(run.gpt.parameters, state[1:1 + n]):
            p.data = data
        run.mean, run.square = list(state[1 + n:1 + 2 * n]), list(state[1 + 2 * n:1 + 3 * n])
        self.recent = deque(state[1 + 3 * n:], WINDOW)
        self.history.keep(run.step, state[1:1 + n])
        self.held_out.step = 0
        self.held_out.due(run.step)


def drawn(view, alphabet, words):
    """A view as the page puts it in place: the pictures as HTML, that of attention in pieces, [layer][head]."""
    return {"letters": view["letters"], "telling": view["telling"],
            "attention": markup.heads(view["letters"], view["attention"], words),
            "probabilities": markup.probabilities(view["letters"], alphabet, view["probabilities"], view["targets"])}
