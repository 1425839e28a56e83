"""The row of sections: it jumps, says where one is, and stays clear of what it leads to; the switch of engines."""
import re

import pytest
from support import said
from texts import EN
from window import expect

SMALL = "n_embd=8&n_head=2&block_size=8"
pytestmark = pytest.mark.fresh_page  # each begins at the top of the page
ROW = ("train", "inside", "source", "compare", "settings", "save")
PHONE = {"width": 390, "height": 844}

# How high what stays in place while one scrolls is, where it stands.
BARS = """() => {
  const stays = (part) => getComputedStyle(part).position == "fixed" ||
    getComputedStyle(part).position == "sticky" && !part.closest(".excerpt, .counted, #names");
  const rows = new Set();
  for (const part of document.querySelectorAll("body *"))
    if (stays(part) && part.checkVisibility()) {
      const { top, bottom } = part.getBoundingClientRect();
      for (let y = Math.max(0, Math.floor(top)); y < Math.min(innerHeight, bottom); y++) rows.add(y);
    }
  return rows.size;
}"""


def current(visitor):
    return visitor.page.locator("#sections [aria-current]")


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
def test_the_row_jumps_to_each_section_and_marks_it(visitor, size):
    visitor.page.set_viewport_size(size)
    visitor.open(SMALL)
    expect(current(visitor)).to_have_attribute("data-testid", "section-train")
    tops = []
    for name in ROW:
        visitor.press(f"section-{name}")
        expect(current(visitor)).to_have_attribute("data-testid", f"section-{name}")
        expect(current(visitor)).to_be_in_viewport()
        heading = visitor.page.locator("h2:focus")
        expect(heading).to_have_count(1)
        if name != "train":
            expect(heading).to_be_in_viewport()
            below = size["width"] > 1000 and ".controls" or "#sections"
            bar = visitor.page.locator(below).bounding_box()
            assert heading.bounding_box()["y"] >= bar["y"] + bar["height"], name
        tops.append(visitor.page.evaluate("scrollY"))
    assert tops == sorted(tops), "the page's order is the row's"
    if visitor.page.context.browser.browser_type.name == "chromium":  # Firefox's driver scrolls to what it presses
        assert tops[0] == 0
    assert "view=files" in visitor.page.url


def test_the_mark_follows_who_scrolls_by_hand(visitor):
    visitor.open(SMALL)
    visitor.press("section-compare")
    expect(current(visitor)).to_have_attribute("data-testid", "section-compare")
    visitor.page.mouse.move(640, 500)
    visitor.page.mouse.wheel(0, -5000)
    expect(current(visitor)).to_have_attribute("data-testid", "section-train")
    visitor.page.mouse.wheel(0, 50000)
    expect(current(visitor)).to_have_count(0)  # the explanations have no place in the row


@pytest.mark.parametrize("view", ["", "&view=letter.1.embedding", "&view=source", "&view=settings"])
def test_on_a_phone_what_stays_in_place_takes_at_most_15_percent(visitor, view):
    visitor.page.set_viewport_size(PHONE)
    visitor.open(SMALL + view)
    if "letter" in view:
        expect(visitor.see("panel")).to_be_visible()
        expect(visitor.page.locator("body")).to_have_attribute("data-at", "inside")
    assert 0 < visitor.page.evaluate(BARS) <= 0.15 * PHONE["height"]


def test_what_is_opened_fits_the_screen_with_its_source(visitor):
    visitor.page.set_viewport_size({"width": 1280, "height": 800})
    visitor.open()
    visitor.page.locator("#attention th[data-go]").nth(2).click()
    places = "#inside-title", "#inside-ways", "#panel-next", "#panel-body h3", "#panel-body .sentence", ".excerpt"
    for place in places:
        expect(visitor.page.locator(place)).to_be_in_viewport(ratio=1)
    lengths = "(codes) => codes.map((code) => code.textContent.length)"
    lengths = visitor.page.locator(".excerpt code").evaluate_all(lengths)
    wrapped = visitor.page.locator(".excerpt li").evaluate_all(
        "(items) => items.filter((item) => item.textContent.length <= 80 && item.offsetHeight > 24).length")
    assert max(lengths) > 80 and wrapped == 0


def test_on_a_phone_next_brings_the_new_text_to_the_top(visitor):
    visitor.page.set_viewport_size(PHONE)
    visitor.open(SMALL + "&view=letter.1.embedding")
    expect(visitor.see("panel")).to_be_visible()
    visitor.press("panel-next")
    title = visitor.page.locator("#panel-body h3")
    expect(title).to_have_text(re.compile("Query"))
    visitor.page.wait_for_function("""() => {
      const { top } = document.querySelector("#panel-body h3").getBoundingClientRect();
      return top >= 44 && top < 80;
    }""")


def test_each_engine_has_its_speed_and_the_compiled_one_is_offered_once(visitor):
    visitor.open("num_steps=3000")
    expect(visitor.page.locator("#engine option")).to_have_text(
        [said("engine.core"), said("engine.compiled")])
    visitor.press("train")
    visitor.see("offer-compiled").click(timeout=60_000)
    expect(visitor.see("engine")).to_have_value("compiled")
    expect(visitor.see("offer-compiled")).to_be_hidden()
    visitor.wait("done")
    expect(visitor.page.locator("#engine option").first).to_have_text(said("engine.speed", engine=EN["engine.core"]))
    expect(visitor.page.locator("#engine option").last).to_have_text(
        said("engine.speed", engine=EN["engine.compiled.short"]))
    visitor.see("engine").select_option("core")
    visitor.press("train")
    visitor.become(lambda: visitor.step() >= 10)
    expect(visitor.see("offer-compiled")).to_be_hidden()
