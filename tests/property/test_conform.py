"""What conform returns, check accepts; what check accepts, conform leaves alone; and no number changes on the way."""

import contextlib
import copy
import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, TensorSpec, ValidationError

from . import strategies

WORDS = st.sampled_from(["no", "equiv", "safe", "same_kind", "unsafe"])
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")


@dataclasses.dataclass
class Pair:
    a: object
    b: object


# Batches of any kind


def conforms(signature, batch, *args, **kwargs):
    """The conformed batch, if there is one, after a look at all that holds for every batch."""
    before = copy.deepcopy(batch)
    fine = signature.accepts(batch)
    made = None
    with contextlib.suppress(ValidationError):
        made, changes = signature.conform(batch, *args, **kwargs)
        assert signature.violations(made) == []
        assert (made is batch) is (not changes)
    assert made is batch or not fine
    assert repr(before) == repr(batch)
    return made


@given(strategies.signatures_with_batches(), WORDS, st.none() | st.just(0), st.booleans())
def test_what_conform_returns_check_accepts_and_what_check_accepts_conform_returns(drawn, casting, pad, add):
    signature, batch = drawn
    conforms(signature, batch, casting, pad=pad, add_batch_dim=add)


LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=2), st.binary(max_size=2)),
    *(st.just(np.float64(1.5)), st.just(np.zeros(2)), st.just(np.zeros((), ">i4")), st.just({}), st.just(object)),
)
JUNK = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner), max_leaves=6)


@given(
    st.sampled_from(["float32", "int8", "bool", "complex64", "string", "qint8", "bfloat16"]),
    st.none() | st.lists(strategies.DIMS, max_size=3),
    JUNK,
    WORDS,
    st.booleans(),
)
def test_any_value_is_made_a_tensor_or_refused(dtype, shape, value, casting, with_shape):
    spec = TensorSpec(shape, dtype)
    for signature, batch in ((Signature({"x": spec}), {"x": value}), (Signature([spec]), [value])):
        conforms(signature, batch, casting, pad=0 if with_shape else None, add_batch_dim=with_shape)


@given(JUNK, st.integers(1, 3), WORDS)
def test_any_value_is_made_a_ragged_tensor_or_refused(value, rank, casting):
    conforms(Signature({"x": RaggedTensorSpec((None,) * (rank + 1), "int32")}), {"x": value}, casting)


@given(st.lists(st.booleans(), min_size=6, max_size=6))
def test_a_nest_is_rebuilt_where_it_must_be_and_nowhere_else(good):
    spec = TensorSpec((1,), "float32")
    signature = Signature({"l": [spec, (spec, spec)], "p": Pair(spec, {"x": spec, "y": [spec]})})
    values = [np.zeros(1, np.float32) if is_good else [0] for is_good in good]
    a, b, c, d, e, f = values
    batch = {"p": Pair(d, {"y": [f], "x": e}), "l": [a, (b, c)]}
    made = conforms(signature, batch)
    assert (made["l"] is batch["l"]) is all(good[:3])
    assert (made["l"][1] is batch["l"][1]) is all(good[1:3])
    assert (made["p"].b is batch["p"].b) is all(good[4:])
    tensors = [made["l"][0], *made["l"][1], made["p"].a, made["p"].b["x"], made["p"].b["y"][0]]
    assert [tensor is value for tensor, value in zip(tensors, values, strict=True)] == good


# Numbers, one by one


