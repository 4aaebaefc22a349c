"""Ragged tensors as their parts: values, and row_splits that cut them into rows."""

import collections
import copy
import itertools
import pickle

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

from .exporters import Changes

SPEC = RaggedTensorSpec(("batch", None), "int64")
PASS = "pass a tf.RaggedTensor, or a dict of its values and row_splits"


def lines(contract, value):
    violations = contract.violations(value)
    assert contract.accepts(value) is (not violations)
    assert contract.is_compatible_with(value) is (not violations)
    if violations:
        with pytest.raises(tg.ValidationError) as caught:
            contract.check(value)
        assert list(caught.value.violations) == violations
    else:
        assert contract.check(value) is None
    return [str(violation) for violation in violations]


def ragged(values, *splits, dtype="int64", splits_dtype="int64"):
    """Parts of a ragged tensor, the innermost row_splits first."""
    out = np.array(values, dtype) if isinstance(values, (list, range)) else values
    for each in splits:
        row_splits = np.array(each, splits_dtype) if isinstance(each, (list, range)) else each
        out = {"values": out, "row_splits": row_splits}
    return out


# Forms


@pytest.mark.parametrize(
    "value",
    [
        ragged([1, 2, 3], [0, 2, 3]),
        tuple(ragged([1, 2, 3], [0, 2, 3]).values()),
        collections.UserDict(ragged([1, 2, 3], [0, 2, 3])),
        ragged(memoryview(np.array([1, 2, 3])), memoryview(np.array([0, 2, 3]))),
        ragged([1, 2, 3], np.array([0, 9, 2, 9, 3])[::2]),
        ragged(np.array([3, 2, 1])[::-1], np.array([3, 2, 0])[::-1]),
        ragged([], [0]),
        ragged([], [0, 0, 0]),
        ragged([1], [0, 0, 1, 1]),
    ],
    ids=str,
)
def test_good_parts_pass(value):
    assert lines(SPEC, value) == []
    assert lines(Signature({"x": SPEC}), {"x": value}) == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        5,
        "ab",
        b"ab",
        {},
        {"values": np.array([1])},
        {"row_splits": np.array([0, 1])},
        ragged([1], [0, 1]) | {"more": 1},
        collections.UserDict(ragged([1], [0, 1]) | {"more": 1}),
        [np.array([1]), np.array([0, 1])],
        (np.array([1]),),
        (np.array([1]), np.array([0, 1]), np.array([0])),
        np.array([1]),
        np.array([(1, 2)], [("values", "i8"), ("row_splits", "i8")]),
    ],
    ids=str,
)
def test_another_structure_is_refused(value):
    (line,) = lines(SPEC, value)
    assert line.startswith("input  structure: expected ragged int64 [batch, None], got a")
    assert line.endswith(f"; {PASS}")


def test_a_dense_spec_takes_no_parts():
    assert lines(TensorSpec((None, None), "int64"), ragged([1], [0, 1])) == [
        "input  structure: expected int64 [None, None], got a dict; a tensor goes here"
    ]


def test_a_defaultdict_is_not_filled_by_a_check():
    parts = collections.defaultdict(lambda: np.zeros(3))
    assert not SPEC.accepts(parts)
    assert len(SPEC.violations(parts)) == 1
    assert dict(parts) == {}


def test_parts_are_tensors():
    assert lines(SPEC, ragged(None, [0, 1])) == ["input.values  unsupported: expected int64 [None], got None"]
    assert lines(SPEC, ragged([1], None)) == ["input.row_splits  unsupported: expected int64 [None], got None"]
    convert = "convert it with np.asarray and the expected dtype"
    assert lines(SPEC, {"values": [1], "row_splits": [0, 1]}) == [
        f"input.row_splits  unsupported: expected int64 [None], got a Python list; {convert}",
        f"input.values  unsupported: expected int64 [None], got a Python list; {convert}",
    ]


