"""What tensors are filled up with, and to which sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorgate._core import Dim, TensorSpec, Violation
from tensorgate.batch_axis import Spec
from tensorgate.exports import described
from tensorgate.leaves import Leaf


def padded_size(dim: Any, size: int) -> int:
    """Return the least size from `size` up that a dimension allows.

    >>> padded_size(Dim("seq", min=4, multiple_of=8), 3), padded_size(None, 3)
    (8, 3)
    """
    if not isinstance(dim, Dim):
        return size
    least = max(size, dim.min)
    return least + -least % dim.multiple_of


class Padding:
    """The values that inputs are filled up with."""

    def __init__(self, pad: Any, leaves: Sequence[Leaf]) -> None:
        """Take a value for all inputs, or a mapping of values by input: its name or its path.

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
            if isinstance(value, (list, tuple)) or np.ndim(value) > 0:
                raise TypeError(f"pad is {described(value)}; it must be a single value, or one for each input by name")
        known = {name for leaf in leaves for name in _names(leaf)}
        for name in self._values or ():
            if name not in known:
                raise ValueError(f"pad names {name!r}, which is no input")

    def fill(self, leaf: Leaf) -> npt.NDArray[Any]:
        """Return an input's value, as an array without dimensions of its dtype.

        Raises:
            ValueError: there is none, the input's dtype can't hold it, or the input's own rules forbid it.

        >>> leaf = Leaf(("ids",), "inputs['ids']", TensorSpec((None, None), "int64"))
        >>> Padding(0, [leaf]).fill(leaf)
        array(0)
        """
        value, spec = self._value, leaf.spec
        if self._values is not None:
            found = [self._values[name] for name in _names(leaf) if name in self._values]
            if not found:
                raise ValueError(f"{leaf.path} must be filled up, and pad has no value for it")
            value = found[0]
        if hasattr(value, "item"):
            value = value.item()
        try:
            fill, fault = _judged(spec, value, repr(value))
        except (TypeError, ValueError):
            raise ValueError(f"pad={value!r} can't be held by {leaf.path}, which is {spec.dtype}") from None
        if fault:
            raise ValueError(f"pad={value!r} can't stand in {leaf.path}: {fault.code}, {fault.expected}")
        return fill


def _names(leaf: Leaf) -> tuple[Any, ...]:
    return (leaf.path, *leaf.trail) if len(leaf.trail) == 1 else (leaf.path,)


@lru_cache(maxsize=256, typed=True)
def _judged(spec: Spec, value: Any, text: str) -> tuple[npt.NDArray[Any], Violation | None]:  # noqa: ARG001
    """A value as an array, and which rule it breaks in some place. The text tells -0.0 from 0.0."""
    fill = np.asarray(TensorSpec((), spec.dtype, default=value).default)
    bounds = {word: bound for word in ("minimum", "maximum") if (bound := getattr(spec, word)) is not None}
    shape = np.broadcast_shapes(*(bound.shape for bound in bounds.values()))
    rules = TensorSpec(
        shape,
        spec.dtype,
        **bounds,
        finite=spec.finite,
        one_of=spec.one_of,
        max_bytes=spec.max_bytes,
        utf8=spec.utf8,
    )
    return fill, next(iter(rules.violations(np.broadcast_to(fill, shape))), None)
