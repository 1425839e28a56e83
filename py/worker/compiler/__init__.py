"""A compiler for the core: its own graph and its own optimizer, in WebAssembly, with the core's bits.

The way from a run to machine code, a file for each stage:

trace.py         the core reads three probe documents; the graphs that it records become groups of like nodes, with
                 rules for where their operands lie
optimizer.py     the core's optimizer works on two symbols instead of weights, which shows its formula
kernels.py       groups become kernels, a sum of terms each: forward, and backward by the chain rule
codegen.py       kernels become loops in machine code
elementary.py    exp, log and power, as the core computes them
module.py        the memory layout, and a step from its document to its update
wasm_encoder.py  the assembler that they all write with
runtime.py       WebAssembly in the browser, or in CPython for tests
engine.py        the compiled run: train, read, sample, load, store, and the comparisons with the core
"""

from common.errors import CannotCompile

__all__ = ["CannotCompile", "compile"]


def compile(run):
    """Compile a microgpt.Run, of the core as written or edited, in the state it is in. Gives an engine.Engine.

    Before it returns, loss and every gradient of a document have been compared with the core's. Raises CannotCompile
    for what can't be compiled; the run is then as it was.
    """
    from .engine import Engine  # here, because most visits do without the compiler, and reading it takes a moment

    return Engine(run)
