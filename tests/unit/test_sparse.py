"""Sparse tensors as their parts: indices, values and dense_shape."""

import collections
import copy
import itertools
import pickle

import numpy as np
import pytest

import tensorgate as tg
from tensorgate import Dim, Signature, SparseTensorSpec, TensorSpec

from .exporters import Changes

SPEC = SparseTensorSpec(("batch", 3))
PASS = "pass a tf.SparseTensor, or a dict of its indices, values and dense_shape"


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


def sparse(indices, values, dense_shape, dtype="float32"):
    if isinstance(dense_shape, list):
        dense_shape = np.array(dense_shape, np.int64)
    if isinstance(indices, list):
        indices = np.array(indices, np.int64).reshape(len(indices), -1 if indices else dense_shape.size)
    if isinstance(values, list):
        values = np.array(values, dtype)
    return {"indices": indices, "values": values, "dense_shape": dense_shape}


GOOD = sparse([[0, 0], [0, 2], [1, 1]], [1, 2, 3], [2, 3])

# Forms


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        dict(reversed(GOOD.items())),
        tuple(GOOD.values()),
        collections.UserDict(GOOD),
        {name: memoryview(part) for name, part in GOOD.items()},
        sparse(np.array([[1, 1], [9, 9], [0, 0]])[::-2], [1, 2], [2, 3]),
        sparse(np.array([[0, 1], [0, 1]]).T, [1, 2], [2, 3]),
        sparse([], [], [2, 3]),
        sparse([], [], [0, 3]),
        sparse([[1, 2]], [1], [2, 3]),
        sparse([[i, j] for i in range(2) for j in range(3)], list(range(6)), [2, 3]),
    ],
    ids=str,
)
def test_good_parts_pass(value):
    assert lines(SPEC, value) == []
    assert lines(Signature({"x": SPEC}), {"x": value}) == []


@pytest.mark.parametrize(
    "value",
    [
        *(None, 5, "abc", b"abc", {}, np.zeros((2, 3), np.float32), list(GOOD.values())),
        {name: GOOD[name] for name in ("indices", "values")},
        {name: GOOD[name] for name in ("indices", "dense_shape")},
        GOOD | {"more": 1},
        collections.UserDict(GOOD | {"more": 1}),
        tuple(GOOD.values())[:2],
        (*GOOD.values(), None),
    ],
    ids=str,
)
def test_another_structure_is_refused(value):
    (line,) = lines(SPEC, value)
    assert line.startswith("input  structure: expected sparse float32 [batch, 3], got a")
    assert line.endswith(f"; {PASS}")


def test_a_dense_spec_takes_no_parts():
    assert lines(TensorSpec((None, 3)), GOOD) == [
        "input  structure: expected float32 [None, 3], got a dict; a tensor goes here"
    ]


def test_a_defaultdict_is_not_filled_by_a_check():
    parts = collections.defaultdict(lambda: np.zeros(3))
    assert not SPEC.accepts(parts)
    assert len(SPEC.violations(parts)) == 1
    assert dict(parts) == {}


@pytest.mark.parametrize("part", GOOD)
def test_every_part_is_a_tensor(part):
    kind = {"indices": "int64 [None, None]", "values": "float32 [None]", "dense_shape": "int64 [None]"}[part]
    assert lines(SPEC, GOOD | {part: None}) == [f"input.{part}  unsupported: expected {kind}, got None"]
    assert [(v.path, str(v.code)) for v in SPEC.violations(GOOD | {part: [[1]]})] == [(f"input.{part}", "unsupported")]


@pytest.mark.parametrize(
    ("part", "value", "code"),
    [
        ("indices", np.array([[0, 0]], np.int32), "dtype"),
        ("indices", np.array([[0.0, 0.0]]), "dtype"),
        ("indices", np.array([0, 0]), "rank"),
        ("indices", np.array([[[0, 0]]]), "rank"),
        ("indices", np.array([[0, 0]], ">i8"), "byte_order"),
        ("values", np.array([1.0]), "dtype"),
        ("values", np.array([[1.0]], np.float32), "rank"),
        ("values", np.float32(1), "rank"),
        ("dense_shape", np.array([2, 3], np.int32), "dtype"),
        ("dense_shape", np.array([[2, 3]]), "rank"),
        ("dense_shape", np.array(2), "rank"),
    ],
    ids=repr,
)
def test_every_part_has_its_dtype_and_rank(part, value, code):
    parts = sparse([[0, 0]], [1], [2, 3]) | {part: value}
    assert [(v.path, str(v.code)) for v in SPEC.violations(parts)] == [(f"input.{part}", code)]
    assert not SPEC.accepts(parts)


