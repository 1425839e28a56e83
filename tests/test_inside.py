"""The panel's pages: what they show is what the core computes, and looking never changes the run."""
import re

import microgpt
import pytest
from conftest import ROOT, in_cpython
from inside import Inside
from test_words import TEXTS

SMALL = "n_embd=8&n_head=2&block_size=8"


def inside(fragment=SMALL, steps=2):
    session, _ = in_cpython(fragment, steps)
    return Inside(session, (ROOT / "py/microgpt.py").read_text(), TEXTS.words)


def walk(panel, address, look=""):
    """Every page from an address on, by Next."""
    while address:
        page = panel.show(address, look)
        assert not page["problem"]
        yield page
        address = page["next"]


def numbers(html):
    """The numbers of a page by their names."""
    return {name: float(value) for name, value in re.findall(r'data-go="number\.([^"]+)" data-value="([^"]+)"', html)}


def test_looking_never_changes_the_run():
    looked, plain = in_cpython(SMALL, 1)[0], in_cpython(SMALL, 1)[0]
    panel = Inside(looked, (ROOT / "py/microgpt.py").read_text(), TEXTS.words)
    for _ in range(3):
        for _ in walk(panel, "letter.0.token"):
            pass
        panel.show("letter", again=True)
        assert looked.train(0, 0.5, "") == plain.train(0, 0.5, "")
    assert looked.state() == plain.state()


def test_the_way_of_a_letter_goes_through_every_stage_of_every_letter():
    pages = list(walk(inside("n_layer=2&" + SMALL), "letter.0.token", "emma"))
    stages = ["token", "embedding", "query1", "attention1", "mix1", "hidden1", "residual1",
              "query2", "attention2", "mix2", "hidden2", "residual2", "logits", "probabilities", "choice", "loss"]
    assert [page["address"] for page in pages] == [f"letter.{p}.{stage}" for p in range(5) for stage in stages]
    assert [page["back"] for page in pages] == ["", *(page["address"] for page in pages[:-1])]


def test_the_numbers_of_the_way_are_the_cores():
    panel = inside()
    panel.session.run.read("emma")
    run = panel.session.run
    shown = numbers(panel.show("letter.2.probabilities", "emma")["html"])
    assert list(shown.values()) == pytest.approx([p.data for p in run.probabilities[2]], rel=1e-5)
    shown = list(numbers(panel.show("letter.2.attention", "emma")["html"]).values())
    weights = [p.data for head in run.context[0][2].attention for p in head]
    assert shown[:len(weights)] == pytest.approx(weights, rel=1e-5)
    shown = list(numbers(panel.show("letter.2.embedding", "emma")["html"]).values())
    token, position, total = shown[:8], shown[8:16], shown[16:24]
    assert token == pytest.approx([p.data for p in run.gpt.weights["wte"][run.tokens[2]]], rel=1e-5)
    assert total == pytest.approx([a + b for a, b in zip(token, position, strict=True)], rel=1e-4)


@pytest.mark.parametrize(("stage", "function"), [
    ("embedding", "rmsnorm"), ("query", "attend"), ("attention", "softmax"), ("mix", "linear"), ("hidden", "relu"),
    ("residual", "forward"), ("logits", "linear"), ("probabilities", "softmax"), ("choice", "softmax"),
    ("loss", "read")])
def test_each_stage_lights_lines_of_the_function_that_computes_it(stage, function):
    html = inside().show(f"letter.1.{stage}", "emma")["html"]
    lit = {int(number) for number in re.findall(r'<li value="(\d+)" class=lit>', html)}
    source = {**vars(microgpt), **vars(microgpt.GPT), **vars(microgpt.Run), **vars(microgpt.Value)}[function].__code__
    assert lit & {line for _, _, line in source.co_lines() if line}


@pytest.mark.parametrize("address", ["", "nowhere", "letter.x", "letter.²", "letter.-1", "<b>", "letter.1.nothing", ".",
                                     "letter." + "9" * 50, "letter..token", "__init__", "figure"])
def test_an_address_that_is_none_is_said_or_is_the_nearest(address):
    page = inside().show(address)
    assert page["problem"] == "inside.nowhere" or re.fullmatch(r"letter\.\d+\.\w+", page["address"])


def test_the_page_keeps_its_reading_until_it_is_asked_to_look_again():
    panel = inside()
    before = panel.show("letter.1.logits", "emma")
    panel.session.train(0, 0.5, "")
    kept = panel.show("letter.1.logits", "emma")
    assert (kept["step"], numbers(kept["html"])) == (before["step"], numbers(before["html"]))
    after = panel.show("letter.1.logits", "emma", again=True)
    assert (before["step"], after["step"]) == (2, 3) and numbers(after["html"]) != numbers(before["html"])
