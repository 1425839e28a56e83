"""exp, log and power in machine code: the core's own algorithms, step by step, on two numbers at a time.

The core computes them with + - * / and roots, which IEEE 754 rounds alike everywhere, so that these give the core's
bits. Its constants are read from the core itself; an edited algorithm is noticed when the first gradients are compared.
"""
from . import wasm_encoder

FRACTION_BITS, HALF_BITS = 0x000FFFFFFFFFFFFF, 0x3FE0000000000000
LARGEST_EXP = 709.782712893384  # beyond it e to the x is no number; the core raises OverflowError


def polynomial(f, coefficients, x):
    """Horner's rule for the pair in local x, left on the stack."""
    f.f64x2_const(coefficients[0])
    for coefficient in coefficients[1:]:
        f.local_get(x)
        f.emit("f64x2.mul")
        f.f64x2_const(coefficient)
        f.emit("f64x2.add")


def exp(core) -> wasm_encoder.Function:
    """(pair) -> pair, as core.exp; not a number where the core raises OverflowError."""
    f = wasm_encoder.Function([wasm_encoder.V128], [wasm_encoder.V128])
    x, k, r, half = 0, f.add_local(wasm_encoder.V128), f.add_local(wasm_encoder.V128), f.add_local(wasm_encoder.V128)

    def scale_by_two_to_the_top_of_stack():
        f.f64x2_const(1.5 * 2 ** 52 + 1023)  # as a sum's last bits k + 1023 is what an exponent's bits are
        f.emit("f64x2.add")
        f.i32_const(52)
        f.emit("i64x2.shl", "f64x2.mul")

    f.local_get(x)
    f.f64x2_const(-1000.0)
    f.emit("f64x2.pmax")
    f.local_tee(x)
    f.f64x2_const(core["LN2_HIGH"])
    f.emit("f64x2.div", "f64x2.nearest")
    f.local_set(k)
    f.local_get(x)
    for part in ("LN2_HIGH", "LN2_LOW"):
        f.local_get(k)
        f.f64x2_const(core[part])
        f.emit("f64x2.mul", "f64x2.sub")
    f.local_set(r)
    polynomial(f, core["EXP_SERIES"], r)
    f.local_get(k)  # in two factors, for k is down to -1443 and up to 1024
    f.f64x2_const(-1000.0)
    f.emit("f64x2.pmax")
    f.f64x2_const(1000.0)
    f.emit("f64x2.pmin")
    f.local_tee(half)
    scale_by_two_to_the_top_of_stack()
    f.local_get(k)
    f.local_get(half)
    f.emit("f64x2.sub")
    f.f64x2_const(1000.0)
    f.emit("f64x2.pmin")
    scale_by_two_to_the_top_of_stack()
    f.local_get(x)
    f.f64x2_const(LARGEST_EXP)
    f.emit("f64x2.gt", "v128.or")
    return f


def log(core) -> wasm_encoder.Function:
    """(pair) -> pair, as core.log; not a number where x is not above zero, or infinite."""
    f = wasm_encoder.Function([wasm_encoder.V128], [wasm_encoder.V128])
    x, k, m, z, square, small = 0, *(f.add_local(wasm_encoder.V128) for _ in range(5))

    # frexp: below the normal numbers, times 2 to the 54 first
    f.local_get(x)
    f.f64x2_const(2.0 ** -1022)
    f.emit("f64x2.lt")
    f.local_set(small)
    f.local_get(x)
    f.f64x2_const(2.0 ** 54)
    f.emit("f64x2.mul")
    f.local_get(x)
    f.local_get(small)
    f.emit("v128.bitselect")
    f.local_tee(m)
    f.i32_const(52)
    f.emit("i64x2.shr_u")
    f.i64x2_const(0x4330000000000000)  # 2 to the 52, whose last bits are whole numbers
    f.emit("v128.or")
    f.f64x2_const(2.0 ** 52 + 1022)
    f.emit("f64x2.sub")
    f.f64x2_const(54.0)
    f.local_get(small)
    f.emit("v128.and", "f64x2.sub")
    f.local_set(k)
    f.local_get(m)
    f.i64x2_const(FRACTION_BITS)
    f.emit("v128.and")
    f.i64x2_const(HALF_BITS)
    f.emit("v128.or")
    f.local_set(m)
    # m and k, or 2 m and k - 1 unless m > 0.7
    f.local_get(m)
    f.f64x2_const(0.7)
    f.emit("f64x2.gt")
    f.local_set(small)
    f.local_get(m)
    f.local_get(m)
    f.local_get(m)
    f.emit("f64x2.add")
    f.local_get(small)
    f.emit("v128.bitselect")
    f.local_set(m)
    f.local_get(k)
    f.f64x2_const(1.0)
    f.local_get(small)
    f.emit("v128.not", "v128.and", "f64x2.sub")
    f.local_set(k)
    f.local_get(m)
    f.f64x2_const(1.0)
    f.emit("f64x2.sub")
    f.local_get(m)
    f.f64x2_const(1.0)
    f.emit("f64x2.add", "f64x2.div")
    f.local_tee(z)
    f.local_get(z)
    f.emit("f64x2.mul")
    f.local_set(square)
    f.local_get(k)
    f.f64x2_const(core["LN2_HIGH"])
    f.emit("f64x2.mul")
    f.local_get(z)
    polynomial(f, core["LOG_SERIES"], square)
    f.emit("f64x2.mul")
    f.local_get(k)
    f.f64x2_const(core["LN2_LOW"])
    f.emit("f64x2.mul", "f64x2.add", "f64x2.add")
    f.local_get(x)  # not a number unless 0 < x < infinity
    f.f64x2_const(0.0)
    f.emit("f64x2.gt")
    f.local_get(x)
    f.f64x2_const(float("inf"))
    f.emit("f64x2.lt", "v128.and", "v128.not", "v128.or")
    return f


def power(f, p, library):
    """Replace the pair on top of the stack by its p-th power, as core.power does."""
    if p == int(p):
        x = f.add_local(wasm_encoder.V128)
        f.local_set(x)
        f.f64x2_const(1.0)
        for _ in range(abs(int(p))):
            f.local_get(x)
            f.emit("f64x2.mul")
    else:
        f.call(library["log"])
        f.f64x2_const(abs(p))
        f.emit("f64x2.mul")
        f.call(library["exp"])
    if p < 0:
        y = f.add_local(wasm_encoder.V128)
        f.local_set(y)
        f.f64x2_const(1.0)
        f.local_get(y)
        f.emit("f64x2.div")
