"""One run of the core, and what the page sees of it: frames, names, pictures, and its state to save.

Pure Python without a browser, so that the tests and the recording use it as the worker does. It looks at the run
through the core's own taps and with generators of its own; looking never changes the run.
"""
import copy
import hashlib
import math
import pickle
import random
import time
from array import array
from collections import deque
from contextlib import suppress

import microgpt
from common import hangul
from common import recipe as recipes
from common.digits import standard_error
from common.errors import CannotCompile, UserError, quoted
from worker.held_out import HeldOut
from worker.schedule import SAMPLINGS_PER_PART, Schedule
from worker.snapshots import Invention, RecordedRandom, Snapshots

MEAN_STEPS = 100          # in the running mean of the loss
NAMES_PER_SAMPLING = 2    # names are invented at a time
MAX_BATCH_STEPS = 64      # compiled steps between two looks at the clock
BOUNDARY = "·"            # how the token is shown that begins and ends a document


def check_settings(settings: dict) -> None:
    """Raise UserError where the core would refuse these settings: a value for each name of its DEFAULTS."""
    for name, value in settings.items():
        if name != "seed" and isinstance(value, (int, float)) and not 0 < value < math.inf:
            raise UserError("settings.positive", name=name, value=f"{value:g}")
    n_embd, n_head = settings.get("n_embd", 1), settings.get("n_head", 1)
    if n_embd % n_head:
        raise UserError("settings.heads.divide", n_embd=n_embd, n_head=n_head)


def sha256_of(lines: list) -> str:
    """The SHA-256 of the documents in some lines, as UTF-8 with a line's end between each two."""
    documents = "\n".join(doc for line in lines if (doc := line.strip()))
    return hashlib.sha256(documents.encode("utf-8", "surrogatepass")).hexdigest()


def vocab_size(run) -> int:
    """How many tokens the model knows. An edited core may have more of them than letters, or keep them elsewhere."""
    weights = getattr(run.gpt, "weights", {})
    return max((len(weights[name]) for name in ("wte", "lm_head") if name in weights), default=0)


