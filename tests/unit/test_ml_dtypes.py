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


WITH_NAN = [name for name in KNOWN_TO_ML_DTYPES if name == "bfloat16" or name.startswith("float8")]
WITH_INFINITY = ("bfloat16", "float8_e5m2")


def told(spec, value):
    codes(spec, value)
    return [(str(v.code), v.got, v.index, v.count) for v in spec.violations(value)]


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_every_code_of_a_narrow_dtype_is_judged_as_python_judges_its_number(name):
    scalar = getattr(ml_dtypes, name)
    bits = 16 if name == "bfloat16" else 8 if name.startswith("float8") else 2 if name.endswith("int2") else 4
    values = np.arange(1 << bits, dtype=np.uint16 if bits == 16 else np.uint8).view(scalar)
    with np.errstate(invalid="ignore"):  # of signalling NaNs
        numbers = values.astype(float)
    for spec, bad in [
        (TensorSpec((None,), name, finite=True), ~np.isfinite(numbers)),
        (TensorSpec((None,), name, minimum=1), ~(numbers >= 1)),
        (TensorSpec((None,), name, maximum=1), ~(numbers <= 1)),
        (TensorSpec((None,), name, minimum=0, maximum=1), ~((numbers >= 0) & (numbers <= 1))),
        (TensorSpec((None,), name, one_of=[0, 1]), ~((numbers == 0) | (numbers == 1))),
        (TensorSpec(values.shape, name, minimum=np.zeros(values.shape, scalar)), ~(numbers >= 0)),
    ]:
        found = told(spec, values)
        assert sum(count for *_, count in found) == bad.sum()
        assert not found or min(index for *_, index, _ in found) == (bad.argmax(),)


@pytest.mark.parametrize("name", WITH_NAN)
def test_a_nan_never_satisfies_a_bound(name):
    values = np.array([1, np.nan], getattr(ml_dtypes, name))
    for rules, code in [
        ({"minimum": 0}, "below_minimum"),
        ({"maximum": 2}, "above_maximum"),
        ({"finite": True}, "not_finite"),
    ]:
        assert told(TensorSpec((2,), name, **rules), values) == [(code, "nan", (1,), 1)]
    assert told(TensorSpec((2,), name, one_of=[1, float("nan")]), values) == []


@pytest.mark.parametrize("name", WITH_INFINITY)
def test_infinity_is_a_bound_where_the_dtype_has_one(name):
    values = np.array([np.inf, -np.inf, 3], getattr(ml_dtypes, name))
    assert told(TensorSpec((3,), name, minimum=float("inf")), values) == [("below_minimum", "-inf", (1,), 2)]
    assert told(TensorSpec((3,), name, maximum=float("inf"), minimum=float("-inf")), values) == []


@pytest.mark.parametrize("name", KNOWN_TO_ML_DTYPES)
def test_rules_are_arrays_of_the_dtype(name):
    spec = TensorSpec((2,), name, minimum=[0, 1], maximum=1, one_of=[1, 0, 1])
    for rule, want in ((spec.minimum, [0, 1]), (spec.maximum, 1), (spec.one_of, [0, 1])):
        assert rule.dtype == getattr(ml_dtypes, name)
        assert rule.tolist() == want
    assert eval(repr(spec)) == spec == pickle.loads(pickle.dumps(spec))


@pytest.mark.parametrize(("name", "value"), [("int4", 8), ("uint4", -1), ("int2", 2), ("uint2", 4)])
def test_an_integer_that_the_dtype_does_not_hold_is_no_bound(name, value):
    with pytest.raises(ValueError, match=f"^minimum {value} can't be held by {name}$"):
        TensorSpec((), name, minimum=value)


def test_an_arrays_dtype_is_told_by_its_name():
    violation = TensorSpec((2,)).violations(np.zeros(2, ml_dtypes.bfloat16))[0]
    assert (violation.expected, violation.got) == ("float32", "bfloat16")
    assert violation.hint == "cast it to float32"


def test_batches_of_other_dtypes_have_other_keys():
    signature = Signature({})
    dtypes = [ml_dtypes.bfloat16, ml_dtypes.int4, ml_dtypes.float8_e5m2, np.float16, np.int8]
    assert len({signature.batch_key({"x": np.zeros((2, 3), dtype)}) for dtype in dtypes}) == len(dtypes)
    assert len({signature.batch_spec({"x": np.zeros((2, 3), dtype)}) for dtype in dtypes}) == len(dtypes)
