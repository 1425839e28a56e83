"""When things go wrong: the page says what happened and what to do, keeps what it has, and goes on without a reload."""

import re
import threading

import pytest
from playwright.sync_api import expect
from recipe import parse
from session import Session

from tools.serve import Handler, start

SMALL = "num_steps=39&n_embd=8&n_head=2"  # so few steps that each invents names
KILL = "setTimeout(() => self.close())"  # in the worker: it ends, and answers nothing any more
HANG = "setTimeout(() => { while (true); })"


def die(visitor, how: str = KILL) -> None:
    """End the worker from within, as a browser does that needs its memory."""
    visitor.page.workers[-1].evaluate(how)


def whole_run(cpython, fragment: str) -> tuple[list, list]:
    """The points of an undisturbed run, and its names as the page lists them."""
    session, frame = cpython(fragment)
    names = session.last_names(20, True) + frame["names"][::-1]
    return frame["points"], [(step, name) for step, name, _ in names]


# ---- Python does not come

FILES = ["pyodide-*/pyodide.asm.wasm", "pyodide-*/python_stdlib.zip", "static/runtime.mjs", "py/worker.py",
         "py/session.py", "static/datasets/us-names-2018.txt"]
NOISE = ["404", "falling back", "ERR_", "Failed to", "standard library", "Fatal Python error", "fetch", "import",
         "load", "[Ee]rror"]


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("file", "fault"), [*((file, "404") for file in FILES), (FILES[0], "lost")])
def test_a_file_that_cannot_be_had_is_said_and_retry_works_when_it_is_back(visitor, file, fault):
    def break_it(route):
        return route.fulfill(status=404, body="") if fault == "404" else route.abort()

    pattern = f"**/{file}*"
    visitor.page.context.route(pattern, break_it)
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="failed")
    expect(visitor.see("status")).to_contain_text("Python could not be loaded")
    expect(visitor.see("status")).to_contain_text("press Retry")
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(4)  # the recording stays
    visitor.page.context.unroute(pattern)
    visitor.press("retry")
    visitor.wait("ready")
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize("button", ["train", "step", "reset"])
def test_every_button_starts_python_again_after_a_failure(visitor, button):
    visitor.page.context.route("**/*.wasm", lambda route: route.abort() if "pyodide" in route.request.url
                               else route.continue_())
    visitor.open("num_steps=2&n_embd=4&n_head=2", state="failed")
    visitor.page.context.unroute("**/*.wasm")
    visitor.press(button)
    visitor.wait({"train": "done", "step": "paused", "reset": "ready|paused"}[button])


@pytest.mark.tolerates(*NOISE)
@pytest.mark.parametrize(("file", "named"), [
    ("pyodide-*/pyodide.asm.wasm", "pyodide.asm.wasm"), ("pyodide-*/pyodide.mjs", "pyodide.mjs"),
    ("pyodide-*/python_stdlib.zip", "python_stdlib.zip"),
])
def test_a_damaged_file_is_named_and_retry_fetches_it_anew(visitor, file, named):
    def damage(route):
        response = route.fetch()
        route.fulfill(response=response, body=response.body()[:-1] + b"#")

    visitor.page.context.route(f"**/{file}", damage)
    visitor.open("num_steps=3&n_embd=4&n_head=2", state="failed")
    visitor.reads("status", f"{named} arrived damaged: its bytes are not those that this page was built with. "
                            "Press Retry to fetch it anew; nothing is lost.")
    visitor.page.context.unroute(f"**/{file}")
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
@pytest.mark.parametrize(("how", "state", "said"), [
    ("breaks", "failed", "Python could not be loaded"), ("stalls", "silent", "Nothing of Python has arrived for 2")])
def test_a_network_that_goes_in_mid_download_is_said_and_retry_goes_on(visitor, site, monkeypatch, how, state, said):
    monkeypatch.setattr("tools.serve.Handler", Breaking)
    Breaking.how = how
    Breaking.free.clear()
    server = start(site)
    try:
        visitor.page.goto(server.url + "#num_steps=3&n_embd=4&n_head=2")
        visitor.wait(state, 40)
        expect(visitor.see("status")).to_contain_text(said)
        Breaking.how = ""
        visitor.press("retry")
        visitor.wait("ready")
        visitor.press("train")
        visitor.wait("done")
    finally:
        Breaking.free.set()
        server.shutdown()
        server.server_close()


