"""Ragged and sparse tensors: the parts that conform makes and casts."""

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec

from .conform_outcomes import refused, same


def test_lists_of_rows_become_ragged_parts():
    signature = Signature({"x": RaggedTensorSpec((None, None), "int32", row_splits_dtype="int32")})
    made, changes = signature.conform({"x": [[1, 2], [], [3]]})
    assert same(made["x"]["values"], np.int32([1, 2, 3]))
    assert same(made["x"]["row_splits"], np.int32([0, 2, 2, 3]))
    assert changes == (("inputs['x']", "a Python list made ragged int32"),)
    assert signature.conform(made).batch is made


def test_lists_of_rows_of_rows_become_nested_ragged_parts():
    signature = Signature({"x": RaggedTensorSpec((None, None, None, 2), ragged_rank=2)})
    parts = signature.conform({"x": [[[[1, 2]], []], [], [[[3, 4], [5, 6]]]]}).batch["x"]
    assert parts["row_splits"].tolist() == [0, 2, 2, 3]
    assert parts["values"]["row_splits"].tolist() == [0, 1, 1, 3]
    assert parts["values"]["values"].tolist() == [[1, 2], [3, 4], [5, 6]]


def test_rows_may_be_arrays():
    signature = Signature({"x": RaggedTensorSpec((None, None))})
    for rows in ([np.array([1.0, 2.0]), np.array([3.0])], [np.array([1.0, 2.0]), [3.0]]):
        assert signature.conform({"x": rows}).batch["x"]["values"].tolist() == [1, 2, 3]


def test_rows_without_values_keep_the_width_that_the_contract_tells():
    signature = Signature({"x": RaggedTensorSpec((None, None, 3), ragged_rank=1)})
    assert signature.conform({"x": [[], []]}).batch["x"]["values"].shape == (0, 3)
    assert signature.conform({"x": []}).batch["x"]["row_splits"].tolist() == [0]


def test_strings_become_ragged():
    signature = Signature({"x": RaggedTensorSpec((None, None), "string")})
    assert signature.conform({"x": [["a"], ["ü", b"c"]]}).batch["x"]["values"].tolist() == [b"a", "ü".encode(), b"c"]


@pytest.mark.parametrize(
    ("rows", "code", "index"),
    [
        ([[1], [], [2, 2**40]], "not_representable", (2, 1)),
        ([[1], [], [2, "a"]], "dtype", (2, 1)),
        ([[1], 2], "ragged", (1,)),
        ([[1], [[2]]], "ragged", (1, 0)),
        ([np.array([1]), np.array([1, 2**40])], "not_representable", (1, 1)),
    ],
    ids=repr,
)
def test_what_is_wrong_in_a_row_is_told_with_its_place(rows, code, index):
    violation = refused(Signature({"x": RaggedTensorSpec((None, None), "int32")}), {"x": rows})[0]
    assert (violation.path, violation.code, violation.index) == ("inputs['x']", code, index)


def test_parts_of_another_dtype_are_cast():
    signature = Signature({"r": RaggedTensorSpec((None, None)), "s": SparseTensorSpec((None, 3))})
    batch = {
        "r": {"values": np.array([1.0, 2.0]), "row_splits": [0, 2]},
        "s": {"indices": [[0, 1]], "values": np.float32([5]), "dense_shape": np.int32([2, 3])},
    }
    made, changes = signature.conform(batch)
    assert same(made["r"]["values"], np.float32([1, 2]))
    assert made["s"]["values"] is batch["s"]["values"]
    assert [change.path for change in changes] == [
        "inputs['r'].values",
        "inputs['r'].row_splits",
        "inputs['s'].indices",
        "inputs['s'].dense_shape",
    ]
    assert signature.conform(made).batch is made


def test_a_part_that_can_not_be_cast_is_told_by_its_path():
    signature = Signature({"s": SparseTensorSpec((None, 3), "int32")})
    batch = {"indices": [[0, 1]], "values": [2**40], "dense_shape": [2, 3]}
    violations = refused(signature, {"s": batch})
    assert ("inputs['s'].values", "not_representable") in {(found.path, found.code) for found in violations}


@pytest.mark.parametrize(
    "value",
    [
        *(5, None, {"values": [1]}, np.zeros(3), "a", [1], (np.zeros(1), np.zeros(1), np.zeros(1))),
        {"values": [1], "row_splits": [0, 1], "more": 1},
        {"values": [1], "row_splits": [0, 2]},
    ],
    ids=repr,
)
def test_what_is_no_ragged_tensor_is_refused(value):
    assert refused(Signature({"x": RaggedTensorSpec((None, None))}), {"x": value})
