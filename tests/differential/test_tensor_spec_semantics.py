"""What tf.TensorSpec does, run for real, and what tensorgate.TensorSpec does beside it: the same, or the difference
that docs/differences.md tells. S and T are [None, 3] of float32 on the two sides throughout."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.tensor import BoundedTensorSpec

import tensorgate as tg

S = tf.TensorSpec([None, 3], tf.float32)
T = tg.TensorSpec((None, 3), "float32")


def both(shape, dtype="float32", name=None):
    return tf.TensorSpec(shape, dtype, name), tg.TensorSpec(shape, dtype, name)


def codes(value, spec=T):
    return [violation.code for violation in spec.violations(value)]


@pytest.mark.parametrize("rows", [2, 0])
def test_float32_tensor_of_the_shape_is_compatible(rows):
    tensor = tf.zeros((rows, 3))
    assert S.is_compatible_with(tensor)
    assert T.is_compatible_with(tensor)
    assert T.accepts(tensor)


def test_float64_tensor_is_not_compatible():
    tensor = tf.zeros((2, 3), tf.float64)
    assert not S.is_compatible_with(tensor)
    assert not T.is_compatible_with(tensor)
    assert codes(tensor) == ["dtype"]


def test_tensor_of_another_rank_is_not_compatible():
    tensor = tf.zeros((2, 3, 1))
    assert not S.is_compatible_with(tensor)
    assert not T.is_compatible_with(tensor)
    assert codes(tensor) == ["rank"]


def test_numpy_array_counts_as_a_value():
    array = np.zeros((2, 3), np.float32)
    assert not S.is_compatible_with(array)
    assert T.is_compatible_with(array)
    assert T.accepts(array)


def test_numpy_scalar_counts_as_a_value():
    assert not tf.TensorSpec([], tf.float32).is_compatible_with(np.float32(1))
    assert tg.TensorSpec((), "float32").is_compatible_with(np.float32(1))
    assert codes(np.float32(1)) == ["rank"]


@pytest.mark.parametrize("value", [[[1.0, 2.0, 3.0]], ((1.0, 2.0, 3.0),), 1.0, None, {}, "text"])
def test_python_values_are_no_tensors(value):
    assert not S.is_compatible_with(value)
    assert not T.is_compatible_with(value)
    assert codes(value) in (["unsupported"], ["structure"])


def test_tf_variable_counts_as_a_value():
    variable = tf.Variable(tf.zeros((2, 3)))
    assert not S.is_compatible_with(variable)
    assert T.is_compatible_with(variable)
    assert T.accepts(variable)


def test_specs_of_tensorflow_are_no_values_and_no_specs():
    variable_spec = tf.nest.flatten(tf.type_spec_from_value(tf.Variable(tf.zeros((2, 3)))))[0]
    assert S.is_compatible_with(variable_spec)
    for foreign in (variable_spec, S):
        assert not T.is_compatible_with(foreign)
        assert not T.is_subtype_of(foreign)
        assert T.most_specific_common_supertype([foreign]) is None
        assert foreign != T
        assert codes(foreign) == ["unsupported"]


@pytest.mark.parametrize(
    "value",
    [
        keras.KerasTensor((None, 3)),
        keras.Variable(np.zeros((2, 3), np.float32)),
        keras.layers.InputSpec(shape=(None, 3)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_of_keras_are_not_compatible(value):
    assert not S.is_compatible_with(value)
    assert not T.is_compatible_with(value)
    assert codes(value) == ["unsupported"]


@pytest.mark.parametrize(
    "value",
    [
        tf.ragged.constant([[1.0], [1.0, 2.0]]),
        tf.RaggedTensorSpec([None, 3]),
        tf.sparse.from_dense(tf.ones((2, 3))),
        tf.SparseTensorSpec([None, 3]),
        tf.IndexedSlices(tf.zeros((2, 3)), tf.constant([0, 1])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_composite_values_and_their_specs_are_not_compatible(value):
    assert not S.is_compatible_with(value)
    assert not T.is_compatible_with(value)
    assert codes(value) == ["unsupported"]


@pytest.mark.parametrize("shape", [[None, None], None])
def test_symbolic_tensor_could_match(shape):
    seen = []

    def body(x):
        seen.append((S.is_compatible_with(x), T.is_compatible_with(x), codes(x)))
        return x

    tf.function(body).get_concrete_function(tf.TensorSpec(shape))
    assert seen == [(True, True, ["unsupported"])]


def test_ragged_row_lengths_pass_tensorflow_alone():
    ragged = tf.ragged.constant([[1.0], [1.0, 2.0]])
    assert tf.RaggedTensorSpec([None, 3], tf.float32).is_compatible_with(ragged)
    assert [violation.hint for violation in T.violations(ragged)] == ["a dense tensor goes here"]


def test_bounds_are_not_checked():
    bounded = BoundedTensorSpec([2], tf.int32, 0, 2)
    assert bounded.is_compatible_with(tf.constant([9, 9]))
    assert bounded.is_compatible_with(BoundedTensorSpec([2], tf.int32, 5, 9))
    assert tf.TensorSpec([2], tf.int32).is_subtype_of(bounded)
    plain = tg.TensorSpec((2,), "int32")
    assert plain.accepts(tf.constant([9, 9]))
    # A contract must not seem to hold for bounds that tensorgate does not read.
    assert not plain.is_compatible_with(bounded)
    assert not plain.is_subtype_of(bounded)


def test_unknown_rank_is_compatible_both_ways():
    for known, unknown in zip(both([1, 2]), both(None), strict=True):
        assert known.is_compatible_with(unknown)
        assert unknown.is_compatible_with(known)


def test_names_do_not_count_for_compatibility_and_do_for_equality():
    for a, b in zip(both([1], name="a"), both([1], name="b"), strict=True):
        assert a.is_compatible_with(b)
        assert a != b


def test_hash_includes_the_name():
    (tf_a, a), (tf_b, b) = both([1], name="a"), both([1], name="b")
    assert hash(tf_a) == hash(tf_b)
    assert hash(a) != hash(b)


def test_named_spec_is_no_subtype_of_an_unnamed_one():
    for named, unnamed in zip(both([1], name="a"), both([1]), strict=True):
        assert not named.is_subtype_of(unnamed)
        assert unnamed.is_subtype_of(named)


@pytest.mark.parametrize("names", [("a", "b"), (None, "a"), ("a", None), ("", None)])
def test_specs_of_different_names_have_no_common_supertype(names):
    for a, b in zip(*(both([1], name=name) for name in names), strict=True):
        assert a.most_specific_common_supertype([b]) is None


def test_common_supertype_forgets_what_differs():
    for a, b, common in zip(both([1, 2]), both([3, 2]), both([None, 2]), strict=True):
        assert a.most_specific_common_supertype([b]) == common
    for a, b, common in zip(both([1, 2]), both([1]), both(None), strict=True):
        assert a.most_specific_common_supertype([b]) == common


def test_reference_types_are_refused():
    reference = tf.dtypes.as_dtype("float32_ref")
    assert tf.float32.is_compatible_with(reference)
    assert not reference.is_compatible_with(tf.float32)
    assert tf.TensorSpec([1], reference).dtype == reference
    for dtype in (reference, "float32_ref"):
        with pytest.raises(TypeError, match="reference type"):
            tg.TensorSpec((1,), dtype)


@pytest.mark.parametrize("pair", [("qint8", "int8"), ("int32", "int64")])
def test_dtypes_of_different_names_are_not_compatible(pair):
    for a, b in zip(*(both([1], dtype) for dtype in pair), strict=True):
        assert not a.is_compatible_with(b)
        assert not b.is_compatible_with(a)


@pytest.mark.parametrize("dtype", [np.dtype(object), np.dtype("<U5"), np.dtype("S5")], ids=str)
def test_numpy_string_dtypes_are_string(dtype):
    assert tf.string.is_compatible_with(dtype)
    assert tg.TensorSpec((), dtype).dtype == "string"


def test_big_endian_dtype_names_the_same_dtype():
    assert tf.as_dtype(np.dtype(">f4")) == tf.float32
    assert tg.TensorSpec((), np.dtype(">f4")).dtype == "float32"


def test_negative_dimension_is_refused():
    with pytest.raises(ValueError, match="-1"):
        tf.TensorShape([-1])
    with pytest.raises(ValueError, match="-1"):
        tg.TensorSpec((-1,))


@pytest.mark.parametrize("size", [2**63, 2**64])
def test_dimension_that_no_tensor_has_is_refused(size):
    assert tf.TensorShape([size]).as_list() == [size]
    with pytest.raises(ValueError, match=r"2\*\*63 - 1"):
        tg.TensorSpec((size,))
    assert tg.TensorSpec((2**63 - 1,)).shape == (2**63 - 1,)


def test_bool_dimension_is_refused():
    assert tf.TensorShape([True]).rank == 1
    with pytest.raises(TypeError, match="bool"):
        tg.TensorSpec((True,))


def test_float_dimension_is_refused():
    with pytest.raises(TypeError, match="float"):
        tf.TensorShape([2.0])
    with pytest.raises(TypeError, match="float"):
        tg.TensorSpec((2.0,))


def test_partly_unknown_shapes_of_keras_build_a_spec():
    tensor = keras.KerasTensor((None, 3), dtype="float32")
    assert tf.TensorSpec(tensor.shape, tensor.dtype) == S
    assert tg.TensorSpec(tensor.shape, tensor.dtype) == T
