"""How fast the compiled core is: beside the core, beside one node for each `+` and `×`, and beside a step written by
hand in C for the same machine (bench/step.c).

All of it in one worker of a real browser, in turns, so that a busy machine slows all alike; ratios are medians of the
turns' ratios. C is left out where clang, with its linker for WebAssembly, is missing.
"""

import shutil
import subprocess
import sys
import time
from array import array
from pathlib import Path

TURNS = 5
GROWTH = [{}, {"n_embd": 32}, {"n_embd": 64}, {"n_layer": 2}, {"n_layer": 4}, {"block_size": 32}]


def milliseconds(function, steps: int) -> float:
    """The time of each of the steps that the function takes."""
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1000 / steps


class C:
    """The yardstick, with a run's weights and its first 256 documents."""

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


def in_this_tab() -> str:
    """The report, made in the worker: `measure.py` is this file there, and what it imports lies beside it."""
    import core as bench_core
    import microgpt
    import pyodide_js
    from worker import compiler

    lines = Path("names.txt").read_text("utf-8").splitlines()
    report = []

    start = time.perf_counter()
    engine = compiler.compile(microgpt.Run(lines))
    losses = engine.train(1000)
    report.append(f"first time: compiling {engine.compile_ms:.0f} ms, and 1,000 steps with it, with making the run, "
                  f"{time.perf_counter() - start:.2f} s; last loss {losses[-1]!r}")
    times = []
    for _ in range(4):
        run = microgpt.Run(lines)
        start = time.perf_counter()
        engine = compiler.compile(run)
        engine.train(1000)
        times.append((engine.compile_ms, (time.perf_counter() - start) * 1000))
    compiling, all_of_it = (bench_core.median(column) for column in zip(*times, strict=True))
    report.append(f"again: compiling {compiling:.0f} ms, and 1,000 steps with it {all_of_it:.0f} ms")

    slow, core = bench_core.chained().Run(lines), microgpt.Run(lines)
    engine = compiler.compile(microgpt.Run(lines, num_steps=10**7))
    turns = []
    for _ in range(TURNS):
        turns.append((milliseconds(slow.train, 1), milliseconds(lambda: [core.train() for _ in range(5)], 5),
                      milliseconds(lambda: engine.train(1000), 1000)))
    nodes, cores, ours = (bench_core.median(column) for column in zip(*turns, strict=True))
    report.append(f"a step: one node for each + and × {nodes:.0f} ms, the core {cores:.1f} ms, compiled {ours:.4f} ms "
                  "(comparisons with the core included)")
    report.append(f"compiled is {bench_core.median(b / c for _, b, c in turns):.0f} times as fast as the core, "
                  f"{bench_core.median(a / c for a, _, c in turns):.0f} times as fast as one node for each + and ×")

    if Path("step.wasm").exists():
        run = microgpt.Run(lines)
        c, engine = C(Path("step.wasm").read_bytes(), run), compiler.compile(run)
        c.train()
        difference = max(abs(a - b) for a, b in zip(c.losses(), engine.train(256), strict=True))
        turns = []
        for _ in range(3 * TURNS):  # the same 256 documents, and as they were: no NaN, which is slow
            c.load()
            engine.load(run)
            turns.append((milliseconds(c.train, 256), milliseconds(lambda: engine.machine.call("run", 256), 256)))
        theirs, ours = (bench_core.median(column) for column in zip(*turns, strict=True))
        report.append(f"a step in the machine: C {theirs:.4f} ms, compiled {ours:.4f} ms, "
                      f"{bench_core.median(b / a for a, b in turns):.2f} times C's (losses differ by {difference:.0e})")

    long_lines = [" ".join(lines[i:i + 5]) for i in range(0, 5000, 5)]
    for settings in GROWTH:
        run = microgpt.Run(long_lines, **settings)
        s, engine = run.settings, compiler.compile(run)
        weights = sum(p is not None for name, rows in run.gpt.weights.items() if name not in ("wte", "wpe")
                      for row in rows for p in row)
        mults = 3 * (s.block_size * weights + s.n_layer * s.n_embd * s.block_size * (s.block_size + 1))
        count = max(8, min(256, 10**8 // mults))
        engine.train(count)
        each = bench_core.median(milliseconds(lambda: engine.machine.call("run", count), count)  # noqa: B023
                                 for _ in range(TURNS) if not engine.load(run))  # noqa: B023
        report.append(f"{settings or 'the defaults'}: {each:.4f} ms for {mults / 1e6:.2f} million multiply-adds, "
                      f"{each / mults * 1e6:.3f} ns each; compiling {engine.compile_ms:.0f} ms")

    engine = compiler.compile(microgpt.Run(lines, num_steps=10**7))
    sizes = []
    for _ in range(3):
        engine.train(40_000)
        sizes.append(pyodide_js._module.HEAP8.length >> 20)
    report.append(f"the worker's memory after 40, 80, 120 thousand steps: {sizes} MB")
    return "\n".join(f"- {line}" for line in report)


def built(source: Path, folder: Path, **sizes: int) -> Path | None:
    """C for WebAssembly, or None if it can't be built here."""
    target = folder / "step.wasm"
    folder.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    if not (clang := shutil.which("clang")):
        return None
    command = [clang, "--target=wasm32", "-O3", "-msimd128", "-mbulk-memory", "-nostdlib", "-Wl,--no-entry",
               *(f"-D{name}={size}" for name, size in sizes.items()), str(source), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"clang can't build for WebAssembly here: {done.stderr.strip()}", file=sys.stderr)
        return None
    return target


def main() -> None:
    from bench.in_tab import run

    root = Path(__file__).resolve().parent.parent
    print("The compiled core, in Pyodide in a worker of a browser\n")
    if not (root / "_site/index.html").is_file():
        print("The site is not built: `make site` first.")
        return
    files = {"bench/compiler.py": "measure.py", "bench/core.py": "core.py", "py/microgpt.py": "microgpt.py",
             "static/datasets/us-names-2018.txt": "names.txt"}
    files |= {str(path.relative_to(root)): f"compiler/{path.name}" for path in (root / "py/compiler").glob("*.py")}
    if built(root / "bench/step.c", root / ".cache", LAYERS=1, EMBD=16, HEADS=4, BLOCK=16, VOCAB=27):
        files[".cache/step.wasm"] = "step.wasm"
    else:
        print("Without clang and lld there is no C to compare with.\n")
    print(run("measure", files))


if __name__ == "__main__":
    main()
