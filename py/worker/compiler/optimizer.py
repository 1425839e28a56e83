"""The optimizer, compiled as the graph is: by looking at what the core does.

The core's own Run.train is called on a run with two weights whose numbers are Symbols: they compute as numbers do,
and remember how they were made. What it leaves in weight, mean and square are the formulas of Adam, or of whatever an
edited core does, with the constants of that step: learning rate, bias corrections. Constants that differ from step to
step become a row of rates for each step. So no learning rate, schedule or beta is written down here.

Only math.sqrt can't be followed: it gives a plain number. A number in a formula that changes with the Symbols' must be
the root that was taken plus a constant, which is learned where the root is 0.
"""
import copy
import math
import operator
import random
from itertools import accumulate, repeat
from types import SimpleNamespace

from common.errors import CannotCompile, quoted

from . import wasm_encoder


class Symbol:
    """A number that remembers how it was made. roots: where to note the Symbols that math.sqrt was given."""

    def __init__(self, value, op, inputs, roots):
        self.value, self.op, self.inputs, self.roots = value, op, inputs, roots

    def __float__(self):
        self.roots.append(self)
        return self.value

    def _make(self, op, a, b):
        x, y = (n.value if isinstance(n, Symbol) else n for n in (a, b))
        try:
            value = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv}[op](x, y)
        except ZeroDivisionError:
            value = math.nan
        return Symbol(value, op, (a, b), self.roots)

    def __add__(self, other): return self._make("add", self, other)
    def __radd__(self, other): return self._make("add", other, self)
    def __sub__(self, other): return self._make("sub", self, other)
    def __rsub__(self, other): return self._make("sub", other, self)
    def __mul__(self, other): return self._make("mul", self, other)
    def __rmul__(self, other): return self._make("mul", other, self)
    def __truediv__(self, other): return self._make("div", self, other)
    def __rtruediv__(self, other): return self._make("div", other, self)


NAMES = ("weight", "gradient", "mean", "square")


