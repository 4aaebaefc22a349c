"""Batches that are nests of dicts, lists, tuples, named tuples and dataclasses."""

import collections
import copy
import dataclasses
import functools
import pickle
import types
import typing

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

X, Y = TensorSpec(()), TensorSpec((), "int64")
F, N = np.float32(0), np.int64(0)

Pair = collections.namedtuple("Pair", "x y")
Couple = collections.namedtuple("Couple", "x y")
Other = collections.namedtuple("Pair", "x z")
Short = collections.namedtuple("Pair", "x")


class Typed(typing.NamedTuple):
    x: object
    y: object


@dataclasses.dataclass
class Record:
    x: object
    y: object


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: object
    y: object


@dataclasses.dataclass
class Longer(Record):
    z: object = None


class List(list):
    pass


class Tuple(tuple):
    __slots__ = ()


def lines(signature, batch):
    violations = signature.violations(batch)
    assert signature.accepts(batch) is (not violations)
    if violations:
        with pytest.raises(tg.ValidationError) as caught:
            signature.check(batch)
        assert list(caught.value.violations) == violations
    else:
        assert signature.check(batch) is None
    return [str(violation) for violation in violations]


# Each container of two tensors, and what a message calls it.
FORMS = {
    "a dict of 2 inputs": lambda x, y: {"x": x, "y": y},
    "a list of 2 inputs": lambda x, y: [x, y],
    "a tuple of 2 inputs": lambda x, y: (x, y),
    "a namedtuple Pair(x, y)": Pair,
    "a dataclass Record(x, y)": Record,
}
GOT = {
    "a dict of 2 inputs": "a dict",
    "a list of 2 inputs": "a list of 2",
    "a tuple of 2 inputs": "a tuple of 2",
    "a namedtuple Pair(x, y)": "a tests.Pair of 2",
    "a dataclass Record(x, y)": "a tests.Record",
}


@pytest.mark.parametrize("name", FORMS)
def test_a_batch_of_the_same_form_passes(name):
    make = FORMS[name]
    assert lines(Signature(make(X, Y)), make(F, N)) == []
    assert lines(Signature({"a": make(X, Y)}), {"a": make(F, N)}) == []


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("other", FORMS)
def test_a_batch_of_any_other_form_does_not(name, other):
    got = lines(Signature({"a": FORMS[name](X, Y)}), {"a": FORMS[other](F, N)})
    if name == other:
        assert got == []
    else:
        hint = "; pass a dict of arrays by name" if name.startswith("a dict") else ""
        told = GOT[other].removesuffix(" of 2") if hint else GOT[other]
        assert got == [f"inputs['a']  structure: expected {name}, got {told}{hint}"]


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (FORMS["a dict of 2 inputs"], "inputs['y']"),
        (FORMS["a list of 2 inputs"], "inputs[1]"),
        (FORMS["a tuple of 2 inputs"], "inputs[1]"),
        (Pair, "inputs.y"),
        (Record, "inputs.y"),
    ],
)
def test_a_path_leads_to_the_tensor(make, path):
    (violation,) = Signature(make(X, Y)).violations(make(F, np.int64([1])))
    assert (violation.path, violation.code) == (path, "rank")


@pytest.mark.parametrize("batch", [[], [F], [F, N, F]], ids=len)
def test_a_list_must_have_as_many_elements(batch):
    assert lines(Signature([X, Y]), batch) == [
        f"inputs  structure: expected a list of 2 inputs, got a list of {len(batch)}"
    ]
    assert lines(Signature((X, Y)), tuple(batch)) == [
        f"inputs  structure: expected a tuple of 2 inputs, got a tuple of {len(batch)}"
    ]


@pytest.mark.parametrize("empty", [{}, [], (), collections.namedtuple("Empty", ())()], ids=repr)
def test_an_empty_container_is_a_batch_of_no_tensors(empty):
    signature = Signature(empty)
    assert lines(signature, empty) == []
    assert signature.flatten(empty) == []
    assert not signature.accepts(None)
    assert not signature.accepts({"x": F})
    assert not signature.accepts([F])
    assert eval(repr(signature), {"Signature": Signature, "Empty": type(empty)}) == signature


