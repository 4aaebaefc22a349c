"""The axes that conform adds and pads."""

import numpy as np
import pytest

from tensorgate import Dim, Signature, TensorSpec

from .conform_outcomes import only, refused

# The batch dimension


def test_a_missing_batch_dimension_is_added_on_request():
    signature = Signature({"x": TensorSpec(("batch", 3)), "s": TensorSpec((None,), "string")})
    batch = {"x": np.arange(3, dtype=np.float32), "s": "a"}
    assert {violation.code for violation in refused(signature, batch)} == {"rank"}
    made, changes = signature.conform(batch, add_batch_dim=True)
    assert made["x"].shape == (1, 3)
    assert np.shares_memory(made["x"], batch["x"])
    assert made["s"].tolist() == [b"a"]
    assert ("inputs['x']", "batch dimension added: [3] to [1, 3]") in changes


def test_a_batch_dimension_is_added_to_those_inputs_alone_that_lack_it():
    signature = Signature({"x": TensorSpec(("batch", 3)), "y": TensorSpec(("batch",))})
    x = np.zeros((1, 3), np.float32)
    made = signature.conform({"x": x, "y": 5}, add_batch_dim=True).batch
    assert made["x"] is x
    assert made["y"].tolist() == [5]
    (violation,) = refused(signature, {"x": np.zeros((2, 3), np.float32), "y": 5}, add_batch_dim=True)
    assert violation.code == "dim_mismatch"


@pytest.mark.parametrize("shape", [(2, 3), None, (None, None, 3), (3,)], ids=str)
def test_no_batch_dimension_is_added_where_rank_or_size_tell_another_reason(shape):
    signature = only("float32", shape)
    value = np.zeros(3, np.float32)
    if signature.accepts({"x": value}):
        assert signature.conform({"x": value}, add_batch_dim=True).batch["x"] is value
    else:
        assert [violation.code for violation in refused(signature, {"x": value}, add_batch_dim=True)] == ["rank"]


@pytest.mark.parametrize("first", [1, None, "batch", Dim("batch", min=1), Dim(max=4)], ids=repr)
def test_a_batch_dimension_of_any_rule_is_added(first):
    assert only("float32", (first, 2)).conform({"x": [1, 2]}, add_batch_dim=True).batch["x"].shape == (1, 2)


def test_a_batch_dimension_that_has_a_name_is_added_where_that_stands():
    inputs = {"x": TensorSpec(("rows", 2)), "d": TensorSpec(("rows", 2)), "table": TensorSpec((None, 2))}
    signature = Signature(inputs, batch_dim="rows")
    good = np.zeros((5, 2), np.float32)
    made = signature.conform({"x": [1, 2], "d": [1, 2], "table": good}, add_batch_dim=True).batch
    assert made["x"].shape == made["d"].shape == (1, 2)
    assert made["table"] is good
    (violation,) = refused(signature, {"x": [1, 2], "d": [1, 2], "table": [1, 2]}, add_batch_dim=True)
    assert (violation.path, violation.code) == ("inputs['table']", "rank")


# Padding


def test_an_axis_is_padded_to_what_its_dim_allows():
    signature = only("int32", ("batch", Dim("seq", min=4, multiple_of=3)))
    for size, padded in ((0, 6), (5, 6), (6, 6), (7, 9)):
        value = np.ones((2, size), np.int32)
        made, changes = signature.conform({"x": value}, pad=9)
        assert made["x"].tolist() == [[1] * size + [9] * (padded - size)] * 2
        assert len(changes) == (size != padded)
    assert changes[0].what == "padded with 9: [2, 7] to [2, 9]"


def test_an_axis_is_padded_to_its_fixed_size_and_never_cut():
    signature = only("float32", (None, 3, 2))
    made = signature.conform({"x": np.ones((1, 2, 1), np.float32)}, pad=-1).batch["x"]
    assert made.tolist() == [[[1, -1], [1, -1], [-1, -1]]]
    (violation,) = refused(signature, {"x": np.ones((1, 4, 1), np.float32)}, pad=0)
    assert violation.code == "dim"
    assert violation.got == "[1, 4, 2]"


