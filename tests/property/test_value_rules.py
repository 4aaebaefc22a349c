"""Every kernel judges random values in random layouts as the reference does: verdict, first offender, count, rows."""

import importlib.util
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import _core

from . import value_reference
from .effort import examples

KERNELS = _core._value_kernels()
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}
OF_ML_DTYPES = (
    *("bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz"),
    *("float4_e2m1fn", "int2", "int4", "uint2", "uint4"),
)
UNBOUNDED = ("bool", "complex64", "complex128")


def known_dtypes():
    known = {name: np.dtype(name) for name in (*INTEGERS, *FLOATS, *UNBOUNDED)}
    known.update({name: np.dtype([(name, stored)]) for name, stored in QUANTIZED.items()})
    if importlib.util.find_spec("ml_dtypes"):
        ml_dtypes = importlib.import_module("ml_dtypes")
        known.update({name: np.dtype(getattr(ml_dtypes, name)) for name in OF_ML_DTYPES if hasattr(ml_dtypes, name)})
    return known


DTYPES = known_dtypes()
NUMBERS = ("0", "-0.0", "1", "-1", "0.5", "6", "inf", "-inf", "nan", "-nan")


def from_bytes(raw, name):
    if name == "float4_e2m1fn":
        raw = bytes(byte & 15 for byte in raw)  # what the high bits would mean is nowhere said
    return np.frombuffer(raw, DTYPES[name])


def special_values(name):
    """Zeros, infinities, NaN, subnormals and the edges of the dtype, as far as it has them."""
    size = DTYPES[name].itemsize
    edges = [0, 1, 2, *(2 ** (8 * size - 1) + i for i in (-2, -1, 0, 1)), 2 ** (8 * size) - 2, 2 ** (8 * size) - 1]
    out = [from_bytes(code.to_bytes(size, "little"), name) for code in edges]
    if "float" in name or "complex" in name:
        with np.errstate(over="ignore"):
            out += [np.array([float(number)]).astype(DTYPES[name]) for number in NUMBERS]
    if "complex" in name:
        parts = np.concatenate(out).view(DTYPES[name].type(0).real.dtype)
        out += [np.array([complex(a, b)], DTYPES[name]) for a in parts[-20::3] for b in parts[-20::2]]
    return np.concatenate(out)


SPECIAL = {name: special_values(name) for name in DTYPES}


def random_values(random, name, shape):
    """Elements from few values or many, so that some arrays keep random rules and some don't."""
    size = math.prod(shape)
    pool = np.concatenate([SPECIAL[name], from_bytes(random.bytes(40 * DTYPES[name].itemsize), name)])
    few = pool[random.integers(0, len(pool), random.choice([1, 2, 5, 200]))]
    out = few[random.integers(0, len(few), size)]
    if size and random.integers(4) == 0:
        out[random.integers(size)] = pool[random.integers(len(pool))]
    return out.reshape(shape)


def in_layout(values, order, steps, offset):
    """The same elements in memory of another layout: axes in any order, gaps, backwards, at an odd address."""
    item = values.dtype.itemsize
    strides = [0] * values.ndim
    reach = item
    for axis in order:
        strides[axis] = steps[axis] * reach
        reach *= max(1, values.shape[axis]) * abs(steps[axis])
    backwards = sum(-stride * (dim - 1) for stride, dim in zip(strides, values.shape, strict=True) if stride < 0 < dim)
    memory = bytearray(b"\xc3" * (offset + reach + item))
    view = np.ndarray(values.shape, values.dtype, memory, offset + backwards, strides)
    view[...] = values
    return view


@st.composite
def arrays(draw, name):
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    dims = st.one_of(st.integers(0, 6), st.sampled_from([1, 1, 17, 70]))
    shape = tuple(draw(st.lists(dims, max_size=5)))
    while math.prod(shape) > 3000:
        shape = shape[1:]
    if draw(st.integers(0, 3)) == 0:
        shape = (*shape[:1], draw(st.sampled_from([255, 1025, 2050])))
    repeated = [bool(dim) and draw(st.integers(0, 9)) == 0 for dim in shape]
    values = random_values(random, name, tuple(1 if again else dim for again, dim in zip(repeated, shape, strict=True)))
    axes = range(values.ndim)
    order = draw(st.sampled_from([list(axes), list(axes)[::-1]]) | st.permutations(axes))
    steps = draw(st.just([1] * len(axes)) | st.lists(st.sampled_from([1, 2, -1, -3]), min_size=len(axes), max_size=5))
    view = in_layout(values, order, steps, draw(st.sampled_from([0, 1, 3])))
    return np.broadcast_to(view, shape)


