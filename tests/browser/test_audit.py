"""Everyone: an automated audit (axe, WCAG 2.2 AA) of the page in each of its states, in both languages, light and dark,
wide and narrow.

A journey leads through the page and names each state that it comes to; there the page is audited as it stands, without
being loaded again.
"""

import json
import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import TimeoutError
from support import PATIENT, RUN_STATE, put_in_place, soak, within
from window import expect

pytestmark = pytest.mark.fresh_page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = "num_steps=12&n_embd=8&n_head=2"
LONG = "num_steps=50000&n_embd=4&n_head=2&block_size=8"  # is under way for as long as the audits take

# Every pair of language, colours and width.
VIEWS = [("en", "light", 1280), ("en", "dark", 390), ("ko", "dark", 1280), ("ko", "light", 390)]

AUDIT = """async (rules) => {
  const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
  const clear = (node) => {  // it lay half behind the bar that stays in place, as anything does now and then
    const part = document.querySelector(node.target[0]), before = scrollY;
    part.scrollIntoView({ block: "center" });
    const { left, width, top, height } = part.getBoundingClientRect();
    const seen = [top + 2, top + height - 2].every(
      (y) => part.contains(document.elementFromPoint(left + width / 2, y)));
    scrollTo(0, before);
    return seen && Math.min(width, height) >= 24;
  };
  return violations.flatMap((fault) => fault.nodes
    .filter((node) => fault.id != "target-size" || !clear(node)).map((node) =>
    `${fault.id}: ${node.html.slice(0, 140)} ${[...node.any, ...node.all, ...node.none][0]?.message}`));
}"""

# What is seen or said in another language than the page's. Names, code and letters belong to none, and Python's own
# messages, which are English, come in a sentence of the page's.
STRANGE = """() => {
  const foreign = document.documentElement.lang == "ko" ? (text) => /[a-z]{3}/.test(text) && !/[가-힣]/.test(text)
    : (text) => /[가-힣]/.test(text);
  const none = "code, script, style, template, th, td b, option, .name, .listing, .counted td, .difference, " +
    ".lines, .letters-of, .letters, .names-at-hand, .origin, .dice, .formula, .documents, .page h3 b, svg, " +
    "[translate=no]";
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const part = walk.currentNode.parentElement;
    if (foreign(walk.currentNode.data) && !part.closest(none) && part.checkVisibility())
      found.push(`${part.closest("[id]")?.id}: ${walk.currentNode.data.trim().slice(0, 60)}`);
  }
  const shadow = document.getElementById("editor")?.shadowRoot;
  for (const part of [...document.querySelectorAll("*"), ...shadow?.querySelectorAll(".cm-content") ?? []])
    for (const name of ["aria-label", "placeholder", "title", "aria-valuetext"])
      if (part.hasAttribute(name) && foreign(part.getAttribute(name)))
        found.push(`${part.id || part.localName} ${name}: ${part.getAttribute(name).slice(0, 60)}`);
  return found.map((text) => "another language: " + text);
}"""


def speak(visitor, language: str) -> None:
    """Choose a language, with the switch, which a page in another's frame does not show."""
    if visitor.page.locator("html").get_attribute("lang") != language:
        visitor.see("language").select_option(language, force=True)
        expect(visitor.page.locator("html")).to_have_attribute("lang", language)


def strange(visitor) -> list[str]:
    """What is still STRANGE some seconds after the language was chosen: what the worker draws comes anew."""
    try:
        visitor.page.wait_for_function(f"({STRANGE})().length == 0", timeout=10_000)
        return []
    except TimeoutError:
        return visitor.page.evaluate(STRANGE)


def audit(visitor, views=VIEWS) -> list[str]:
    """What is wrong with the page as it stands, in each of these views."""
    if visitor.page.evaluate("typeof axe") == "undefined":
        visitor.page.evaluate(AXE_SCRIPT)
    faults = []
    for language, scheme, width in views:
        speak(visitor, language)
        visitor.page.emulate_media(color_scheme=scheme)
        visitor.page.set_viewport_size({"width": width, "height": 844})
        found = visitor.page.evaluate(AUDIT, RULES) + strange(visitor)
        faults += [f"{language}, {scheme}, {width}: {fault}" for fault in found]
    speak(visitor, "en")
    visitor.page.set_viewport_size({"width": 1280, "height": 844})
    return faults


