"""What the core does while it is traced: every Value it makes, with the lines that made it, and its main calls.

It is traced as a debugger does it (sys.settrace), from outside and only for as long as the with-block lasts: the file
stays as it is, and nothing is slower at other times. An edited core is traced in the same way.
"""
import sys

CALLS = ("forward", "attend", "linear", "rmsnorm", "softmax")  # the core's functions that are recorded


class Call:
    """A call of one of the core's main functions. line: the caller's; arguments: by name; inner: the calls it made."""

    def __init__(self, name, line, arguments):
        self.name, self.line, self.arguments, self.result, self.inner = name, line, arguments, None, []

    def calls(self, name):
        """The calls of a function that this one made itself, in their order."""
        return [call for call in self.inner if call.name == name]


class Tracer:
    """nodes: each Value in the order of making; lines[n]: the lines that made node n, the innermost first, up to the
    model's or, outside of it, the traced method's own; calls: those that the traced method made."""

    def __init__(self, method):
        """method: the method of the core's Run that will be called in the with-block."""
        self.nodes, self.lines, self.calls = [], [], []
        self.outermost, self.file = method.__code__, method.__code__.co_filename
        self.value = method.__globals__["Value"].__init__.__code__
        self.open = [self]

    @property
    def inner(self):
        return self.calls

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_):
        sys.settrace(self.before)

    def _called(self, frame, event, _):
        code = frame.f_code
        if code is self.value:
            self.nodes.append(frame.f_locals["self"])
            self.lines.append(self._lines(frame.f_back))
        elif code.co_name in CALLS and code.co_filename == self.file:
            call = Call(code.co_name, frame.f_back.f_lineno, dict(frame.f_locals))
            self.open[-1].inner.append(call)
            self.open.append(call)
            frame.f_trace_lines = False
            return self._returned

    def _returned(self, frame, event, result):
        if event == "return":
            self.open.pop().result = result
        return self._returned

    def _lines(self, frame):
        lines = []
        while frame and frame.f_code.co_filename == self.file:
            lines.append(frame.f_lineno)
            if frame.f_code is self.outermost or frame.f_code.co_name == "forward":
                break
            frame = frame.f_back
        return lines


class Nudge:
    """In the with-block, the Value that is made as the n-th is raised by so much before anything uses it; all that
    comes after is computed by the core itself."""

    def __init__(self, method, n, by):
        self.value = method.__globals__["Value"].__init__.__code__
        self.left, self.by = n, by

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._called)

    def __exit__(self, *_):
        sys.settrace(self.before)

    def _called(self, frame, event, _):
        if frame.f_code is self.value:
            self.left -= 1
            if self.left == -1:
                return self._made

    def _made(self, frame, event, _):
        if event == "return":
            frame.f_locals["self"].data += self.by
        return self._made


class Locals:
    """The local variables of a method, by name, as they were when it returned in the with-block."""

    def __init__(self, method):
        self.code, self.found = method.__code__, {}

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self._called)
        return self.found

    def __exit__(self, *_):
        sys.settrace(self.before)

    def _called(self, frame, event, _):
        if frame.f_code is self.code:
            frame.f_trace_lines = False
            return self._returned

    def _returned(self, frame, event, _):
        if event == "return":
            self.found.update(frame.f_locals)
        return self._returned
