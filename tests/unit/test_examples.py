"""The examples that need nothing but Python. Those in PyTorch have tests beside them, for `make torch`."""

import json
import random
import runpy
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from microgpt import Run

ROOT = Path(__file__).resolve().parents[2]
LOADER = ROOT / "examples/load_in_plain_python.py"
DATA = {"Latin": "emma olivia ava isabella".split(), "Hangul": "서연 지우 민준 하윤".split(),
        "words with spaces": ["los angeles", "new york", "a\u3000b"]}


def written(run: Run, whole: bool) -> bytes:
    """A safetensors file as the page saves it, by the format's description."""
    weights = run.gpt.weights
    parts = {"": iter([p.data for p in run.gpt.parameters])}
    if whole:
        parts |= {"mean.": iter(run.mean), "square.": iter(run.square)}
    recipe = json.dumps(vars(run.settings) | {"data": "own"})
    header = {"__metadata__": {"format": "microgpt-in-your-tab 1", "recipe": recipe, "step": str(run.step),
                               "alphabet": json.dumps(run.chars)}}
    body = b""
    for part, numbers in parts.items():
        for name, matrix in weights.items():
            block = struct.pack(f"<{len(matrix) * len(matrix[0])}d", *(next(numbers) for row in matrix for _ in row))
            header[part + name] = {"dtype": "F64", "shape": [len(matrix), len(matrix[0])],
                                   "data_offsets": [len(body), len(body) + len(block)]}
            body += block
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


@pytest.mark.parametrize("docs", DATA.values(), ids=DATA.keys())
@pytest.mark.parametrize("whole", [True, False], ids=["a whole run", "bare weights"])
def test_plain_python_goes_on_from_a_file(docs, whole, tmp_path):
    run = Run(docs, n_layer=2, n_embd=8, n_head=2)
    for _ in range(3):
        run.train()
    (tmp_path / "run.safetensors").write_bytes(written(run, whole))
    loaded = runpy.run_path(str(LOADER))["load"](tmp_path / "run.safetensors")
    assert loaded.sample(random.Random(1), 0.5) == run.sample(random.Random(1), 0.5)
    loaded.docs = run.docs
    if whole:
        assert [loaded.train() for _ in range(3)] == [run.train() for _ in range(3)]


@pytest.mark.parametrize(("old", "new"), [(b'"F64"', b'"F16"'), (b'"step"', b'"core"')])
def test_plain_python_refuses_what_it_would_misread(old, new, tmp_path):
    (tmp_path / "run.safetensors").write_bytes(written(Run(DATA["Latin"], n_embd=8), True).replace(old, new))
    with pytest.raises(ValueError, match="open it in the page"):
        runpy.run_path(str(LOADER))["load"](tmp_path / "run.safetensors")


def test_plain_python_prints_names(tmp_path):
    (tmp_path / "run.safetensors").write_bytes(written(Run(DATA["Latin"], n_embd=8), True))
    done = subprocess.run([sys.executable, LOADER, tmp_path / "run.safetensors"], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 20)
    assert set(done.stdout) <= set("".join(DATA["Latin"]) + "\n")
