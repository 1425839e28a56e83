"""The link: it follows the settings, and whoever opens it and presses Train gets the sender's run, bit for bit."""

import json
import re
import subprocess
import sys

import pytest
from common.digits import rounded, standard_error
from common.recipe import DEFAULTS, SAMPLING
from support import ROOT, beginning, said, soak
from texts import EN
from window import expect

UNCOPIED = re.compile("|".join(re.escape(EN[key]) for key in ("share.uncopied", "status.unshared")))
RECORDED = json.loads((ROOT / "static/recorded.json").read_text("utf-8"))


def fragment(visitor) -> str:
    return visitor.page.evaluate("location.hash")


@pytest.fixture
def settled(visitor):
    """A visitor at the page without a link."""
    visitor.open()
    visitor.page.evaluate("window.same_page = true")
    return visitor


# ---- The address follows the settings, and the settings the address


def test_the_address_holds_what_differs_from_the_defaults(settled):
    changes = [("seed", "7", "#seed=7"), ("n_embd", "8", "#seed=7&n_embd=8"),
               ("learning_rate", "0.02", "#seed=7&n_embd=8&learning_rate=0.02"),
               ("seed", "42", "#n_embd=8&learning_rate=0.02"), ("n_embd", "16", "#learning_rate=0.02"),
               ("learning_rate", "0.01", "")]
    for name, typed, expected in changes:
        settled.put(f"setting-{name}", typed)
        assert fragment(settled) == expected
    settled.see("temperature").fill("0.7")
    settled.put("prefix", "zo")
    assert fragment(settled) == "#temperature=0.7&prefix=zo"
    assert settled.page.evaluate("same_page")


def test_back_and_forward_go_through_the_settings(settled):
    for seed in ("7", "8"):
        settled.put("setting-seed", seed)
    for go, seed in ((settled.back, "7"), (settled.back, "42"), (settled.forward, "7")):
        go()
        expect(settled.see("setting-seed")).to_have_value(seed)
    assert fragment(settled) == "#seed=7" and settled.page.evaluate("same_page")


def test_a_link_gives_every_setting(visitor):
    given = {"num_steps": "5", "seed": "999999999", "n_layer": "2", "n_embd": "12", "n_head": "3", "block_size": "9",
             "learning_rate": "0.003", "temperature": "1.3", "prefix": "zo"}
    visitor.page.goto("#" + "&".join(f"{name}={value}" for name, value in given.items()))
    visitor.reads("parameters", "4,212")  # (2 * 27 + 9) * 12 + 2 * 12 * 12 * 12
    for name, value in given.items():
        expect(visitor.see(name if name in SAMPLING else f"setting-{name}")).to_have_value(value)
    visitor.reads("step-count", "0 / 5")
    expect(visitor.see("ignored")).to_be_hidden()


def test_a_link_opened_in_the_same_page_needs_no_reload(settled):
    settled.page.goto("#seed=11")
    expect(settled.see("setting-seed")).to_have_value("11")
    assert settled.page.evaluate("same_page")


def test_share_copies_the_link_and_says_so(settled, base_url):
    settled.let_copy()
    settled.wait("ready")
    settled.put("setting-seed", "7")
    settled.press("share")
    settled.reads("status", said("status.shared"))
    assert settled.page.evaluate("navigator.clipboard.readText()") == base_url + "#seed=7"


def test_that_the_link_is_copied_can_be_read_while_it_trains(visitor):
    visitor.let_copy()
    visitor.open("num_steps=2000&n_embd=4&n_head=2")
    visitor.press("train")
    visitor.wait("training")
    visitor.press("share")
    copied = visitor.page.get_by_text(said("status.shared"))
    expect(copied).to_be_visible()
    step = visitor.step()
    expect(visitor.see("step-count")).not_to_have_text(re.compile(f"^({step}|{step + 1}) / "))
    expect(copied).to_be_visible(timeout=1)


@pytest.mark.fresh_page
def test_where_nothing_can_be_copied_share_says_where_the_link_is(settled):
    settled.wait("ready")
    settled.page.evaluate("() => { navigator.clipboard.write = async () => { throw new Error('no'); }; }")
    settled.press("share")
    settled.reads("status", UNCOPIED)


@pytest.mark.fresh_page
@pytest.mark.parametrize(("answer", "spoken"), [
    ("(data) => { window.given = data; }", None),
    ("() => { throw new DOMException('the visitor closed it', 'AbortError'); }", None),
    ("() => { throw new DOMException('not now', 'NotAllowedError'); }", UNCOPIED),
])
def test_the_systems_share_sheet_is_used_where_there_is_one(visitor, base_url, answer, spoken):
    visitor.page.add_init_script(f"navigator.share = async (data) => ({answer})(data)")
    visitor.open("seed=7")
    before = visitor.see("status").text_content()
    visitor.press("share")
    if "given" in answer:
        title = visitor.page.title()
        visitor.become(lambda: visitor.page.evaluate("window.given ?? null"))
        assert visitor.page.evaluate("given") == {"title": title, "url": base_url + "#seed=7"}
    visitor.reads("status", spoken or before)


# ---- Links from strangers


def test_what_is_ignored_or_out_of_range_is_said_in_one_line(visitor):
    visitor.page.goto("#seed=x&colour=red&n_layer=99&n_embd=10")
    visitor.reads("ignored", said("link.ignored", pieces="seed=x, colour=red") + " " +
                  said("link.clamped", pieces="n_layer=99 → 4, n_head=4 → 2"))
    expect(visitor.see("setting-n_head")).to_have_value("2")
    visitor.page.goto("#seed=7")
    expect(visitor.see("ignored")).to_be_hidden()


