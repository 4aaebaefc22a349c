import pickle

import ml_dtypes
import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

DTYPES = (
    *("bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz"),
    *("float4_e2m1fn", "int2", "int4", "uint2", "uint4"),
)
KNOWN_TO_ML_DTYPES = [name for name in DTYPES if hasattr(ml_dtypes, name)]


def codes(spec, value):
    found = [str(violation.code) for violation in spec.violations(value)]
    assert spec.accepts(value) is (not found)
    assert Signature({"x": spec}).accepts({"x": value}) is (not found)
    return found


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_a_type_of_ml_dtypes_is_a_dtype(name):
    scalar = getattr(ml_dtypes, name)
    assert TensorSpec((), scalar).dtype == name
    assert TensorSpec((), np.dtype(scalar)).dtype == name


@pytest.mark.parametrize("want", DTYPES)
@pytest.mark.parametrize("got", KNOWN_TO_ML_DTYPES)
def test_an_array_passes_exactly_where_its_dtype_is_the_specs(want, got):
    array = np.zeros((2, 3), getattr(ml_dtypes, got))
    assert codes(TensorSpec((None, 3), want), array) == ([] if want == got else ["dtype"])
    assert codes(TensorSpec((), want), array[0, 0]) == ([] if want == got else ["dtype"])


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_an_array_of_any_layout_passes(name):
    scalar = getattr(ml_dtypes, name)
    array = np.zeros((4, 6), scalar)
    for view in (array.T, array[::2, ::-3], np.zeros((0, 3), scalar), np.zeros((), scalar)):
        assert codes(TensorSpec(view.shape, name), view) == []
    assert codes(TensorSpec((4, 6), name), pickle.loads(pickle.dumps(array))) == []


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_the_plain_dtype_of_the_same_width_is_another(name):
    plain = "uint16" if name == "bfloat16" else "uint8"
    assert codes(TensorSpec((2,), name), np.zeros(2, plain)) == ["dtype"]
    assert codes(TensorSpec((2,), plain), np.zeros(2, getattr(ml_dtypes, name))) == ["dtype"]


def test_a_type_that_tensorflow_lacks_is_refused_by_its_name():
    array = np.zeros(2, ml_dtypes.float8_e3m4)
    assert codes(TensorSpec((2,)), array) == ["dtype"]
    assert TensorSpec((2,)).violations(array)[0].got == "float8_e3m4"
    with pytest.raises(TypeError, match="is not one that TensorFlow has"):
        TensorSpec((), ml_dtypes.float8_e3m4)


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_a_default_is_an_array_of_the_dtype(name):
    scalar = getattr(ml_dtypes, name)
    spec = TensorSpec((3,), name, default=np.array([0, 1, 1], scalar))
    assert spec.default.dtype == scalar
    assert spec.default.tolist() == [0, 1, 1]
    assert eval(repr(spec)) == spec
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(spec, protocol)) == spec
    assert TensorSpec((3,), name, default=[0, 1, 1]) == spec


@pytest.mark.parametrize(("name", "value"), [("int4", 8), ("int4", -9), ("uint4", 16), ("int2", 2), ("uint2", -1)])
def test_an_integer_that_the_dtype_does_not_hold_is_no_default(name, value):
    with pytest.raises(ValueError, match="^default "):
        TensorSpec((), name, default=value)


def test_a_python_float_is_rounded_for_a_default():
    assert float(TensorSpec((), "bfloat16", default=1.001).default) == 1.0


@pytest.mark.parametrize("name", ["bfloat16", "float8_e5m2"])
def test_infinity_and_nan_are_defaults(name):
    spec = TensorSpec((2,), name, default=[float("nan"), float("-inf")])
    assert np.isnan(spec.default[0])
    assert np.isneginf(spec.default[1])
    assert eval(repr(spec)) == spec


def test_an_arrays_dtype_is_told_by_its_name():
    violation = TensorSpec((2,)).violations(np.zeros(2, ml_dtypes.bfloat16))[0]
    assert (violation.expected, violation.got) == ("float32", "bfloat16")
    assert violation.hint == "cast it to float32"
