"""Everyone: touch, large text, magnified windows, less motion, forced colours, live regions, the keyboard alone."""

import re

import pytest
from support import soak
from test_audit import SMALL, trained
from window import expect

TOO_SMALL = """() => [...document.querySelectorAll("button, select, summary, input")].filter((place) => {
  if (!place.checkVisibility({ visibilityProperty: true }) || place.closest(".cm-editor")) return false;
  const box = (place.type == "checkbox" ? place.closest("label") ?? place : place).getBoundingClientRect();
  const narrow = place.tagName == "BUTTON" && box.width < 43.5;
  return box.height && (box.height < 43.5 || narrow);
}).map((place) => `${place.tagName} ${place.id || place.textContent.trim().slice(0, 30)} ` +
  `${place.getBoundingClientRect().width}x${place.getBoundingClientRect().height}`)"""

SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const over = [...document.querySelectorAll("body *")].filter((part) => part.checkVisibility()
    && part.getBoundingClientRect().right > wide + 1);
  return over.slice(0, 8).map((part) => `${part.tagName} ${part.id} ${part.className} ` +
    Math.round(part.getBoundingClientRect().right)).concat("the page is " + document.documentElement.scrollWidth);
}"""



def inside(visitor):
    visitor.page.goto(f"#{SMALL}&view=letter.1.attention")
    expect(visitor.page.locator(".stages [aria-current]")).to_be_visible()


def sharing(visitor):
    visitor.press("share")
    expect(visitor.see("sharing")).to_be_visible()


def own(visitor):
    visitor.see("own").locator("summary").click()
    visitor.put("own-text", "1. anna\n2. bob\n3. clara\n")
    expect(visitor.see("own-use")).to_be_visible()
    expect(visitor.see("own-ways")).to_be_visible()


def editing(visitor):
    visitor.page.locator("#editing summary").click()
    expect(visitor.see("run-edit")).to_be_enabled(timeout=30_000)


def test_what_one_touches_is_44_pixels_high_and_what_is_magnified_scrolls_one_way_only(visitor):
    trained(visitor)
    for come_to in (lambda visitor: None, sharing, own, editing, inside):
        visitor.page.set_viewport_size({"width": 1280, "height": 800})
        visitor.page.evaluate("document.documentElement.style.fontSize = ''")
        come_to(visitor)
        visitor.page.set_viewport_size({"width": 390, "height": 844})
        assert visitor.page.evaluate(TOO_SMALL) == []
        for width, height, size in ((1280, 800, "200%"), (640, 800, "200%"), (320, 256, "100%")):
            visitor.page.set_viewport_size({"width": width, "height": height})
            visitor.page.evaluate("size => document.documentElement.style.fontSize = size", size)
            assert (width, visitor.page.evaluate(SIDEWAYS)) == (width, [])


def test_every_text_grows_with_the_visitors_font_size(visitor):
    trained(visitor)
    sizes = """() => [...document.querySelectorAll("h1, h2, p, button, select, label, summary, th, td b, .hint, .name")]
      .filter((part) => part.checkVisibility()).map((part) => [part.outerHTML.slice(0, 60),
        parseFloat(getComputedStyle(part).fontSize)])"""
    before = visitor.page.evaluate(sizes)
    visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
    after = dict(visitor.page.evaluate(sizes))
    assert [(what, size, after[what]) for what, size in before
            if what in after and size and after[what] < 1.9 * size] == []


@pytest.mark.chromium_only("Firefox's driver changes no such wish of a visitor's")
def test_nothing_moves_where_less_motion_is_asked_for(visitor):
    visitor.page.emulate_media(reduced_motion="reduce")
    trained(visitor)
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert visitor.page.evaluate("document.getAnimations().length") == 0
    assert visitor.page.evaluate("""() => [...document.querySelectorAll("*")].filter(
      (part) => getComputedStyle(part).transitionDuration.split(", ")
        .some((time) => parseFloat(time) > 0)).length""") == 0


@pytest.mark.chromium_only("Firefox's driver changes no such wish of a visitor's")
def test_forced_colours_leave_the_pictures_and_the_focus(visitor):
    visitor.page.emulate_media(forced_colors="active")
    trained(visitor)
    inks = "(cells) => new Set(cells.map((cell) => getComputedStyle(cell).background)).size"
    assert visitor.see("attention").locator("td[data-key]").evaluate_all(inks) > 3
    assert visitor.see("probabilities").locator("td").evaluate_all(inks) > 3
    assert visitor.see("step").evaluate("(button) => getComputedStyle(button).borderTopStyle") == "solid"
    visitor.page.locator("body").press("Tab")
    assert visitor.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_live_regions_speak_at_a_bearable_pace(visitor):
    """One that follows the figures of a training would never be silent. An output is a live region too."""
    visitor.open("num_steps=50000&n_embd=4&n_head=2")
    visitor.page.evaluate("""() => {
      window.spoken = 0;
      const live = ":is([role=status], [role=alert], [aria-live], output):not([aria-live=off])";
      new MutationObserver((changes) => {
        const told = changes.map(({ target }) => (target.closest ?? target.parentElement?.closest).call(
          target.closest ? target : target.parentElement, live)).filter(Boolean);
        spoken += new Set(told).size;
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    }""")
    visitor.press("train")
    visitor.until("() => frames_heard.length >= 40")  # of which each takes a moment to train
    spoken, frames = visitor.page.evaluate("[spoken, frames_heard.length]")
    assert spoken <= frames / 10, f"{spoken} times in {frames} frames"
    visitor.press("train")
    visitor.wait("paused")
    assert visitor.page.evaluate("spoken") > spoken


def test_everything_is_reached_by_the_tab_key_in_reading_order(visitor):
    visitor.open(SMALL)
    visitor.page.locator("body").press("Tab")
    order = ["language", "train", "step", "reset", "engine", "share", "look", "numbers", "temperature", "prefix"]
    reached = []
    while len(reached) < 60 and order[-1] not in reached:
        reached.append(visitor.page.evaluate("() => document.activeElement.id"))
        visitor.page.keyboard.press("Tab")
    assert [place for place in reached if place in order] == order


# Whether the focus lies wholly behind something that stays in place while one scrolls; how far it has come.
BEHIND = """() => {
  const place = document.activeElement, box = place.getBoundingClientRect();
  const points = [0.1, 0.5, 0.9].map((part) => [box.left + box.width / 2, box.top + box.height * part]);
  const seen = points.some(([x, y]) => {
    const top = document.elementFromPoint(x, y);
    return top && (place.contains(top) || top.contains(place));
  });
  return seen || place == document.body ? "" : place.id || place.outerHTML.slice(0, 80);
}"""


@pytest.mark.parametrize("width", [soak(1280), 390])
def test_what_has_the_focus_is_never_hidden_by_what_stays_in_place(visitor, width):
    visitor.page.set_viewport_size({"width": width, "height": 800})
    trained(visitor)
    inside(visitor)
    visitor.press("share")
    expect(visitor.see("sharing")).to_be_visible()
    hidden, reached = [], set()
    for key in ("Tab", "Shift+Tab"):
        visitor.page.evaluate("(first) => (first ? document.getElementById('language') : "
                              "[...document.querySelectorAll('footer a')].at(-1)).focus()", key == "Tab")
        for _ in range(90):
            visitor.page.keyboard.press(key)
            hidden.append(visitor.page.evaluate(BEHIND))
            reached.add(visitor.page.evaluate("document.activeElement.id"))
    assert {"share-link", "look", "setting-seed", "save-run"} <= reached
    assert [place for place in hidden if place] == []


def test_a_control_that_stays_in_sight_takes_the_focus_without_moving_the_page(visitor, browser_name):
    if browser_name == "webkit":
        pytest.xfail("WebKit scrolls to where such a control would be if it did not stay")
    visitor.open()
    visitor.see("setting-seed").focus()
    before = visitor.page.evaluate("scrollY")
    assert before > 200
    visitor.see("train").focus()
    for place in ("step", "reset", "engine", "share"):
        visitor.page.keyboard.press("Tab")
        expect(visitor.see(place)).to_be_focused()
        assert visitor.page.evaluate("scrollY") == before, place


def test_the_keyboard_alone_trains_pauses_looks_inside_and_shares(visitor):
    visitor.let_copy()
    visitor.open("num_steps=2000&n_embd=4&n_head=2")
    keys = visitor.page.keyboard

    def reach(testid, key="Tab"):
        for _ in range(120):
            if visitor.page.evaluate("document.activeElement.dataset.testid") == testid:
                return
            keys.press(key)
        pytest.fail(f"the Tab key doesn't reach {testid}")

    visitor.page.locator("body").press("Tab")
    reach("train")
    keys.press("Enter")
    visitor.wait("training")
    keys.press("Enter")
    visitor.wait("paused")
    reach("inside-letter")
    keys.press("Enter")
    expect(visitor.see("panel")).to_be_visible()
    reach("panel-next")
    before = visitor.page.url
    keys.press("Enter")
    expect(visitor.page).not_to_have_url(before)
    reach("panel-close")
    keys.press("Enter")
    expect(visitor.see("panel")).to_be_hidden()
    reach("setting-seed")
    keys.press("ControlOrMeta+a")
    keys.type("7")
    keys.press("Enter")
    expect(visitor.page).to_have_url(re.compile("seed=7"))
    reach("share", "Shift+Tab")
    keys.press("Enter")
    expect(visitor.see("sharing")).to_be_visible()
