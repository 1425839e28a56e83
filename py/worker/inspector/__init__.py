"""Looking inside a model: an address in, a page about it out, with links to further addresses.

An address is a kind and what it needs, with dots between: "letter.2.attention" is a stage of one letter's way through
the model. The page's own links can hold one. Each kind is a module of this package with

    show(inspector, pieces) -> Page

tracer.py and document_trace.py get the numbers from the core, figures.py draws them, and excerpt.py shows the lines
that computed them.
"""
import traceback
from importlib import import_module

from common.bidi import isolated
from common.errors import UserError, quoted

from .document_trace import DocumentTrace
from .excerpt import Excerpt

KINDS = {"letter": "forward_pass", "name": "sampling", "number": "value", "step": "training_step"}  # their modules
TITLES = {"letter": "inside.letter", "name": "inside.name", "number": "inside.number", "step": "inside.slow"}


class Page:
    """What is at an address. html: the page's body; lines: the numbers of the core's lines that compute it; back and
    next: the addresses of the pages before and after, "" where there is none; step: the step of the model whose numbers
    these are, where it is another than the document trace's; final: there are no newer ones in this run."""

    def __init__(self, address, html, lines=(), back="", next="", step=None, final=False):
        self.address, self.html, self.lines, self.back, self.next = address, html, lines, back, next
        self.step, self.final = step, final


class Inspector:
    """The panel's end in the worker. Its pages go on showing the trace they began with, while the run trains on.

    look: the visitor's document, or "" for the current one; at: the snapshot's step, or None for now; sampling: the
    temperature and the prefix of a new name; reading: the DocumentTrace that is shown; slow: the step taken slowly;
    drawing: the name sampled again. Each is None until it is needed.
    """

    def __init__(self, session, source: str, texts: dict, mark=lambda value: value):
        """session: a session.Session; source: the core's text; texts: the page's, by key; mark: what becomes of each
        value in a text."""
        self.session, self.texts, self.excerpt, self.mark = session, texts, Excerpt(source), mark
        self.reading, self.look, self.slow = None, None, None
        self.at, self.sampling, self.drawing = None, (1.0, ""), None
        self.distances, self.nearest = None, {}  # an edit_distance.Nearest of the data; {name: the documents nearest}

    def set_texts(self, texts: dict) -> None:
        """Speak another language from now on."""
        self.texts = texts

    def say(self, key: str, **values) -> str:
        """The text of a key, with values in its {places}."""
        return self.texts[key].format(**{name: self.mark(isolated(value) if isinstance(value, str) else value)
                                         for name, value in values.items()})

    def show(self, address: str, look="", refresh=False, at=None, sampling=(1.0, "")) -> dict:
        """The page of an address: address, html, back, next, final, and the step that its numbers are of. Raises
        UserError.

        look: the document that the visitor asks for, or "" for the current one; refresh: trace it anew, with the
        current weights; at: or with those of a snapshot; sampling: the temperature and the prefix of a new name.
        """
        if refresh or not self.reading or (self.look, self.at) != (look, at):
            self.reading, self.look, self.at, self.slow = None, look, at, None
        self.sampling = sampling
        kind, *pieces = address.split(".")
        try:
            if kind not in KINDS:
                raise UserError("inside.nowhere")
            page = import_module("." + KINDS[kind], __name__).show(self, pieces)
        except UserError:
            raise
        except ArithmeticError:
            raise UserError("inside.overflow") from None
        except Exception as error:  # an edited core can raise anything; the run itself goes on
            if not self.in_the_core(error):  # it did not raise: it has not what a page expects
                raise UserError("step.edited") from error
            raise UserError("inside.raised", reason=quoted(error)) from error
        if "<h3" not in page.html:
            page.html = f"<h3>{self.say(TITLES[kind])}</h3>{page.html}"
        step = page.step if page.step is not None else self.reading.step if self.reading else self.session.run.step
        return {"address": page.address, "back": page.back, "next": page.next, "step": step, "final": page.final,
                "html": f'<div class="page">{page.html}</div>{self.excerpt.html(page.lines)}'}

    def in_the_core(self, error: BaseException) -> bool:
        """Whether an exception was raised by a line of the core, and not by what looks at it."""
        core = type(self.session.run).train.__code__.co_filename
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        return frame.f_code.co_filename == core

    def read(self) -> DocumentTrace:
        """The document trace that is shown: made when it is first needed."""
        if not self.reading:
            run = self.session.synced() if self.at is None else self.session.run_at(self.at)
            self.reading = DocumentTrace(run, self.look or self.session.document(self.at))
        return self.reading
