"""Everyone: what is touched is large enough, text follows the visitor's font size, and nothing moves unasked."""

import pytest
from playwright.sync_api import expect
from test_access import trained

TOO_SMALL = """() => [...document.querySelectorAll("button, select, summary, input")].filter((place) => {
  if (!place.checkVisibility({ visibilityProperty: true }) || place.closest(".cm-editor")) return false;
  const box = (place.type == "checkbox" ? place.closest("label") ?? place : place).getBoundingClientRect();
  const narrow = place.tagName == "BUTTON" && box.width < 43.5;
  return box.height && (box.height < 43.5 || narrow);
}).map((place) => `${place.tagName} ${place.id || place.textContent.trim().slice(0, 30)} ` +
  `${place.getBoundingClientRect().width}x${place.getBoundingClientRect().height}`)"""


def own(visitor):
    trained(visitor)
    visitor.see("own").locator("summary").click()
    visitor.put("own-text", "anna\nbob\nclara\n")
    expect(visitor.see("own-use")).to_be_visible()


STATES = pytest.mark.parametrize("state", [trained, own], ids=lambda state: state.__name__)


@STATES
def test_what_one_touches_is_44_pixels_high(visitor, state):
    state(visitor)
    visitor.page.set_viewport_size({"width": 390, "height": 844})
    assert visitor.page.evaluate(TOO_SMALL) == []


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


def test_nothing_moves_where_less_motion_is_asked_for(visitor):
    visitor.page.emulate_media(reduced_motion="reduce")
    trained(visitor)
    assert visitor.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    assert visitor.page.evaluate("document.getAnimations().length") == 0
    assert visitor.page.evaluate("""() => [...document.querySelectorAll("*")].filter(
      (part) => getComputedStyle(part).transitionDuration.split(", ")
        .some((time) => parseFloat(time) > 0)).length""") == 0
