"""Time: machines asleep, tabs out of sight, and steps that take minutes."""

import re

import pytest
from disturbed import REMEMBER_STATES, SMALL, trained_a_little, whole_run
from support import ALL_LARGE, NO_AUTOSAVE, WORKER, beginning, put_in_place, said, weights_of, within
from texts import EN
from window import expect

pytestmark = pytest.mark.fresh_page


@pytest.mark.soak
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


@pytest.mark.soak
@pytest.mark.chromium_only("no other browser's driver freezes a page")
def test_a_tab_that_is_hidden_for_an_hour_trains_on_unseen_and_shows_the_present_on_return(visitor, cpython):
    fragment = "num_steps=400&n_embd=8&n_head=2&block_size=8"
    page = visitor.page
    page.add_init_script(REMEMBER_STATES)
    page.clock.install()
    put_in_place(page.context, NO_AUTOSAVE)  # else it may be saved just before by itself
    trained_a_little(visitor, fragment)
    expect(visitor.see("kept-all")).to_be_hidden()
    expect(visitor.see("attention").locator("[data-head]")).to_have_count(2)  # the run's own
    visitor.see("attention").evaluate("""(place) => {
      new MutationObserver(() => { place.dataset.drawn = "yes"; }).observe(place, { childList: true, subtree: true });
    }""")
    page.evaluate(HIDE, True)
    step = visitor.step()
    expect(visitor.see("kept-sum")).to_have_text(said("kept.sum", count=1))
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
    visitor.page.context.route(f"**/{WORKER}*", lambda route: route.fulfill(
        body=route.fetch().text() + SLOW.replace("ADDRESS", base_url + "slow")))
    put_in_place(visitor.page.context, ALL_LARGE)
    visitor.page.context.route("**/slow", lambda route: waiting.append(route))
    visitor.page.add_init_script(REMEMBER_STATES)
    visitor.page.clock.install()
    visitor.open(SMALL)
    visitor.press("train")
    visitor.reads("step-count", "3 / 39")
    yield visitor, waiting
    for route in waiting:  # whose worker was ended
        route.abort()


@pytest.mark.soak
def test_a_step_that_takes_minutes_is_said_to_pauses_at_its_end_and_nothing_is_ended(slow, cpython):
    visitor, waiting = slow
    visitor.page.clock.run_for(12_000)
    visitor.wait("silent")
    expect(visitor.see("status")).to_have_text(
        re.compile(within("status.slow").pattern.replace(".+", r"[1-9]\d\s.+", 1)))
    visitor.page.clock.run_for(180_000)
    expect(visitor.see("status")).to_have_text(said("status.slow", time=said("lasting.minutes", n=3)))
    spoken = visitor.page.evaluate("(begins) => sentences.filter((text) => text.startsWith(begins))",
                                 EN["status.slow"].partition("{")[0])
    assert len(spoken) <= 9  # now and then, for the sake of those who listen: at 11, 20, 30, ... 60, 120, 180 seconds
    visitor.press("train")  # Pause
    visitor.page.clock.run_for(2_000)
    expect(visitor.see("status")).to_have_text(said("status.pausing", time=said("lasting.minutes", n=3)))
    visitor.reads("train", said("train"))
    waiting.pop().fulfill(body="")
    visitor.reads("status", said("status.paused", step=4))
    expect(visitor.see("retry")).to_be_hidden()
    visitor.press("train")
    visitor.wait("done")
    points, names = whole_run(cpython, SMALL)
    assert visitor.points() == points and visitor.names() == names


@pytest.mark.tolerates("no root element found")  # in an empty answer
def test_pause_is_heard_when_the_last_frame_is_here_and_the_state_on_its_way(visitor, base_url):
    waiting = []
    visitor.page.add_init_script("delete Window.prototype.indexedDB")  # so that nothing else asks for the state
    visitor.page.context.route(f"**/{WORKER}*", lambda route: route.fulfill(
        body=route.fetch().text() + SLOW_STATE.replace("ADDRESS", base_url + "slow")))
    visitor.page.context.route("**/slow", lambda route: waiting.append(route))
    visitor.open(SMALL.replace("39", "5000"))
    visitor.press("train")
    visitor.become(lambda: waiting)
    visitor.press("train")  # Pause
    visitor.reads("train", said("train"))
    visitor.reads("status", beginning("status.pausing"))
    visitor.page.context.route("**/slow", lambda route: route.fulfill(body=""))
    waiting.pop().fulfill(body="")
    visitor.reads("status", said("status.paused"))
    step = visitor.step()
    visitor.press("step")
    visitor.reads("status", said("status.paused", step=step + 1))


@pytest.mark.soak
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
