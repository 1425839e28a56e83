"""The panel's pages: what they show is what the core computes, and looking never changes the run."""
import random
import re
import types
from contextlib import suppress

import microgpt
import pytest
import sessions
from common.errors import UserError
from sessions import CORE, after, walk
from texts import EN
from worker import highlight
from worker.inspector import Inspector, run_copy

SMALL = "n_embd=8&n_head=2&block_size=8"


def inside(fragment=SMALL, steps=2):
    return sessions.inside(fragment, steps)


def numbers(html):
    """The numbers of a page by their names."""
    return {name: float(value) for name, value in re.findall(r'data-go="number\.([^"]+)" data-value="([^"]+)"', html)}


def test_looking_never_changes_the_run():
    looked, plain = after(SMALL, 1)[0], after(SMALL, 1)[0]
    panel = Inspector(looked, CORE, EN)
    for _ in range(3):
        for _ in walk(panel, "letter.0.token"):
            pass
        panel.show("letter", refresh=True)
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
    ("residual", "forward"), ("logits", "linear"), ("probabilities", "softmax"), ("choice", "sample"),
    ("loss", "read")])
def test_each_stage_lights_lines_of_the_function_that_computes_it(stage, function):
    html = inside().show(f"letter.1.{stage}", "emma")["html"]
    lit = {int(number) for number in re.findall(r'<li value="(\d+)" class=lit>', html)}
    source = {**vars(microgpt), **vars(microgpt.GPT), **vars(microgpt.Run), **vars(microgpt.Value)}[function].__code__
    assert lit & {line for _, _, line in source.co_lines() if line}


@pytest.mark.parametrize("address", ["", "nowhere", "letter.x", "letter.²", "letter.-1", "<b>", ".", "__init__",
                                     "figure"])
def test_an_address_that_is_none_is_said(address):
    with pytest.raises(UserError, match="inside.nowhere"):
        inside().show(address)


@pytest.mark.parametrize(("address", "nearest"), [
    ("letter.1.nothing", "letter.1.token"), ("letter." + "9" * 50, "letter.4.token"),
    ("letter..token", "letter.1.token"), ("letter.1.query", "letter.1.query")])
def test_of_an_address_that_is_none_the_nearest_is_shown(address, nearest):
    assert inside().show(address, "emma")["address"] == nearest


def test_the_page_keeps_its_reading_until_it_is_asked_to_look_again():
    panel = inside()
    before = panel.show("letter.1.logits", "emma")
    panel.session.train(0, 0.5, "")
    kept = panel.show("letter.1.logits", "emma")
    assert (kept["step"], numbers(kept["html"])) == (before["step"], numbers(before["html"]))
    after = panel.show("letter.1.logits", "emma", refresh=True)
    assert (before["step"], after["step"]) == (2, 3) and numbers(after["html"]) != numbers(before["html"])


def edited(*changes, steps=2):
    """A panel on a run of an edited core. changes: (text of the core, what stands there instead)."""
    text = CORE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    core = types.ModuleType("edited")
    exec(compile(text, "edited.py", "exec"), vars(core))
    panel = inside(steps=0)
    settings = vars(panel.session.run.settings)
    panel.session.run = core.Run(panel.session.run.docs, **settings)
    for _ in range(steps):
        panel.session.run.train()
    return Inspector(panel.session, text, EN)


def test_the_last_stage_is_the_share_of_a_letter_in_the_loss():
    panel = inside()
    panel.session.run.read("emma")
    run = panel.session.run
    shown = numbers(panel.show("letter.2.loss", "emma")["html"])
    logs = [microgpt.log(row[target].data) for row, target in zip(run.probabilities, run.tokens[1:], strict=True)]
    assert shown["loss"] == pytest.approx(run.loss.data, rel=1e-5)
    assert {f"{log:.6g}" for log in logs} <= {f"{value:.6g}" for value in shown.values()}
    text = re.sub("<[^>]+>", "", panel.show("letter.2.loss", "emma")["html"])
    assert f"{100 * logs[2] / sum(logs):.0f}% of the sum" in text


def test_the_choice_tells_the_order_in_which_letters_are_likely():
    panel = inside()
    panel.session.run.read("emma")
    chances = sorted((p.data for p in panel.session.run.probabilities[2]), reverse=True)
    shown = list(numbers(panel.show("letter.2.choice", "emma")["html"]).values())
    assert shown == pytest.approx(chances[:8], rel=1e-5)


def test_an_invented_name_can_be_followed_as_the_documents_can():
    panel = inside()
    name = next(name for _, name, _ in panel.session.names(9, 0.5, "", random.Random(1))[::-1] if name)
    assert f'data-go="letter.1.token" data-look="{name}"' in panel.show("letter")["html"]
    assert f'data-look="{name}" aria-current=true' in panel.show("letter.1.mix", name)["html"]


# What visitors may write: attributes changed in place, one more of them that holds weights, things that have no copy.
IN_PLACE = (
    ("    def read(self, doc):\n", """    def read(self, doc):
        self.docs.append(doc)
        self.chars[0] = self.chars[0]
        self.rng.random()
        self.gpt.parameters[0].data += 0.5
        self.settings.learning_rate *= 0.5
        self.seen = getattr(self, "seen", [])
        self.seen.append(doc)
"""),
    ("        self.mean, self.square =", """        self.endless, self.shout = gauss(self.rng), lambda: 1
        self.first = self.gpt.parameters[:3]
        self.mean, self.square ="""))


