"""What Python or the page is made of does not arrive, arrives damaged, or stops on its way."""

import re
import threading

import pytest
from support import MAIN, RUN_STATE, SESSION, WORKER, said, soak, within
from texts import EN
from window import expect

from tools.serve import Handler, start

pytestmark = pytest.mark.fresh_page

FILES = ["pyodide-*/pyodide.asm.wasm", "pyodide-*/python_stdlib.zip", "static/runtime.js", WORKER, SESSION,
         "static/datasets/us-names-2018.txt"]
NOISE = ["404", "falling back", "integrity", "ERR_", "Failed to", "standard library", "Fatal Python error", "fetch",
         "import", "load", "[Ee]rror"]


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("file", "fault"), [
    (FILES[0], "lost"), (SESSION, "404"), ("static/runtime.js", "404"),
    *(soak(file, "404") for file in FILES if file not in (SESSION, "static/runtime.js"))])
def test_a_file_that_cannot_be_had_is_said_and_retry_works_when_it_is_back(visitor, file, fault):
    def break_it(route):
        return route.fulfill(status=404, body="") if fault == "404" else route.abort()

    pattern = f"**/{file}*"
    visitor.page.context.route(pattern, break_it)
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="failed")
    visitor.reads("status", said("status.failed"))
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(4)  # the recording stays
    visitor.page.context.unroute(pattern)
    visitor.press("retry")
    visitor.wait("ready")
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize("button", ["train", soak("step"), soak("reset")])
def test_every_button_starts_python_again_after_a_failure(visitor, button):
    visitor.page.context.route("**/*.wasm", lambda route: route.abort() if "pyodide" in route.request.url
                               else route.continue_())
    visitor.open("num_steps=2&n_embd=4&n_head=2", state="failed")
    visitor.page.context.unroute("**/*.wasm")
    visitor.press(button)
    visitor.wait({"train": "done", "step": "paused", "reset": "ready|paused"}[button])


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("file", "named"), [
    ("pyodide-*/pyodide.asm.wasm", "pyodide.asm.wasm"), soak("pyodide-*/pyodide.js", "pyodide.js"),
    soak("pyodide-*/python_stdlib.zip", "python_stdlib.zip"),
])
def test_a_damaged_file_is_named_and_retry_fetches_it_anew(visitor, file, named):
    def damage(route):
        response = route.fetch()
        route.fulfill(response=response, body=response.body()[:-1] + b"#")

    visitor.page.context.route(f"**/{file}*", damage)
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="failed")
    visitor.reads("status", said("status.damaged", reason=named))
    visitor.page.context.unroute(f"**/{file}*")
    visitor.press("retry")
    visitor.wait("ready")
    visitor.press("train")
    visitor.wait("done")


class Breaking(Handler):
    """A host whose connection breaks in the middle of a file for as long as `how` says so."""

    how, free = "", threading.Event()

    def copyfile(self, source, out):
        if Breaking.how and self.path.endswith("pyodide.asm.wasm"):
            out.write(source.read(1_000_000))
            out.flush()
            if Breaking.how == "stalls":
                Breaking.free.wait(60)
            self.close_connection = True
            return
        super().copyfile(source, out)


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("how", "state", "key"), [
    ("breaks", "failed", "status.failed"), soak("stalls", "silent", "status.stalled")])
def test_a_network_that_goes_in_mid_download_is_said_and_retry_goes_on(visitor, site, how, state, key):
    Breaking.how = how
    Breaking.free.clear()
    server = start(site, handler=Breaking)
    try:
        visitor.page.goto(server.url + "#num_steps=3&n_embd=4&n_head=2")
        visitor.wait(state, 40)
        visitor.reads("status", said(key))
        Breaking.how = ""
        visitor.press("retry")
        visitor.wait("ready")
        visitor.press("train")
        visitor.wait("done")
    finally:
        Breaking.free.set()
        server.shutdown()
        server.server_close()


LOADING = re.compile(re.escape(EN["status.loading"]).replace(r"\ ", r"\s").replace(
    r"\{loaded\}", r"(\d+\.\d)").replace(r"\{total\}", r"(\d+\.\d)"))


