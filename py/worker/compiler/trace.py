"""From the graphs that the core recorded to a tape: groups of like nodes, with rules for where their operands lie.

The core builds a graph of single numbers. Seen from far enough it is regular: each position of a document repeats the
last one's nodes, and within a position runs of nodes do the same to numbers that lie side by side. To find this,
the core reads three probe documents, and each node gets a *kind*: its operation and the kinds of its inputs. Nodes of a
kind form a Group. In every position a group's nodes are put in the order of their operands' addresses; then those
addresses are explained by rules, and the nodes' own results are laid out side by side for the groups that follow.

A rule is  address = base + position * a + token * b + target * c + i * d + j * e + …  with whole numbers a, b, c, …
found from a few of the nodes and then compared with every node of every probe: an embedding's row is a rule with b,
the probability of the token that came next one with c, a matrix times a vector one with d. Whatever no rule explains
is declined. There is no word here of layers, heads or matrices; they are what the rules turn out to say.

Addresses count numbers, not bytes. A weight's is its place in the core's list of parameters; a node's is its place in a
frame, of which there is one for each position: FRAMES + position * FRAME + offset; a constant's is below zero.
"""
import copy
from dataclasses import dataclass, field
from itertools import combinations, filterfalse

from common.errors import CannotCompile

FRAME = 1 << 24   # more than any position's frame holds; the machine's frames are packed (see Rule.resolve)
FRAMES = 1 << 48  # above every weight
LISTS = {"dot": 2, "sum": 1, "max": 1}  # operations on as many lists of numbers, of any length
WEIGHT, CONSTANT = -1, -2  # the kinds of leaves; computed nodes' kinds count from 0, inputs' before outputs'


class Trace:
    """A document as the core read it.

    doc; tokens; nodes[position], inputs before outputs; loss, a node; and the taps: logits[position][token],
    probabilities[position][token] and context, as in the core.
    """

    def __init__(self, run, doc):
        reader = copy.copy(run)  # so that the run's own tokens, context and loss stay the page's
        reader.gpt, self.logits = copy.copy(run.gpt), []

        def forward(token, context):
            self.logits.append(run.gpt.forward(token, context))
            return self.logits[-1]

        reader.gpt.forward = forward
        reader.read(doc)
        self.doc, self.tokens, self.context = doc, reader.tokens, reader.context
        self.probabilities, self.loss = reader.probabilities, reader.loss
        self.nodes, seen = [], dict.fromkeys(run.gpt.parameters, -1)
        for position, roots in enumerate(zip(self.logits, self.probabilities)):
            self.nodes.append(walk([*roots[0], *roots[1]], seen, position))
        for node in walk([self.loss], seen, -1):  # a node of the loss belongs where its latest input does
            latest = max((seen[x] for x in node.inputs if x in seen), default=-1)
            seen[node] = latest if latest >= 0 else len(self.nodes) - 1
            self.nodes[seen[node]].append(node)


def walk(roots, seen, mark):
    """The computed nodes behind a list of roots that seen lacks, inputs first. They enter seen, marked."""
    order, stack = [], list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in seen:
            seen[node] = mark
            stack += (node, None)
            stack += [x for x in filterfalse(seen.__contains__, reversed(node.inputs)) if x.inputs]
    return order