@pytest.mark.tolerates(*NOISE)
def test_a_second_failure_is_said_too(visitor):
    visitor.page.context.route("**/pyodide.asm.wasm", lambda route: route.abort())
    visitor.open(state="failed")
    visitor.press("retry")
    visitor.wait("loading")
    visitor.wait("failed")
    visitor.reads("train", "Train")


@pytest.mark.tolerates(*NOISE, "integrity", "ArrayBuffer instantiation")
@pytest.mark.parametrize(("file", "fault"), [
    ("core.js", "damaged"), ("core-*.js", "damaged"), ("micropython.mjs", "damaged"), ("micropython.mjs", "lost"),
    ("micropython.wasm", "lost"), ("py/tab.py", "lost"), ("static/pyscript.mjs*", "none"),
])
def test_a_page_without_its_own_python_says_so_and_can_be_loaded_again(visitor, file, fault):
    def break_it(route):
        if fault == "lost":
            return route.abort()
        response = route.fetch()
        route.fulfill(response=response, body=response.body() + b" ")

    if fault == "none":
        visitor.open()
        return expect(visitor.see("incomplete")).to_be_hidden()
    visitor.page.context.route(f"**/{file}", break_it)
    visitor.page.goto("")
    expect(visitor.see("incomplete")).to_be_visible(timeout=30_000)
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(4)
    visitor.page.context.unroute(f"**/{file}")
    visitor.press("load-again")
    visitor.wait("ready")
    expect(visitor.see("incomplete")).to_be_hidden()


@pytest.mark.tolerates(*NOISE)
def test_without_the_chart_everything_else_goes_on(visitor):
    visitor.page.context.route("**/uPlot.esm.js", lambda route: route.abort())
    visitor.open("num_steps=3&n_embd=4&n_head=2")
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.page.locator("#chart")).to_contain_text("can’t be drawn here")
    assert len(visitor.names()) >= 20


# ---- The worker dies


def trained_a_little(visitor, fragment: str) -> None:
    """Open a link and train until there are some steps and a saved state."""
    visitor.open(fragment)
    visitor.press("train")
    expect(visitor.see("step-count")).to_have_text(re.compile(r"^([5-9]|\d\d) / "), timeout=30_000)


@pytest.mark.parametrize("how", [KILL, HANG], ids=["killed", "hung"])
def test_a_worker_that_is_dead_or_hangs_is_noticed_and_retry_goes_on_to_the_same_end(visitor, cpython, how):
    points, names = whole_run(cpython, SMALL)
    trained_a_little(visitor, SMALL)
    die(visitor, how)
    visitor.wait("silent", 20)
    expect(visitor.see("status")).to_contain_text(re.compile(r"has not answered for 1\d seconds"))
    assert visitor.names() and re.fullmatch(r"\d\.\d{3}", visitor.see("loss").text_content())
    visitor.press("retry")
    visitor.wait("done")
    expect(visitor.see("retry")).to_be_hidden()
    last = dict(zip(*visitor.points()[:2], strict=True))  # what came again replaces what came before
    assert [last[step] for step in points[0]] == points[1]
    visitor.reads("loss", f"{points[2][-1]:.3f}")
    assert visitor.names() == names  # none is lost, and none is there twice


def test_reset_begins_anew_when_the_worker_is_dead(visitor):
    trained_a_little(visitor, SMALL)
    die(visitor)
    visitor.wait("silent", 20)
    visitor.press("reset")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.parametrize("button", ["retry", "reset"])
def test_a_worker_that_dies_on_its_way_is_noticed_and_started_again(visitor, button):
    visitor.page.context.route("**/python_stdlib.zip", lambda route: None)
    visitor.page.goto("#" + SMALL)
    expect(visitor.see("status")).to_contain_text(" MB", timeout=30_000)
    die(visitor)
    visitor.page.context.unroute("**/python_stdlib.zip")
    visitor.wait("silent", 40)
    visitor.reads("status", re.compile("^Nothing of Python has arrived for 2[0-9] seconds. It may still; Retry"))
    visitor.press(button)
    visitor.wait("ready|paused")
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")


# Runs before the page: ends the worker at the moment when the page says that it is at something.
KILL_WHEN = """
const kept = [], Real = Worker;
window.Worker = class extends Real { constructor(...given) { super(...given); kept.push(this); } };
let killed = false;
const look = () => {
  if (killed || !document.getElementById("status").textContent.includes("SAID")) return;
  killed = true;
  kept.at(-1).terminate();
};
addEventListener("DOMContentLoaded", () => new MutationObserver(look).observe(
  document.getElementById("status"), { childList: true, characterData: true, subtree: true }));
"""
BUSY = {  # what the worker is at when it dies: the link, and what the page says by then
    "compiling": (SMALL + "&engine=compiled", "Compiling the graph"),
    "naming": (SMALL, "All steps are done"),
}


