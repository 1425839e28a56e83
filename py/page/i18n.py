"""The page's words, in the visitor's language (MicroPython, on the page).

English stands in index.html, each text with its key, where the build puts it. A language is a file of these keys in
static/languages/; speak() puts another one in place of the English, and back.
"""
import json

from common.bidi import isolated
from common.values import marked, pieces
from page.listeners import Listeners
from pyscript import document, window

ATTRIBUTES = (("label", "aria-label"), ("placeholder", "placeholder"))  # data-t-label holds the key of aria-label


def _places():
    """Everything on the page that holds words of its own, as (element, key, attribute); None for the element's text."""
    for root in (document, document.getElementById("words").content):
        for element in root.querySelectorAll("[data-t]"):
            yield element, element.dataset.t, None
        for name, attribute in ATTRIBUTES:
            for element in root.querySelectorAll("[data-t-" + name + "]"):
                yield element, element.getAttribute("data-t-" + name), attribute


_english = {key: element.getAttribute(attribute) if attribute else element.textContent
            for element, key, attribute in _places()}
_texts = _english
_put = {}  # what put() last said, by the element's id
on_language = Listeners()  # (): the page has come to speak another language


def say(which, **values):
    """The text of a key, with values in its {places}. KeyError for a key that index.html does not have.

    Where a value is 1, the key with ".one" behind it, if there is one: the text in the singular.
    """
    values = {name: _shown(value) for name, value in values.items()}
    if which + ".one" in _texts and "1" in [str(value) for value in values.values()]:
        which += ".one"
    return _texts[which].format(**values)


def _shown(value):
    return say(value[0], **value[1]) if type(value) is tuple else isolated(value) if type(value) is str else value


def _marked(value):
    """The same for a sentence whose values no translator may touch."""
    if type(value) is tuple:
        return _texts[value[0]].format(**{name: _marked(one) for name, one in value[1].items()})
    return marked(_shown(value))


def sentence(which, **values):
    """A text for put(), which says it in the language of the time. A value may be such a text itself."""
    return which, values


def put(place, *sentences):
    """Say sentences in the element of an id, and again when the language changes."""
    _put[place] = sentences
    parts = pieces(" ".join([_marked(one) for one in sentences]))
    element = document.getElementById(place)
    if len(parts) == 1:
        element.textContent = parts[0]
    else:
        element.replaceChildren(*[_value(part) if i % 2 else part for i, part in enumerate(parts)])


def _value(text):
    """An element that no translator touches."""
    element = document.createElement("span")
    element.translate, element.textContent = False, text
    return element


def all_texts():
    """Every text by its key, the {places} left open: for the worker, which draws with them."""
    return _texts


async def speak(language):
    """Put the page into a language for which there is a file, or else into English. Gives the language it speaks."""
    global _texts
    texts = _english if language == "en" else await _file(language)
    if not texts:
        language, texts = "en", _english
    if texts is not _texts:
        _texts = texts
        for element, key, attribute in _places():
            if attribute:
                element.setAttribute(attribute, say(key))
            else:
                element.textContent = texts[key]
        for place, sentences in _put.items():
            put(place, *sentences)
        document.documentElement.lang, document.title = language, say("title")
        on_language.tell()
    return language


async def _file(language):
    """The texts of a language, those that it lacks in English; None where there is no such file."""
    try:
        option = document.querySelector("#language option[value=" + language + "]")
        answer = await window.fetch(option.dataset.file)
        texts = json.loads(await answer.text()) if answer.ok else None
    except Exception:  # no network, or no JSON: English will do
        return None
    return {key: texts.get(key) or english for key, english in _english.items()} if texts else None


def number(value):
    """A whole number with a comma before each three digits."""
    text, groups = str(value), []
    while len(text) > 3:
        groups.insert(0, text[-3:])
        text = text[:-3]
    return ",".join([text] + groups)
