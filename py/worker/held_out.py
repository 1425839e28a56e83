"""The held-out loss: the mean over documents that the run never trains on, which tells learning from memorising.

They are the last of the shuffled documents: a run that does not come that far is the same with them or without.
"""
import math

SAMPLE_DOCUMENTS = 32      # read for a measurement: the same each time, so that losses can be compared


class HeldOut:
    """docs: those held out; sample: those of them that are read; step: the one whose measurement is under way, or 0."""

    def __init__(self, run, percent: int):
        """Take so many percent of the run's documents away from its training. Of fewer than it takes, none."""
        trained = len(run.docs) - len(run.docs) * percent // 100
        self.docs = run.docs[trained:]
        self.sample = self.docs[:SAMPLE_DOCUMENTS]
        del run.docs[trained:]
        self.step, self.losses = 0, []

    def begin(self, step: int) -> None:
        """Begin to measure after a step, where there are documents to measure."""
        if self.sample:
            self.step, self.losses = step, []

    def stop(self) -> None:
        """Measure no further."""
        self.step = 0

    def pending(self) -> bool:
        """Whether a measurement is under way: no step may be taken before it is done."""
        return self.step > 0

    def measure(self, loss_of) -> list | None:
        """Read one more document. loss_of(document) gives its loss.

        Returns [step, mean loss] with the last document, until then None; None too if the mean is no finite number.
        """
        self.losses.append(loss_of(self.sample[len(self.losses)]))
        if len(self.losses) < len(self.sample):
            return None
        mean, step, self.step = math.fsum(self.losses) / len(self.losses), self.step, 0
        return [step, mean] if math.isfinite(mean) else None
