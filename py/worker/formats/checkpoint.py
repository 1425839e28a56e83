"""What is saved of a run, in one record: taken from a session, and made into one again."""
import math
from array import array
from dataclasses import dataclass, field

import microgpt
from common import hangul
from common import recipe as recipes
from common.bidi import visible
from common.errors import UserError
from worker.session import Session

RUN_FIELDS = ("data", "letters", "sha256", "num_steps", "seed", "n_layer", "n_embd", "n_head", "block_size",
              "held_out", "learning_rate", "more")  # of the recipe: those that make the run what it is
MAX_CHARACTERS = 2000    # in an alphabet
STAND_IN_NAMES = 12      # invented ones, in place of the documents where the data is missing
MAX_HELD_OUT = 1000      # held-out losses that are saved
SHOWN_LETTERS, SHOWN_DIGITS = 8, 12  # of what differs, in a sentence
MAX_CORE, MAX_CORE_LINES = 200_000, 2000  # characters of an edited core, as JSON, and its lines


@dataclass
class Model:
    """A trained model. The lists of numbers are arrays of doubles, in the order of the core's parameters."""

    recipe: dict                 # its RUN_FIELDS
    step: int                    # how many steps it was trained for
    alphabet: list               # its characters, in the order of their tokens
    weights: array
    mean: array = None           # Adam's first and second moments; None where only the weights were saved
    square: array = None
    recent: array = None         # the last losses, up to MEAN_STEPS of them, for the running mean
    curve: list = field(default_factory=list)        # of the loss: three arrays of doubles, steps, losses, means
    generators: dict = field(default_factory=dict)   # the state of each random.Random, by name
    names: list = field(default_factory=list)        # invented ones, the newest first: [step, name, is it new]
    held_out: list = field(default_factory=list)     # losses on held-out data: [step, loss]
    data_sha256: str = ""        # of the documents, a line each; "" where that is not known
    core_sha256: str = ""
    core: str = ""               # the text of an edited core; "" for the published one
    exact: bool = True           # are the numbers the run's own doubles, and not rounded to a narrower type
    step_known: bool = True


def shapes(recipe: dict, vocab_size: int) -> dict:
    """The shapes of the core's matrices, {name: (rows, columns)}, in the core's order. Nothing is allocated."""
    n = recipe["n_embd"]
    table = {"wte": (vocab_size, n), "wpe": (recipe["block_size"], n), "lm_head": (vocab_size, n)}
    for i in range(recipe["n_layer"]):
        table.update({f"layer{i}.attn_{name}": (n, n) for name in ("wq", "wk", "wv", "wo")})
        table.update({f"layer{i}.mlp_fc1": (4 * n, n), f"layer{i}.mlp_fc2": (n, 4 * n)})
    return table


def matrices(recipe: dict, vocab_size: int, numbers) -> list:
    """A flat array in the core's order, cut into its matrices: (name, (rows, columns), numbers) of each."""
    at, result = 0, []
    for name, (rows, columns) in shapes(recipe, vocab_size).items():
        result.append((name, (rows, columns), numbers[at:at + rows * columns]))
        at += rows * columns
    return result


def check(recipe: dict, step: int, alphabet: list) -> None:
    """Raise ValueError where this page could not have made these settings, step and alphabet.

    Nothing is allocated: it bounds what may be.
    """
    if set(recipe) != set(RUN_FIELDS) or any(
            type(recipe[name]) is not type(recipes.DEFAULTS[name]) for name in RUN_FIELDS):
        raise ValueError("the settings are not those of a run")
    recipe["data"].encode("utf-8")  # which a lone surrogate refuses
    if any(recipes.read(name, recipe[name]) is None for name in ("letters", "sha256", "more")):
        raise ValueError("the data are described as none are")
    out_of_limits = any(recipes.clamp(name, recipe[name]) != recipe[name] for name in RUN_FIELDS)
    if out_of_limits or recipe["n_embd"] % recipe["n_head"]:
        raise ValueError("a setting is out of its limits")
    if type(step) is not int or not 0 <= step <= recipes.ends(recipe)[-1]:
        raise ValueError("the step is not one of the run's")
    if not 1 <= len(alphabet) <= MAX_CHARACTERS or any(type(char) is not str or len(char) != 1 for char in alphabet):
        raise ValueError("the alphabet is no list of characters")
    if any(a >= b for a, b in zip(alphabet, alphabet[1:])) or any("\ud800" <= char <= "\udfff" for char in alphabet):
        raise ValueError("the alphabet is not in order")
    if not "".join(alphabet).strip() or {"\n", "\r"} & set(alphabet):
        raise ValueError("no document has this alphabet")
    if recipe["letters"] == "jamo" and any(map(hangul.is_syllable, alphabet)):
        raise ValueError("a syllable is not taken apart")