# Indices


@pytest.mark.parametrize(
    ("indices", "told"),
    [
        ([[0, 3]], "expected indices within [2, 3], got [0, 3] at [0]"),
        ([[2, 0]], "expected indices within [2, 3], got [2, 0] at [0]"),
        ([[0, -1], [5, 0]], "expected indices within [2, 3], got [0, -1] at [0], 2 in all"),
        ([[0, 0], [2**63 - 1, 0]], f"expected indices within [2, 3], got [{2**63 - 1}, 0] at [1]"),
        ([[-(2**63), 0]], f"expected indices within [2, 3], got [{-(2**63)}, 0] at [0]"),
        ([[0, 1], [0, 0]], "expected indices in row-major order, each once: after [0, 1], got [0, 0] at [1]"),
        ([[1, 0], [0, 2]], "expected indices in row-major order, each once: after [1, 0], got [0, 2] at [1]"),
        ([[0, 1], [0, 1]], "expected indices in row-major order, each once: after [0, 1], got [0, 1] at [1]"),
        (
            [[0, 1], [0, 1], [0, 2], [0, 0]],
            "expected indices in row-major order, each once: after [0, 1], got [0, 1] at [1], 2 in all",
        ),
    ],
    ids=str,
)
def test_indices_lie_within_the_shape_in_row_major_order_each_once(indices, told):
    assert lines(SPEC, sparse(indices, [1] * len(indices), [2, 3])) == [f"input.indices  sparse_indices: {told}"]


def test_a_fault_of_indices_has_its_place_and_count():
    (violation,) = SPEC.violations(sparse([[0, 0], [0, 9], [9, 0]], [1, 2, 3], [2, 3]))
    assert (violation.path, violation.code) == ("input.indices", "sparse_indices")
    assert (violation.index, violation.count) == ((1,), 2)


def test_bounds_and_order_are_told_apart():
    assert [v.index for v in SPEC.violations(sparse([[1, 0], [0, 0], [0, 9]], [1, 2, 3], [2, 3]))] == [(2,), (1,)]


def test_an_empty_shape_has_no_place_for_a_value():
    assert lines(SPEC, sparse([[0, 0]], [1], [0, 3])) == [
        "input.indices  sparse_indices: expected indices within [0, 3], got [0, 0] at [0]"
    ]


@pytest.mark.parametrize("width", [1, 3])
def test_indices_have_a_column_for_each_dimension(width):
    (violation,) = SPEC.violations(sparse(np.zeros((1, width), np.int64), [1], [2, 3]))
    assert (violation.path, violation.code, violation.got) == ("input.indices", "dim_mismatch", str(width))
    assert violation.expected == "2 columns, one for each size in dense_shape"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_are_as_many_values_as_indices(count):
    (violation,) = SPEC.violations(sparse([[0, 0], [0, 1]], [1] * count, [2, 3]))
    assert (violation.path, violation.code, violation.got) == ("input.values", "dim_mismatch", str(count))
    assert violation.expected == "2 values, one for each row of indices"


def test_a_scalar_has_one_place():
    spec = SparseTensorSpec(())

    def scalar(count):
        return sparse(np.zeros((count, 0), np.int64), [1] * count, [])

    assert lines(spec, scalar(0)) == []
    assert lines(spec, scalar(1)) == []
    assert [(v.path, str(v.code)) for v in spec.violations(scalar(2))] == [("input.indices", "sparse_indices")]


# Shapes


