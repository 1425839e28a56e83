"""What a run is: one table of fields, and the two ways between a recipe and the fragment of a link.

A recipe is a dict with every name of FIELDS. The same recipe gives the same run, to the last bit, so a link that holds
one is a whole trained model in a hundred characters. Links come from strangers: parse() takes any text whatsoever.
Runs in MicroPython (the page) and in CPython (the tests).
"""
DATASETS = {name: "static/datasets/" + name + ".txt"
            for name in ("us-names-2018", "korean-names", "japanese-names", "dinosaurs", "cities")}
LETTERS = {"us-names-2018": 26, "korean-names": 106, "japanese-names": 22, "dinosaurs": 26, "cities": 27}
JAMO = {"korean-names": 33}  # how many different letters there are, where Hangul is taken apart
DOCUMENTS = {"us-names-2018": 32257, "korean-names": 540, "japanese-names": 8962, "dinosaurs": 1318, "cities": 3475}
OWN = "own"  # the visitor's own data, which stay with the visitor
CHOICES = {"data": tuple(DATASETS) + (OWN,), "engine": ("core", "compiled"), "letters": ("", "jamo")}

FIELDS = (
    # name             default          low     high     (a text: how long it may be)
    ("data",           "us-names-2018", 1,      40),
    ("letters",        "",              0,      4),   # "jamo": Hangul by the letter; "": by the syllable
    ("sha256",         "",              0,      12),  # of own data: how its hash begins
    ("num_steps",      1000,            1,      100000),
    ("more",           "",              0,      60),  # steps that a finished run went on for, each time: "1000-500"
    ("seed",           42,              0,      999999999),
    ("n_layer",        1,               1,      4),
    ("n_embd",         16,              1,      64),
    ("n_head",         4,               1,      8),
    ("block_size",     16,              1,      64),
    ("held_out",       10,              0,      50),  # per cent of the documents, never trained on
    ("learning_rate",  0.01,            0.0001, 10.0),
    ("temperature",    0.5,             0.1,    2.0),
    ("prefix",         "",              0,      15),
    ("engine",         "core",          1,      8),
    ("view",           "",              0,      90),  # what the panel looks at: an address of worker/inspector
    ("lang",           "",              0,      5),   # of the page: "ko"; "" is the browser's
    ("embed",          0,               0,      1),   # 1: names and attention only, for another page's frame
    ("model",          "",              0,      32000),  # a trained one, as worker/formats/model_link.py writes it
    ("documents",      "",              0,      32000),  # own data that travel along: worker/formats/data_link.py
)
DEFAULTS = {name: default for name, default, low, high in FIELDS}
SAMPLING = ("temperature", "prefix")  # how names are asked for
# What may change in mid-run, because it does not change the run.
LIVE = SAMPLING + ("engine", "view", "lang", "embed", "model", "documents")

MAX_PARTS = 8    # of a run
LONGEST = 40000  # characters of a fragment that are read

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def parse(fragment):
    """The recipe in a link's fragment, and what was wrong with it.

    Returns (recipe, notes). Each note is (text, used): a piece of the fragment, and the value that is used instead, or
    that its decimal comma was read as; None where the piece was ignored. Never raises.
    """
    recipe, notes = dict(DEFAULTS), []
    for piece in fragment.lstrip("#")[:LONGEST].split("&"):
        name, _, text = piece.partition("=")
        if not piece:
            continue
        value = read(name, unquote(text)) if name in DEFAULTS else None
        if value is None:
            notes.append((piece[:40], None))
            continue
        recipe[name] = clamp(name, value)
        if recipe[name] != value or type(value) is float and "," in unquote(text):
            notes.append((piece[:40], recipe[name]))
    n_head = fitting_heads(recipe["n_embd"], recipe["n_head"])
    if n_head != recipe["n_head"]:
        notes.append(("n_head=%d" % recipe["n_head"], n_head))
        recipe["n_head"] = n_head
    return recipe, notes


def link(recipe):
    """The fragment that parse() reads back as this recipe: key=value pairs, those of the defaults left out."""
    return "&".join(name + "=" + quote(str(recipe[name])) for name, default, low, high in FIELDS
                    if recipe[name] != default)


