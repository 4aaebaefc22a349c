"""Ragged and sparse tensors by their parts, each as a tensor of the dtype that the contract asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from tensorgate._core import RaggedTensorSpec, SparseTensorSpec
from tensorgate.arrays.casting import Array, ConversionError, cast, is_number
from tensorgate.arrays.dense import as_tensor, numpy_dtype
from tensorgate.arrays.exports import described
from tensorgate.arrays.python_values import joined, to_array
from tensorgate.nests import is_row, items

RAGGED = ("values", "row_splits")
SPARSE = ("indices", "values", "dense_shape")
# What was done to which part: ("", ...) is the whole, (".values", ...) a part.
Steps = list[tuple[str, str]]


def parts_of(tensor: Any, names: Sequence[str]) -> list[Any]:
    """Return the parts of a ragged or sparse tensor: a mapping, a tuple or an object; none of what has no such parts.

    >>> parts_of({"row_splits": 1, "values": 2}, RAGGED), parts_of((2, 1), RAGGED), parts_of(3, RAGGED)
    ([2, 1], [2, 1], [])
    """
    if issubclass(type(tensor), Mapping):
        return [tensor[name] for name in names] if set(tensor) == set(names) else []
    if issubclass(type(tensor), tuple):
        return list(items(tensor)) if len(items(tensor)) == len(names) else []
    return [getattr(tensor, name) for name in names] if all(hasattr(tensor, name) for name in names) else []


def as_ragged(value: Any, spec: RaggedTensorSpec, casting: str) -> tuple[Any, Steps]:
    """Return a ragged tensor by its parts and what was done for it; the same object and nothing where nothing was.

    Rows in nested lists, which may be arrays at the innermost, become parts.

    Raises:
        ConversionError: a row is no list, or a value can't be converted, or not under the word.

    >>> as_ragged([[1, 2], [], [3]], RaggedTensorSpec((None, None)), "safe")[0]
    {'values': array([1., 2., 3.], dtype=float32), 'row_splits': array([0, 2, 2, 3])}
    """
    if isinstance(value, list):
        made = _from_rows(value, spec, casting)
        return made, [("", f"{described(value)} made ragged {spec.dtype}")]
    dtypes = list(zip(RAGGED, (spec.dtype, spec.row_splits_dtype), strict=True))
    return _as_parts(value, dtypes, spec.ragged_rank, casting)


def as_sparse(value: Any, spec: SparseTensorSpec, casting: str) -> tuple[Any, Steps]:
    """Return a sparse tensor by its parts, likewise.

    Raises:
        ConversionError: a part can't be converted, or not under the word.

    >>> parts = {"indices": [[0, 1]], "values": [5], "dense_shape": [2, 3]}
    >>> as_sparse(parts, SparseTensorSpec((None, 3)), "safe")[0]["values"]
    array([5.], dtype=float32)
    """
    return _as_parts(value, list(zip(SPARSE, ("int64", spec.dtype, "int64"), strict=True)), 1, casting)


def _as_parts(value: Any, dtypes: Sequence[tuple[str, str]], depth: int, casting: str) -> tuple[Any, Steps]:
    parts = parts_of(value, [name for name, _ in dtypes])
    if not parts:
        return value, []
    made = []
    steps: Steps = []
    for part, (name, dtype) in zip(parts, dtypes, strict=True):
        try:
            if name == "values" and depth > 1:
                tensor, inner = _as_parts(part, dtypes, depth - 1, casting)
            else:
                tensor, what = as_tensor(part, dtype, casting)
                inner = [("", what)] if what else []
        except ConversionError as fault:
            fault.part = f".{name}{fault.part}"
            raise
        made.append(tensor)
        steps += [(f".{name}{place}", what) for place, what in inner]
    return (dict(zip((name for name, _ in dtypes), made, strict=True)), steps) if steps else (value, [])


def _from_rows(value: list[Any], spec: RaggedTensorSpec, casting: str) -> Any:
    splits: list[Array] = []
    level: Any = items(value)
    for depth in range(spec.ragged_rank):
        odd = [i for i, row in enumerate(level) if not is_row(row) and not _is_array(row)]
        if odd:
            raise ConversionError("ragged", "a list", described(level[odd[0]]), None, _place(odd[0], splits), len(odd))
        splits.append(np.cumsum([0, *map(len, level)]))
        if depth + 1 == spec.ragged_rank and level and all(map(_is_array, level)):
            level = joined(level, np.concatenate)
        else:
            level = list(chain.from_iterable(items(row) if is_row(row) else row for row in level))
    try:
        values = _values(level, spec, casting)
    except ConversionError as fault:
        if fault.index:
            fault.index = (*_place(fault.index[0], splits), *fault.index[1:])
        raise
    parts: Any = values
    for row_splits in reversed(splits):
        parts = {"values": parts, "row_splits": row_splits.astype(spec.row_splits_dtype)}
    return parts


def _values(level: Any, spec: RaggedTensorSpec, casting: str) -> Array:
    want = numpy_dtype(spec.dtype)
    if _is_array(level) and is_number(level.dtype) and want.kind != "O":
        return cast(level, want, casting)
    values = to_array(list(level), want, casting)
    inner = (spec.shape or ())[spec.ragged_rank + 1 :]
    # Of rows without values lists don't tell how wide they would be.
    return values if values.size else values.reshape(0, *(dim if isinstance(dim, int) else 0 for dim in inner))


def _is_array(row: Any) -> bool:
    return isinstance(row, np.ndarray) and row.ndim > 0


def _place(position: int, splits: Sequence[Array]) -> tuple[int, ...]:
    """Where a value, by its place among all, stands in nested lists that were flattened into rows."""
    index: tuple[int, ...] = ()
    for row_splits in reversed(splits):
        row = int(np.searchsorted(row_splits, position, "right")) - 1
        index = (position - int(row_splits[row]), *index)
        position = row
    return (position, *index)
