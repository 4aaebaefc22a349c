"""The rows of a tensor, dense, ragged or sparse: some of them as a tensor of the same kind, and where each begins."""

from __future__ import annotations

import sys
from typing import Any, Protocol

import numpy as np

from tensorgate._core import RaggedTensorSpec, SparseTensorSpec
from tensorgate.arrays.casting import Array, Integers
from tensorgate.arrays.composites import RAGGED, SPARSE, parts_of
from tensorgate.arrays.exports import as_array
from tensorgate.specs import Spec

# Side by side, or by their positions.
Rows = slice | Integers


class TensorRows(Protocol):
    """What is done with the rows of a tensor of any kind."""

    def take(self, rows: Rows) -> Any:
        """Return some rows as a tensor: a view for a slice, where the tensor's library has views."""

    def start(self, row: int, level: int) -> int:
        """Return where a row begins among what lies `level` levels further in: rows of rows, or values."""


def rows_of(tensor: Any, spec: Spec, *, plain: bool = False) -> TensorRows:
    """Return the rows of a tensor that meets its spec.

    NumPy's, PyTorch's and TensorFlow's tensors stay what they are; those of other libraries become NumPy arrays. Parts
    of ragged and sparse tensors come in the form that they have, a mapping as a dict; the splits, indices and dense
    shapes among them are NumPy arrays.

    Args:
        tensor: as `check` takes it.
        spec: what the contract says of it.
        plain: whether all becomes NumPy's, which is faster where single rows are asked for.

    Raises:
        ValueError: the tensor is on a device that NumPy can't read from, or an object of an unknown kind.

    >>> ragged = {"values": np.array([1, 2, 3]), "row_splits": np.array([0, 2, 2, 3])}
    >>> rows_of(ragged, RaggedTensorSpec((None, None), "int64")).take(slice(1, 3))
    {'values': array([3]), 'row_splits': array([0, 0, 1])}
    """
    if isinstance(spec, RaggedTensorSpec):
        return _ragged_rows(tensor, spec.ragged_rank, plain)
    if isinstance(spec, SparseTensorSpec):
        return _SparseRows(tensor, plain)
    return _DenseRows(tensor, plain)


def positions(starts: Integers, lengths: Integers) -> Integers:
    """Return the positions in all of some ranges, one after the other.

    >>> positions(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


class _DenseRows:
    def __init__(self, tensor: Any, plain: bool) -> None:
        stays = isinstance(tensor, np.ndarray) or (
            not plain and (_is_of(tensor, "tensorflow", "Tensor", "Variable") or _is_of(tensor, "torch", "Tensor"))
        )
        self._tensor = tensor if stays else as_array(tensor)

    def take(self, rows: Rows) -> Any:
        if isinstance(rows, np.ndarray) and _is_of(self._tensor, "tensorflow", "Tensor", "Variable"):
            return sys.modules["tensorflow"].gather(self._tensor, rows)
        return self._tensor[rows]

    def start(self, row: int, level: int) -> int:  # noqa: ARG002
        return row


class _RaggedRows:
    def __init__(self, tensor: Any, values: TensorRows, row_splits: Array, plain: bool) -> None:
        self._tensor = tensor
        self._values = values
        self._splits = row_splits.astype(np.int64)
        self._dtype = row_splits.dtype
        self._plain = plain

    def take(self, rows: Rows) -> Any:
        if isinstance(rows, slice):
            splits = self._splits[rows.start : rows.stop + 1]
            within: Rows = slice(int(splits[0]), int(splits[-1]))
            splits = splits - splits[0]
        else:
            starts = self._splits[rows]
            lengths = self._splits[rows + 1] - starts
            within = positions(starts, lengths)
            splits = np.concatenate([[0], np.cumsum(lengths)])
        parts = {"values": self._values.take(within), "row_splits": splits.astype(self._dtype)}
        if not self._plain and _is_of(self._tensor, "tensorflow", "RaggedTensor"):
            return type(self._tensor).from_row_splits(**parts, validate=False)
        return _in_form(self._tensor, parts)

    def start(self, row: int, level: int) -> int:
        return row if level == 0 else self._values.start(int(self._splits[row]), level - 1)


def _ragged_rows(tensor: Any, ragged_rank: int, plain: bool) -> _RaggedRows:
    values, row_splits = parts_of(tensor, RAGGED)
    inner: TensorRows = _DenseRows(values, plain) if ragged_rank == 1 else _ragged_rows(values, ragged_rank - 1, plain)
    return _RaggedRows(tensor, inner, as_array(row_splits), plain)


class _SparseRows:
    def __init__(self, tensor: Any, plain: bool) -> None:
        indices, values, dense_shape = parts_of(tensor, SPARSE)
        self._tensor = tensor
        self._indices = as_array(indices)
        self._values = _DenseRows(values, plain)
        self._dense_shape = as_array(dense_shape)
        # In order, as `check` asks for; side by side, or each search would copy them.
        self._rows = np.ascontiguousarray(self._indices[:, 0])
        self._plain = plain

    def take(self, rows: Rows) -> Any:
        if isinstance(rows, slice):
            within: Rows = slice(self.start(rows.start, 1), self.start(rows.stop, 1))
            indices = self._indices[within].copy()
            indices[:, 0] -= rows.start
            count = rows.stop - rows.start
        else:
            starts = np.searchsorted(self._rows, rows)
            lengths = np.searchsorted(self._rows, rows, "right") - starts
            within = positions(starts, lengths)
            indices = self._indices[within]
            indices[:, 0] = np.repeat(np.arange(len(rows)), lengths)
            count = len(rows)
        dense_shape = self._dense_shape.copy()
        dense_shape[0] = count
        parts = {"indices": indices, "values": self._values.take(within), "dense_shape": dense_shape}
        if not self._plain and _is_of(self._tensor, "tensorflow", "SparseTensor"):
            return type(self._tensor)(**parts)
        return _in_form(self._tensor, parts)

    def start(self, row: int, level: int) -> int:
        return row if level == 0 else int(np.searchsorted(self._rows, row))


def _in_form(tensor: Any, parts: dict[str, Any]) -> Any:
    """The parts as a tuple of the tensor's class, or as a dict."""
    return tuple.__new__(type(tensor), parts.values()) if isinstance(tensor, tuple) else parts


def _is_of(tensor: Any, package: str, *names: str) -> bool:
    """Whether a tensor is of a class of another library, which is not imported for the question."""
    module = sys.modules.get(package)
    return module is not None and any(isinstance(tensor, getattr(module, name, ())) for name in names)
