"""conform with the dtypes that NumPy has from ml_dtypes alone."""

import contextlib
import math

import ml_dtypes
import numpy as np
import pytest

from tensorgate import Signature, TensorSpec, ValidationError

from .conform_outcomes import WORDS, conformed, refusal

FLOATS = (
    *("bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz"),
    "float4_e2m1fn",
)
INTEGERS = ("int4", "uint4", "int2", "uint2")
FLOATS = [name for name in FLOATS if hasattr(ml_dtypes, name)]
INTEGERS = [name for name in INTEGERS if hasattr(ml_dtypes, name)]


def allowed(dtype, value):
    """The words under which an array is taken."""
    taken = []
    for casting in WORDS:
        with contextlib.suppress(ValidationError):
            conformed(dtype, value, casting)
            taken.append(casting)
    return tuple(taken)


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_casting_words_hold_for_small_floats(dtype):
    scalar = getattr(ml_dtypes, dtype)
    assert allowed(dtype, np.ones(2)) == ("same_kind", "unsafe")
    assert allowed(dtype, np.ones(2, np.float16)) == ("same_kind", "unsafe")
    assert allowed(dtype, np.ones(2, np.int64)) == ("same_kind", "unsafe")
    assert allowed(dtype, np.ones(2, bool)) == ("safe", "same_kind", "unsafe")
    assert allowed(dtype, np.ones(2, np.complex64)) == ("unsafe",)
    assert allowed("float32", np.ones(2, scalar)) == ("safe", "same_kind", "unsafe")
    assert allowed("float64", np.ones(2, scalar)) == ("safe", "same_kind", "unsafe")
    assert "same_kind" in allowed("float16", np.ones(2, scalar))
    assert allowed("int32", np.ones(2, scalar)) == ("unsafe",)
    assert allowed("bool", np.ones(2, scalar)) == ("unsafe",)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_the_casting_words_hold_for_small_integers(dtype):
    scalar = getattr(ml_dtypes, dtype)
    signed = not dtype.startswith("u")
    assert allowed(dtype, np.ones(2, np.int8)) == (("same_kind", "unsafe") if signed else ("unsafe",))
    assert allowed(dtype, np.ones(2, np.uint64)) == ("same_kind", "unsafe")
    assert allowed(dtype, np.ones(2)) == ("unsafe",)
    assert allowed("int8", np.ones(2, scalar)) == ("safe", "same_kind", "unsafe")
    assert allowed("uint8", np.ones(2, scalar)) == (("unsafe",) if signed else ("safe", "same_kind", "unsafe"))
    assert allowed("float32", np.ones(2, scalar)) == ("safe", "same_kind", "unsafe")


@pytest.mark.parametrize("dtype", INTEGERS)
def test_small_integers_survive_or_are_refused(dtype):
    limits = ml_dtypes.iinfo(getattr(ml_dtypes, dtype))
    low, high = int(limits.min), int(limits.max)
    for value in range(-20, 20):
        for form in ([value], np.array([value]), np.array([float(value)])):
            if low <= value <= high:
                made = conformed(dtype, form, "unsafe")
                assert made.astype(np.int64).tolist() == [value]
                assert conformed("int64", made, "unsafe").tolist() == [value]
            else:
                assert refusal(dtype, form, "unsafe").code == "not_representable"


@pytest.mark.parametrize("dtype", FLOATS)
def test_small_floats_hold_integers_exactly_or_refuse_them(dtype):
    scalar = getattr(ml_dtypes, dtype)
    for value in (*range(-600, 600), 65536, -(2**40), 57344, 57345, 2**63 - 1):
        with np.errstate(all="ignore"):
            exact = float(np.float64(value).astype(scalar)) == value
        for form in ([value], np.array([value])):
            if exact:
                assert conformed(dtype, form).astype(np.float64).tolist() == [value]
            else:
                assert refusal(dtype, form).code == "not_representable"


@pytest.mark.parametrize("dtype", FLOATS)
def test_small_floats_round_but_never_overflow(dtype):
    scalar = getattr(ml_dtypes, dtype)
    largest = float(ml_dtypes.finfo(scalar).max)
    for value in (largest, -largest, largest * 0.999, 0.3, 1e-60, -0.0):
        assert float(conformed(dtype, [value])[0]) == float(np.float64(value).astype(scalar))
    for value in (largest * 2, -largest * 2, largest * 1.5, 1e300):
        assert refusal(dtype, [value]).code == "not_representable"
        assert refusal(dtype, np.array([0, value])).index == (1,)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_infinity_and_nan_stay_or_are_refused(dtype, value):
    with np.errstate(all="ignore"):
        kept = float(np.float64(value).astype(getattr(ml_dtypes, dtype)))
    if kept == value or (math.isnan(kept) and math.isnan(value)):
        made = float(conformed(dtype, np.array([value]))[0])
        assert made == value or math.isnan(made)
    else:
        violation = refusal(dtype, np.array([value]))
        assert violation.code == "not_representable"
        assert violation.hint == f"{dtype} has no {value}"


def test_a_dtype_without_infinity_that_saturates_refuses_what_is_beyond_it():
    if "float4_e2m1fn" in FLOATS:
        assert conformed("float4_e2m1fn", [6.0, 5.1, -6]).astype(float).tolist() == [6, 6, -6]
        assert refusal("float4_e2m1fn", [6.5]).code == "not_representable"


def test_a_big_endian_bfloat16_becomes_native():
    value = np.array([1.5, 3], ml_dtypes.bfloat16)
    swapped = value.astype(value.dtype.newbyteorder(">"))
    assert conformed("bfloat16", swapped, "equiv").astype(float).tolist() == [1.5, 3]
    assert refusal("bfloat16", swapped, "no").code == "byte_order"


def test_scalars_of_ml_dtypes_in_a_list_go_by_their_dtype():
    elements = [ml_dtypes.bfloat16(1.5), 2]
    assert conformed("float32", elements, "safe").tolist() == [1.5, 2]
    assert refusal("float32", elements, "no").code == "dtype"
    assert refusal("int32", elements).code == "dtype"
    assert conformed("int4", [ml_dtypes.int4(3), 2], "no").astype(int).tolist() == [3, 2]


def test_tensors_of_ml_dtypes_are_padded():
    signature = Signature({"x": TensorSpec((None, 3), "bfloat16")})
    made = signature.conform({"x": [[1.5]]}, pad=0.5).batch["x"]
    assert made.astype(float).tolist() == [[1.5, 0.5, 0.5]]