@pytest.mark.parametrize(
    ("splits", "code"),
    [
        (np.array([0, 3], np.int32), "dtype"),
        (np.array([0.0, 3.0]), "dtype"),
        (np.array([], np.float64), "dtype"),
        (np.array([[0, 3]]), "rank"),
        (np.array(3), "rank"),
        (np.array([0, 3], ">i8"), "byte_order"),
    ],
    ids=repr,
)
def test_row_splits_are_a_vector_of_their_dtype(splits, code):
    (violation,) = SPEC.violations(ragged([1, 2, 3], splits))
    assert (violation.path, violation.code) == ("input.row_splits", code)
    assert not SPEC.accepts(ragged([1, 2, 3], splits))


def test_values_are_of_the_dtype():
    assert lines(SPEC, ragged([1, 2, 3], [0, 3], dtype="int32")) == [
        "input.values  dtype: expected int64, got int32; cast it to int64"
    ]


@pytest.mark.parametrize("spec", [SPEC, RaggedTensorSpec(None, "int64", ragged_rank=1)], ids=repr)
def test_values_without_a_first_dimension_can_not_be_cut(spec):
    assert not spec.accepts(ragged(np.array(3), [0, 3]))
    assert {violation.path for violation in spec.violations(ragged(np.array(3), [0, 3]))} == {"input.values"}


def test_row_splits_may_be_narrow():
    spec = RaggedTensorSpec((None, None, None), "int64", row_splits_dtype="int32")
    assert lines(spec, ragged([1, 2], [0, 2], [0, 1], splits_dtype="int32")) == []
    assert lines(spec, ragged([1, 2], [1, 2], [0, 1], splits_dtype="int32")) == [
        "input.values.row_splits  row_splits: expected 0 at the start, got 1 at [0]"
    ]
    wide = ragged(ragged([1, 2], [0, 2], splits_dtype="int32"), [0, 1])
    assert [(v.path, str(v.code)) for v in spec.violations(wide)] == [("input.row_splits", "dtype")]


# Row_splits


@pytest.mark.parametrize(
    ("splits", "told"),
    [
        ([], ["expected 0 at the start, got no splits at [0]"]),
        ([3], ["expected 0 at the start, got 3 at [0]"]),
        ([0], ["expected the number of values, 3, at the end, got 0 at [0]"]),
        ([1, 3], ["expected 0 at the start, got 1 at [0]"]),
        ([-1, 3], ["expected 0 at the start, got -1 at [0]"]),
        ([0, 2], ["expected the number of values, 3, at the end, got 2 at [1]"]),
        ([0, 4], ["expected the number of values, 3, at the end, got 4 at [1]"]),
        ([0, 2**63 - 1], [f"expected the number of values, 3, at the end, got {2**63 - 1} at [1]"]),
        ([0, 2, 1, 3], ["expected at least 2 as before it, got 1 at [2]"]),
        ([0, -1, 3], ["expected at least 0 as before it, got -1 at [1]"]),
        ([0, -(2**63), 3], [f"expected at least 0 as before it, got {-(2**63)} at [1]"]),
        ([0, 3, 2, 1, 3], ["expected at least 3 as before it, got 2 at [2], 2 in all"]),
        (
            [1, 3, 2],
            [
                "expected 0 at the start, got 1 at [0]",
                "expected at least 3 as before it, got 2 at [2]",
                "expected the number of values, 3, at the end, got 2 at [2]",
            ],
        ),
    ],
    ids=str,
)
def test_row_splits_start_at_0_never_fall_and_end_at_the_number_of_values(splits, told):
    assert lines(SPEC, ragged([1, 2, 3], splits)) == [f"input.row_splits  row_splits: {each}" for each in told]


def test_a_fault_of_row_splits_has_its_place_and_count():
    (violation,) = SPEC.violations(ragged([1, 2, 3], [0, 3, 2, 1, 3]))
    assert (violation.code, violation.index, violation.count) == ("row_splits", (2,), 2)


@pytest.mark.parametrize(
    ("inner", "outer", "told"),
    [
        ([0, 1, 3], [0, 2], []),
        ([0, 1, 3], [0, 0, 2, 2], []),
        (
            [0, 1, 4],
            [0, 2],
            ["input.values.row_splits  row_splits: expected the number of values, 3, at the end, got 4 at [2]"],
        ),
        (
            [0, 1, 3],
            [0, 3],
            ["input.row_splits  row_splits: expected the number of values, 2, at the end, got 3 at [1]"],
        ),
        ([0, 5, 3], [0, 2], ["input.values.row_splits  row_splits: expected at least 5 as before it, got 3 at [2]"]),
        (
            [1, 3],
            [1, 9],
            [
                "input.values.row_splits  row_splits: expected 0 at the start, got 1 at [0]",
                "input.row_splits  row_splits: expected 0 at the start, got 1 at [0]",
            ],
        ),
    ],
    ids=str,
)
def test_each_level_cuts_the_rows_of_the_next(inner, outer, told):
    assert lines(RaggedTensorSpec((None, None, None), "int64"), ragged([1, 2, 3], inner, outer)) == told


