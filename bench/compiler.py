"""How fast the compiled engine is: beside the core, beside the core with a node for each `+` and `×`, and beside a step
written by hand in C for WebAssembly (bench/step.c).

All of it runs in one worker of a real browser, in turns, so that a busy machine slows all alike; ratios are medians of
the turns' ratios. The row of C is left out where clang with its linker for WebAssembly is missing.
"""

import shutil
import subprocess
import sys
import time
from array import array
from pathlib import Path

import microgpt

from bench.core import DATA, ROOT, chained, lines, median

TURNS = 5
SHAPES = [{}, {"n_embd": 32}, {"n_embd": 64}, {"n_layer": 2}, {"n_layer": 4}, {"block_size": 32}]
STEP_WASM = ".cache/step.wasm"


def milliseconds(function, steps: int) -> float:
    """The time of one step, in milliseconds, of a function that takes so many."""
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1000 / steps


class C:
    """bench/step.c, compiled, with a run's weights and its first 256 documents."""

    def __init__(self, binary: bytes, run):
        import js
        from pyodide.ffi import to_js

        self.js, self.run = js, run
        self.exports = js.WebAssembly.Instance.new(js.WebAssembly.Module.new(to_js(binary))).exports
        tokens = array("i")
        for doc in run.docs[:256]:
            row = [run.bos, *map(run.chars.index, doc), *[run.bos] * run.settings.block_size]
            tokens.extend(row[: run.settings.block_size + 1])
        self.write("tokens", tokens)
        self.load()

    def write(self, name: str, numbers: array) -> None:
        data = numbers.tobytes()
        self.js.Uint8Array.new(self.exports.memory.buffer, getattr(self.exports, name)(), len(data)).assign(data)

    def load(self) -> None:
        for name, values in (("weights", [p.data for p in self.run.gpt.parameters]), ("mean", self.run.mean),
                             ("square", self.run.square)):
            self.write(name, array("d", values))

    def train(self) -> None:
        self.exports.run(0, 256, self.run.settings.learning_rate, float(self.run.settings.num_steps))

    def losses(self) -> list[float]:
        numbers = array("d", bytes(8 * 256))
        self.js.Float64Array.new(self.exports.memory.buffer, self.exports.losses(), 256).assign_to(numbers)
        return numbers.tolist()


def compiled(run):
    """The engine that the site's compiler makes of a run."""
    from worker import compiler

    return compiler.compile(run)


def steps(names: list[str]) -> list[tuple[str, str]]:
    """A step in three forms, and their ratios."""
    slow, core, engine = chained().Run(names), microgpt.Run(names), compiled(microgpt.Run(names, num_steps=10**7))
    turns = []
    for _ in range(TURNS):
        turns.append((milliseconds(slow.train, 1), milliseconds(lambda: [core.train() for _ in range(5)], 5),
                      milliseconds(lambda: engine.train(1000), 1000)))
    chain_ms, core_ms, engine_ms = (median(column) for column in zip(*turns, strict=True))
    return [("a step: a node for each + and ×", f"{chain_ms:.0f} ms"),
            ("a step: the core", f"{core_ms:.1f} ms"),
            ("a step: compiled, comparisons with the core included", f"{engine_ms:.3f} ms"),
            ("compiled, against the core", f"{median(b / c for _, b, c in turns):,.0f} times as fast"),
            ("compiled, against a node for each + and ×", f"{median(a / c for a, _, c in turns):,.0f} times as fast")]


def beside_c(names: list[str]) -> list[tuple[str, str]]:
    """The machine code of a step beside clang's, on the same 256 documents; nothing where there is none of clang's.

    Raises `ArithmeticError` if the two do not compute the same losses.
    """
    if not (ROOT / STEP_WASM).exists():
        return []
    run = microgpt.Run(names)
    c, engine = C((ROOT / STEP_WASM).read_bytes(), run), compiled(run)
    c.train()
    if max(abs(a - b) for a, b in zip(c.losses(), engine.train(256), strict=True)) > 1e-6:
        raise ArithmeticError("bench/step.c does not compute the core's losses")
    ratios = []
    for _ in range(3 * TURNS):
        c.load()  # the weights of the beginning: what has trained too long may reach NaN, which is slow
        engine.load(run)
        theirs = milliseconds(c.train, 256)
        ratios.append(milliseconds(lambda: engine.machine.call("run", 256), 256) / theirs)
    return [("a step in machine code, beside one written by hand in C with SIMD", f"{median(ratios):.2f} × the time")]


