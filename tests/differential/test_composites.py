"""Ragged, sparse and bounded tensors and nests of TensorFlow's own: what TensorFlow lets through, and what we say."""

import collections
import random

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.tensor_spec import BoundedTensorSpec

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec


def lines(contract, value):
    violations = contract.violations(value)
    assert contract.accepts(value) is (not violations)
    assert contract.is_compatible_with(value) is (not violations)
    return [str(violation) for violation in violations]


def codes(contract, value):
    lines(contract, value)
    return [(violation.path, str(violation.code)) for violation in contract.violations(value)]


def function_of(spec, body=lambda x: x):
    return tf.function(body, input_signature=[spec])


def corrupt(values, splits):
    return tf.RaggedTensor.from_row_splits(values, splits, validate=False)


# Ragged tensors

RAGGED = tf.ragged.constant([[1, 2], [], [3]], dtype=tf.int64)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (RaggedTensorSpec((None, None), "int64"), []),
        (RaggedTensorSpec((3, None), "int64"), []),
        (RaggedTensorSpec(("n", Dim(max=2)), "int64"), []),
        (RaggedTensorSpec(None, "int64", ragged_rank=1), []),
        (RaggedTensorSpec((2, None), "int64"), [("input", "dim")]),
        (RaggedTensorSpec((None, Dim(max=1)), "int64"), [("input", "dim")]),
        (RaggedTensorSpec((None, None), "int32"), [("input.values", "dtype")]),
        (RaggedTensorSpec((None, None), "int64", row_splits_dtype="int32"), [("input.row_splits", "dtype")]),
        (RaggedTensorSpec((None, None, None), "int64"), [("input.values", "structure")]),
        (RaggedTensorSpec((None, None), "int64", maximum=2), [("input.values", "above_maximum")]),
        (SparseTensorSpec((None, None), "int64"), [("input", "structure")]),
        (TensorSpec((None, None), "int64"), [("input", "unsupported")]),
    ],
    ids=repr,
)
def test_ragged_tensor_is_judged_by_its_spec(spec, told):
    assert codes(spec, RAGGED) == told
    assert [(v.path, str(v.code)) for v in Signature([spec]).violations([RAGGED])] == [
        (path.replace("input", "inputs[0]"), code) for path, code in told
    ]


def test_nested_ragged_tensor_passes_as_tensorflow_rules():
    deep = tf.ragged.constant([[[1.0, 2.0], []], [[3.0]]])
    wide = tf.RaggedTensor.from_row_lengths(tf.zeros((3, 2)), [1, 2])
    for tensor, shape, rank in [
        (deep, (None, None, None), 2),
        (deep, (2, None, None), 2),
        (wide, (None, None, 2), 1),
        (wide, (None, None, None), 1),
    ]:
        assert tf.RaggedTensorSpec(shape, ragged_rank=rank).is_compatible_with(tensor)
        assert lines(RaggedTensorSpec(shape, ragged_rank=rank), tensor) == []
        assert not tf.RaggedTensorSpec((*shape, None), ragged_rank=rank).is_compatible_with(tensor)
        assert lines(RaggedTensorSpec((*shape, None), ragged_rank=rank), tensor) != []
        assert lines(RaggedTensorSpec(shape, ragged_rank=3 - rank), tensor) != []


def test_row_lengths_that_tensorflow_does_not_check_are_checked():
    """Its RaggedTensorSpec([None, 3]) takes rows of any length."""
    tensor = tf.ragged.constant([[1.0], [1.0, 2.0]])
    assert tf.RaggedTensorSpec([None, 3]).is_compatible_with(tensor)
    (violation,) = RaggedTensorSpec((None, 3)).violations(tensor)
    assert (violation.code, violation.index, violation.count) == ("dim", (0,), 2)
    assert lines(RaggedTensorSpec((None, 3)), tf.RaggedTensor.from_row_lengths(tf.zeros(6), [3, 3])) == []


CORRUPT = {
    "that fall": ([0, 5, 3], "expected at least 5 as before it, got 3 at [2]"),
    "that start late": ([1, 3], "expected 0 at the start, got 1 at [0]"),
    "that end early": ([0, 2], "expected the number of values, 3, at the end, got 2 at [1]"),
    "that end late": ([0, 9], "expected the number of values, 3, at the end, got 9 at [1]"),
}