@pytest.mark.parametrize(
    ("shape", "line"),
    [
        ([2, 4], "input  dim: expected [batch, 3], got [2, 4]"),
        ([2, 0], "input  dim: expected [batch, 3], got [2, 0]"),
        ([2, 2, 2], "input  rank: expected [batch, 3], got [2, 2, 2]"),
        ([], "input  rank: expected [batch, 3], got []"),
        ([-1, 3], "input.dense_shape  dim: expected sizes from 0 up, got -1"),
        ([3, -(2**63)], f"input.dense_shape  dim: expected sizes from 0 up, got {-(2**63)}"),
    ],
    ids=str,
)
def test_the_dense_shape_is_that_of_the_spec(shape, line):
    assert lines(SPEC, sparse([], [], shape)) == [line]


@pytest.mark.parametrize("shape", [[2**62, 2**62], [2**63 - 1, 3], [0, 2**63 - 1]], ids=str)
def test_a_shape_may_be_past_all_memory(shape):
    spec = SparseTensorSpec((None, None))
    last = [size - 1 for size in shape]
    assert lines(spec, sparse([], [], shape)) == []
    assert spec.accepts(sparse([last], [1], shape)) is (0 not in shape)


def test_names_and_rules_hold_for_the_dense_shape():
    ruled = SparseTensorSpec((Dim("b", min=1), Dim(max=4, multiple_of=2)))
    assert lines(ruled, sparse([[0, 0]], [1], [1, 4])) == []
    (violation,) = ruled.violations(sparse([], [], [0, 3]))
    assert (violation.path, violation.code, violation.index, violation.count) == ("input", "dim", (0,), 2)
    signature = Signature({"x": SPEC, "y": TensorSpec(("batch",)), "z": SparseTensorSpec(("batch", None))})
    batch = {"x": sparse([[0, 0]], [1], [2, 3]), "y": np.zeros(3, np.float32), "z": sparse([[0, 0]], [1], [4, 1])}
    assert lines(signature, batch) == [
        "inputs['y']  dim_mismatch: expected batch = 2 as on axis 0 of inputs['x'], got 3 on axis 0",
        "inputs['z']  dim_mismatch: expected batch = 2 as on axis 0 of inputs['x'], got 4 on axis 0",
    ]
    assert lines(SparseTensorSpec(("n", "n")), sparse([], [], [2, 3])) == [
        "input  dim_mismatch: expected n = 2 as on axis 0 of input, got 3 on axis 1"
    ]


@pytest.mark.parametrize("shape", [[3], [2, 3], [1] * 40], ids=str)
def test_an_unknown_rank_takes_any(shape):
    spec = SparseTensorSpec(None)
    assert lines(spec, sparse([[0] * len(shape)], [1], shape)) == []
    assert lines(spec, sparse([[0] * (len(shape) - 1) + [9]], [1], shape)) != []


# Values


def test_rules_hold_for_the_values_that_are_there():
    spec = SparseTensorSpec((None, None), minimum=1, maximum=5, finite=True)
    assert lines(spec, sparse([[0, 0]], [1], [9, 9])) == []
    assert lines(spec, sparse([[0, 0], [0, 1], [0, 2]], [-1, 9, np.nan], [1, 4])) == [
        "input.values  not_finite: expected finite values, got nan at [2]",
        "input.values  below_minimum: expected at least 1.0, got -1.0 at [0]",
        "input.values  above_maximum: expected at most 5.0, got 9.0 at [1]",
    ]


def test_rules_hold_for_strings():
    spec = SparseTensorSpec((None,), "string", max_bytes=1)
    assert lines(spec, sparse([[0], [1]], np.array(["a", "bb"]), [3])) == [
        "input.values  too_long: expected at most 1 byte, got 2 bytes at [1]"
    ]
    assert lines(SparseTensorSpec((None,), "string"), sparse([[0]], np.array([None], object), [3])) == [
        "input.values  dtype: expected string, got an object array with a NoneType at [0]; "
        "each element must be str or bytes"
    ]


# Hostile parts


INDICES = [
    np.array([[0, 0], [0, 1], [1, 0]]),
    np.array([[0, 0]]),
    np.zeros((0, 2), np.int64),
    np.array([[0, 0, 0]]),
    np.zeros((3, 0), np.int64),
    np.array([[0, 0], [0, 1]], np.int8),
    np.array([0]),
]