def multiply_add_ns(names: list[str], settings: dict) -> float:
    """Nanoseconds a multiply-add of a step, forward and backward, on documents that fill the block."""
    run = microgpt.Run(names, **settings)
    s, engine = run.settings, compiled(run)
    weights = sum(p is not None for name, rows in run.gpt.weights.items() if name not in ("wte", "wpe")
                  for row in rows for p in row)
    multiply_adds = 3 * (s.block_size * weights + s.n_layer * s.n_embd * s.block_size * (s.block_size + 1))
    count = max(8, min(256, 10**8 // multiply_adds))
    engine.train(count)
    times = []
    for _ in range(TURNS):
        engine.load(run)
        times.append(milliseconds(lambda: engine.machine.call("run", count), count))
    return median(times) / multiply_adds * 1e6


def first_run(names: list[str]) -> list[tuple[str, str]]:
    """What a visitor waits for who compiles at once."""
    start = time.perf_counter()
    losses = compiled(microgpt.Run(names)).train(1000)
    return [("making the run, compiling and 1,000 steps, the first time in a worker",
             f"{time.perf_counter() - start:.2f} s"), ("the loss of step 1,000", repr(losses[-1]))]


def growth(names: list[str]) -> list[tuple[str, str]]:
    """What a multiply-add costs in larger models."""
    long_names = [" ".join(names[i:i + 5]) for i in range(0, 5000, 5)]
    times = [multiply_add_ns(long_names, settings) for settings in SHAPES]
    return [("a multiply-add, from width 16 to 64, 1 to 4 layers, block size 16 to 32",
             f"{min(times):.2f} to {max(times):.2f} ns")]


def memory(names: list[str]) -> list[tuple[str, str]]:
    """The size of the worker's heap as a run goes on."""
    import pyodide_js

    engine = compiled(microgpt.Run(names, num_steps=10**7))
    sizes = []
    for _ in range(3):
        engine.train(40_000)
        sizes.append(f"{pyodide_js._module.HEAP8.length >> 20}")
    return [("the worker's memory after 40, 80 and 120 thousand steps", f"{', '.join(sizes)} MB")]


def in_this_tab() -> str:
    """The table's rows, made in the worker."""
    names = lines()
    first = first_run(names)  # before anything else is compiled here
    rows = steps(names) + beside_c(names) + first + growth(names) + memory(names)
    return "\n".join(f"| {what} | {figure} |" for what, figure in rows)


def build_c(source: Path, target: Path, **sizes: int) -> bool:
    """Compile C to WebAssembly; False, and on stderr why, if that can't be done here."""
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    if not (clang := shutil.which("clang")):
        print("Without clang and lld there is no C to compare with.", file=sys.stderr)
        return False
    command = [clang, "--target=wasm32", "-O3", "-msimd128", "-mbulk-memory", "-nostdlib", "-Wl,--no-entry",
               *(f"-D{name}={size}" for name, size in sizes.items()), str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"clang can't build for WebAssembly here: {done.stderr.strip()}", file=sys.stderr)
        return False
    return True


def main() -> None:
    from bench.in_tab import run

    print("The compiled engine, in Pyodide in a worker of Chromium:\n\n| | |\n|---|---:|", flush=True)
    build_c(ROOT / "bench/step.c", ROOT / STEP_WASM, LAYERS=1, EMBD=16, HEADS=4, BLOCK=16, VOCAB=27)
    print(run("bench.compiler", "bench/c*.py", "py/microgpt.py", "py/common/*.py", "py/worker/**/*.py", DATA,
              STEP_WASM))


if __name__ == "__main__":
    main()
