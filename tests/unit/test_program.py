"""The core as a program, and its bits in other Pythons: what it prints, published and in the reference."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import EMOJI, HANGUL, LATIN
from microgpt import Run
from reference import Reference

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "py/microgpt.py"
NAMES = ROOT / "static/datasets/us-names-2018.txt"

# ---- The same bits


def test_a_seed_is_a_run_and_another_seed_is_another():
    runs = [Run(LATIN, n_embd=8, seed=seed) for seed in (1, 1, 2)]
    first, again, other = ([run.train().hex() for _ in range(5)] for run in runs)
    assert first == again
    assert not set(first) & set(other)


PYTHONS = {f"python3.{minor}": [f"python3.{minor}"] for minor in range(11, 16)}
PYTHONS["Pyodide"] = ["node", "tools/pyodide.mjs"]


def works(command: list[str]) -> bool:
    """Whether this Python is here: a version manager's stand-in for one that is not installed is found, but fails."""
    if command[0] == "node":
        return bool(shutil.which("node")) and (ROOT / "node_modules/pyodide").is_dir()
    found = shutil.which(command[0])
    return bool(found) and subprocess.run([found, "--version"], capture_output=True).returncode == 0


def bits(command: list[str]) -> str:
    """What `tests/browser/bits.py` prints in this Python."""
    command = [*command, "tests/browser/bits.py"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


@pytest.fixture(scope="module")
def our_bits() -> str:
    return bits([sys.executable])


@pytest.mark.parametrize("command", PYTHONS.values(), ids=PYTHONS.keys())
def test_another_python_gives_the_same_bits(command, our_bits):
    if not works(command):
        pytest.skip(f"{command[0]} is not here")
    assert our_bits.count("0x") == 30
    assert bits(command) == our_bits


# ---- The program


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "py"), "PYTHONUTF8": "1"}


def program(*arguments: object) -> subprocess.CompletedProcess:
    """Run the core as its users do."""
    command = [sys.executable, str(CORE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment())


def read_output(output: str) -> tuple[list[str], list[str], list[str]]:
    """The three counts, the losses and the names of a program's output, each line of which must have its form."""
    lines = output.splitlines()
    blank = lines.index("")
    forms = ["num docs: (.+)", "vocab size: (.+)", "num params: (.+)"]
    forms += [rf"step {step:4d} / {blank - 3:4d} \| loss (\d+\.\d{{4}})" for step in range(1, blank - 2)]
    forms += ["()", re.escape("--- inference (new, hallucinated names) ---") + "()"]
    forms += [rf"sample {i:2d}: (.*)" for i in range(1, len(lines) - blank - 1)]
    matches = [re.fullmatch(form, line) for form, line in zip(forms, lines, strict=True)]
    assert all(matches), output
    values = [match[1] for match in matches]
    return values[:3], values[3:blank], values[blank + 2 :]


@pytest.fixture
def data(tmp_path) -> Path:
    file = tmp_path / "names.txt"
    file.write_text("\n".join(LATIN), encoding="utf-8")
    return file


def test_the_program_trains_on_our_names():
    done = program(NAMES, "--num_steps=30", "--num_samples=3")
    counts, losses, names = read_output(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert counts == ["32257", "27", "4192"]
    # What the reference gets: python -m tests.reference FILE --num_steps=30 --num_samples=3
    assert (len(losses), losses[:3], names) == (30, ["3.4639", "3.2561", "3.2566"], ["glaa", "aila", "jdli"])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"seed": 7},
        {"n_layer": 2, "n_embd": 6, "n_head": 2},
        {"block_size": 3},
        {"learning_rate": 0.05},
        {"temperature": 1.5},
        {"num_steps": 4, "num_samples": 12},
    ],
    ids=str,
)
def test_each_option_of_the_program_does_what_it_does_in_the_reference(data, settings):
    settings = {"num_steps": 12, "num_samples": 5} | settings
    reference = Reference(LATIN, **settings)
    expected = [f"{reference.train():.4f}" for _ in range(settings["num_steps"])]
    done = program(data, *(f"--{name}={value}" for name, value in settings.items()))
    _, losses, names = read_output(done.stdout)
    assert losses == expected
    assert names == [reference.sample() for _ in range(settings["num_samples"])]


@pytest.mark.parametrize("docs", [HANGUL, EMOJI], ids=["Hangul", "surrogate pairs"])
def test_the_program_reads_and_writes_any_script(tmp_path, docs):
    file = tmp_path / "names.txt"
    file.write_text("\r\n".join(docs), encoding="utf-8")
    counts, _, names = read_output(program(file, "--num_steps=3", "--n_embd=4").stdout)
    assert counts[:2] == [str(len(docs)), str(len(set("".join(docs))) + 1)]
    assert "".join(names) and set("".join(names)) <= set("".join(docs))


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["missing.txt"], "missing.txt"),
        (["."], "directory"),
        ([], "DATA"),
        (["empty.txt"], "no documents"),
        (["latin1.txt"], "utf-8"),
        (["names.txt", "--n_embd=6"], "n_embd must be divisible by n_head, and 6 is not by 4"),
        (["names.txt", "--n_layer=0"], "n_layer must be above zero, not 0"),
        (["names.txt", "--block_size=-1"], "block_size must be above zero, not -1"),
        (["names.txt", "--num_steps=1.5"], "--num_steps"),
        (["names.txt", "--seed=x"], "--seed"),
        (["names.txt", "--temperature=nan"], "temperature must be above zero, not nan"),
        (["names.txt", "--temperature=warm"], "--temperature"),
        (["names.txt", "--learning_rate=inf"], "learning_rate must be above zero, not inf"),
        (["names.txt", "--dropout=0.1"], "--dropout"),
    ],
    ids=str,
)
def test_the_program_refuses_in_one_line(data, monkeypatch, arguments, complaint):
    monkeypatch.chdir(data.parent)
    Path("empty.txt").write_text(" \n\n")
    Path("latin1.txt").write_bytes("zoë\n".encode("latin-1"))
    done = program(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch("microgpt: .+\n", done.stderr) and complaint in done.stderr


def test_importing_the_core_does_nothing_and_says_nothing():
    command = [sys.executable, "-W", "error", "-c", "import microgpt"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_core_is_one_file_of_243_lines_that_imports_the_standard_library_only():
    source = CORE.read_text("utf-8")
    lines = source.splitlines()
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or node.names[0].name for node in imports]
    assert len(lines) <= 243 and max(map(len, lines)) <= 120
    assert modules and set(modules) <= sys.stdlib_module_names
