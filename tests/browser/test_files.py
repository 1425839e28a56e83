"""Files as people have them: several at once, under any name, saved again by other programs, with changed Python."""
import base64
import json
from pathlib import Path

import numpy as np
import pytest
from common.recipe import DEFAULTS
from disturbed import die
from safetensors.numpy import save as safetensors
from support import CORE, said, within
from test_same_bits import LINES
from texts import KO
from window import expect
from worker import formats
from worker.session import Session

SMALL = {"num_steps": 24, "n_embd": 4, "n_head": 2, "block_size": 6}
FRAGMENT = "&".join(f"{name}={value}" for name, value in SMALL.items())
EDITED = CORE.read_text("utf-8").replace("h.relu() for h in", "h.relu() ** 2 for h in")
# Drops files, [name, base64] each, on the page; whether the page took them.
DROP = """
(files) => {
  const dataTransfer = new DataTransfer();
  for (const [name, text] of files) {
    dataTransfer.items.add(new File([Uint8Array.from(atob(text), (char) => char.charCodeAt(0))], name));
  }
  return !document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session(LINES, DEFAULTS | SMALL)
    for _ in range(7):
        made.train(0, 0.5, "")
    return made


@pytest.fixture(scope="module")
def run(session) -> bytes:
    curve = [[1, 2, 4], [3.5, 3.25, 3.0], [3.5, 3.375, 3.25], [[2, 3.125], [4, 2.875]]]
    return formats.save("run", session, curve, [[7, "anna", False]], "", {}, "")


@pytest.fixture(scope="module")
def bare(session) -> bytes:
    """The weights, as a program saves them that knows nothing of this page."""
    return safetensors({f"module.{name}.weight": np.array([[p.data for p in row] for row in rows], np.float32)
                        for name, rows in session.run.gpt.weights.items()}, {"format": "pt"})


def drop(visitor, *files: tuple[str, bytes]) -> None:
    assert visitor.page.evaluate(DROP, [[name, base64.b64encode(data).decode()] for name, data in files])


def saved(visitor, kind: str) -> bytes:
    with visitor.page.expect_download() as download:
        visitor.press(kind)
    return Path(download.value.path()).read_bytes()


@pytest.mark.chromium_only("Firefox's driver tells of no download")
def test_a_run_under_any_name_opens_with_its_held_out_losses_and_they_are_saved_again(visitor, run):
    visitor.open()
    drop(visitor, ("RUN.SafeTensors.bin", run))
    visitor.reads("status", said("status.resumed", step=7))
    expect(visitor.see("held-out")).to_have_text(said("held-out", loss="2.9"))
    expect(visitor.page.locator("#files-note")).to_be_hidden()
    assert b'[[2, 3.125], [4, 2.875]]' in saved(visitor, "save-run")
    lines = saved(visitor, "save-curve").decode().split("\r\n")
    assert lines == ["step,loss,mean,held_out", "1,3.5,3.5,", "2,3.25,3.375,3.125", "4,3.0,3.25,2.875", ""]


def test_of_several_files_each_is_spoken_of(visitor, run, bare):
    visitor.open()
    drop(visitor, ("a.txt", b"emma\nolivia\n"), ("b.safetensors", run), ("c.csv", b"step,loss,mean\r\n1,2,3\r\n"),
         ("d.safetensors", bare), ("e.safetensors", b"zoe\n"), ("f.png", b"\x89PNG\r\n\x1a\n"))
    note = visitor.see("files-note")
    for key, name in (("files.text", "a.txt"), ("files.opened", "b.safetensors"), ("files.second.run", "d.safetensors"),
                      ("files.second.text", "e.safetensors")):
        expect(note).to_contain_text(said(key, file=name))
    for name, reason in (("c.csv", said("keep.file.curve")), ("f.png", said("keep.file.kind", found="PNG"))):
        expect(note).to_contain_text(said("files.refused", file=name, reason=reason))
    expect(visitor.page.locator("#own-lines li")).to_have_text(["emma", "olivia"])
    visitor.reads("status", said("status.resumed", step=7))


def test_weights_that_do_not_tell_what_they_are_of_open_with_an_answer(visitor, session, bare):
    visitor.open()
    drop(visitor, ("re-saved.bin", bare))
    expect(visitor.see("file-question-note")).to_have_text(
        said("file.question", file="re-saved.bin", layers=1, width=4, block=6, letters=26))
    expect(visitor.page.locator("#file-heads option")).to_have_text(["1", "2", "4"])
    expect(visitor.page.locator("#file-data option")).to_have_text(
        [said("data.us-names-2018"), said("data.dinosaurs"), said("file.data.other")])
    visitor.see("file-heads").select_option("2")
    visitor.see("file-data").select_option("other")
    visitor.put("file-letters", "abc")
    visitor.press("file-answer")
    visitor.reads("file-answer-note", said("file.letters.count", expected=26, found=3))
    visitor.see("file-data").select_option("us-names-2018 ")
    expect(visitor.see("file-letters")).to_be_hidden()
    visitor.press("file-answer")
    visitor.reads("status", said("status.opened.unknown"))
    expect(visitor.see("file-question")).to_be_hidden()
    expect(visitor.see("setting-n_head")).to_have_value("2")
    assert visitor.step() == 0 and len(visitor.names()) == 8


def test_a_model_without_its_data_says_so_and_does_not_train(visitor):
    session = Session(["anna", "bob", "carla"], DEFAULTS | SMALL | {"data": "own", "sha256": "123456789abc"})
    visitor.open()
    drop(visitor, ("w.json", formats.save("json", session, [], [], "", {}, "")))
    visitor.reads("status", said("status.opened.without-data", step=0))
    assert len(visitor.names()) == 8
    expect(visitor.see("names").locator(".new, .listed")).to_have_count(0)  # nobody knows
    visitor.reads("tally", said("tally.few"))
    visitor.press("train")
    visitor.reads("status", said("keep.without-data"))
    assert visitor.step() == 0
    visitor.press("more-names")
    expect(visitor.see("names").locator("li")).to_have_count(12)


@pytest.mark.fresh_page
def test_changed_python_in_a_file_runs_on_a_press_only(visitor, session):
    file = formats.save("run", session, [[], [], [], []], [], "", {}, "", EDITED)
    visitor.open()
    drop(visitor, ("changed.safetensors", file))
    expect(visitor.see("file-code-note")).to_have_text(said("file.code", file="changed.safetensors"))
    expect(visitor.see("file-code-lines").locator("ins")).to_contain_text("[h.relu() ** 2 for h in")
    expect(visitor.see("edited")).to_be_hidden()
    visitor.press("file-code-leave")
    expect(visitor.see("file-code")).to_be_hidden()
    assert visitor.step() == 0
    drop(visitor, ("changed.safetensors", file))
    visitor.press("file-code-run")
    visitor.reads("status", said("status.resumed", step=7))
    expect(visitor.see("edited-note")).to_have_text(within("edit.running", lines=1))
    visitor.press("edited-back")
    expect(visitor.see("editor").locator(".cm-content")).to_contain_text("relu() ** 2")


@pytest.mark.chromium_only("Firefox's driver tells of no download")
def test_an_edit_can_be_downloaded(visitor):
    visitor.open()
    visitor.see("editing").locator("summary").click()
    visitor.see("experiment").select_option("relu2")
    assert saved(visitor, "edit-download").decode() == EDITED


def test_what_a_file_asks_is_asked_in_the_page_s_language(visitor, bare):
    visitor.open("lang=ko")
    drop(visitor, ("x.bin", json.dumps({"wte": [[1, 2]]}).encode()), ("y", bare))
    expect(visitor.see("files-note")).to_contain_text(said("files.asked", texts=KO, file="y"))
    expect(visitor.page.locator("#file-data option").last).to_have_text(KO["file.data.other"])


@pytest.mark.soak
@pytest.mark.fresh_page
def test_a_model_without_its_data_is_opened_again_after_a_crash(visitor):
    session = Session(["anna", "bob", "carla"], DEFAULTS | SMALL | {"data": "own", "sha256": "123456789abc"})
    visitor.open()
    drop(visitor, ("w.json", formats.save("json", session, [], [], "", {}, "")))
    visitor.reads("status", said("status.opened.without-data", step=0))
    die(visitor)
    visitor.press("more-names")
    visitor.wait("silent", 40)
    visitor.press("retry")
    expect(visitor.see("names").locator("li")).to_have_count(0)  # those of step 0 are invented again, as of any run
    visitor.press("more-names")
    expect(visitor.see("names").locator("li")).to_have_count(4)
    expect(visitor.see("names").locator(".new, .listed")).to_have_count(0)
    visitor.press("train")
    visitor.reads("status", said("keep.without-data"))
