"""Numbers of REST bodies for the dtypes that ml_dtypes adds to NumPy's, bit for bit as it makes them."""

import ml_dtypes
import numpy as np
import pytest

from tensorgate import _core

from .rest_numbers import assert_same_bits, decoded, refusal


@pytest.fixture(params=_core.json_kernels())
def kernels(request):
    return request.param


@pytest.mark.parametrize(
    ("dtype", "least", "most"), [("int4", -8, 7), ("uint4", 0, 15), ("int2", -2, 1), ("uint2", 0, 3)]
)
def test_narrow_integers(dtype, least, most, kernels):
    values = list(range(least, most + 1))
    array = decoded(map(str, values), dtype, kernels)
    assert array.dtype.name == dtype
    assert array.astype(int).tolist() == values
    assert refusal(str(most + 1), dtype).code == refusal(str(least - 1), dtype).code == "not_representable"


NARROW = [
    "bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz",
    "float4_e2m1fn",
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float16", *NARROW])
def test_narrow_floats(dtype, kernels):
    """Each code's own number, the midpoints beside it, and what lies about these."""
    scalar = np.float16 if dtype == "float16" else getattr(ml_dtypes, dtype)
    width = np.dtype(scalar).itemsize * 8
    codes = np.arange(1 << min(width, 16), dtype=f"u{width // 8}")[:: 7 if width == 16 else 1]
    with np.errstate(invalid="ignore"):
        numbers = np.unique(codes.view(scalar).astype(float))
    numbers = numbers[np.isfinite(numbers)]
    middles = (numbers[1:] + numbers[:-1]) / 2
    values = np.concatenate([numbers, middles, np.nextafter(middles, 9e9), np.nextafter(middles, -9e9)]).tolist()
    assert_same_bits(decoded(map(repr, values), dtype, kernels), np.array([scalar(value) for value in values]))
    assert refusal(str(numbers.max() * 2), dtype).code == "not_representable"


@pytest.mark.parametrize("dtype", NARROW)
def test_a_token_that_a_narrow_float_has_not_is_not_representable(dtype):
    scalar = getattr(ml_dtypes, dtype)
    for token, value in (("NaN", np.nan), ("Infinity", np.inf)):
        known = scalar(value)
        if (np.isnan(known) if np.isnan(value) else np.isinf(known)) and (np.isnan(value) == np.isnan(known)):
            assert_same_bits(decoded([token], dtype), np.array([known]))
        else:
            assert refusal(token, dtype).code == "not_representable"
