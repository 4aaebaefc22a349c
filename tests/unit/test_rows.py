"""bad_rows, and split: the good rows go on."""

import array
import collections
import copy
import dataclasses
import types

import numpy as np
import pytest

from tensorgate import (
    Dim,
    RaggedTensorSpec,
    Signature,
    SparseTensorSpec,
    TensorSpec,
    ValidationError,
    Violation,
)

NUMBERS = TensorSpec(("batch",), "int64", minimum=0)


def lone(spec, **kwargs):
    return Signature({"x": spec}, **kwargs)


def parted(spec, value):
    """The good and the bad rows of one tensor."""
    good, bad, *_ = lone(spec).split({"x": value})
    return good["x"], bad["x"]


def test_rows_are_parted_and_told_apart():
    split = lone(NUMBERS).split({"x": np.array([5, -1, 7])})
    assert split.good["x"].tolist() == [5, 7]
    assert split.bad["x"].tolist() == [-1]
    assert split.rows.tolist() == [1]
    assert split.rows.dtype == np.int64
    assert split.violations == ([Violation("inputs['x']", "below_minimum", "at least 0", "-1", index=(1,), count=1)],)


def test_a_batch_without_a_bad_row_is_given_back():
    batch = {"x": np.array([5, 7])}
    split = lone(NUMBERS).split(batch)
    assert split.good is batch
    assert split.bad["x"].shape == (0,)
    assert split.bad["x"].dtype == np.int64
    assert split.rows.tolist() == []
    assert split.violations == ()


def test_a_batch_without_a_good_row_is_given_back_as_the_bad_one():
    batch = {"x": np.array([-5, -7])}
    split = lone(NUMBERS).split(batch)
    assert split.bad is batch
    assert split.good["x"].shape == (0,)
    assert split.rows.tolist() == [0, 1]


def test_a_batch_without_rows_is_good():
    batch = {"x": np.zeros(0, np.int64)}
    split = lone(NUMBERS).split(batch)
    assert split.good is batch
    assert len(split.bad["x"]) == 0
    assert split.rows.tolist() == []


@pytest.mark.parametrize(
    ("values", "good_is_view", "bad_is_view"),
    [
        ([-1, 2, 3, 4], True, True),
        ([1, -2, 3], False, True),
        ([-1, 2, -3], True, False),
        ([-1, 2, -3, 4], False, False),
    ],
)
def test_rows_side_by_side_are_views(values, good_is_view, bad_is_view):
    value = np.array(values)
    good, bad = parted(NUMBERS, value)
    assert np.shares_memory(good, value) is good_is_view
    assert np.shares_memory(bad, value) is bad_is_view


def test_strided_rows_stay_strided_views():
    value = np.arange(12)[::-2]
    value[-1] = -1
    good, bad = parted(NUMBERS, value)
    assert good.tolist() == [11, 9, 7, 5, 3]
    assert good.base is value.base
    assert bad.tolist() == [-1]


def test_inputs_without_rows_are_in_both_batches():
    signature = Signature({"x": NUMBERS, "table": TensorSpec((2,))})
    table = np.zeros(2, np.float32)
    split = signature.split({"x": np.array([1, -1]), "table": table})
    assert split.good["table"] is table
    assert split.bad["table"] is table


def test_the_named_batch_dimension_counts_the_rows():
    signature = Signature({"x": TensorSpec(("b",), minimum=0), "y": TensorSpec(("other",), minimum=0)}, batch_dim="b")
    x, y = np.array([1, -1], np.float32), np.zeros(5, np.float32)
    split = signature.split({"x": x, "y": y})
    assert split.rows.tolist() == [1]
    assert split.good["y"] is y


def test_an_absent_optional_input_stays_absent():
    signature = Signature({"x": NUMBERS, "y": TensorSpec(("batch",), optional=True), "z": TensorSpec((), default=1.0)})
    split = signature.split({"x": np.array([1, -1])})
    assert list(split.good) == ["x"]
    assert list(split.bad) == ["x"]