@pytest.mark.parametrize("moment", BUSY)
def test_a_worker_that_dies_while_it_compiles_or_names_is_started_again_and_ends_the_same(visitor, cpython, moment):
    fragment, said = BUSY[moment]
    session, frame = cpython(fragment)
    visitor.page.add_init_script(KILL_WHEN.replace("SAID", said))
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("silent", 40)
    visitor.press("retry")
    visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in frame["points"][0]] == frame["points"][1]
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]


def test_a_worker_that_dies_while_one_looks_inside_or_back_is_started_again(visitor, cpython):
    points, names = whole_run(cpython, SMALL)
    trained_a_little(visitor, SMALL)
    visitor.press("train")
    visitor.wait("paused")
    step = visitor.step()
    for look in ("past", "inside"):  # what was kept to look back at begins anew with the worker
        die(visitor)
        if look == "inside":
            visitor.press("inside-letter")
        else:
            visitor.see("history").fill("2")
        visitor.wait("silent", 20)
        assert visitor.step() == step
        visitor.press("retry")
        visitor.wait("ready|paused")
        assert visitor.step() == step
        expect(visitor.see("retry")).to_be_hidden()
    visitor.press("inside-letter")
    expect(visitor.see("panel")).to_be_visible(timeout=30_000)
    visitor.press("train")
    visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1]
    assert visitor.names() == names


# ---- Time


REMEMBER_STATES = """
addEventListener("DOMContentLoaded", () => {
  window.states = [], window.sentences = [];
  const status = document.getElementById("status");
  new MutationObserver(() => states.push(status.dataset.state)).observe(status, { attributes: true });
  new MutationObserver(() => sentences.push(status.textContent)).observe(status, { childList: true });
});"""


def test_after_an_hour_asleep_nothing_is_taken_for_silence(visitor, cpython):
    points, names = whole_run(cpython, SMALL)
    visitor.page.add_init_script(REMEMBER_STATES)
    visitor.page.clock.install()
    trained_a_little(visitor, SMALL)
    visitor.page.clock.fast_forward("01:00:00")  # timers that are due run once, as after a sleep
    visitor.wait("done")
    states = visitor.page.evaluate("states")
    assert "training" in states and "silent" not in states and "failed" not in states
    assert visitor.points() == points and visitor.names() == names


HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# The steps of the runs that are kept in the browser.
KEPT_STEPS = """() => new Promise((done) => {
  indexedDB.open("keyval-store").onsuccess = ({ target: { result: db } }) => {
    const all = db.transaction("keyval").objectStore("keyval").getAll();
    all.onsuccess = () => { db.close(); done(all.result.map((entry) => entry.step)); };
  };
})"""


@pytest.mark.chromium_only("no other browser's driver freezes a page")
def test_a_tab_that_is_hidden_for_an_hour_trains_on_unseen_and_shows_the_present_on_return(visitor, cpython):
    fragment = "num_steps=400&n_embd=8&n_head=2&block_size=8"
    page = visitor.page
    page.add_init_script(REMEMBER_STATES)
    page.clock.install()
    page.context.route("**/py/kept.py", lambda route: route.fulfill(  # else it may be kept just before by itself
        body=route.fetch().text().replace("LOOK_MS, EVERY_MS = 1000, ", "LOOK_MS, EVERY_MS = 1000, 1000 * ")))
    trained_a_little(visitor, fragment)
    expect(visitor.see("kept-all")).to_be_hidden()
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(2)  # the run's own
    visitor.see("attention").evaluate("""(place) => {
      new MutationObserver(() => { place.dataset.drawn = "yes"; }).observe(place, { childList: true, subtree: true });
    }""")
    page.evaluate(HIDE, True)
    step = visitor.step()
    expect(visitor.see("kept-sum")).to_contain_text(": 1,")
    assert step <= page.evaluate(KEPT_STEPS)[0]  # saved when it was hidden
    visitor.see("attention").evaluate("(place) => { delete place.dataset.drawn; }")
    step = visitor.step()
    expect(visitor.see("step-count")).not_to_have_text(f"{step} / 400")
    freezing = page.context.new_cdp_session(page)
    freezing.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.clock.fast_forward("01:00:00")
    freezing.send("Page.setWebLifecycleState", {"state": "active"})
    step = visitor.step()
    expect(visitor.see("step-count")).not_to_have_text(f"{step} / 400")
    expect(visitor.see("attention")).not_to_have_attribute("data-drawn", "yes")
    page.evaluate(HIDE, False)
    expect(visitor.see("attention")).to_have_attribute("data-drawn", "yes")
    page.evaluate(HIDE, True)
    visitor.press("train")
    visitor.wait("paused|done")
    visitor.see("attention").evaluate("(place) => { delete place.dataset.drawn; }")
    page.evaluate(HIDE, False)
    expect(visitor.see("attention")).to_have_attribute("data-drawn", "yes")
    session, _ = cpython(fragment, visitor.step())
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(session.view())
    assert len(visitor.names()) <= 400 and not {"silent", "failed"} & set(page.evaluate("states"))
    points, names = whole_run(cpython, fragment)
    if visitor.step() < 400:
        visitor.press("train")
        visitor.wait("done")
    assert visitor.points() == points and visitor.names() == names


