"""`static/runtime.js`: Pyodide's start in a worker, its progress, and what happens when a file cannot be had."""

import pytest

from tools.serve import start
from tools.site import vendored

# The tests open a plain file, which has no icon.
pytestmark = [pytest.mark.fresh_page, pytest.mark.tolerates("favicon.ico")]

# Starts the runtime in a worker as PyScript does, then tells how that went.
START = """
async () => {
  const heard = [];
  const runtime = new URL("static/runtime.js", location);
  const source = `
    import { loadPyodide, version } from "${runtime}";
    try {
      const pyodide = await loadPyodide({ indexURL: "nowhere" });
      postMessage({ version, answer: pyodide.runPython("import random, json, argparse, hashlib; 6 * 7") });
    } catch (error) {
      postMessage({ error: error.message });
    }`;
  const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  const told = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => "loaded" in data ? heard.push(data) : resolve(data);
  });
  worker.terminate();
  return { ...told, heard };
}
"""

FILES = ["pyodide.asm.wasm", "pyodide.asm.js", "python_stdlib.zip", "pyodide-lock.json"]


def test_it_starts_and_tells_how_far_the_download_is(page, site):
    page.goto("LICENSE")
    told = page.evaluate(START)
    assert told["answer"] == 42
    total = sum(path.stat().st_size for path in vendored(site, "pyodide").iterdir() if path.name != "files.json")
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
@pytest.mark.parametrize("name", [*FILES, "pyodide.js", "files.json"])
def test_a_missing_file_fails_the_start(page, name):
    page.context.route(f"**/{name}", lambda route: route.fulfill(status=404, body=""))
    page.goto("LICENSE")
    assert name in page.evaluate(START)["error"]


def flipped(content: bytes) -> bytes:
    """With one bit of a byte in the middle changed."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]


DAMAGES = {"a flipped bit": flipped, "cut short": lambda content: content[:-1],
           "too long": lambda content: content + b" ", "another file": lambda content: b"<html>",
           "empty": lambda content: b""}


@pytest.mark.tolerates("integrity")  # Firefox says so itself
@pytest.mark.parametrize(("name", "damage"), [
    *((name, "a flipped bit") for name in (*FILES, "pyodide.js")),
    *(("pyodide.asm.wasm", damage) for damage in DAMAGES if damage != "a flipped bit"),
    ("python_stdlib.zip", "cut short"), ("pyodide.asm.js", "another file"), ("pyodide.asm.js", "too long"),
])
def test_a_damaged_file_is_named_and_no_python_starts(page, site, name, damage):
    path = vendored(site, "pyodide") / name
    kind = {"wasm": "application/wasm", "js": "text/javascript"}.get(name.rpartition(".")[2], "application/json")
    content = DAMAGES[damage](path.read_bytes())
    page.context.route(f"**/{name}", lambda route: route.fulfill(body=content, content_type=kind))
    page.goto("LICENSE")
    told = page.evaluate(START)
    assert told["error"] == f"damaged: {name}" and "answer" not in told


@pytest.mark.tolerates(r"ERR_FAILED|ERR_CONNECTION", r"standard library", r"fetch")
@pytest.mark.parametrize("name", ["pyodide.asm.wasm", "python_stdlib.zip"])
def test_a_lost_connection_fails_the_start(page, name):
    page.context.route(f"**/{name}", lambda route: route.abort())
    page.goto("LICENSE")
    assert page.evaluate(START)["error"]
