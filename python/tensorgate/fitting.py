"""Tensors given the shape that a contract asks for: a first axis of one row, or padding at the end of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tensorgate._core import Dim, TensorSpec
from tensorgate.casting import Array, ConversionError
from tensorgate.exports import exported
from tensorgate.python_values import to_array


def with_batch_dim(value: Any, spec: TensorSpec, name: str | None) -> tuple[Any, str | None]:
    """Return a tensor that lacks the batch dimension as a batch of one row, and what was done; any other itself.

    Args:
        value: anything.
        spec: what the contract says of it.
        name: the batch dimension's; None where any first dimension is that, unless its size is fixed to more than one.

    >>> with_batch_dim(np.zeros(3), TensorSpec(("batch", 3), "float64"), None)
    (array([[0., 0., 0.]]), 'batch dimension added: [3] to [1, 3]')
    """
    if not spec.shape or not (_may_be_one(spec.shape[0]) if name is None else _name(spec.shape[0]) == name):
        return value, None
    if not TensorSpec((None,) * (len(spec.shape) - 1), spec.dtype).accepts(value):
        return value, None
    array = _as_array(value)
    made = (value if array is None else array)[None]
    return made, f"batch dimension added: {list(made.shape[1:])} to {list(made.shape)}"


def shared_sizes(tensors: Iterable[tuple[Any, TensorSpec]]) -> dict[str, int]:
    """Return the largest size that each named dimension has in tensors, each beside its spec.

    >>> spec = TensorSpec((None, "n"))
    >>> shared_sizes([(np.zeros((1, 5), np.float32), spec), (np.zeros((1, 7), np.float32), spec)])
    {'n': 7}
    """
    sizes: dict[str, int] = {}
    for value, spec in tensors:
        array = _to_pad(value, spec)
        if array is not None and spec.shape is not None:
            for dim, size in zip(spec.shape, array.shape, strict=True):
                if name := _name(dim):
                    sizes[name] = max(sizes.get(name, 0), size)
    return sizes


def with_padding(value: Any, spec: TensorSpec, fill: Any, sizes: Mapping[str, int]) -> tuple[Any, str | None]:
    """Return a tensor with a value put at the end of the axes that are too short, and what was done; any other itself.

    The first axis stays, as padding there would invent rows. So does one for which no allowed size is left.

    Args:
        value: anything.
        spec: what the contract says of it.
        fill: a number or a string.
        sizes: what named dimensions need, at the least.

    Raises:
        ConversionError: the dtype can't hold `fill`.

    >>> spec = TensorSpec(("batch", Dim(multiple_of=4)), "int64")
    >>> with_padding(np.array([[1, 2, 3]]), spec, 0, {})
    (array([[1, 2, 3, 0]]), 'padded with 0: [1, 3] to [1, 4]')
    """
    array = _to_pad(value, spec)
    if array is None or not spec.shape:
        return value, None
    inner = [_padded_size(dim, size, sizes) for dim, size in zip(spec.shape[1:], array.shape[1:], strict=True)]
    shape = (array.shape[0], *inner)
    if shape == array.shape:
        return value, None
    dtype = np.dtype(object) if spec.dtype == "string" else array.dtype
    try:
        out = np.full(shape, to_array(fill, dtype, "unsafe"), dtype)
    except ConversionError as fault:
        fault.got = f"{fault.got} to pad with"
        raise
    out[tuple(map(slice, array.shape))] = array
    return out, f"padded with {fill!r}: {list(array.shape)} to {list(shape)}"


def _to_pad(value: Any, spec: TensorSpec) -> Array | None:
    """A tensor of the spec's dtype and rank as an array; None of anything else."""
    if spec.shape is None or not TensorSpec((None,) * len(spec.shape), spec.dtype).accepts(value):
        return None
    return _as_array(value)


def _as_array(value: Any) -> Array | None:
    return np.asarray(value) if isinstance(value, (np.ndarray, np.generic)) else exported(value)


def _name(dim: Any) -> str | None:
    return dim.name if isinstance(dim, Dim) else dim if isinstance(dim, str) else None


def _may_be_one(dim: Any) -> bool:
    return dim == 1 or not isinstance(dim, int)


def _padded_size(dim: Any, size: int, sizes: Mapping[str, int]) -> int:
    if dim is None:
        return size
    if isinstance(dim, int):
        return max(dim, size)
    rules = dim if isinstance(dim, Dim) else Dim(dim)
    need = max(size, rules.min, sizes.get(rules.name or "", 0))
    need += -need % rules.multiple_of
    return size if rules.max is not None and need > rules.max else need
