"""The page of a number: what flows through the graph adds up, and what the gradient foretells is what a nudge does."""
import html
import re

import pytest
from common.errors import UserError
from sessions import after, walk
from test_inspector import SMALL, edited, inside
from texts import EN
from worker.inspector.figures import precise

NAMES = ["loss", "wte.0.0", "wpe.1.3", "layer0.attn_wq.3.5", "layer0.mlp_fc2.7.20", "lm_head.4.2"]


@pytest.fixture(scope="module")
def panel():
    panel = inside(steps=3)
    panel.show("number.loss", "emma")
    panel.read().backward()
    return panel


def kinds(reading):
    """One number of each operation, with a gradient that tells something."""
    found = {}
    for node in reading.tracer.nodes:
        kind = node.op.split(" ")[0]
        if kind not in found and abs(node.grad) > 1e-4:
            found[kind] = reading.name(node)
    return found


def test_every_operation_of_the_core_is_met(panel):
    assert kinds(panel.read()).keys() >= {"add", "mul", "pow", "exp", "log", "relu", "dot", "sum"}


def test_the_gradient_is_the_slope_of_the_loss_as_the_core_recomputes_it(panel):
    reading = panel.read()
    for name in [*NAMES, *kinds(reading).values()]:
        gradient, small = reading.value(name).grad, 1e-5
        slope = (reading.nudged(name, small) - reading.nudged(name, -small)) / (2 * small)
        assert slope == pytest.approx(gradient, rel=1e-4, abs=1e-7), name


def test_a_nudge_leaves_everything_as_it_was(panel):
    reading = panel.read()
    before = [p.data for p in reading.reader.gpt.parameters], reading.loss.data
    for name in NAMES:
        reading.nudged(name, 0.01)
    assert ([p.data for p in reading.reader.gpt.parameters], reading.loss.data) == before


def test_what_flows_to_a_number_adds_up_to_its_gradient(panel):
    reading = panel.read()
    for name in [*NAMES[1:], *kinds(reading).values()]:
        value = reading.value(name)
        assert sum(local * node.grad for node, local in reading.users(value)) == pytest.approx(value.grad, rel=1e-9)


def test_the_page_tells_data_gradient_and_the_nudge(panel):
    reading = panel.read()
    p = reading.value("wte.0.0")
    text = html.unescape(re.sub("<[^>]+>", " ", panel.show("number.wte.0.0.nudge", "emma")["html"])).replace("−", "-")
    for number in (p.data, p.grad, p.grad * 0.01, reading.nudged("wte.0.0", 0.01) - reading.loss.data):
        assert precise(number).replace("−", "-") in text


def test_one_walks_from_the_loss_down_to_a_weight_and_back(panel):
    address, seen = "number.loss", []
    while address:
        seen.append(address)
        address = panel.show(address, "emma")["next"]
    assert seen[-1].removeprefix("number.") in panel.read().weights
    address = seen[-1]
    for _ in range(200):
        address = panel.show(address, "emma")["back"] or address
    assert address == "number.loss"


@pytest.mark.parametrize("name", ["x", "99999999", "-1", "wte.0", "wte.0.99", "loss.loss", "²", "<b>", "wte..1"])
def test_a_number_that_is_none(panel, name):
    with pytest.raises(UserError, match="inside.nowhere"):
        panel.show(f"number.{name}", "emma")


@pytest.mark.parametrize(("address", "shown"), [("number.", "number.loss"), ("number.nudge", "number.loss.nudge")])
def test_where_no_number_is_named_it_is_the_loss(panel, address, shown):
    assert panel.show(address, "emma")["address"] == shown


def test_the_slow_step_is_the_step_that_the_run_then_takes():
    panel = inside(steps=2)
    run = panel.session.run
    for _ in range(3):
        pages, address = [], "step"
        while address:
            page = panel.show(address, refresh=not pages)
            pages.append(page)
            address = page["next"]
        weight = pages[0]["address"].removeprefix("step.").removesuffix(".document")
        at = list(panel.read().weights).index(weight)
        slow, before = panel.slow, run.gpt.parameters[at].data
        assert (slow.before[0][at], slow.step) == (before, run.step + 1)
        loss = panel.session.train(0, 0.5, "")["points"][1][-1]
        assert (loss, run.gpt.parameters[at].data, run.mean[at], run.square[at]) == (
            slow.loss, slow.after[0][at], slow.after[1][at], slow.after[2][at])
        numbers = " ".join(page["html"] for page in pages).replace("−", "-")
        p = run.gpt.parameters[at]
        for number in (before, p.data, run.mean[at], run.square[at], panel.read().value(weight).grad):
            assert precise(number).replace("−", "-") in numbers