def test_a_lone_spec_takes_a_bare_tensor():
    signature = Signature(TensorSpec(("n", None), minimum=0))
    assert lines(signature, np.zeros((2, 3), np.float32)) == []
    assert lines(signature, np.full((2, 3), -1, np.float32)) == [
        "inputs  below_minimum: expected at least 0.0, got -1.0 at [0, 0], 6 in all"
    ]
    assert lines(signature, F) == ["inputs  rank: expected [n, None], got []"]
    assert lines(signature, {"x": np.zeros((2, 3), np.float32)}) == [
        "inputs  structure: expected float32 [n, None], got a dict; a tensor goes here"
    ]
    assert lines(signature, None) == ["inputs  unsupported: expected float32 [n, None], got None"]
    assert signature.inputs == TensorSpec(("n", None), minimum=0)


def test_a_lone_composite_spec_takes_its_parts():
    parts = {"values": np.zeros(3, np.float32), "row_splits": np.array([0, 1, 3])}
    assert lines(Signature(RaggedTensorSpec((None, None))), parts) == []
    assert lines(Signature(RaggedTensorSpec((None, None))), parts["values"]) == [
        "inputs  structure: expected ragged float32 [None, None], got a numpy.ndarray; "
        "pass a tf.RaggedTensor, or a dict of its values and row_splits"
    ]


# What counts as the same container


@pytest.mark.parametrize("batch", [List([F, N]), [F, N]], ids=["subclass", "list"])
def test_a_subclass_of_list_is_a_list(batch):
    assert lines(Signature([X, Y]), batch) == []
    assert lines(Signature(List([X, Y])), batch) == []
    assert Signature(List([X, Y])) == Signature([X, Y])


def test_a_subclass_of_tuple_is_a_tuple():
    for signature in (Signature((X, Y)), Signature(Tuple((X, Y)))):
        assert lines(signature, (F, N)) == []
        assert lines(signature, Tuple((F, N))) == []


@pytest.mark.parametrize("batch", [Pair(F, N), Couple(F, N), Typed(F, N)], ids=lambda batch: type(batch).__name__)
def test_a_named_tuple_goes_by_its_fields(batch):
    assert lines(Signature(Pair(X, Y)), batch) == []
    assert lines(Signature(Typed(X, Y)), batch) == []


@pytest.mark.parametrize("batch", [Other(F, N), Short(F), Pair(F, N)._asdict()], ids=repr)
def test_a_named_tuple_of_other_fields_does_not_pass(batch):
    (line,) = lines(Signature(Pair(X, Y)), batch)
    assert line.startswith("inputs  structure: expected a namedtuple Pair(x, y), got a ")


@pytest.mark.parametrize("batch", [Record(F, N), Frozen(F, N)], ids=lambda batch: type(batch).__name__)
def test_a_dataclass_goes_by_its_fields(batch):
    assert lines(Signature(Record(X, Y)), batch) == []
    assert lines(Signature(Frozen(X, Y)), batch) == []


@pytest.mark.parametrize("batch", [Longer(F, N), Record, Pair(F, N)], ids=repr)
def test_a_dataclass_of_other_fields_does_not_pass(batch):
    (line,) = lines(Signature(Record(X, Y)), batch)
    assert line.startswith("inputs  structure: expected a dataclass Record(x, y), got a ")


@dataclasses.dataclass
class WithClassVariables:
    x: object
    limit: typing.ClassVar[int] = 3
    y: object = dataclasses.field(default=None, kw_only=True)


def test_a_dataclass_s_class_variables_are_no_fields():
    assert lines(Signature(WithClassVariables(X, y=Y)), WithClassVariables(F, y=N)) == []
    assert lines(Signature(Record(X, Y)), WithClassVariables(F, y=N)) == []


@pytest.mark.parametrize(
    "mapping",
    [types.MappingProxyType, collections.OrderedDict, collections.UserDict, collections.ChainMap],
)
def test_any_mapping_inside_is_a_dict(mapping):
    signature = Signature({"a": mapping({"x": X, "y": Y})})
    assert signature == Signature({"a": {"x": X, "y": Y}})
    assert lines(signature, mapping({"a": mapping({"x": F, "y": N})})) == []
    assert lines(signature, {"a": mapping({"x": F})}) == ["inputs['a']['y']  missing; expected int64 []"]