class Waiting(Handler):
    """A host that holds back the rest of a file, from its middle on, until it is asked for another one."""

    held, awaited, times, asked = "", "", 1, threading.Semaphore(0)

    def send_head(self):
        if self.path.partition("?")[0] == Waiting.awaited:
            Waiting.asked.release()
        return super().send_head()

    def copyfile(self, source, out):
        if not self.path.partition("?")[0].endswith(Waiting.held):
            return super().copyfile(source, out)
        content = source.read()
        out.write(content[:len(content) // 2])
        out.flush()
        for _ in range(Waiting.times):
            Waiting.asked.acquire(timeout=30)
        out.write(content[len(content) // 2:])


@pytest.fixture
def hold(site):
    """hold(file, until, times): serve the site, but of a file whose name ends so the first half only, until another
    file was asked for so many times; gives the address."""
    servers = []

    def held(file, until, times=1):
        Waiting.held, Waiting.awaited, Waiting.times, Waiting.asked = file, until, times, threading.Semaphore(0)
        servers.append(start(site, handler=Waiting))
        return servers[-1].url

    yield held
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_pages_python_waits_for_the_end_of_the_page(visitor, hold):
    # PyScript asks for the worker's file, and then the page's Python, to see whether it is there.
    visitor.page.goto(hold("/", until=f"/{WORKER}", times=2) + "#num_steps=3&n_embd=4&n_head=2")
    visitor.wait("ready")
    visitor.press("train")
    visitor.wait("done")


def test_the_download_is_told_in_megabytes(visitor, hold):
    visitor.page.add_init_script("""
      window.told = [];
      new MutationObserver(() => told.push(document.querySelector("[data-testid=status]")?.textContent))
        .observe(document, { subtree: true, childList: true });""")
    visitor.page.goto(hold("pyodide.asm.wasm", until="/static/recorded.json"))  # which the page's Python asks for
    visitor.wait("ready")
    told = [LOADING.search(text or "") for text in visitor.page.evaluate("told")]
    loaded = [float(match[1]) for match in told if match]
    assert len(set(loaded)) > 3 and loaded == sorted(loaded)


@pytest.mark.tolerates(*NOISE)
def test_a_second_failure_is_said_too(visitor):
    visitor.page.context.route("**/pyodide.asm.wasm*", lambda route: route.abort())
    visitor.open(state="failed")
    visitor.press("retry")
    visitor.wait("loading")
    visitor.wait("failed")
    visitor.reads("train", said("train"))


@pytest.mark.tolerates(*NOISE, "integrity", "ArrayBuffer instantiation")
@pytest.mark.parametrize(("file", "fault"), [
    ("core.js", "damaged"), soak("core-*.js", "damaged"),
    soak("micropython.js", "damaged"), ("micropython.js", "lost"),
    soak("micropython.wasm", "lost"), (RUN_STATE, "lost"), (RUN_STATE, "portal"), soak(MAIN, "portal"),
    ("static/pyscript.js*", "none"),
])
def test_a_page_without_its_own_python_says_so_and_can_be_loaded_again(visitor, file, fault):
    def break_it(route):
        if fault == "lost":
            return route.abort()
        if fault == "portal":  # a network that has one log in first
            return route.fulfill(body="<!doctype html><title>Log in</title>")
        response = route.fetch()
        route.fulfill(response=response, body=response.body() + b" ")

    if fault == "none":
        visitor.open()
        return expect(visitor.see("incomplete")).to_be_hidden()
    visitor.page.context.route(f"**/{file}*", break_it)
    visitor.page.goto("")
    expect(visitor.see("incomplete")).to_be_visible(timeout=30_000)
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(4)
    visitor.page.context.unroute(f"**/{file}*")
    visitor.press("load-again")
    visitor.wait("ready")
    expect(visitor.see("incomplete")).to_be_hidden()


class Cached(Handler):
    """A host, as most are, whose files browsers need not ask for again; one of them is another text for a while."""

    another = True

    def send_header(self, keyword, value):
        cached = keyword == "Cache-Control" and self.path != "/"
        super().send_header(keyword, "max-age=600" if cached else value)

    def copyfile(self, source, out):
        if Cached.another and self.path.partition("?")[0] == f"/{RUN_STATE}":
            return out.write(b"<".ljust(len(source.read())))
        super().copyfile(source, out)


@pytest.mark.tolerates(*NOISE)
def test_what_came_damaged_and_was_cached_is_asked_for_anew(visitor, site, monkeypatch):
    monkeypatch.setattr(Cached, "another", True)
    server = start(site, handler=Cached)
    try:
        visitor.page.goto(server.url)
        expect(visitor.see("incomplete")).to_be_visible(timeout=30_000)
        Cached.another = False
        visitor.press("load-again")
        visitor.wait("ready")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.tolerates(*NOISE, "integrity")
def test_without_the_chart_everything_else_goes_on(visitor):
    visitor.page.context.route("**/uPlot.esm.js*", lambda route: route.abort())
    visitor.open("num_steps=3&n_embd=4&n_head=2")
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.page.locator("#chart")).to_contain_text(within("chart.missing"))
    assert len(visitor.names()) >= 20
