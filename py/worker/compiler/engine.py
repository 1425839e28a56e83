"""The compiled run: the verbs of the core's Run, with the steps in machine code.

Weights, the optimizer's moments and the step live in the machine while it trains; load and store hand them over, bit by
bit, at any moment.
"""
import gc
import math
import time
from array import array
from contextlib import contextmanager
from types import SimpleNamespace

from common.errors import CannotCompile, quoted

from . import runtime
from .module import MAX_CALL_STEPS, Program
from .optimizer import Update
from .trace import Tape, Trace

CHECK_STEPS = 500    # between comparisons with the core
CHECK_DOCUMENTS = 8  # of which the shortest is taken for that: the core is slow
TOLERANCE = 1e-9     # relative


@contextmanager
def without_gc():
    """In the with-block Python does not collect garbage: in the graphs it would find none, in a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class Engine:
    """A compiled microgpt.Run. step: as the run's; exact: whether loss and gradients had the core's very bits when they
    were last compared; compile_ms: how long compiling took."""

    def __init__(self, run):
        started = time.perf_counter()
        self.run, self.step, self.block_size = run, run.step, run.settings.block_size
        if self.block_size < 3:
            raise CannotCompile("compile.block-size")
        chars = run.chars
        # One that the alphabet lacks stands for run.bos.
        self.bos_char = next(char for char in map(chr, range(len(chars) + 1)) if char not in chars)
        self.token_of = str.maketrans({self.bos_char: chr(run.bos)} | {char: chr(i) for i, char in enumerate(chars)})

        with without_gc():
            mixed = "".join(chars[(7 * i * i + 3 * i) % len(chars)] for i in range(self.block_size))
            traces = [Trace(run, mixed[-length:]) for length in (self.block_size, min(4, self.block_size - 2), 1)]
            if any(trace.tokens != self.tokens(trace.doc) for trace in traces):
                raise CannotCompile("compile.tokens")
            tape, update = Tape(run, traces), Update(run)
            program = Program(run, tape, update)
            self.frame_size, self.update, self.program = tape.frame_size, update, program
            self.find_taps(tape, traces[0])
            self.machine = runtime.start(program.binary)
            for address, data in program.tables:
                self.machine.write(address, data)
            self.load(run)
            self.compare(traces[1])
            for trace in traces:
                self.exact &= self.compare_numbers("loss", self.gradients(trace.tokens)[:1], [trace.loss.data])
        self.checked_at, self.compile_ms = run.step, 1000 * (time.perf_counter() - started)

    def find_taps(self, tape, trace):
        """Find where the taps are, in the core's shapes: attention[layer][query][head][key], probabilities and logits
        [position][token]."""
        try:
            self.attention = [[[[tape.address(weight) for weight in head] for head in reading.attention]
                               for reading in layer] for layer in trace.context]
            self.probabilities, self.logits = ([[tape.address(score) for score in scores] for scores in tap]
                                               for tap in (trace.probabilities, trace.logits))
        except (AttributeError, KeyError, TypeError) as error:
            raise CannotCompile("compile.taps", error=quoted(error)) from error

    # ---- The run's state, in and out.
    def load(self, run):
        """Copy weights, moments and step from the core."""
        for address, numbers in ((self.program.weights, [p.data for p in run.gpt.parameters]),
                                 (self.program.means, run.mean), (self.program.squares, run.square)):
            self.machine.write(address, array("d", numbers).tobytes())
        self.step = run.step

    def store(self, run):
        """Copy weights, moments and step to the core."""
        weights, run.mean[:], run.square[:] = (self.machine.read(address, len(run.mean)) for address in (
            self.program.weights, self.program.means, self.program.squares))
        for p, weight in zip(run.gpt.parameters, weights):
            p.data = weight
        run.step = self.step

    def weights(self):
        """The current weights, as an array of doubles."""
        return self.machine.read(self.program.weights, len(self.run.gpt.parameters))

    # ---- The core's verbs.
    def train(self, n: int) -> list[float]:
        """Take n steps. Returns their losses.

        Raises CannotCompile if a loss is no finite number (that step is not taken) or if a comparison with the core,
        made every CHECK_STEPS steps, fails. The error's losses are those of the steps that were taken until then.
        """
        losses, docs = [], self.run.docs
        try:
            while len(losses) < n:
                if not self.checked_at <= self.step < self.checked_at + CHECK_STEPS:
                    self.check()
                count = min(n - len(losses), MAX_CALL_STEPS, self.checked_at + CHECK_STEPS - self.step)
                self.machine.write(self.program.rows, self.rows(
                    [docs[step % len(docs)] for step in range(self.step, self.step + count)]))
                rates = self.update.rates(self.step, self.step + count)
                self.machine.write(self.program.rates, array("d", rates).tobytes())
                done = self.machine.call("run", count)
                losses += self.machine.read(self.program.losses, done)
                self.step += done
                if done < count:
                    raise CannotCompile("compile.loss", step=self.step + 1)
        except CannotCompile as error:
            error.losses = losses
            raise
        return losses

    def train_for(self, budget_ms: float) -> list[float]:
        """Take as many steps as fit into a time, one at least. Returns their losses; raises as train does."""
        end, losses, count = time.perf_counter() + budget_ms / 1000, [], 1
        try:
            while count:
                started = time.perf_counter()
                losses += self.train(count)
                now = time.perf_counter()
                count = min(MAX_CALL_STEPS, 4 * count, int(count * (end - now) / (now - started))) if now < end else 0
        except CannotCompile as error:
            error.losses = [*losses, *error.losses]
            raise
        return losses

    def read(self, doc: str) -> SimpleNamespace:
        """Read a document, as Run.read does. Returns what there is to look at, as numbers: tokens, loss,
        probabilities[position][token] and attention[layer][head][query][key].

        Raises ValueError if the document has a letter that the alphabet lacks.
        """
        if unknown := set(doc) - set(self.run.chars):
            raise ValueError(f"not in the alphabet: {', '.join(sorted(unknown))}")
        tokens = self.tokens(doc)
        loss, *_ = self.gradients(tokens)
        n = len(tokens) - 1
        number = self.machine.read(self.program.frames, n * self.frame_size).__getitem__
        attention = [[[[number(weight) for weight in weights] for weights in head] for head in zip(*layer[:n])]
                     for layer in self.attention]
        return SimpleNamespace(tokens=tokens, loss=loss, attention=attention, probabilities=[
            [number(probability) for probability in scores] for scores in self.probabilities[:n]])

    def loss(self, doc: str) -> float:
        """The loss of a document with letters of the alphabet: what read() would give, without all there is to see."""
        self.machine.write(self.program.rows, array("i", self.tokens(doc)).tobytes())
        self.machine.call("gradients", self.program.rows)
        return self.machine.read(self.program.loss, 1)[0]

    def sample(self, rng, temperature: float, prefix: str = "") -> str:
        """As Run.sample, and by Run.sample: only the scores come from the machine."""
        value = type(self.run.gpt.parameters[0])

        def forward(token, context):
            position, places = len(context[0]), self.logits[len(context[0])]
            context[0].append(None)
            here = self.program.rows + 4 * position
            self.machine.write(here, array("i", [token, token]).tobytes())
            self.machine.call("forward", position, position + 1, self.program.rows)
            start = min(places)
            numbers = self.machine.read(self.program.frames + 8 * start, max(places) - start + 1)
            return [value(numbers[place - start]) for place in places]

        reader = SimpleNamespace(**vars(self.run) | {"gpt": SimpleNamespace(forward=forward)})
        return type(self.run).sample(reader, rng, temperature, prefix)

    # ---- Comparing with the core.
    def check(self):
        """Copy the state to the core, and compare loss and every gradient of one of the next documents with the core's.

        Raises CannotCompile, with the two numbers, where they differ by more than TOLERANCE.
        """
        docs = self.run.docs
        self.store(self.run)
        with without_gc():
            doc = min((docs[(self.step + i) % len(docs)] for i in range(CHECK_DOCUMENTS)), key=len)
            self.compare(Trace(self.run, doc))
        self.checked_at = self.step

    def compare(self, trace):
        """Compare with a document that the core has read with the machine's weights."""
        for p in self.run.gpt.parameters:
            p.grad = 0.0
        trace.loss.backward()
        loss, *gradients = self.gradients(trace.tokens)
        self.exact = self.compare_numbers("loss", [loss], [trace.loss.data])
        self.exact &= self.compare_numbers("gradient", gradients, [p.grad for p in self.run.gpt.parameters])

    def compare_numbers(self, what, ours, cores):
        """Whether the numbers are the same, bit by bit. Raises CannotCompile if they are not even close."""
        if ours == cores:
            return True
        near_zero = TOLERANCE * max(map(abs, cores)) / 1000  # below, a gradient is a difference of rounded numbers
        for a, b in zip(ours, cores):
            if not math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=near_zero):
                raise CannotCompile(f"compile.differs.{what}", compiled=repr(a), core=repr(b))
        return False

    def gradients(self, tokens):
        """The loss of a document and each weight's gradient, from the machine: one list."""
        self.machine.write(self.program.rows, array("i", tokens).tobytes())
        self.machine.call("gradients", self.program.rows)
        return [*self.machine.read(self.program.loss, 1),
                *self.machine.read(self.program.weight_gradients, len(self.run.gpt.parameters))]

    def tokens(self, doc) -> list[int]:
        return array("i", self.rows([doc]))[:min(len(doc) + 1, self.block_size) + 1].tolist()

    def rows(self, docs) -> bytes:
        """Documents for the machine: each the tokens of BOS, letters, BOS, BOS, … as many as there is room for."""
        size = self.block_size + 1
        text = "".join([(self.bos_char + doc + self.bos_char * size)[:size] for doc in docs])
        return text.translate(self.token_of).encode("utf-32-le", "surrogatepass")  # 32-bit whole numbers