def test_a_ragged_tensor_may_be_three_levels_deep():
    spec = RaggedTensorSpec((None, None, None, None), "int64")
    assert spec.ragged_rank == 3
    good = ragged(range(4), [0, 1, 4], [0, 2, 2], [0, 0, 2])
    assert lines(spec, good) == []
    assert lines(spec, (((np.arange(4), np.array([0, 4])), np.array([0, 1])), np.array([0, 1]))) == []
    bad = ragged(range(4), [0, 1, 3], [0, 2, 2], [0, 0, 2])
    assert lines(spec, bad) == [
        "input.values.values.row_splits  row_splits: expected the number of values, 4, at the end, got 3 at [2]"
    ]
    shallow = ragged(range(4), [0, 1, 4], [0, 2])
    assert lines(spec, shallow) == [
        "input.values.values  structure: expected ragged int64 [None, None, None, None], got a numpy.ndarray; " + PASS
    ]


def test_a_tensor_that_is_more_ragged_than_asked_is_refused():
    assert [(v.path, str(v.code)) for v in SPEC.violations(ragged([1], [0, 1], [0, 1]))] == [
        ("input.values", "structure")
    ]


# Shapes


def test_the_number_of_rows_is_a_dimension_of_the_batch():
    signature = Signature({"r": SPEC, "d": TensorSpec(("batch",))})
    assert lines(signature, {"r": ragged([1, 2, 3], [0, 2, 3]), "d": np.zeros(2, np.float32)}) == []
    assert lines(signature, {"r": ragged([1, 2, 3], [0, 2, 3]), "d": np.zeros(3, np.float32)}) == [
        "inputs['d']  dim_mismatch: expected batch = 2 as on axis 0 of inputs['r'], got 3 on axis 0"
    ]


@pytest.mark.parametrize("rows", [0, 2, Dim(min=2), Dim("n", max=0)], ids=repr)
def test_the_number_of_rows_may_be_ruled(rows):
    assert RaggedTensorSpec((1, None), "int64").accepts(ragged([1, 2], [0, 2]))
    assert RaggedTensorSpec((Dim(max=1), None), "int64").accepts(ragged([1, 2], [0, 2]))
    (violation,) = RaggedTensorSpec((rows, None), "int64").violations(ragged([1, 2], [0, 2]))
    assert (violation.path, violation.code, violation.index) == ("input", "dim", (0,))


@pytest.mark.parametrize("dim", [None, "seq", Dim(max=3), Dim("seq", max=3)], ids=repr)
def test_rows_differ_in_length(dim):
    assert lines(RaggedTensorSpec(("batch", dim), "int64"), ragged([1, 2, 3, 4], [0, 3, 3, 4])) == []


@pytest.mark.parametrize(
    ("dim", "told", "length", "row", "count"),
    [
        (3, "3", 0, 1, 2),
        (0, "0", 3, 0, 2),
        (Dim("seq", max=2), "seq (at most 2)", 3, 0, 1),
        (Dim(min=1), "None (at least 1)", 0, 1, 1),
        (Dim(multiple_of=2), "None (a multiple of 2)", 3, 0, 2),
        (Dim(min=1, max=2), "None (1 to 2)", 3, 0, 2),
    ],
    ids=repr,
)
def test_a_size_in_a_ragged_dimension_is_that_of_every_row(dim, told, length, row, count):
    spec = RaggedTensorSpec(("batch", dim), "int64")
    (violation,) = spec.violations(ragged([1, 2, 3, 4], [0, 3, 3, 4]))
    assert (violation.path, violation.code, violation.index, violation.count) == ("input", "dim", (row,), count)
    assert (violation.expected, violation.got) == (f"rows of length {told} along axis 1", str(length))


