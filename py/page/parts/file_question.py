"""What is asked before a file is opened: about weights that do not say what model they are of, and whether the changed
Python that a file carries may run (MicroPython, on the page).
"""
from common import recipe as recipes
from page import dom
from page.i18n import number, put, say, sentence
from page.js import dumps
from page.worker_client import Failed
from pyscript import document

DEFAULT_HEADS = 4
OTHER = "other"  # the choice of data that are not here


class FileQuestion:
    def __init__(self, data, answer_weights, run_code):
        """data: the OwnData, which fetches data sets; answer_weights(file, answers, documents) and run_code(file): what
        is done with an answer, coroutine functions."""
        self.data, self.answer_weights, self.run_code = data, answer_weights, run_code
        self.file = None  # the bytes that the question is about
        self.events = [("file-data", "change", self.choose_data), ("file-question", "submit", self.answer),
                       ("file-leave", "click", self.leave), ("file-code-run", "click", self.run),
                       ("file-code-leave", "click", self.leave)]

    def ask(self, file, name, facts):
        """Ask about a file's bytes. facts: the worker's, of examine()."""
        self.close()
        self.file = file
        if facts.kind == "question":
            self.ask_model(name, facts)
        else:
            put("file-code-note", sentence("file.code", file=name))
            dom.get("file-code-lines").innerHTML = facts.changes
        place = dom.get("file-question" if facts.kind == "question" else "file-code")
        place.hidden = False
        place.scrollIntoView()

    def ask_model(self, name, facts):
        put("file-question-note", sentence("file.question", file=name, layers=facts.n_layer, width=facts.n_embd,
                                           block=facts.block_size, letters=number(facts.letters)))
        heads = dom.get("file-heads")
        heads.textContent = ""
        for n in facts.heads:
            heads.appendChild(option(str(n), str(n)))
        heads.value = str(DEFAULT_HEADS if DEFAULT_HEADS in list(facts.heads) else facts.heads.at(-1))
        dom.get("file-heads-field").hidden = facts.heads.length == 1
        choices = dom.get("file-data")
        choices.textContent = ""
        for data, letters in facts.data:
            known = document.querySelector('#setting-data option[value="%s"]' % data)
            choice = known.cloneNode(True)  # with its text, in the page's language
            choice.value = data + " " + letters
            choices.appendChild(choice)
        other = option(OTHER, say("file.data.other"))
        other.setAttribute("data-t", "file.data.other")  # so that it follows the page's language
        choices.appendChild(other)
        dom.get("file-letters").value = facts.alphabet
        dom.line("file-answer-note")
        self.choose_data()

    def choose_data(self, *_):
        """Letters are typed only where no data set tells them."""
        dom.get("file-letters-field").hidden = dom.get("file-data").value != OTHER

    def answer(self, event):
        event.preventDefault()  # at once: what follows may wait
        return self.send()

    async def send(self):
        data, _, letters = dom.get("file-data").value.partition(" ")
        answers = {"n_head": int(dom.get("file-heads").value), "data": data, "letters": letters}
        documents = None
        if data == OTHER:
            answers = dict(answers, data=recipes.OWN, alphabet=dom.get("file-letters").value)
        else:
            try:
                documents = await self.data.bytes(dict(recipes.DEFAULTS, data=data))
            except Failed as error:  # no network
                dom.line("file-answer-note", sentence("room.unloaded", reason=str(error)))
                return
        await self.answer_weights(self.file, dumps(answers), documents)

    async def run(self, *_):
        await self.run_code(self.file)

    def leave(self, *_):
        """The file stays closed."""
        for id in ("file-question", "file-code"):
            dom.hand_focus_on(id, "open-file")
        self.close()

    def close(self):
        self.file = None
        for id in ("file-question", "file-code"):
            dom.get(id).hidden = True


def option(value, text):
    """A choice of a list."""
    made = document.createElement("option")
    made.value, made.textContent = value, text
    return made
