"""What the page makes of numbers: those typed into its settings, those it shows, those it compares. Its modules run
here in CPython, on a page of stand-ins; tests/browser has the real one."""
import importlib
import sys
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from common.recipe import DATASETS, DEFAULTS
from texts import EN


class Elements(dict):
    """By id; each has, as an element has, the text of the children it is given."""

    def __missing__(self, id):
        element = self[id] = MagicMock(name=id)

        def replace_children(*parts):
            element.textContent = "".join(part if isinstance(part, str) else part.textContent for part in parts)

        element.replaceChildren = replace_children
        return element


@pytest.fixture
def page(monkeypatch):
    """The stand-ins: elements by their id, and the clock in seconds; load() imports a module of the page's on them."""
    elements, window = Elements(), MagicMock()
    document = MagicMock(getElementById=elements.__getitem__, createElement=lambda tag: SimpleNamespace())
    made = SimpleNamespace(elements=elements, seconds=0.0, timers=[])
    window.performance.now = lambda: 1000 * made.seconds
    window.setTimeout = lambda function, ms: made.timers.append((function, ms))
    for name in [name for name in sys.modules if name == "page" or name.startswith("page.")]:
        monkeypatch.delitem(sys.modules, name)
    pyscript = SimpleNamespace(document=document, window=window, js_import=MagicMock(), PyWorker=MagicMock())
    monkeypatch.setitem(sys.modules, "pyscript", pyscript)
    importlib.import_module("page.i18n")._texts = EN
    made.load = importlib.import_module
    yield made
    for name in [name for name in sys.modules if name == "page" or name.startswith("page.")]:
        monkeypatch.delitem(sys.modules, name)


def text_of(page, sentences) -> str:
    """What some sentences say."""
    return " ".join(page.load("page.i18n")._shown(sentence) for sentence in sentences)


# ---- Settings

TYPED = [  # box, text, the value after it, what is said
    ("learning_rate", "0.02", 0.02, ""),
    ("learning_rate", "0,02", 0.02, "“0,02” was read as 0.02."),
    ("learning_rate", "2,5e-3", 0.0025, "“2,5e-3” was read as 0.0025."),
    ("learning_rate", "1e-2", 0.01, ""),
    ("learning_rate", "20,5", 10.0, "Using 10.0 for learning rate, which goes from 0.0001 to 10.0."),
    ("learning_rate", "1,000", 0.01, "“1,000” could be two different numbers, so learning rate stays 0.01. "
                                     "Write it without a separator between thousands."),
    ("learning_rate", "fast", 0.01, "Using 0.01 for learning rate, which takes a number from 0.0001 to 10.0."),
    ("num_steps", "1 500", 1500, "“1 500” was read as 1500."),
    ("num_steps", "1,500", 1500, "“1,500” was read as 1500."),
    ("num_steps", "１５００", 1500, "“１５００” was read as 1500."),
    ("num_steps", "1.500", 1000, "“1.500” could be two different numbers, so steps stays 1000. "
                                 "Write it without a separator between thousands."),
    ("num_steps", "2,5", 1000, "Using 1000 for steps, which takes a whole number from 1 to 100000."),
    ("n_layer", "2,0", 2, "“2,0” was read as 2."),
    ("held_out", "20%", 20, "“20%” was read as 20."),
    ("held_out", "", 10, "Using 10 for held-out data (%), which takes a number from 0 to 50."),
    ("seed", "7", 7, ""),
    ("block_size", "-3", 1, "Using 1 for block size, which goes from 1 to 64."),
]


@pytest.mark.parametrize(("box", "text", "value", "says"), TYPED)
def test_a_box_takes_numbers_as_people_type_them(page, box, text, value, says):
    form = page.load("page.parts.settings_form")
    recipe, notes = form.change(DEFAULTS, box, text)
    assert recipe == DEFAULTS | {box: value} and type(recipe[box]) is type(DEFAULTS[box])
    assert text_of(page, notes) == says


