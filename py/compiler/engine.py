"""The compiled run: the same verbs as the core's Run, the steps in machine code.

Weights, Adam's moments and the step live in the machine while it trains; store and load hand them over, bit by bit.
"""
import math
import time
from array import array
from types import SimpleNamespace

from . import loops, machine, numbers, wasm
from .trace import CannotCompile, Tape, Trace
from .update import Update

SLICE = 256        # steps that the machine takes without Python, at most
CHECK_EVERY = 500  # steps between comparisons with the core
TOLERANCE = 1e-9   # relative

class Engine:
    """A run's graph, compiled. See compile in __init__.py.

    exact: whether, in the last comparison, loss and gradients had the core's very bits; compile_ms: how long it took;
    step: as the run's.
    """

    def __init__(self, run):
        started = time.perf_counter()
        self.run, self.block_size = run, run.settings.block_size
        self.parameters, self.vocab_size = run.gpt.parameters, run.bos + 1
        if self.block_size < 3:
            raise CannotCompile("documents of fewer than three positions are not worth compiling")
        self.letters = {ord(char): token for token, char in enumerate(run.chars)}
        chars = run.chars
        mixed = "".join(chars[(7 * i * i + 3 * i) % len(chars)] for i in range(self.block_size))
        lengths = (self.block_size, min(4, self.block_size - 2), 1)  # of letters; one position more each but the first
        traces = [Trace(run, mixed[-length:]) for length in lengths]
        for trace, length in zip(traces, lengths):
            if trace.tokens != self.row(mixed[-length:])[1:len(trace.tokens) + 1]:
                raise CannotCompile("the core turns documents into tokens in a way of its own")
        self.tape = Tape(run, traces)
        self.update = Update(run)
        self.build()
        self.taps(traces[0])
        self.load(run)
        self.check_gradients(traces[0])
        self.checked, self.compile_ms = run.step, 1000 * (time.perf_counter() - started)

    # ---- Memory and machine code.
    def build(self):
        tape, end = self.tape, 64

        def region(size):
            nonlocal end
            start, end = end, end + -(-size // 64) * 64
            return start

        self.count = len(self.parameters) + len(self.parameters) % 2
        self.row_size = 4 * (self.block_size + 2)  # the number of positions, and the tokens
        self.rows, self.losses = region(SLICE * self.row_size), region(8 * SLICE)
        self.rates = region(8 * SLICE * len(self.update.columns))
        self.weights, gradients, self.means, self.squares = (region(8 * self.count) for _ in range(4))
        frames = 8 * tape.frame_size * self.block_size
        layout = loops.Layout(self.weights, gradients, region(8 * len(tape.constants)), region(frames), region(frames),
                              tape.frame_size)
        tables = []

        def table(entries):
            tables.append((region(4 * len(entries)), array("i", entries).tobytes()))
            return tables[-1][0]

        core = type(self.run).read.__globals__
        try:
            functions, library = [numbers.exp(core), numbers.log(core)], {"exp": 0, "log": 1}
        except (KeyError, TypeError) as error:
            raise CannotCompile(f"the core has no series of numbers by the name of {error}") from error

        def add(function):
            functions.append(function)
            return len(functions) - 1

        each, once, back = [], [], []
        for group in tape.groups:
            (once if group.once else each).append(add(loops.function(loops.forward(group, layout, library), table)))
        for group in reversed(tape.groups):
            back += [add(loops.function(kernel, table)) for kernel in loops.backward(group, layout, library)]
        loss = 8 * tape.address(tape.traces[0].loss)
        self.layout, self.loss = layout, layout.frames + loss
        exports = {"forward": add(self.calls(each))}
        exports["gradients"] = add(self.gradients([exports["forward"], *once], back, layout, layout.frame_gradients + loss))
        update = add(self.update.function(self.count, (self.weights, gradients, self.means, self.squares)))
        step = add(self.one_step(exports["gradients"], update))
        exports["run"] = add(self.many_steps(step))
        self.binary = wasm.module(functions, exports, end)
        self.machine = machine.start(self.binary)
        for address, data in tables:
            self.machine.write(address, data)
        self.machine.write(layout.constants, array("d", tape.constants).tobytes())

    @staticmethod
    def calls(functions):
        f = wasm.Function([wasm.I32] * 3)
        for function in functions:
            for parameter in range(3):
                f.get(parameter)
            f.call(function)
        return f

    def gradients(self, forward, backward, layout, seed):
        """The function (address of a document's row) for loss and gradients."""
        f = wasm.Function([wasm.I32])
        row, positions = 0, f.local(wasm.I32)
        f.get(row)
        f.memory("i32.load")
        f.set(positions)
        for place, total in self.tape.per_length.items():
            f.i32(layout.constants + 8 * place)
            f.f64(total)
            f.get(positions)
            f.op("f64.convert_i32_s", "f64.div")
            f.memory("f64.store")
        f.i32(layout.frame_gradients)
        f.i32(0)
        f.get(positions)
        f.i32(8 * layout.frame_size)
        f.op("i32.mul", "memory.fill")
        f.i32(layout.weight_gradients)
        f.i32(0)
        f.i32(8 * self.count)
        f.op("memory.fill")
        for functions in (forward, backward):
            for function in functions:
                f.i32(0)
                f.get(positions)
                f.get(row)
                f.i32(4)
                f.op("i32.add")
                f.call(function)
            if functions is forward:
                f.i32(seed)
                f.f64(1.0)
                f.memory("f64.store")
        return f

    def one_step(self, gradients, update):
        """The function (address of row, of rates, of loss) -> 0 if the loss is a finite number; if not, 1, and nothing
        is updated."""
        f = wasm.Function([wasm.I32] * 3, [wasm.I32])
        f.get(0)
        f.call(gradients)
        f.get(2)
        f.i32(self.loss)
        f.memory("f64.load")
        f.memory("f64.store")
        f.get(2)
        f.memory("f64.load")
        f.get(2)
        f.memory("f64.load")
        f.op("f64.sub")
        f.f64(0.0)
        f.op("f64.ne")
        f.begin("if")
        f.i32(1)
        f.op("return", "end")
        f.get(1)
        f.call(update)
        f.i32(0)
        return f

    def many_steps(self, step):
        """The function (how many) -> how many were done."""
        f = wasm.Function([wasm.I32], [wasm.I32])
        i = f.local(wasm.I32)
        f.i32(0)
        f.set(i)
        with f.loop(i, ("local", 0)):
            for start, size in ((self.rows, self.row_size), (self.rates, 8 * len(self.update.columns)), (self.losses, 8)):
                f.get(i)
                f.i32(size)
                f.op("i32.mul")
                f.i32(start)
                f.op("i32.add")
            f.call(step)
            f.begin("if")
            f.get(i)
            f.op("return", "end")
        f.get(i)
        return f

    def taps(self, trace):
        """Addresses of what a page shows, in the shapes of the core's taps."""
        address = self.tape.address
        try:
            self.attention = [[[list(map(address, head)) for head in read.attention] for read in layer]
                              for layer in trace.context]
            self.probabilities = [list(map(address, scores)) for scores in trace.probabilities]
            self.logits = [list(map(address, scores)) for scores in trace.logits]
        except (AttributeError, KeyError, TypeError) as error:
            raise CannotCompile(f"the core offers no attention or probabilities to look at: {error}") from error

    # ---- Handing over.
    def load(self, run):
        """Take weights, moments and step from the core."""
        for address, values in ((self.weights, [p.data for p in run.gpt.parameters]), (self.means, run.mean),
                                (self.squares, run.square)):
            self.machine.write(address, array("d", values).tobytes())
        self.step = run.step

    def store(self, run):
        """Give weights, moments and step to the core."""
        count = len(self.parameters)
        for p, weight in zip(run.gpt.parameters, self.machine.read(self.weights, count)):
            p.data = weight
        run.mean[:], run.square[:] = self.machine.read(self.means, count), self.machine.read(self.squares, count)
        run.step = self.step

    def row(self, doc):
        """A document for the machine: the number of positions, and the tokens, as many as there is room for."""
        bos, size = self.run.bos, self.block_size
        tokens = [bos, *map(self.letters.__getitem__, map(ord, doc[:size])), *[bos] * size][:size + 1]
        return [min(len(doc) + 1, size), *tokens]

    # ---- The core's verbs.
    def train(self, n):
        """Take n steps. Returns their losses. Raises CannotCompile if a loss is no finite number (the step is then not
        taken) or a comparison with the core, made every CHECK_EVERY steps, fails."""
        losses, docs = array("d"), self.run.docs
        while len(losses) < n:
            if self.step >= self.checked + CHECK_EVERY:
                self.check()
            count = min(n - len(losses), SLICE)
            steps = range(self.step, self.step + count)
            rows = array("i")
            for step in steps:
                rows.extend(self.row(docs[step % len(docs)]))
            self.machine.write(self.rows, rows.tobytes())
            if self.update.columns:
                self.machine.write(self.rates, array("d", self.update.rates(self.step, self.step + count)).tobytes())
            done = self.machine.call("run", count)
            losses += self.machine.read(self.losses, done)
            self.step += done
            if done < count:
                raise CannotCompile(f"the loss of step {self.step + 1} is not a finite number")
        return list(losses)

    def train_for(self, budget_ms):
        """Take as many steps as fit into a time. Returns their losses."""
        end, losses, count = time.perf_counter() + budget_ms / 1000, [], 16
        while (now := time.perf_counter()) < end:
            losses += self.train(count)
            took = time.perf_counter() - now
            count = max(1, min(SLICE, int(count * max(0.0, end - now - took) / max(took, 1e-6)), 2 * count))
        return losses

    def read(self, doc):
        """Read a document as Run.read does. Returns tokens, loss, probabilities[position][token] and
        attention[layer][head][query][key], lists of numbers."""
        row = self.row(doc)
        self.machine.write(self.rows, array("i", row).tobytes())
        self.machine.call("gradients", self.rows)
        n = row[0]
        frames = self.machine.read(self.layout.frames, n * self.tape.frame_size)
        look = frames.__getitem__
        attention = [[[list(map(look, weights)) for weights in head] for head in zip(*layer[:n])]
                     for layer in self.attention]
        return SimpleNamespace(tokens=row[1:n + 2], loss=self.machine.read(self.loss, 1)[0], attention=attention,
                               probabilities=[list(map(look, scores)) for scores in self.probabilities[:n]])

    def sample(self, rng, temperature, prefix=""):
        """As Run.sample, by Run.sample: only the scores come from the machine."""
        run, value = self.run, type(self.parameters[0])

        def forward(token, context):
            position = len(context[0])
            context[0].append(None)
            self.machine.write(self.rows + 4 + 4 * position, array("i", [token, 0]).tobytes())
            self.machine.call("forward", position, position + 1, self.rows + 4)
            first, last = min(self.logits[position]), max(self.logits[position])
            numbers = self.machine.read(self.layout.frames + 8 * first, last - first + 1)
            return [value(numbers[address - first]) for address in self.logits[position]]

        reader = SimpleNamespace(**vars(run) | {"gpt": SimpleNamespace(forward=forward)})
        return type(run).sample(reader, rng, temperature, prefix)

    def check(self):
        """Hand over to the core, and compare loss and every gradient of the next document with it. Raises
        CannotCompile, with the difference in words, when one is beyond TOLERANCE."""
        self.store(self.run)
        self.check_gradients(Trace(self.run, self.run.docs[self.step % len(self.run.docs)]))
        self.checked = self.step

    def check_gradients(self, trace):
        """Compare with a document that the core has read with the machine's weights."""
        tokens = trace.tokens
        row = [len(tokens) - 1, *tokens]
        self.machine.write(self.rows, array("i", row).tobytes())
        self.machine.call("gradients", self.rows)
        for p in self.parameters:
            p.grad = 0.0
        trace.loss.backward()
        ours = [self.machine.read(self.loss, 1)[0], *self.machine.read(self.layout.weight_gradients, len(self.parameters))]
        cores = [trace.loss.data, *[p.grad for p in self.parameters]]
        self.exact = ours == cores
        scale = max(map(abs, cores[1:]))
        for what, a, b in zip(["loss", *["gradient"] * len(self.parameters)], ours, cores):
            if not math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0 if what == "loss" else TOLERANCE * 1e-3 * scale):
                raise CannotCompile(f"a {what} of the compiled graph is {a!r}, and {b!r} in the core")