@dataclasses.dataclass(frozen=True)
class Query:
    ids: np.ndarray
    more: list


Pair = collections.namedtuple("Pair", "x y")


def test_containers_come_as_what_they_are():
    nest = {"query": Query(NUMBERS, [NUMBERS]), "pair": Pair(NUMBERS, (NUMBERS,)), "map": {"a": NUMBERS}}
    x = np.array([1, -1])
    batch = {"query": Query(x, [x]), "pair": Pair(x, (x,)), "map": types.MappingProxyType({"a": x})}
    good = Signature(nest).split(batch).good
    assert type(good["query"]) is Query
    assert good["query"].ids.tolist() == [1]
    assert good["query"].more[0].tolist() == [1]
    assert type(good["pair"]) is Pair
    assert good["pair"].y[0].tolist() == [1]
    assert good["map"] == {"a": [1]}
    assert x.tolist() == [1, -1]
    assert batch["query"].ids is x


def test_a_bare_tensor_is_split_too():
    split = Signature(NUMBERS).split(np.array([1, -1]))
    assert split.good.tolist() == [1]
    assert split.violations[0][0].path == "inputs"


def test_all_that_is_wrong_with_a_row_is_told():
    signature = Signature(
        {
            "x": TensorSpec(("batch", 3), finite=True, minimum=0),
            "names": TensorSpec(("batch",), "string", max_bytes=2),
            "deep": [TensorSpec(("batch",), one_of=[1.0])],
        }
    )
    batch = {
        "x": np.array([[0, 0, 0], [0, np.nan, -1], [0, -2, -3]], np.float32),
        "names": np.array(["a", "abc", None], object),
        "deep": [np.array([1, 1, 2], np.float32)],
    }
    split = signature.split(batch)
    assert [[(v.path, v.code, v.index, v.count) for v in row] for row in split.violations] == [
        [
            ("inputs['x']", "not_finite", (1, 1), 1),
            ("inputs['x']", "below_minimum", (1, 2), 1),
            ("inputs['names']", "too_long", (1,), 1),
        ],
        [
            ("inputs['x']", "below_minimum", (2, 1), 2),
            ("inputs['names']", "dtype", (2,), 1),
            ("inputs['deep'][0]", "not_one_of", (2,), 1),
        ],
    ]


def test_bounds_in_an_array_are_those_of_the_place():
    spec = TensorSpec((None, 2), minimum=[[0, 5]])
    split = lone(spec).split({"x": np.array([[0, 5], [4, 4]], np.float32)})
    assert split.violations[0][0].expected == "at least 5.0"
    assert split.violations[0][0].index == (1, 1)


def test_a_rule_for_the_number_of_rows_is_not_one_for_a_single_row():
    split = lone(TensorSpec((Dim("batch", min=2),), "int64", minimum=0)).split({"x": np.array([1, -1])})
    assert split.good["x"].tolist() == [1]
    assert [violation.code for violation in split.violations[0]] == ["below_minimum"]


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: np.array([b"a", b"abc", b"b"]), "S3"),
        (lambda: np.array(["a", "abc", "b"]), "U3"),
        (lambda: np.array(["a", b"abc", "b"], object), "O"),
        (lambda: np.array(["a", "abc", "b"], np.dtypes.StringDType()), None),
    ],
    ids=["bytes", "str", "objects", "StringDType"],
)
def test_strings_keep_their_form(make, kind):
    if not hasattr(np.dtypes, "StringDType") and kind is None:
        return
    good, bad = parted(TensorSpec((None,), "string", max_bytes=2), make())
    assert [str(element).strip("b'") for element in good.tolist()] == ["a", ""]
    assert len(bad) == 1
    assert good.dtype == make().dtype


class Labelled(np.ndarray):
    pass


