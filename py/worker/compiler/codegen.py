"""From kernels to machine code: loops over positions and dims around a kernel's term.

What is written for a matrix times a vector, y[i] = the sum over k of w[i, k] * x[k], reads in Python

    for position in range(POSITION, STOP):
        for i in range(0, len(y), 2 * TILE_PAIRS):               # the dim whose results lie side by side
            sums = [0.0] * 2 * TILE_PAIRS                        # in registers
            for k in range(len(x)):                              # UNROLL_PRODUCTS in a row
                sums = [s + w[i + j][k] * x[k] for j, s in enumerate(sums)]
            y[i:i + 2 * TILE_PAIRS] = sums

Results that lie side by side are computed two at a time (f64x2), up to TILE_PAIRS pairs together, whose sums stay in
registers. A sum itself is never cut up: it is added from first to last, as the core adds, and has the core's bits.
"""
from dataclasses import replace

from . import wasm_encoder
from .kernels import alone, product

POSITION, STOP, TOKENS = 0, 1, 2  # a kernel's parameters: positions from, up to, and the address of their tokens
TILE_PAIRS = 8        # pairs of results in registers
UNROLL_PRODUCTS = 16  # in a row without a branch


def function(kernel, tables) -> wasm_encoder.Function:
    """The function (from, up to, tokens) that runs a kernel over those positions of a document. tables(numbers) puts
    numbers into memory and gives their address."""
    return _Writer(kernel, tables).f


