"""Tensors of many requests made into one, where the core does not: strings, ragged and sparse tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorgate._core import RaggedTensorSpec, SparseTensorSpec
from tensorgate.arrays.casting import Array
from tensorgate.arrays.composites import RAGGED, SPARSE, parts_of
from tensorgate.arrays.exports import as_array
from tensorgate.specs import Spec


def elements(tensor: Any, spec: Spec) -> Array:
    """Return a tensor's elements as an array, strings as objects.

    >>> elements(np.array(["a"]), SparseTensorSpec((None,), "string"))
    array(['a'], dtype=object)
    """
    array = as_array(tensor)
    return array.astype(object, copy=False) if spec.dtype == "string" else array


def stacked(arrays: Sequence[Array], shape: Sequence[int], fill: Array | None) -> Array:
    """Return the rows of all arrays in one, filled up at the end where they are smaller than `shape`.

    >>> stacked([np.array([[1, 2]]), np.array([[3], [4]])], [2], np.array(0))
    array([[1, 2],
           [3, 0],
           [4, 0]])
    """
    if all(array.shape[1:] == tuple(shape) for array in arrays):
        return np.concatenate(arrays)
    out = np.full((sum(map(len, arrays)), *shape), fill, arrays[0].dtype)
    start = 0
    for array in arrays:
        out[(slice(start, start + len(array)), *map(slice, array.shape[1:]))] = array
        start += len(array)
    return out


def innermost(tensor: Any, depth: int) -> Any:
    """Return the values of a ragged tensor that has so many ragged dimensions.

    >>> innermost({"values": ([1, 2], [0, 2]), "row_splits": [0, 1]}, 2)
    [1, 2]
    """
    for _ in range(depth):
        tensor = parts_of(tensor, RAGGED)[0]
    return tensor


def joined_ragged(tensors: Sequence[Any], spec: RaggedTensorSpec, values: Array) -> Any:
    """Return the rows of ragged tensors as one, by its parts, given the values of all.

    Raises:
        ValueError: the dtype of the row_splits can't count the values.

    >>> spec = RaggedTensorSpec((None, None))
    >>> joined_ragged([("12", np.array([0, 2])), ("3", np.array([0, 0, 1]))], spec, "123")
    {'values': '123', 'row_splits': array([0, 2, 2, 3])}
    """
    levels = []
    for _ in range(spec.ragged_rank):
        both = [parts_of(tensor, RAGGED) for tensor in tensors]
        tensors = [inner for inner, _ in both]
        levels.append(_joined_splits([as_array(splits) for _, splits in both], spec.row_splits_dtype))
    made: Any = values
    for row_splits in reversed(levels):
        made = {"values": made, "row_splits": row_splits}
    return made


def _joined_splits(all_splits: Sequence[Array], dtype: str) -> Array:
    ends = [0]
    for splits in all_splits:
        ends.append(ends[-1] + int(splits[-1]))
    if ends[-1] > np.iinfo(dtype).max:
        raise ValueError(f"{ends[-1]} values are more than row_splits of {dtype} can count")
    later = (splits[1:].astype(np.int64) + end for splits, end in zip(all_splits, ends, strict=False))
    return np.concatenate([np.zeros(1, np.int64), *later]).astype(dtype)


def joined_sparse(tensors: Sequence[Any], spec: SparseTensorSpec) -> dict[str, Any]:
    """Return the rows of sparse tensors as one, by its parts, as wide as the widest.

    >>> one = {"indices": np.array([[0, 1]]), "values": np.array([5.0]), "dense_shape": np.array([1, 3])}
    >>> joined = joined_sparse([one, one], SparseTensorSpec((None, None)))
    >>> joined["indices"].tolist(), joined["dense_shape"].tolist()
    ([[0, 1], [1, 1]], [2, 3])
    """
    parts = [parts_of(tensor, SPARSE) for tensor in tensors]
    all_indices = [as_array(indices) for indices, _, _ in parts]
    shapes = np.array([as_array(shape) for _, _, shape in parts])
    ends = np.cumsum(shapes[:, 0])
    indices = np.concatenate(all_indices)
    indices[:, 0] += np.repeat(ends - shapes[:, 0], [len(own) for own in all_indices])
    dense_shape = shapes.max(axis=0)
    dense_shape[0] = ends[-1]
    return {
        "indices": indices,
        "values": np.concatenate([elements(values, spec) for _, values, _ in parts]),
        "dense_shape": dense_shape,
    }


def same(a: Any, b: Any, spec: Spec) -> bool:
    """Return whether two tensors of one spec are equal, NaN to itself.

    >>> spec = RaggedTensorSpec((None, None))
    >>> one = {"values": np.array([1.0, np.nan]), "row_splits": np.array([0, 2])}
    >>> same(one, one | {"values": np.array([1.0, np.nan])}, spec), same(one, one | {"values": np.zeros(2)}, spec)
    (True, False)
    """
    return a is b or all(map(_equal, _arrays(a, spec), _arrays(b, spec)))


def _equal(a: Array, b: Array) -> bool:
    if np.array_equal(a, b):
        return True
    return a.shape == b.shape and not a.dtype.hasobject and a.tobytes() == b.tobytes()


def _arrays(tensor: Any, spec: Spec) -> list[Array]:
    if isinstance(spec, SparseTensorSpec):
        indices, values, dense_shape = parts_of(tensor, SPARSE)
        return [as_array(indices), elements(values, spec), as_array(dense_shape)]
    arrays = []
    for _ in range(spec.ragged_rank if isinstance(spec, RaggedTensorSpec) else 0):
        tensor, row_splits = parts_of(tensor, RAGGED)
        arrays.append(as_array(row_splits))
    return [*arrays, elements(tensor, spec)]