# Makes the worker wait for as long as a test keeps a request waiting: in the step after the third,
WAIT = """
def wait():
    from js import XMLHttpRequest
    request = XMLHttpRequest.new()
    request.open("GET", "ADDRESS", False)
    request.send()
"""
SLOW = WAIT + """
def slow(self, budget_ms, *arguments, train=Session.train):
    if self.run.step == 3:
        wait()
    return train(self, 0, *arguments)
Session.train = slow
"""
# or when the page asks for the run's state.
SLOW_STATE = WAIT + """
def state(really=state):
    wait()
    return really()
"""


@pytest.fixture
def slow(visitor, base_url):
    """A visitor in the middle of a step that does not end, the clock in hand; and the request that it waits for."""
    waiting = []
    visitor.page.context.route("**/py/worker.py", lambda route: route.fulfill(
        body=route.fetch().text() + SLOW.replace("ADDRESS", base_url + "slow")))
    visitor.page.context.route("**/py/tab.py", lambda route: route.fulfill(
        body=route.fetch().text().replace("\nLARGE = ", "\nLARGE = 0 * ")))
    visitor.page.context.route("**/slow", lambda route: waiting.append(route))
    visitor.page.add_init_script(REMEMBER_STATES)
    visitor.page.clock.install()
    visitor.open(SMALL)
    visitor.press("train")
    visitor.reads("step-count", "3 / 39")
    yield visitor, waiting
    for route in waiting:  # whose worker was ended
        route.abort()


def test_a_step_that_takes_minutes_is_said_to_pauses_at_its_end_and_nothing_is_ended(slow, cpython):
    visitor, waiting = slow
    visitor.page.clock.run_for(12_000)
    visitor.wait("silent")
    expect(visitor.see("status")).to_contain_text(re.compile(r"A step of so large a model takes its time: 1\d seconds"))
    visitor.page.clock.run_for(180_000)
    expect(visitor.see("status")).to_contain_text("takes its time: 3 minutes so far")
    said = visitor.page.evaluate("sentences.filter((sentence) => sentence.includes('takes its time'))")
    assert len(said) <= 9  # now and then, for the sake of those who listen: at 11, 20, 30, ... 60, 120, 180 seconds
    visitor.press("train")  # Pause
    visitor.page.clock.run_for(2_000)
    expect(visitor.see("status")).to_contain_text("It pauses when the step under way is done: 3 minutes so far.")
    visitor.reads("train", "Train")
    waiting.pop().fulfill(body="")
    visitor.reads("status", "Paused at step 4.")
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")
    points, names = whole_run(cpython, SMALL)
    assert visitor.points() == points and visitor.names() == names


def test_pause_is_heard_when_the_last_frame_is_here_and_the_state_on_its_way(visitor, base_url):
    waiting = []
    visitor.page.add_init_script("delete Window.prototype.indexedDB")  # so that nothing else asks for the state
    visitor.page.context.route("**/py/worker.py", lambda route: route.fulfill(
        body=route.fetch().text() + SLOW_STATE.replace("ADDRESS", base_url + "slow")))
    visitor.page.context.route("**/slow", lambda route: waiting.append(route))
    visitor.open(SMALL.replace("39", "5000"))
    visitor.press("train")
    visitor.become(lambda: waiting)
    visitor.press("train")  # Pause
    visitor.reads("train", "Train")
    visitor.reads("status", re.compile("^It pauses when the step under way is done"))
    visitor.page.context.route("**/slow", lambda route: route.fulfill(body=""))
    waiting.pop().fulfill(body="")
    visitor.reads("status", re.compile(r"^Paused at step \d+\.$"))
    step = visitor.step()
    visitor.press("step")
    visitor.reads("status", f"Paused at step {step + 1}.")