def test_a_subclass_of_arrays_stays_one():
    good, bad = parted(NUMBERS, np.array([1, -1]).view(Labelled))
    assert type(good) is Labelled
    assert type(bad) is Labelled


class Exporter:
    def __init__(self, values):
        self._values = values

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()

    def __dlpack__(self, **kwargs):
        return self._values.__dlpack__(**kwargs)


@pytest.mark.parametrize(
    "value",
    [array.array("q", [1, -1, 2]), memoryview(array.array("q", [1, -1, 2])), Exporter(np.array([1, -1, 2]))],
    ids=["array.array", "memoryview", "DLPack"],
)
def test_tensors_of_other_libraries_become_arrays(value):
    good, bad = parted(NUMBERS, value)
    assert type(good) is np.ndarray
    assert good.tolist() == [1, 2]
    assert bad.tolist() == [-1]


def ragged(*rows, dtype=np.int64):
    values = np.array([value for row in rows for value in row], dtype)
    return {"values": values, "row_splits": np.cumsum([0, *map(len, rows)])}


def lists(parts):
    return [part.tolist() for part in np.split(parts["values"], parts["row_splits"][1:-1])]


RAGGED = RaggedTensorSpec((None, Dim(max=2)), "int64", minimum=0)


def test_ragged_rows_come_in_parts():
    good, bad = parted(RAGGED, ragged([1], [-1, 2], [], [3, 4, 5], [6]))
    assert lists(good) == [[1], [], [6]]
    assert lists(bad) == [[-1, 2], [3, 4, 5]]


def test_ragged_rows_side_by_side_are_views():
    value = ragged([1], [2, 3], [-1])
    good, _ = parted(RAGGED, value)
    assert np.shares_memory(good["values"], value["values"])


def test_a_tuple_of_parts_stays_a_tuple():
    value = tuple(ragged([1], [-1]).values())
    good, bad = parted(RAGGED, value)
    assert type(good) is tuple
    assert [part.tolist() for part in good] == [[1], [0, 1]]
    assert [part.tolist() for part in bad] == [[-1], [0, 1]]


def test_a_named_tuple_of_parts_stays_one():
    parts = collections.namedtuple("Parts", "values row_splits")
    good, _ = parted(RAGGED, parts(*ragged([1], [-1]).values()))
    assert type(good) is parts


def test_any_mapping_of_parts_becomes_a_dict():
    good, _ = parted(RAGGED, types.MappingProxyType(ragged([1], [-1])))
    assert type(good) is dict


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_row_splits_keep_their_dtype(dtype):
    value = ragged([1], [-1], [2])
    value["row_splits"] = value["row_splits"].astype(dtype)
    good, _ = parted(RaggedTensorSpec((None, None), "int64", 1, dtype, minimum=0), value)
    assert good["row_splits"].dtype == dtype


def test_violations_of_ragged_rows_are_those_of_the_whole_batch():
    split = lone(RAGGED).split({"x": ragged([1], [-1, 2], [3, 4, 5], [6, 7, -8])})
    assert [[(v.path, v.code, v.index) for v in row] for row in split.violations] == [
        [("inputs['x'].values", "below_minimum", (1,))],
        [("inputs['x']", "dim", (2,))],
        [("inputs['x'].values", "below_minimum", (8,)), ("inputs['x']", "dim", (3,))],
    ]


DEEP = RaggedTensorSpec((None, Dim(max=2), Dim(max=1)), "int64", 2, minimum=0)


def test_rows_of_rows_are_parted():
    inner = ragged([1], [-2], [3], [4, 5], [])
    value = {"values": inner, "row_splits": np.array([0, 1, 2, 3, 4, 5])}
    split = lone(DEEP).split({"x": value})
    assert split.rows.tolist() == [1, 3]
    good = split.good["x"]
    assert good["row_splits"].tolist() == [0, 1, 2, 3]
    assert lists(good["values"]) == [[1], [3], []]
    assert [[(v.path, v.code, v.index) for v in row] for row in split.violations] == [
        [("inputs['x'].values.values", "below_minimum", (1,))],
        [("inputs['x'].values", "dim", (3,))],
    ]


