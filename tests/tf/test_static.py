"""What is told of a batch before it is there is what is told of it when it is."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, nests
from tensorgate.tf.static import shape_text, static_violations

from .batches import known_dtypes, loosened, signatures_with_tensors

OF_CONTENTS = (
    *("not_finite", "below_minimum", "above_maximum", "not_one_of", "too_long", "not_utf8"),
    *("row_splits", "sparse_indices"),
)


def of_shapes(violations):
    """Those that need no look at what a tensor holds, or at the rows of a ragged one."""
    return [
        (violation.path, str(violation.code))
        for violation in violations
        if violation.code not in OF_CONTENTS and not {"rows", "row"} & set(f"{violation.expected}".split())
    ]


@settings(max_examples=400, derandomize=True, database=None, deadline=None)
@given(signatures_with_tensors())
def test_a_batch_whose_sizes_are_all_known_is_told_as_the_check_tells_it(pair):
    signature, batch = pair
    specs = nests.mapped(lambda _, leaf: tf.type_spec_from_value(leaf), batch)
    found = static_violations(signature, specs)
    assert static_violations(signature, batch) == found
    assert of_shapes(found) == of_shapes(signature.violations(batch))


@settings(max_examples=400, derandomize=True, database=None, deadline=None)
@given(signatures_with_tensors(), st.data())
def test_what_is_told_of_unknown_sizes_is_true_of_every_batch_that_has_them(pair, data):
    signature, batch = pair
    specs = nests.mapped(lambda _, leaf: data.draw(loosened(tf.type_spec_from_value(leaf))), batch)
    told = {(violation.path, violation.code) for violation in static_violations(signature, specs)}
    assert told <= {(violation.path, violation.code) for violation in signature.violations(batch)}


SIGNATURE = Signature(
    {
        "image": TensorSpec(("batch", 224, 224, 3)),
        "ids": TensorSpec(("batch", Dim("seq", max=8)), "int64", minimum=0),
        "tags": RaggedTensorSpec(("batch", Dim(max=4), 2), "int32", ragged_rank=1, optional=True),
        "bags": SparseTensorSpec(("batch", 100), optional=True),
    }
)
IMAGE, IDS = tf.TensorSpec([None, 224, 224, 3]), tf.TensorSpec([None, None], tf.int64)


def lines(nest, signature=SIGNATURE):
    return [str(violation) for violation in static_violations(signature, nest)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"image": tf.TensorSpec(None)}, []),
        (
            {"image": tf.TensorSpec([None, 3, 224, 224])},
            [
                "inputs['image']  dim: expected [batch, 224, 224, 3], got [None, 3, 224, 224]; "
                "looks like NCHW: transpose it to NHWC, [None, 224, 224, 3]"
            ],
        ),
        (
            {"image": tf.TensorSpec([224, None, 3])},
            [
                "inputs['image']  rank: expected [batch, 224, 224, 3], got [224, None, 3]; "
                "the batch dimension is missing: for a single example send [1, 224, 224, 3]"
            ],
        ),
        (
            {"image": tf.TensorSpec([4, 224, 224, 3]), "ids": tf.TensorSpec([5, None], tf.int64)},
            ["inputs['ids']  dim_mismatch: expected batch = 4 as on axis 0 of inputs['image'], got 5 on axis 0"],
        ),
        (
            {"ids": tf.TensorSpec([None, 9], tf.int32)},
            [
                "inputs['ids']  dtype: expected int64, got int32; cast it to int64",
                "inputs['ids']  dim: expected [batch, seq (at most 8)], got [None, 9]",
            ],
        ),
        (
            {"tags": tf.TensorSpec([None]), "bags": tf.RaggedTensorSpec([None, None])},
            [
                "inputs['tags']  structure: expected ragged int32 [batch, None (at most 4), 2], "
                "got a tensorflow.Tensor; pass a tf.RaggedTensor",
                "inputs['bags']  structure: expected sparse float32 [batch, 100], got a tensorflow.RaggedTensor; "
                "pass a tf.SparseTensor",
            ],
        ),
        (
            {"tags": {"values": tf.TensorSpec([None, 2]), "row_splits": tf.TensorSpec([None], tf.int64)}},
            [
                "inputs['tags']  structure: expected ragged int32 [batch, None (at most 4), 2], got a dict; "
                "pass a tf.RaggedTensor"
            ],
        ),
        (
            {"tags": tf.RaggedTensorSpec([None, None, 3], tf.int32, 1), "bags": tf.SparseTensorSpec([None, 99])},
            [
                "inputs['tags'].values  dim: expected [None, 2], got [None, 3]",
                "inputs['bags']  dim: expected [batch, 100], got [None, 99]",
            ],
        ),
    ],
    ids=str,
)
def test_violations_are_told_in_the_words_of_a_check(changes, told):
    assert lines({"image": IMAGE, "ids": IDS} | changes) == told


def test_names_and_structures_are_told_in_the_words_of_a_check():
    assert lines({"image": IMAGE, "idz": IDS}) == [
        "inputs['idz']  unexpected input; did you mean 'ids'?",
        "inputs['ids']  missing; expected int64 [batch, seq (at most 8)]",
    ]
    assert lines(IMAGE) == [
        "inputs  structure: expected a dict of 4 inputs, got a tensorflow.Tensor; pass a dict of arrays by name"
    ]


def test_the_length_of_rows_is_told_where_all_rows_have_it_and_there_are_some():
    signature = Signature({"x": RaggedTensorSpec((None, Dim(max=2), None), ragged_rank=2)})

    def uniform(rows):
        return {"x": tf.RaggedTensorSpec([rows, 3, None], ragged_rank=2)}

    assert lines(uniform(5), signature) == [
        "inputs['x']  dim: expected rows of length None (at most 2) along axis 1, got 3"
    ]
    assert lines(uniform(None), signature) == []
    assert lines(uniform(0), signature) == []


@pytest.mark.parametrize("dtype", known_dtypes("resource", "variant", "int2", "float8_e5m2", "qint8", "string"))
def test_any_dtype_and_rank_is_judged(dtype):
    shape = [2**40, None, *[3] * 98]
    spec = TensorSpec(("n", "n", *[3] * 98), dtype)
    assert static_violations(Signature([spec]), [tf.TensorSpec(shape, dtype)]) == []
    assert lines([tf.TensorSpec(shape[:-1], dtype)], Signature([spec]))[0].startswith("inputs[0]  rank: expected [n, n")


def test_arrays_and_variables_beside_tensors_are_judged_too():
    signature = Signature([TensorSpec((2,), minimum=5), TensorSpec((2,), minimum=5)])
    assert lines([np.zeros(2, np.float32), tf.Variable([1.0, 2.0])], signature) == []
    assert lines([np.zeros(3, np.float32), tf.Variable([1.0])], signature) == [
        "inputs[0]  dim: expected [2], got [3]",
        "inputs[1]  dim: expected [2], got [1]",
    ]
    assert lines([3.0, None], signature)[0].startswith(
        "inputs[0]  unsupported: expected float32 [2], got a Python float"
    )


def test_names_that_are_long_and_alike_are_told_apart():
    names = ["n" * 100 + end for end in "ab"]
    signature = Signature({name: TensorSpec((size,)) for name, size in zip(names, (2, 3), strict=True)})
    assert lines({names[0]: tf.TensorSpec([None]), names[1]: tf.TensorSpec([3])}, signature) == []


def test_a_shape_is_shown_as_in_messages():
    assert shape_text((2, None, "n", Dim(min=1))) == "[2, None, n, None (at least 1)]"
    assert shape_text(()) == "[]"
