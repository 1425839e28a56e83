"""Attention, the probabilities and the names on the page, held against the same run in this Python."""

import pytest
from support import LONG, ROOT, said
from window import expect
from worker.markup import pictures as drawn

NAMES = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").split()


# ---- Attention


@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 4)])
def test_attention_has_a_picture_for_each_head_of_each_layer(visitor, layers, heads):
    visitor.open(f"n_embd=8&n_layer={layers}&n_head={heads}")
    visitor.press("step")
    visitor.wait("paused")
    cells = visitor.cells("attention")
    assert {(int(cell["layer"]), int(cell["head"])) for cell in cells} == {
        (layer, head) for layer in range(layers) for head in range(heads)}
    rows = {}
    for cell in cells:
        row = rows.setdefault((cell["layer"], cell["head"], int(cell["query"])), [])
        assert int(cell["key"]) == len(row)
        row.append(float(cell["weight"]))
    assert all(len(row) == query + 1 and sum(row) == pytest.approx(1, abs=1e-3) for (*_, query), row in rows.items())


def sentence(head: int, view: dict, query: int, key: int) -> str:
    """What the page says about a cell of layer 1."""
    if query == 0:
        return said("reading.start", head=said("head", n=head + 1))
    percent = round(100 * float(f"{view['attention'][0][head][query][key]:.4f}"))
    text = "".join(view["letters"][1:query + 1])
    return said("reading", text=text, head=said("head", n=head + 1), percent=percent,
                key=view["letters"][key])


@pytest.mark.parametrize("way", ["hover", "click"])
def test_a_cell_is_read_out(paused, way):
    visitor, session = paused
    view = session.view()
    for head, query, key in ((1, 2, 1), (0, 3, 3), (0, 1, 0), (1, 0, 0)):
        getattr(visitor.cell(head, query, key), way)()
        visitor.reads("reading", sentence(head, view, query, key))


def test_the_arrow_keys_go_through_the_cells(paused):
    visitor, session = paused
    view = session.view()
    visitor.cell(0, 2, 1).click()
    visitor.see("attention").locator('[tabindex="0"]').focus()
    keys = [("ArrowRight", (0, 2, 2)), ("ArrowRight", (1, 2, 0)), ("ArrowLeft", (0, 2, 2)), ("ArrowUp", (0, 1, 1)),
            ("ArrowLeft", (0, 1, 0)), ("ArrowDown", (0, 2, 0)), ("ArrowUp", (0, 1, 0)), ("ArrowUp", (0, 0, 0)),
            ("ArrowUp", (0, 0, 0)), ("ArrowLeft", (0, 0, 0))]
    for key, at in keys:
        visitor.page.keyboard.press(key)
        visitor.reads("reading", sentence(at[0], view, *at[1:]))
        expect(visitor.cell(*at)).to_be_focused()


def test_a_chosen_cell_stays_chosen_and_focused_while_it_learns(paused, cpython):
    visitor, session = paused
    visitor.cell(1, 1, 0).click()
    visitor.see("attention").locator('[tabindex="0"]').focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.see("step").evaluate("(button) => button.click()")  # the focus stays where it is
    visitor.reads("step-count", "4 / 2000")
    visitor.wait("paused")
    visitor.reads("reading", sentence(1, cpython(LONG, steps=4)[0].view(), 1, 1))
    expect(visitor.cell(1, 1, 1)).to_be_focused()


def test_a_document_of_ones_own_is_looked_at(paused):
    visitor, session = paused
    visitor.see("look").fill("emma")
    expect(visitor.see("attention").locator("[data-head='0'] tbody th")).to_have_text([*"·emma"], timeout=30_000)
    view = session.view("emma")
    weights = [f"{weight:.4f}" for layer in view["attention"] for head in layer for row in head for weight in row]
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights
    visitor.see("look").fill("")
    document = session.run.docs[2]
    expect(visitor.see("attention").locator("[data-head='0'] tbody th")).to_have_text(["·", *document], timeout=30_000)


