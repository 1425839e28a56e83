"""Nothing that was trained is dropped unasked: a finished run goes on, Undo brings the run before back, and a saved one
stays. And the recording never shares the screen with a run."""

import pytest
from common import recipe as recipes
from support import IS_SAVED, said, within
from window import expect

RUN = "num_steps=6&n_embd=4&n_head=2&block_size=8"


def trained(visitor, fragment: str = RUN) -> None:
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("done")


def test_after_the_end_train_goes_on_as_the_link_then_says(visitor, cpython):
    trained(visitor)
    visitor.reads("status", said("status.done", step=6))
    expect(visitor.see("train")).to_have_attribute("title", said("go-on.label", more=6, rate="0.005"))
    visitor.reads("train", said("go-on"))
    expect(visitor.see("step")).to_be_disabled()
    visitor.press("train")
    visitor.wait("training|naming")
    visitor.wait("done")
    assert visitor.fragment() == RUN.replace("6&", "6&more=6&", 1)
    session, frame = cpython(visitor.fragment())
    assert visitor.points() == frame["points"] and visitor.step() == 12
    newest = [(step, name) for step, name, _ in session.last_names(20, True)]
    assert visitor.names()[:20] == newest
    visitor.press("reset")
    visitor.reads("step-count", "0 / 6")
    assert visitor.fragment() == RUN


def test_after_the_end_other_settings_make_it_a_new_run(visitor, cpython):
    trained(visitor)
    visitor.put("setting-seed", "5")
    visitor.reads("train", said("new-run"))
    visitor.evaluate("() => { frames_heard.length = 0; }")
    visitor.press("train")
    visitor.wait("training|naming")
    visitor.wait("done")
    assert visitor.points() == cpython(RUN.replace("n_embd", "seed=5&n_embd"))[1]["points"]


def test_a_link_with_both_parts_replays_them(visitor, cpython):
    trained(visitor, RUN + "&more=4")
    _, frame = cpython(RUN + "&more=4")
    assert visitor.points() == frame["points"] and visitor.step() == 10


@pytest.mark.parametrize("leave", ["reset", "link"])
def test_undo_brings_the_run_before_back(visitor, cpython, leave):
    visitor.open(RUN)
    for step in range(1, 4):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 6")
    names, loss = visitor.names(), visitor.text("loss")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 6")
    assert not visitor.names()
    if leave == "link":
        visitor.open(RUN + "&seed=3")
        visitor.press("step")
        visitor.reads("step-count", "1 / 6")
        visitor.press("reset")  # now Undo has that run
        visitor.press("undo")
        visitor.reads("step-count", "1 / 6")
        assert "seed=3" in visitor.fragment()
        return
    visitor.press("undo")
    visitor.reads("step-count", "3 / 6")
    visitor.wait("paused")
    assert visitor.names() == names and visitor.text("loss") == loss
    visitor.evaluate("() => { frames_heard.length = 0; }")
    visitor.press("train")
    visitor.wait("done")
    _, frame = cpython(RUN)
    assert visitor.points() == [column[3:] for column in frame["points"]]


@pytest.mark.fresh_page
def test_a_finished_run_stays_saved_when_the_next_begins(visitor):
    trained(visitor)
    visitor.until(IS_SAVED, 6)
    visitor.press("reset")
    visitor.wait("ready")
    visitor.press("step")
    visitor.reads("step-count", "1 / 6")
    visitor.until(IS_SAVED, 1)
    rows = visitor.see("saved-runs").locator("li")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("6")
    visitor.page.reload()
    visitor.wait("ready")
    visitor.see("saved-open").nth(1).click()
    visitor.wait("done")
    visitor.reads("step-count", "6 / 6")
    visitor.see("saved-delete").nth(0).click()
    expect(rows).to_have_count(1)


@pytest.mark.fresh_page
@pytest.mark.parametrize("way", ["inside-letter", "data", "link"])
def test_the_recording_never_shares_the_screen_with_a_run(visitor, way):
    visitor.open("data=cities" if way == "link" else "")
    if way == "data":
        expect(visitor.see("recorded")).to_be_visible()
        visitor.choose("setting-data", "dinosaurs")
    elif way != "link":
        visitor.press(way)
        expect(visitor.page.locator("#panel h3")).to_be_visible()
    visitor.reads("attention", within("head", n=1))
    expect(visitor.see("recorded")).to_be_hidden()
    assert (visitor.names(), visitor.text("loss"), visitor.text("step-count")) == ([], "–", "0 / 1000")
    assert visitor.text("tally") == said("tally.few")


def test_what_is_shared_leaves_out_what_is_looked_at_unless_asked(visitor):
    visitor.open(RUN + "&view=letter.1.attention")
    visitor.press("share")
    expect(visitor.see("sharing")).to_be_visible()
    assert recipes.parse(visitor.value("share-link").split("#")[1])[0]["view"] == ""
    visitor.press("share-view")
    assert recipes.parse(visitor.value("share-link").split("#")[1])[0]["view"] == "letter.1.attention"


@pytest.mark.fresh_page
def test_an_embedded_replay_link_can_be_trained(visitor):
    visitor.open(RUN + "&embed=1")
    visitor.press("train")
    visitor.wait("done")
    assert len(visitor.names()) > 20