def test_rows_of_equal_length_pass_a_fixed_size():
    assert lines(RaggedTensorSpec((2, 3), "int64"), ragged(range(6), [0, 3, 6])) == []
    assert lines(RaggedTensorSpec((None, 3), "int64"), ragged([], [0])) == []


def test_rules_hold_at_every_level():
    spec = RaggedTensorSpec((None, Dim("a", min=1), Dim("b", max=2)), "int64")
    assert lines(spec, ragged([1, 2, 3], [0, 1, 3], [0, 2])) == []
    violations = spec.violations(ragged([1, 2, 3], [0, 3, 3], [0, 0, 2]))
    assert [(v.expected, v.got, v.index) for v in violations] == [
        ("rows of length a (at least 1) along axis 1", "0", (0,)),
        ("rows of length b (at most 2) along axis 2", "3", (0,)),
    ]


def test_a_name_in_a_ragged_dimension_is_the_same_lengths_wherever_it_stands():
    dim = Dim("s", max=5)
    signature = Signature({"x": RaggedTensorSpec(("b", dim), "int64"), "y": RaggedTensorSpec(("b", dim))})

    def told(x, y):
        batch = {"x": ragged([1, 2, 3], x), "y": ragged([1, 2, 3], y, dtype="float32")}
        return lines(signature, batch)

    other = "inputs['y']  dim_mismatch: expected s with {} as on axis 1 of inputs['x'], got {} on axis 1"
    rows = "inputs['y']  dim_mismatch: expected b = {} as on axis 0 of inputs['x'], got {} on axis 0"
    assert told([0, 1, 3], [0, 1, 3]) == []
    assert told([0, 1, 3], [0, 2, 3]) == [other.format("a row of length 1", "a row of length 2")]
    assert told([0, 3], [0, 3, 3]) == [other.format("no row", "a row of length 0"), rows.format(1, 2)]
    assert told([0, 3, 3], [0, 3]) == [other.format("a row of length 0", "no row"), rows.format(2, 1)]


def test_a_name_may_stand_twice_in_one_ragged_tensor():
    spec = RaggedTensorSpec((None, "n", "n"), "int64")
    assert lines(spec, ragged([1, 2], [0, 1, 2], [0, 1, 2])) == []
    assert lines(spec, ragged([1, 2, 3, 4], [0, 2, 4], [0, 2])) == [
        "input.values  dim_mismatch: expected n with no row as on axis 1 of input, got a row of length 2 on axis 2"
    ]


def test_dimensions_within_a_value_are_those_of_the_spec():
    spec = RaggedTensorSpec((None, None, 2, "k"), "float32", ragged_rank=1)
    assert lines(spec, ragged(np.zeros((3, 2, 5), np.float32), [0, 3])) == []
    signature = Signature({"r": spec, "d": TensorSpec(("k",))})
    assert lines(signature, {"r": ragged(np.zeros((3, 2, 5), np.float32), [0, 3]), "d": np.zeros(4, np.float32)}) == [
        "inputs['d']  dim_mismatch: expected k = 5 as on axis 3 of inputs['r'], got 4 on axis 0"
    ]


@pytest.mark.parametrize("inner", [(3, 5), (2,), (2, 5, 1), ()], ids=str)
def test_a_value_of_another_shape_is_told_once(inner):
    spec = RaggedTensorSpec((None, None, 2, "k"), "float32", ragged_rank=1)
    (violation,) = spec.violations(ragged(np.zeros((3, *inner), np.float32), [0, 3]))
    assert (violation.path, violation.code) == ("input.values", "dim" if len(inner) == 2 else "rank")


def test_a_message_of_the_number_of_rows_says_nothing_of_ragged_dimensions():
    (violation,) = RaggedTensorSpec((Dim("n", max=1), None), "int64").violations(ragged([1, 2, 3], [0, 3, 3]))
    assert (violation.code, violation.index, violation.hint) == ("dim", (0,), None)


def test_an_unknown_rank_takes_values_of_any_rank():
    spec = RaggedTensorSpec(None, ragged_rank=1)
    for inner in ((), (2,), (2, 3)):
        assert lines(spec, ragged(np.zeros((3, *inner), np.float32), [0, 1, 3])) == []


# Values


