"""What conform leaves as it is, what it adds, and what it says."""

import copy

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec, ValidationError
from tensorgate.conform import Conversion

from .conform_outcomes import WORDS, refused

# What is well already


@pytest.mark.parametrize("casting", WORDS)
def test_a_batch_that_check_accepts_is_given_back_itself(casting):
    signature = Signature({"x": TensorSpec(("n", 3)), "s": TensorSpec(("n",), "string")})
    for value in (np.zeros((2, 3), np.float32), memoryview(np.zeros((2, 3), np.float32))):
        batch = {"s": np.array(["a", b"b"], object), "x": value}
        conformed = signature.conform(batch, casting, pad=0, add_batch_dim=True)
        assert conformed.batch is batch
        assert conformed.changes == ()


def test_what_needs_nothing_stays_the_same_object_beside_what_does():
    signature = Signature({"a": TensorSpec((None,)), "b": TensorSpec((None,)), "s": TensorSpec((None,), "string")})
    batch = {"a": np.zeros(2, np.float32), "b": [1], "s": np.array(["x"])}
    made, changes = signature.conform(batch)
    assert made["a"] is batch["a"]
    assert made["s"] is batch["s"]
    assert [change.path for change in changes] == ["inputs['b']"]


def test_nothing_that_is_given_changes():
    signature = Signature({"a": TensorSpec((None, 4)), "b": {"c": TensorSpec((None,), "int32")}, "d": [TensorSpec(())]})
    batch = {"a": np.arange(6.0).reshape(2, 3), "b": {"c": [1, 2]}, "d": [5]}
    before = copy.deepcopy(batch)
    made = signature.conform(batch, pad=0).batch
    assert repr(batch) == repr(before)
    assert made["a"].shape == (2, 4)
    assert not np.shares_memory(made["a"], batch["a"])


# Defaults


def test_an_absent_input_gets_its_default():
    signature = Signature(
        {"x": TensorSpec((None,)), "t": TensorSpec((), default=1.5), "o": TensorSpec((), optional=True)}
    )
    batch = {"x": np.zeros(2, np.float32)}
    made, changes = signature.conform(batch)
    assert made["t"].tolist() == 1.5
    assert made["x"] is batch["x"]
    assert "o" not in made
    assert changes == (("inputs['t']", "absent: given its default"),)
    assert signature.conform(made).batch is made
    assert list(batch) == ["x"]


def test_defaults_of_a_part_that_may_be_absent_are_given_too():
    signature = Signature({"options": {"a": TensorSpec((), default=1.0), "b": [TensorSpec((), optional=True)]}})
    assert signature.conform({}).batch["options"]["a"].tolist() == 1.0


def test_a_part_that_may_not_be_absent_is_missing_as_a_whole():
    signature = Signature({"options": {"a": TensorSpec((), default=1.0), "b": TensorSpec(())}})
    assert refused(signature, {}) == signature.violations({})


def test_a_default_that_does_not_fit_the_other_inputs_is_refused_with_what_to_do():
    signature = Signature({"x": TensorSpec(("n",)), "t": TensorSpec(("n",), default=[1.0])})
    assert signature.conform({"x": [1.0]}).batch["t"].tolist() == [1.0]
    (violation,) = refused(signature, {"x": [1.0, 2.0]})
    assert (violation.path, violation.code) == ("inputs['t']", "dim_mismatch")
    assert violation.hint == "the default of this absent input does not fit the others: send it"


# What is said


def test_all_that_is_wrong_is_told_at_once():
    signature = Signature(
        {"a": TensorSpec((None,), "int32"), "b": TensorSpec((None, 2), minimum=0), "c": TensorSpec(())}
    )
    violations = refused(signature, {"a": [2**40], "b": [[1.0, -1.0]], "d": 1})
    assert [(violation.path, violation.code) for violation in violations] == [
        ("inputs['d']", "unexpected"),
        ("inputs['a']", "not_representable"),
        ("inputs['b']", "below_minimum"),
        ("inputs['c']", "missing"),
    ]


def test_an_error_keeps_64_violations_and_counts_the_rest():
    signature = Signature({f"x{i}": TensorSpec((), "int32") for i in range(70)})
    with pytest.raises(ValidationError) as caught:
        signature.conform({f"x{i}": 2**40 for i in range(70)})
    assert len(caught.value.violations) == 64
    assert caught.value.unlisted == 6


def test_the_error_names_the_contract():
    signature = Signature({"x": TensorSpec((), "int32")}, name="predict", source="models/ranker/3")
    with pytest.raises(ValidationError) as caught:
        signature.conform({"x": 2**40})
    assert str(caught.value) == (
        "1 violation of signature 'predict' (models/ranker/3)\n"
        "  inputs['x']  not_representable: expected int32, got 1099511627776; "
        "int32 holds whole numbers from -2147483648 to 2147483647"
    )


def test_a_name_stands_in_a_path_as_check_writes_it():
    name = "it's\n" + "x" * 100
    signature = Signature({name: TensorSpec((), "int32")})
    (violation,) = refused(signature, {name: 2**40})
    assert violation.path == signature.violations({})[0].path


def test_a_change_reads_as_a_sentence():
    assert str(Conversion("inputs['x']", "int64 cast to int32")) == "inputs['x']: int64 cast to int32"
