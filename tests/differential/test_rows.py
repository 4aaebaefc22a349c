"""split and collate with TensorFlow's tensors."""

import numpy as np
import pytest
import tensorflow as tf

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec


def lone(spec):
    return Signature({"x": spec})


@pytest.mark.parametrize(
    ("values", "good", "bad"),
    [([1, 2, -1], [1, 2], [-1]), ([1, -1, 2], [1, 2], [-1]), ([-1, 2, -3], [2], [-1, -3]), ([1, 2], [1, 2], [])],
)
@pytest.mark.parametrize("dtype", ["int64", "float32", "bfloat16"])
def test_eager_tensors_stay_eager_tensors(values, good, bad, dtype):
    split = lone(TensorSpec((None,), dtype, minimum=0)).split({"x": tf.constant(values, dtype)})
    for tensor, want in ((split.good["x"], good), (split.bad["x"], bad)):
        assert tf.is_tensor(tensor)
        assert tensor.dtype.name == dtype
        assert tensor.numpy().tolist() == want
    assert [violation.index for row in split.violations for violation in row] == [
        (place,) for place, value in enumerate(values) if value < 0
    ]


def test_string_tensors_are_split():
    split = lone(TensorSpec((None,), "string", max_bytes=1)).split({"x": tf.constant(["a", "bb", "c"])})
    assert split.good["x"].numpy().tolist() == [b"a", b"c"]
    assert split.violations[0][0].index == (1,)


def test_variables_are_split():
    split = lone(TensorSpec((None,), minimum=0)).split({"x": tf.Variable([1.0, -1.0, 2.0])})
    assert split.good["x"].numpy().tolist() == [1, 2]
    assert split.bad["x"].numpy().tolist() == [-1]


@pytest.mark.parametrize("splits", ["int32", "int64"])
def test_ragged_tensors_stay_ragged_tensors(splits):
    spec = RaggedTensorSpec((None, Dim(max=2)), "int64", 1, splits, minimum=0)
    rows = [[1], [-1, 2], [], [3, 4, 5], [6, 7]]
    value = tf.ragged.constant(rows, tf.int64, row_splits_dtype=splits)
    split = lone(spec).split({"x": value})
    lone(spec).check(split.good)
    assert isinstance(split.good["x"], tf.RaggedTensor)
    assert split.good["x"].row_splits.dtype.name == splits
    assert split.good["x"].to_list() == [[1], [], [6, 7]]
    assert split.bad["x"].to_list() == [[-1, 2], [3, 4, 5]]
    assert [violation.index for row in split.violations for violation in row] == [(1,), (3,)]


def test_rows_of_rows_stay_ragged_tensors():
    rows = [[["a"], ["bb", "c"]], [["dd"]], [], [[], ["e"]]]
    spec = RaggedTensorSpec((None, None, None), "string", 2, one_of=["a", "bb", "c", "e"])
    split = lone(spec).split({"x": tf.ragged.constant(rows, ragged_rank=2)})
    lone(spec).check(split.good)
    assert split.good["x"].to_list() == [[[b"a"], [b"bb", b"c"]], [], [[], [b"e"]]]
    assert split.bad["x"].to_list() == [[[b"dd"]]]
    assert split.violations[0][0].index == (3,)


@pytest.mark.parametrize("bad", [[1], [0, 3], [0], [3]])
def test_sparse_tensors_stay_sparse_tensors(bad):
    dense = np.array([[0, 1, 2], [3, 0, 0], [0, 0, 0], [4, 5, 0]], np.float32)
    dense[bad] *= -1
    spec = SparseTensorSpec((None, 3), minimum=0)
    split = lone(spec).split({"x": tf.sparse.from_dense(dense)})
    lone(spec).check(split.good)
    good = [row for row in range(4) if row not in bad]
    assert isinstance(split.good["x"], tf.SparseTensor)
    assert tf.sparse.to_dense(split.good["x"]).numpy().tolist() == dense[good].tolist()
    assert tf.sparse.to_dense(split.bad["x"]).numpy().tolist() == dense[bad].tolist()
    assert split.rows.tolist() == bad


def test_a_sparse_tensors_value_stays_one():
    value = tf.compat.v1.SparseTensorValue(np.array([[0, 0], [1, 0]]), np.array([1, -1], np.float32), np.array([2, 3]))
    split = lone(SparseTensorSpec((None, 3), minimum=0)).split({"x": value})
    assert type(split.good["x"]) is tf.compat.v1.SparseTensorValue
    assert split.good["x"].dense_shape.tolist() == [1, 3]


def test_all_kinds_of_tensors_are_collated():
    signature = Signature(
        {
            "ids": TensorSpec(("batch", "seq"), "int64"),
            "half": TensorSpec(("batch",), "bfloat16"),
            "text": TensorSpec(("batch", None), "string"),
            "ragged": RaggedTensorSpec(("batch", None), "int64"),
            "sparse": SparseTensorSpec(("batch", 3)),
            "table": RaggedTensorSpec((2, None)),
        }
    )

    def request(seq):
        return {
            "ids": tf.fill([1, seq], tf.constant(seq, tf.int64)),
            "half": tf.constant([seq], tf.bfloat16),
            "text": tf.fill([1, seq], "a"),
            "ragged": tf.ragged.constant([[seq] * seq], tf.int64),
            "sparse": tf.sparse.from_dense(np.array([[0, seq, 0]], np.float32)),
            "table": tf.ragged.constant([[1.0], [2.0]]),
        }

    batch, sizes, lengths, report = signature.collate([request(1), {}, request(3)], pad={"ids": 0, "text": "-"})
    signature.check(batch)
    assert report.ok.tolist() == [True, False, True]
    assert sizes.tolist() == [1, 0, 1]
    assert lengths["seq"].tolist() == [1, 3]
    assert batch["ids"].tolist() == [[1, 0, 0], [3, 3, 3]]
    assert batch["half"].astype(np.float32).tolist() == [1, 3]
    assert batch["text"].tolist() == [[b"a", b"-", b"-"], [b"a"] * 3]
    made = tf.RaggedTensor.from_row_splits(**batch["ragged"])
    assert made.to_list() == tf.concat([request(1)["ragged"], request(3)["ragged"]], 0).to_list()
    assert tf.sparse.to_dense(tf.SparseTensor(**batch["sparse"])).numpy().tolist() == [[0, 1, 0], [0, 3, 0]]


def test_sparse_rows_are_joined_as_tensorflow_does():
    rows = [tf.sparse.from_dense(np.eye(n, 4, dtype=np.float32)) for n in (1, 0, 3)]
    batch = lone(SparseTensorSpec((None, None))).collate([{"x": row} for row in rows]).batch
    want = tf.sparse.concat(0, rows)
    assert batch["x"]["indices"].tolist() == want.indices.numpy().tolist()
    assert batch["x"]["values"].tolist() == want.values.numpy().tolist()
    assert batch["x"]["dense_shape"].tolist() == want.dense_shape.numpy().tolist()


def test_many_eager_requests_are_judged():
    report = lone(TensorSpec((None,), minimum=0)).check_many([{"x": tf.constant([1.0])}, {"x": tf.constant([-1.0])}])
    assert report.ok.tolist() == [True, False]