def test_the_slow_step_changes_nothing():
    looked, plain = inside(steps=2), after(SMALL, 2)[0]
    looked.show("step.update")
    looked.show("step.layer0.mlp_fc1.3.1.backward")
    assert looked.session.train(0, 0.5, "") == plain.train(0, 0.5, "")
    assert looked.session.state() == plain.state()


@pytest.mark.parametrize(("address", "problem"), [
    ("step.nowhere.update", "inside.nowhere"), ("step.wte.0.99.mean", "inside.nowhere"), ("step.<b>", "inside.nowhere"),
])
def test_a_step_that_is_none(address, problem):
    with pytest.raises(UserError, match=problem):
        inside().show(address)


@pytest.mark.parametrize("steps", [1, 2, 23])
def test_after_the_last_step_it_is_shown_again_bit_for_bit(steps):
    fragment = f"{SMALL}&num_steps={steps}"
    before, panel = inside(fragment, steps - 1).session, inside(fragment, steps)
    run, page = panel.session.run, panel.show("step")
    assert (page["final"], panel.slow.step) == (True, steps)
    assert panel.slow.before == ([p.data for p in before.run.gpt.parameters], before.run.mean, before.run.square)
    assert panel.slow.after == ([p.data for p in run.gpt.parameters], run.mean, run.square)
    assert panel.slow.doc == run.docs[(steps - 1) % len(run.docs)]
    assert panel.slow.loss == before.run.train() == panel.session.recent_losses[-1]
    state = panel.session.state()
    weight = page["address"].removeprefix("step.").removesuffix(".document")
    at = list(panel.read().weights).index(weight)
    numbers = " ".join(page["html"] for page in walk(panel, page["address"])).replace("−", "-")
    for number in (panel.slow.before[0][at], run.gpt.parameters[at].data, run.mean[at], run.square[at]):
        assert precise(number).replace("−", "-") in numbers
    assert panel.session.state() == state


@pytest.mark.parametrize("steps", [2, 5])
def test_a_step_ends_with_the_loss_before_it_and_after_it(steps):
    panel = inside(SMALL + "&num_steps=5", steps)
    shown = panel.show("step.after")
    before, after = map(float, re.findall(r'<dd data-value="([^"]+)"', shown["html"]))
    if steps == 2:
        assert not shown["final"]
        panel.session.train(0, 0.5, "")
    run, doc = panel.session.run, panel.session.document()
    run.read(doc)
    assert (before, after) == (panel.session.recent_losses[-1], run.loss.data)
    moved = sum(old != new for old, new in zip(panel.slow.before[0], panel.slow.after[0], strict=True))
    assert f"{moved:,} of them moved" in html.unescape(shown["html"])


def test_a_run_that_was_restored_after_its_last_step_has_none_to_take_slowly():
    panel = inside(SMALL + "&num_steps=2")
    panel.session.restore(panel.session.state())
    with pytest.raises(UserError, match="step.over"):
        panel.show("step")


def test_the_last_compiled_step_is_shown_bit_for_bit():
    panel, plain = (inside(SMALL + "&num_steps=70", steps) for steps in (0, 70))
    panel.session.use("compiled")
    while panel.session.run.step < 70:
        panel.session.train(1000, 0.5, "")
    assert panel.show("step.after")["html"]
    assert panel.slow.before[0] == list(panel.session.before_last[1:1 + len(panel.slow.before[0])])
    assert panel.slow.after[0] == list(panel.session.weights()) == plain.session.weights()
    assert panel.slow.loss == panel.session.recent_losses[-1] == plain.session.recent_losses[-1]