def test_a_huge_link_opens_as_the_defaults_and_its_complaint_stays_a_line(visitor):
    visitor.page.goto("#" + "nonsense&" * 20_000)
    expect(visitor.see("ignored")).to_be_visible(timeout=30_000)
    assert len(visitor.see("ignored").text_content()) < 400
    assert visitor.see("ignored").bounding_box()["height"] < 100
    visitor.reads("step-count", "0 / 1000")


PAYLOADS = ["<img src=x onerror=window.hacked=1>", "\"><script>window.hacked=1</script>", "' onfocus=window.hacked=1 '",
            "%3Cimg%20src=x%20onerror=window.hacked=1%3E", "{seed}{0}", "%00%ff%", "javascript:window.hacked=1", "${1}"]


@pytest.mark.fresh_page
def test_nothing_in_a_link_becomes_markup(settled):
    settled.page.on("dialog", lambda dialog: pytest.fail("a dialog opened"))
    tags = "img script iframe b [onerror] [onfocus]".split()
    count = f"() => {tags}.map((tag) => document.querySelectorAll(tag).length)"
    usual = settled.page.evaluate(count)
    others = [at for at, tag in enumerate(tags) if tag != "b"]  # the pictures have letters in <b>
    for number, payload in enumerate(PAYLOADS):
        settled.page.goto(f"#link{number}=1&" + "&".join(f"{name}={payload}" for name in [*DEFAULTS, payload]))
        expect(settled.see("ignored")).to_contain_text(f"link{number}=1, data=")
        assert [settled.page.evaluate(count)[at] for at in others] == [usual[at] for at in others]
    settled.reads("status", beginning("keep.damaged"))  # whose model is the last payload
    settled.put("setting-n_embd", "4")
    settled.press("step")
    settled.wait("paused")
    for pressed, payload in enumerate(PAYLOADS, 1):
        settled.see("look").fill(payload[:64])
        settled.put("prefix", payload[:15])
        settled.press("more-names")
        expect(settled.see("names").locator("li")).to_have_count(2 + 4 * pressed)
    assert settled.page.evaluate("window.hacked ?? null") is None and settled.page.evaluate("same_page")
    assert [settled.page.evaluate(count)[at] for at in others] == [usual[at] for at in others]


# ---- The same run


@pytest.mark.parametrize("link", [
    soak("num_steps=100&n_embd=8&n_head=2"),
    "num_steps=12&seed=7&n_layer=2&n_embd=6&n_head=3&block_size=5&learning_rate=0.071&temperature=0.9",
])
def test_a_links_run_is_bit_equal_with_this_pythons(visitor, cpython, link):
    session, frame = cpython(link)
    visitor.open(link)
    visitor.press("train")
    visitor.wait("done", 120)
    assert visitor.points() == frame["points"]
    names = session.last_names(20, True) + frame["names"][::-1]
    assert visitor.names() == [(step, name) for step, name, _ in names]


def test_a_link_that_was_shared_gives_the_senders_run(visitor, browser, base_url):
    visitor.open("num_steps=5&n_embd=4&n_head=2")
    visitor.put("setting-learning_rate", "0.000769230144")  # of the numbers that are hard to write down
    visitor.press("train")
    visitor.wait("done")
    context = browser.new_context()
    other = type(visitor)(context.new_page())
    other.page.goto(visitor.page.url)
    other.wait("ready")
    other.press("train")
    other.wait("done")
    assert other.points() == visitor.points() and other.names() == visitor.names()
    context.close()


@pytest.mark.soak
@pytest.mark.timeout(400)
def test_a_thousand_steps_from_a_link_are_the_programs_to_the_bit(visitor):
    """The main job from end to end: the default recipe in the browser, and the core's program in this Python."""
    program = """
import microgpt, sys
class Exact(microgpt.Run):
    def train(self):
        loss = super().train()
        print(loss.hex(), file=sys.stderr)
        return loss
microgpt.Run = Exact
microgpt.main()"""
    command = [sys.executable, "-c", program, "static/datasets/us-names-2018.txt"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={"PYTHONPATH": "py"}) as python:
        try:
            visitor.open("seed=42")
            visitor.press("train")
            visitor.wait("done", 300)
            printed, exact = python.communicate(timeout=300)
        finally:
            python.kill()
    losses = [float.fromhex(line) for line in exact.split()]
    names = re.findall(r"^sample +\d+: (.*)$", printed, re.MULTILINE)
    assert len(losses) == 1000 and len(names) == 20
    steps, theirs, means = visitor.points()
    assert steps == list(range(1, 1001))
    assert theirs == losses
    visitor.reads("loss", rounded(means[-1], standard_error(losses[-100:])))
    assert means[-1] == pytest.approx(sum(losses[-100:]) / 100)
    assert visitor.names()[:20] == [(1000, name) for name in names]
    # and the recording is of this run
    assert [round(loss, 4) for loss in losses] == RECORDED["points"][1]
    assert visitor.names() == [(step, name) for step, name, _ in RECORDED["names"]]
    weights = [f"{w:.4f}" for layer in RECORDED["view"]["attention"] for head in layer for row in head for w in row]
    assert [cell["weight"] for cell in visitor.cells("attention")] == weights
