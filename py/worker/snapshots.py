"""The past of a run: its weights at kept steps, and how each of its names was drawn. Pure Python, bounded in memory.

A run keeps every step at first. When that gets too many, it keeps only the multiples of a larger stride, and so on, up
to the last stride, which reaches to the run's end. Multiples of the last one are kept from the beginning, and the steps
at which names are invented are among them, unless weights are too many for that, so that a name can be drawn again.
"""
import random
from array import array
from collections import deque, namedtuple

MOST = 64            # steps kept,
BYTES = 32_000_000   # and how much their weights may take together,
LEAST = 6            # though so many are kept in any case
INVENTIONS = 400     # names whose draws are known

Invention = namedtuple("Invention", "step name temperature prefix draws")  # draws: the random numbers, from 0 to 1


class History:
    def __init__(self, num_steps, every, size):
        """num_steps: of the whole run; every: steps between names; size: how many weights there are."""
        self.most = max(LEAST, min(MOST, BYTES // (8 * size)))
        self.strides = strides(num_steps, every, self.most)
        self.inventions = deque(maxlen=INVENTIONS)
        self.kept = {}

    def due(self, step):
        """Whether a step is one to keep."""
        return step % self.strides[0] == 0 or step % self.strides[-1] == 0

    def ahead(self, step):
        """How many steps after this one the next is that is to be kept."""
        return min(stride - step % stride for stride in (self.strides[0], self.strides[-1]))

    def keep(self, step, weights):
        """weights: doubles. Steps come in their order."""
        self.kept[step] = array("d", weights)
        while len(self.kept) > self.most and len(self.strides) > 1:
            del self.strides[0]
            self.kept = {step: weights for step, weights in self.kept.items() if self.due(step)}

    def go_back(self, step):
        """Forget what came after a step, because the run goes on from there; all of it for -1."""
        self.kept = {kept: weights for kept, weights in self.kept.items() if kept <= step}
        self.inventions = deque((made for made in self.inventions if made.step <= step), INVENTIONS)

    def invention(self, step, name):
        """How a name of a step was drawn, the last time if it was drawn more than once. KeyError where none was."""
        for made in reversed(self.inventions):
            if (made.step, made.name) == (step, name):
                return made
        raise KeyError(name)


def strides(num_steps, every, most):
    """The strides of a run, growing little by little; with the last, at most `most` steps are kept in all."""
    divisors = [n for n in range(1, every + 1) if every % n == 0]
    multiples = range(2 * every, 2 * every + num_steps + 1, every)
    last = next(n for n in (*divisors, *multiples) if num_steps // n < most)
    result = [1]
    while (stride := result[-1]) < last:
        factors = [n for n in (2, 3, 5, 7) if last % (n * stride) == 0]
        result.append(stride * factors[0] if factors else min(2 * stride, last))
    return result


class Dice(random.Random):
    """A generator that hands on the random numbers of another, and remembers them: drawn."""

    def __init__(self, numbers):
        """numbers: gives the next number, from 0 to 1, when it is called."""
        super().__init__(0)
        self.numbers, self.drawn = numbers, []

    def random(self):
        self.drawn.append(self.numbers())
        return self.drawn[-1]
