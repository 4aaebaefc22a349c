"""Every kind of object that TensorFlow and Keras hand around, given to tensorgate."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.weak_tensor import WeakTensor

import tensorgate as tg

DTYPES = [tf.as_dtype(number) for number in range(1, 34)]
REFERENCE_DTYPES = [tf.as_dtype(number + 100) for number in range(1, 34)]
T = tg.TensorSpec((None, 3))

VARIABLES = []  # keeps the resources of the handles below alive


def tensor_of(dtype):
    if dtype == tf.resource:
        VARIABLES.append(tf.Variable(0.0))
        return VARIABLES[-1].handle
    if dtype == tf.variant:
        return tf.raw_ops.EmptyTensorList(element_shape=-1, max_num_elements=-1, element_dtype=tf.float32)
    if dtype == tf.string:
        return tf.constant([b"\xff\0", "é"])
    return tf.constant(np.zeros(2, dtype.as_numpy_dtype))


def codes(value, spec=T):
    return [violation.code for violation in spec.violations(value)]


def hints(value):
    return [violation.hint for violation in T.violations(value)]


def random_shape(rng):
    return rng.choice([None, *([rng.choice([None, 0, 1, 2, 3]) for _ in range(rank)] for rank in (0, 1, 2, 2, 3))])


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_eager_tensor_of_each_dtype_is_accepted_by_its_own_spec_alone(dtype):
    tensor = tensor_of(dtype)
    assert tensor.dtype == dtype
    for other in DTYPES:
        want = tf.TensorSpec(None, other).is_compatible_with(tensor)
        spec = tg.TensorSpec(None, other)
        assert want is (other == dtype)
        assert spec.accepts(tensor) is want
        assert spec.is_compatible_with(tensor) is want
        assert codes(tensor, spec) == ([] if want else ["dtype"])


def test_eager_tensor_of_rank_100_is_judged():
    # NumPy has no array of that rank, so nothing may go by way of one.
    tensor = tf.reshape(tf.zeros(1), [1] * 100)
    assert tg.TensorSpec((1,) * 100).accepts(tensor)
    assert codes(tensor) == ["rank"]


def test_elements_of_a_dataset_are_accepted():
    dataset = tf.data.Dataset.from_tensors(np.zeros((2, 3), np.float32))
    assert [T.accepts(element) for element in (*dataset, *dataset.as_numpy_iterator())] == [True, True]


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_each_tf_dtype_is_taken_as_the_dtype_argument(dtype):
    spec = tg.TensorSpec((), dtype)
    assert spec.dtype == dtype.name
    assert spec == tg.TensorSpec((), dtype.name)


@pytest.mark.parametrize("dtype", REFERENCE_DTYPES, ids=lambda dtype: dtype.name)
def test_each_reference_dtype_is_refused_as_the_dtype_argument(dtype):
    with pytest.raises(TypeError, match="reference type"):
        tg.TensorSpec((), dtype)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d not in (tf.resource, tf.variant)], ids=lambda d: d.name)
def test_numpy_type_of_each_tf_dtype_names_the_same_dtype(dtype):
    assert tg.TensorSpec((), dtype.as_numpy_dtype).dtype == dtype.name


@pytest.mark.parametrize("seed", range(3))
def test_tensor_shape_is_taken_as_the_shape_argument(seed):
    rng = random.Random(seed)
    for _ in range(300):
        shape = tf.TensorShape(random_shape(rng))
        want = None if shape.rank is None else tuple(shape.as_list())
        assert tg.TensorSpec(shape).shape == want, shape
        assert tg.TensorSpec(shape) == tg.TensorSpec(want)


def test_tensor_is_taken_as_the_shape_argument():
    # In a process of its own: its elements are made one by one, and one that is freed too early ends the process.
    code = """
import tensorflow as tf, tensorgate as tg
for sizes in ([2, 3], [200_000, 300_000_000], []):
    assert tg.TensorSpec(tf.constant(sizes, tf.int64)).shape == tuple(sizes)
    assert tf.TensorSpec(tf.constant(sizes, tf.int64)).shape.as_list() == sizes
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_variable_is_judged_by_the_value_that_it_holds():
    variable = tf.Variable(tf.zeros((2, 3)), shape=[None, None])
    assert T.accepts(variable)
    variable.assign(tf.zeros((5, 4)))
    assert codes(variable) == ["dim"]
    assert tg.TensorSpec((5, 4)).accepts(variable)


def test_variable_of_unknown_rank_is_judged_by_the_value_that_it_holds():
    variable = tf.Variable(tf.zeros((2, 3)), shape=tf.TensorShape(None))
    assert T.accepts(variable)
    variable.assign(0.0)
    assert codes(variable) == ["rank"]