@dataclass
class Rule:
    """Where one operand of a group's nodes lies: see the module's text. strides: by the group's dims, outer first."""
    kind: int      # WEIGHT, CONSTANT, or 0 and above: a node's
    base: int = 0
    position: int = 0
    token: int = 0
    target: int = 0
    strides: list = field(default_factory=list)

    def first(self, position, token, target):
        return self.base + position * self.position + token * self.token + target * self.target

    def resolve(self, frame_size):
        """The same rule for frames of frame_size, one after another from address 0, if it speaks of frames."""
        if self.kind < 0:
            return self

        def pack(n):
            frames = (n + FRAME // 2) // FRAME
            return frames * frame_size + n - frames * FRAME
        return Rule(self.kind, pack(self.base - FRAMES), pack(self.position), self.token, self.target,
                    [pack(stride) for stride in self.strides])


@dataclass
class Group:
    """Nodes of one kind.

    dims: the counts of the nodes, in order, outer first, as (a, b) for a + b * position; reads: for an operation on
    lists (dot, sum, max), how many numbers each node reads, likewise, else None. The rules' strides have an entry for
    each of dims, and one more for reads. once: there is one such set of nodes for the document, not one a position.
    orders: where the core adds up a gradient in another order than the nodes' own, {operand: (inner, last)}: the nodes'
    order at a document's last position and at those before it.
    """
    op: str
    exponent: float | None
    once: bool
    dims: list
    reads: tuple | None
    operands: list
    result: Rule
    orders: dict = field(default_factory=dict)


class Tape:
    """What the probes have in common. groups: inputs before outputs; constants: their numbers by place; per_length:
    {place: a} for constants that are a / the number of positions; frame_size; address(node): of the first trace."""

    def __init__(self, run, traces):
        self.traces, self.groups, self.constants, self.per_length, self.frame_size = traces, [], [], {}, 0
        weights = run.gpt.parameters
        self.addresses = [_Addresses(self, zip(weights, range(len(weights)))) for _ in traces]
        ranks = _ranks(type(run).read.__globals__, traces[1])
        for kind, nodes in enumerate(_kinds(traces, weights)):
            self.groups.append(self.group(kind, nodes, ranks))

    def address(self, node):
        n = self.addresses[0][node] - FRAMES
        return n // FRAME * self.frame_size + n % FRAME

    def allocate(self, count):
        offset = self.frame_size
        self.frame_size += count + count % 2  # pairs, for SIMD
        return offset

    def group(self, kind, nodes, ranks):
        """The Group of nodes[trace][position]: a list of its nodes there."""
        first = next(iter(nodes[0].values()))[0]
        once = all(positions.keys() == {len(trace.nodes) - 1} for positions, trace in zip(nodes, self.traces))
        if not once and any(len(positions) != len(trace.nodes) for positions, trace in zip(nodes, self.traces)):
            raise CannotCompile("compile.graph.positions", op=first.op)
        samples = []  # of every probe and position: (position, token, target, nodes, a row of addresses each, reads)
        for trace, positions, addresses in zip(self.traces, nodes, self.addresses):
            for position, here in positions.items():
                here, rows, reads, steps = _rows(here, addresses)
                samples.append((position, trace.tokens[position], trace.tokens[position + 1], here, rows, reads, steps))
        long = samples[len(self.traces[0].nodes) - 1 if not once else 0]
        other = samples[len(self.traces[0].nodes) - 2 if not once else 1]

        nest, nest_other = _nest(long[4]), _nest(other[4])
        if [stride for _, stride in nest] != [stride for _, stride in nest_other]:
            raise CannotCompile("compile.graph.layout", op=first.op)
        dims = [_line((long[0], a), (other[0], b)) for (a, _), (b, _) in zip(nest, nest_other)]
        reads = long[5] and _line((long[0], long[5]), (other[0], other[5]))
        operands = []
        for i in range(len(long[4][0])):
            points = [(position, token, target, rows[0][i]) for position, token, target, _, rows, _, _ in samples]
            strides = [stride[i] for _, stride in nest] + ([long[6][i]] if reads else [])
            operands.append(self.operand(first, points, strides, once))

        counts = [max(a + b * (long[0] if b > 0 else 0), 1) + (1 if b else 0) for a, b in dims]  # + 1: rows stay apart
        if dims and any(b for _, b in dims):
            counts[-1] += counts[-1] % 2
        strides = [1] * len(counts)
        for i in range(len(counts) - 1, 0, -1):
            strides[i - 1] = strides[i] * counts[i]
        size = strides[0] * counts[0] if counts else 1
        result = Rule(kind, FRAMES + self.allocate(size), 0 if once else FRAME, strides=strides + [0] * bool(reads))
        op, _, exponent = first.op.partition(" ")
        group = Group(op, float(exponent) if exponent else None, once, dims, reads, operands, result)

        starts = [0]
        for length in map(len, nodes):
            starts.append(starts[-1] + length)
        for t, addresses in enumerate(self.addresses):
            for sample in samples[starts[t]:starts[t + 1]]:
                _compare(group, *sample)
                addresses.update(zip(sample[3], _spread(result.first(*sample[:3]), group, result, sample[0])))
        if ranks:
            _orders(group, samples[starts[1]:starts[2]], ranks)
        return group

    def operand(self, node, points, strides, once):
        """The Rule for an operand of nodes like this one. points: (position, token, target, the first address)."""
        addresses = sorted({address for *_, address in points})
        if addresses[0] >= 0:
            base, position, token, target = _affine(points, node.op)
            kind = WEIGHT if addresses[0] < FRAMES else 0
            return Rule(kind, base, position, token, target, strides)
        if any(strides) or addresses[-1] >= 0:
            raise CannotCompile("compile.constant.nodes", op=node.op)
        if len(addresses) == 1:
            return Rule(CONSTANT, -1 - addresses[0], strides=strides)
        by_length = [(position + 1, self.constants[-1 - address]) for position, _, _, address in points]
        total = round(by_length[0][0] * by_length[0][1], 9)
        if not once or any(total / length != constant for length, constant in by_length):
            raise CannotCompile("compile.constant.documents", op=node.op)
        self.constants.append(0.0)
        self.per_length[len(self.constants) - 1] = total
        return Rule(CONSTANT, len(self.constants) - 1, strides=strides)


class _Addresses(dict):
    """Value to address. What is neither a weight nor a computed node is a constant, placed by its number."""

    def __init__(self, tape, known):
        super().__init__(known)
        self.tape, self.lists = tape, {}

    def __missing__(self, value):
        constants = self.tape.constants
        if value.inputs:
            raise CannotCompile("compile.graph.mixed", op=value.op)
        if value.data not in constants:
            constants.append(value.data)
        return -1 - constants.index(value.data)

    def even(self, values):
        """(the first one's address, the step to each next one's). Raises CannotCompile if the steps are uneven."""
        known, first, step = self.lists.get((values[0], len(values)), ((), 0, 0))
        if known != values:  # most lists come again, node for node, and the second look is quick
            addresses = list(map(self.__getitem__, values))
            first, step = addresses[0], addresses[1] - addresses[0] if len(values) > 1 else 0
            if addresses != (list(range(first, first + step * len(values), step)) if step else [first] * len(values)):
                raise CannotCompile("compile.graph.uneven")
            self.lists[values[0], len(values)] = values, first, step
        return first, step


class _Kinds(dict):
    def __missing__(self, value):
        return CONSTANT


def _kinds(traces, weights):
    """Kind by kind, what nodes are of it: [trace][position], lists of nodes."""
    known, found = {}, []
    for t, trace in enumerate(traces):
        kinds = _Kinds.fromkeys(weights, WEIGHT)
        kind_of = kinds.__getitem__
        for position, nodes in enumerate(trace.nodes):
            for node in nodes:
                inputs, lists = node.inputs, LISTS.get(node.op)
                if lists:  # the first number of a list stands for all; that they lie evenly is checked later
                    inputs = (inputs[0], inputs[len(inputs) // lists]) if lists == 2 else inputs[:1]
                what = (node.op, *map(kind_of, inputs))
                kind = kinds[node] = known.setdefault(what, len(known))
                if kind == len(found):
                    found.append([{} for _ in traces])
                found[kind][t].setdefault(position, []).append(node)
    if not all(all(nodes) for nodes in found):
        raise CannotCompile("compile.graph.lengths")
    return found


def _rows(nodes, addresses):
    """(nodes, a row of addresses for each, reads, steps): in the order of their operands' addresses. For operations on
    lists a row has the addresses of the first numbers read, and those that follow go on by steps, as they must."""
    op, reads, steps = nodes[0].op, None, None
    if op not in LISTS:
        rows = [tuple(map(addresses.__getitem__, node.inputs)) for node in nodes]
    else:
        lists, reads, rows = LISTS[op], len(nodes[0].inputs) // LISTS[op], []
        for node in nodes:
            ends = [addresses.even(node.inputs[i:i + reads]) for i in range(0, len(node.inputs), reads)]
            rows.append(tuple([first for first, _ in ends]))
            if len(ends) != lists or len(node.inputs) != reads * lists or steps not in (None, [s for _, s in ends]):
                raise CannotCompile("compile.graph.unlike", op=op)
            steps = [step for _, step in ends]
    order = sorted(range(len(nodes)), key=rows.__getitem__)
    return [nodes[i] for i in order], [rows[i] for i in order], reads, steps


def _nest(rows):
    """rows as nested loops, outer first: (how often, each address's rise). _compare finds rows that don't fit."""
    if len(rows) == 1:
        return []
    stride, count = tuple([b - a for a, b in zip(rows[0], rows[1])]), 2
    while count < len(rows) and tuple([b - a for a, b in zip(rows[count - 1], rows[count])]) == stride:
        count += 1
    return [*_nest(rows[::count]), (count, stride)]


def _line(point, other):
    """(a, b) so that a + b * x is y at both points (x, y)."""
    slope = (point[1] - other[1]) // (point[0] - other[0])
    return point[1] - slope * point[0], slope


def _affine(points, op):
    """(base, position, token, target): the rule for points (position, token, target, address)."""
    start, *others = points
    rises = [[b - a for a, b in zip(start, point)] for point in others]
    rules = [(p[3] / p[0], 0, 0) for p in rises if p[0]][:1]
    for column in (1, 2):
        for p, q in combinations(rises, 2):
            if determinant := p[0] * q[column] - q[0] * p[column]:
                by_position = (p[3] * q[column] - q[3] * p[column]) / determinant
                by_column = (p[0] * q[3] - q[0] * p[3]) / determinant
                rules.append((by_position, by_column, 0) if column == 1 else (by_position, 0, by_column))
                break
    for rule in rules:
        a, b, c = map(round, rule)
        base = start[3] - a * start[0] - b * start[1] - c * start[2]
        if all(base + a * x + b * y + c * z == address for x, y, z, address in points):
            return base, a, b, c
    raise CannotCompile("compile.graph.operands", op=op)


def _spread(first, group, rule, position):
    """The rule's addresses for all of the group's nodes at a position."""
    addresses = [first]
    for (a, b), stride in zip(group.dims, rule.strides):
        steps = [i * stride for i in range(a + b * position)]
        addresses = [address + step for address in addresses for step in steps]
    return addresses


def _compare(group, position, token, target, _, rows, reads, steps):
    """Raise CannotCompile unless the group's rules give these very addresses."""
    same = (reads or 0) == (group.reads[0] + group.reads[1] * position if group.reads else 0)
    for i, (rule, addresses) in enumerate(zip(group.operands, zip(*rows))):
        if rule.kind != CONSTANT:
            same = same and list(addresses) == _spread(rule.first(position, token, target), group, rule, position)
        if reads and reads > 1:
            same = same and steps[i] == rule.strides[-1]
    if not same:
        raise CannotCompile("compile.graph.rule", op=group.op)


def _ranks(core, trace):
    """{node: its turn} in the core's backward pass; empty if the core has another way."""
    order = core.get("topological_order")
    return {node: i for i, node in enumerate(reversed(order(trace.loss)))} if order else {}


def _orders(group, samples, ranks):
    """Learn from a short document in what order the core adds up what a group's nodes send to one and the same input.

    Sums are rounded at each addition, so only the core's own order gives the core's own bits. Where it is the nodes'
    order there is nothing to learn. Where it isn't, the last position may differ from those before it, for the core's
    search through the graph starts there.
    """
    if len(group.dims) != 1 or group.dims[0][1] or group.once:
        return
    for i, rule in enumerate(group.operands):
        if rule.kind >= 0 and rule.strides[0] == 0:
            turns = [[ranks.get(node, -1) for node in here] for _, _, _, here, *_ in samples]
            inner, *others, last = [sorted(range(len(turn)), key=turn.__getitem__) for turn in turns]
            natural = list(range(len(last)))
            if (inner, last) != (natural, natural) and all(other == inner for other in others):
                group.orders[i] = (inner, last)
