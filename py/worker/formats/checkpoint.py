"""What is saved of a run, in one record: taken from a session, and made into one again."""
import random
from array import array
from dataclasses import dataclass, field
from hashlib import sha256

import microgpt
from common import recipe as recipes
from common.errors import UserError
from worker.session import Session

RUN_FIELDS = ("data", "letters", "sha256", "num_steps", "seed", "n_layer", "n_embd", "n_head", "block_size",
              "held_out", "learning_rate", "more")  # of the recipe: those that make the run what it is
MAX_CHARACTERS = 2000    # in an alphabet
STAND_IN_NAMES = 12      # invented ones, in place of the documents where the data is missing


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
    names: list = field(default_factory=list)        # invented ones, the newest first
    data_sha256: str = ""        # of the documents, a line each
    core_sha256: str = ""


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


def documents_sha256(session: Session) -> str:
    """The SHA-256 of a session's documents in the order of the data, with a line's end between each two."""
    run, docs = session.run, session.run.docs + session.held_out.docs
    order = list(range(len(docs)))
    random.Random(run.settings.seed).shuffle(order)
    documents = [""] * len(order)
    for place, doc in zip(order, docs):
        documents[place] = doc
    return sha256("\n".join(documents).encode("utf-8", "surrogatepass")).hexdigest()


def take(session: Session, data: str, **more) -> Model:
    """The Model of a session, without moments. data: the data's name; more: of its fields.

    Raises UserError where an edited core has other matrices than the published one.
    """
    run = session.synced()
    recipe = {name: session.recipe.get(name, recipes.DEFAULTS[name]) for name in RUN_FIELDS} | {"data": data}
    recipe |= {name: value for name, value in vars(run.settings).items() if name in RUN_FIELDS and name != "num_steps"}
    table = {name: (len(rows), len(rows[0])) for name, rows in run.gpt.weights.items()}
    if table != shapes(recipe, len(run.chars) + 1):
        raise UserError("keep.edited")
    return Model(recipe, run.step, list(run.chars), array("d", [p.data for p in run.gpt.parameters]), **more)


def session(model: Model, lines: list | None = None, core=microgpt) -> Session:
    """A session that goes on from a model. lines: its data, or None where that is not here; core: the module that runs.

    Without its data a session invents names and shows what it sees in some of them, and can't be trained. Raises
    UserError where the data are others.
    """
    recipe, here = dict(model.recipe), lines is not None
    made = Session(lines if here else [_stand_in(model.alphabet)], recipe, core)
    run = made.run
    if run.chars != model.alphabet or here and model.data_sha256 not in ("", documents_sha256(made)):
        raise UserError("keep.data", data=model.recipe["data"])
    zeros = array("d", bytes(8 * len(model.weights)))
    made.restore([model.step, *model.weights, *(model.mean or zeros), *(model.square or zeros), *(model.recent or ())])
    for name, state in model.generators.items():
        {"run": run.rng, "looking": made.rng}[name].setstate(state)
    if not here:
        made.listed = set()
        invented = [run.sample(made.rng, recipes.DEFAULTS["temperature"]) for _ in range(STAND_IN_NAMES)]
        run.docs = [name for name in invented if name.strip()] or run.docs
    return made


def _stand_in(alphabet):
    """A document of all the characters: blank ones are stripped at its ends, so another goes there."""
    inked = next(char for char in alphabet if char.strip())
    return inked + "".join(alphabet) + inked


def recent(session: Session) -> array:
    """The session's last losses."""
    return array("d", session.recent_losses)
