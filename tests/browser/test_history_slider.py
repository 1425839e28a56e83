"""Looking back in a browser: the slider shows what was shown then, and the run goes on as if nobody looked."""
import re

import pytest
from support import pattern, said, weights_of
from texts import EN
from window import expect

RUN = "num_steps=200&n_embd=8&n_head=2&block_size=8"
WHOLE = "num_steps=60&n_embd=8&n_head=2&block_size=8"
SHOWN = ["attention", "probabilities"]


def pictures(visitor):
    return [visitor.see(name).inner_html() for name in SHOWN]


def look_back(visitor, place):
    """Move the slider to a place, and wait until the page is there."""
    slider = visitor.see("history")
    slider.fill(str(place))
    if place == int(slider.get_attribute("max")):
        visitor.reads("history-step", said("past.now"))
    else:
        visitor.reads("history-step", said("past.step"))


def shown_names(visitor):
    items = """(list) => [...list.children].filter((item) => item.checkVisibility()).map(
      (item) => [Number(item.dataset.step), item.dataset.name])"""
    return [tuple(item) for item in visitor.see("names").evaluate(items)]


def plain(html):
    """The pictures without the mark of the cell that is read out."""
    return [re.sub(r' class="chosen"| tabindex="0"|(?<=") class=""', "", text) for text in html]


def two_steps(visitor):
    visitor.open(RUN)
    for step in (1, 2):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 200")
    visitor.wait("paused")


def test_the_slider_shows_exactly_what_was_shown(visitor):
    visitor.open(RUN)
    expect(visitor.page.locator("#history-row")).to_be_hidden()
    seen, names = {}, {}
    for step in range(1, 7):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 200")
        visitor.wait("paused")
        seen[step], names[step] = plain(pictures(visitor)), visitor.names()
    for step in (2, 5, 1, 6):
        look_back(visitor, step)
        if step < 6:
            visitor.reads("history-step", said("past.step", step=step))
            expect(visitor.page.locator(".attention h2")).to_have_text(f"{EN['attention.title']} · {step}")
        visitor.page.wait_for_selector("#attention .chosen")
        expect(visitor.see("history-now")).to_be_visible(visible=step < 6)
        visitor.become(lambda: plain(pictures(visitor)) == seen[step])  # noqa: B023
        assert shown_names(visitor) == names[step]


def test_the_run_goes_on_meanwhile_and_its_losses_are_the_same(visitor, cpython):
    visitor.open(WHOLE)
    visitor.press("train")
    visitor.page.wait_for_selector("#history-row:visible")
    expect(visitor.see("history")).not_to_have_attribute("max", re.compile("^[0-9]$"))
    look_back(visitor, 3)
    visitor.press("more-names")
    before, text = visitor.step(), visitor.see("history-step").text_content()
    expect(visitor.see("step-count")).not_to_have_text(f"{before} / 60")
    visitor.put("look", "emma")
    expect(visitor.page.locator('#attention [data-head="0"] tbody th')).to_have_count(5)
    step = int(re.search(r"\d+", text)[0])
    session = cpython(WHOLE, steps=step)[0]
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(session.view("emma"))
    assert shown_names(visitor)[0][0] == step and visitor.see("history-step").text_content() == text
    visitor.press("history-now")
    visitor.reads("history-step", said("past.now"))
    visitor.wait("done")
    assert visitor.points() == cpython(WHOLE)[1]["points"]


def test_from_the_keyboard(visitor):
    visitor.open(RUN)
    for step in range(1, 4):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 200")
    visitor.wait("paused")
    visitor.see("history").focus()
    for key, text in (("ArrowLeft", said("past.step", step=2)), ("ArrowLeft", said("past.step", step=1)),
                      ("Home", said("past.step", step=0)), ("ArrowRight", said("past.step", step=1)),
                      ("End", said("past.now"))):
        visitor.page.keyboard.press(key)
        visitor.reads("history-step", text)
        expect(visitor.see("history")).to_have_attribute("aria-valuetext", text)
    visitor.see("names").focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Enter")
    name = visitor.names()[1][1]
    expect(visitor.see("panel-body").locator(".letters button")).to_have_count(min(8, len(name) + 1))
    assert f"view=name.0.{name}.0" in visitor.page.url


@pytest.mark.parametrize("engine", ["core", "compiled"])
def test_the_panel_looks_at_the_same_time_as_the_pictures(visitor, cpython, engine):
    visitor.open(RUN + f"&engine={engine}")
    for step in range(1, 4):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 200")
    visitor.wait("paused")
    look_back(visitor, 1)
    visitor.page.locator('#probabilities [data-go="letter.1.probabilities"]').click()
    expect(visitor.page.locator("#panel-step")).to_have_text(said("inside.step", step=1))
    session = cpython(RUN, steps=1)[0]
    shown = [float(cell.get_attribute("data-value"))
             for cell in visitor.page.locator("#panel-body .vector td").all()]
    assert shown == pytest.approx(session.view()["probabilities"][1], rel=1e-5)
    visitor.see("panel-again").click()
    expect(visitor.page.locator("#panel-step")).to_have_text(said("inside.step", step=3))
    visitor.reads("history-step", said("past.now"))


def test_a_name_is_stepped_through_and_another_is_invented(visitor, cpython):
    two_steps(visitor)
    name = visitor.names()[0][1]
    visitor.see("names").locator("[data-go]").first.click()
    body = visitor.see("panel-body")
    for position, letter in enumerate([*name, "·"][:8]):
        expect(body.locator("h3")).to_have_text(f"·{name[:position]} → {letter}")
        expect(body.locator("tr[data-true] td").first).to_have_text(letter)
        if position < min(7, len(name)):
            visitor.press("panel-next")
    body.get_by_text(said("name.another")).click()
    visitor.page.wait_for_url(re.compile(r"view=name\.2\."))
    expect(body.locator(".origin")).to_have_text(re.compile(f"{pattern(EN['name.new'])}|{pattern(EN['name.listed'])}"))


def test_reset_forgets_the_past(visitor):
    two_steps(visitor)
    look_back(visitor, 1)
    visitor.press("reset")
    visitor.reads("step-count", "0 / 200")
    expect(visitor.page.locator("#history-row")).to_be_hidden()
    expect(visitor.page.locator("body.past")).to_have_count(0)


@pytest.mark.browser_context_args(viewport={"width": 390, "height": 844}, has_touch=True)
def test_on_a_phone_it_fits_and_stays_where_it_is(visitor):
    two_steps(visitor)
    before = visitor.see("history").bounding_box()
    look_back(visitor, 1)
    after = visitor.see("history").bounding_box()
    assert before["height"] >= 44 and before["width"] > 300
    assert (before["x"], before["width"]) == (after["x"], after["width"])
    wide = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    assert len(set(visitor.page.evaluate(wide))) == 1  # 390, less a scroll bar where there is one


@pytest.mark.fresh_page
def test_the_share_of_names_in_the_list_is_counted(visitor):
    visitor.open("num_steps=40&n_embd=8&n_head=2&block_size=8")
    visitor.reads("tally", said("tally", count=40, listed=15))  # of the recording
    visitor.press("train")
    visitor.wait("done")
    listed = visitor.see("names").evaluate(
        "(list) => [...list.children].slice(0, 40).filter((item) => item.querySelector('.listed')).length")
    visitor.reads("tally", said("tally.most" if listed > 20 else "tally", count=40, listed=listed))
    points = visitor.page.locator("#tally-line").get_attribute("points").split()
    assert len(points) > 10 and points[-1].startswith("100.0,")