@pytest.mark.parametrize(
    "batch",
    [(value for value in (F, N)), iter([F, N]), {F, N}, "ab", b"ab", np.zeros(2), range(2), collections.deque([F, N])],
    ids=lambda batch: type(batch).__name__,
)
def test_other_iterables_are_no_lists(batch):
    (line,) = lines(Signature([X, Y]), batch)
    assert line.startswith("inputs  structure: expected a list of 2 inputs, got a ")


# Deep inside

DEEP = Signature(
    {
        "b": [TensorSpec((None,)), {"z": X, "a": (X, Pair(X, {"k": Y, "j": TensorSpec((), optional=True)}))}],
        "a": Record(X, [Y]),
    }
)


def deep(**changes):
    batch = {
        "b": [np.float32([1]), {"z": np.float32(2), "a": (np.float32(3), Pair(np.float32(4), {"k": np.int64(5)}))}],
        "a": Record(np.float32(6), [np.int64(7)]),
    }
    return batch | changes


def test_a_deep_batch_passes():
    assert lines(DEEP, deep()) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"b": [np.float32([1]), {"z": F, "a": (F, Pair(F, {"q": N}))}]},
            [
                "inputs['b'][1]['a'][1].y['q']  unexpected input",
                "inputs['b'][1]['a'][1].y['k']  missing; expected int64 []",
            ],
        ),
        (
            {"b": [F, {"a": (F, (F, {"k": N}))}]},
            [
                "inputs['b'][0]  rank: expected [None], got []; a scalar where a vector goes: give it the shape [1]",
                "inputs['b'][1]['z']  missing; expected float32 []",
                "inputs['b'][1]['a'][1]  structure: expected a namedtuple Pair(x, y), got a tuple of 2",
            ],
        ),
        ({"a": Record(N, [N, N])}, None),
        ({"a": None}, ["inputs['a']  structure: expected a dataclass Record(x, y), got a NoneType"]),
        ({"b": {}}, ["inputs['b']  structure: expected a list of 2 inputs, got a dict"]),
        ({"c": None}, ["inputs['c']  unexpected input"]),
    ],
    ids=["dict", "tuple", "record", "None", "list", "root"],
)
def test_what_is_wrong_deep_inside_is_told(changes, told):
    if told is None:
        told = [
            "inputs['a'].x  dtype: expected float32, got int64; cast it to float32",
            "inputs['a'].y  structure: expected a list of 1 input, got a list of 2",
        ]
    assert lines(DEEP, deep(**changes)) == told


def test_a_missing_container_is_told_as_one():
    batch = deep()
    del batch["a"]
    assert lines(DEEP, batch) == ["inputs['a']  missing; expected a dataclass Record(x, y)"]


def test_names_of_dimensions_are_shared_through_the_nest():
    signature = Signature([TensorSpec(("n",)), {"a": (TensorSpec(("n",)),)}, Pair(TensorSpec((None, "n")), X)])
    three, four = np.zeros(3, np.float32), np.zeros(4, np.float32)
    assert lines(signature, [three, {"a": (three,)}, Pair(np.zeros((1, 3), np.float32), F)]) == []
    assert lines(signature, [three, {"a": (four,)}, Pair(np.zeros((1, 5), np.float32), F)]) == [
        "inputs[1]['a'][0]  dim_mismatch: expected n = 3 as on axis 0 of inputs[0], got 4 on axis 0",
        "inputs[2].x  dim_mismatch: expected n = 3 as on axis 0 of inputs[0], got 5 on axis 1",
    ]


def test_rules_for_values_hold_in_the_nest():
    signature = Signature([{"a": TensorSpec((None,), "string", max_bytes=1)}, (TensorSpec((None,), maximum=1),)])
    assert lines(signature, [{"a": np.array(["a"])}, (np.float32([1]),)]) == []
    assert lines(signature, [{"a": np.array(["ab"])}, (np.float32([1, 2]),)]) == [
        "inputs[0]['a']  too_long: expected at most 1 byte, got 2 bytes at [0]",
        "inputs[1][0]  above_maximum: expected at most 1.0, got 2.0 at [1]",
    ]


# Optional inputs

MAYBE = TensorSpec((), optional=True)
OPTIONAL = Signature(
    {"o": MAYBE, "d": {"p": MAYBE, "q": X}, "l": [MAYBE], "t": {"u": {"v": TensorSpec((), default=1.0)}, "w": MAYBE}}
)


