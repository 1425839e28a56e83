"""The switch between the core and what is compiled from it: the run is the same run, bit for bit, whichever works."""
import json
import re
from functools import partial

import pytest
from common.digits import rounded, standard_error
from common.recipe import DATASETS, DEFAULTS
from support import ROOT, SLOW_COMPILER, WASM_ENCODER, WASM_MODULE, pattern, put_in_place, said, soak, within
from texts import EN
from window import Visitor, expect
from worker.session import Session

from tools.browser import launch_options


def session(recipe) -> Session:
    with open(ROOT / DATASETS[recipe["data"]], encoding="utf-8") as lines:
        return Session(lines, recipe)


def test_on_the_page_the_compiled_run_is_the_recorded_one(visitor):
    recorded = json.loads((ROOT / "static/recorded.json").read_text())
    visitor.open("engine=compiled")
    expect(visitor.see("engine")).to_have_value("compiled")
    visitor.press("train")
    visitor.wait("done")
    visitor.reads("status", said("status.done", "engine.ready", step="1,000"))
    expect(visitor.see("engine-note")).to_be_hidden()
    visitor.reads("loss", rounded(recorded["mean"], standard_error(recorded["points"][1][-100:])))
    names = visitor.page.locator("#names [data-step='1000']").evaluate_all("items => items.map(x => x.dataset.name)")
    assert names == [name for step, name, _ in recorded["names"] if step == 1000]


def test_on_the_page_the_engine_changes_in_mid_run(visitor):
    visitor.open("num_steps=4000&n_embd=8&n_head=2")
    visitor.press("step")
    visitor.wait("paused")
    visitor.see("engine").select_option("compiled")
    visitor.reads("status", said("status.paused", "engine.ready", step=1))
    visitor.reads("step-count", "1 / 4000")
    assert visitor.page.url.endswith("engine=compiled")
    visitor.press("train")
    visitor.wait("done")
    visitor.see("engine").select_option("core")
    visitor.reads("status", said("status.done", step="4,000"))


def test_on_the_page_what_cannot_be_compiled_is_said_and_the_core_trains(visitor):
    visitor.open("engine=compiled&block_size=2&num_steps=5&n_embd=4&n_head=1")
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.see("engine-note")).to_have_text(said("engine.declined"))
    expect(visitor.see("engine")).to_have_value("compiled")  # which is wanted of the next run still
    visitor.put("setting-block_size", "4")
    visitor.press("reset")
    visitor.reads("status", said("status.ready", "engine.ready"))
    expect(visitor.see("engine-note")).to_be_hidden()


# ---- What a browser refuses


SIMD = {"arguments": ["--js-flags=--no-enable-sse4-1"], "edits": {}, "says": "SIMD"}
ROOM = {"arguments": ["--js-flags=--wasm-max-mem-pages=3000"],
        "edits": {WASM_MODULE: ("exports, self.end)", "exports, 2 ** 28)")}, "says": "memory"}
MODULE = {"arguments": [], "edits": {WASM_ENCODER: ('b"\\0asm', 'b"\\0esm')}, "says": "magic word"}


def edited(route, body):
    route.fulfill(body=body)


@pytest.mark.soak
@pytest.mark.parametrize("fault", [SIMD, ROOM, MODULE], ids=["no SIMD", "no memory", "no module"])
def test_what_a_browser_refuses_is_said_and_the_run_goes_on_with_the_core(playwright, base_url, cpython, fault):
    options = launch_options()
    browser = playwright.chromium.launch(**options | {"args": options["args"] + fault["arguments"]})
    context = browser.new_context(base_url=base_url)
    for file, (old, new) in fault["edits"].items():
        text = (ROOT / file).read_text("utf-8")
        assert old in text
        context.route(f"**/{file}", partial(edited, body=text.replace(old, new)))
    visitor = Visitor(context.new_page())
    fragment = "num_steps=39&n_embd=8&n_head=2"
    visitor.open(fragment)
    for step in (1, 2, 3):
        visitor.press("step")
        visitor.reads("step-count", f"{step} / 39")
    visitor.wait("paused")
    names = visitor.names()
    visitor.see("engine").select_option("compiled")
    expect(visitor.see("engine-note")).to_have_text(said("engine.declined"))
    visitor.reads("status", said("status.paused", step=3))
    visitor.reads("step-count", "3 / 39")
    assert visitor.names() == names
    visitor.press("train")
    visitor.wait("done")
    expect(visitor.see("engine-note")).to_contain_text(fault["says"])
    expect(visitor.see("engine-note")).to_have_text(said("engine.declined"))
    expect(visitor.see("engine")).to_have_value("compiled")
    assert visitor.page.url.endswith("engine=compiled")
    session, frame = cpython(fragment)
    assert visitor.points() == frame["points"]
    assert visitor.names() == [(step, name) for step, name, _ in
                               session.last_names(20, True) + frame["names"][::-1]]
    browser.close()