def everything(run):
    return ([p.data for p in run.gpt.parameters], run.mean, run.square, run.docs[:], run.chars[:], run.rng.getstate(),
            dict(vars(run.settings)), run.seen[:], run.step, run.loss.data)


def test_a_core_that_writes_in_place_does_so_in_a_copy():
    panel = edited(*IN_PLACE)
    before = everything(panel.session.run)
    for address in ("letter.1.mix", "number.wte.0.0.nudge", "number.5.nudge", "step.update"):
        assert panel.show(address)["html"], address
    assert everything(panel.session.run) == before


def test_a_copy_keeps_together_what_is_together():
    copy = run_copy.RunCopy(edited(*IN_PLACE).session.run).run()
    assert copy.first[0] is copy.gpt.parameters[0] is copy.gpt.weights["wte"][0][0]


@pytest.mark.parametrize(("old", "new"), [
    ("rmsnorm([t + p for", "([t + p for"),
    ("h.relu()", "h.exp()"),
    ("logs = [probs[target].log() for", "logs = [probs[target] for"),
    ("hidden = [h.relu() for h in linear(rmsnorm(x), w[f\"layer{i}.mlp_fc1\"])]", "pass"),
], ids=["no norm", "another function", "no logarithm", "no layer"])
def test_what_an_edited_core_does_without_is_left_out(old, new):
    changes = [(old, new)]
    if new == "pass":
        changes.append(("x = [a + b for a, b in zip(x, linear(hidden, w[f\"layer{i}.mlp_fc2\"]))]", "pass"))
    panel = edited(*changes)
    pages = list(walk(panel, "letter.0.token", "emma"))
    assert len(pages) >= 5 * 6


def test_what_a_core_raises_is_said():
    panel = edited()
    panel.session.run.gpt.weights["lm_head"] = None
    with pytest.raises(UserError, match="inside.raised") as raised:
        panel.show("letter")
    assert raised.value.values["reason"].startswith("TypeError")


@pytest.mark.parametrize("address", ["letter.1.token", "letter.1.mix", "name", "name.another", "number.loss",
                                     "number.exp", "number.9.nudge", "step", "step.update", "step.after"])
@pytest.mark.parametrize("changes", [
    [("GPT(self.bos + 1,", "GPT(self.bos + 2,")],
    [("GPT(self.bos + 1,", "GPT(self.bos + 9,")],
    [("class Value", "class Number"), ("Value(", "Number("), ("isinstance(other, Value)", "isinstance(other, Number)")],
    [("self.context = [", "self.seen = ["), ("self.context)", "self.seen)")],
    [("def forward", "def read_on"), (".forward(", ".read_on(")],
    [("def softmax", "def shares"), ("softmax(", "shares(")],
    [("self.weights = {", "self.matrices = {"), ("self.weights", "self.matrices")],
    [('"wte"', '"tokens"')],
    [("x = rmsnorm([t + p", 'x = rmsnorm([t * GAIN + p'), ("class GPT:", "GAIN = Value(1.5)\n\nclass GPT:")],
    [("self.bos = len(self.chars)", "self.end = len(self.chars)"), ("self.bos", "self.end")],
    [("rng.choices(range(len(probs)), [p.data for p in probs])", "[max((p.data, i) for i, p in enumerate(probs))[1]]")],
    [("self.mean", "self.first"), ("self.square", "self.second")],
], ids=["a token more", "eight tokens more", "no Value", "no context", "no forward", "no softmax", "no weights",
        "no wte", "a Value of the module", "no bos", "no random number", "no moments"])
def test_any_edited_core_gets_a_page_with_a_heading_or_a_sentence(changes, address):
    """Whatever a visitor's edit does without, the panel shows a page or says why there is none; nothing else."""
    panel = edited(*changes)
    panel.session.alphabet += [f"#{n}" for n in range(len(panel.session.alphabet), 40)]
    with suppress(IndexError):  # the core itself has no letter for such a token
        panel.session.names(3, 0.5, "", random.Random(1))
    try:
        page = panel.show(address)
    except UserError as error:
        assert error.key in ("step.edited", "inside.raised", "inside.nowhere", "name.gone"), error
    else:
        assert "<h3" in page["html"]


@pytest.mark.parametrize(("address", "functions"), [
    ("number.exp", {"exp", "polynomial"}), ("number.log", {"log", "polynomial"}), ("number.pow", {"power"}),
    ("number.wte.0.0", {"gauss"}), ("number.dot", {"dot"}), ("number.max", {"largest"}), ("number.sum", {"total"})])
def test_a_number_lights_the_functions_that_computed_it_the_elementary_ones_too(address, functions):
    html = inside().show(address, "emma")["html"]
    lit = {int(number) for number in re.findall(r'<li value="(\d+)" class=lit>', html)}
    for function in functions:
        assert lit & {line for _, _, line in getattr(microgpt, function).__code__.co_lines() if line}, function


def test_the_lines_of_the_core_lead_to_what_explains_them():
    listing = highlight.listing(CORE).split("</li>")
    links = {number: re.findall('data-go="([^"]+)"', line) for number, line in enumerate(listing, 1)}
    panel, shown = inside(), 0
    for address in dict.fromkeys(address for found in links.values() for address in found):
        if address != "settings":  # which is a section of the page
            assert panel.show(address)["html"], address
            shown += 1
    assert shown > 15
    elementary = [number for number, line in enumerate(CORE.splitlines()[:52], 1)
                  if re.match(r"def |[A-Z_0-9]+\b.* = ", line)]
    assert len(elementary) == 10 and all(links[number] for number in elementary)