@pytest.mark.parametrize(
    "batch",
    [
        {"d": {"q": F}},
        {"d": {"q": F, "p": F}, "o": F},
        {"d": {"q": F}, "l": [F]},
        {"d": {"q": F}, "t": {}},
        {"d": {"q": F}, "t": {"u": {}}},
        {"d": {"q": F}, "t": {"w": F, "u": {"v": F}}},
    ],
    ids=str,
)
def test_what_is_optional_may_be_absent(batch):
    assert lines(OPTIONAL, batch) == []
    assert lines(OPTIONAL, collections.UserDict(batch)) == []


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        ({}, "inputs['d']  missing; expected a dict of 2 inputs"),
        ({"d": {}}, "inputs['d']['q']  missing; expected float32 []"),
        ({"d": {"q": F}, "l": []}, "inputs['l']  structure: expected a list of 1 input, got a list of 0"),
        ({"d": {"q": F}, "l": [None]}, "inputs['l'][0]  unsupported: expected float32 [], got None"),
        ({"d": {"q": F}, "l": None}, "inputs['l']  structure: expected a list of 1 input, got a NoneType"),
        ({"d": {"q": F}, "o": None}, "inputs['o']  unsupported: expected float32 [], got None"),
    ],
    ids=str,
)
def test_an_optional_tensor_has_its_place_in_a_list(batch, told):
    """A name may be absent from a dict; a list is as long as it is."""
    assert lines(OPTIONAL, batch) == [told]


# Flatten


def test_flatten_gives_the_tensors_in_the_order_of_tf_nest():
    assert DEEP.flatten(deep()) == [6, 7, np.float32([1]), 3, 4, None, 5, 2]
    order = Signature({"b": X, "B": X, "a": X, "é": X, "aa": X, "": X, "\U0001f600": X, "\uffff": X})
    names = list(order.inputs)
    assert order.flatten({name: name for name in names}) == sorted(names)


@pytest.mark.parametrize("name", FORMS)
def test_flatten_hands_out_the_very_objects(name):
    make, x, y = FORMS[name], np.float32([1]), object()
    flat = Signature(make(X, Y)).flatten(make(x, y))
    assert flat[0] is x
    assert flat[1] is y


def test_flatten_looks_at_the_structure_alone():
    assert Signature(X).flatten(3) == [3]
    assert Signature([X, {"b": Y, "a": X}]).flatten([None, {"b": 1, "a": 2}]) == [None, 2, 1]


def test_flatten_gives_none_for_what_is_absent():
    assert OPTIONAL.flatten({"d": {"q": 1}}) == [None, 1, None, None, None, None]
    assert OPTIONAL.flatten({"d": {"q": 1}, "l": [2], "o": 3, "t": {"w": 5, "u": {"v": 4}}}) == [None, 1, 2, 3, 4, 5]


def test_flatten_keeps_a_composite_tensor_whole():
    parts = {"values": np.zeros(3, np.float32), "row_splits": np.array([0, 1, 3])}
    flat = Signature([RaggedTensorSpec((None, None)), SparseTensorSpec((None,)), X]).flatten([parts, "sparse", F])
    assert flat[0] is parts
    assert flat[1:] == ["sparse", F]


@pytest.mark.parametrize("batch", [None, {}, deep(a=[F]), deep(more=1)], ids=["None", "empty", "other", "more"])
def test_flatten_refuses_another_structure(batch):
    with pytest.raises(tg.ValidationError) as caught:
        DEEP.flatten(batch)
    assert list(caught.value.violations) == DEEP.violations(batch)


# What a signature gives back


def test_a_signature_gives_the_nest_back():
    inputs = DEEP.inputs
    assert type(inputs) is types.MappingProxyType
    assert list(inputs) == ["b", "a"]
    assert type(inputs["b"]) is list
    assert type(inputs["b"][1]) is types.MappingProxyType
    assert type(inputs["b"][1]["a"]) is tuple
    pair = inputs["b"][1]["a"][1]
    assert (type(pair).__name__, pair._fields, pair.x) == ("Pair", ("x", "y"), X)
    assert pair == Pair(X, pair.y)
    record = inputs["a"]
    assert dataclasses.is_dataclass(record)
    assert type(record).__name__ == "Record"
    assert [(field.name, getattr(record, field.name)) for field in dataclasses.fields(record)] == [("x", X), ("y", [Y])]
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.x = Y
    with pytest.raises(TypeError):
        inputs["c"] = X


