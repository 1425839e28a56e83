"""Looking inside a model: an address in, a page about it out, with links to further addresses.

An address is a kind and what it needs, with dots between: "letter.2.attention" is a stage of one letter's way through
the model. A link of the page's can hold one. Each kind is a file of this room with

    show(inside, pieces) -> Page

tracer.py and document_trace.py ask the core for the numbers, figures.py draws them, and excerpt.py shows the lines that
they come from.
"""
from importlib import import_module

from common.bidi import isolated
from common.errors import UserError

from .document_trace import Reading
from .excerpt import Excerpt

KINDS = {"letter": "forward_pass", "name": "sampling", "number": "value", "step": "training_step"}  # each a file


class Page:
    """What is at an address. html: the page's body; lines: the numbers of the core's lines that compute it; back and
    next: the addresses of the pages before and after, "" where there is none; step: the step of the model whose numbers
    these are, where it is another than the reading's; final: there are no newer ones in this run."""

    def __init__(self, address, html, lines=(), back="", next="", step=None, final=False):
        self.address, self.html, self.lines, self.back, self.next = address, html, lines, back, next
        self.step, self.final = step, final


class Inside:
    """The panel's end in the worker. Pages keep showing the reading they began with, while the run trains on."""

    def __init__(self, session, source, words):
        """session: a session.Session; source: the core's text; words: the page's texts by their keys."""
        self.session, self.words, self.excerpt = session, words, Excerpt(source)
        self.reading, self.look, self.slow = None, None, None
        self.at, self.asked, self.invented = None, (1.0, ""), None

    def say(self, key, **values):
        return self.words[key].format(
            **{name: isolated(value) if isinstance(value, str) else value for name, value in values.items()})

    def show(self, address, look="", again=False, at=None, asked=(1.0, "")):
        """The page of an address, as a dict: address, html, back, next, final, and the step that its numbers are of.

        look: the document that the visitor asks for, or "" for the one at hand; again: read it anew, with the weights
        of now; at: or with those of a kept step; asked: the temperature and the beginning of a new name. What is not
        there is said in problem, a key of the page's words; reason is what an edited core raised.
        """
        if again or not self.reading or (self.look, self.at) != (look, at):
            self.reading, self.look, self.at, self.slow = None, look, at, None
        self.asked = asked
        kind, *pieces = address.split(".")
        try:
            if kind not in KINDS:
                raise UserError("inside.nowhere")
            page = import_module("." + KINDS[kind], __name__).show(self, pieces)
        except UserError as error:
            return {"problem": error.key, "reason": ""}
        except ArithmeticError:
            return {"problem": "inside.overflow", "reason": ""}
        except Exception as error:  # an edited core can raise anything; the run itself goes on
            return {"problem": "inside.raised", "reason": f"{type(error).__name__}: {error}"[:200]}
        step = page.step if page.step is not None else self.reading.step if self.reading else self.session.run.step
        return {"problem": "", "reason": "", "address": page.address, "back": page.back, "next": page.next,
                "step": step, "final": page.final,
                "html": f'<div class="page">{page.html}</div>{self.excerpt.html(page.lines)}'}

    def read(self):
        """The reading that is shown: made when it is first needed."""
        if not self.reading:
            run = self.session.synced() if self.at is None else self.session.past(self.at)
            self.reading = Reading(run, self.look or self.session.document(self.at))
        return self.reading
