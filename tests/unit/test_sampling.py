"""How a name is drawn: the panel's numbers against the core's, the draw against random.choices, and nearest names."""
import random
import re
from functools import cache
from html import unescape

import microgpt
import pytest
import sessions
from common import recipe as recipes
from common.errors import UserError
from sessions import CORE, ROOT, after, walk
from worker import markup
from worker.inspector.edit_distance import Nearest, edits
from worker.snapshots import RecordedRandom

SMALL = "n_embd=8&n_head=2&block_size=8&num_steps=100"


def inside(fragment=SMALL, steps=12):
    return sessions.inside(fragment, steps)


class Told(random.Random):
    """A generator that tells what it was asked for: the weights of each draw."""

    def __init__(self, seed):
        super().__init__(seed)
        self.told = []

    def choices(self, population, weights):
        self.told.append(list(weights))
        return super().choices(population, weights)


@pytest.mark.parametrize(("fragment", "step"), [(SMALL, 5), (SMALL + "&n_layer=2", 5), (SMALL + "&prefix=ab", 5),
                                                (SMALL + "&temperature=1.5", 0)])
def test_a_name_of_the_list_is_drawn_again_with_the_numbers_of_then(fragment, step):
    panel = inside(fragment)
    asked = panel.session.run.settings.temperature
    told, then = Told(42 * 1000003 + step), after(fragment, step)[0]
    prefix = "ab" if "prefix" in fragment else ""
    name = then.run.sample(told, asked, prefix)
    letters, given = [*name, "·"][:8], len(prefix)
    pages = list(walk(panel, f"name.{step}.{name}.0"))
    assert [page["step"] for page in pages] == [step] * len(letters)
    for position, (page, letter) in enumerate(zip(pages, letters, strict=True)):
        before = "·" + name[:position]
        assert f"<h3>{before} → <b>{letter}</b></h3>" in page["html"]
        assert ('class="dice"' in page["html"]) == (position >= given)
        if position >= given:
            shown = [float(text) for text in re.findall(r'data-value="([^"]+)"', page["html"].split("<h4>")[0])]
            probabilities = told.told[position - given]
            then.run.read(name)
            plain = [p.data for p in then.run.probabilities[position]]
            rows = [t for t in range(len(plain)) if max(plain[t], probabilities[t]) >= 0.01
                    or then.alphabet[t] == letter]
            expected = [p for t in rows for p in (plain[t], probabilities[t])]
            assert shown[:len(expected)] == pytest.approx(expected, rel=1e-5)
            weights = [p.data for layer in then.run.context for head in layer[position].attention for p in head]
            assert shown[len(expected):] == pytest.approx(weights, rel=1e-5)


def test_the_draw_is_that_of_random_choices():
    panel = inside(steps=3)
    for seed in range(15):
        rng = random.Random(seed)
        made = panel.session.invent(2.0, "", random.Random(seed))
        panel.show(f"name.3.{made.name}.0")
        for draw in panel.drawing.draws:
            token, = rng.choices(range(len(draw.probabilities)), draw.probabilities)
            assert token == draw.token and draw.low <= draw.number < draw.high


def test_remembered_numbers_give_the_same_choices():
    numbers, weights = random.Random(7), [random.Random(1).random() for _ in range(9)]
    dice = RecordedRandom(numbers.random)
    first = [dice.choices(range(9), weights) for _ in range(50)]
    plain = random.Random(7)
    assert first == [plain.choices(range(9), weights) for _ in range(50)]
    again = RecordedRandom(iter(dice.draws).__next__)
    assert first == [again.choices(range(9), weights) for _ in range(50)]


def test_another_name_is_new_and_belongs_to_the_model_of_now():
    panel = inside()
    before = panel.session.state()
    first, second = (panel.show("name.another", sampling=(2.0, "ol"))["address"] for _ in range(2))
    assert first != second and re.fullmatch(r"name\.12\.ol\w*\.0", first)
    assert panel.show("name")["address"] == second  # the newest
    assert panel.session.state() == before
    past = panel.show("name.another", at=7, sampling=(2.0, ""))
    assert past["step"] == 7 and past["address"].startswith("name.7.")


def test_names_explained_never_change_the_run():
    looked, plain = inside(), after(SMALL, 12)[0]
    for _ in range(3):
        for _ in walk(looked, "name.another"):
            pass
        assert looked.session.train(0, 0.5, "") == plain.train(0, 0.5, "")
    assert looked.session.state() == plain.state()