def test_what_a_signature_gives_back_makes_an_equal_one():
    assert Signature(DEEP.inputs) == DEEP
    assert hash(Signature(DEEP.inputs)) == hash(DEEP)


def test_a_signature_gives_the_same_nest_back_each_time():
    assert DEEP.inputs == DEEP.inputs


def test_changing_what_was_given_back_does_not_change_the_signature():
    inputs = DEEP.inputs
    inputs["b"].clear()
    assert lines(DEEP, deep()) == []
    assert len(DEEP.inputs["b"]) == 2


def test_outputs_are_a_nest_too():
    signature = Signature(X, [X, {"y": Y}])
    assert signature.outputs[0] == X
    assert signature.outputs[1]["y"] == Y


NAMES = {"Signature": Signature, "TensorSpec": TensorSpec, "Pair": Pair, "Record": Record}


@pytest.mark.parametrize(
    "signature", [DEEP, OPTIONAL, Signature(X), Signature([X], (Y,)), Signature(Pair(X, Y))], ids=repr
)
def test_a_nest_survives_repr_pickle_and_copy(signature):
    twins = [eval(repr(signature), NAMES), copy.copy(signature), copy.deepcopy(signature)]
    twins += [pickle.loads(pickle.dumps(signature, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert twin == signature
        assert hash(twin) == hash(signature)
        assert repr(twin) == repr(signature)


def test_the_order_of_a_dict_does_not_count_and_that_of_fields_does():
    assert Signature({"a": {"x": X, "y": Y}}) == Signature({"a": {"y": Y, "x": X}})
    assert hash(Signature({"a": {"x": X, "y": Y}})) == hash(Signature({"a": {"y": Y, "x": X}}))
    assert Signature([X, Y]) != Signature([Y, X])
    forms = [Signature(make(X, Y)) for make in FORMS.values()]
    assert len(set(forms)) == len(forms)


# Nests that are refused

MUST_BE = "it must be a spec, such as tensorgate.TensorSpec, or a dict, list, tuple, namedtuple or dataclass of them"


@pytest.mark.parametrize(
    ("inputs", "what"),
    [
        ((spec for spec in [X]), "inputs is a generator"),
        ({X}, "inputs is a set"),
        ("abc", "inputs is a str"),
        (Pair, "inputs is a type"),
        (Record, "inputs is a type"),
        ([X, None], "inputs[1] is a NoneType"),
        (Pair(X, 3), "inputs.y is an int"),
        (Record(X, {"a": np.float32}), "inputs.y['a'] is a type"),
        ({"a": ({"b": "x"},)}, "inputs['a'][0]['b'] is a str"),
    ],
    ids=str,
)
def test_what_is_no_nest_of_specs_is_refused(inputs, what):
    with pytest.raises(TypeError) as caught:
        Signature(inputs)
    assert str(caught.value) == f"{what}; {MUST_BE}"


def nested(depth):
    nest = X
    for _ in range(depth):
        nest = [nest]
    return nest


def test_a_nest_has_a_deepest_level():
    signature = Signature(nested(64))
    value = F
    for _ in range(64):
        value = [value]
    assert lines(signature, value) == []
    with pytest.raises(ValueError, match="is nested over 64 deep$"):
        Signature(nested(65))


def test_a_container_that_holds_itself_is_refused():
    own_list, own_dict = [], {}
    own_list.append(own_list)
    own_dict["x"] = own_dict
    for inputs in (own_list, own_dict):
        with pytest.raises(ValueError, match="is nested over 64 deep$"):
            Signature(inputs)


def test_a_named_tuple_whose_fields_were_renamed_is_given_back():
    renamed = collections.namedtuple("Renamed", ["class", "x"], rename=True)(X, Y)
    assert Signature(renamed).inputs == renamed


# Hostile batches


def test_a_batch_that_holds_itself_is_told_from_the_contract():
    own_list, own_dict = [], {}
    own_list.append(own_list)
    own_dict["x"] = own_dict
    assert lines(Signature([[X]]), own_list) == [
        "inputs[0][0]  unsupported: expected float32 [], got a Python list; "
        "convert it with np.asarray and the expected dtype"
    ]
    assert lines(Signature({"x": {"x": X}}), own_dict) == [
        "inputs['x']['x']  structure: expected float32 [], got a dict; a tensor goes here"
    ]


class Exporter:
    """Runs code in the middle of a check."""

    def __init__(self, action):
        self._action = action
        self._array = np.zeros((), np.float32)

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, **kwargs):
        self._action()
        return self._array.__dlpack__(**kwargs)


def test_a_list_that_shrinks_meanwhile_gives_some_verdict():
    signature = Signature([X] * 4)
    for method in (signature.accepts, signature.violations, signature.flatten):
        batch = [F, F, F, F]
        batch[0] = Exporter(batch.clear)
        method(batch)


def test_a_list_that_loses_the_tensor_that_is_looked_at_gives_some_verdict():
    signature = Signature([[X, X], X])
    batch = [[None, F], F]
    batch[0][0] = Exporter(batch.clear)
    assert signature.accepts(batch) in (True, False)
    batch[:] = [[None, F], F]
    batch[0][0] = Exporter(lambda: batch.clear() or batch.append(None))
    assert len(signature.violations(batch)) <= 2


@pytest.mark.parametrize(
    "change",
    [lambda batch: batch["a"].clear(), lambda batch: batch.clear(), lambda batch: batch["a"].update(z=F, w=F)],
    ids=["inner", "outer", "more"],
)
def test_a_dict_that_changes_meanwhile_gives_some_verdict(change):
    signature = Signature({"a": {"x": X, "y": X}, "b": X})
    for method in (signature.accepts, signature.violations):
        batch = {"a": {"x": None, "y": F}, "b": F}
        batch["a"]["x"] = Exporter(functools.partial(change, batch))
        method(batch)


class RaisingField(Record):
    def __getattribute__(self, name):
        if name == "x":
            raise RuntimeError("no x today")
        return super().__getattribute__(name)


class RaisingFields(type):
    @property
    def __dataclass_fields__(cls):
        raise RuntimeError("no fields")


def test_a_container_that_raises_is_bad_data():
    assert lines(Signature(Record(X, Y)), RaisingField(F, N)) == [
        "inputs  structure: expected a dataclass Record(x, y), got a tests.RaisingField; "
        "it raised RuntimeError: no x today"
    ]
    hostile = RaisingFields("Hostile", (), {})()
    (line,) = lines(Signature(Record(X, Y)), hostile)
    assert line.startswith("inputs  structure: expected a dataclass Record(x, y), got a ")


class Interrupted(Record):
    def __getattribute__(self, name):
        if name == "x":
            raise KeyboardInterrupt
        return super().__getattribute__(name)


@pytest.mark.parametrize("method", ["check", "accepts", "violations"])
def test_an_interrupt_in_a_container_goes_on(method):
    with pytest.raises(KeyboardInterrupt):
        getattr(Signature(Record(X, Y)), method)(Interrupted(F, N))


class LyingTuple(tuple):
    _fields = ("x", "y", "z")


def test_a_named_tuple_that_lies_about_its_fields_is_judged_by_what_it_holds():
    assert len(lines(Signature(collections.namedtuple("T", "x y z")(X, X, X)), LyingTuple((F,)))) == 1
    assert len(lines(Signature((X,)), LyingTuple((F,)))) == 1


@pytest.mark.parametrize("fields", [None, 5, "xy", [1, 2], ("x", None), ("x", "y", "z")], ids=repr)
def test_fields_that_are_garbage_are_those_of_no_named_tuple(fields):
    batch = type("Strange", (tuple,), {"_fields": fields})((F, N))
    assert Signature(Pair(X, Y)).accepts(batch) is (fields == "xy")
    assert len(Signature(Pair(X, Y)).violations(batch)) == (0 if fields == "xy" else 1)


def test_a_mapping_inside_that_raises_is_bad_data():
    class Raising(collections.UserDict):
        def items(self):
            raise RuntimeError("closed")

    (line,) = lines(Signature({"a": {"x": X}}), {"a": Raising(x=F)})
    assert line.startswith("inputs['a']  structure: expected a dict of 1 input, got a ")
    assert line.endswith("its items() raised RuntimeError: closed")


def test_a_wide_nest_is_checked():
    signature = Signature([{"x": X} for _ in range(2_000)])
    batch = [{"x": F} for _ in range(2_000)]
    assert lines(signature, batch) == []
    batch[1_999] = {"x": N}
    (violation,) = signature.violations(batch)
    assert violation.path == "inputs[1999]['x']"
