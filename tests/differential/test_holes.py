"""What TensorFlow lets through in silence, asserted with TensorFlow, and what `check` says of the same batch."""

import numpy as np
import pytest
import tensorflow as tf

import tensorgate as tg

# NumPy warns of some of the casts; TensorFlow says nothing.
pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in cast:RuntimeWarning", "ignore:Casting complex values")


def function_of(spec):
    return tf.function(lambda x: tf.identity(x), input_signature=[tf.TensorSpec(spec.shape, spec.dtype)])


def code_of_refusal(spec, value):
    with pytest.raises(tg.ValidationError) as caught:
        spec.check(value)
    (violation,) = caught.value.violations
    return violation.code


SILENT_CASTS = {
    "float64 rounds": ("float32", np.array([0.1]), [np.float32(0.1)], "dtype"),
    "float64 overflows to infinity": ("float32", np.array([1e300]), [np.inf], "dtype"),
    "float32 overflows float16": ("float16", np.array([1e5], np.float32), [np.inf], "dtype"),
    "complex loses its imaginary part": ("float32", np.array([1 + 2j], np.complex64), [1.0], "dtype"),
    "text is parsed as floats": ("float32", np.array(["1.5", "2"]), [1.5, 2.0], "dtype"),
    "bytes are parsed as floats": ("float32", np.array([b"1.5"]), [1.5], "dtype"),
    "text is parsed as integers": ("int32", np.array(["7"]), [7], "dtype"),
    "None becomes nan": ("float32", np.array([None, 1.0], object), [np.nan, 1.0], "dtype"),
    "a date becomes a number of days": ("int64", np.array(["2020-01-01"], "M8[D]"), [18262], "dtype"),
    "a duration becomes a number": ("int64", np.array([5], "m8[s]"), [5], "dtype"),
    "a record becomes its field": ("float32", np.array([(1.5,)], [("a", "f4")]), [1.5], "dtype"),
    "a fraction is cut off": ("int32", np.array([1.7], np.float32), [1], "dtype"),
    "nan becomes an integer": ("int32", np.array([np.nan]), [-(2**31)], "dtype"),
    "2**40 becomes 0 as int32": ("int32", np.array([2**40]), [0], "dtype"),
    "300 becomes 44 as uint8": ("uint8", np.array([300]), [44], "dtype"),
    "-1 becomes 255 as uint8": ("uint8", np.array([-1], np.int8), [255], "dtype"),
    "2**64 - 1 becomes -1 as int64": ("int64", np.array([2**64 - 1], np.uint64), [-1], "dtype"),
    "integers become bool": ("bool", np.array([0, 2]), [False, True], "dtype"),
    "a list's 2**40 becomes 0 as int32": ("int32", [2**40], [0], "unsupported"),
    "a mask is dropped": ("float32", np.ma.masked_array(np.float32([1, 2]), [0, 1]), [1.0, 2.0], "unsupported"),
    "a big-endian array is swapped": ("float32", np.array([1.5], ">f4"), [1.5], "byte_order"),
}


@pytest.mark.parametrize("cast", SILENT_CASTS)
def test_silent_cast_is_refused(cast):
    dtype, value, want, code = SILENT_CASTS[cast]
    spec = tg.TensorSpec((None,), dtype)
    result = function_of(spec)(value)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result.numpy(), np.array(want, dtype))
    assert code_of_refusal(spec, value) == code


def test_python_scalar_that_wraps_is_refused():
    spec = tg.TensorSpec((), "int32")
    assert function_of(spec)(2**40) == 0
    assert code_of_refusal(spec, 2**40) == "unsupported"


WRONG_SHAPES = {"dim": (2, 4), "rank": (3,)}


@pytest.mark.parametrize("code", WRONG_SHAPES)
def test_shape_that_a_concrete_function_ignores_is_refused(code):
    spec = tg.TensorSpec((None, 3))
    concrete = function_of(spec).get_concrete_function()
    tensor = tf.zeros(WRONG_SHAPES[code])
    assert concrete(tensor).shape == tensor.shape
    assert code_of_refusal(spec, tensor) == code


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("saved")
    module = tf.Module()
    module.identity = function_of(tg.TensorSpec((None, 3)))
    tf.saved_model.save(module, path, module.identity)
    return tg.Signature.from_saved_model(path), tf.saved_model.load(path).signatures["serving_default"]


@pytest.mark.parametrize("code", WRONG_SHAPES)
def test_shape_that_a_loaded_signature_ignores_is_refused(saved, code):
    signature, loaded = saved
    tensor = tf.zeros(WRONG_SHAPES[code])
    assert loaded(x=tensor)["output_0"].shape == tensor.shape
    assert code_of_refusal(signature, {"x": tensor}) == code


def test_dtype_that_a_loaded_signature_casts_in_silence_is_refused(saved):
    signature, loaded = saved
    array = np.full((2, 3), 1e300)
    assert np.isinf(loaded(x=array)["output_0"]).all()
    assert code_of_refusal(signature, {"x": array}) == "dtype"


def test_list_that_a_loaded_signature_converts_is_refused(saved):
    signature, loaded = saved
    assert loaded(x=[[1, 2, 3]])["output_0"].dtype == tf.float32
    assert code_of_refusal(signature, {"x": [[1, 2, 3]]}) == "unsupported"


def test_wrong_shape_reaches_a_function_through_a_symbolic_one_and_is_refused_outside():
    spec = tg.TensorSpec((None, 3))
    inner = function_of(spec)
    judged = []

    @tf.function(input_signature=[tf.TensorSpec([None, None])])
    def outer(x):
        judged.append(code_of_refusal(spec, x))
        return inner(x)

    tensor = tf.zeros((2, 4))
    assert outer(tensor).shape == (2, 4)
    assert judged == ["unsupported"]
    assert code_of_refusal(spec, tensor) == "dim"


def test_batch_without_a_fault_passes_both(saved):
    signature, loaded = saved
    for value in (np.zeros((2, 3), np.float32), tf.zeros((2, 3)), tf.Variable(tf.zeros((2, 3)))):
        assert loaded(x=value)["output_0"].shape == (2, 3)
        signature.check({"x": value})