@pytest.mark.parametrize("button", ["reset", "retry"])
def test_a_step_that_takes_minutes_can_be_ended(slow, cpython, button):
    visitor, waiting = slow
    if button == "retry":
        visitor.page.clock.run_for(12_000)
    visitor.page.context.unroute("**/slow")
    visitor.page.context.route("**/slow", lambda route: route.fulfill(body=""))
    visitor.press(button)
    visitor.page.clock.run_for(2_000)
    if button == "reset":
        visitor.reads("step-count", "0 / 39")
        visitor.wait("ready|paused")
        visitor.page.evaluate("frames_heard.length = 0")
        visitor.press("train")
    visitor.wait("done")
    points, names = whole_run(cpython, SMALL)
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1] and visitor.names() == names


# ---- Memory

NO_MORE = "() => { WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no more'); }; }"


@pytest.mark.tolerates("MemoryError", "RangeError")
def test_too_little_memory_is_said_and_nothing_is_lost(visitor, cpython):
    points, names = whole_run(cpython, SMALL)
    trained_a_little(visitor, SMALL)
    visitor.page.workers[-1].evaluate(NO_MORE)
    visitor.press("train")
    visitor.wait("paused|done")
    assert visitor.step() < 39
    kept = visitor.step()
    visitor.see("own").locator("summary").click()
    visitor.see("own-file").set_input_files({"name": "a.txt", "mimeType": "text/plain",
                                             "buffer": b"abcdefghij\nkl\n" * 700_000})
    visitor.reads("own-note", re.compile("could not be read|not enough memory"))
    assert visitor.step() == kept and visitor.names()
    visitor.press("train")
    visitor.wait("done|failed")
    if visitor.see("retry").is_visible():
        visitor.press("retry")
        visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1]
    assert visitor.names() == names


@pytest.mark.tolerates("MemoryError", "RangeError")
def test_a_model_too_large_for_the_memory_is_said_and_a_smaller_one_goes_on(visitor):
    trained_a_little(visitor, SMALL)
    visitor.press("train")
    visitor.wait("paused")
    visitor.page.workers[-1].evaluate(NO_MORE)
    for name, value in (("n_layer", "4"), ("n_embd", "64"), ("block_size", "64")):
        visitor.put(f"setting-{name}", value)
    visitor.press("reset")
    visitor.press("train")
    visitor.wait("failed", 60)
    expect(visitor.see("status")).to_contain_text("There was not enough memory here (MemoryError")
    for name, value in (("n_layer", "1"), ("n_embd", "8")):
        visitor.put(f"setting-{name}", value)
    visitor.press("reset")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.tolerates("RuntimeError")
@pytest.mark.parametrize("button", ["retry", "train", "step", "reset"])
def test_when_python_stops_in_mid_run_every_button_goes_on(visitor, button):
    fragment = "num_steps=30&n_embd=8&n_head=2"
    breaking = """
def faulty(self, budget_ms, *arguments, train=Session.train):
    if self.run.step >= 3:
        raise RuntimeError("as if by a fault")
    return train(self, 0, *arguments)
Session.train = faulty
"""

    def broken(route):
        route.fulfill(body=route.fetch().text() + breaking)

    visitor.page.context.route("**/py/worker.py", broken)
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("failed")
    visitor.reads("status", re.compile("^Python stopped: RuntimeError: as if by a fault. .* from step [1-3].$"))
    visitor.reads("train", "Train")
    assert visitor.step() == 3 and visitor.names()
    visitor.page.context.unroute("**/py/worker.py")
    visitor.press(button)
    if button in ("step", "reset"):
        visitor.wait("paused" if button == "step" else "ready|paused")  # ready comes before the step
        assert visitor.step() in ((2, 3, 4) if button == "step" else (0,))  # one more than the state that was kept
        visitor.press("train")
    visitor.wait("done")
    visitor.reads("train", "Train")


# ---- The loss is no longer a number


