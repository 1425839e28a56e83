"""Hosts, browsers and set-ups of all kinds: the page works there, or says within seconds what is missing."""

import re
import threading

import pytest
from host import ANOTHER_NAME, odd
from support import IS_SAVED, said, soak, within
from texts import EN, KO
from window import expect

pytestmark = pytest.mark.fresh_page

SMALL = "num_steps=3&n_embd=4&n_head=2"
NOISE = ["Failed to load", "MIME type", "ERR_", "instantiation", "wasm streaming", "fetch", "CORS", "[Ee]rror",
         "40[34]", "integrity", "violates", "^no$", "IndexedDB", "falling back"]
HTML = (200, "text/html; charset=utf-8", b"<!doctype html><title>The one page of this host</title>")
OCTETS = "application/octet-stream"


def trains(visitor, url, fragment=SMALL):
    visitor.page.goto(f"{url}#{fragment}")
    visitor.wait("ready")
    visitor.press("train")
    visitor.wait("done")
    assert len(visitor.names()) >= 20 and not visitor.shown("incomplete")


def says(visitor, key, texts=EN, seconds=20, **values):
    """The sentence is there in place of "Loading Python."."""
    visitor.reads("incomplete-note", said(key, texts=texts, **values), seconds)
    expect(visitor.see("incomplete")).to_be_visible()
    expect(visitor.see("status")).to_be_hidden()
    expect(visitor.see("recorded")).to_be_hidden()  # for it has one press what does nothing
    assert visitor.text("load-again") == texts["load-again"]


# ---- What hosts make of a file


@pytest.mark.tolerates("wasm streaming", "instantiation")
@pytest.mark.parametrize("kind", [OCTETS, soak("text/plain"), soak("application/x-unknown; charset=latin1")])
def test_it_works_whatever_a_host_calls_what_is_no_script(visitor, site, kind):
    types = dict.fromkeys((".wasm", ".zip", ".json", ".py", ".txt"), kind) | {
        ".html": "text/html; charset=ISO-8859-1", ".css": "text/css; charset=ISO-8859-1"}
    with odd(site, types=types, adds={"X-Content-Type-Options": "nosniff"}) as url:
        trains(visitor, url)
        assert visitor.text("#names-title") == EN["names.title"] and "“" in visitor.text("section.names .hint")


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("kind", "language"), [(OCTETS, "en"), soak("text/plain", "ko"), soak("text/x-script", "en")])
def test_scripts_of_a_wrong_type_are_named_with_it(visitor, site, kind, language):
    texts = {"en": EN, "ko": KO}[language]
    with odd(site, types={".js": kind}) as url:
        visitor.page.goto(f"{url}#lang={language}")
        says(visitor, "host.type", texts, type=kind)
        assert re.search(r"(static|vendor)/\S+\.js\b", visitor.text("incomplete-note"))


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("answers", "key", "values"), [
    ({".js": HTML}, "host.html", {}),
    ({".py": HTML}, "host.html", {"file": "py/page/main.py"}),
    soak({"i18n.py": (200, "text/plain", HTML[2])}, "host.html", {"file": "py/page/i18n.py"}),
    ({"micropython.wasm": (403, "text/plain", b"no")}, "host.missing", {"status": 403}),
    soak({"pyscript.js": (404, "text/html", b"")}, "host.missing", {"file": "static/pyscript.js", "status": 404}),
    soak({"core.js": (200, "text/javascript", b"export const hooks = 1;")}, "host.damaged", {}),
])
def test_what_comes_in_a_files_place_is_said(visitor, site, answers, key, values):
    with odd(site, answers=answers) as url:
        visitor.page.goto(url)
        says(visitor, key, **values)


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize("file", ["static/pyscript.js", soak("run_state.py"), soak("micropython.wasm")])
def test_what_an_extension_or_a_filter_refuses_is_named(visitor, file):
    visitor.page.context.route(f"**/{file}*", lambda route: route.abort())
    visitor.page.goto("")
    says(visitor, "host.refused")
    assert file in visitor.text("incomplete-note")
    visitor.page.context.unroute(f"**/{file}*")
    visitor.press("load-again")
    visitor.wait("ready")


