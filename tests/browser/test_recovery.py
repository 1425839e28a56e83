"""When things go wrong: the page says what happened and what to do, keeps what it has, and goes on without a reload."""

import re

import pytest
from common.digits import rounded, standard_error
from common.recipe import parse
from disturbed import HANG, KILL, SMALL, die, trained_a_little, whole_run
from support import FRAME_SHOWN, WORKER, beginning, pattern, put_in_place, said, soak, weights_of, within
from texts import EN
from window import expect
from worker.session import Session

pytestmark = pytest.mark.fresh_page

# ---- The worker dies


@pytest.mark.parametrize("how", [KILL, soak(HANG)], ids=["killed", "hung"])
def test_a_worker_that_is_dead_or_hangs_is_noticed_and_retry_goes_on_to_the_same_end(visitor, cpython, how):
    points, names = whole_run(cpython, SMALL)
    trained_a_little(visitor, SMALL)
    die(visitor, how)
    visitor.wait("silent", 20)
    expect(visitor.see("status")).to_have_text(said("status.silent"))
    assert visitor.names() and re.fullmatch(r"\d\.\d+", visitor.see("loss").text_content())
    visitor.press("retry")
    visitor.wait("done")
    expect(visitor.see("retry")).to_be_hidden()
    last = dict(zip(*visitor.points()[:2], strict=True))  # what came again replaces what came before
    assert [last[step] for step in points[0]] == points[1]
    visitor.reads("loss", rounded(points[2][-1], standard_error(points[1][-100:])))
    assert visitor.names() == names  # none is lost, and none is there twice


@pytest.mark.soak
def test_reset_begins_anew_when_the_worker_is_dead(visitor):
    trained_a_little(visitor, SMALL)
    die(visitor)
    visitor.wait("silent", 20)
    visitor.press("reset")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.soak
@pytest.mark.parametrize("button", ["retry", "reset"])
def test_a_worker_that_dies_on_its_way_is_noticed_and_started_again(visitor, button):
    visitor.page.context.route("**/python_stdlib.zip*", lambda route: None)
    visitor.page.goto("#" + SMALL)
    expect(visitor.see("status")).to_have_text(said("status.loading"), timeout=30_000)
    die(visitor)
    visitor.page.context.unroute("**/python_stdlib.zip*")
    visitor.wait("silent", 40)
    visitor.reads("status", said("status.stalled"))
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
    "compiling": (SMALL + "&engine=compiled", EN["engine.compiling"]),
    "naming": (SMALL, EN["status.naming"]),
}


@pytest.mark.soak
@pytest.mark.parametrize("moment", BUSY)
def test_a_worker_that_dies_while_it_compiles_or_names_is_started_again_and_ends_the_same(visitor, cpython, moment):
    fragment, sentence = BUSY[moment]
    session, frame = cpython(fragment)
    visitor.page.add_init_script(KILL_WHEN.replace("SAID", sentence))
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("silent", 40)
    visitor.press("retry")
    visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in frame["points"][0]] == frame["points"][1]
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]


@pytest.mark.soak
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


# ---- Memory

NO_MORE = "() => { WebAssembly.Memory.prototype.grow = () => { throw new RangeError('no more'); }; }"


@pytest.mark.soak
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
    visitor.reads("own-note", re.compile("|".join(within(key).pattern for key in ("own.unread", "status.memory"))))
    assert visitor.step() == kept and visitor.names()
    visitor.press("train")
    visitor.wait("done|failed")
    if visitor.see("retry").is_visible():
        visitor.press("retry")
        visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1]
    assert visitor.names() == names


@pytest.mark.soak
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
    expect(visitor.see("status")).to_have_text(said("status.memory"))
    for name, value in (("n_layer", "1"), ("n_embd", "8")):
        visitor.put(f"setting-{name}", value)
    visitor.press("reset")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.tolerates("RuntimeError")
