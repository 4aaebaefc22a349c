"""conform with TensorFlow's tensors, and beside what TensorFlow does to the same values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, ValidationError


def conformed(spec, value, *args, **kwargs):
    signature = Signature({"x": spec})
    batch = signature.conform({"x": value}, *args, **kwargs).batch
    signature.check(batch)
    return batch["x"]


def codes(spec, value, *args, **kwargs):
    with pytest.raises(ValidationError) as caught:
        Signature({"x": spec}).conform({"x": value}, *args, **kwargs)
    return [str(violation.code) for violation in caught.value.violations]


# What a tf.function with an input_signature casts in silence


@pytest.mark.parametrize(
    ("value", "dtype", "becomes"),
    [
        (np.array([1e300]), "float32", [np.inf]),
        (np.array([2**40]), "int32", [0]),
        (np.array([300]), "uint8", [44]),
        (np.array([1.7]), "int32", [1]),
        (np.array([2**64 - 1], np.uint64), "int64", [-1]),
        (np.array([2**24 + 1]), "float32", [2.0**24]),
        (np.array([5]), "bool", [True]),
        (np.array(["1.5"]), "float32", [1.5]),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_what_tensorflow_changes_in_silence_is_refused_under_every_word(value, dtype, becomes):
    function = tf.function(lambda x: x, input_signature=[tf.TensorSpec([1], dtype)])
    assert function(value).numpy().tolist() == becomes
    for casting in ("no", "equiv", "safe", "same_kind", "unsafe"):
        assert codes(TensorSpec((1,), dtype), value, casting)[0] in ("dtype", "not_representable")


@pytest.mark.parametrize("values", [[0.1, 1e-46, -3.4e38], [1e-310, 65504.0]], ids=str)
def test_floats_round_as_tensorflow_rounds_them(values):
    want = tf.cast(tf.constant(values, tf.float64), tf.float32).numpy()
    assert (conformed(TensorSpec(None), values) == want).all()
    assert (conformed(TensorSpec(None), np.array(values)) == want).all()


# TensorFlow's tensors


def test_a_tensor_that_check_accepts_stays():
    for value in (tf.constant([1.0]), tf.Variable([1.0])):
        assert conformed(TensorSpec(None), value) is value
    strings = tf.constant(["a"])
    assert conformed(TensorSpec(None, "string"), strings) is strings


def test_a_tensor_of_another_dtype_is_cast():
    for value in (
        tf.constant([1.5], tf.float64),
        tf.Variable([1.5], dtype=tf.float64),
        tf.constant([1.5], tf.bfloat16),
    ):
        made = conformed(TensorSpec(None), value)
        assert made.dtype == np.float32
        assert made.tolist() == [1.5]
    assert conformed(TensorSpec(None, "bfloat16"), tf.constant([1.5])).astype(float).tolist() == [1.5]
    assert conformed(TensorSpec(None), keras.Variable([1.5])).tolist() == [1.5]


def test_tensors_in_a_list_are_stacked():
    assert conformed(TensorSpec(None), [tf.constant(1.0), tf.constant(2.0)]).tolist() == [1, 2]
    assert conformed(TensorSpec(None, "string"), [tf.constant("a"), tf.constant("b")]).tolist() == [b"a", b"b"]


def test_a_batch_dimension_and_padding_are_added_to_tensors():
    spec, strings = TensorSpec(("batch", 3)), TensorSpec(("batch", 3), "string")
    assert conformed(spec, tf.constant([1.0, 2.0]), add_batch_dim=True, pad=0).tolist() == [[1, 2, 0]]
    assert conformed(strings, tf.constant(["a"]), add_batch_dim=True, pad="").tolist() == [[b"a", b"", b""]]


def test_what_holds_no_numbers_is_refused_and_does_not_end_the_process():
    """DLPack's form of a string or a handle would."""
    handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[])
    quantized = tf.quantization.quantize([1.0], -1.0, 1.0, tf.qint8)[0]
    for value in (tf.constant(["a"]), handle, quantized, [handle], [quantized], [tf.constant("a")]):
        assert codes(TensorSpec(None), value, "unsafe") == ["dtype"]
    assert codes(TensorSpec(None), tf.ragged.constant([[1.0], []])) == ["unsupported"]
    assert codes(TensorSpec(None), keras.Input((3,))) == ["unsupported"]


def test_a_symbolic_tensor_is_refused():
    found = []

    @tf.function
    def trace(x):
        found.extend(codes(TensorSpec(None), x))
        return x

    trace(tf.constant([1], tf.int64))
    assert found == ["unsupported"]


# Ragged and sparse tensors


def test_rows_become_the_parts_of_the_ragged_tensor_that_tensorflow_makes_of_them():
    for rows, shape in (
        ([[1, 2], [], [3]], (None, None)),
        ([[[1], []], [], [[2, 3]]], (None, None, None)),
        ([], (None, None)),
        ([[], []], (None, None)),
    ):
        want = tf.ragged.constant(rows, tf.float32, ragged_rank=len(shape) - 1)
        parts = conformed(RaggedTensorSpec(shape), rows)
        for _ in shape[1:]:
            assert parts["row_splits"].tolist() == want.row_splits.numpy().tolist()
            parts, want = parts["values"], want.values
        assert parts.tolist() == want.numpy().tolist()


def test_composite_tensors_that_check_accepts_stay():
    ragged, sparse = tf.ragged.constant([[1.0], []]), tf.sparse.from_dense([[1.0, 0.0]])
    assert conformed(RaggedTensorSpec((None, None)), ragged) is ragged
    assert conformed(SparseTensorSpec((None, 2)), sparse) is sparse


def test_composite_tensors_of_another_dtype_become_parts():
    ragged, sparse = tf.ragged.constant([[1.0], []], tf.float64), tf.sparse.from_dense([[1, 0]])
    assert conformed(RaggedTensorSpec((None, None)), ragged)["values"].tolist() == [1]
    assert conformed(RaggedTensorSpec((None, None), row_splits_dtype="int32"), ragged)["row_splits"].dtype == np.int32
    assert conformed(SparseTensorSpec((None, 2)), sparse)["values"].tolist() == [1]