def test_the_lengths_of_rows_of_rows_are_counted_at_their_level():
    inner = ragged([1], [2, 3], [4], [5], [6])
    split = lone(DEEP).split({"x": {"values": inner, "row_splits": np.array([0, 0, 2, 5])}})
    assert [[(v.code, v.index, v.got) for v in row] for row in split.violations] == [
        [("dim", (1,), "2")],
        [("dim", (2,), "3")],
    ]


def test_a_faulty_string_is_told_once():
    spec = RaggedTensorSpec((None, Dim(max=1)), "string")
    value = ragged(["a"], [None], ["b", None], dtype=object)
    split = lone(spec).split({"x": value})
    assert [[(v.path, v.code, v.index) for v in row] for row in split.violations] == [
        [("inputs['x'].values", "dtype", (1,))],
        [("inputs['x'].values", "dtype", (3,)), ("inputs['x']", "dim", (2,))],
    ]


SPARSE = SparseTensorSpec((None, 3), minimum=0)


def sparse(entries, rows):
    return {
        "indices": np.array(sorted(entries), np.int64).reshape(-1, 2),
        "values": np.array([entries[index] for index in sorted(entries)], np.float32),
        "dense_shape": np.array([rows, 3]),
    }


def test_sparse_rows_come_in_parts():
    value = sparse({(0, 1): 1, (1, 0): 2, (1, 2): -3, (3, 0): 4, (3, 1): 5}, 5)
    split = lone(SPARSE).split({"x": value})
    good, bad = split.good["x"], split.bad["x"]
    assert split.rows.tolist() == [1]
    assert good["indices"].tolist() == [[0, 1], [2, 0], [2, 1]]
    assert good["values"].tolist() == [1, 4, 5]
    assert good["dense_shape"].tolist() == [4, 3]
    assert bad["indices"].tolist() == [[0, 0], [0, 2]]
    assert bad["dense_shape"].tolist() == [1, 3]
    assert [(v.path, v.index) for v in split.violations[0]] == [("inputs['x'].values", (2,))]
    assert value["indices"].tolist() == [[0, 1], [1, 0], [1, 2], [3, 0], [3, 1]]


def test_sparse_rows_side_by_side_keep_the_batch_as_it_was():
    value = sparse({(0, 1): -1, (1, 0): 2, (2, 2): 3}, 3)
    before = copy.deepcopy(value)
    good, _ = parted(SPARSE, value)
    assert good["indices"].tolist() == [[0, 0], [1, 2]]
    assert all((before[name] == value[name]).all() for name in before)


def test_what_no_row_owns_is_raised():
    signature = Signature({"x": NUMBERS, "c": TensorSpec((1,), maximum=1)})
    good = {"x": np.array([1, -1]), "c": np.ones(1, np.float32)}
    for bad in (
        {},
        {**good, "x": np.array([1.0])},
        {**good, "x": np.array([[1]])},
        {**good, "c": np.full(1, 2, np.float32)},
        5,
    ):
        with pytest.raises(ValidationError):
            signature.split(bad)


def test_without_a_batch_dimension_there_are_no_rows():
    with pytest.raises(ValueError, match="no input of the batch has a batch dimension"):
        lone(TensorSpec((3,))).split({"x": np.zeros(3, np.float32)})


def test_a_row_that_needs_all_others_stays():
    signature = Signature({"x": NUMBERS, "pairs": TensorSpec(("batch", "batch"))})
    with pytest.raises(
        ValueError, match=r"dimension 'batch' counts the rows and stands on axis 1 of inputs\['pairs'\]"
    ):
        signature.split({"x": np.array([1, -1]), "pairs": np.zeros((2, 2), np.float32)})
