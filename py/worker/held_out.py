"""The held-out loss: of documents that the run never trains on, so that it tells learning from learning by heart.

They are the last of the shuffled documents: a run that does not come that far is the same with them or without.
"""
import math

OCCASIONS = 10  # how often in a run the loss is measured: every num_steps / OCCASIONS steps, and after the last
SAMPLE = 32     # documents read for that: the same each time, so that one loss can be held against another


class HeldOut:
    def __init__(self, run, percent):
        """Take so many per cent of the run's documents away from its training. Of fewer than it takes, none."""
        keep = len(run.docs) - len(run.docs) * percent // 100
        self.docs = run.docs[keep:]
        self.sample = self.docs[:SAMPLE]
        del run.docs[keep:]
        self.every = max(1, run.settings.num_steps // OCCASIONS)
        self.num_steps = run.settings.num_steps
        self.step, self.losses = 0, []

    def due(self, step):
        """Note that a step was taken, and begin to measure if it is time."""
        if self.sample and step and (step % self.every == 0 or step == self.num_steps):
            self.step, self.losses = step, []

    def pending(self):
        """Whether a measurement is under way: nothing may be trained before it is done."""
        return self.step > 0

    def measure(self, loss):
        """Read one more document, by a function that gives its loss. Returns [step, mean loss] with the last of them,
        until then None; None too if the mean is no finite number."""
        self.losses.append(loss(self.sample[len(self.losses)]))
        if len(self.losses) < len(self.sample):
            return None
        mean, step, self.step = math.fsum(self.losses) / len(self.losses), self.step, 0
        return [step, mean] if math.isfinite(mean) else None