@pytest.mark.tolerates(*NOISE)
def test_a_file_that_does_not_come_is_named_after_ten_seconds_and_the_page_goes_on_when_it_does(visitor, site):
    free = threading.Event()
    visitor.page.clock.install()
    try:
        with odd(site, answers={"run_state.py": lambda: free.wait(60) and None}) as url:
            visitor.page.goto(url + "#" + SMALL, wait_until="commit")
            visitor.until("() => document.readyState === 'complete'")
            expect(visitor.see("incomplete")).to_be_hidden()
            visitor.page.clock.fast_forward(10_500)
            visitor.page.clock.run_for(8_500)
            says(visitor, "host.stalled", file="py/page/run_state.py")
            free.set()
            visitor.page.clock.resume()
            visitor.wait("ready")
            visitor.gone("incomplete")
            expect(visitor.see("status")).to_be_visible()
    finally:
        free.set()


@pytest.mark.chromium_only("WebKit's driver can ask nothing of a page with such a policy")
@pytest.mark.tolerates(*NOISE)
def test_a_hosts_own_policy_that_forbids_webassembly_is_named(visitor, site):
    with odd(site, adds={"Content-Security-Policy": "script-src 'self'"}) as url:
        visitor.page.goto(url)
        says(visitor, "host.policy", directive="script-src (wasm-eval)")


@pytest.mark.tolerates(*NOISE)
def test_without_its_style_sheet_the_page_works_and_says_so(visitor):
    visitor.page.context.route("**/style.css*", lambda route: route.abort())
    visitor.open(SMALL)
    visitor.reads("incomplete-note", said("host.style", file="static/style.css"))
    visitor.press("train")
    visitor.wait("done")


# ---- Where the page is opened


@pytest.mark.chromium_only("the others know no other name of this machine")
def test_without_https_it_trains_saves_copies_and_offers_the_run_again(visitor, site):
    with odd(site) as url:
        url = url.replace("localhost", ANOTHER_NAME)
        visitor.page.goto(url)
        assert visitor.evaluate("() => !isSecureContext && !crypto.subtle && !navigator.locks && !navigator.clipboard")
        trains(visitor, url, SMALL + "&seed=7")
        visitor.until(IS_SAVED, 3)
        assert not visitor.shown("kept-refused")
        visitor.press("share")
        visitor.reads("status", said("status.shared"))
        visitor.put("prefix", "")
        visitor.evaluate("() => document.getElementById('prefix').focus()")
        visitor.key("Control+v")
        assert visitor.value("prefix") in visitor.page.url and visitor.value("prefix").startswith("http://class")
        visitor.reload()
        visitor.reads("#kept-note", said("kept"))
        visitor.press("kept-go-on")
        visitor.reads("step-count", "3 / 3")


@pytest.mark.chromium_only("the others know no other name of this machine")
@pytest.mark.tolerates(*NOISE)
def test_without_https_a_damaged_file_is_found_all_the_same(visitor, site):
    stdlib = next(site.glob("vendor/pyodide-*/python_stdlib.zip")).read_bytes()
    damaged = stdlib[:1000] + bytes([stdlib[1000] ^ 1]) + stdlib[1001:]
    with odd(site, answers={"python_stdlib.zip": (200, "application/zip", damaged)}) as url:
        visitor.page.goto(url.replace("localhost", ANOTHER_NAME))
        visitor.wait("failed")
        visitor.reads("status", said("status.damaged", reason="python_stdlib.zip"))


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize("cors", [False, soak(True)])
def test_a_sandboxed_frame_says_what_it_needs(visitor, site, cors):
    with odd(site, adds={"Access-Control-Allow-Origin": "*"} if cors else {}) as url:
        visitor.page.goto(url + "LICENSE")
        visitor.page.set_content(f'<iframe sandbox="allow-scripts" width="900" height="700" src="{url}"></iframe>')
        frame = visitor.page.frame_locator("iframe")
        expect(frame.get_by_test_id("incomplete-note")).to_have_text(EN["host.sandbox"])
        expect(frame.locator("body")).to_have_css("max-width", "1440px")  # of the style sheet


