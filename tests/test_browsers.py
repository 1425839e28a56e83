"""Three browsers give the same bits: what is compiled is held, in each, against the core in this Python."""

import json
from pathlib import Path

import bits
import compiler
import microgpt
import pytest
from conftest import KEEP_FRAMES, Visitor
from playwright.sync_api import Error
from recipe import DEFAULTS
from session import Session

from tools.browser import FIREFOX, find_browser, firefox_options
from tools.browser import webkit as there_is_webkit

ROOT = Path(__file__).resolve().parent.parent
RECORDED = json.loads((ROOT / "static/recorded.json").read_text("utf-8"))
LINES = (ROOT / "static/datasets/us-names-2018.txt").read_text("utf-8").splitlines()
SMALL = {"n_layer": 2, "n_embd": 6, "n_head": 2, "block_size": 7}  # widths that are no powers of two show rounding


@pytest.fixture(scope="module")
def firefox(playwright):
    """An installed Firefox."""
    if not find_browser(FIREFOX):
        pytest.skip("no Firefox here; `make test` installs Debian's firefox-esr where it may, as root")
    try:
        browser = playwright.firefox.launch(**firefox_options())
    except Error as error:
        pytest.skip(f"the Firefox here can't be driven: {str(error).splitlines()[0]}")
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def webkit(base_url):
    """A window of WebKit."""
    if not there_is_webkit():
        pytest.skip("no WebKit here; `make test` installs Debian's webkit2gtk-driver and xvfb where it may, as root")
    from webkit import opened

    with opened(base_url) as page:
        yield page


@pytest.fixture(params=["chromium", "firefox", "webkit"])
def plain_page(request, base_url):
    """A page without content in each browser."""
    if request.param == "webkit":
        page = request.getfixturevalue("webkit")
        page.goto("LICENSE")
        yield page
        return
    browser = request.getfixturevalue("browser" if request.param == "chromium" else "firefox")
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    page.goto("LICENSE")
    yield page
    context.close()


# Starts Pyodide in a worker as the page does, gives it files, runs Python there, and tells what that left in `answer`.
RUN = """
async ({ files, code }) => {
  const runtime = new URL("static/runtime.mjs?progress=none", location);
  const source = `
    onmessage = async ({ data }) => {
      try {
        const { loadPyodide } = await import("${runtime}");
        const pyodide = await loadPyodide();
        pyodide.FS.mkdir("compiler");
        for (const [path, text] of Object.entries(data.files)) pyodide.FS.writeFile(path, text);
        pyodide.runPython(data.code);
        postMessage(pyodide.globals.get("answer"));
      } catch (error) {
        postMessage(String(error));
      }
    };`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  const told = new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); });
  worker.postMessage({ files, code });
  const answer = await told;
  worker.terminate();
  return answer;
}
"""
CODE = """
import sys
sys.path.insert(0, ".")
import bits, compiler, json, microgpt

with open("names.txt") as lines:
    lines = lines.readlines()
answer = json.dumps([bits.record(microgpt.Run(lines, **settings), num_steps, compiler.compile)
                     for settings, num_steps in json.load(open("runs.json"))])
"""
RUNS = [(SMALL | {"num_steps": 200}, 200), ({}, 300)]


@pytest.fixture(scope="module")
def ours():
    """The runs' bits in this Python: the small one's from the core, the default's, for which the core takes too long,
    from what is compiled."""
    small, default = ((microgpt.Run(LINES, **settings), steps) for settings, steps in RUNS)
    return [bits.record(*small), bits.record(*default, compiler.compile)]


def test_what_is_compiled_has_the_cores_bits_in_every_browser(plain_page, ours):
    files = {str(path.relative_to(ROOT / "py")): path.read_text("utf-8") for path in
             [ROOT / "py/microgpt.py", *(ROOT / "py/compiler").glob("*.py")]}
    files |= {"bits.py": (ROOT / "tests/bits.py").read_text("utf-8"), "names.txt": "\n".join(LINES),
              "runs.json": json.dumps(RUNS)}
    answer = plain_page.evaluate(RUN, {"files": files, "code": CODE})
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


def test_in_firefox_the_page_compiles_and_trains_the_same_run(firefox, base_url, compiled_run):
    context = firefox.new_context(base_url=base_url)
    visitor = Visitor(context.new_page())
    visitor.open("engine=compiled")
    visitor.press("train")
    visitor.wait("done")
    assert (visitor.points(), visitor.names()) == compiled_run
    context.close()


def test_in_webkit_the_page_compiles_and_trains_the_same_run(webkit, compiled_run):
    webkit.goto("#engine=compiled")
    webkit.wait("ready")
    webkit.evaluate(f"() => {{ {KEEP_FRAMES} }}")
    webkit.press("train")
    webkit.wait("done")
    frames = [json.loads(text) for text in webkit.evaluate("() => frames_heard")]
    names = webkit.evaluate("() => [...document.getElementById('names').children].map((item) => item.dataset)")
    assert [sum((frame["points"][column] for frame in frames), []) for column in range(3)] == compiled_run[0]
    assert [(int(name["step"]), name["name"]) for name in names] == compiled_run[1]