UPDATE = "p.data -= learning_rate * m * mean_scale / (math.sqrt(v * square_scale) + epsilon)"
MEAN = "self.mean = [beta1 * m + (1 - beta1) * p.grad for m, p in zip(self.mean, self.gpt.parameters)]"
SQUARE = "self.square = [beta2 * v + (1 - beta2) * p.grad * p.grad for v, p in zip(self.square, self.gpt.parameters)]"


@pytest.mark.parametrize(("old", "new", "stage"), [
    pytest.param(UPDATE, UPDATE + " + 0.001 * p.data", "update", id="weight decay"),
    pytest.param(UPDATE, "p.data -= learning_rate * p.grad", "update", id="plain descent"),
    pytest.param(MEAN, MEAN.replace("(1 - beta1) * ", ""), "mean", id="another mean"),
    pytest.param(SQUARE, SQUARE.replace("(1 - beta2)", "(2 - beta2)"), "square", id="another square")])
def test_a_formula_is_shown_only_where_the_numbers_are_its(old, new, stage):
    panel = edited((old, new))
    pages = {stage: panel.show(f"step.wte.26.0.{stage}")["html"] for stage in ("mean", "square", "update")}
    otherwise = EN["step.otherwise"].partition("{")[0]
    assert [stage for stage, html in pages.items() if otherwise in html] == [stage]
    at = list(panel.read().weights).index("wte.26.0")
    assert precise(panel.slow.before[0][at]).replace("−", "-") in pages["update"].replace("−", "-")


def test_a_core_without_moments_is_shown_as_it_is():
    begun = "self.mean, self.square = ([0.0] * len(self.gpt.parameters) for _ in range(2))  # Adam's moments"
    panel = edited((begun, "pass"), (MEAN, "pass"), (SQUARE, "pass"), (UPDATE, "p.data -= learning_rate * p.grad"), (
        "for p, m, v in zip(self.gpt.parameters, self.mean, self.square):", "for p in self.gpt.parameters:"))
    for stage in ("document", "forward", "backward", "mean", "square", "update", "after"):
        assert panel.show(f"step.{stage}")["html"]
    assert EN["step.otherwise"].partition("{")[0] in panel.show("step.update")["html"]


def unused(reading):
    return next(name for name, p in reading.weights.items() if name.startswith("wte.") and not reading.users(p))


@pytest.mark.parametrize(("pick", "said"), [
    (unused, ("number.flat", "number.tried.none")), (lambda reading: "loss", ("number.tried.exact",)),
    (lambda reading: "layer0.attn_wo.0.0", ())], ids=["unused", "loss", "weight"])
def test_what_a_nudge_did_is_said_plainly(panel, pick, said):
    page = panel.show(f"number.{pick(panel.read())}.nudge", "emma")["html"]
    tried = EN["number.tried"].format(by=0.01, before="|", after="|", change="|").partition("|")[0]
    assert tried in page and all(EN[key] in page for key in said)
    assert EN["number.tried.curved"] not in page or pick is not unused


def test_of_many_neighbours_all_are_there_for_the_asking(panel):
    reading = panel.read()
    name = next(reading.name(node) for node in reading.tracer.nodes if len(node.inputs) > 20)
    few, many = (panel.show(f"number.{name}{end}", "emma")["html"] for end in ("", ".all"))
    count = len(reading.value(name).inputs)
    assert few.count("<tr>") < count < many.count("<tr>")
    assert f"Show all {count}" in few and "Show all" not in many


def test_on_the_page_a_visitor_walks_from_the_loss_to_a_weight_and_nudges_it(visitor):
    visitor.open(SMALL)
    visitor.press("inside-number")
    body = visitor.see("panel-body")
    steps = 0
    while visitor.see("panel-next").is_enabled() and steps < 40:
        before = visitor.page.url
        visitor.press("panel-next")
        visitor.page.wait_for_function("(before) => location.href != before", arg=before)
        steps += 1
    body.locator(".nudge button").click()
    body.get_by_text(EN["number.tried"].partition("{by}")[2].partition("{")[0]).wait_for()
    visitor.press("inside-step")
    body.locator("h3", has_text="Document").wait_for()
    for stage in ("Forward", "Backward", "First moment", "Second moment", "Update", "After the step"):
        visitor.page.keyboard.press("ArrowRight")
        body.locator("h3", has_text=stage).wait_for()