@st.composite
def bounds(draw, name, array):
    """A scalar or an array that broadcasts: any dims made 1, any leading ones left out."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = [1 if draw(st.booleans()) else dim for dim in array.shape]
    while shape and shape[0] == 1 and draw(st.booleans()):
        shape = shape[1:]
    pool = random_values(random, name, (30,))
    if array.size and draw(st.booleans()):
        pool = array.ravel()[random.integers(0, array.size, 30)]
    pool = pool[[not value_reference.is_nan(number) for number in value_reference.numbers(pool)]]
    if draw(st.booleans()) and pool.size:  # low or high enough for some to pass
        ranked = sorted(range(pool.size), key=value_reference.numbers(pool).__getitem__)
        pool = pool[ranked[:1]] if draw(st.booleans()) else pool[ranked[-1:]]
    if not pool.size:
        return None
    return pool[random.integers(0, pool.size, math.prod(shape))].reshape(shape)


@st.composite
def rules(draw, name, array):
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    minimum = maximum = one_of = None
    if name not in UNBOUNDED:
        minimum = draw(st.none() | bounds(name, array))
        maximum = draw(st.none() | bounds(name, array))
    if draw(st.integers(0, 2)) == 0:
        one_of = random_values(random, name, (draw(st.sampled_from([0, 1, 3, 7, 40])),))
        if array.size and draw(st.booleans()):
            one_of = np.concatenate([one_of, array.ravel()[:300]])
    return draw(st.booleans()), minimum, maximum, one_of


@st.composite
def cases(draw):
    name = draw(st.sampled_from(list(DTYPES)))
    array = draw(arrays(name))
    return array, draw(rules(name, array))


def assert_judged_as_the_reference(array, rules):
    want = value_reference.scan(array, *rules)
    for kernel in KERNELS:
        assert _core._scan_values(array, *rules, kernel) == want, kernel


@examples(1_200)
@given(cases())
def test_each_kernel_rules_as_the_reference(case):
    assert_judged_as_the_reference(*case)


@pytest.mark.parametrize("name", [name for name, dtype in DTYPES.items() if dtype.itemsize <= 2])
def test_each_code_of_a_narrow_dtype_is_judged_as_the_reference(name):
    size = DTYPES[name].itemsize
    array = from_bytes(np.arange(256**size, dtype=f"u{size}").tobytes(), name)
    limits = SPECIAL[name][[not value_reference.is_nan(number) for number in value_reference.numbers(SPECIAL[name])]]
    random = np.random.default_rng(7)
    low, high = limits[random.integers(0, limits.size, 2)].reshape(2, 1)
    assert_judged_as_the_reference(array, (True, None, None, None))
    assert_judged_as_the_reference(array, (False, None, None, SPECIAL[name]))
    assert_judged_as_the_reference(array, (True, None, None, SPECIAL[name][:2]))
    if name not in UNBOUNDED:
        assert_judged_as_the_reference(array, (False, low, None, None))
        assert_judged_as_the_reference(array, (False, None, high, None))
        assert_judged_as_the_reference(array, (True, low, high, None))
        assert_judged_as_the_reference(array, (False, low, high, SPECIAL[name]))


@pytest.mark.parametrize("name", ["uint8", "float16", "float32", "float64"])
def test_an_array_of_forty_dimensions_is_judged(name):
    rank = 32 if np.__version__.startswith("1.") else 40  # NumPy 1 stops there
    values = random_values(np.random.default_rng(1), name, (2, 1, 3, 2) + (1,) * (rank - 8) + (2, 2, 2, 3))
    limits = np.array([0, 1, 6], DTYPES[name]).reshape((3,) + (1,) * (rank - 3))
    for order in (list(range(rank)), list(range(rank))[::-1], [*range(20, rank), *range(20)]):
        view = in_layout(values, order, [-2 if dim > 1 else 1 for dim in values.shape], 1)
        assert_judged_as_the_reference(view, (True, None, limits[2], None))
        assert_judged_as_the_reference(view, (False, limits, limits[1:2], None))


@pytest.mark.parametrize("name", ["int8", "float16", "uint16", "float32", "int32", "float64", "int64"])
@pytest.mark.parametrize("size", [1, 2, 3, 15, 16, 17, 63, 64, 65, 255, 257, 1023, 1025, 8191, 8193, 16385])
def test_an_offender_is_found_wherever_it_stands(name, size):
    zeros = np.zeros(size + 1, DTYPES[name])[1:]
    one = np.ones((), DTYPES[name])
    edges = {at + near for at in (0, 16, 64, 256, 1024, 2048, 4096, 8192, size) for near in range(-5, 5)}
    for place in sorted(edges & set(range(size))):
        array = zeros.copy()
        array[place] = one
        for kernel in KERNELS:
            for rules in ((False, None, zeros[:1], None), (False, None, zeros, None), (False, None, None, zeros[:1])):
                (finding,), rows = _core._scan_values(array, *rules, kernel)
                assert finding[1:3] == (place, 1)
                assert rows == [place]