@pytest.mark.parametrize("name", CORRUPT)
def test_row_splits_that_tensorflow_passes_on_are_refused(name):
    splits, told = CORRUPT[name]
    tensor = corrupt([1, 2, 3], splits)
    spec = tf.RaggedTensorSpec([None, None], tf.int32)
    assert spec.is_compatible_with(tensor)
    assert function_of(spec, lambda x: x.row_splits)(tensor).numpy().tolist() == splits
    assert lines(RaggedTensorSpec((None, None), "int32"), tensor) == [f"input.row_splits  row_splits: {told}"]


def test_names_are_shared_between_ragged_sparse_and_dense_tensors():
    signature = Signature(
        {"r": RaggedTensorSpec(("n", None), "int64"), "s": SparseTensorSpec(("n", 3)), "d": TensorSpec(("n",))}
    )
    batch = {"r": RAGGED, "s": tf.SparseTensor([[2, 1]], [1.0], [3, 3]), "d": tf.zeros(3)}
    assert lines(signature, batch) == []
    assert codes(signature, batch | {"d": tf.zeros(2)}) == [("inputs['d']", "dim_mismatch")]
    assert codes(signature, batch | {"s": tf.SparseTensor([[1, 1]], [1.0], [2, 3])}) == [
        ("inputs['s']", "dim_mismatch")
    ]


def test_random_ragged_tensors_pass_and_each_damage_is_told():
    rng = random.Random(3)
    for _ in range(200):
        rank = rng.randrange(1, 4)
        lengths = [[rng.randrange(4) for _ in range(rng.randrange(4))]]
        for _ in range(rank - 1):
            lengths.append([rng.randrange(3) for _ in range(sum(lengths[-1]))])
        dtype = rng.choice([tf.int32, tf.int64])
        tensor = tf.range(float(sum(lengths[-1])))
        for each in reversed(lengths):
            tensor = tf.RaggedTensor.from_row_lengths(tensor, tf.constant(each, dtype, [len(each)]))
        spec = RaggedTensorSpec((None,) * (rank + 1), row_splits_dtype=dtype)
        assert lines(spec, tensor) == []
        splits = [each.numpy() for each in tensor.nested_row_splits]
        level = rng.randrange(rank)
        splits[level][rng.randrange(len(splits[level]))] += rng.choice([-9, 9])
        damaged = tf.RaggedTensor.from_nested_row_splits(tensor.flat_values, splits, validate=False)
        assert {code for _, code in codes(spec, damaged)} == {"row_splits"}


# Sparse tensors

SPARSE = tf.SparseTensor([[0, 0], [1, 2]], [1.0, 2.0], [2, 3])


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (SparseTensorSpec((None, 3)), []),
        (SparseTensorSpec((Dim("n", max=2), 3)), []),
        (SparseTensorSpec(None), []),
        (SparseTensorSpec((None, 3), "float64"), [("input.values", "dtype")]),
        (SparseTensorSpec((3, 3)), [("input", "dim")]),
        (SparseTensorSpec((None,)), [("input", "rank")]),
        (SparseTensorSpec((None, 3), maximum=1), [("input.values", "above_maximum")]),
        (RaggedTensorSpec((None, None)), [("input", "structure")]),
        (TensorSpec((None, 3)), [("input", "unsupported")]),
    ],
    ids=repr,
)
def test_sparse_tensor_is_judged_by_its_spec(spec, told):
    assert codes(spec, SPARSE) == told


def test_dense_shape_that_tf_function_does_not_check_is_checked():
    spec = tf.SparseTensorSpec([None, 3], tf.float32)
    tensor = tf.SparseTensor([[0, 0]], [1.0], [2, 7])
    assert function_of(spec, lambda x: x.dense_shape)(tensor).numpy().tolist() == [2, 7]
    assert lines(SparseTensorSpec((None, 3)), tensor) == ["input  dim: expected [None, 3], got [2, 7]"]


INDICES = {
    "out of bounds": ([[5, 9]], "within [2, 3], got [5, 9] at [0]"),
    "negative": ([[-1, 0]], "within [2, 3], got [-1, 0] at [0]"),
    "out of order": ([[1, 0], [0, 0]], "in row-major order, each once: after [1, 0], got [0, 0] at [1]"),
    "repeated": ([[1, 0], [1, 0]], "in row-major order, each once: after [1, 0], got [1, 0] at [1]"),
}