def take(session: Session, **more) -> Model:
    """The Model of a session, without moments; more: of its fields.

    Raises UserError where no link or file could hold it: an edited core with other matrices than the published one, a
    model outside the limits, numbers that are none.
    """
    run = session.synced()
    recipe = {name: session.recipe.get(name, recipes.DEFAULTS[name]) for name in RUN_FIELDS}
    recipe |= {name: value for name, value in vars(run.settings).items() if name in RUN_FIELDS and name != "num_steps"}
    recipe |= {name: float(recipe[name]) for name in RUN_FIELDS if type(recipes.DEFAULTS[name]) is float}
    table = {name: (len(rows), len(rows[0])) for name, rows in run.gpt.weights.items()}
    if table != shapes(recipe, len(run.chars) + 1):
        raise UserError("keep.edited")
    try:
        check(recipe, run.step, list(run.chars))
    except ValueError:
        raise UserError("keep.limits") from None
    weights = array("d", [p.data for p in run.gpt.parameters])
    if not all(map(math.isfinite, weights)):
        raise UserError("keep.wild.file")
    return Model(recipe, run.step, list(run.chars), weights, data_sha256=session.data_sha256, **more)


def session_of(model: Model, lines: list | None = None, core=microgpt) -> Session:
    """A session that goes on from a model. lines: its data, or None where that is not here; core: the module that runs.

    Without its data a session invents names and shows what it sees in some of them, and refuses to train until
    attach() gives it the data. Raises UserError where the data are others.
    """
    recipe, here = dict(model.recipe), lines is not None
    made = Session(lines if here else [_stand_in(model.alphabet)], recipe, core)
    run = made.run
    if here:
        _compare(made, model.alphabet, model.data_sha256)
    zeros = array("d", bytes(8 * len(model.weights)))
    made.restore([model.step, *model.weights, *(model.mean or zeros), *(model.square or zeros), *(model.recent or ())])
    for name, state in model.generators.items():
        {"run": run.rng, "looking": made.rng}[name].setstate(state)
    if not here:
        made.without_data, made.data_sha256, made.listed = model, model.data_sha256, set()
        invented = [run.sample(made.rng, recipes.DEFAULTS["temperature"]) for _ in range(STAND_IN_NAMES)]
        run.docs = [name for name in invented if name.strip()] or run.docs
    return made


def attach(session: Session, lines: list, core=microgpt) -> Session:
    """The session of the same model with its data, in place of one that has none.

    Raises UserError where these are not the data that its model was trained on, as far as that is known: by the
    alphabet, and by the SHA-256 that a file holds, or the digits of it that a recipe does.
    """
    made = session_of(session.without_data, lines, core)
    made.snapshots = session.snapshots  # which know how the names on the page were sampled
    if session.engine:
        made.use("compiled")
    return made


def _compare(made, alphabet, data_sha256):
    """Raise UserError where a new session's data are not those of a model with this alphabet and hash."""
    if made.run.chars != alphabet:
        more, less = (sorted(set(a) - set(b)) for a, b in ((made.run.chars, alphabet), (alphabet, made.run.chars)))
        if more:
            raise UserError("keep.data.more", letters=_named(more), data=made.recipe["data"])
        raise UserError("keep.data.less", letters=_named(less), data=made.recipe["data"])
    recipe = made.recipe
    wanted = data_sha256 or (recipe["sha256"] if recipe["data"] == recipes.OWN else "")
    found = made.data_sha256 if data_sha256 else made.lines_sha256
    if not found.startswith(wanted):
        raise UserError("keep.data", data=recipe["data"], wanted=wanted[:SHOWN_DIGITS], found=found[:SHOWN_DIGITS])


def _named(letters):
    """Some letters as a sentence can name them."""
    named = [visible(hangul.shown(letter)) for letter in letters[:SHOWN_LETTERS]]
    return ", ".join(named) + (" …" if len(letters) > SHOWN_LETTERS else "")


def _stand_in(alphabet):
    """A document of all the characters: blank ones are stripped at its ends, so another goes there."""
    inked = next(char for char in alphabet if char.strip())
    return inked + "".join(alphabet) + inked


def recent(session: Session) -> array:
    """The session's last losses."""
    return array("d", session.recent_losses)