class Update:
    """formula: instructions (op, a, b), a and b being names, places in formula or ("constant", i); results: the places
    of the new weight, mean and square; constants: their numbers, None for those that are a step's rates; columns: the
    constants that are. rates(start, stop) gives the rows of rates for those steps, one after another."""

    def __init__(self, run):
        self.run = run
        last = max(int(run.settings.num_steps) - 1, 4)
        self.learn_roots(run.step)
        traced = {step: self.trace(step)[1] for step in {0, 1, 2, 3, run.step, last // 2, last - 1, last}}
        here = traced[run.step]
        self.columns = [i for i in range(len(here)) if any(row[i] != here[i] for row in traced.values())]
        self.constants = [None if i in self.columns else number for i, number in enumerate(here)]
        known = [self.linear_decay] + [self.correction(number) for number in self.constants if number is not None]
        self.rules = []
        for i in self.columns:
            fits = (rule for rule in known if all(rule(step, step + 1) == [row[i]] for step, row in traced.items()))
            self.rules.append(next(fits, None))

    # ---- Rules for rates that are known to be common. Any other is had from the core, step by step.
    def linear_decay(self, start, stop):
        rate, steps = self.run.settings.learning_rate, self.run.settings.num_steps
        return [rate * (1 - step / steps) for step in range(start, stop)]

    @staticmethod
    def correction(beta):
        def rule(start, stop):
            powers = accumulate(repeat(beta, stop - start), operator.mul, initial=math.prod([beta] * start, start=1.0))
            next(powers)
            return [1 / (1 - power) if power != 1 else None for power in powers]
        return rule

    def rates(self, start, stop):
        """The rates of steps start up to stop, row by row. Raises CannotCompile if the core departs from its rules."""
        if None in self.rules:
            rows = [[row[i] for i in self.columns] for row in (self.trace(step)[1] for step in range(start, stop))]
        else:
            rows = list(zip(*(rule(start, stop) for rule in self.rules))) or [()] * (stop - start)
        for step in {start, stop - 1}:
            expected = [number if number is not None else rows[step - start][self.columns.index(i)]
                        for i, number in enumerate(self.constants)]
            if self.trace(step)[1] != expected:
                raise CannotCompile("compile.rate")
        return [rate for row in rows for rate in row]

    # ---- Looking at the core.
    def learn_roots(self, step):
        """Find formula and results, and which of its constants are roots; from three sets of numbers."""
        rng = random.Random(step)
        plain, *others = [self.symbols(step, numbers) for numbers in
                          ([0.5, 0.0, 0.25, 0.0], *([rng.uniform(0.1, 2) for _ in NAMES] for _ in range(3)))]
        self.formula, self.results, numbers, _ = plain
        if any((formula, results) != (self.formula, self.results) for formula, results, _, _ in others):
            raise CannotCompile("compile.update.weight")
        self.roots = {}  # constant: (the place in formula that it is the root of, what is added to it)
        for i, number in enumerate(numbers):
            if all(constants[i] == number for _, _, constants, _ in others):
                continue
            added = [root for root in plain[3] if all(
                constants[i] == math.sqrt(dict(roots)[root[0]]) + (number - math.sqrt(root[1]))
                for _, _, constants, roots in others)]
            if not added:
                raise CannotCompile("compile.update.operations")
            self.roots[i] = added[0][0], number - math.sqrt(added[0][1])

    def trace(self, step):
        """(formula, constants) of a step; those that are roots are left at 0."""
        formula, results, constants, _ = self.symbols(step, [0.5, 0.0, 0.25, 0.0])
        if (formula, results) != (self.formula, self.results):
            raise CannotCompile("compile.update.steps")
        return formula, [0.0 if i in self.roots else number for i, number in enumerate(constants)]

    def symbols(self, step, numbers):
        """(formula, results, constants, roots: [(place in formula, number)]) of one of two weights, at a step."""
        taken, stub = ([], []), copy.copy(self.run)
        for name, attribute in vars(self.run).items():
            if isinstance(attribute, list):
                setattr(stub, name, attribute[:])
        leaves = [[Symbol(number, name, (), roots) for name, number in zip(NAMES, numbers)] for roots in taken]
        weights = [SimpleNamespace(data=weight, grad=0.0) for weight, *_ in leaves]

        read = []

        def backward():
            for weight, (_, gradient, _, _) in zip(weights, leaves):
                weight.grad = gradient

        stub.step, stub.read = step, read.append
        stub.loss = SimpleNamespace(data=0.5, grad=0.0, backward=backward)
        stub.gpt = SimpleNamespace(parameters=weights)
        stub.mean, stub.square = [mean for _, _, mean, _ in leaves], [square for *_, square in leaves]
        try:
            loss = stub.train()
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise CannotCompile("compile.update.error", error=quoted(error)) from error
        if (loss, read, stub.step) != (0.5, [self.run.docs[step % len(self.run.docs)]], step + 1):
            raise CannotCompile("compile.update.documents")
        if any(isinstance(attribute, list) and name not in ("mean", "square") and getattr(self.run, name) != attribute
               for name, attribute in vars(stub).items() if hasattr(self.run, name)):
            raise CannotCompile("compile.update.state")

        formula, constants, places = [], [], {id(leaf): leaf.op for leaf in leaves[0]}

        def place(x):
            if not isinstance(x, Symbol):
                constants.append(float(x))
                return "constant", len(constants) - 1
            if id(x) not in places:
                if not x.inputs:
                    raise CannotCompile("compile.update.other")
                formula.append((x.op, *[place(y) for y in x.inputs]))
                places[id(x)] = len(formula) - 1
            return places[id(x)]

        results = [place(x) for x in (weights[0].data, stub.mean[0], stub.square[0])]
        return formula, results, constants, [(place(x), x.value) for x in taken[0]]

    # ---- Machine code.
    def function(self, count, addresses) -> wasm_encoder.Function:
        """The function (address of a row of rates) that updates count weights, an even number, in place. addresses: in
        bytes, of weights, gradients, means and squares."""
        f = wasm_encoder.Function([wasm_encoder.I32])
        i = f.add_local(wasm_encoder.I32)
        held = [f.add_local(wasm_encoder.V128) for _ in self.constants]
        for constant, (local, number) in enumerate(zip(held, self.constants)):
            if number is None:
                f.local_get(0)
                f.memory("v128.load64_splat", 8 * self.columns.index(constant))
            else:
                f.f64x2_const(self.roots.get(constant, (0, number))[1])
            f.local_set(local)
        places = {}

        def push(place):
            if place in places:
                return f.local_get(places[place])
            if isinstance(place, str):
                f.local_get(i)
                f.memory("v128.load", addresses[NAMES.index(place)])
            elif isinstance(place, tuple):
                if place[1] in self.roots:
                    push(self.roots[place[1]][0])
                    f.emit("f64x2.sqrt")
                    f.local_get(held[place[1]])
                    f.emit("f64x2.add")
                else:
                    f.local_get(held[place[1]])
                return
            else:
                op, a, b = self.formula[place]
                push(a)
                push(b)
                f.emit("f64x2." + op)
            places[place] = f.add_local(wasm_encoder.V128)
            f.local_tee(places[place])

        f.i32_const(0)
        f.local_set(i)
        with f.loop(i, 8 * count, 16):
            for place, address in zip(self.results, (addresses[0], *addresses[2:])):
                push(place)
                f.local_set(new := f.add_local(wasm_encoder.V128))
                f.local_get(i)
                f.local_get(new)
                f.memory("v128.store", address)
        return f