def test_a_name_whose_weights_are_gone_says_so():
    panel = inside("n_embd=4&n_head=2&block_size=6&num_steps=600", 1)
    made = panel.session.invent(0.5, "", random.Random(1))  # at step 1, which is thinned out later
    panel.show(f"name.1.{made.name}.0")
    for _ in range(99):
        panel.session.train(0, 0.5, "")
    panel.drawing = None
    with pytest.raises(UserError, match="name.gone"):
        panel.show(f"name.1.{made.name}.0")
    panel.show("name")


@pytest.mark.parametrize(("address", "problem"), [
    ("name.5.nobody.0", "name.none"), ("name.x.emma.0", "inside.nowhere"), ("name.5.emma.²", "inside.nowhere"),
    ("name.emma", "inside.nowhere"), ("name.5.<b>.0", "name.none"), ("name." + "9" * 60 + ".a.0", "name.none")])
def test_names_that_are_none(address, problem):
    with pytest.raises(UserError, match=problem):
        inside().show(address)


def test_the_lines_of_sample_are_lit():
    html = inside().show("name.another")["html"]
    lit = [int(number) for number in re.findall(r'<li value="(\d+)" class=lit>', html)]
    text = CORE.splitlines()
    start = microgpt.Run.sample.__code__.co_firstlineno
    assert lit and min(lit) > start and any("rng.choices" in text[line - 1] for line in lit)


# ---- Nearest names


def by_definition(a, b):
    """The edit distance, as Levenshtein defined it."""
    @cache
    def distance(i, j):
        if not i or not j:
            return i + j
        return min(distance(i - 1, j) + 1, distance(i, j - 1) + 1, distance(i - 1, j - 1) + (a[i - 1] != b[j - 1]))
    return distance(len(a), len(b))


def test_edits_are_levenshteins():
    rng = random.Random(3)
    for _ in range(300):
        a, b = ("".join(rng.choices("abc", k=rng.randrange(7))) for _ in range(2))
        assert edits(a, b, 9) == by_definition(a, b)
        limit = rng.randrange(4)
        assert min(edits(a, b, limit), limit + 1) == min(by_definition(a, b), limit + 1)


@pytest.mark.parametrize("text", ["karien", "zzyzx", "", "a", "amarionnaleth", "é", "emma", "nnnnnn"])
def test_nearest_names_are_those_of_a_search_through_all(text):
    names = set((ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").split()[::15])
    expected = sorted((by_definition(text, name), name) for name in names)
    nearest = Nearest(names)
    assert nearest.of(text, 1) == expected[:1] and nearest.of(text, 5) == expected[:5]


def test_of_a_short_list_there_are_as_many_as_there_are():
    assert Nearest({"ab", "b"}).of("a", 5) == [(1, "ab"), (1, "b")]


def test_an_invented_name_is_shown_with_its_nearest_and_a_listed_one_as_such():
    panel = inside()
    session = panel.session
    seen = set()
    for seed in range(60):
        made = session.invent(0.8, "", random.Random(seed))
        html = panel.show(f"name.12.{made.name}.0")["html"]
        near = re.findall(r"<span data-distance=(\d+)>([^<]*)</span>", html)
        seen.add(bool(near))
        assert bool(near) == (made.name not in session.listed)
        assert all(by_definition(made.name, other) == int(edits) for edits, other in near)
        if len(seen) == 2:
            break
    assert seen == {True, False}


@pytest.mark.parametrize("fragment", ["data=korean-names&letters=jamo&" + SMALL, "data=korean-names&" + SMALL,
                                      "data=cities&" + SMALL, "data=japanese-names&" + SMALL])
def test_every_name_of_the_list_opens_as_it_is_written_there(fragment):
    """The list writes jamo as syllables; the page's address has the name as the list has it."""
    panel = inside(fragment, 12)
    listed = [(made.step, panel.session.composed(made.name)) for made in panel.session.snapshots.inventions]
    html = markup.names([(step, name, True) for step, name in listed], {"new": "new"})
    links = re.findall(r'data-go="(name\.[^"]*)"', html)
    assert len(links) == len(listed) == 6
    for link, (step, name) in zip(links, listed, strict=True):
        page = panel.show(unescape(link))
        assert (page["address"], page["step"]) == (f"name.{step}.{name}.0", step)
        assert f'class="origin">“{name}”' in page["html"]
        assert not re.search("[\u1100-\u11ff]", page["html"])


def test_documents_of_jamo_are_shown_as_syllables():
    panel = inside("data=korean-names&letters=jamo&" + SMALL, 2)
    for address in ("letter", "step", "step.after"):
        text = re.sub(r'data-look="[^"]*"', "", panel.show(address)["html"])
        assert not re.search("[\u1100-\u11ff]", text), address


def test_the_longest_name_there_can_be_fits_into_a_link():
    address = f"name.100000.{'가' * 64}.64"
    assert recipes.parse("view=" + recipes.quote(address))[0]["view"] == address
