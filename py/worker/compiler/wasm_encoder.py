"""A small assembler for WebAssembly: functions, loops and memory accesses in, the bytes of a module out.

Only what the compiler needs of the binary format (webassembly.github.io/spec/core/binary); instructions have the
specification's names. It knows nothing of graphs.
"""
import struct
from contextlib import contextmanager

I32, V128, EMPTY = 0x7F, 0x7B, 0x40  # value types; the block type without results
PAGE_BYTES = 65536


def signed(n: int) -> bytes:
    """n in signed LEB128, the format's integers: seven bits a byte, the lowest first."""
    out = bytearray()
    while not -64 <= n < 64:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n & 0x7F)
    return bytes(out)


def _unsigned(n):
    """n >= 0 in unsigned LEB128, for counts, indices and offsets."""
    out = bytearray()
    while n > 127:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


_SMALL = [_unsigned(n) for n in range(4096)]


def unsigned(n: int) -> bytes:
    return _SMALL[n] if n < 4096 else _unsigned(n)


OPCODES = {name: bytes([code]) for name, code in {
    "block": 0x02, "loop": 0x03, "if": 0x04, "end": 0x0B, "return": 0x0F, "select": 0x1B, "i32.load": 0x28,
    "f64.load": 0x2B, "f64.store": 0x39, "i32.eq": 0x46, "i32.lt_s": 0x48, "f64.eq": 0x61, "f64.ne": 0x62,
    "i32.add": 0x6A, "i32.sub": 0x6B, "i32.mul": 0x6C, "i32.and": 0x71, "i32.shl": 0x74, "f64.add": 0xA0,
    "f64.sub": 0xA1, "f64.div": 0xA3, "f64.convert_i32_s": 0xB7}.items()} | {"memory.fill": b"\xfc\x0b\0"} | {
    name: b"\xfd" + unsigned(code) for name, code in {
        "v128.load": 0x00, "v128.load64_splat": 0x0A, "v128.store": 0x0B, "v128.const": 0x0C,
        "f64x2.lt": 0x49, "f64x2.gt": 0x4A, "v128.not": 0x4D, "v128.and": 0x4E, "v128.or": 0x50, "v128.bitselect": 0x52,
        "v128.load64_lane": 0x57, "v128.store64_lane": 0x5B, "v128.load64_zero": 0x5D, "f64x2.nearest": 0x94,
        "i64x2.shl": 0xCB, "i64x2.shr_u": 0xCD, "f64x2.sqrt": 0xEF, "f64x2.add": 0xF0, "f64x2.sub": 0xF1,
        "f64x2.mul": 0xF2, "f64x2.div": 0xF3, "f64x2.pmin": 0xF6, "f64x2.pmax": 0xF7}.items()}


class Function:
    """The body of one function, written front to back. Locals 0, 1, … are its parameters."""

    def __init__(self, parameters=(), results=()):
        self.type = (bytes(parameters), bytes(results))
        self.locals, self.code = list(parameters), bytearray()

    def add_local(self, value_type: int) -> int:
        """Declare a local; gives its index."""
        self.locals.append(value_type)
        return len(self.locals) - 1

    def emit(self, *names: str) -> None:
        """Instructions without operands of their own, by their names in the specification."""
        for name in names:
            self.code += OPCODES[name]

    def local_get(self, local: int) -> None:
        self.code += b"\x20" + unsigned(local)

    def local_set(self, local: int) -> None:
        self.code += b"\x21" + unsigned(local)

    def local_tee(self, local: int) -> None:
        self.code += b"\x22" + unsigned(local)

    def call(self, function: int) -> None:
        self.code += b"\x10" + unsigned(function)

    def i32_const(self, n: int) -> None:
        self.code += b"\x41" + signed(n)

    def f64_const(self, x: float) -> None:
        self.code += b"\x44" + struct.pack("<d", x)

    def f64x2_const(self, x: float) -> None:
        """v128.const with x in both lanes."""
        self.code += OPCODES["v128.const"] + struct.pack("<dd", x, x)

    def i64x2_const(self, n: int) -> None:
        """v128.const with the 64 bits n in both lanes."""
        self.code += OPCODES["v128.const"] + struct.pack("<QQ", n, n)

    def memory(self, name: str, offset: int = 0, lane: int | None = None) -> None:
        """A load or a store, by its name; the address on the stack is in bytes, and offset is added to it."""
        self.code += OPCODES[name] + b"\x00" + unsigned(offset) + (b"" if lane is None else bytes([lane]))

    def block(self, name: str) -> None:
        """Open a "block", "loop" or "if" without results; emit("end") closes it."""
        self.code += OPCODES[name] + bytes([EMPTY])

    def br(self, depth: int) -> None:
        self.code += b"\x0c" + unsigned(depth)

    def br_if(self, depth: int) -> None:
        self.code += b"\x0d" + unsigned(depth)

    def local_add(self, local: int, n: int) -> None:
        """local += n; nothing for n = 0."""
        if n:
            self.local_get(local)
            self.i32_const(n)
            self.emit("i32.add")
            self.local_set(local)

    @contextmanager
    def loop(self, counter, stop, step=1, at_least_once=True):
        """Repeat the body while the local counter, set beforehand, is below stop, a number or ("local", its number)."""
        def unfinished():
            self.local_get(counter)
            self.i32_const(stop) if isinstance(stop, int) else self.local_get(stop[1])
            self.emit("i32.lt_s")
        if not at_least_once:
            unfinished()
            self.block("if")
        self.block("loop")
        yield
        self.local_add(counter, step)
        unfinished()
        self.br_if(0)
        self.emit("end")
        if not at_least_once:
            self.emit("end")

    def encode(self) -> bytes:
        """The function's entry in the code section."""
        declared = self.locals[len(self.type[0]):]
        runs = []
        for value_type in declared:
            if runs and runs[-1][1] == value_type:
                runs[-1][0] += 1
            else:
                runs.append([1, value_type])
        body = vector([unsigned(n) + bytes([value_type]) for n, value_type in runs]) + bytes(self.code) + OPCODES["end"]
        return unsigned(len(body)) + body


def vector(items: list[bytes]) -> bytes:
    """A vector of the format: the count, then the items."""
    return unsigned(len(items)) + b"".join(items)


def module(functions: list[Function], exports: dict[str, int], memory_bytes: int) -> bytes:
    """The module's bytes. functions: a list of Function, called by their indices; exports: name to index; its memory,
    of memory_bytes and exported as "memory", never grows."""
    types = sorted({f.type for f in functions})
    pages = unsigned(-(-memory_bytes // PAGE_BYTES))

    def name(text):
        return vector([bytes([byte]) for byte in text.encode()])

    sections = {
        1: vector([b"\x60" + vector([bytes([t]) for t in a]) + vector([bytes([t]) for t in b]) for a, b in types]),
        3: vector([unsigned(types.index(f.type)) for f in functions]),
        5: vector([b"\x01" + pages + pages]),
        7: vector([name("memory") + b"\x02\x00", *(name(n) + b"\x00" + unsigned(i) for n, i in exports.items())]),
        10: vector([f.encode() for f in functions])}
    return b"\0asm\x01\0\0\0" + b"".join(bytes([key]) + unsigned(len(body)) + body for key, body in sections.items())