def read(name, text):
    """The field's value in a text, of the type of its default; None where the text has none."""
    kind = type(DEFAULTS[name])
    if name == "sha256" and (text is None or any(char not in "0123456789abcdef" for char in text)):
        return None
    if name == "more" and not (text is not None and are_steps(text)):
        return None
    if kind is str:
        return text if text is not None and text in CHOICES.get(name, (text,)) else None
    if kind is float and text and text.count(",") == 1:
        before, _, after = text.partition(",")
        if len(after) != 3 or before in ("", "0"):  # else it may part thousands
            text = before + "." + after
    if not text or len(text) > 30 or any(char not in "+-.0123456789eE" for char in text):
        return None
    if not any(char in "0123456789" for char in text):
        return None
    try:
        value = kind(text)
    except (ValueError, OverflowError):
        return None
    return value if value == value else None


def are_steps(text):
    """Whether a text is what `more` may be: "", or numbers of steps, each as the table allows, with - between them."""
    low, high = [(field[2], field[3]) for field in FIELDS if field[0] == "num_steps"][0]
    counts = text.split("-") if text else []
    return len(counts) <= MAX_PARTS - 1 and all(
        count and len(count) <= 6 and not count.strip("0123456789") and low <= int(count) <= high for count in counts)


def ends(recipe):
    """The step at which each part of a run ends: after num_steps, and after those that it went on for, each time. The
    learning rate of a part is that of a run which was to have so many steps from its beginning."""
    result = [recipe["num_steps"]]
    for count in recipe["more"].split("-") if recipe["more"] else ():
        result.append(result[-1] + int(count))
    return result


def clamp(name, value):
    """The allowed value nearest to this one: a number within its limits, a text cut to its length."""
    for field, _, low, high in FIELDS:
        if field == name:
            return value[:high] if type(value) is str else min(max(value, low), high)


def fitting_heads(n_embd, n_head):
    """The largest number of heads, up to n_head, that divides n_embd."""
    return max(n for n in range(1, n_head + 1) if n_embd % n == 0)


def count_parameters(recipe, vocab_size):
    """How many weights the model has: the table of shapes of the algorithm, added up."""
    n = recipe["n_embd"]
    return (2 * vocab_size + recipe["block_size"]) * n + recipe["n_layer"] * 12 * n * n


# ---- The program: python py/microgpt.py
OPTIONS = ("num_steps", "seed", "n_layer", "n_embd", "n_head", "block_size", "learning_rate", "temperature")


def command(recipe, file):
    """The command line that trains this recipe by the program, on a file of its data."""
    options = ["--%s %s" % (name, recipe[name]) for name in OPTIONS if recipe[name] != DEFAULTS[name]]
    return " ".join(["python py/microgpt.py", file] + options)


def is_programs(recipe, documents):
    """Whether the program, given command()'s options and data of so many documents, trains the same run: it holds
    nothing out, so that the run must not come to what is held out, it knows Hangul by the syllable only, and its
    learning rate falls to the end once."""
    held_out = documents * recipe["held_out"] // 100
    jamo = recipe["letters"] == "jamo" and (recipe["data"] == OWN or recipe["data"] in JAMO)
    return not (jamo or recipe["model"] or recipe["more"]) and (
        not held_out or recipe["num_steps"] <= documents - held_out)


def quote(text):
    """Percent-encoding (RFC 3986) of a text's UTF-8 bytes."""
    if not text.strip(UNRESERVED):  # as the long ones are: many times quicker than byte by byte
        return text
    return "".join(chr(byte) if chr(byte) in UNRESERVED else "%{:02X}".format(byte) for byte in text.encode())


def unquote(text):
    """The text that quote() encoded; None where the bytes are not UTF-8 text."""
    if not text.strip(UNRESERVED):
        return text
    data, i = bytearray(), 0
    try:
        while i < len(text):
            digits = text[i + 1:i + 3]
            if text[i] == "%" and len(digits) == 2 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                data.append(int(digits, 16))
                i += 3
            else:
                data.extend(text[i].encode())
                i += 1
        return bytes(data).decode()
    except UnicodeError:
        return None
