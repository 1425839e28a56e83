"""A run as it was at one moment, from which private copies are made: whatever is done to one leaves the run as it is.

A core that visitors edit may write into any of its run's attributes: each copy has all of them for itself.
"""
import io
import pickle
import types

SHARED = (type, types.FunctionType, types.ModuleType, types.GeneratorType)  # what cannot be copied, or needs no copy


class RunCopy:
    """run() gives a new copy of the run as it was when the RunCopy was made.

    The attributes are pickled together, many times quicker than copy.deepcopy: Values that several of them hold stay
    shared among them. A Value that was computed comes out as a mere number, without the graph behind it.
    """

    def __init__(self, run):
        attributes, file = dict(vars(run)), io.BytesIO()
        self.kind, self.docs = type(run), list(attributes.pop("docs"))  # texts by the ten thousand: a list will do
        pickler = _Pickler(file, protocol=5)
        pickler.dump(attributes)
        self.pickled, self.shared = file.getvalue(), pickler.shared

    def run(self):
        run = self.kind.__new__(self.kind)
        unpickler = _Unpickler(io.BytesIO(self.pickled))
        unpickler.shared = self.shared
        vars(run).update(unpickler.load(), docs=list(self.docs))
        return run


def _nth_shared():
    """Stands, in the pickled bytes, for what looks up a shared thing by its place."""


class _Pickler(pickle.Pickler):
    def __init__(self, file, protocol):
        super().__init__(file, protocol)
        self.shared = []

    def reducer_override(self, thing):
        if isinstance(thing, SHARED) and thing is not _nth_shared:
            self.shared.append(thing)
            return _nth_shared, (len(self.shared) - 1,)
        if getattr(thing, "inputs", ()):
            return type(thing), (thing.data,)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return self.shared.__getitem__ if name == _nth_shared.__name__ else super().find_class(module, name)
