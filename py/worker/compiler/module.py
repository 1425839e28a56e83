"""The whole module: the memory layout, and the functions that run a step from its document to its update."""
from array import array

from common.errors import CannotCompile, quoted

from . import codegen, elementary, kernels, wasm_encoder
from .optimizer import Update
from .trace import Tape

MAX_CALL_STEPS = 256  # that one call into the machine takes


class Program:
    """binary: the module; tables: [(address, bytes)] to put into its memory first. It exports

    forward(from, up to, tokens): the nodes of those positions of the document whose tokens lie at an address;
    gradients(tokens): the nodes of a whole document, and what each weight's part in the loss is;
    run(count): as many steps on the documents at rows, with the rates at rates, the losses going to losses. Gives the
    number of steps done, which is smaller if a loss is no finite number; that step changes no weight.

    The other attributes are addresses in bytes; a document's row is row_size bytes of 32-bit tokens.
    """

    def __init__(self, run, tape: Tape, update: Update):
        self.end, self.tables, self.functions = 64, [], []
        core, block_size = type(run).read.__globals__, run.settings.block_size
        self.weight_count = len(run.gpt.parameters) + len(run.gpt.parameters) % 2
        self.row_size, self.rates_size = 4 * (block_size + 1), 8 * len(update.columns)
        self.rows, self.losses = self.region(MAX_CALL_STEPS * self.row_size), self.region(MAX_CALL_STEPS * 8)
        self.rates = self.region(MAX_CALL_STEPS * self.rates_size)
        per_weight = [self.region(8 * self.weight_count) for _ in range(4)]
        self.weights, self.weight_gradients, self.means, self.squares = per_weight
        constants, frames, frame_gradients = map(self.region, (
            8 * len(tape.constants), 8 * tape.frame_size * block_size, 8 * tape.frame_size * block_size))
        self.frames, place_of_loss = frames, 8 * tape.address(tape.traces[0].loss)
        self.loss = frames + place_of_loss
        self.tables.append((constants, array("d", tape.constants).tobytes()))

        try:
            library = {name: self.add(getattr(elementary, name)(core)) for name in ("exp", "log")}
        except (KeyError, TypeError) as error:
            raise CannotCompile("compile.elementary", error=quoted(error)) from error
        layout = kernels.Layout(
            self.weights, self.weight_gradients, constants, frames, frame_gradients, tape.frame_size)
        of_position, of_document = [], []
        for group in tape.groups:
            kernel = kernels.forward(group, layout, library)
            (of_document if group.once else of_position).append(self.add(codegen.function(kernel, self.table)))
        back = [self.add(codegen.function(kernel, self.table))
                for group in reversed(tape.groups) for kernel in kernels.backward(group, layout, library)]

        forward = self.add(self.one_after_another(of_position))
        gradients = self.add(self.gradients(
            [forward, *of_document], back, block_size, run.bos, (frame_gradients, 8 * tape.frame_size),
            frame_gradients + place_of_loss, [(constants + 8 * i, total) for i, total in tape.per_length.items()]))
        step = self.add(self.step(gradients, self.add(update.function(self.weight_count, per_weight))))
        exports = {"forward": forward, "gradients": gradients, "run": self.add(self.steps(step))}
        self.binary = wasm_encoder.module(self.functions, exports, self.end)

    def region(self, size):
        start, self.end = self.end, self.end + -(-size // 64) * 64  # 64: a cache line
        return start

    def table(self, entries):
        self.tables.append((self.region(4 * len(entries)), array("i", entries).tobytes()))
        return self.tables[-1][0]

    def add(self, function):
        self.functions.append(function)
        return len(self.functions) - 1

    @staticmethod
    def one_after_another(functions):
        """The function (from, up to, tokens) that calls those, which have the same parameters."""
        f = wasm_encoder.Function([wasm_encoder.I32] * 3)
        for function in functions:
            for parameter in range(3):
                f.local_get(parameter)
            f.call(function)
        return f

    def gradients(self, forward, backward, block_size, bos, frames, seed, per_length):
        """The function that is exported. forward, backward: functions to call; frames: address and size of a position's
        gradients; seed: where the loss's own gradient is, 1; per_length: [(address, a)] of the constants a / length."""
        f = wasm_encoder.Function([wasm_encoder.I32])
        tokens, positions = 0, f.add_local(wasm_encoder.I32)
        f.i32_const(1)  # positions: up to the token that ends the document, or as many as there is room for
        f.local_set(positions)
        f.block("block")
        with f.loop(positions, block_size):
            f.local_get(tokens)
            f.local_get(positions)
            f.i32_const(2)
            f.emit("i32.shl", "i32.add")
            f.memory("i32.load")
            f.i32_const(bos)
            f.emit("i32.eq")
            f.br_if(1)
        f.emit("end")
        for address, total in per_length:
            f.i32_const(address)
            f.f64_const(total)
            f.local_get(positions)
            f.emit("f64.convert_i32_s", "f64.div")
            f.memory("f64.store")
        f.i32_const(frames[0])  # no gradient yet, of the frames in use
        f.i32_const(0)
        f.local_get(positions)
        f.i32_const(frames[1])
        f.emit("i32.mul", "memory.fill")
        f.i32_const(self.weight_gradients)
        f.i32_const(0)
        f.i32_const(8 * self.weight_count)
        f.emit("memory.fill")
        for function in [*forward, None, *backward]:
            if function is None:
                f.i32_const(seed)
                f.f64_const(1.0)
                f.memory("f64.store")
                continue
            f.i32_const(0)
            f.local_get(positions)
            f.local_get(tokens)
            f.call(function)
        return f

    def step(self, gradients, update):
        """The function (tokens, rates, where the loss goes) -> 0, or 1 if the loss is no finite number."""
        f = wasm_encoder.Function([wasm_encoder.I32] * 3, [wasm_encoder.I32])
        f.local_get(0)
        f.call(gradients)
        f.local_get(2)
        f.i32_const(self.loss)
        f.memory("f64.load")
        f.memory("f64.store")
        for _ in range(2):
            f.local_get(2)
            f.memory("f64.load")
        f.emit("f64.sub")  # 0 unless infinite or not a number
        f.f64_const(0.0)
        f.emit("f64.ne")
        f.block("if")
        f.i32_const(1)
        f.emit("return", "end")
        f.local_get(1)
        f.call(update)
        f.i32_const(0)
        return f

    def steps(self, step):
        """The function (count) -> how many steps were done."""
        f = wasm_encoder.Function([wasm_encoder.I32], [wasm_encoder.I32])
        i = f.add_local(wasm_encoder.I32)
        f.i32_const(0)
        f.local_set(i)
        with f.loop(i, ("local", 0)):
            for start, size in ((self.rows, self.row_size), (self.rates, self.rates_size), (self.losses, 8)):
                f.local_get(i)
                f.i32_const(size)
                f.emit("i32.mul")
                f.i32_const(start)
                f.emit("i32.add")
            f.call(step)
            f.block("if")
            f.local_get(i)
            f.emit("return", "end")
        f.local_get(i)
        return f
