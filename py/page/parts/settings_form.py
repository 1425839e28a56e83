"""The settings as the visitor sees them: the form and its limits (MicroPython, on the page)."""
from common import recipe as recipes
from page import dom
from page.i18n import number, sentence
from pyscript import document

SETTINGS = [field for field in recipes.FIELDS if field[0] not in recipes.LIVE]
OF_THE_VISITOR = ("lang", "data", "letters", "sha256", "documents")  # a preset leaves these as they are


def fill(recipe):
    """Show a recipe in the form and in the controls of the names; the limits come from the recipe's table."""
    for name, default, low, high in SETTINGS:
        box = dom.get("setting-" + name)
        box.value = "%.10g" % recipe[name] if type(default) is float else str(recipe[name])
        if type(default) is not str:
            box.min, box.max = str(low), str(high)
    dom.get("temperature").value = dom.get("temperature-value").value = \
        str(recipe["temperature"])
    dom.get("prefix").value = recipe["prefix"]
    dom.get("engine").value = recipe["engine"]
    _link_presets(recipe)


def _link_presets(recipe):
    """Let the links of the presets keep the language, and but for the published run the data."""
    for link in document.querySelectorAll(".presets a"):
        if not link.hasAttribute("data-preset"):
            link.setAttribute("data-preset", link.getAttribute("href"))
        preset, _ = recipes.parse(link.getAttribute("data-preset"))
        for name in ("lang",) if link.hasAttribute("data-published") else OF_THE_VISITOR:
            preset[name] = recipe[name]
        link.href = "#" + (recipes.link(preset) or "seed=%d" % preset["seed"])


def change(recipe, name, text):
    """A recipe with one field taken from a text of the visitor's, and what to say about it, as sentences.

    What can't be is corrected: a number out of its limits becomes the nearest, no number leaves the field as it was,
    and heads that do not divide the width become fewer.
    """
    changed, notes, label = dict(recipe), [], sentence("setting." + name)
    low, high = [(field[2], field[3]) for field in recipes.FIELDS if field[0] == name][0]
    value = recipes.read(name, text.strip())
    if value is None:
        notes.append(sentence("settings.number", name=label, low=low, high=high, used=recipe[name]))
    else:
        changed[name] = recipes.clamp(name, value)
        if changed[name] != value:
            notes.append(sentence("settings.limits", name=label, low=low, high=high, used=changed[name]))
    heads = recipes.fitting_heads(changed["n_embd"], changed["n_head"])
    if heads != changed["n_head"]:
        changed["n_head"] = heads
        notes.append(sentence("settings.heads", used=heads))
    return changed, notes


def count(recipe, vocab_size):
    """Show how many parameters a recipe has."""
    dom.get("parameters").textContent = number(recipes.count_parameters(recipe, vocab_size))