def test_a_loss_that_overflows_while_compiled_is_said_and_the_weights_before_it_are_kept(visitor):
    visitor.open("engine=compiled&num_steps=20&n_embd=8&n_head=2&learning_rate=10")
    visitor.press("train")
    visitor.wait("broken")
    expect(visitor.see("engine-note")).to_be_hidden()  # it is the numbers, and not the compiled code
    expect(visitor.see("engine")).to_have_value("compiled")
    expect(visitor.see("status")).to_have_text(said("status.broken", broken=2, step=1))
    visitor.reads("step-count", "1 / 20")
    assert visitor.points()[0] == [1] and visitor.names()
    visitor.see("look").fill("emma")
    expect(visitor.see("attention").locator("[data-head='0'] tbody th")).to_have_text([*"·emma"])
    visitor.put("setting-learning_rate", "0.01")
    visitor.press("reset")
    visitor.reads("step-count", "0 / 20")
    visitor.wait("ready|paused")
    visitor.press("train")
    visitor.reads("status", said("status.done", "engine.ready", step=20))


# ---- Compiled before it is asked for


COMPILED = said("status.ready", "engine.ready")
KEEP_STATUS = """
window.told = [];
new MutationObserver(() => {
  const status = document.querySelector("[data-testid=status]");
  if (status && told.at(-1)?.[0] !== status.textContent) told.push([status.textContent, performance.now()]);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


def told(visitor) -> list[str]:
    """What the status said, one thing after the other."""
    return [text for text, _ in visitor.page.evaluate("() => told")]


@pytest.mark.fresh_page
def test_a_link_that_says_compiled_is_compiled_before_train_is_pressed(visitor):
    visitor.page.add_init_script(KEEP_STATUS)
    visitor.open("engine=compiled")
    visitor.reads("status", COMPILED)
    spoken = told(visitor)
    plain, compiling = (next(i for i, text in enumerate(spoken) if form.search(text)) for form in (
        said("status.ready"), said("status.ready", "engine.compiling")))
    assert plain < compiling, "ready does not wait"
    expect(visitor.see("recorded")).to_be_visible()  # nothing is the visitor's own yet
    visitor.reads("loss", re.compile(r"^2\.\d{2}$"))
    expect(visitor.see("names").locator("li")).to_have_count(60)
    visitor.see("look").fill("emma")
    expect(visitor.see("more-names")).to_be_disabled()
    visitor.press("train")
    visitor.wait("done")
    assert visitor.step() == 1000
    assert not [text for text in told(visitor)[len(spoken):] if EN["engine.compiling"] in text]
    assert within("status.training", "engine.ready").search(" ".join(told(visitor)))
    expect(visitor.see("recorded")).to_be_hidden()


SHORT = "num_steps=300&n_embd=8&n_head=2"


@pytest.mark.fresh_page
@pytest.mark.parametrize("act", ["switch", "setting", "reset", "train while it compiles", "core while it compiles",
                                 soak("setting while it compiles"), soak("reset while it compiles")])
def test_whatever_is_pressed_before_the_first_step_the_run_is_the_forms(visitor, act):
    seed = 7 if act.startswith("setting") else 42
    if "while" in act:  # which takes long here
        put_in_place(visitor.page.context, SLOW_COMPILER)
    visitor.open(SHORT + ("" if act == "switch" else "&engine=compiled"))
    if "while" in act:
        expect(visitor.see("status")).to_contain_text(EN["engine.compiling"])
    elif act != "switch":
        visitor.reads("status", COMPILED)
    if act.startswith("setting"):
        visitor.put("setting-seed", "7")
    elif act.startswith("reset"):
        visitor.press("reset")
        visitor.wait("ready|paused")
    elif not act.startswith("train"):
        visitor.see("engine").select_option("core" if act.startswith("core") else "compiled")
    if act.startswith("core"):
        visitor.reads("status", re.compile("^" + pattern(EN["status.ready"]).replace(".+", r"[\d.]+") + "$"))
    elif not act.startswith("train"):
        visitor.reads("status", re.compile(pattern(EN["engine.ready"]) + "$"))
    visitor.press("train")
    visitor.wait("done")
    run = session(DEFAULTS | {"num_steps": 300, "n_embd": 8, "n_head": 2, "seed": seed})
    run.use("compiled")
    assert visitor.points() == run.train(float("inf"), 0.5, "")["points"]
