"""The run kept in the browser: a reload or a closed tab loses nothing, and what storage refuses stops nobody."""

import re

import pytest
from support import IS_SAVED, pattern, said, soak, within
from texts import EN
from window import Visitor, expect

pytestmark = pytest.mark.fresh_page

RUN = "num_steps=60&n_embd=4&n_head=2&block_size=8"
REFUSED = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }"
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }"

# Changes the one file that is kept: a function of its bytes, which are changed in place.
CHANGE = """
(change) => new Promise((done) => {
  indexedDB.open("keyval-store").onsuccess = ({ target: { result: db } }) => {
    const store = db.transaction("keyval", "readwrite").objectStore("keyval");
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor.key.startsWith("file:")) return cursor.continue();
      const file = cursor.value;
      CHANGES[change](file);
      cursor.update(file).onsuccess = () => { db.close(); done(); };
    };
  };
})""".replace("CHANGES", """({
  damaged: (file) => { file[9] ^= 255; },
  newer: (file) => {
    const text = new TextDecoder("latin1").decode(file);
    file[text.indexOf("microgpt-in-your-tab 1") + 21] = 57;
  },
})""")


def kept(visitor, runs: int = 1) -> None:
    """Wait until so many runs are kept, of this tab the one that rests now."""
    expect(visitor.see("kept-sum")).to_have_text(said("kept.sum", count=runs), timeout=20_000)


def some_steps(visitor, fragment: str = RUN, steps: int = 3, runs: int = 1) -> None:
    visitor.open(fragment)
    for step in range(1, steps + 1):
        visitor.press("step")
        visitor.reads("step-count", re.compile(f"^{step} /"))
    visitor.until(IS_SAVED, steps)
    kept(visitor, runs)


def go_on(visitor, cpython, fragment: str, steps: int = 3) -> None:
    """Go on with what is offered, to the end: it is as if the run had never been interrupted."""
    expect(visitor.see("kept")).to_contain_text(within("kept", step=steps))
    visitor.press("kept-go-on")
    visitor.reads("step-count", re.compile(f"^{steps} /"))
    visitor.press("train")
    visitor.wait("done")
    session, frame = cpython(fragment)
    assert visitor.points() == [column[steps:] for column in frame["points"]]
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]


def test_a_reload_goes_on_bit_for_bit(visitor, cpython):
    some_steps(visitor)
    visitor.page.reload()
    visitor.wait("ready")
    go_on(visitor, cpython, RUN)


def test_what_is_kept_in_mid_training_is_of_one_step(visitor):
    visitor.open("num_steps=39&n_layer=2&n_embd=32")  # so slow and short that each slice is a step, and invents names
    visitor.press("train")
    kept(visitor)
    visitor.page.reload()
    visitor.wait("ready")
    visitor.press("kept-go-on")
    visitor.wait("paused")
    visitor.reads("step-count", re.compile("^[1-9]"))
    expected = [step for step in range(visitor.step(), -1, -1) for _ in "ab"]
    assert [step for step, _ in visitor.names()] == expected
    expect(visitor.page.locator("#chart")).to_have_attribute(
        "aria-label", within("chart.summary", step=visitor.step()))


def test_a_closed_tabs_run_goes_on_in_another(visitor, context, cpython):
    some_steps(visitor)
    visitor.page.close()
    another = Visitor(context.new_page())
    another.open()
    go_on(another, cpython, RUN)
    kept(another)  # one, and no copy of it
    assert "num_steps=60" in another.page.url


def test_two_tabs_keep_a_run_each(visitor, context):
    some_steps(visitor)
    another = Visitor(context.new_page())
    some_steps(another, RUN + "&seed=7", steps=2, runs=2)
    expect(another.see("kept")).to_be_hidden()  # the other tab is open, so its run is not on offer
    for tab, step in ((visitor, 3), (another, 2)):
        tab.page.reload()
        tab.wait("ready")
        expect(tab.see("kept")).to_contain_text(within("kept", step=step, steps=60))


@pytest.mark.parametrize("refusal", [pytest.param(REFUSED, id="refused"),
                                     pytest.param(FULL, id="full", marks=pytest.mark.soak)])
@pytest.mark.tolerates(r"\bno$")  # PyScript's own storage
def test_what_storage_refuses_is_said_and_training_goes_on(visitor, refusal):
    visitor.page.add_init_script(refusal)
    visitor.open(RUN)
    visitor.press("step")
    visitor.reads("step-count", "1 / 60")
    expect(visitor.see("kept-refused")).to_contain_text(said("kept.refused"), timeout=20_000)
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.tolerates("favicon")
@pytest.mark.parametrize(("change", "answers"), [("damaged", ["keep.file.strange", "keep.file.damaged"]),
                                                 soak("newer", ["keep.newer"])])
def test_what_can_not_be_read_is_declined_in_words_and_can_be_deleted(visitor, change, answers):
    some_steps(visitor)
    visitor.page.goto("LICENSE")
    visitor.page.evaluate(CHANGE, change)
    visitor.open("seed=5")
    visitor.press("kept-go-on")
    expect(visitor.see("kept")).to_contain_text(re.compile("|".join(pattern(EN[key]) for key in answers)))
    expect(visitor.see("setting-seed")).to_have_value("5")
    visitor.press("kept-delete")
    expect(visitor.see("kept")).to_be_hidden()
    expect(visitor.see("kept-all")).to_be_hidden()
    visitor.page.reload()
    visitor.wait("ready")
    visitor.press("step")
    visitor.reads("step-count", "1 / 1000")
    expect(visitor.see("kept")).to_be_hidden()


def test_one_press_deletes_all_that_is_kept(visitor):
    some_steps(visitor)
    visitor.press("kept-delete-all")
    expect(visitor.see("kept-all")).to_be_hidden()
    visitor.reads("files-note", said("kept.none"))
    expect(visitor.see("open-file")).to_be_focused()
    visitor.page.reload()
    visitor.wait("ready")
    kept_line = visitor.see("kept")
    visitor.press("step")
    kept(visitor)  # by now it would have been offered
    expect(kept_line).to_be_hidden()


def test_a_run_on_ones_own_data_goes_on(visitor):
    visitor.open("num_steps=9&n_embd=4&n_head=2&letters=jamo")
    visitor.page.locator("#own summary").click()
    visitor.put("own-text", "\n".join(["서연", "지우", "하늘", "민준"] * 5))
    visitor.press("own-use")
    for step in (1, 2):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 9")
    visitor.until(IS_SAVED, 2)
    visitor.page.reload()
    visitor.wait("ready|problem")
    visitor.press("kept-go-on")
    visitor.reads("step-count", "2 / 9")
    visitor.press("train")
    visitor.wait("done")
