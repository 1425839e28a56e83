"""Share and keep: a model in a link or a file is its sender's, in every browser; what is damaged is said."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from common.recipe import DEFAULTS
from support import beginning, said
from test_same_bits import LINES, RUN, python_files
from texts import EN
from window import Visitor, expect
from worker.formats import checkpoint as models
from worker.formats import model_link, safetensors_file
from worker.session import Session

SMALL = "num_steps=24&n_embd=4&n_head=2&block_size=6"


@pytest.fixture(scope="module")
def session() -> Session:
    """A trained model that is not the page's default."""
    made = Session(LINES, DEFAULTS | {"num_steps": 24, "n_embd": 4, "n_head": 2, "block_size": 6})
    made.train(float("inf"), 0.5, "")
    return made


@pytest.fixture(scope="module")
def link(session) -> str:
    return model_link.encode(models.take(session), session.run.square)


def trained(visitor: Visitor, fragment: str = SMALL) -> None:
    visitor.let_copy()
    visitor.open(fragment)
    visitor.press("train")
    visitor.wait("done")


@pytest.mark.fresh_page
@pytest.mark.tolerates("favicon.ico")  # the frame stands in a plain file, which has no icon
def test_share_offers_the_replay_link_the_model_a_code_and_a_frame(visitor, base_url, session):
    trained(visitor)
    expect(visitor.see("sharing")).to_be_hidden()
    visitor.press("share")
    visitor.reads("status", said("status.shared"))
    expect(visitor.see("share-link")).to_have_value(base_url + "#" + SMALL)
    visitor.reads("share-model", said("share.model"))
    visitor.reads("share-replay", said("share.replay", count=len(base_url + "#" + SMALL)))

    visitor.press("share-model")
    visitor.reads("status", said("share.copied.model"))
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    visitor.reads("share-model", said("share.model", count=f"{len(copied):,}"))
    assert copied.startswith(base_url + "#model=")
    expect(visitor.see("share-link")).to_have_value(copied)
    model = model_link.decode(copied.split("model=")[1])
    assert model == model_link.decode(model_link.encode(models.take(session), session.run.square))

    visitor.press("share-code")
    path = visitor.see("share-code-picture").locator("path").nth(1).get_attribute("d")
    size = int(visitor.see("share-code-picture").locator("svg").get_attribute("viewBox").split()[-1])
    modules = np.full((size, size), 255, np.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v", path):
        modules[int(y), int(x):int(x) + int(width)] = 0
    assert zxingcpp.read_barcode(np.kron(modules, np.ones((4, 4), np.uint8))).text == copied

    visitor.press("share-embed")
    visitor.reads("status", said("share.copied.embed"))
    frame = visitor.page.evaluate("navigator.clipboard.readText()")
    visitor.page.goto("LICENSE")
    visitor.page.set_content(frame)
    inside = visitor.page.frame_locator("iframe")
    expect(inside.get_by_test_id("names").locator("li").first).to_have_attribute("data-step", "24", timeout=60000)
    expect(inside.get_by_test_id("train")).to_be_hidden()
    expect(inside.get_by_test_id("attention")).to_be_visible()


def test_a_model_link_needs_no_training_and_is_trained_on(visitor, link, session):
    visitor.page.goto("#model=" + link)
    visitor.reads("status", said("status.opened.done", step=24, data=EN["data.short.us-names-2018"]), 60)
    opened = models.session_of(model_link.decode(link), LINES)
    expected = [f"{p:.4f}" for p in opened.view()["probabilities"][0]]
    shown = [cell for cell in visitor.cells("probabilities") if cell["probability"] in expected]
    assert len(shown) >= 5 and visitor.names()[0][0] == 24
    expect(visitor.see("setting-n_embd")).to_have_value("4")
    visitor.press("train")
    visitor.wait("done")
    assert visitor.step() == 48
    opened.extend(24)
    frame = opened.train(float("inf"), 0.5, "")
    assert visitor.points() == frame["points"]
    visitor.press("reset")
    visitor.wait("ready")
    assert "model=" not in visitor.page.url and visitor.step() == 0


CODE = """
import json, sys
sys.path.insert(0, ".")
from worker.formats import checkpoint, model_link
session = checkpoint.session_of(model_link.decode(open("link.txt").read()), open("names.txt").readlines())
answer = json.dumps([[p.hex() for p in row] for row in session.view("emma")["probabilities"]])
"""


def test_a_model_link_gives_the_same_probabilities_to_the_last_bit_in_every_browser(window, link):
    files = python_files() | {"link.txt": link, "names.txt": "\n".join(LINES)}
    window.goto("LICENSE")
    answer = json.loads(window.evaluate(RUN, {"files": files, "code": CODE}))
    ours = models.session_of(model_link.decode(link), LINES).view("emma")["probabilities"]
    assert answer == [[p.hex() for p in row] for row in ours]


@pytest.mark.chromium_only("Firefox's driver tells of no download")
def test_a_run_that_was_saved_is_opened_and_goes_on_bit_for_bit(visitor, page, browser, base_url, tmp_path, cpython):
    visitor.open(SMALL)
    for step in range(1, 4):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 24")
    visitor.wait("paused")
    with page.expect_download() as download:
        visitor.press("save-run")
    path = tmp_path / "run.safetensors"
    download.value.save_as(path)
    assert safetensors_file.read(path.read_bytes()).step == 3

    context = browser.new_context(base_url=base_url)
    other = Visitor(context.new_page())
    other.open()
    other.see("open-file").set_input_files(path)
    other.reads("status", said("status.resumed", step=3))
    other.press("train")
    other.wait("done")
    session, frame = cpython(SMALL)
    assert other.points() == [column[3:] for column in frame["points"]]
    assert other.names()[:20] == [(step, name) for step, name, _ in session.last_names(20, True)]
    context.close()


FILES = {"weights": (".safetensors", b""), "json": (".json", b'{"recipe"'),
         "curve": (".csv", b"step,loss,mean,held_out\r\n1,"), "names": (".txt", b""), "attention": (".svg", b"<svg "),
         "probabilities": (".svg", b"<svg ")}


@pytest.mark.chromium_only("Firefox's driver tells of no download")
def test_each_thing_that_can_be_saved_comes_as_a_file(visitor):
    visitor.open(SMALL)
    for step in (1, 2):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 24")
    visitor.wait("paused")
    for kind, (ending, begins) in FILES.items():
        with visitor.page.expect_download() as download:
            visitor.press("save-" + kind)
        name, data = download.value.suggested_filename, Path(download.value.path()).read_bytes()
        assert name.startswith("microgpt-2") and name.endswith(ending), kind
        assert data.startswith(begins) and len(data) > 20, kind


def test_a_damaged_link_is_said_whatever_is_to_be_looked_at_until_another_is_opened(visitor, link):
    visitor.page.goto(f"#model={link[:-9]}&view=letter.1")
    visitor.reads("status", beginning("keep.damaged"), 60)
    visitor.page.evaluate("location.hash = 'seed=7&n_embd=4&n_head=2'")
    visitor.reads("status", said("status.ready", python="3.14.2"))
    visitor.page.evaluate(f"location.hash = 'model={link[:40]}&view=number.wte.0.0'")
    visitor.reads("status", beginning("keep.damaged"))
    visitor.press("step")
    visitor.reads("step-count", "1 / 1000")
    visitor.reads("status", said("status.paused", step=1))


def test_damaged_links_and_files_are_said_and_the_page_stays_as_it_was(visitor, link, tmp_path):
    visitor.page.goto("#model=" + link[:-9])
    visitor.reads("status", beginning("keep.damaged"), 60)
    visitor.press("step")
    visitor.reads("step-count", "1 / 1000")
    visitor.wait("paused")
    names = visitor.names()
    for data, key in ((b"\0" * 99, "keep.file.strange"),
                      (b"\x20\0\0\0\0\0\0\0{<script>alert(1)</script> \"x\" {", "keep.file.damaged")):
        path = tmp_path / "bad.safetensors"
        path.write_bytes(data)
        visitor.see("open-file").set_input_files(path)
        expect(visitor.see("files-note")).to_contain_text(said(key))
    visitor.page.evaluate(f"location.hash = 'model={link[:40]}'")
    visitor.reads("status", beginning("keep.damaged"))
    assert visitor.names() == names and visitor.step() == 1
    visitor.press("step")
    visitor.reads("step-count", "2 / 1000")