def test_heads_come_back_with_the_width(page):
    form = page.load("page.parts.settings_form")

    def typed(recipe, *pairs):
        seen = []
        for name, text in pairs:
            recipe, notes = form.change(recipe, name, text)
            seen.append((recipe["n_embd"], recipe["n_head"], len(notes)))
        return recipe, seen

    recipe, seen = typed(DEFAULTS, ("n_embd", "0"), ("seed", "7"), ("n_embd", "6"), ("n_embd", "16"))
    assert seen == [(1, 1, 2), (1, 1, 0), (6, 3, 1), (16, 4, 0)]
    assert recipe == DEFAULTS | {"seed": 7}
    assert typed(recipe, ("n_head", "5"), ("n_embd", "10"), ("n_head", "2"), ("n_embd", "16"))[1] == [
        (16, 4, 1), (10, 5, 0), (10, 2, 0), (16, 2, 0)]
    typed(DEFAULTS, ("n_embd", "0"))
    form.forget_wishes()  # a link has come
    assert typed(DEFAULTS | {"n_embd": 1, "n_head": 1}, ("n_embd", "16"))[1] == [(16, 1, 0)]


def test_a_beginning_keeps_its_space(page):
    assert page.load("page.parts.settings_form").change(DEFAULTS, "prefix", "ana ")[0]["prefix"] == "ana "


# ---- The status line


def test_what_a_press_is_answered_with_passes(page):
    status = page.load("page.status")
    line = page.elements["status"]
    status.show("status.training", "training")
    status.show_passing("status.shared")
    assert (line.textContent, line.dataset.state) == (EN["status.shared"], "training")
    (pass_away, ms), = page.timers
    pass_away()
    assert line.textContent == EN["status.training"] and ms == status.PASSING_MS


def test_it_passes_at_once_where_something_happens_and_another_stays_its_own_time(page):
    status = page.load("page.status")
    line = page.elements["status"]
    status.show("status.training", "training")
    status.show_passing("status.shared")
    status.show("status.paused", "paused", step=3)
    assert line.textContent == "Paused at step 3."
    page.timers[0][0]()
    assert line.textContent == "Paused at step 3."
    status.show_passing("status.shared")
    status.show_passing("status.unshared")
    page.timers[1][0]()
    assert line.textContent == EN["status.unshared"]
    page.timers[2][0]()
    assert line.textContent == "Paused at step 3."


def test_measuring_the_held_out_loss_is_no_slow_training(page):
    speed = page.load("page.status").Speed()
    shown = []
    for seconds, step, measuring in [(0, 0, 0), (1, 10, 0), (2, 20, 0), (6, 20, 4), (10, 20, 4), (11, 30, 0)]:
        page.seconds = seconds
        speed.show(step, 100, measuring)
        shown.append(page.elements["speed"].textContent)
    assert shown[1:] == ["10"] * 5
    assert speed.left == pytest.approx(70 / 10 * (1 + 8 / 3))  # it will be measured again, for as long


@pytest.mark.parametrize(("speed", "words"), [(0.254, "0.25"), (3.14, "3.1"), (10.4, "10"), (99.6, "100"), (149, "150"),
                                              (12345, "12,000")])
def test_a_speed_has_two_digits(page, speed, words):
    assert page.load("page.status").in_words(speed) == words


# ---- The worker's silence


@pytest.mark.parametrize(("took", "usual"), [([], 0), ([40], 0), ([40, 0], 0), ([0, 40, 0], 0), ([0, 0, 40], 0),
                                             ([40, 40], 40), ([30, 0, 40], 30), ([40, 40, 0, 0], 0)])
def test_one_long_answer_dulls_no_watchdog(page, took, usual):
    client = page.load("page.worker_client").WorkerClient()
    client.asked, client.took = ["look", "train"], {"train": took, "state": [99, 99, 99]}
    assert client.usual() == usual


# ---- Two runs compared