@pytest.mark.parametrize("button", ["retry", soak("train"), "step", soak("reset")])
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

    visitor.page.context.route(f"**/{WORKER}*", broken)
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("failed")
    visitor.reads("status", beginning("status.error", reason="RuntimeError: as if by a fault"))
    visitor.reads("train", said("train"))
    assert visitor.step() == 3 and visitor.names()
    visitor.page.context.unroute(f"**/{WORKER}*")
    visitor.press(button)
    if button in ("step", "reset"):
        visitor.wait("paused" if button == "step" else "ready|paused")  # ready comes before the step
        assert visitor.step() in ((2, 3, 4) if button == "step" else (0,))  # one more than the state that was kept
        visitor.press("train")
    visitor.wait("done")
    visitor.reads("train", said("go-on"))


def test_when_one_verb_raises_that_is_said_and_the_run_lives_on(visitor):
    breaking = "\ndef save(*arguments):\n    raise RuntimeError('as if by a fault')\n"
    visitor.page.context.route(f"**/{WORKER}*", lambda route: route.fulfill(body=route.fetch().text() + breaking))
    visitor.open("num_steps=3&n_embd=4&n_head=2")
    visitor.press("step")
    visitor.reads("step-count", "1 / 3")
    visitor.wait("paused")
    visitor.press("save-run")
    visitor.reads("status", said("status.verb", reason="RuntimeError: as if by a fault"))
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")
    assert visitor.step() == 3


# ---- The loss is no longer a number


def test_a_loss_that_is_no_number_keeps_the_weights_and_a_smaller_rate_helps(visitor):
    visitor.open("num_steps=20&n_embd=8&n_head=2&learning_rate=10")
    visitor.press("train")
    visitor.wait("broken", 20)
    visitor.reads("status", said("status.broken", broken=2))  # and the step before its slice
    visitor.reads("train", said("train"))
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
    expect(visitor.see("status")).to_have_text(said("status.broken", broken=9, step=8))
    assert visitor.points()[0] == list(range(1, 9))
    assert visitor.step() == 8


# ---- Settings that can't be


@pytest.mark.parametrize("data", ["", " \n\n"])
def test_data_without_documents_is_a_problem_in_words(visitor, data):
    visitor.page.context.route("**/us-names-2018.txt*", lambda route: route.fulfill(body=data))
    visitor.open()
    visitor.press("train")
    visitor.wait("problem")
    visitor.reads("status", said("data.blank"))
    visitor.reads("train", said("train"))


# ---- The page's own Python

LONG = "\n".join("".join(chr(97 + (7 * i + j * j) % 26) for j in range(80)) for i in range(30))  # 30 of 80 letters


@pytest.mark.soak
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
ONCE = """
        if frame.step >= 5 and not hasattr(self, "raised"):
            self.raised = True
            {does}"""
STUMBLED, NO_MEMORY = (pattern(EN[key].partition("{")[0]) for key in ("status.page", "status.memory"))
RAISING = {
    "in the loop": ("raise ValueError('as if by a fault')", STUMBLED + "ValueError: as if by a fault"),
    "in a task": ("__import__('asyncio').create_task(self.attention.show())", STUMBLED + "TypeError: "),
    "for memory": ("bytearray(1 << 30)", NO_MEMORY + "MemoryError: "),
    "where JavaScript calls": ("from pyscript import window; "
                               "window.queueMicrotask(lambda: bytearray(1 << 30)); window.Promise.resolve('x').then("
                               "lambda text: 1 // 0)", f"{STUMBLED}|{NO_MEMORY}"),
}


@pytest.mark.tolerates("PythonError", "Error: ")
@pytest.mark.parametrize("where", ["in the loop", *map(soak, [*RAISING][1:])])
def test_what_the_pages_own_python_raises_is_said_and_retry_goes_on_to_the_same_end(visitor, cpython, where):
    does, sentence = RAISING[where]
    points, names = whole_run(cpython, SMALL)
    file, place = FRAME_SHOWN
    put_in_place(visitor.page.context, (file, place, ONCE.format(does=does) + place))
    visitor.open(SMALL)
    visitor.press("train")
    visitor.wait("failed", 30)
    expect(visitor.see("status")).to_contain_text(re.compile(sentence))
    visitor.reads("train", said("train"))
    visitor.press("retry")
    visitor.wait("done")
    last = dict(zip(*visitor.points()[:2], strict=True))
    assert [last[step] for step in points[0]] == points[1]
    assert visitor.names() == names
