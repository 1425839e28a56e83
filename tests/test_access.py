"""Everyone: an automated audit (axe, WCAG 2.2 AA) of the page in each of its states, and the keyboard's way."""
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = "num_steps=12&n_embd=8&n_head=2"


def loading(visitor):
    visitor.page.route("**/pyodide.asm.wasm", lambda route: None)  # for ever under way
    visitor.page.goto("#" + SMALL)
    visitor.wait("loading")
    expect(visitor.see("train")).to_be_enabled()


def trained(visitor):
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("done")


def inside(visitor):
    trained(visitor)
    for stage in ("query", "attention", "probabilities"):
        visitor.page.goto(f"#{SMALL}&view=letter.1.{stage}")
        expect(visitor.page.locator(".stages [aria-current]")).to_be_visible()


def source(visitor):
    visitor.open(SMALL)
    visitor.page.locator("#listing summary").click()
    expect(visitor.page.locator("#source-lines li").first).to_be_visible()


def edited(visitor):
    trained(visitor)
    visitor.press("keep")
    visitor.page.locator("#editing summary").click()
    expect(visitor.see("run-edit")).to_be_enabled(timeout=30_000)
    visitor.see("experiment").select_option("init")
    visitor.press("run-edit")
    expect(visitor.see("edited")).to_be_visible()
    visitor.wait("done")
    visitor.page.locator("#listing summary").click()
    visitor.press("lines")
    expect(visitor.see("source-counts").locator("tr").first).to_be_visible(timeout=30_000)
    expect(visitor.see("difference").locator("ins")).to_be_visible()


def failed(visitor):
    visitor.page.route("**/pyodide.asm.wasm", lambda route: route.abort())
    visitor.page.goto("#" + SMALL)
    visitor.wait("failed")


def noted(visitor):
    visitor.open("seed=nonsense&colour=blue&" + SMALL)
    visitor.press("step")
    visitor.wait("paused")
    visitor.put("prefix", "ß")
    visitor.put("setting-n_embd", "7")


def sharing(visitor):
    trained(visitor)
    visitor.press("share")
    visitor.press("share-code")
    expect(visitor.see("share-code-picture").locator("svg")).to_be_visible()


def embedded(visitor):
    visitor.open(SMALL + "&embed=1")


STATES = [loading, trained, inside, source, edited, failed, noted, sharing, embedded]


@pytest.mark.browser_context_args(bypass_csp=True)  # the audit's script comes as a text
@pytest.mark.tolerates("ERR_FAILED|Failed to load|pyodide.asm.wasm|fetch")
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_the_audit_finds_no_fault(visitor, state):
    state(visitor)
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390)):
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.page.set_viewport_size({"width": width, "height": 800})
        violations = Axe().run(visitor.page, options={"runOnly": RULES}).response["violations"]
        assert [(fault["id"], [node["html"][:120] for node in fault["nodes"]][:3]) for fault in violations] == []


def test_everything_is_reached_by_the_tab_key_in_reading_order(visitor):
    visitor.open(SMALL)
    visitor.page.locator("body").press("Tab")
    order = ["language", "train", "step", "reset", "engine", "share", "look", "numbers", "temperature", "prefix"]
    reached = []
    while len(reached) < 60 and order[-1] not in reached:
        reached.append(visitor.page.evaluate("() => document.activeElement.id"))
        visitor.page.keyboard.press("Tab")
    assert [place for place in reached if place in order] == order