class _Writer:
    """Writes one kernel. Each place has a cursor: the local with the variable part of its address, or None while that
    is 0; places that move alike share one."""

    def __init__(self, kernel, tables):
        self.kernel, self.tables, self.f = kernel, tables, wasm_encoder.Function([wasm_encoder.I32] * 3)
        self.places = [kernel.result, *kernel.operands]
        self.cursors = [None] * len(self.places)
        self.position = self.f.add_local(wasm_encoder.I32)
        for i, place in enumerate(self.places):  # an offset is never negative, so such a cursor starts at the base
            if min(place.position, place.token, place.target, *place.strides, 0) < 0:
                self.places[i] = replace(place, base=0)
                self.cursors[i] = self.f.add_local(wasm_encoder.I32)
                self.f.i32_const(place.base)
                self.f.local_set(self.cursors[i])
        # Of the dims, each (which, a, b) for a + b * position numbers, some are summed over, those in which the result
        # has no stride; the others stay: one of them in pairs, the rest in loops around it.
        dims = [(i, *dim) for i, dim in enumerate(kernel.dims) if dim != (1, 0)]
        summed = [dim for dim in dims if kernel.result.strides[dim[0]] == 0]
        results = [dim for dim in dims if kernel.result.strides[dim[0]]]
        side_by_side = [dim for dim in results if kernel.result.strides[dim[0]] == 8]
        self.paired = max(side_by_side, key=lambda dim: (dim[2] == 0, dim[1]), default=None)
        outer = [dim for dim in results if dim != self.paired]
        self.counts, self.held, self.scratch = {}, {}, None  # locals: dims' counts, operands that a tile shares, spare
        if kernel.term is None:
            *members, numbers = [(i, *dim) for i, dim in enumerate(kernel.dims)]
            self.each_position(lambda: self.loops(members, lambda: self.first_largest(*numbers)))
        elif kernel.position == "sum":
            self.loops(outer, lambda: self.pairs(summed + [("position", None, None)]))
        else:
            self.each_position(lambda: self.loops(outer, lambda: self.pairs(summed)))

    # ---- Loops: each moves the cursors of the places that have its dim.
    def stride(self, place, dim):
        return place.position if dim == "position" else place.strides[dim]

    def moved(self, amounts, emit_amount):
        """Cursors moved by amounts, one for each place; emit_amount(amount) leaves bytes on the stack."""
        new, f = {}, self.f
        for cursor, amount in zip(self.cursors, amounts):
            if amount and (cursor, amount) not in new:
                if cursor is not None:
                    f.local_get(cursor)
                emit_amount(amount)
                if cursor is not None:
                    f.emit("i32.add")
                new[cursor, amount] = f.add_local(wasm_encoder.I32)
                f.local_set(new[cursor, amount])
        return [new.get((cursor, amount), cursor) for cursor, amount in zip(self.cursors, amounts)], new

    def each_position(self, body):
        """Repeat body for each position, or for the last one only, the cursors moved by it and by its two tokens."""
        f, before = self.f, self.cursors
        once = self.kernel.position == "once"

        def at_position(stride):
            f.local_get(self.position)
            f.i32_const(stride)
            f.emit("i32.mul")

        def from_token(offset):
            def emit(stride):
                f.local_get(TOKENS)
                f.local_get(self.position)
                f.i32_const(2)
                f.emit("i32.shl", "i32.add")
                f.memory("i32.load", offset)
                f.i32_const(stride)
                f.emit("i32.mul")
            return emit

        def inside():
            here = self.cursors
            self.cursors, _ = self.moved([place.token for place in self.places], from_token(0))
            self.cursors, _ = self.moved([place.target for place in self.places], from_token(4))
            self.counts = {}
            body()
            self.cursors = here

        f.local_get(STOP if once else POSITION)
        if once:
            f.i32_const(1)
            f.emit("i32.sub")
        f.local_set(self.position)
        self.cursors, new = self.moved([place.position for place in self.places], at_position)
        if once:
            inside()
        else:
            with f.loop(self.position, ("local", STOP)):
                inside()
                for (_, stride), cursor in new.items():
                    f.local_add(cursor, stride)
        self.cursors = before

    def count(self, a, b):
        """The count a + b * position: a number, or a local."""
        if not b:
            return a
        if (a, b) not in self.counts:
            f = self.f
            f.local_get(self.position)
            f.i32_const(b)
            f.emit("i32.mul")
            f.i32_const(a)
            f.emit("i32.add")
            self.counts[a, b] = f.add_local(wasm_encoder.I32)
            f.local_set(self.counts[a, b])
        return "local", self.counts[a, b]

    def loops(self, dims, body):
        """Repeat body for all of dims, nested."""
        if not dims:
            return body()
        (dim, a, b), *rest = dims
        self.loop(dim, self.count(a, b), 1, lambda: self.loops(rest, body))

    def loop(self, dim, stop, step, body):
        """Repeat body for dim from 0 up to stop, step at a time."""
        f, before = self.f, self.cursors
        counter = f.add_local(wasm_encoder.I32)
        f.i32_const(0)
        f.local_set(counter)
        self.cursors, new = self.moved([self.stride(place, dim) for place in self.places], lambda _: f.i32_const(0))
        with f.loop(counter, stop, step):
            body()
            for (_, stride), cursor in new.items():
                f.local_add(cursor, step * stride)
        self.cursors = before

    # ---- Results side by side.
    def pairs(self, summed):
        """All results along the paired dim: as many whole tiles as there are, what is left, and an odd last one."""
        if self.paired is None:
            return self.tile(summed, 0, 1, lanes=1)
        dim, a, b = self.paired
        if b:
            return self.varying_pairs(summed, dim, self.count(a, b)[1])
        pairs, simple = a // 2, self.kernel.term in (product, alone)
        tile = min(pairs, TILE_PAIRS if simple else 2)
        tiles = pairs // tile if tile else 0
        if tiles > 1:
            self.loop(dim, tiles * tile * 2, tile * 2, lambda: self.tile(summed, 0, tile))
        elif tiles:
            self.tile(summed, 0, tile)
        if rest := pairs - tiles * tile:
            self.tile(summed, tiles * tile * 2, rest)
        if a % 2:
            self.tile(summed, a - 1, 1, lanes=1)

    def varying_pairs(self, summed, dim, count):
        """As many pairs as the local count has, and the odd one."""
        f, before = self.f, self.cursors
        counter, even = f.add_local(wasm_encoder.I32), f.add_local(wasm_encoder.I32)
        f.i32_const(0)
        f.local_set(counter)
        f.local_get(count)
        f.i32_const(-2)
        f.emit("i32.and")
        f.local_set(even)
        self.cursors, new = self.moved([self.stride(place, dim) for place in self.places], lambda _: f.i32_const(0))
        with f.loop(counter, ("local", even), 2, at_least_once=False):
            self.tile(summed, 0, 1)
            for (_, stride), cursor in new.items():
                f.local_add(cursor, 2 * stride)
        f.local_get(counter)
        f.local_get(count)
        f.emit("i32.lt_s")
        f.block("if")
        self.tile(summed, 0, 1, lanes=1)
        f.emit("end")
        self.cursors = before

    def tile(self, summed, start, pairs, lanes=2):
        """The results from start on: a number of pairs of them, or one alone (lanes = 1)."""
        kernel, f = self.kernel, self.f
        across = [self.stride(place, self.paired[0]) if self.paired else 0 for place in self.places]

        def address(i, pair, ahead):
            """Leaves the cursor of place i on the stack; gives the offset to add."""
            f.i32_const(0) if self.cursors[i] is None else f.local_get(self.cursors[i])
            return self.places[i].base + (start + 2 * pair) * across[i] + ahead.get(i, 0)

        def load(i, pair, ahead):
            offset = address(i, pair, ahead)
            if lanes == 1 or across[i] == 0:
                f.memory("v128.load64_splat", offset)
            elif across[i] == 8:
                f.memory("v128.load", offset)
            else:
                f.memory("v128.load64_zero", offset)
                self.scratch = self.scratch or f.add_local(wasm_encoder.V128)
                f.local_set(self.scratch)
                address(i, pair, ahead)
                f.local_get(self.scratch)
                f.memory("v128.load64_lane", offset + across[i], 1)

        def term(pair, ahead, shared):
            """Leaves a pair's term on the stack. ahead: see sum_over; shared: {place: local with its number}."""
            def push(i):
                f.local_get(shared[i + 1]) if i + 1 in shared else load(i + 1, pair, ahead)
            kernel.term(f, push)

        def store(pair):
            f.memory("v128.store", self.offset) if lanes == 2 else f.memory("v128.store64_lane", self.offset, 0)

        if kernel.how == "set" or not summed:
            for pair in range(pairs):
                self.offset = address(0, pair, {})
                if kernel.how == "add":
                    load(0, pair, {})
                term(pair, {}, {})
                if kernel.how == "add":
                    f.emit("f64x2.add")
                store(pair)
            return
        sums = [f.add_local(wasm_encoder.V128) for _ in range(pairs)]
        for pair, local in enumerate(sums):
            if kernel.how == "add":
                load(0, pair, {})
            else:
                f.f64x2_const(0.0 if kernel.how == "sum" else float("-inf"))
            f.local_set(local)

        def step(ahead):
            shared = {}
            for i in range(1, len(self.places)):
                if pairs > 1 and across[i] == 0:
                    load(i, 0, ahead)
                    if i not in self.held:
                        self.held[i] = f.add_local(wasm_encoder.V128)
                    shared[i] = self.held[i]
                    f.local_set(shared[i])
            for pair, local in enumerate(sums):
                f.local_get(local)
                term(pair, ahead, shared)
                f.emit("f64x2.pmax" if kernel.how == "max" else "f64x2.add")
                f.local_set(local)

        self.sum_over(summed, step, max(1, UNROLL_PRODUCTS // pairs))
        for pair, local in enumerate(sums):
            self.offset = address(0, pair, {})
            f.local_get(local)
            store(pair)

    def sum_over(self, dims, step, unroll):
        """Call step(ahead) for all of dims in order; ahead: how far each place's next number lies beyond its cursor."""
        (dim, a, b), *rest = dims
        if rest:
            return self.loop(dim, self.count(a, b), 1, lambda: self.sum_over(rest, step, unroll))
        strides = [self.stride(place, dim) for place in self.places]

        def steps(count):
            for i in range(count):
                step({place: i * stride for place, stride in enumerate(strides)})

        if self.kernel.order:
            return self.in_order(dim, strides, step)
        if dim == "position":
            return self.loop(dim, ("local", STOP), 1, lambda: steps(1))
        if b:
            return self.loop(dim, self.count(a, b), 1, lambda: steps(1))
        unroll = max(n for n in range(1, min(a, unroll) + 1) if a % n == 0)
        if unroll == a:
            return steps(a)
        self.loop(dim, a, unroll, lambda: steps(unroll))

    def in_order(self, dim, strides, step):
        """Sum over a dim in the order of a table: one for the last position, one for those before it."""
        f, (inner, last) = self.f, self.kernel.order
        entry, end, before = f.add_local(wasm_encoder.I32), f.add_local(wasm_encoder.I32), self.cursors
        f.i32_const(self.tables(last))
        f.i32_const(self.tables(inner))
        f.local_get(self.position)
        f.i32_const(1)
        f.emit("i32.add")
        f.local_get(STOP)
        f.emit("i32.eq", "select")
        f.local_tee(entry)
        f.i32_const(4 * len(inner))
        f.emit("i32.add")
        f.local_set(end)

        def by_entry(stride):
            f.local_get(entry)
            f.memory("i32.load")
            f.i32_const(stride)
            f.emit("i32.mul")

        with f.loop(entry, ("local", end), 4):
            self.cursors, _ = self.moved(strides, by_entry)
            step({})
            self.cursors = before

    def first_largest(self, dim, a, b):
        """The gradient of a maximum goes to the first of the numbers that equals it."""
        f, before = self.f, self.cursors
        counter, count = f.add_local(wasm_encoder.I32), self.count(a, b)
        f.i32_const(0)
        f.local_set(counter)
        self.cursors, new = self.moved([place.strides[dim] for place in self.places], lambda _: f.i32_const(0))
        result, number, largest, gradient = zip(
            [f.i32_const if cursor is None else f.local_get for cursor in self.cursors],
            [cursor or 0 for cursor in self.cursors], [place.base for place in self.places])

        def load(push, local, offset):
            push(local)
            f.memory("f64.load", offset)

        f.block("block")
        with f.loop(counter, count):
            load(*number)
            load(*largest)
            f.emit("f64.eq")
            f.block("if")
            result[0](result[1])
            load(*result)
            load(*gradient)
            f.emit("f64.add")
            f.memory("f64.store", result[2])
            f.br(2)
            f.emit("end")
            for (_, stride), cursor in new.items():
                f.local_add(cursor, stride)
        f.emit("end")
        self.cursors = before
