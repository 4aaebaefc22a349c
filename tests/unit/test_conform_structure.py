"""Nests of tensors: how conform rebuilds them, and what it leaves to check."""

import collections
import dataclasses

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

from .conform_outcomes import only, refused

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(frozen=True)
class Pair:
    a: object
    b: object


@dataclasses.dataclass
class Slotted:
    __slots__ = ("a", "b")
    a: object
    b: object


def test_a_lone_tensor_is_a_batch():
    signature = Signature(TensorSpec((None,), "int32"))
    assert signature.conform([1, 2]).batch.tolist() == [1, 2]
    assert signature.conform([1, 2]).changes == (("inputs", "a Python list made int32 [2]"),)


def test_nests_are_rebuilt_along_what_changes():
    spec = TensorSpec((None,))
    signature = Signature(
        {
            "d": {"u": spec, "v": spec},
            "l": [spec, spec],
            "t": (spec, spec),
            "p": Point(spec, spec),
            "c": Pair(spec, spec),
        }
    )
    good = np.zeros(1, np.float32)
    kept = {
        "d": {"u": good, "v": good},
        "l": [good, good],
        "t": (good, good),
        "p": Point(good, good),
        "c": Pair(good, good),
    }
    for name, changed in {
        "d": {"u": good, "v": [1]},
        "l": [good, [1]],
        "t": (good, [1]),
        "p": Point(good, [1]),
        "c": Pair(good, [1]),
    }.items():
        batch = {**kept, name: changed}
        made, changes = signature.conform(batch)
        signature.check(made)
        assert len(changes) == 1
        assert type(made[name]) is type(changed)
        for other in kept.keys() - {name}:
            assert made[other] is kept[other]
    assert changes[0].path == "inputs['c'].b"
    assert made["c"].a is good


def test_a_dataclass_with_slots_is_rebuilt():
    signature = Signature(Slotted(TensorSpec((None,)), TensorSpec((None,))))
    batch = Slotted([1], np.zeros(1, np.float32))
    made = signature.conform(batch).batch
    assert type(made) is Slotted
    assert made.a.tolist() == [1]
    assert batch.a == [1]


def test_a_mapping_that_is_no_dict_is_taken():
    batch = collections.OrderedDict(x=[1])
    assert only("float32").conform(batch).batch["x"].tolist() == [1]
    assert batch == {"x": [1]}


@pytest.mark.parametrize("batch", [None, 5, [1], {}, {"y": [1]}, {1: 2}, "x", ([1],)], ids=repr)
def test_what_has_another_structure_is_left_for_check_to_refuse(batch):
    signature = only("float32")
    assert refused(signature, batch) == signature.violations(batch)


@pytest.mark.parametrize(
    ("inputs", "batch"),
    [
        ((TensorSpec((), "int32"),), [2**40]),
        ([TensorSpec((), "int32")], (2**40,)),
        ([TensorSpec((), "int32")], {0: 2**40}),
        ({"x": TensorSpec((), "int32"), "y": TensorSpec((), "int32")}, Point(2**40, 2**40)),
        (Point(TensorSpec((), "int32"), TensorSpec((), "int32")), {"x": 2**40, "y": 1}),
        (Pair(TensorSpec((), "int32"), TensorSpec((), "int32")), collections.namedtuple("Pair", "a b")(2**40, 1)),
    ],
    ids=repr,
)
def test_one_form_of_nest_does_not_stand_for_another(inputs, batch):
    signature = Signature(inputs)
    assert refused(signature, batch) == signature.violations(batch)


def test_a_mapping_with_a_name_twice_loses_neither():
    class Twice(collections.UserDict):
        def items(self):
            return [("x", [1]), ("x", [2])]

    signature = only("float32")
    assert "duplicate" in {violation.code for violation in refused(signature, Twice(x=[1]))}


def test_an_unexpected_input_is_no_reason_to_leave_the_others():
    violations = refused(only("int32"), {"x": [2**40], "z": 1})
    assert {(violation.path, violation.code) for violation in violations} == {
        ("inputs['z']", "unexpected"),
        ("inputs['x']", "not_representable"),
    }


def test_a_mapping_whose_code_raises_is_refused():
    class Broken(collections.UserDict):
        def items(self):
            raise RuntimeError

    assert refused(only("float32"), Broken(x=[1]))[0].code == "structure"
