"""The settings as the visitor sees them: the form and its limits (MicroPython, on the page)."""
from common import numerals
from common import recipe as recipes
from page import dom
from page.i18n import number, sentence
from pyscript import document

SETTINGS = [field for field in recipes.FIELDS if field[0] not in recipes.LIVE]
OF_THE_VISITOR = ("lang", "data", "letters", "sha256", "documents")  # a preset leaves these as they are
REFUSED = {numerals.AMBIGUOUS: "settings.ambiguous", numerals.FRACTION: "settings.whole"}
WISHED = {"n_head": None, "n_embd": None, "used": None}  # heads asked for, and those used because of the width


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


def forget_wishes():
    """The recipe is another, and the heads that it has are those wished."""
    WISHED.update(n_head=None)


def _wished_heads(recipe):
    """As many heads as the visitor last asked for, where the recipe has fewer only because of its width."""
    fewer = WISHED["n_head"] and (WISHED["n_embd"], WISHED["used"]) == (recipe["n_embd"], recipe["n_head"])
    return WISHED["n_head"] if fewer else recipe["n_head"]


def change(recipe, name, text):
    """A recipe with one field taken from a text of the visitor's, and what to say about it, as sentences.

    What can't be is corrected: a number out of its limits becomes the nearest, no number or one that could be two
    leaves the field as it was, and heads that do not divide the width become fewer until another width takes them.
    """
    changed, notes, label = dict(recipe), [], sentence("setting." + name)
    default, low, high = [field[1:] for field in recipes.FIELDS if field[0] == name][0]
    how = numerals.PLAIN
    if type(default) is str:
        value = recipes.read(name, text)
    else:
        value, how = numerals.parse(text, type(default) is int)
    if value is None:
        notes.append(sentence(REFUSED.get(how, "settings.number"), name=label, low=low, high=high, used=recipe[name],
                              text=text.strip()))
    else:
        changed[name] = recipes.clamp(name, value)
        if changed[name] != value:
            notes.append(sentence("settings.limits", name=label, low=low, high=high, used=changed[name]))
        elif how == numerals.READ:
            notes.append(sentence("settings.read", text=text.strip(), used=changed[name]))
    if name in ("n_embd", "n_head"):
        wished = changed["n_head"] if name == "n_head" else _wished_heads(recipe)
        changed["n_head"] = used = recipes.fitting_heads(changed["n_embd"], wished)
        WISHED.update(n_head=wished, used=used, n_embd=changed["n_embd"])
        if used != wished:
            notes.append(sentence("settings.heads", used=used))
    return changed, notes


def count(recipe, vocab_size):
    """Show how many parameters a recipe has."""
    dom.get("parameters").textContent = number(recipes.count_parameters(recipe, vocab_size))