def test_rules_hold_for_the_values():
    spec = RaggedTensorSpec((None, None), minimum=0, finite=True)
    assert lines(spec, ragged([0, 1], [0, 2], dtype="float32")) == []
    assert lines(spec, ragged([0, -1, np.nan], [0, 3], dtype="float32")) == [
        "input.values  not_finite: expected finite values, got nan at [2]",
        "input.values  below_minimum: expected at least 0.0, got -1.0 at [1]",
    ]
    deep = RaggedTensorSpec((None, None, None), "int64", one_of=[1, 2])
    assert lines(deep, ragged([1, 3, 2], [0, 3], [0, 1])) == [
        "input.values.values  not_one_of: expected one of 1, 2, got 3 at [1]"
    ]


def test_rules_hold_for_strings():
    spec = RaggedTensorSpec((None, None), "string", max_bytes=1, utf8=True)
    assert lines(spec, ragged(np.array(["a", b"b"], object), [0, 2])) == []
    assert lines(spec, ragged(np.array(["a", "bb", b"\xff"], object), [0, 3])) == [
        "input.values  too_long: expected at most 1 byte, got 2 bytes at [1]",
        "input.values  not_utf8: expected UTF-8, got bytes that are not UTF-8 at [2]",
    ]
    assert lines(spec, ragged(np.array(["a", None], object), [0, 2])) == [
        "input.values  dtype: expected string, got an object array with a NoneType at [1]; "
        "each element must be str or bytes"
    ]


# Hostile parts


SPLITS = [
    np.array([0, 2, 3]),
    np.array([0, 3]),
    np.array([], np.int64),
    np.array([0, 1, 1, 3]),
    np.array([0, 3], np.int8),
    np.array([[0, 3]]),
    np.array(7),
]


@pytest.mark.parametrize("pair", list(itertools.permutations(range(len(SPLITS)), 2)), ids=str)
def test_row_splits_that_change_between_two_looks_give_some_verdict(pair):
    arrays = [SPLITS[i] for i in pair]
    for start in range(3):
        changing = Changes(*[arrays[0]] * start, *arrays)
        assert SPEC.accepts(ragged([1, 2, 3], changing)) in (True, False)
        assert isinstance(SPEC.violations(ragged([1, 2, 3], changing)), list)
        assert isinstance(SPEC.violations(ragged(Changes(*arrays), [0, 3])), list)


class Gone:
    def __dlpack_device__(self):
        raise RuntimeError("gone")

    def __dlpack__(self, **kwargs):
        raise RuntimeError("gone")


def test_parts_that_raise_are_bad_data():
    class Raising(dict):
        def __getitem__(self, key):
            raise RuntimeError("closed")

        def __missing__(self, key):
            raise RuntimeError("closed")

    assert len(lines(SPEC, Raising())) == 1
    assert lines(SPEC, ragged([1], Gone())) == [
        "input.row_splits  unsupported: expected int64 [None], got a tests.Gone; it raised RuntimeError: gone"
    ]


def test_an_interrupt_in_a_part_goes_on():
    class Interrupted(collections.UserDict):
        def __getitem__(self, key):
            raise KeyboardInterrupt

    for contract, value in (
        (SPEC, Interrupted(values=1, row_splits=2)),
        (Signature({"x": SPEC}), {"x": Interrupted(values=1, row_splits=2)}),
    ):
        for method in (contract.check, contract.accepts, contract.violations):
            with pytest.raises(KeyboardInterrupt):
                method(value)


def test_parts_that_hold_themselves_are_as_deep_as_the_spec():
    own = {"row_splits": np.array([0, 1])}
    own["values"] = own
    assert [v.path for v in RaggedTensorSpec((None, None, None), "int64").violations(own)] == ["input.values.values"]


# What a spec is


def test_a_spec_tells_its_parts():
    spec = RaggedTensorSpec(("b", Dim("s", max=3), 2), "int32", 1, "int32", "n", minimum=1, optional=True)
    assert spec.shape == ("b", Dim("s", max=3), 2)
    assert (spec.dtype, spec.ragged_rank, spec.row_splits_dtype, spec.name) == ("int32", 1, "int32", "n")
    assert (spec.minimum, spec.maximum, spec.one_of, spec.optional) == (1, None, None, True)
    assert (spec.finite, spec.max_bytes, spec.utf8) == (False, None, False)
    assert repr(spec) == (
        "RaggedTensorSpec(shape=('b', Dim('s', max=3), 2), dtype='int32', ragged_rank=1, row_splits_dtype='int32', "
        "name='n', minimum=1, optional=True)"
    )
    assert not hasattr(spec, "default")


