"""When what happens in a run: its parts, and in each of them the steps that get names, points and measurements.

A finished run may go on for more steps, and then on again. Each of these parts is like a run of its own, but for the
learning rate: in each it falls as the core has it fall, `learning_rate * (1 - step / end of the part)`.
"""
from typing import NamedTuple

from common import recipe as recipes

SAMPLINGS_PER_PART = 20    # names are invented so many times in a part,
MEASUREMENTS_PER_PART = 10 # and the held-out loss is measured so many times
MAX_POINTS = 2000          # of a part's loss curve


class Part(NamedTuple):
    """From the step `start`, which is not in it, to the step `end`, which is."""

    start: int
    end: int

    def interval(self, times: int) -> int:
        """The steps between two things that happen so many times in a part."""
        return max(1, (self.end - self.start) // times)

    def steps_until(self, step: int, interval: int) -> int:
        """How many steps after this one the next is that comes every `interval` steps, or the part's end."""
        return min(interval - (step - self.start) % interval, self.end - step)

    def has_names(self, step: int) -> bool:
        """Whether names are invented after a step. After the last there are those that the core's program prints."""
        return (step - self.start) % self.interval(SAMPLINGS_PER_PART) == 0 and step < self.end

    def is_measured(self, step: int) -> bool:
        """Whether the held-out loss is measured after a step."""
        return (step - self.start) % self.interval(MEASUREMENTS_PER_PART) == 0 or step == self.end

    def has_point(self, step: int) -> bool:
        """Whether the loss curve has a point of a step."""
        return (step - self.start) % self.interval(MAX_POINTS) == 0 or step == 1


class Schedule:
    def __init__(self, recipe: dict):
        """recipe: num_steps, and more, where the run went on."""
        self.ends = recipes.ends({"more": "", **recipe})

    @property
    def num_steps(self) -> int:
        """Of the whole run, all of its parts together."""
        return self.ends[-1]

    def part_of(self, step: int) -> Part:
        """The part that a step, counted from 1, belongs to. What comes after the last step, or at 0, belongs to the
        nearest."""
        k = min(sum(end < step for end in self.ends), len(self.ends) - 1)
        return Part(self.ends[k - 1] if k else 0, self.ends[k])
