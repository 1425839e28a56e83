"""The panel on the page: where the focus goes, what a screen reader hears, whose numbers it shows, what links open."""
import re

import pytest
from support import pattern, said, within
from test_inspector import numbers
from texts import EN, KO
from window import expect

SMALL = "n_embd=8&n_head=2&block_size=8"


def title(visitor, text: str | re.Pattern):
    expect(visitor.page.locator("#panel-body h3")).to_contain_text(text)


def shown(visitor):
    return numbers(visitor.see("panel-body").inner_html())


def test_the_keyboard_goes_all_the_way_and_a_screen_reader_is_told(visitor):
    visitor.open(SMALL)
    visitor.see("look").fill("emma")
    keys, spoken = visitor.page.keyboard, visitor.page.locator("#panel-said")
    visitor.see("inside-letter").focus()
    keys.press("Enter")
    title(visitor, said("letter.token.title"))
    visitor.see("panel-next").focus()
    top = visitor.see("panel-next").bounding_box()["y"]
    for stage in ("embedding", "query", "attention"):
        keys.press("Enter")
        expect(spoken).to_have_text(f"e: {said(f'letter.{stage}.title')}")
        expect(visitor.see("panel-next")).to_be_focused()
    assert visitor.see("panel-next").bounding_box()["y"] == pytest.approx(top, abs=1)
    keys.press("ArrowRight")
    expect(spoken).to_have_text(f"e: {said('letter.mix.title')}")
    expect(visitor.see("panel-body")).to_match_aria_snapshot(f"""
      - group "{EN["letter.documents"]}":
        - button /{pattern(EN["letter.at-hand"])}/
        - button "emma"
      - group "{EN["letter.letters"]}":
        - button "·"
        - button "e"
        - button "m"
        - button "m"
        - button "a"
      - group "{EN["letter.stages"]}":
        - button "{EN["letter.mix.title"]}"
      - heading "{EN["letter.mix.title"]}" [level=3]
      - paragraph: "{EN["letter.mix"]}"
      - grid "{EN["letter.mixed"]}"
    """)
    cells = visitor.page.locator("#panel-body [role=grid]").first.locator("td")
    cells.first.focus()
    keys.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    value = float(cells.nth(1).get_attribute("data-value"))
    keys.press("Enter")
    title(visitor, within("number.value"))
    expect(visitor.page.locator("#panel-body h3")).to_be_focused()
    text = visitor.page.locator(".facts dd").first.text_content().replace("−", "-")
    assert float(text) == pytest.approx(value, rel=1e-4)
    visitor.see("panel-close").focus()
    keys.press("Enter")
    expect(visitor.see("panel")).to_be_hidden()
    expect(visitor.see("inside-letter")).to_be_focused()
    assert "view=" not in visitor.page.url


def test_a_press_in_the_panel_keeps_the_focus_where_it_was(visitor):
    visitor.open(SMALL + "&view=letter.1.mix")
    title(visitor, said("letter.mix.title"))
    for group, name in ((".stages", said("letter.logits.title")), (".letters", "·"),
                        (".stages", said("letter.choice.title")), (".stages", said("letter.loss.title"))):
        button = visitor.page.locator(f"#panel-body {group} button", has_text=name).first
        button.focus()
        top = visitor.page.evaluate("scrollY")
        visitor.page.keyboard.press("Enter")
        expect(button).to_have_attribute("aria-current", "true")
        expect(button).to_be_focused()
        assert visitor.page.evaluate("scrollY") == top