def test_a_document_with_unknown_letters_is_declined_in_words(paused):
    visitor, session = paused
    visitor.see("look").fill("zoë<b>")
    note = visitor.page.locator("#look-note")
    expect(note).to_have_text(said("look.unknown", letters="ë, <, >"))
    letters = ["·", *session.run.docs[2]]
    expect(visitor.see("attention").locator("[data-head='0'] tbody th")).to_have_text(letters)
    visitor.see("look").fill("zo")
    expect(note).to_be_hidden()


@pytest.mark.fresh_page
def test_the_numbers_of_attention_can_be_shown(visitor):
    visitor.page.goto("")
    cell = visitor.see("attention").locator("[data-key]").nth(4)
    expect(visitor.see("reading")).to_contain_text("%", timeout=30_000)  # the page's own Python is there
    hidden = cell.evaluate("(cell) => getComputedStyle(cell).color + getComputedStyle(cell).fontSize")
    visitor.see("numbers").check()
    assert cell.evaluate("(cell) => getComputedStyle(cell).color + getComputedStyle(cell).fontSize") != hidden


# ---- Probabilities


def test_the_true_letter_is_marked_at_each_position(paused):
    visitor, session = paused
    view = session.view()
    true = visitor.see("probabilities").locator("[data-true]")
    tokens = true.evaluate_all("(cells) => cells.map((cell) => Number(cell.dataset.token))")
    assert tokens == view["targets"]
    assert drawn(view, session.alphabet, {"head": "", "layer": ""})["probabilities"].count("data-true") == true.count()


# ---- Names


def test_names_come_as_it_learns_with_their_step_and_mark(visitor):
    visitor.open("num_steps=40&n_embd=4&n_head=2&temperature=2")
    visitor.press("train")
    visitor.wait("done")
    steps = [step for step, _ in visitor.names()]
    assert steps == [40] * 20 + [step for step in range(38, -1, -2) for _ in "ab"]
    marks = visitor.see("names").evaluate("""(list) => [...list.children].map(
      (item) => [item.dataset.name, item.querySelector(".new, .listed").className])""")
    assert [mark for _, mark in marks] == ["listed" if name in NAMES else "new" for name, _ in marks]


def test_more_names_follow_the_temperature_and_the_prefix(paused):
    visitor, session = paused
    before = visitor.names()
    visitor.see("temperature").fill("1.7")
    visitor.put("prefix", "mar")
    visitor.press("more-names")
    expect(visitor.see("names").locator("li")).to_have_count(len(before) + 4)
    names = [(step, name) for step, name, _ in session.names(4, 1.7, "mar", session.rng)]
    assert visitor.names() == names[::-1] + before
    assert all(name.startswith("mar") for _, name in names)
    visitor.press("step")  # they changed how the model is asked, not the run
    visitor.reads("step-count", "4 / 2000")
    assert visitor.points()[1][3] == session.train(0, 0.5, "")["points"][1][0]


def test_a_prefix_with_unknown_letters_is_declined_in_words(paused):
    visitor, session = paused
    visitor.put("prefix", "é3")
    visitor.press("more-names")
    note = visitor.page.locator("#prefix-note")
    expect(note).to_have_text(said("prefix.unknown", letters="é, 3"))
    expect(visitor.see("names").locator("li")).to_have_count(6)
    visitor.put("prefix", "e")
    visitor.press("more-names")
    expect(note).to_be_hidden()


@pytest.mark.fresh_page
def test_there_are_no_more_names_before_there_is_a_model(visitor):
    visitor.page.goto("")
    expect(visitor.see("more-names")).to_be_disabled()


def test_the_slider_goes_from_one_tenth_to_two(visitor):
    visitor.open()
    slider = visitor.see("temperature")
    assert [slider.get_attribute(name) for name in ("min", "max", "value")] == ["0.1", "2", "0.5"]
