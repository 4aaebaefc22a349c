"""Contracts of several inputs, and batches made of rows of which one knows whether they are good."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tensorgate import Dim, RaggedTensorSpec, SparseTensorSpec, TensorSpec

WIDTH = 3


@dataclasses.dataclass
class Kind:
    """A kind of input: its spec, its rows as Python's values, and how they become a tensor."""

    spec: Any
    rows: Any
    is_good: Callable[[Any], bool]
    tensor: Callable[[list[Any]], Any]


def flat(rows):
    return [value for row in rows for value in row]


def splits(rows):
    return np.cumsum([0, *map(len, rows)])


def strings(rows):
    array = np.empty(len(rows), object)
    array[:] = rows
    return array


def ragged(rows, dtype=np.int64):
    return {"values": np.array(flat(rows), dtype), "row_splits": splits(rows)}


def sparse(rows):
    """Rows are dicts from column to value."""
    places = [(number, column) for number, row in enumerate(rows) for column in sorted(row)]
    return (
        np.array(places, np.int64).reshape(-1, 2),
        np.array([rows[number][column] for number, column in places], np.float32),
        np.array([len(rows), WIDTH]),
    )


FLOATS = st.lists(st.sampled_from([0.0, 1.0, 1.0, 2.0, -1.0, np.nan, np.inf]), min_size=2, max_size=2)
INTEGERS = st.sampled_from([0, 1, 2, 3, 3, -1])
TEXTS = st.sampled_from(["a", b"b", "", "ab", b"abc", "\ud800", b"\xff", None, 5])


def is_text(element):
    try:
        element = element.encode() if isinstance(element, str) else element
        return isinstance(element, bytes) and len(element) <= 2 and element.decode() is not None
    except UnicodeError:
        return False


KINDS = {
    "floats": Kind(
        TensorSpec(("batch", 2), finite=True, minimum=0, maximum=1),
        FLOATS,
        lambda row: all(np.isfinite(x) and 0 <= x <= 1 for x in row),
        lambda rows: np.array(rows, np.float32).reshape(-1, 2),
    ),
    "strided": Kind(
        TensorSpec(("batch", 2), minimum=[[0, 1]]),
        FLOATS,
        lambda row: row[0] >= 0 and row[1] >= 1,
        lambda rows: np.asfortranarray(np.array(rows, np.float32).reshape(-1, 2)),
    ),
    "integers": Kind(
        TensorSpec(("batch",), "int64", one_of=[1, 3]),
        INTEGERS,
        lambda row: row in (1, 3),
        lambda rows: np.array(rows, np.int64),
    ),
    "free": Kind(TensorSpec(("batch",), "int64"), INTEGERS, lambda _: True, lambda rows: np.array(rows, np.int64)),
    "texts": Kind(TensorSpec(("batch",), "string", max_bytes=2, utf8=True), TEXTS, is_text, strings),
    "ragged": Kind(
        RaggedTensorSpec(("batch", Dim(min=1, max=3)), "int64", minimum=0),
        st.lists(INTEGERS, max_size=4),
        lambda row: 1 <= len(row) <= 3 and all(value >= 0 for value in row),
        ragged,
    ),
    "deep": Kind(
        RaggedTensorSpec(("batch", None, Dim(max=2)), "int64", 2, maximum=2),
        st.lists(st.lists(INTEGERS, max_size=3), max_size=2),
        lambda row: all(len(inner) <= 2 and all(value <= 2 for value in inner) for inner in row),
        lambda rows: {"values": ragged(flat(rows)), "row_splits": splits(rows)},
    ),
    "sparse": Kind(
        SparseTensorSpec(("batch", WIDTH), finite=True),
        st.dictionaries(st.integers(0, WIDTH - 1), st.sampled_from([1.0, 2.0, np.nan])),
        lambda row: np.isfinite(list(row.values())).all(),
        sparse,
    ),
}


@st.composite
def batches_of_rows(draw):
    """Some kinds by name, and for each of some rows what each kind has there."""
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(0, 6))
    return {name: [draw(KINDS[name].rows) for _ in range(count)] for name in names}


def specs_of(columns):
    return {name: KINDS[name].spec for name in columns}


def batch_of(columns):
    return {name: KINDS[name].tensor(rows) for name, rows in columns.items()}


def good_rows(columns):
    """True for each row that all kinds find good."""
    verdicts = [[bool(KINDS[name].is_good(row)) for row in rows] for name, rows in columns.items()]
    return [all(row) for row in zip(*verdicts, strict=True)]


def equal(a, b):
    """Whether two batches hold the same: dtypes, shapes and values."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)
    if isinstance(a, tuple):
        return type(a) is type(b) and all(map(equal, a, b))
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    return a.tolist() == b.tolist() if a.dtype == object else np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