@pytest.mark.parametrize("name", INDICES)
def test_indices_that_tensorflow_passes_on_are_refused(name):
    indices, told = INDICES[name]
    tensor = tf.SparseTensor(indices, [1.0] * len(indices), [2, 3])
    spec = tf.SparseTensorSpec([None, 3], tf.float32)
    assert spec.is_compatible_with(tensor)
    assert function_of(spec, lambda x: x.indices)(tensor).numpy().tolist() == indices
    assert lines(SparseTensorSpec((None, 3)), tensor) == [f"input.indices  sparse_indices: expected indices {told}"]


def test_sparse_tensors_that_tensorflow_makes_pass():
    rng = np.random.default_rng(3)
    for _ in range(100):
        shape = tuple(rng.integers(0, 4, rng.integers(1, 4)))
        dense = rng.integers(0, 3, shape).astype(np.float32)
        assert lines(SparseTensorSpec(tuple(map(int, shape))), tf.sparse.from_dense(dense)) == []


def test_value_tuples_of_tensorflow_1_are_parts():
    sparse = tf.compat.v1.SparseTensorValue(np.array([[0, 0]]), np.float32([1]), np.array([2, 3]))
    assert lines(SparseTensorSpec((None, 3)), sparse) == []


def test_indexed_slices_are_no_sparse_tensor():
    slices = tf.IndexedSlices(tf.zeros((2, 3)), tf.constant([0, 1]))
    alike = tf.IndexedSlices(tf.constant([1.0]), tf.constant([[0, 0]], tf.int64), tf.constant([2, 3], tf.int64))
    assert not tf.SparseTensorSpec(None, tf.float32).is_compatible_with(slices)
    for value in (slices, alike):
        for spec in (SparseTensorSpec(None), RaggedTensorSpec(None, ragged_rank=1), TensorSpec(None)):
            assert not spec.accepts(value)


def test_composite_tensors_of_a_graph_have_no_values_yet():
    judged = []

    @tf.function
    def trace(ragged, sparse):
        judged.extend(codes(RaggedTensorSpec((None, None), "int64"), ragged))
        judged.extend(codes(SparseTensorSpec((None, 3)), sparse))
        return ragged.flat_values

    trace(RAGGED, SPARSE)
    assert {code for _, code in judged} == {"unsupported"}


# Bounds


def test_bounds_that_tensorflow_never_checks_are_checked():
    spec = BoundedTensorSpec([2], tf.float32, 0, 2)
    tensor = tf.constant([9.0, 9.0])
    assert spec.is_compatible_with(tensor)
    assert function_of(spec)(tensor).numpy().tolist() == [9, 9]
    assert lines(TensorSpec((2,), minimum=0, maximum=2), tensor) == [
        "input  above_maximum: expected at most 2.0, got 9.0 at [0], 2 in all"
    ]


def test_bounds_that_exclude_each_other_are_not_compatible_with_us():
    low, high = BoundedTensorSpec([2], tf.float32, 0, 2), BoundedTensorSpec([2], tf.float32, 5, 9)
    assert low.is_compatible_with(high)
    assert not TensorSpec((2,), minimum=0, maximum=2).is_compatible_with(TensorSpec((2,), minimum=5, maximum=9))


def test_a_free_tensor_spec_is_no_subtype_of_a_bounded_one_with_us():
    assert tf.TensorSpec([2]).is_subtype_of(BoundedTensorSpec([2], tf.float32, 0, 2))
    assert not TensorSpec((2,)).is_subtype_of(TensorSpec((2,), minimum=0, maximum=2))
    assert TensorSpec((2,), minimum=0, maximum=2).is_subtype_of(TensorSpec((2,)))


# Values of eager tensors

ORDERED = [
    *(tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.int8, tf.uint8, tf.int16, tf.uint16),
    *(tf.int32, tf.uint32, tf.int64, tf.uint64),
]


@pytest.mark.parametrize("dtype", ORDERED, ids=lambda dtype: dtype.name)
def test_values_of_an_eager_tensor_are_judged(dtype):
    tensor = tf.cast([[0, 1, 2], [3, 4, 5]], dtype)
    for value in (tensor, tf.Variable(tensor)):
        assert lines(TensorSpec((None, 3), dtype, minimum=0, maximum=5), value) == []
        (violation,) = TensorSpec((None, 3), dtype, maximum=2).violations(value)
        assert (violation.code, violation.index, violation.count) == ("above_maximum", (1, 0), 3)
        (violation,) = TensorSpec((None, 3), dtype, one_of=[0, 1, 2, 3, 5]).violations(value)
        assert (violation.code, violation.index, violation.count) == ("not_one_of", (1, 1), 1)
    assert codes(TensorSpec((), dtype, minimum=6), tensor[1, 2]) == [("input", "below_minimum")]