def test_variable_of_a_distribution_strategy_is_accepted():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        variable = tf.Variable(tf.zeros((2, 3)))
    assert not tf.TensorSpec([None, 3]).is_compatible_with(variable)
    assert T.accepts(variable)


def test_variables_of_a_graph_are_refused():
    with tf.Graph().as_default():
        resource = tf.compat.v1.get_variable("resource", [2, 3])
        reference = tf.compat.v1.get_variable("reference", [2, 3], use_resource=False)
        for variable in (resource, reference):
            assert not tf.TensorSpec([None, 3]).is_compatible_with(variable)
            assert not T.is_compatible_with(variable)
            assert codes(variable) == ["unsupported"]
            assert hints(variable) == ["it has no value to check yet"]


def test_reference_tensor_of_a_graph_is_refused():
    with tf.Graph().as_default():
        tensor = tf.raw_ops.VariableV2(shape=[2, 3], dtype=tf.float32)
        assert tensor.dtype == tf.as_dtype("float32_ref")
        assert tf.TensorSpec([None, 3]).is_compatible_with(tensor)
        assert not T.is_compatible_with(tensor)


def test_keras_variable_is_refused_with_a_hint():
    variable = keras.Variable(np.zeros((2, 3), np.float32))
    assert not tf.TensorSpec([None, 3]).is_compatible_with(variable)
    assert codes(variable) == ["unsupported"]
    assert hints(variable) == ["pass its .value"]
    assert T.accepts(variable.value)


@pytest.mark.parametrize("seed", range(3))
def test_symbolic_tensor_is_refused_by_check_and_compatible_where_it_could_match(seed):
    rng = random.Random(seed)
    shapes = [random_shape(rng) for _ in range(40)]
    verdicts = []

    def body(x):
        for shape in shapes:
            for dtype in (tf.float32, tf.int32):
                want = tf.TensorSpec(shape, dtype).is_compatible_with(x)
                spec = tg.TensorSpec(shape, dtype)
                verdicts.append((spec.is_compatible_with(x), want, shape, x))
                assert not spec.accepts(x)
                with pytest.raises(tg.ValidationError, match="no value to check yet"):
                    spec.check(x)
        return x

    for _ in range(10):
        tf.function(body).get_concrete_function(tf.TensorSpec(random_shape(rng)))
    assert all(got is want for got, want, _, _ in verdicts), verdicts
    assert {want for _, want, _, _ in verdicts} == {True, False}


def test_eager_tensor_and_array_are_checked_as_ever_while_a_function_is_traced():
    tensor, array = tf.zeros((2, 3)), np.zeros((2, 4), np.float32)
    seen = []

    @tf.function
    def traced():
        seen.append((codes(tensor), codes(array)))
        return tensor

    traced()
    assert seen == [([], ["dim"])]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (tf.ragged.constant([[1.0, 2.0, 3.0]]), "a dense tensor goes here"),
        (tf.sparse.from_dense(tf.ones((2, 3))), "a dense tensor goes here"),
        (tf.IndexedSlices(tf.zeros((2, 3)), tf.constant([0, 1])), "a dense tensor goes here"),
        (keras.KerasTensor((None, 3)), "it has no value to check yet"),
        (WeakTensor(tf.zeros((2, 3))), None),
        (tf.experimental.Optional.from_value(tf.zeros((2, 3))), None),
        (tf.TensorArray(tf.float32, 3), None),
        (tf.data.Dataset.range(3), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_objects_that_are_no_dense_tensor_are_refused(value, hint):
    assert not tf.TensorSpec([None, 3]).is_compatible_with(value)
    assert not T.is_compatible_with(value)
    assert not T.accepts(value)
    assert codes(value) == ["unsupported"]
    assert hints(value) == [hint]


def test_checking_numpy_never_imports_tensorflow():
    code = """
import sys
import ml_dtypes, numpy as np, tensorgate as tg
spec = tg.TensorSpec((None, 3))
spec.check(np.zeros((2, 3), np.float32))
tg.TensorSpec(None, "bfloat16").check(np.zeros(3, ml_dtypes.bfloat16))
tg.TensorSpec(None, "string").check(np.array(["a", b"b"], object))
tg.TensorSpec(None, "qint8", default=[1])
assert len(tg.Signature({"x": spec}).violations({"x": [1.0], "y": None})) == 2
assert not spec.accepts(np.zeros((2, 4)))
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"tensorflow", "keras", "torch", "google"}, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