A = [2.0, 2.5, 3.0, 2.2, 2.8, 2.4]
COMPARED = [  # held-out losses of B, whether of the same texts, what is said
    ([x + 0.5 for x in A], True, "On held-out data, A is better by 0.500 ± 0.000."),
    ([x - 0.3 for x in A], True, "On held-out data, B is better by 0.300 ± 0.000."),
    ([2.1, 2.4, 3.1, 2.1, 2.9, 2.3], True,
     "On held-out data, no difference is seen: 0.00 ± 0.04, less than two standard errors."),
    ([x + 0.3 for x in A], False, "On held-out data, no difference is seen: 0.3 ± 0.2, less than two standard errors."),
    ([x + 3 for x in A], False, "On held-out data, A is better by 3.0 ± 0.2."),
]


def compared(page, b, same, **other):
    comparison = page.load("page.parts.comparison").Comparison.__new__(
        page.load("page.parts.comparison").Comparison)
    comparison.pinned = {"recipe": DEFAULTS, "held_out": {"sample": "x", "last": {"step": 9, "losses": A}}}
    comparison.held_out = {"asked": [2, 9], "sample": "x" if same else "y", "last": {"step": 9, "losses": b}}
    comparison.state = SimpleNamespace(running=DEFAULTS | other)
    return comparison


@pytest.mark.parametrize(("b", "same", "says"), COMPARED)
def test_of_two_runs_the_held_out_losses_tell_the_better(page, b, same, says):
    assert text_of(page, [compared(page, b, same).verdict()]) == says


@pytest.mark.parametrize("other", [{"data": "cities"}, {"letters": "jamo"}, {"data": "own", "sha256": "0" * 12}])
def test_losses_of_different_data_are_not_compared(page, other):
    assert compared(page, A, False, **other).verdict() == ("compare.other-data", {})


def test_where_nothing_is_held_out_nothing_is_said_of_it(page):
    comparison = compared(page, A, True, held_out=0)
    comparison.held_out["last"] = None
    assert comparison.verdict() is None


# ---- The program


@pytest.mark.parametrize(("changes", "state", "key"), [
    ({}, {}, "command.same"),
    ({"held_out": 0, "num_steps": 50000}, {}, "command.same"),
    ({"num_steps": 50000}, {}, "command.held-out"),
    ({"data": "korean-names"}, {}, "command.held-out"),
    ({"data": "korean-names", "letters": "jamo", "held_out": 0}, {}, "command.jamo"),
    ({}, {"opened": True}, "command.opened"), ({"model": "x"}, {}, "command.opened"),
    ({}, {"core": "edited"}, "command.edited"),
])
def test_the_page_says_whether_the_program_gives_the_same_names(page, changes, state, key):
    program = page.load("page.parts.program").Program.__new__(page.load("page.parts.program").Program)
    recipe = DEFAULTS | changes
    program.data = SimpleNamespace(of=lambda recipe: None)
    usual = {"core": None, "opened": False, "running": None, "recipe": recipe, "step": 0}
    program.state = SimpleNamespace(**usual | state)
    program.show()
    file = DATASETS[recipe["data"]]
    assert page.elements["command"].textContent.startswith(f"python py/microgpt.py {file}")
    assert page.elements["command-note"].textContent.startswith(EN[key][:40].partition("{")[0])


def test_of_own_data_that_are_not_here_nothing_is_claimed(page):
    program = page.load("page.parts.program").Program.__new__(page.load("page.parts.program").Program)
    recipe = DEFAULTS | {"data": "own", "sha256": "0" * 12, "held_out": 0}
    own = []
    program.data = SimpleNamespace(of=lambda recipe: own and (b"", SimpleNamespace(documents=20)))
    program.state = SimpleNamespace(core=None, opened=False, running=None, recipe=recipe, step=0)
    program.show()
    assert page.elements["command-note"].textContent == EN["command.own"].format(file="names.txt")
    own.append(1)
    program.show()
    assert page.elements["command-note"].textContent.endswith(EN["command.same"])
    assert page.elements["command"].textContent == "python py/microgpt.py names.txt"
