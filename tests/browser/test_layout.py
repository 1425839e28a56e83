"""Where things are seen: nothing is cut, covered or pushed at the sizes that people have, in either language."""

import pytest
from texts import EN
from window import expect
from worker.inspector import figures

SMALL = "n_embd=8&n_head=4&block_size=16"
PHONE, TABLET, LAPTOP, DESKTOP = ({"width": width, "height": height} for width, height in (
    (390, 844), (1024, 768), (1280, 800), (1440, 900)))

# Every layout shift from now on, by what moved; where a list of names grows and the curve's labels follow it, that is
# what they are for.
WATCH = """() => {
  window.shifts = []; window.heights = new Set();
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    const moved = entry.sources.filter(({ node }) => node && !(node.closest ?? node.parentElement?.closest).call(
      node.closest ? node : node.parentElement, "#names, #chart, .figures"));
    if (moved.length) shifts.push([entry.value, moved.map(({ node }) => node.id || node.className || node.nodeName)]);
  })).observe({ type: "layout-shift" });
  new ResizeObserver(() => heights.add(document.querySelector(".columns").offsetHeight + ": "
    + [...document.querySelectorAll(".columns section > *")].map(({ offsetHeight }) => offsetHeight)))
    .observe(document.querySelector(".columns"));
}"""


@pytest.mark.chromium_only("no other engine measures layout shifts")
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["wide", "phone"])
def test_the_page_keeps_still_while_it_trains(visitor, size):
    visitor.page.set_viewport_size(size)
    visitor.open(SMALL + "&num_steps=40&block_size=12")
    visitor.press("step")
    visitor.wait("paused")
    visitor.page.evaluate(WATCH)
    visitor.press("train")
    visitor.wait("done")
    shifts, heights = visitor.page.evaluate("[shifts, [...heights]]")
    assert sum(value for value, _ in shifts) < 0.01, shifts
    assert len(heights) == 1, heights


def test_on_a_small_laptop_all_controls_stand_in_one_row_and_heads_beside_each_other(visitor):
    visitor.page.set_viewport_size(TABLET)
    for language in ("en", "ko"):
        visitor.open(f"{SMALL}&num_steps=10000&lang={language}", "ready|paused")
        visitor.press("train")
        visitor.become(lambda: visitor.step() >= 3)
        box = {name: visitor.see(name).bounding_box() for name in ("train", "engine", "share", "prefix")}
        assert box["share"]["height"] <= 40 and abs(box["share"]["y"] - box["train"]["y"]) <= 2
        assert box["engine"]["width"] >= 100 and box["prefix"]["width"] >= 80
        bars = visitor.page.evaluate("""() => document.querySelector(".controls").offsetHeight
          + document.querySelector(".sections").offsetHeight""")
        assert bars <= 0.15 * TABLET["height"]
        tops = visitor.page.locator("#attention table").evaluate_all("(heads) => heads.map((head) => head.offsetTop)")
        assert len(tops) == 4 and tops[0] == tops[1] < tops[2] == tops[3]
        visitor.press("train")
        visitor.wait("paused")


def test_on_a_phone_names_come_early_and_the_step_stays_in_sight(visitor):
    visitor.page.set_viewport_size(PHONE)
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    for _ in range(3):
        visitor.press("more-names")
    expect(visitor.see("names").locator("li")).to_have_count(14)
    names = visitor.see("names")
    assert names.evaluate("(list) => list.getBoundingClientRect().top + scrollY") <= 1.5 * PHONE["height"]
    assert names.evaluate("(list) => list.scrollHeight <= list.clientHeight + 1")
    expect(names.locator("li:visible")).to_have_count(10)
    visitor.press("names-all")
    expect(names.locator("li:visible")).to_have_count(14)
    visitor.press("names-all")
    expect(names.locator("li:visible")).to_have_count(10)
    visitor.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(visitor.see("step-count")).to_be_in_viewport(ratio=1)
    low = visitor.page.locator("a:visible").evaluate_all("""(links) => links.filter((link) => {
      const { height } = link.getBoundingClientRect();
      return height < (link.closest("li, p.hint") ? 24 : 44) - 0.5;
    }).map((link) => link.textContent + " " + link.getBoundingClientRect().height)""")
    assert low == []


# Of each beginning, whether its last letter lies within its cell; whether all of it does.
BEGINNINGS = """(cells) => cells.map((cell) => {
  const range = document.createRange(), text = cell.firstElementChild.firstChild;
  range.setStart(text, text.length - 1); range.setEnd(text, text.length);
  const last = range.getBoundingClientRect(), box = cell.getBoundingClientRect();
  return [last.left >= box.left && last.right <= box.right, cell.scrollWidth <= cell.clientWidth];
})"""


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP], ids=["phone", "tablet", "wide"])
def test_of_a_long_beginning_the_end_is_shown(visitor, size):
    visitor.page.set_viewport_size(size)
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    for name, whole in (("elderberryx", True), ("christopherelderb", False)):
        visitor.see("look").fill(name)
        heads = visitor.see("probabilities").locator("th")
        expect(heads.nth(10)).to_have_text("·" + name[:10])
        ends, wholes = zip(*heads.evaluate_all(BEGINNINGS), strict=True)
        assert all(ends) and all(wholes[:11])
        assert whole or not all(wholes)


