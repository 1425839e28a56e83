"""Snapshots of a run: its weights at some of its steps, and how each of its names was sampled; bounded in memory.

At first a run has a snapshot of every step. When there are too many, only the multiples of a larger stride stay, and
so on, up to the last stride, which reaches to the run's end (a later one where the run goes on). Multiples of the last
stride are taken from the beginning, and the steps at which names are invented are among them, unless weights are too
many for that, so that a name can be sampled again.
"""
import random
from array import array
from collections import deque, namedtuple

from common import hangul

MAX_SNAPSHOTS = 64
MAX_BYTES = 32_000_000  # of all their weights together,
MIN_SNAPSHOTS = 6       # though so many are taken in any case
MAX_INVENTIONS = 400    # names whose random numbers are known

Invention = namedtuple("Invention", "step name temperature prefix draws")  # draws: the random numbers, from 0 to 1


class Snapshots:
    """weights: {step: an array of doubles}, in the steps' order; inventions: the last names, as Inventions."""

    def __init__(self, num_steps: int, name_interval: int, weight_count: int):
        """num_steps: of the whole run; name_interval: steps from names to names."""
        self.limit = max(MIN_SNAPSHOTS, min(MAX_SNAPSHOTS, MAX_BYTES // (8 * weight_count)))
        self.name_interval, self.strides = name_interval, strides(num_steps, name_interval, self.limit)
        self.inventions = deque(maxlen=MAX_INVENTIONS)
        self.weights = {}

    def extend(self, num_steps: int) -> None:
        """The run goes on, to have so many steps in all: fewer of the snapshots so far stay, as in a run planned so."""
        self.strides = [n for n in strides(num_steps, self.name_interval, self.limit) if n >= self.strides[0]]
        self.thin()

    def due(self, step: int) -> bool:
        """Whether a step gets a snapshot."""
        return step % self.strides[0] == 0 or step % self.strides[-1] == 0

    def steps_until_due(self, step: int) -> int:
        """How many steps after this one the next snapshot is due."""
        return min(stride - step % stride for stride in (self.strides[0], self.strides[-1]))

    def add(self, step: int, weights) -> None:
        """weights: doubles. Steps come in their order."""
        self.weights[step] = array("d", weights)
        self.thin()

    def thin(self) -> None:
        """Go on to a larger stride while there are too many."""
        while len(self.weights) > self.limit and len(self.strides) > 1:
            del self.strides[0]
            self.weights = {step: weights for step, weights in self.weights.items() if self.due(step)}

    def rewind(self, step: int) -> None:
        """Drop what came after a step, because the run goes on from there; all of it for -1."""
        self.weights = {earlier: weights for earlier, weights in self.weights.items() if earlier <= step}
        self.inventions = deque((made for made in self.inventions if made.step <= step), MAX_INVENTIONS)

    def invention(self, step: int, name: str) -> Invention:
        """How a name of a step was sampled, the last time if more than once. KeyError where none was."""
        name = hangul.compose(name)  # jamo or syllables: it is the same name
        for made in reversed(self.inventions):
            if made.step == step and hangul.compose(made.name) == name:
                return made
        raise KeyError(name)


def strides(num_steps: int, name_interval: int, limit: int) -> list[int]:
    """The strides of a run, growing little by little; with the last, there are at most `limit` snapshots in all."""
    divisors = [n for n in range(1, name_interval + 1) if name_interval % n == 0]
    multiples = range(2 * name_interval, 2 * name_interval + num_steps + 1, name_interval)
    last = next(n for n in (*divisors, *multiples) if num_steps // n < limit)
    result = [1]
    while (stride := result[-1]) < last:
        factors = [n for n in (2, 3, 5, 7) if last % (n * stride) == 0]
        result.append(stride * factors[0] if factors else min(2 * stride, last))
    return result


class RecordedRandom(random.Random):
    """A generator that passes on the random numbers of another and records them in draws."""

    def __init__(self, source):
        """source: gives the next number, from 0 to 1, when it is called."""
        super().__init__(0)
        self.source, self.draws = source, []

    def random(self):
        self.draws.append(self.source())
        return self.draws[-1]
