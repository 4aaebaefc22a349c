"""What tensors are filled up with, and to which sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from tensorgate._core import Dim, TensorSpec, Violation
from tensorgate.arrays.casting import Array, ConversionError
from tensorgate.arrays.exports import described, exported
from tensorgate.arrays.python_values import to_array
from tensorgate.leaves import Leaf
from tensorgate.nests import is_row
from tensorgate.specs import Spec, dim_name, value_rules


class Padding:
    """The values that inputs are filled up with."""

    def __init__(self, pad: Any, leaves: Iterable[Leaf]) -> None:
        """Take a value for all inputs, or a mapping of values by input (its name; or a tensor, by its path).

        Raises:
            TypeError: a value is no single one.
            ValueError: the mapping names what is no input.

        >>> Padding({"idz": 0}, [Leaf(("ids",), "inputs['ids']", TensorSpec((None, None)))])
        Traceback (most recent call last):
        ValueError: pad names 'idz', which is no input
        """
        self._values = pad if isinstance(pad, Mapping) else None
        self._value = pad
        for value in [pad] if self._values is None else self._values.values():
            if is_row(value) or np.ndim(value) > 0:
                raise TypeError(f"pad is {described(value)}; it must be a single value, or one for each input by name")
        if self._values:
            known = {name for leaf in leaves for name in _names(leaf)}
            for name in self._values:
                if name not in known:
                    raise ValueError(f"pad names {name!r}, which is no input")

    def value(self, leaf: Leaf) -> Any:
        """Return an input's value as it was given; None where it has none.

        >>> leaf = Leaf(("ids",), "inputs['ids']", TensorSpec((None, None), "int64"))
        >>> Padding({"ids": 7}, [leaf]).value(leaf)
        7
        """
        if self._values is None:
            return self._value
        return next((self._values[name] for name in _names(leaf) if name in self._values), None)

    def fill(self, leaf: Leaf) -> Array:
        """Return an input's value, as an array without dimensions of its dtype.

        Raises:
            ValueError: there is none, the input's dtype can't hold it, or the input's own rules forbid it.

        >>> leaf = Leaf(("ids",), "inputs['ids']", TensorSpec((None, None), "int64"))
        >>> Padding(0, [leaf]).fill(leaf)
        array(0)
        """
        value, spec = self.value(leaf), leaf.spec
        if value is None:
            raise ValueError(f"{leaf.path} must be filled up, and pad has no value for it")
        if hasattr(value, "item"):
            value = value.item()
        try:
            fill, fault = _judged(spec, value, repr(value))
        except (TypeError, ValueError):
            raise ValueError(f"pad={value!r} can't be held by {leaf.path}, which is {spec.dtype}") from None
        if fault:
            raise ValueError(f"pad={value!r} can't stand in {leaf.path}: {fault.code}, {fault.expected}")
        return fill


def padded_size(dim: Any, size: int) -> int | None:
    """Return the least size from `size` up that a dimension allows; None where it allows none.

    >>> padded_size(Dim("seq", min=4, multiple_of=8), 3), padded_size(None, 3), padded_size(2, 3)
    (8, 3, None)
    """
    if isinstance(dim, int):
        return dim if size <= dim else None
    if not isinstance(dim, Dim):
        return size
    least = max(size, dim.min)
    least += -least % dim.multiple_of
    return least if dim.max is None or least <= dim.max else None


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
                if name := dim_name(dim):
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
    axes = zip(spec.shape[1:], array.shape[1:], strict=True)
    inner = [padded_size(dim, max(size, sizes.get(dim_name(dim) or "", 0))) or size for dim, size in axes]
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


def _names(leaf: Leaf) -> tuple[str | int, ...]:
    return leaf.path, *leaf.trail[:1]


@lru_cache(maxsize=256, typed=True)
def _judged(spec: Spec, value: Any, text: str) -> tuple[Array, Violation | None]:  # noqa: ARG001
    """A value as an array, and which rule it breaks in some place. The text tells -0.0 from 0.0."""
    fill = np.asarray(TensorSpec((), spec.dtype, default=value).default)
    rules = value_rules(spec)
    shape = np.broadcast_shapes(*(rules[bound].shape for bound in ("minimum", "maximum") if bound in rules))
    found = TensorSpec(shape, spec.dtype, **rules).violations(np.broadcast_to(fill, shape))
    return fill, next(iter(found), None)


def _to_pad(value: Any, spec: TensorSpec) -> Array | None:
    """A tensor of the spec's dtype and rank as an array; None of anything else."""
    if spec.shape is None or not TensorSpec((None,) * len(spec.shape), spec.dtype).accepts(value):
        return None
    return exported(value)