def see_inside(visitor, address: str) -> None:
    """Look at an address of the panel's."""
    visitor.page.evaluate("(view) => { location.hash = location.hash.replace(/&view=.*|$/, `&view=${view}`) }", address)
    expect(visitor.page).to_have_url(re.compile(f"view={re.escape(address)}"))
    here = visitor.page.locator("#inside-ways [aria-current=true]")
    expect(here).to_have_attribute("data-go", re.compile("^" + address.split(".")[0]), timeout=30_000)


def trained(visitor):
    """Open a small run and train it to its end."""
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("done")


def open_editor(visitor):
    visitor.page.locator("#editing summary").click()
    expect(visitor.see("run-edit")).to_be_enabled(timeout=30_000)


def first_visit(visitor):
    held = []
    visitor.page.route("**/pyodide.asm.wasm*", lambda route: held.append(route))
    visitor.page.goto("#" + LONG)
    visitor.wait("loading")
    expect(visitor.see("train")).to_be_enabled()
    expect(visitor.see("recorded")).to_be_visible()
    yield "loading, with the recording"
    for route in held:
        route.continue_()
    visitor.page.unroute("**/pyodide.asm.wasm*")
    visitor.wait("ready")
    yield "ready"
    visitor.press("train")
    visitor.reads("step-count", re.compile(r"^[1-9]\d+ /"))
    yield "training"
    visitor.press("train")
    visitor.wait("paused")
    visitor.see("history").press("ArrowLeft")
    expect(visitor.see("history-now")).to_be_visible()
    visitor.see("numbers").check()
    yield "paused, looking back, with numbers"
    visitor.press("history-now")
    for address in ("letter.1.attention", "number.loss"):
        see_inside(visitor, address)
        yield f"inside {address}"
    for way in ("step", "name"):
        visitor.press(f"inside-{way}")
        expect(visitor.see("panel").locator(".stages, .names-at-hand").first).to_be_visible()
        expect(visitor.page).to_have_url(re.compile(f"view={way}"))
        yield f"inside {way}"


def shared_and_compared(visitor):
    trained(visitor)
    yield "done"
    visitor.press("share")
    visitor.press("share-code")
    expect(visitor.see("share-code-picture").locator("svg")).to_be_visible()
    yield "sharing, with a QR code"
    visitor.press("share-embed")
    expect(visitor.see("share-link")).to_have_value(re.compile("^<iframe"))
    visitor.press("keep")
    open_editor(visitor)
    visitor.see("experiment").select_option("init")
    visitor.press("run-edit")
    expect(visitor.see("edited")).to_be_visible()
    visitor.wait("done")
    visitor.page.locator("#listing summary").click()
    visitor.press("lines")
    expect(visitor.see("source-counts").locator("tr").first).to_be_visible(timeout=30_000)
    expect(visitor.see("difference").locator("ins")).to_be_visible()
    yield "the frame to share, an edited core, counted lines, two runs"
    visitor.see("editor").locator(".cm-content").press("ControlOrMeta+a")
    visitor.page.keyboard.insert_text("def")
    visitor.press("run-edit")
    expect(visitor.see("edit-note")).to_contain_text("SyntaxError", timeout=30_000)
    visitor.press("lines")
    expect(visitor.page.locator("#source-lines li").first).to_be_visible()
    yield "an error in the edited core, the listing"


