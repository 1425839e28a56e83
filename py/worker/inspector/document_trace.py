"""One document as a copy of the model reads it, with everything traced: what the panel's numbers come from.

The copy has all of the run for itself (run_copy.py), so that neither reading, nor asking for gradients, nor nudging a
number touches the run; and so that what is shown stays as it was while the run trains on.
"""
from common.errors import UserError

from .run_copy import RunCopy
from .tracer import Nudge, Tracer


class DocumentTrace:
    """A document read at a step of the run.

    step, doc, tokens, probabilities[position][token], loss: as the core's; positions[p]: the calls (forward, softmax)
    of a position; tracer: every Value and its lines. The names of numbers: "loss", "wte.4.7" for a weight (matrix,
    row, column), "17" for the 18th Value made (they count from 0).
    """

    def __init__(self, run, doc):
        self.step, self.doc, self.settings = run.step, doc, run.settings
        self.copy = RunCopy(run)
        self.reader = self.copy.run()
        with Tracer(type(run).read) as self.tracer:
            self.reader.read(doc)
        self.tokens, self.probabilities, self.loss = self.reader.tokens, self.reader.probabilities, self.reader.loss
        calls = iter(self.tracer.calls)
        self.positions = list(zip(calls, calls))
        self.weights = {f"{matrix}.{row}.{column}": p for matrix, rows in self.reader.gpt.weights.items()
                        for row, values in enumerate(rows) for column, p in enumerate(values)}
        self._names = {id(p): name for name, p in self.weights.items()}
        self._names |= {id(node): str(n) for n, node in enumerate(self.tracer.nodes)}
        self._names[id(self.loss)] = "loss"
        self._index = {id(node): n for n, node in enumerate(self.tracer.nodes)}
        self._has_gradients, self._users = False, {}

    def name(self, value) -> str:
        """The name of a Value of this trace. One that an edited core made at another time gets the next number."""
        if id(value) not in self._names:
            self._names[id(value)] = str(len(self.tracer.nodes))
            self.tracer.nodes.append(value)
            self._users = {}
        return self._names[id(value)]

    def value(self, name: str):
        """The Value of a name. KeyError where there is none."""
        if name == "loss":
            return self.loss
        if name in self.weights:
            return self.weights[name]
        if name.isascii() and name.isdigit() and int(name) < len(self.tracer.nodes):
            return self.tracer.nodes[int(name)]
        raise KeyError(name)

    def lines(self, values) -> set[int]:
        """The numbers of the core's lines that made these Values; none made a weight."""
        made = (self.tracer.lines[self._index[id(value)]] for value in values if id(value) in self._index)
        return {line for lines in made for line in lines}

    def matrix(self, rows) -> str | None:
        """The name of one of the model's matrices, or None."""
        return next((name for name, matrix in self.reader.gpt.weights.items() if matrix is rows), None)

    def backward(self):
        """Let the core compute every gradient of this document's loss, once."""
        if not self._has_gradients:
            for p in self.reader.gpt.parameters:
                p.grad = 0.0
            self.loss.backward()
            self._has_gradients = True

    def users(self, value) -> list:
        """The Values that were made from this one, each with d itself / d value: [(Value, local gradient)]."""
        if not self._users:
            for node in self.tracer.nodes:
                for x, local_grad in zip(node.inputs, node.local_grads):
                    self._users.setdefault(id(x), []).append((node, local_grad))
        return self._users.get(id(value), [])

    def nudged(self, name: str, by: float) -> float:
        """The loss recomputed by another copy, in which this one number is larger by so much."""
        value, reader = self.value(name), self.copy.run()
        if name in self.weights:
            matrix, row, column = name.rsplit(".", 2)
            reader.gpt.weights[matrix][int(row)][int(column)].data += by
            reader.read(self.doc)
        elif id(value) not in self._index:
            raise UserError("step.edited")
        else:
            with Nudge(type(reader).read, self._index[id(value)], by):
                reader.read(self.doc)
        return reader.loss.data
