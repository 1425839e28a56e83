"""The held-out loss: the mean over documents that the run never trains on, which tells learning from memorising.

They are the last of the shuffled documents: a run that does not come that far is the same with them or without. What
the training part has too tells nothing of new documents, and is not read; a text that was held out twice counts once.
"""
import math
import unicodedata
from hashlib import sha256

from common.digits import standard_error

SAMPLE_DOCUMENTS = 32      # read for a measurement: the same each time, so that losses can be compared


class HeldOut:
    """docs: those held out, in their order; unseen: the texts among them that the training part lacks, each once;
    sample: those that are read; step: the one whose measurement is under way, or 0; last: the last measurement, as
    {"step", "losses"}, or None."""

    def __init__(self, run, percent: int):
        """Take so many percent of the run's documents away from its training. Of fewer than it takes, none."""
        trained = len(run.docs) - len(run.docs) * percent // 100
        self.docs = run.docs[trained:]
        del run.docs[trained:]
        self.unseen = unseen(run.docs, self.docs)
        self.sample = self.unseen[:SAMPLE_DOCUMENTS]
        self.step, self.losses, self.last = 0, [], None

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
        if not math.isfinite(mean):
            return None
        self.last = {"step": step, "losses": self.losses}
        return [step, mean]

    def error(self) -> float | None:
        """The standard error of the last measurement; None where one document is all there is to read."""
        return standard_error(self.last["losses"])

    def facts(self) -> dict:
        """How many documents are held out, how many texts of them the training part lacks, the last measurement, and
        sample: a hash of the texts that are read, for two runs that read the same can be compared text by text."""
        sample = sha256("\n".join(self.sample).encode("utf-8", "surrogatepass")).hexdigest()
        return {"documents": len(self.docs), "unseen": len(self.unseen), "sample": sample, "last": self.last}


def unseen(trained: list[str], held_out: list[str]) -> list[str]:
    """The texts of the documents held out that are not among those trained on, each once, in their order."""
    seen, result = {folded(doc) for doc in trained} if held_out else set(), []
    for doc in held_out:
        if (text := folded(doc)) not in seen:
            seen.add(text)
            result.append(doc)
    return result


def folded(doc: str) -> str:
    """What two documents have in common that are the same text to a reader: in capitals or not, with accents and Hangul
    composed or not, in wide letters or narrow ones, however many spaces stand between its words."""
    if doc.isascii():
        text = doc.casefold()
    else:
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", doc).casefold())
    return " ".join(text.split())