def test_reset_and_other_settings_bring_the_numbers_of_the_run_that_then_is(visitor, cpython):
    def expected(fragment, steps):
        session = cpython(fragment, steps)[0]
        session.run.read(session.document())
        return [p.data for p in session.run.probabilities[1]]

    def show(numbers):
        first = f"{numbers[0]:.6g}"
        visitor.page.locator(f'#panel-body td[data-value="{first}"]').first.wait_for()
        assert list(shown(visitor).values()) == pytest.approx(numbers, rel=1e-5)

    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    visitor.page.evaluate("location.hash += '&view=letter.1.probabilities'")
    show(expected(SMALL, 1))
    visitor.press("step")
    expect(visitor.page.locator("#panel-again")).to_be_visible()
    visitor.press("panel-close")
    expect(visitor.see("panel")).to_be_hidden()
    visitor.back()
    show(expected(SMALL, 2))
    visitor.press("reset")
    show(expected(SMALL, 0))
    expect(visitor.page.locator("#panel-step")).to_have_text(said("inside.step", step=0))
    visitor.put("setting-seed", "7")
    show(expected(SMALL + "&seed=7", 0))


def test_an_invented_name_is_followed_by_a_press(visitor):
    visitor.open(SMALL)
    visitor.press("step")
    visitor.wait("paused")
    name = next(name for _, name in visitor.names() if len(name) > 2)
    visitor.press("inside-letter")
    visitor.page.locator(".documents button", has_text=re.compile(f"^{name}$")).click()
    expect(visitor.page.locator(".letters button")).to_have_text(["·", *name[:7]])
    expect(visitor.see("look")).to_have_value(name)
    visitor.page.locator(".documents button").first.click()
    expect(visitor.see("look")).to_have_value("")


@pytest.mark.fresh_page
def test_the_panel_speaks_the_language_that_is_chosen(visitor):
    visitor.open(SMALL + "&view=letter.1.loss&lang=ko")
    title(visitor, KO["letter.loss.title"])
    visitor.see("language").select_option("en")
    title(visitor, EN["letter.loss.title"])


@pytest.mark.parametrize(("view", "text"), [
    ("letter", EN["letter.token.title"]), ("letter.2.attention", EN["letter.attention.title"]),
    ("letter.99.loss", EN["letter.loss.title"]), ("number.loss", EN["number.loss"]),
    ("number.lm_head.0.1.nudge", "lm_head"), ("number.9.all", within("number.value", n=9)),
    ("step", EN["step.document.title"]), ("step.wte.26.0.update", EN["step.update.title"])])
def test_a_link_opens_any_part(visitor, view, text):
    visitor.open(SMALL + "&view=" + view)
    title(visitor, text)
    expect(visitor.see("panel")).to_be_in_viewport()


@pytest.mark.parametrize("name", ["names", "settings", "words", "source"])
def test_a_link_shows_a_section(visitor, name):
    visitor.open(f"{SMALL}&view={name}")
    expect(visitor.page.locator(f"main section.{name} h2")).to_be_focused()
    expect(visitor.page.locator(f"main section.{name} h2")).to_be_in_viewport()
    expect(visitor.see("panel")).to_be_hidden()
    visitor.page.reload()
    visitor.wait("ready")
    expect(visitor.page.locator(f"main section.{name} h2")).to_be_focused()


def test_the_link_to_the_source_keeps_the_settings(visitor):
    visitor.open(SMALL)
    visitor.page.locator("header a").click()
    expect(visitor.page.locator("#source h2")).to_be_in_viewport()
    expect(visitor.see("setting-n_embd")).to_have_value("8")
    assert visitor.page.url.endswith(SMALL + "&view=source")
    expect(visitor.see("ignored")).to_be_hidden()


@pytest.mark.parametrize("view", ["nonsense", "%3Cb%3Ex", "letter.-1", "number.wte.0.99", "step..", "__init__", "..",
                                  "%22%5D%20*"])
def test_nonsense_in_a_link_gets_a_quiet_sentence(visitor, view):
    visitor.open(f"{SMALL}&view={view}", "ready|paused")
    visitor.reads("ignored", said("inside.nowhere"))
    expect(visitor.see("panel")).to_be_hidden()
    visitor.press("step")
    visitor.wait("paused")