def test_inputs_that_share_a_name_are_padded_to_the_largest_of_them():
    seq = Dim("seq", multiple_of=4)
    signature = Signature({"ids": TensorSpec((None, seq), "int64"), "mask": TensorSpec((None, seq), "bool")})
    made = signature.conform({"ids": [[1, 2]], "mask": [[True] * 5]}, pad=False, casting="unsafe").batch
    assert made["ids"].tolist() == [[1, 2, 0, 0, 0, 0, 0, 0]]
    assert made["mask"].tolist() == [[True] * 5 + [False] * 3]


def test_a_plain_name_is_padded_too():
    signature = Signature({"a": TensorSpec((None, "n")), "b": TensorSpec((None, "n", "n"))})
    made = signature.conform({"a": [[1, 2, 3]], "b": [[[1.0]]]}, pad=0).batch
    assert made["b"].tolist() == [[[1, 0, 0], [0, 0, 0], [0, 0, 0]]]


def test_the_first_axis_is_never_padded():
    for shape in ((3,), (Dim(min=3),), ("n",)):
        signature = Signature({"x": TensorSpec(shape), "y": TensorSpec(("n",))})
        value = np.ones(2, np.float32)
        refused(signature, {"x": value, "y": np.ones(3, np.float32)}, pad=0) if shape != ("n",) else None
    (violation,) = refused(
        Signature({"x": TensorSpec(("n",)), "y": TensorSpec(("n",))}), {"x": [1.0], "y": [1.0, 2.0]}, pad=0
    )
    assert violation.code == "dim_mismatch"


def test_an_axis_that_no_allowed_size_is_left_for_stays_as_it_is():
    signature = only("float32", (None, Dim("n", max=10, multiple_of=8)))
    assert signature.conform({"x": np.zeros((1, 5), np.float32)}, pad=0).batch["x"].shape == (1, 8)
    for size in (9, 17):
        (violation,) = refused(signature, {"x": np.zeros((1, size), np.float32)}, pad=0)
        assert violation.code == "dim"
        assert f"[1, {size}]" in violation.got


def test_each_input_may_have_its_own_padding():
    signature = Signature(
        {"a": TensorSpec((None, 3)), "b": TensorSpec((None, 3), "string"), "c": [TensorSpec((None, 2))]}
    )
    batch = {"a": [[1]], "b": [["x"]], "c": [[[1]]]}
    made = signature.conform(batch, pad={"a": 7, "inputs['b']": "ü", "inputs['c'][0]": 0}).batch
    assert made["a"].tolist() == [[1, 7, 7]]
    assert made["b"].tolist() == [[b"x", "ü".encode(), "ü".encode()]]
    assert made["c"][0].tolist() == [[1, 0]]
    assert signature.conform(batch, pad={"a": 7, "b": "", "c": 5}).batch["c"][0].tolist() == [[1, 5]]
    violations = refused(signature, batch, pad={"a": 7, "b": ""})
    assert [violation.path for violation in violations] == ["inputs['c'][0]"]


def test_fixed_width_strings_are_padded_whole():
    signature = only("string", (None, 2))
    for value in (np.array([["a"]]), np.array([[b"a"]]), np.array([["a"]], object)):
        made = signature.conform({"x": value}, pad="<none>").batch["x"]
        assert made[0, 1] == b"<none>"
        assert made[0, 0] in ("a", b"a")


@pytest.mark.parametrize(("fill", "code"), [(1e39, "not_representable"), ("a", "dtype"), (None, "dim"), (1j, "dtype")])
def test_a_fill_value_that_the_dtype_does_not_hold_is_refused(fill, code):
    violations = refused(only("float32", (None, 3)), {"x": np.zeros((1, 2), np.float32)}, pad=fill)
    assert violations[0].path == "inputs['x']"
    assert violations[0].code in (code, "not_representable")
    assert violations[-1].code == "dim"


def test_padding_by_a_name_that_is_no_inputs_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="pad names 'y', which is no input"):
        only("float32").conform({"x": []}, pad={"y": 0})


@pytest.mark.parametrize("fill", [[0], (1, 2), np.zeros(2), {"x": [0]}], ids=repr)
def test_padding_with_more_than_one_value_is_an_error_of_the_caller(fill):
    with pytest.raises(TypeError, match="it must be a single value"):
        only("float32").conform({"x": []}, pad=fill)


def test_a_batch_dimension_is_added_before_padding():
    signature = only("float32", ("batch", Dim(multiple_of=4)))
    assert signature.conform({"x": [1, 2, 3]}, pad=0, add_batch_dim=True).batch["x"].tolist() == [[1, 2, 3, 0]]
