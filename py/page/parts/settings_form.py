"""The settings as the visitor sees them: the form, its limits, and the address (MicroPython, on the page)."""
from common import recipe as recipes
from page.i18n import number, sentence
from pyscript import document, window

SETTINGS = [field for field in recipes.FIELDS if field[0] not in recipes.LIVE]
KEPT = ("lang", "data", "letters", "sha256", "documents")  # by a preset


def fill(recipe):
    """Show a recipe in the form and in the controls of the names; the limits come from the recipe's table."""
    for name, default, low, high in SETTINGS:
        box = document.getElementById("setting-" + name)
        box.value = "%.10g" % recipe[name] if type(default) is float else str(recipe[name])
        if type(default) is not str:
            box.min, box.max = str(low), str(high)
    document.getElementById("temperature").value = document.getElementById("temperature-value").value = \
        str(recipe["temperature"])
    document.getElementById("prefix").value = recipe["prefix"]
    document.getElementById("engine").value = recipe["engine"]
    _link_presets(recipe)


def _link_presets(recipe):
    """Let the links of the presets keep the language, and but for the published run the data."""
    for link in document.querySelectorAll(".presets a"):
        if not link.hasAttribute("data-preset"):
            link.setAttribute("data-preset", link.getAttribute("href"))
        preset, _ = recipes.parse(link.getAttribute("data-preset"))
        for name in ("lang",) if link.hasAttribute("data-published") else KEPT:
            preset[name] = recipe[name]
        link.href = "#" + (recipes.link(preset) or "seed=%d" % preset["seed"])


def change(recipe, name, text):
    """A recipe with one field taken from a text of the visitor's, and what to say about it, as sentences.

    What can't be is mended: a number out of its limits becomes the nearest, no number leaves the field as it was, and
    heads that do not divide the width become fewer.
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
    document.getElementById("parameters").textContent = number(recipes.count_parameters(recipe, vocab_size))


def from_address():
    """The recipe in the page's address, and what was wrong with it, as sentences."""
    recipe, notes = recipes.parse(window.location.hash)
    ignored = [text for text, used in notes if used is None]
    clamped = ["%s → %s" % note for note in notes if note[1] is not None]
    return recipe, ([sentence("link.ignored", pieces=listed(ignored))] if ignored else []) + (
        [sentence("link.clamped", pieces=listed(clamped))] if clamped else [])


def listed(pieces):
    return ", ".join(pieces[:5]) + (", …" if len(pieces) > 5 else "")


def to_address(recipe, replace=False):
    """Keep the page's address current. Back goes to the recipe before, if replace is not asked for."""
    link, history = recipes.link(recipe), window.history
    if link != window.location.hash.lstrip("#"):
        address = "#" + link if link else window.location.pathname + window.location.search
        (history.replaceState if replace else history.pushState)(None, "", address)
