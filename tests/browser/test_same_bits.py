"""Three browsers give the same bits: what is compiled is held, in each, against the core in this Python."""

import json

import bits
import microgpt
import pytest
from common.digits import rounded
from common.recipe import DEFAULTS
from support import ROOT, as_listed, weights_of
from worker import compiler
from worker.session import Session

RECORDED = json.loads((ROOT / "static/recorded.json").read_text("utf-8"))
LINES = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").splitlines()
ODD = {"n_layer": 2, "n_embd": 6, "n_head": 2, "block_size": 7}  # widths that are no powers of two show rounding


# Starts Pyodide in a worker as the page does, gives it files, runs Python there, and tells what that left in `answer`.
RUN = """
async ({ files, code }) => {
  const runtime = new URL("static/runtime.js", location);
  const source = `
    onmessage = async ({ data }) => {
      try {
        const { loadPyodide } = await import("${runtime}");
        const pyodide = await loadPyodide();
        for (const [path, text] of Object.entries(data.files)) {
          if (path.includes("/")) pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
          pyodide.FS.writeFile(path, text);
        }
        pyodide.runPython(data.code);
        postMessage(pyodide.globals.get("answer"));
      } catch (error) {
        postMessage(String(error));
      }
    };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  const told = new Promise((resolve) => { worker.onmessage = ({ data }) => { if (!data.total) resolve(data); }; });
  worker.postMessage({ files, code });
  const answer = await told;
  worker.terminate();
  return answer;
}
"""
CODE = """
import sys
sys.path.insert(0, ".")
import bits
from worker import compiler
import json
import microgpt

with open("names.txt") as lines:
    lines = lines.readlines()
answer = json.dumps([bits.record(microgpt.Run(lines, **settings), num_steps, compiler.compile)
                     for settings, num_steps in json.load(open("runs.json"))])
"""
SMALL = "num_steps=12&n_embd=8&n_head=2"
RUNS = [(ODD | {"num_steps": 200}, 200), ({}, 300)]


@pytest.fixture(scope="module")
def ours():
    """The runs' bits in this Python: the small one's from the core, the default's, for which the core takes too long,
    from what is compiled."""
    small, default = ((microgpt.Run(LINES, **settings), steps) for settings, steps in RUNS)
    return [bits.record(*small), bits.record(*default, compiler.compile)]


def python_files() -> dict[str, str]:
    """The core, and all that the worker's Python imports, by their paths."""
    paths = [ROOT / "py/microgpt.py", *(ROOT / "py/common").rglob("*.py"), *(ROOT / "py/worker").rglob("*.py")]
    return {str(path.relative_to(ROOT / "py")): path.read_text("utf-8") for path in paths}


def test_what_is_compiled_has_the_cores_bits_in_every_browser(window, ours):
    files = python_files() | {"bits.py": (ROOT / "tests/browser/bits.py").read_text("utf-8"),
                              "names.txt": "\n".join(LINES), "runs.json": json.dumps(RUNS)}
    window.goto("LICENSE")  # a page without content
    answer = window.evaluate(RUN, {"files": files, "code": CODE})
    assert answer.startswith("["), answer
    assert json.loads(answer) == ours


@pytest.fixture(scope="module")
def compiled_run():
    """The default run, compiled, in this Python: the curve, and the names from the newest on."""
    session = Session(LINES, DEFAULTS)
    session.use("compiled")
    frame = session.train(float("inf"), DEFAULTS["temperature"], "")
    assert [round(loss, 4) for loss in frame["points"][1]] == RECORDED["points"][1], "which is what the core recorded"
    names = session.last_names(20, True) + frame["names"][::-1]
    return frame["points"], [(step, name) for step, name, _ in names]


def test_the_page_compiles_and_trains_the_same_run_in_every_browser(window, compiled_run):
    window.open("engine=compiled")
    window.press("train")
    window.wait("done")
    assert (window.points(), window.names()) == compiled_run


@pytest.mark.engines("chromium", "webkit")  # Chromium: see test_training.py; WebKit takes its time
def test_a_whole_run_has_every_number_that_python_gets(window, cpython):
    session, frame = cpython(SMALL)
    window.open(SMALL)
    window.press("train")
    window.wait("done")
    assert window.points() == frame["points"] and window.names() == as_listed(session, frame)
    assert [cell["weight"] for cell in window.cells("attention")] == weights_of(session.view())
    window.reads("loss", rounded(frame["mean"], frame["mean_error"]))
    window.gone("recorded")
    assert window.shown("#chart canvas")