def test_finite_is_judged_in_an_eager_tensor():
    spec = TensorSpec((None,), finite=True)
    assert lines(spec, tf.constant([1.0, np.inf, np.nan])) == [
        "input  not_finite: expected finite values, got inf at [1], 2 in all"
    ]
    assert lines(spec, tf.zeros(300_000)) == []
    assert not spec.accepts(tf.concat([tf.zeros(299_999), [np.nan]], 0))


def test_bool_complex_and_quantized_eager_tensors_are_judged():
    assert codes(TensorSpec((2,), "bool", one_of=[True]), tf.constant([True, False])) == [("input", "not_one_of")]
    assert codes(TensorSpec((1,), "complex64", finite=True), tf.constant([complex(0, np.nan)], tf.complex64)) == [
        ("input", "not_finite")
    ]
    quantized = tf.quantization.quantize([0.0, 1.0], 0.0, 1.0, tf.quint8).output
    assert lines(TensorSpec((2,), "quint8", minimum=0, maximum=255), quantized) == []
    assert codes(TensorSpec((2,), "quint8", minimum=1), quantized) == [("input", "below_minimum")]


def test_strings_of_an_eager_tensor_are_judged():
    spec = TensorSpec((None,), "string", max_bytes=2, utf8=True, one_of=["a", "é"])
    assert lines(spec, tf.constant(["a", "é"])) == []
    assert lines(spec, tf.Variable(["a", "é"])) == []
    told = [(str(v.code), v.index, v.count) for v in spec.violations(tf.constant([b"\xff", "abc", "b", "a", "c"]))]
    assert told == [("not_one_of", (2,), 2), ("too_long", (1,), 1), ("not_utf8", (0,), 1)]
    assert lines(TensorSpec((), "string", max_bytes=1), tf.constant("ab")) == [
        "input  too_long: expected at most 1 byte, got 2 bytes"
    ]
    assert codes(RaggedTensorSpec((None, None), "string", max_bytes=1), tf.ragged.constant([["a"], ["bb"]])) == [
        ("input.values", "too_long")
    ]


# Nests

Pair = collections.namedtuple("Pair", "z a")


def random_nest(rng, depth, leaves):
    kind = rng.randrange(6) if depth > 0 else 5
    count = rng.randrange(4)
    if kind == 0:
        names = rng.sample(["a", "b", "B", "aa", "é", "\U0001f600", "\uffff", "", "10", "9"], count)
        return {name: random_nest(rng, depth - 1, leaves) for name in names}
    if kind == 1:
        return [random_nest(rng, depth - 1, leaves) for _ in range(count)]
    if kind == 2:
        return tuple(random_nest(rng, depth - 1, leaves) for _ in range(count))
    if kind == 3:
        return Pair(random_nest(rng, depth - 1, leaves), random_nest(rng, depth - 1, leaves))
    leaves.append(tf.constant(len(leaves), tf.float32))
    return leaves[-1]


def mapped(nest, change):
    return tf.nest.map_structure(change, nest)


@pytest.mark.parametrize("seed", range(200))
def test_flatten_goes_in_the_order_of_tf_nest(seed):
    nest = random_nest(random.Random(seed), 4, [])
    signature = Signature(mapped(nest, lambda _: TensorSpec(())))
    assert lines(signature, nest) == []
    want = tf.nest.flatten(nest)
    got = signature.flatten(nest)
    assert len(got) == len(want)
    assert all(mine is theirs for mine, theirs in zip(got, want, strict=True))


def test_structures_that_tf_function_takes_for_another_are_told():
    """A dict of the same keys in another order is the same nest to both; a list is no tuple to either."""
    signature = Signature({"b": [TensorSpec(())], "a": TensorSpec(())})
    one = tf.constant(1.0)
    assert lines(signature, {"a": one, "b": [one]}) == []
    tf.nest.assert_same_structure({"b": [one], "a": one}, {"a": one, "b": [one]})
    with pytest.raises(TypeError):
        tf.nest.assert_same_structure({"b": [one], "a": one}, {"b": (one,), "a": one})
    assert codes(signature, {"b": (one,), "a": one}) == [("inputs['b']", "structure")]