def own_and_unusual(visitor):
    visitor.open("seed=nonsense&colour=blue&" + SMALL)
    visitor.press("step")
    visitor.wait("paused")
    visitor.put("prefix", "ß")
    visitor.put("setting-n_embd", "7")
    visitor.see("own").locator("summary").click()
    visitor.put("own-text", "김서연\n이민준\n박지우\n")
    expect(visitor.see("own-use")).to_be_visible()
    yield "own data, seen beforehand; notes on settings and on a link"
    visitor.see("own-file").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"anna\x00\n"})
    expect(visitor.see("own-note")).to_contain_text(within("own.control", line=1), timeout=30_000)
    expect(visitor.see("kept-sum")).to_be_visible(timeout=20_000)
    yield "own data that cannot be used"
    visitor.page.reload()
    visitor.wait("ready")
    expect(visitor.see("kept")).to_be_visible()
    for place in ("update", "update-busy"):  # test_updates.py sees them come; that takes two versions of the site
        visitor.see(place).evaluate("(part) => { part.hidden = false }")
    yield "a kept run and a new version, both offered"
    visitor.page.goto("#num_steps=4&n_embd=4&n_head=1&block_size=8")
    visitor.see("engine").select_option("compiled")
    visitor.reads("status", within("engine.ready"))
    yield "compiled"
    visitor.page.goto("#num_steps=4&n_embd=4&n_head=1&block_size=2&engine=compiled")
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.see("engine-note")).to_be_visible()
    yield "declined"
    visitor.page.goto("#num_steps=40&n_embd=4&n_head=1&learning_rate=10")
    visitor.press("train")
    visitor.wait("broken")
    yield "a loss that is no number"
    visitor.page.goto("#data=own&sha256=0123456789ab&" + SMALL)
    visitor.press("reset")
    visitor.wait("problem")
    yield "data that are missing"


def failing(visitor):
    visitor.page.route("**/pyodide.asm.wasm*", lambda route: route.abort())
    visitor.page.goto("#" + SMALL)
    visitor.wait("failed")
    expect(visitor.see("retry")).to_be_visible()
    yield "failed, with Retry"
    visitor.page.unroute("**/pyodide.asm.wasm*")
    put_in_place(visitor.page.context, PATIENT)
    visitor.page.route("**/pyodide.asm.wasm*", lambda route: None)
    visitor.page.reload()
    visitor.wait("silent")
    yield "silent, with Retry"


def embedded(visitor):
    visitor.open(SMALL + "&embed=1")
    yield "in another page's frame"


JOURNEYS = [soak(first_visit), soak(shared_and_compared), soak(own_and_unusual), failing, embedded]


@pytest.mark.browser_context_args(bypass_csp=True)  # the audit's script comes as a text
@pytest.mark.tolerates("ERR_FAILED|Failed to load|pyodide.asm.wasm|fetch|Error")
@pytest.mark.timeout(400)  # many audits in one, each of some seconds
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_the_audit_finds_no_fault(visitor, journey):
    faults = {}
    for i, state in enumerate(journey(visitor)):  # wide and narrow in turn, each in both languages and both colours
        if found := audit(visitor, VIEWS[i % 2::2]):
            faults[state] = found
    assert not faults, json.dumps(faults, indent=1, ensure_ascii=False)


@pytest.mark.browser_context_args(bypass_csp=True)
@pytest.mark.tolerates("Failed to (load|fetch)|ERR_FAILED|Error")
def test_the_audit_finds_no_fault_where_part_of_the_page_did_not_arrive(visitor):
    visitor.page.route(f"**/{RUN_STATE}*", lambda route: route.abort())
    visitor.page.goto("")
    expect(visitor.see("incomplete")).to_be_visible(timeout=30_000)
    english = [view for view in VIEWS if view[0] == "en"]  # without Python there is no other language
    assert audit(visitor, english) == []


@pytest.mark.chromium_only("Firefox's driver changes no such wish of a visitor's")
@pytest.mark.browser_context_args(bypass_csp=True)
def test_the_audit_finds_a_fault_that_one_view_only_has(visitor):
    visitor.page.set_content("""<html lang="ko"><title>t</title><style>
      @media (max-width: 400px) and (prefers-color-scheme: light) { p { color: #999; background: #fff } }</style>
      <main><h1>t</h1><select data-testid="language" aria-label="l"><option>ko<option>en</select><p>123</p></main>
      <script>document.querySelector("select").onchange = ({ target }) => {
        document.documentElement.lang = target.value }</script>""")
    faults = audit(visitor)
    assert [fault[:36] for fault in faults] == ["ko, light, 390: color-contrast: <p>1"]
