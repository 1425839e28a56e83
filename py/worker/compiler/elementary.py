"""exp, log and power in machine code: the core's own algorithms, step by step, on two numbers at a time.

The core makes them of + - * / and roots, which IEEE 754 rounds alike everywhere, so that these give the core's bits.
Its constants are read from the core itself; an edited algorithm is noticed when the first gradients are compared.
"""
from . import wasm_encoder

FRACTION_BITS, HALF_BITS = 0x000FFFFFFFFFFFFF, 0x3FE0000000000000
LARGEST_EXP = 709.782712893384  # beyond it e to the x is no number; the core raises OverflowError

def polynomial(f, coefficients, x):
    """Horner's rule for the pair in local x, left on the stack."""
    f.pair(coefficients[0])
    for coefficient in coefficients[1:]:
        f.get(x)
        f.op("f64x2.mul")
        f.pair(coefficient)
        f.op("f64x2.add")

def exp(core) -> wasm_encoder.Function:
    """(pair) -> pair, as core.exp; not a number where the core raises OverflowError."""
    f = wasm_encoder.Function([wasm_encoder.V128], [wasm_encoder.V128])
    x, k, r, half = 0, f.local(wasm_encoder.V128), f.local(wasm_encoder.V128), f.local(wasm_encoder.V128)

    def scale_by_two_to_the_top_of_stack():
        f.pair(1.5 * 2 ** 52 + 1023)  # as a sum's last bits k + 1023 is what an exponent's bits are
        f.op("f64x2.add")
        f.i32(52)
        f.op("i64x2.shl", "f64x2.mul")

    f.get(x)
    f.pair(-1000.0)
    f.op("f64x2.pmax")
    f.tee(x)
    f.pair(core["LN2_HIGH"])
    f.op("f64x2.div", "f64x2.nearest")
    f.set(k)
    f.get(x)
    for part in ("LN2_HIGH", "LN2_LOW"):
        f.get(k)
        f.pair(core[part])
        f.op("f64x2.mul", "f64x2.sub")
    f.set(r)
    polynomial(f, core["EXP_SERIES"], r)
    f.get(k)  # in two factors, for k is down to -1443 and up to 1024
    f.pair(-1000.0)
    f.op("f64x2.pmax")
    f.pair(1000.0)
    f.op("f64x2.pmin")
    f.tee(half)
    scale_by_two_to_the_top_of_stack()
    f.get(k)
    f.get(half)
    f.op("f64x2.sub")
    f.pair(1000.0)
    f.op("f64x2.pmin")
    scale_by_two_to_the_top_of_stack()
    f.get(x)
    f.pair(LARGEST_EXP)
    f.op("f64x2.gt", "v128.or")
    return f

def log(core) -> wasm_encoder.Function:
    """(pair) -> pair, as core.log; not a number where x is not above zero, or infinite."""
    f = wasm_encoder.Function([wasm_encoder.V128], [wasm_encoder.V128])
    x, k, m, z, square, small = 0, *(f.local(wasm_encoder.V128) for _ in range(5))

    # frexp: below the normal numbers, times 2 to the 54 first
    f.get(x)
    f.pair(2.0 ** -1022)
    f.op("f64x2.lt")
    f.set(small)
    f.get(x)
    f.pair(2.0 ** 54)
    f.op("f64x2.mul")
    f.get(x)
    f.get(small)
    f.op("v128.bitselect")
    f.tee(m)
    f.i32(52)
    f.op("i64x2.shr_u")
    f.bits(0x4330000000000000)  # 2 to the 52, whose last bits are whole numbers
    f.op("v128.or")
    f.pair(2.0 ** 52 + 1022)
    f.op("f64x2.sub")
    f.pair(54.0)
    f.get(small)
    f.op("v128.and", "f64x2.sub")
    f.set(k)
    f.get(m)
    f.bits(FRACTION_BITS)
    f.op("v128.and")
    f.bits(HALF_BITS)
    f.op("v128.or")
    f.set(m)
    # m and k, or 2 m and k - 1 unless m > 0.7
    f.get(m)
    f.pair(0.7)
    f.op("f64x2.gt")
    f.set(small)
    f.get(m)
    f.get(m)
    f.get(m)
    f.op("f64x2.add")
    f.get(small)
    f.op("v128.bitselect")
    f.set(m)
    f.get(k)
    f.pair(1.0)
    f.get(small)
    f.op("v128.not", "v128.and", "f64x2.sub")
    f.set(k)
    f.get(m)
    f.pair(1.0)
    f.op("f64x2.sub")
    f.get(m)
    f.pair(1.0)
    f.op("f64x2.add", "f64x2.div")
    f.tee(z)
    f.get(z)
    f.op("f64x2.mul")
    f.set(square)
    f.get(k)
    f.pair(core["LN2_HIGH"])
    f.op("f64x2.mul")
    f.get(z)
    polynomial(f, core["LOG_SERIES"], square)
    f.op("f64x2.mul")
    f.get(k)
    f.pair(core["LN2_LOW"])
    f.op("f64x2.mul", "f64x2.add", "f64x2.add")
    f.get(x)  # not a number unless 0 < x < infinity
    f.pair(0.0)
    f.op("f64x2.gt")
    f.get(x)
    f.pair(float("inf"))
    f.op("f64x2.lt", "v128.and", "v128.not", "v128.or")
    return f

def power(f, p, library):
    """Replace the pair on top of the stack by its p-th power, as core.power does."""
    if p == int(p):
        x = f.local(wasm_encoder.V128)
        f.set(x)
        f.pair(1.0)
        for _ in range(abs(int(p))):
            f.get(x)
            f.op("f64x2.mul")
    else:
        f.call(library["log"])
        f.pair(abs(p))
        f.op("f64x2.mul")
        f.call(library["exp"])
    if p < 0:
        y = f.local(wasm_encoder.V128)
        f.set(y)
        f.pair(1.0)
        f.get(y)
        f.op("f64x2.div")