def holds(number, dtype):
    """Whether a dtype holds a Python number as well as conform wants it to."""
    kind = np.dtype(dtype).kind
    if kind == "c":
        part = f"f{np.dtype(dtype).itemsize // 2}"
        return holds(number.real, part) and holds(number.imag, part)
    if isinstance(number, complex):
        return number.imag == 0 and holds(number.real, dtype)
    if kind == "f":
        with np.errstate(all="ignore"):
            if isinstance(number, float):
                return math.isfinite(np.dtype(dtype).type(number)) or not math.isfinite(number)
            try:
                kept = float(np.dtype(dtype).type(float(number)))
            except OverflowError:
                return False
        return math.isfinite(kept) and int(kept) == number
    if not math.isfinite(number) or int(number) != number:
        return False
    low, high = (0, 1) if kind == "b" else (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    return low <= number <= high


EDGES = st.sampled_from([2**k + d for k in (0, 7, 8, 11, 15, 16, 24, 31, 32, 53, 63, 64) for d in (-1, 0, 1)])
WHOLE = st.one_of(st.integers(-3, 3), EDGES, EDGES.map(lambda n: -n), st.integers(-(2**70), 2**70))
REAL = st.one_of(
    WHOLE.map(float),
    st.floats(),
    st.sampled_from([65504.0, 65519.0, 65520.0, 3.4028235677973362e38, 3.4028235677973366e38, 1e-50, -0.0, math.nan]),
)
COMPLEX = st.builds(complex, REAL, st.sampled_from([0.0, -0.0, 1.0, math.nan, 1e300]))
ANY_NUMBER = st.one_of(st.booleans(), WHOLE, REAL, COMPLEX)


def expected(numbers, dtype):
    """The array to be, by one assignment an element."""
    made = np.zeros(len(numbers), dtype)
    with np.errstate(all="ignore"):
        for i, number in enumerate(numbers):
            if made.dtype.kind == "c":
                made[i] = number
            else:
                real = number.real
                made[i] = int(real) if made.dtype.kind in "iub" else real
    return made


def assert_conforms_as_expected(value, numbers, dtype):
    signature = Signature({"x": TensorSpec(None, dtype)})
    bad = [i for i, number in enumerate(numbers) if not holds(number, dtype)]
    if not bad:
        made = signature.conform({"x": value}, "unsafe").batch["x"]
        assert made.dtype == dtype
        assert np.array_equal(made.ravel(), expected(numbers, dtype), equal_nan=np.dtype(dtype).kind in "fc")
        return
    with pytest.raises(ValidationError) as caught:
        signature.conform({"x": value}, "unsafe")
    (violation,) = caught.value.violations
    assert violation.code == "not_representable"
    assert violation.index == np.unravel_index(bad[0], np.shape(value))
    assert violation.count == len(bad)


DTYPES = st.sampled_from(("bool", *INTEGERS, *FLOATS, "complex64", "complex128"))


@given(st.lists(ANY_NUMBER, min_size=1, max_size=5), DTYPES)
def test_a_list_keeps_every_number_or_is_refused(numbers, dtype):
    assert_conforms_as_expected(numbers, numbers, dtype)


@given(st.data(), DTYPES, DTYPES, st.booleans())
def test_an_array_keeps_every_number_or_is_refused(data, source, dtype, swapped):
    kind = np.dtype(source).kind
    if kind == "b":
        elements = st.booleans()
    elif kind in "iu":
        low, high = int(np.iinfo(source).min), int(np.iinfo(source).max)
        elements = st.one_of(EDGES, EDGES.map(lambda n: -n), st.integers(low, high)).filter(lambda n: low <= n <= high)
    else:
        elements = COMPLEX if kind == "c" else REAL
    with np.errstate(all="ignore"):
        value = np.array(data.draw(st.lists(elements, min_size=1, max_size=6)), source)
    value = value.astype(value.dtype.newbyteorder(">")) if swapped else value
    value = value.reshape(2, -1)[:, ::-1] if value.size % 2 == 0 else value
    if Signature({"x": TensorSpec(None, dtype)}).accepts({"x": value}):
        return
    assert_conforms_as_expected(value, value.ravel().tolist(), dtype)


@given(st.lists(st.one_of(st.text(max_size=3), st.binary(max_size=3)), max_size=4))
def test_strings_become_their_utf8_or_are_refused(elements):
    signature = Signature({"x": TensorSpec(None, "string")})
    bad = [
        i for i, text in enumerate(elements) if isinstance(text, str) and any("\ud800" <= c <= "\udfff" for c in text)
    ]
    made = conforms(signature, {"x": elements})
    assert (made is None) is bool(bad)
    if made:
        assert made["x"].tolist() == [text.encode() if isinstance(text, str) else text for text in elements]


# Shapes


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=3),
    st.builds(
        Dim,
        st.just("seq"),
        min=st.integers(0, 4),
        max=st.integers(12, 20),
        multiple_of=st.integers(1, 4),
    ),
    st.none() | st.integers(0, 5),
)
def test_padding_brings_every_input_to_the_smallest_shape_that_is_allowed(shapes, seq, fixed):
    inputs = {f"x{i}": TensorSpec((None, seq, fixed), "int16") for i in range(len(shapes))}
    batch = {f"x{i}": np.arange(math.prod(shape), dtype=np.int64).reshape(shape) for i, shape in enumerate(shapes)}
    made = conforms(Signature(inputs), batch, pad=-1)
    need = max([seq.min, *(shape[1] for shape in shapes)])
    need = min(size for size in range(need, need + seq.multiple_of) if size % seq.multiple_of == 0)
    assert (made is None) is (fixed is not None and any(shape[2] > fixed for shape in shapes))
    for i, (rows, length, width) in enumerate(shapes if made else ()):
        array = made[f"x{i}"]
        assert array.shape == (rows, need, width if fixed is None else fixed)
        assert (array[:, :length, :width] == batch[f"x{i}"]).all()
        assert (array[:, length:] == -1).all()
        assert (array[:, :, width:] == -1).all()


@given(st.lists(st.lists(st.lists(st.integers(-5, 5), max_size=3), max_size=3), max_size=3))
def test_rows_of_rows_become_ragged_and_back(rows):
    signature = Signature({"x": RaggedTensorSpec((None, None, None), "int32")})
    parts = conforms(signature, {"x": rows})["x"]
    inner = np.split(parts["values"]["values"], parts["values"]["row_splits"][1:-1])
    lists = [values.tolist() for values in inner][: len(parts["values"]["row_splits"]) - 1]
    splits = parts["row_splits"]
    assert [lists[a:b] for a, b in pairwise(splits)] == rows