@pytest.mark.parametrize("size", [PHONE, TABLET, LAPTOP, DESKTOP], ids=["phone", "tablet", "laptop", "desktop"])
def test_no_number_is_cut_and_no_line_of_code_wrapped(visitor, size):
    visitor.page.set_viewport_size(size)
    visitor.open("&view=letter.1.embedding")
    cells = visitor.page.locator("#panel-body .vector td")
    expect(cells.first).to_be_visible()
    cut = """(cells) => cells.filter((cell) => {
      const box = cell.getBoundingClientRect(), text = cell.querySelector("span").getBoundingClientRect();
      return text.left < box.left - 0.5 || text.right > box.right + 0.5;
    }).map((cell) => cell.textContent)"""
    for number in range(8):  # of the longest kind
        cells.nth(number).evaluate("(cell, text) => { cell.lastElementChild.outerHTML = text; }",
                                   figures.fitted(("−0.003", "−12.34", "−0.31", "−4e−4")[number % 4]))
    assert cells.evaluate_all(cut) == []
    if size["width"] >= 1024:
        heights = "(lines) => [...new Set(lines.map((line) => line.offsetHeight))]"
        assert len(visitor.page.locator(".excerpt li").evaluate_all(heights)) == 1


def test_notes_take_the_place_of_others_and_push_nothing(visitor):
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    tops = "() => ['names', 'attention'].map((id) => document.getElementById(id).getBoundingClientRect().top + scrollY)"
    before = visitor.page.evaluate(tops)
    visitor.put("prefix", "é")
    visitor.put("look", "é")
    visitor.press("more-names")
    for note in ("prefix-note", "look-note"):
        expect(visitor.page.locator("#" + note)).to_be_visible()
    assert visitor.page.evaluate(tops) == pytest.approx(before, abs=1)


def test_back_returns_to_the_place_one_left(visitor):
    visitor.open(SMALL + "&view=letter.1.hidden")
    cell = visitor.page.locator("#panel-body .vector").nth(2).locator("td").nth(5)
    number = cell.get_attribute("data-go")
    for back in (lambda: visitor.press("panel-back"), visitor.back):
        cell.scroll_into_view_if_needed()
        before = cell.bounding_box()["y"]
        cell.click()
        expect(visitor.page.locator("#panel-body .facts")).to_be_visible()
        visitor.page.locator("#panel-body .edges button").first.click()
        expect(visitor.page.locator(f'#panel-body [data-go="{number}.nudge"]')).to_have_count(0)
        back()
        expect(visitor.page.locator(f'#panel-body [data-go="{number}.nudge"]')).to_be_visible()
        back()
        expect(visitor.page.locator("#panel-body h3")).to_have_text(EN["letter.hidden.title"])
        expect(cell).to_be_focused()
        assert cell.bounding_box()["y"] == pytest.approx(before, abs=2)
    expect(visitor.see("panel-back")).to_be_enabled()  # the stage before, where one was nowhere else


def test_a_key_that_is_held_changes_the_address_seldom_and_the_last_time_surely(visitor):
    visitor.open(SMALL + "&view=letter.0.token")
    expect(visitor.see("panel")).to_be_visible()
    visitor.page.evaluate("""() => {
      window.changes = [];
      for (const name of ["pushState", "replaceState"]) {
        const change = History.prototype[name];
        history[name] = (...values) => { changes.push(performance.now()); change.apply(history, values); };
      }
    }""")
    visitor.see("panel-next").focus()
    for _ in range(8):
        shown = visitor.page.locator("#panel-body h3").text_content()
        visitor.page.keyboard.press("ArrowRight")
        expect(visitor.page.locator("#panel-body h3")).not_to_have_text(shown)
    visitor.until("""() => location.hash.endsWith("view=" + document.querySelector(".stages [aria-current]").dataset.go)
      && location.hash.endsWith("view=letter.0.probabilities")""")
    changes = visitor.page.evaluate("() => { delete history.pushState; delete history.replaceState; return changes; }")
    gaps = [later - earlier for earlier, later in zip(changes, changes[1:], strict=False)]
    assert changes and all(gap >= 300 for gap in gaps), gaps  # 400, as far as clocks agree


@pytest.mark.fresh_page
def test_at_the_top_of_the_page_its_first_section_is_marked(visitor):
    visitor.page.set_viewport_size(PHONE)
    visitor.open(SMALL)
    visitor.press("section-settings")
    marked = visitor.page.locator("#sections [aria-current]")
    expect(marked).to_have_attribute("data-testid", "section-settings")
    visitor.page.evaluate("scrollTo(0, 0)")  # as a tap on a phone's status bar does
    expect(marked).to_have_attribute("data-testid", "section-train")
