"""Everyone: the page as a screen reader has it, by roles and names alone, in both languages."""

import re

import pytest
from support import said, within
from test_audit import SMALL, speak, trained
from texts import EN, KO
from window import expect

LANGUAGES = pytest.mark.parametrize(("language", "words"), [
    pytest.param("en", EN, id="English"),
    pytest.param("ko", KO, id="Korean", marks=pytest.mark.soak),
])
SPOKEN = "button|link|textbox|combobox|checkbox|slider|spinbutton|progressbar|table|grid|img|region"


def outline(visitor) -> list[int]:
    """The levels of the headings that are there, in their order."""
    tree = visitor.page.locator("body").aria_snapshot()
    return [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", tree)]


def nameless(visitor) -> list[str]:
    """What has a role that wants a name, and has none."""
    tree = visitor.page.locator("body").aria_snapshot().split("\n")
    return [line.strip() for line in tree if re.match(rf"\s*- ({SPOKEN})(?! ['\"])\b", line)]


@LANGUAGES
def test_from_opening_to_a_trained_models_names(visitor, language, words):
    page = visitor.page
    visitor.open(f"{SMALL}&lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("banner").get_by_role("heading", level=1)).to_have_text(words["title"])
    for landmark in ("banner", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    training = page.get_by_role("main").get_by_role("region").first
    status = training.get_by_role("status")
    expect(status.filter(has_text=within("status.ready", texts=words))).to_be_visible()
    training.get_by_role("button", name=words["train"], exact=True).press("Enter")
    expect(status.filter(has_text=within("status.done", texts=words))).to_be_visible(timeout=60_000)
    expect(training.get_by_role("button", name=words["go-on"], exact=True)).to_be_visible()

    loss = page.get_by_role("region", name=words["loss.title"])
    expect(loss.get_by_role("heading", name=words["loss.title"])).to_be_visible()
    expect(loss.get_by_role("img", name=within("chart.summary", texts=words, step=12))).to_be_visible()
    expect(loss.get_by_text(re.compile(r"^\d\.\d{1,2}$"))).to_be_visible()

    chances = page.get_by_role("table", name=words["next.title"]).get_by_role("row")
    assert chances.count() > 3
    expect(chances.first.get_by_role("rowheader")).to_have_text("·")
    expect(chances.first.get_by_role("cell")).to_have_count(5)
    expect(chances.first.locator("[aria-current=true]")).to_have_text(re.compile(r"^\D\d+$"))

    head = page.get_by_role("table", name=words["head"].format(n=2))
    assert len(head.get_by_role("columnheader").all()) == chances.count() == head.get_by_role("rowheader").count()
    cells = head.get_by_role("row").nth(3).get_by_role("cell")
    expect(cells).to_have_count(3)
    shares = [int(cell.inner_text() or cell.text_content()) for cell in cells.all()]
    assert 98 <= sum(shares) <= 102

    names = page.get_by_role("list", name=words["names.title"])
    assert names.get_by_role("listitem").count() >= 20
    names.focus()
    page.keyboard.press("ArrowDown")
    name = names.get_by_role("button").first
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name=words["name.letters"])).to_be_visible()
    assert nameless(visitor) == []
    levels = outline(visitor)
    assert levels[0] == 1 and levels.count(1) == 1 and all(b <= a + 1 for a, b in zip(levels, levels[1:]))


def test_what_is_chosen_is_read_out_and_what_opens_says_so_and_gives_the_focus_back(visitor):
    """One trained page, looked at as each of these has it."""
    trained(visitor)
    one_cell_of_attention_is_read_out_when_it_is_chosen_and_only_then(visitor)
    looking_inside_takes_the_focus_along_and_gives_it_back(visitor)
    what_opens_says_that_it_is_open(visitor)


def one_cell_of_attention_is_read_out_when_it_is_chosen_and_only_then(visitor):
    reading = visitor.see("reading")
    expect(reading).to_have_attribute("aria-live", "off")  # pictures that change by themselves say nothing
    visitor.see("attention").locator("[tabindex='0']").focus()
    visitor.page.keyboard.press("ArrowUp")
    visitor.page.keyboard.press("ArrowLeft")
    before = reading.text_content()
    visitor.page.keyboard.press("ArrowDown")
    expect(reading).to_have_attribute("aria-live", "polite")
    expect(reading).not_to_have_text(before)
    share = visitor.page.evaluate("document.activeElement.textContent")
    expect(reading).to_contain_text(re.compile(rf"\b{share}\s?%"))
    expect(visitor.page.locator("td:focus")).to_have_role("cell")


def looking_inside_takes_the_focus_along_and_gives_it_back(visitor):
    page = visitor.page
    inside = page.get_by_role("region", name=EN["inside.title"])
    opener = inside.get_by_role("button", name=EN["inside.letter"])
    opener.press("Enter")
    expect(inside.get_by_role("heading", name=EN["letter.token.title"], level=3)).to_be_visible()
    expect(opener).to_be_focused()  # what was pressed stays where it is, above what it opened
    expect(opener).to_have_attribute("aria-current", "true")
    expect(page.locator("#panel-said")).to_have_text(re.compile(f": {EN['letter.token.title']}$"))
    stage = inside.get_by_role("group", name=EN["letter.stages"]).get_by_role(
        "button", name=EN["letter.attention.title"])
    stage.press("Enter")
    expect(stage).to_be_focused()
    expect(stage).to_have_attribute("aria-current", re.compile("."))
    cell = inside.get_by_role("grid").last.get_by_role("gridcell").and_(page.locator("[tabindex='0']"))
    cell.focus()
    page.keyboard.press("Enter")
    expect(inside.get_by_role("heading", level=3)).to_be_focused()
    assert nameless(visitor) == []
    inside.get_by_role("button", name=EN["panel.close"]).press("Enter")
    expect(opener).to_be_focused()
    expect(visitor.see("panel")).to_be_hidden()


def what_opens_says_that_it_is_open(visitor):
    page = visitor.page
    share = page.get_by_role("button", name=EN["share"], exact=True)
    expect(share).to_have_attribute("aria-expanded", "false")
    share.press("Enter")
    choice = page.get_by_role("group", name=EN["share.choice"])
    expect(choice.get_by_role("textbox", name=EN["share.link"])).to_be_visible()
    expect(share).to_have_attribute("aria-expanded", "true")
    expect(choice.get_by_role("button", name=within("share.replay"))).to_have_attribute("aria-pressed", "true")
    choice.get_by_role("button", name=EN["share.code"], exact=True).press("Enter")
    expect(choice.get_by_role("img", name=EN["share.code.label"])).to_be_visible()
    choice.get_by_role("button", name=EN["share.close"]).press("Enter")
    expect(share).to_be_focused()
    expect(share).to_have_attribute("aria-expanded", "false")
    for part in ("own", "listing", "editing"):
        disclosure = page.locator(f"#{part}")
        disclosure.locator("summary").press("Enter")
        expect(disclosure).to_have_attribute("open", "")
    expect(page.get_by_role("textbox", name=EN["edit.title"])).to_be_visible(timeout=30_000)
    speak(visitor, "ko")
    expect(page.get_by_role("textbox", name=KO["edit.title"])).to_be_visible()
    assert nameless(visitor) == []
    for part in ("own", "listing", "editing"):
        page.locator(f"#{part} summary").press("Enter")
        expect(page.locator(f"#{part}")).not_to_have_attribute("open", "")


@pytest.mark.fresh_page
@pytest.mark.tolerates(r"^Error \(.*pyscript\.js", "ERR_FAILED|Failed to load|pyodide.asm.wasm|fetch")
def test_what_went_wrong_is_announced_and_retry_leaves_the_focus_by_it(visitor):
    page = visitor.page
    page.route("**/pyodide.asm.wasm*", lambda route: route.abort())
    page.goto("#" + SMALL)
    status = page.get_by_role("status").filter(has_text=within("status.failed"))
    expect(status).to_be_visible(timeout=60_000)
    page.unroute("**/pyodide.asm.wasm*")
    page.get_by_role("button", name=EN["retry"]).press("Enter")
    expect(page.get_by_role("button", name=EN["retry"])).to_be_hidden()
    expect(page.get_by_role("button", name=EN["train"], exact=True)).to_be_focused()
    visitor.wait("ready")


@pytest.mark.fresh_page
def test_what_goes_when_it_is_pressed_hands_the_focus_on(visitor):
    page = visitor.page
    visitor.open(SMALL)
    for step in (1, 2, 3):
        page.get_by_role("button", name=EN["step"], exact=True).press("Enter")
        visitor.reads("step-count", f"{step} / 12")
    slider = page.get_by_role("slider", name=EN["past"])
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", said("past.step"))
    page.get_by_role("button", name=EN["past.back"]).press("Enter")
    expect(slider).to_be_focused()
    expect(slider).to_have_attribute("aria-valuetext", said("past.now"))
    expect(visitor.see("kept-sum")).to_have_text(said("kept.sum", count=1), timeout=20_000)
    page.reload()
    expect(page.get_by_role("status").filter(has_text=within("kept"))).to_be_visible(timeout=60_000)
    page.get_by_role("button", name=EN["kept.go-on"], exact=True).press("Enter")
    visitor.reads("step-count", re.compile("^[1-3] / 12"))  # what was kept last
    expect(page.get_by_role("button", name=EN["train"], exact=True)).to_be_focused()