class Session:
    def __init__(self, lines, recipe: dict, core=microgpt):
        """lines: the data; recipe: a dict with the core's settings, and more; core: its module, where it is an edited
        one. Raises UserError for settings or data that no run can have."""
        settings = {name: recipe[name] for name in core.DEFAULTS if name in recipe}
        lines = lines if isinstance(lines, list) else list(lines)
        check_settings(core.DEFAULTS | settings)
        if not any(line.strip() for line in lines):
            raise UserError("data.blank")
        self.recipe, self.jamo = dict(recipe), recipe.get("letters") == "jamo"
        self.without_data = None  # where the data are not here: the Model (formats/checkpoint.py) that it was made of
        read = [hangul.decompose(line) for line in lines] if self.jamo else lines
        try:
            self.run = core.Run(read, **settings)
        except ValueError as error:
            if core is not microgpt:  # the visitor's own edit: its line says more
                raise
            raise UserError("core.raised", error=quoted(error)) from error
        self.lines_sha256 = sha256_of(lines)  # as a recipe names it,
        self.data_sha256 = sha256_of(read) if self.jamo else self.lines_sha256  # and of what is trained on: a file's
        self.recipe["num_steps"] = self.run.settings.num_steps
        self.schedule = Schedule(self.recipe)
        self.listed = set(self.run.docs)
        self.positions = min(max(map(len, self.run.docs)) + 1, self.run.settings.block_size)  # of the longest document
        self.held_out = HeldOut(self.run, recipe.get("held_out", 0))
        self.alphabet = [*map(hangul.shown, self.run.chars), BOUNDARY]
        self.alphabet += [f"#{token}" for token in range(len(self.alphabet), vocab_size(self.run))]
        self.recent_losses = deque(maxlen=MEAN_STEPS)
        self.rng = random.Random(self.run.settings.seed)
        self.last_names_rng, self.final_names = None, []  # the texts of last_names() so far
        self.engine = None      # the compiled run, while it is the one that trains
        first = self.schedule.part_of(1)
        self.snapshots = Snapshots(self.schedule.num_steps, first.interval(SAMPLINGS_PER_PART),
                                   len(self.run.gpt.parameters))
        self.snapshots.add(0, self.weights())
        self.past_runs = {}     # copies of the run as it was at a step, by their purpose
        self.last_error = None  # the error behind the last broken frame
        self.measuring, self.errors = 0.0, []  # of the last frame: seconds, and standard errors, of held-out losses
        self.before_last = None  # state() before the run's last step, once that is taken: it can be shown again

    @property
    def has_data(self) -> bool:
        """Whether its data are here. Else it invents names and shows what it sees in some of them, and can't train."""
        return self.without_data is None

    # ---- Going on.
    def extend(self, steps: int) -> str:
        """Let a finished run go on for so many steps more. Returns the recipe's `more` from now on.

        Raises UserError where the run is not finished, or went on too often.
        """
        more = "-".join(filter(None, [self.recipe.get("more", ""), str(steps)]))
        if self.run.step < self.schedule.num_steps or recipes.read("more", more) is None:
            raise UserError("more.refused", limit=recipes.MAX_PARTS - 1)
        self.go_on(more)
        return more

    def go_on(self, more: str) -> None:
        """Have the parts that the recipe's `more` says."""
        self.recipe["more"] = more
        self.schedule = Schedule(self.recipe)
        self.snapshots.extend(self.schedule.num_steps)
        self.enter_part()

    def enter_part(self):
        """Let the core's learning rate fall to the end of the part that the next step belongs to. Returns the part."""
        part = self.schedule.part_of(self.run.step + 1)
        self.run.settings.num_steps = part.end
        return part

    # ---- Training.
    def use(self, engine: str) -> float:
        """Let "core" or "compiled" do the work from here on; the run goes on as it is, bit for bit.

        Returns the milliseconds that compiling took. Raises CannotCompile, and the core goes on.
        """
        if engine == "compiled" and not self.engine:
            from worker.compiler import compile  # here, because most visits do without the compiler

            try:
                self.engine = compile(self.run)
            except (ArithmeticError, ValueError):  # the numbers may be at fault, and not the code
                if self._can_step():
                    raise
                raise CannotCompile("compile.loss", step=self.run.step + 1) from None
        elif engine == "core" and self.engine:
            self.use_core()
        return self.engine.compile_ms if self.engine else 0

    def use_core(self) -> None:
        """The core goes on with what the compiled run has learned."""
        self.synced()
        self.engine = None

    def train(self, budget_ms: float, temperature: float, prefix: str) -> dict:
        """Train for about budget_ms, one step at least, and give one frame:

        step; points: of the loss curve since the last frame, three lists (steps, losses, running means); mean and
        mean_error: the running mean, and its standard error; held_out: losses, as [step, loss], and held_out_errors,
        their standard errors; names: those invented, as [step, name, is it new]; snapshots: their steps; done: whether
        the run is. Where the loss is no longer a number, the weights are those before, and broken is the step that
        failed, else 0. Where the compiled run can't go on though the core can, that does from the next slice on, and
        declined says why: {"key", "values"}, else None. A held-out loss takes a while to measure, so a frame with a
        budget may have no step in it; how long that took in this slice, self.measuring says, in seconds. Raises
        UserError where the data are not here.
        """
        if not self.has_data:
            raise UserError("keep.without-data")
        run, end, first, self.measuring = self.run, time.perf_counter() + budget_ms / 1000, self.run.step, 0.0
        self.errors = []
        losses, means, names, held_out, broken, declined = [], [], [], [], 0, None
        snapshots, num_steps = self.snapshots, self.schedule.num_steps
        before = None if self.engine else self.state()
        try:
            while run.step < num_steps and (not losses or time.perf_counter() < end):
                part = self.enter_part()
                if self.held_out.pending() and not self._measure(held_out, end if budget_ms else math.inf):
                    break
                if run.step == 0:
                    names += self._names_of_this_step(temperature, prefix)
                last = part.end - 1
                if run.step == last:
                    self.before_last = self.state()
                until = min(part.steps_until(run.step, part.interval(SAMPLINGS_PER_PART)), last - run.step or 1,
                            snapshots.steps_until_due(run.step))
                self._add_losses(self._advance(min(until, MAX_BATCH_STEPS if budget_ms else 1)), losses, means)
                if snapshots.due(run.step):
                    snapshots.add(run.step, self.weights())
                if part.is_measured(run.step):
                    self.held_out.begin(run.step)
                if not budget_ms or run.step == num_steps:
                    self._measure(held_out, math.inf)
                if part.has_names(run.step):
                    names += self._names_of_this_step(temperature, prefix)
        except CannotCompile as error:
            self._add_losses(error.losses, losses, means)
            engine = self.engine
            self.use_core()
            if self._can_step():
                declined = {"key": error.key, "values": error.values}
            else:  # it is not the compiled code: the loss is no number by the core either
                self.engine, broken = engine, run.step + 1
        except (ArithmeticError, ValueError) as error:
            broken, self.last_error = run.step + 1, error
            self.restore(before)
            losses, means = [], []
        steps = range(first + 1, first + 1 + len(losses))
        shown = [i for i, step in enumerate(steps) if self.schedule.part_of(step).has_point(step)]
        return {"step": run.step, "points": [[column[i] for i in shown] for column in (steps, losses, means)],
                "mean": means[-1] if means else None, "mean_error": standard_error(self.recent_losses),
                "held_out": held_out, "held_out_errors": self.errors, "names": names,
                "broken": broken, "declined": declined, "snapshots": list(snapshots.weights),
                "done": run.step >= num_steps}

    def _can_step(self) -> bool:
        """Whether the core's next step has a loss that is a number: tried, and taken back."""
        run, before = self.run, self.state()
        try:
            able = math.isfinite(run.train())
        except (ArithmeticError, ValueError) as error:
            able, self.last_error = False, error
        finally:
            self._put(before)
        return able

    def _advance(self, max_steps: int) -> list:
        """Take a step, or up to max_steps where they are compiled. Returns the losses."""
        if self.engine:
            losses = self.engine.train(max_steps)
            self.run.step = self.engine.step
            return losses
        loss = self.run.train()
        if not math.isfinite(loss):
            raise ArithmeticError(f"the loss is {loss}")
        return [loss]

    def _measure(self, held_out: list, end: float) -> bool:
        """Go on measuring the held-out loss, if it is due, until the clock is at end; add it to held_out. Returns
        whether it is done."""
        started = now = time.perf_counter()
        while self.held_out.pending():
            if point := self.held_out.measure(self.loss):
                held_out.append(point)
                self.errors.append(self.held_out.error())
            now = time.perf_counter()
            if now >= end:
                break
        self.measuring += now - started
        return not self.held_out.pending()

    def loss(self, doc: str) -> float:
        """The loss of a document by the engine at work; infinite where it is no number."""
        if self.engine:
            return self.engine.loss(doc)
        try:
            self.run.read(doc)
        except (ArithmeticError, ValueError):
            return math.inf
        return self.run.loss.data

    def _add_losses(self, new, losses: list, means: list) -> None:
        """Add new losses to the others, and for each the running mean with it."""
        for loss in new:
            self.recent_losses.append(loss)
            losses.append(loss)
            means.append(math.fsum(self.recent_losses) / len(self.recent_losses))

    # ---- Names.
    def names(self, count: int, temperature: float, prefix: str, rng: random.Random, step: int | None = None) -> list:
        """count invented names, each as [step, name, is it new: not in the data; None where these are not here].
        step: of a snapshot, or None for now."""
        made = [self.invent(temperature, prefix, rng, step) for _ in range(count)]
        return [[one.step, self.composed(one.name), one.name not in self.listed if self.has_data else None]
                for one in made]

    def invent(self, temperature: float, prefix: str, rng: random.Random, step: int | None = None) -> Invention:
        """A name by the model of now, or of a snapshot. How it was sampled goes to the snapshots."""
        run = (self.engine or self.run) if step is None else self.run_at(step)
        recorded = RecordedRandom(rng.random)
        name = run.sample(recorded, temperature, prefix)
        made = Invention(run.step, name, temperature, prefix, tuple(recorded.draws))
        self.snapshots.inventions.append(made)
        return made

    def _names_of_this_step(self, temperature: float, prefix: str) -> list:
        """Names that depend on the step, not on how the slices fell."""
        rng = random.Random(self.run.settings.seed * 1000003 + self.run.step)
        return self.names(NAMES_PER_SAMPLING, temperature, prefix, rng)

    def last_names(self, count: int, first: bool) -> list:
        """The next count of the names that the core's program prints after its last step; first: begin them anew."""
        if first:
            self.last_names_rng = random.Random()
            self.last_names_rng.setstate(self.run.rng.getstate())
            self.final_names = []
        names = self.names(count, self.run.settings.temperature, "", self.last_names_rng)
        self.final_names += [name for _, name, _ in names]
        return names

    def composed(self, text: str) -> str:
        """A text of the run's letters as one reads it: where the run takes Hangul apart, in syllables again."""
        return hangul.compose(text) if self.jamo else text

    # ---- Looking.
    def document(self, step: int | None = None) -> str:
        """The document that the last step (or one in the past) learned from; before any, what the first will."""
        step = self.run.step if step is None else step
        return self.run.docs[max(step - 1, 0) % len(self.run.docs)]

    def synced(self):
        """The core's run, with what has been learned so far, whichever engine works."""
        if self.engine:
            self.engine.store(self.run)
        return self.run

    def run_at(self, step: int, purpose: str = "look"):
        """A copy of the run as it was at the snapshot nearest to a step, which its own step tells; without the
        optimizer's moments. purpose: each has a copy of its own, so that to draw a name does not end a look back."""
        if purpose not in self.past_runs:
            past = self.past_runs[purpose] = copy.copy(self.run)
            past.gpt = pickle.loads(pickle.dumps(self.run.gpt))  # many times quicker than copy.deepcopy
            past.step = None
        past, step = self.past_runs[purpose], self.nearest_snapshot(step, purpose)
        if past.step != step:
            for p, weight in zip(past.gpt.parameters, self.snapshots.weights[step]):
                p.data = weight
            past.step = step
        return past

    def nearest_snapshot(self, step: int, purpose: str = "look") -> int:
        """The step nearest to this one that run_at() can give: of a snapshot, or of the copy that is at hand."""
        if purpose in self.past_runs and self.past_runs[purpose].step == step:
            return step
        return min(self.snapshots.weights, key=lambda taken: abs(taken - step))

    def view(self, look: str = "", step: int | None = None) -> dict:
        """The model's view of a document: look, or else the one that the last step learned from. step: of a snapshot,
        to see what the model of then saw; None for now.

        Returns the letters; attention[layer][head][query][key]; probabilities[position][token]; targets, the token that
        follows at each position; positions, how many the longest document has; telling, the [layer, head, query, key]
        with most weight on an earlier letter.
        """
        run = self.run if step is None else self.run_at(step)
        doc = look or self.document(None if step is None else run.step)
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
                "probabilities": probabilities, "targets": tokens[1:], "positions": self.positions,
                "telling": max(earlier, default=(1, [0, 0, 0, 0]))[1]}

    # ---- Its state.
    def weights(self):
        """The current weights, as doubles."""
        return self.engine.weights() if self.engine else [p.data for p in self.run.gpt.parameters]

    def state(self) -> array:
        """All that training changes, as doubles: the step, the weights, Adam's two moments, the recent losses."""
        run = self.synced()
        return array("d", (run.step, *(p.data for p in run.gpt.parameters), *run.mean, *run.square,
                           *self.recent_losses))

    def restore(self, state) -> None:
        """Go on from what state() gave."""
        run, n = self.run, len(self.run.gpt.parameters)
        self.snapshots.rewind(int(state[0]) if state[0] <= run.step else -1)
        self.past_runs, self.before_last = {}, None
        self._put(state)
        self.snapshots.add(run.step, state[1:1 + n])
        self.held_out.stop()
        self.enter_part()
        if run.step and self.schedule.part_of(run.step).is_measured(run.step):
            self.held_out.begin(run.step)

    def _put(self, state) -> None:
        """Give the run and the recent losses what state() gave."""
        run, n = self.run, len(self.run.gpt.parameters)
        run.step = int(state[0])
        for p, data in zip(run.gpt.parameters, state[1:1 + n]):
            p.data = data
        run.mean, run.square = list(state[1 + n:1 + 2 * n]), list(state[1 + 2 * n:1 + 3 * n])
        self.recent_losses = deque(state[1 + 3 * n:], MEAN_STEPS)