def test_all_dimensions_after_the_first_are_ragged_unless_said_otherwise():
    assert RaggedTensorSpec((None, None, 3)).ragged_rank == 2
    assert RaggedTensorSpec((None, None, 3)) == RaggedTensorSpec((None, None, 3), ragged_rank=2)
    assert RaggedTensorSpec((None, None, 3)) != RaggedTensorSpec((None, None, 3), ragged_rank=1)


SPECS = [
    SPEC,
    RaggedTensorSpec((None, None)),
    RaggedTensorSpec((None, None), row_splits_dtype="int32"),
    RaggedTensorSpec((None, None, None), ragged_rank=1),
    RaggedTensorSpec((None, None, None)),
    RaggedTensorSpec(None, "string", 2, "int32", "x", max_bytes=3, utf8=True, one_of=["b", "a"]),
    RaggedTensorSpec((3, Dim("s", min=1, multiple_of=4)), "float64", minimum=-1, maximum=1, finite=True, optional=True),
]


@pytest.mark.parametrize("spec", SPECS, ids=repr)
def test_a_spec_survives_repr_pickle_and_copy(spec):
    twins = [eval(repr(spec)), copy.copy(spec), copy.deepcopy(spec)]
    twins += [pickle.loads(pickle.dumps(spec, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert type(twin) is RaggedTensorSpec
        assert twin == spec
        assert hash(twin) == hash(spec)
        assert repr(twin) == repr(spec)
    assert [spec == other for other in SPECS] == [spec is other for other in SPECS]


def test_a_spec_is_no_other_kind_of_spec():
    ragged_spec, dense, sparse = (make((None, None)) for make in (RaggedTensorSpec, TensorSpec, SparseTensorSpec))
    for other in (dense, sparse):
        assert ragged_spec != other
        assert not ragged_spec.is_compatible_with(other)
        assert not ragged_spec.is_subtype_of(other)
        assert not other.is_subtype_of(ragged_spec)
        assert ragged_spec.most_specific_common_supertype([other]) is None


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"shape": ()}, ValueError, "a ragged tensor has a rank of 2 at least"),
        ({"shape": (None,)}, ValueError, "a ragged tensor has a rank of 2 at least"),
        ({"shape": (None, None), "ragged_rank": 0}, ValueError, "ragged_rank is 0; it must be 1 to 254"),
        ({"shape": (None, None), "ragged_rank": -1}, ValueError, "ragged_rank is -1; it can't be negative"),
        ({"shape": None, "ragged_rank": 255}, ValueError, "ragged_rank is 255; it must be 1 to 254"),
        ({"shape": (None, None), "ragged_rank": 1.0}, TypeError, "ragged_rank is a float; it must be an int"),
        (
            {"shape": (None, None), "ragged_rank": 2},
            ValueError,
            "ragged_rank 2 needs a shape of rank 3 at least, and it has 2",
        ),
        ({"shape": None}, ValueError, "ragged_rank must be given where the shape is of unknown rank"),
        (
            {"shape": (None, None), "row_splits_dtype": "int16"},
            ValueError,
            "row_splits_dtype is int16; it must be int64 or int32",
        ),
        (
            {"shape": (None, 3), "minimum": [1, 2, 3]},
            ValueError,
            "a bound of a ragged or sparse tensor must be a scalar",
        ),
        ({"shape": (None, None), "minimum": 2, "maximum": 1}, ValueError, "minimum 2.0 is over maximum 1.0"),
        (
            {"shape": (None, None), "dtype": "string", "finite": True},
            ValueError,
            "finite is a rule for numbers, and the dtype is string",
        ),
        ({"shape": (None, None), "default": 1}, TypeError, None),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(kwargs, error, message):
    with pytest.raises(error) as caught:
        RaggedTensorSpec(**kwargs)
    assert message is None or str(caught.value) == message