@pytest.mark.parametrize("pair", list(itertools.permutations(range(len(INDICES)), 2)), ids=str)
@pytest.mark.parametrize("part", GOOD)
def test_parts_that_change_between_two_looks_give_some_verdict(pair, part):
    arrays = [INDICES[i] if part == "indices" else INDICES[i].ravel() for i in pair]
    for start in range(4):
        assert SPEC.accepts(GOOD | {part: Changes(*[arrays[0]] * start, *arrays)}) in (True, False)
        assert isinstance(SPEC.violations(GOOD | {part: Changes(*[arrays[0]] * start, *arrays)}), list)


def test_indices_that_shrink_between_two_looks_are_not_read_past_their_end():
    """Else what lies behind them in memory would be told."""
    long, short = np.zeros((3, 2), np.int64), np.zeros((1, 2), np.int64)
    for start in range(1, 6):
        parts = sparse(Changes(*[long] * start, *[short] * 9), [1, 2, 3], [1, 1])
        told = [v.got for v in SparseTensorSpec((None, None)).violations(parts) if v.code == "sparse_indices"]
        assert set(told) <= {"[0, 0]"}


def test_an_interrupt_in_a_part_goes_on():
    class Interrupted(collections.UserDict):
        def __getitem__(self, key):
            raise KeyboardInterrupt

    for contract, value in (
        (SPEC, Interrupted(indices=1, values=2, dense_shape=3)),
        (Signature({"x": SPEC}), {"x": Interrupted(indices=1, values=2, dense_shape=3)}),
    ):
        for method in (contract.check, contract.accepts, contract.violations):
            with pytest.raises(KeyboardInterrupt):
                method(value)


# What a spec is


def test_a_spec_tells_its_parts():
    spec = SparseTensorSpec((Dim("b", min=1), 3), "int32", "n", minimum=0, maximum=5, one_of=[2, 1], optional=True)
    assert spec.shape == (Dim("b", min=1), 3)
    assert (spec.dtype, spec.name, spec.minimum, spec.maximum, spec.optional) == ("int32", "n", 0, 5, True)
    assert spec.one_of.tolist() == [1, 2]
    assert (spec.finite, spec.max_bytes, spec.utf8) == (False, None, False)
    assert repr(spec) == (
        "SparseTensorSpec(shape=(Dim('b', min=1), 3), dtype='int32', name='n', minimum=0, maximum=5, one_of=[1, 2], "
        "optional=True)"
    )
    for absent in ("default", "ragged_rank", "row_splits_dtype"):
        assert not hasattr(spec, absent)


SPECS = [
    SPEC,
    SparseTensorSpec(None),
    SparseTensorSpec(()),
    SparseTensorSpec(("batch", Dim("n", max=3)), "string", "x", max_bytes=3, utf8=True, one_of=["b", "a"]),
    SparseTensorSpec((None,), "float64", minimum=-1, maximum=1, finite=True, optional=True),
]


@pytest.mark.parametrize("spec", SPECS, ids=repr)
def test_a_spec_survives_repr_pickle_and_copy(spec):
    twins = [eval(repr(spec)), copy.copy(spec), copy.deepcopy(spec)]
    twins += [pickle.loads(pickle.dumps(spec, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert type(twin) is SparseTensorSpec
        assert twin == spec
        assert hash(twin) == hash(spec)
        assert repr(twin) == repr(spec)
    assert [spec == other for other in SPECS] == [spec is other for other in SPECS]


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"shape": (3,), "minimum": [1, 2, 3]}, ValueError, "a bound of a ragged or sparse tensor must be a scalar"),
        ({"shape": (3,), "minimum": 2, "maximum": 1}, ValueError, "minimum 2.0 is over maximum 1.0"),
        ({"shape": (3,), "one_of": []}, ValueError, "one_of is empty, which no value satisfies"),
        ({"shape": (3,), "utf8": True}, ValueError, "utf8 is a rule for strings, and the dtype is float32"),
        ({"shape": (-1,)}, ValueError, "dimension 0 of a shape is -1; None is an unknown one"),
        ({"shape": (None,) * 255}, ValueError, "shape has 255 dimensions; TensorFlow's limit is 254"),
        ({"shape": (3,), "default": 1}, TypeError, None),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(kwargs, error, message):
    with pytest.raises(error) as caught:
        SparseTensorSpec(**kwargs)
    assert message is None or str(caught.value) == message