def test_a_loss_that_is_no_number_keeps_the_weights_and_a_smaller_rate_helps(visitor):
    visitor.open("num_steps=20&n_embd=8&n_head=2&learning_rate=10")
    visitor.press("train")
    visitor.wait("broken", 20)
    expect(visitor.see("status")).to_contain_text("At step 2 the loss was no longer a number")
    expect(visitor.see("status")).to_contain_text("A smaller learning rate helps: change it, then press Reset.")
    visitor.reads("train", "Train")
    assert visitor.names()
    visitor.see("look").fill("emma")
    expect(visitor.see("attention").locator("[data-head='0'] tbody th")).to_have_text([*"·emma"], timeout=30_000)
    visitor.press("more-names")
    visitor.see("look").fill("")
    visitor.put("setting-learning_rate", "0.01")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 20")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")


def test_a_loss_that_breaks_later_keeps_its_curve_and_says_where(visitor, cpython):
    fragment = "num_steps=100&n_embd=8&n_head=2&learning_rate=0.7"
    visitor.open(fragment)
    while visitor.see("status").get_attribute("data-state") != "broken":
        visitor.press("step")
        visitor.wait("paused|broken")
    expect(visitor.see("status")).to_contain_text("At step 9 the loss was no longer a number; the weights of step 8")
    assert visitor.points()[0] == list(range(1, 9))
    assert visitor.step() == 8


# ---- Settings that can't be


@pytest.mark.parametrize("data", ["", " \n\n"])
def test_data_without_documents_is_a_problem_in_words(visitor, data):
    visitor.page.context.route("**/us-names-2018.txt", lambda route: route.fulfill(body=data))
    visitor.open()
    visitor.press("train")
    visitor.wait("problem")
    visitor.reads("status", "These settings can’t be: the data has no documents: its lines are blank.")
    visitor.reads("train", "Train")


# ---- The page's own Python

LONG = "\n".join("".join(chr(97 + (7 * i + j * j) % 26) for j in range(80)) for i in range(30))  # 30 of 80 letters


def weights_of(view: dict) -> list[str]:
    """A view's attention as the page writes it: each weight in its order."""
    return [f"{weight:.4f}" for heads in view["attention"] for rows in heads for row in rows for weight in row]


def test_pictures_larger_than_the_pages_python_are_drawn_and_right(visitor):
    """Eight heads over 64 letters: 1.5 MB of HTML."""
    visitor.open("num_steps=2&n_embd=8&n_head=8&block_size=64&held_out=0")
    visitor.see("own").locator("summary").click()
    visitor.put("own-text", LONG)
    visitor.press("own-use")
    visitor.press("step")
    visitor.wait("paused")
    assert visitor.step() == 1
    session = Session(LONG.split("\n"), parse(visitor.page.evaluate("location.hash"))[0])
    session.train(0, 0.5, "")
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(session.view())
    expect(visitor.see("probabilities").locator("tr")).to_have_count(64)
    visitor.see("look").fill("abc")  # and smaller ones take their place whole
    expect(visitor.see("attention").locator("[data-head='7'] tbody th")).to_have_text([*"·abc"])
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights_of(session.view("abc"))
    visitor.press("train")
    visitor.wait("done")


# Where the page's own Python is made to raise, once, a few steps on: what it does there.
PLACE = """
        self.own()
        view.progress(frame.step"""
ONCE = """
        if frame.step >= 5 and not hasattr(self, "raised"):
            self.raised = True
            {does}""" + PLACE
RAISING = {
    "in the loop": ("raise ValueError('as if by a fault')", "The page itself stumbled: ValueError: as if by a fault."),
    "in a task": ("asyncio.create_task(self.trainer.facts())", "The page itself stumbled: TypeError: "),
    "for memory": ("bytearray(1 << 30)", "There was not enough memory here (MemoryError: "),
    "where JavaScript calls": ("window.queueMicrotask(lambda: bytearray(1 << 30)); window.Promise.resolve('x').then("
                               "lambda text: 1 // 0)", "The page itself stumbled: |There was not enough memory here"),
}


@pytest.mark.tolerates("PythonError", "Error: ")
@pytest.mark.parametrize("where", RAISING)
def test_what_the_pages_own_python_raises_is_said_and_retry_goes_on_to_the_same_end(visitor, cpython, where):
    does, said = RAISING[where]
    points, names = whole_run(cpython, SMALL)

    def edited(route):
        text = route.fetch().text()
        assert text.count(PLACE) == 1
        route.fulfill(body=text.replace(PLACE, ONCE.format(does=does)))

    visitor.page.context.route("**/py/tab.py", edited)
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("failed", 30)
    expect(visitor.see("status")).to_contain_text(re.compile("|".join(map(re.escape, said.split("|")))))
    visitor.reads("train", "Train")
    visitor.press("retry")
    visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1]
    assert visitor.names() == names