@pytest.mark.soak
@pytest.mark.tolerates(*NOISE)
def test_a_frame_that_allows_its_own_origin_trains(visitor, site):
    with odd(site) as url:
        visitor.page.goto(url + "LICENSE")
        visitor.page.set_content(f'''<iframe sandbox="allow-scripts allow-same-origin" width="900" height="700"
                                     src="{url}#{SMALL}"></iframe>''')
        frame = visitor.page.frame_locator("iframe")
        frame.get_by_test_id("train").click()
        expect(frame.get_by_test_id("status")).to_have_attribute("data-state", "done", timeout=60_000)


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize("language", ["en", soak("ko")])
def test_opened_from_a_folder_it_says_how_to_serve_it(visitor, site, language):
    visitor.page.goto(f"file://{site}/index.html#lang={language}")
    says(visitor, "host.file", {"en": EN, "ko": KO}[language])
    expect(visitor.page.locator("body")).to_have_css("max-width", "1440px")


@pytest.mark.chromium_only("other drivers stop the scripts, but their browsers show no noscript")
@pytest.mark.browser_context_args(java_script_enabled=False)
@pytest.mark.tolerates(*NOISE)
def test_without_javascript_a_sentence_asks_for_it(page):
    page.goto("")
    for texts in (EN, KO):
        expect(page.locator("noscript p", has_text=texts["host.noscript"])).to_be_visible()
    for id in ("status", "recorded", "train"):
        expect(page.get_by_test_id(id)).to_be_hidden()


# ---- What browsers lack


@pytest.mark.parametrize(("before", "named"), [
    ("delete Object.hasOwn", "Object.hasOwn"),
    ("delete window.structuredClone; delete Array.prototype.at", "structuredClone, Array.prototype.at"),
    ("delete HTMLScriptElement.prototype.noModule", "JavaScript modules"),
    soak("delete window.fetch", "fetch"), soak("delete window.ResizeObserver", "ResizeObserver"),
    soak("WebAssembly.validate = () => false", "WebAssembly reference types"),
    soak("delete Promise.withResolvers; window.Worker = function () { return { terminate() {} }; }", "module workers"),
])
def test_an_older_browser_is_told_what_it_lacks_before_anything_is_loaded(visitor, before, named):
    loaded = []
    visitor.page.on("request", lambda request: loaded.append(request.url) if "wasm" in request.url else None)
    visitor.page.add_init_script(before)
    visitor.page.goto("")
    says(visitor, "host.old", missing=named, chrome=98, firefox=114, safari=16.4)
    assert loaded == []


def test_promises_that_an_older_browser_lacks_are_made_up_for(visitor, base_url):
    visitor.page.add_init_script("delete Promise.withResolvers")
    trains(visitor, base_url)


def test_webassembly_that_is_switched_off_is_named(visitor):
    visitor.page.add_init_script("delete window.WebAssembly")
    visitor.page.goto("#lang=ko")
    says(visitor, "host.wasm", KO)


WITHHELD = """for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
for (const name of ["locks", "serviceWorker"])
  Object.defineProperty(Navigator.prototype, name, { get() { throw new DOMException("no", "SecurityError"); } });
"""


@pytest.mark.tolerates(r"\bno$")
def test_where_storage_is_withheld_it_trains_and_says_once_that_nothing_is_saved(visitor, base_url):
    visitor.page.add_init_script(WITHHELD)
    trains(visitor, base_url)
    visitor.reads("kept-refused", said("kept.refused"))
    visitor.press("more-names")
    visitor.become(lambda: len(visitor.names()) > 20)
    assert visitor.state() == "done" and not visitor.shown("retry")
    assert not within("status.page").search(visitor.text("status"))
