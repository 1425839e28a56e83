"""Runs a WebAssembly module: in Pyodide by the browser, in CPython, for tests, by wasmtime. The same three verbs."""
from array import array

from common.errors import CannotCompile, quoted


class Browser:
    """In Pyodide: the module lives beside Python in the worker, and its memory is the worker's."""

    def __init__(self, binary):
        import js
        from pyodide.ffi import JsException, to_js
        try:
            module = js.WebAssembly.Module.new(to_js(binary))
            self.exports = js.WebAssembly.Instance.new(module).exports
        except (JsException, AttributeError) as error:
            raise CannotCompile("compile.module", error=quoted(error)) from error
        self.buffer, self.js = self.exports.memory.buffer, js

    def write(self, address, data):
        self.js.Uint8Array.new(self.buffer, address, len(data)).assign(data)

    def read(self, address, count):
        numbers = array("d", bytes(8 * count))
        self.js.Float64Array.new(self.buffer, address, count).assign_to(numbers)
        return numbers

    def call(self, name, *arguments):
        return getattr(self.exports, name)(*arguments)


class Wasmtime:
    """In CPython, with the package wasmtime."""

    def __init__(self, binary):
        import wasmtime
        self.store = wasmtime.Store()
        try:
            module = wasmtime.Module(self.store.engine, binary)
            self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            raise CannotCompile("compile.module", error=quoted(error)) from error
        self.memory = self.exports["memory"]

    def write(self, address, data):
        self.memory.write(self.store, data, address)

    def read(self, address, count):
        numbers = array("d")
        numbers.frombytes(self.memory.read(self.store, address, address + 8 * count))
        return numbers

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)


def start(binary: bytes):
    """A machine that runs the module. write(address, bytes), read(address, count) gives an array of numbers,
    call(name, *integers). Raises CannotCompile where there is none, or it refuses the module."""
    try:
        import js  # noqa: F401
    except ImportError:
        try:
            return Wasmtime(binary)
        except ImportError as error:
            raise CannotCompile("compile.webassembly") from error
    return Browser(binary)
