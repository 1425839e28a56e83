"""`static/runtime.mjs`: Pyodide's start in a worker, its progress, and what happens when a file cannot be had."""

import pytest

from tools.serve import start

pytestmark = pytest.mark.tolerates("favicon.ico")  # the tests open a plain file, which has no icon

# Starts the runtime in a worker as PyScript does, then tells how that went.
START = """
async () => {
  const heard = [];
  const channel = new BroadcastChannel("this-tab");
  const others = new BroadcastChannel("another-tab");
  channel.onmessage = (event) => heard.push(event.data);
  others.onmessage = () => heard.push("a message of this tab reached another");
  const runtime = new URL("static/runtime.mjs?progress=this-tab", location);
  const source = `
    import { loadPyodide, version } from "${runtime}";
    try {
      const pyodide = await loadPyodide({ indexURL: "nowhere" });
      postMessage({ version, answer: pyodide.runPython("import random, json, argparse, hashlib; 6 * 7") });
    } catch (error) {
      postMessage({ error: error.message });
    }`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  const told = await new Promise((resolve) => { worker.onmessage = (event) => resolve(event.data); });
  worker.terminate();
  return { ...told, heard };
}
"""


def test_it_starts_and_tells_how_far_the_download_is(page, site):
    page.goto("LICENSE")
    told = page.evaluate(START)
    assert told["answer"] == 42
    total = sum(path.stat().st_size for path in (site / "vendor/pyodide").iterdir())
    assert {message["total"] for message in told["heard"]} == {total}
    loaded = [message["loaded"] for message in told["heard"]]
    assert loaded == sorted(loaded) and loaded[-1] == total
    assert 5 < len(loaded) <= 60


def test_progress_counts_what_arrives_after_decompression(page, site):
    server = start(site, compress=True)
    page.goto(f"{server.url}LICENSE")
    told = page.evaluate(START)
    server.shutdown()
    server.server_close()
    assert told["heard"][-1]["loaded"] == told["heard"][-1]["total"]


@pytest.mark.tolerates(r"404", r"standard library", r"Failed to load", r"Fatal Python error")
@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "pyodide.asm.mjs", "python_stdlib.zip", "pyodide-lock.json"])
def test_a_missing_file_fails_the_start(page, name):
    page.context.route(f"**/{name}", lambda route: route.fulfill(status=404, body=""))
    page.goto("LICENSE")
    assert name in page.evaluate(START)["error"]


def test_a_broken_file_fails_the_start(page):
    page.context.route("**/*.wasm", lambda route: route.fulfill(body=b"<html>", content_type="application/wasm"))
    page.goto("LICENSE")
    assert "WebAssembly" in page.evaluate(START)["error"]


@pytest.mark.tolerates(r"ERR_FAILED|ERR_CONNECTION", r"standard library", r"fetch")
@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "python_stdlib.zip"])
def test_a_lost_connection_fails_the_start(page, name):
    page.context.route(f"**/{name}", lambda route: route.abort())
    page.goto("LICENSE")
    assert page.evaluate(START)["error"]
