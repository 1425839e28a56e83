"""From the tape to kernels: what has to be computed, forward and, by the chain rule, backward.

Every kernel has one form. For all i, j, … of some dims, and all k, l, … of others that its result does not have,

    result[i, j, …] = or +=  the sum over k, l, … of  term(operands[i, j, …, k, l, …])

A matrix times a vector is one (term: a product), so is an addition (nothing to sum over), and so is every derivative
of both: what a node sends back to an input is local gradient times its own gradient, summed over whatever dims the
input does not have. The position in the document is a dim as well. codegen.py turns a kernel into machine code.
"""
from collections.abc import Callable
from dataclasses import dataclass

from common.errors import CannotCompile

from .elementary import power
from .trace import CONSTANT, WEIGHT, Rule


@dataclass
class Place:
    """An operand's address in bytes: a Rule's, in one of memory's regions."""
    base: int
    position: int
    token: int
    target: int
    strides: list


@dataclass
class Kernel:
    """position: "each" (a dim of the result), "sum" (one to sum over) or "once" (the last one's nodes only).
    how: "set" (no sum), "sum", "max", or "add" (a sum on top of what is there). order: see trace.Group.orders."""
    position: str
    dims: list
    result: Place
    operands: list
    term: Callable  # of one number of each operand: see Terms; None: what a maximum sends back
    how: str
    order: tuple | None = None


@dataclass
class Layout:
    """Where memory's regions begin, in bytes, and the numbers in a frame. Gradients lie as their numbers do."""
    weights: int
    weight_gradients: int
    constants: int
    frames: int
    frame_gradients: int
    frame_size: int

    def place(self, rule: Rule, gradient=False) -> Place:
        region = {WEIGHT: (self.weights, self.weight_gradients), CONSTANT: (self.constants, None)}.get(
            rule.kind, (self.frames, self.frame_gradients))[gradient]
        rule = rule.resolve(self.frame_size)
        return Place(region + 8 * rule.base, 8 * rule.position, 8 * rule.token, 8 * rule.target,
                     [8 * stride for stride in rule.strides])


# ---- Terms. A term(f, push) leaves its number on the stack of the function f; push(i) leaves operand i there.
def joined(op):
    """The term that joins two operands by an instruction."""
    def term(f, push):
        push(0)
        push(1)
        f.emit(op)
    return term


product, total = joined("f64x2.mul"), joined("f64x2.add")


def alone(f, push):
    push(0)


# ---- Groups become kernels.
def forward(group, layout, library) -> Kernel:
    """The kernel that computes a group's nodes. library: the indices of the functions exp and log in the module.

    Raises CannotCompile for an operation that the core does not have.
    """
    def relu(f, push):
        push(0)
        f.f64x2_const(0.0)
        f.emit("f64x2.pmax")

    def call(name):
        def term(f, push):
            push(0)
            f.call(library[name])
        return term

    def to_the(f, push):
        push(0)
        power(f, group.exponent, library)

    kinds = {"add": (total, "set"), "mul": (product, "set"), "pow": (to_the, "set"), "exp": (call("exp"), "set"),
             "log": (call("log"), "set"), "relu": (relu, "set"), "dot": (product, "sum"), "sum": (alone, "sum"),
             "max": (alone, "max")}
    if group.op not in kinds:
        raise CannotCompile("compile.graph.operation", op=group.op)
    term, how = kinds[group.op]
    dims = group.dims + [group.reads] * bool(group.reads)
    return Kernel("once" if group.once else "each", dims, layout.place(group.result),
                  [layout.place(rule) for rule in group.operands], term, how)


def backward(group, layout, library) -> list:
    """The kernels that send a group's gradients to its operands', in the order of the operands."""
    gradient, value = layout.place(group.result, gradient=True), layout.place(group.result)
    operands = [layout.place(rule) for rule in group.operands]

    def over_x(f, push):
        f.f64x2_const(1.0)
        push(0)
        f.emit("f64x2.div")
        push(1)
        f.emit("f64x2.mul")

    def power_rule(f, push):
        f.f64x2_const(group.exponent)
        push(0)
        power(f, group.exponent - 1, library)
        f.emit("f64x2.mul")
        push(1)
        f.emit("f64x2.mul")

    def if_positive(f, push):
        push(1)
        push(0)
        f.f64x2_const(0.0)
        f.emit("f64x2.gt", "v128.and")

    kernels = []
    for i, rule in enumerate(group.operands):
        if rule.kind == CONSTANT:
            continue
        if group.op in ("add", "sum"):
            term, read = alone, [gradient]
        elif group.op in ("mul", "dot"):
            term, read = product, [operands[1 - i], gradient]
        elif group.op == "exp":
            term, read = product, [value, gradient]
        elif group.op == "max":
            term, read = None, [operands[0], value, gradient]
        else:
            term, read = {"log": over_x, "pow": power_rule, "relu": if_positive}[group.op], [operands[0], gradient]
        by_token = any(place.token or place.target for place in [layout.place(rule), *read])
        summed = rule.kind == WEIGHT and not rule.position and not by_token and not any(b for _, b in group.dims)
        dims = group.dims + [group.reads] * bool(group.reads)
        kernels.append(Kernel("once" if group.once else "sum" if summed else "each", dims,
                              layout.place(rule, gradient=True), read, term, "add", group.orders.get(i)))
    return kernels
