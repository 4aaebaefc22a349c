"""Contracts inferred from example batches. Called by Signature.from_batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tensorgate import nests
from tensorgate._core import Dim, Signature, TensorSpec
from tensorgate.arrays.casting import Array, stored


def from_batches(
    batches: Iterable[Any],
    *,
    name: str = "serving_default",
    batch_dim: str | None = "batch",
    sizes: bool = False,
    values: bool = False,
) -> Signature:
    """Return the narrowest contract of its kind that accepts every batch. One batch at a time is held in memory.

    A dtype is what was seen, a rank too, or unknown where it varied. Of the dimensions those that varied are open; what
    varied together has one name: "dim_1", "dim_2" and so on. An input that some batch lacks is optional.

    Args:
        batches: nests of tensors, of one structure but for keys that a dict may lack.
        name: the signature's name.
        batch_dim: a name for the leading dimension that most inputs share, which counts the rows. It is open even if it
            never varied. None treats it as any other.
        sizes: bound the dimensions that varied by the least and the greatest size seen.
        values: bound the elements by the least and the greatest seen, and refuse NaN and infinities where none was.
            A tensor in which NaN was seen gets no bounds, as NaN is within none.

    Raises:
        ValueError: there is no batch; or structures, dtypes or tensors that `check` would refuse, with the path.
        TypeError: `batches` is one batch, or holds tensors that a TensorSpec can't describe.

    >>> import numpy as np
    >>> few, many = ({"x": np.zeros((n, 3), np.float32), "y": np.zeros(n, np.int64)} for n in (2, 5))
    >>> signature = Signature.from_batches([few, many])
    >>> signature.inputs["x"], signature.inputs["y"]
    (TensorSpec(shape=('batch', 3), dtype='float32'), TensorSpec(shape=('batch',), dtype='int64'))
    """
    if isinstance(batches, Mapping) or hasattr(batches, "__array__"):
        raise TypeError("batches is a single batch; put it into a list")
    seen: Any = None
    groups = _Groups()
    count = 0
    for batch in batches:
        count += 1
        tensors: dict[_Tensor, _Example] = {}
        seen = _merged(seen, nests.mapped(_Example, batch), "inputs", tensors)
        together: dict[_Axis, int] = {}
        for tensor, example in tensors.items():
            together |= tensor.add(example, values=values)
        groups.split(together)
    if count == 0:
        raise ValueError("there is no batch to infer a contract from")
    tensors_seen = nests.leaves(seen)
    dims = groups.dims(tensors_seen, batch_dim, sizes=sizes)
    inputs = nests.mapped(lambda _, tensor: tensor.spec(dims, count), seen)
    has_rows = any(tensor.axes for tensor in tensors_seen)
    return Signature(inputs, name=name, batch_dim=batch_dim if has_rows else None)


class _Example:
    """A tensor of one batch."""

    def __init__(self, path: str, value: Any) -> None:
        self.array = np.asarray(value)
        dtype = getattr(value, "dtype", None)
        if not hasattr(dtype, "as_numpy_dtype"):  # TensorFlow's, as NumPy has no qint8
            dtype = self.array.dtype
        try:
            spec = TensorSpec(self.array.shape, dtype)
        except TypeError as error:
            raise TypeError(f"{path}: {error}") from None
        for violation in spec.violations(value):
            what = "; ".join(filter(None, (violation.got, violation.hint)))
            raise ValueError(f"{path} is no tensor that a contract accepts: {violation.code}: {what}")
        self.dtype = spec.dtype


class _Axis:
    """A dimension of a tensor, and the sizes that were seen of it."""

    def __init__(self, size: int) -> None:
        self.least = self.greatest = size

    def add(self, size: int) -> None:
        self.least = min(self.least, size)
        self.greatest = max(self.greatest, size)

    @property
    def varies(self) -> bool:
        return self.least < self.greatest


class _Tensor:
    """What was seen of one tensor."""

    def __init__(self, path: str, example: _Example) -> None:
        self.path = path
        self.dtype = example.dtype
        self.axes: list[_Axis] | None = [_Axis(size) for size in example.array.shape]  # None: the rank varied
        self.range = _Range()
        self.count = 0

    def add(self, example: _Example, *, values: bool) -> dict[_Axis, int]:
        """Take an example in, and return the size of each axis."""
        if example.dtype != self.dtype:
            raise ValueError(f"{self.path} is {self.dtype} in one batch and {example.dtype} in another")
        self.count += 1
        if values:
            self.range.add(example.array, self.dtype)
        shape = example.array.shape
        if self.axes is None or len(self.axes) != len(shape):
            self.axes = None
            return {}
        for axis, size in zip(self.axes, shape, strict=True):
            axis.add(size)
        return dict(zip(self.axes, shape, strict=True))

    def spec(self, dims: Mapping[_Axis, int | str | Dim | None], batches: int) -> TensorSpec:
        shape = None if self.axes is None else [dims[axis] for axis in self.axes]
        return TensorSpec(shape, self.dtype, optional=self.count < batches, **self.range.rules())


class _Range:
    """The elements that were seen of a tensor."""

    def __init__(self) -> None:
        self.least: Any = None
        self.greatest: Any = None
        self.is_finite: bool | None = None  # of floating and complex numbers

    def add(self, array: Array, dtype: str) -> None:
        if array.size == 0 or not any(kind in dtype for kind in ("int", "float", "complex")):
            return
        array = stored(array)
        if array.dtype.kind == "V":  # ml_dtypes' numbers, all of which a double holds
            array = array.astype(np.float64)
        if "int" not in dtype:
            self.is_finite = self.is_finite is not False and bool(np.isfinite(array).all())
        if "complex" not in dtype:
            # NaN stays, as it does in NumPy.
            with np.errstate(invalid="ignore"):
                least, greatest = array.min(), array.max()
            self.least = least if self.least is None else np.minimum(self.least, least)
            self.greatest = greatest if self.greatest is None else np.maximum(self.greatest, greatest)

    def rules(self) -> dict[str, Any]:
        rules: dict[str, Any] = {"finite": True} if self.is_finite else {}
        if self.least is not None and self.least == self.least:
            rules |= {"minimum": self.least.item(), "maximum": self.greatest.item()}
        return rules


class _Groups:
    """Axes that had one size in every batch that had them."""

    def __init__(self) -> None:
        self.groups: list[list[_Axis]] = []

    def split(self, sizes: Mapping[_Axis, int]) -> None:
        """Part what differed in a batch, and put new axes to the first group of their size."""
        known = set(itertools.chain.from_iterable(self.groups))
        self.groups = [part for group in self.groups for part in _parts(group, sizes)]
        of_size: dict[int, list[_Axis]] = {}
        for group in self.groups:
            for axis in group:
                if axis in sizes:
                    of_size.setdefault(sizes[axis], group)
        for axis, size in sizes.items():
            if axis not in known:
                if size not in of_size:
                    of_size[size] = []
                    self.groups.append(of_size[size])
                of_size[size].append(axis)

    def dims(
        self, tensors: Iterable[_Tensor], batch_dim: str | None, *, sizes: bool
    ) -> dict[_Axis, int | str | Dim | None]:
        """Return what a spec says of each axis of the tensors whose rank is known."""
        shapes = [tensor.axes for tensor in tensors if tensor.axes]
        order = {axis: position for position, axis in enumerate(itertools.chain.from_iterable(shapes))}
        leading = {shape[0] for shape in shapes}
        groups = [known for group in self.groups if (known := sorted(order.keys() & group, key=order.__getitem__))]
        groups.sort(key=lambda group: order[group[0]])
        batch = None if batch_dim is None else _batch_group(groups, leading)
        names = (name for number in itertools.count(1) if (name := f"dim_{number}") != batch_dim)
        dims: dict[_Axis, int | str | Dim | None] = {}
        for group in groups:
            dims |= {axis: axis.least for axis in group}
            opened = [axis for axis in group if axis.varies or (group is batch and axis in leading)]
            shared = batch_dim if group is batch else next(names) if len(opened) > 1 else None
            bounded = sizes and any(axis.varies for axis in opened)
            dims |= dict.fromkeys(opened, _bounded(shared, opened) if bounded else shared)
        return dims


def _parts(group: list[_Axis], sizes: Mapping[_Axis, int]) -> Iterable[list[_Axis]]:
    parts: dict[int, list[_Axis]] = {}
    for axis in group:
        if axis in sizes:
            parts.setdefault(sizes[axis], []).append(axis)
    if not parts:
        return [group]
    # What a batch lacks may be of any part.
    next(iter(parts.values())).extend(axis for axis in group if axis not in sizes)
    return parts.values()


def _batch_group(groups: Iterable[list[_Axis]], leading: set[_Axis]) -> list[_Axis] | None:
    def rank(group: list[_Axis]) -> tuple[bool, int, bool]:
        count = len(leading.intersection(group))
        varies = any(axis.varies for axis in group)
        # A single input may vary for a reason of its own.
        return varies and count > 1, count, varies

    return max((group for group in groups if leading.intersection(group)), key=rank, default=None)


def _bounded(name: str | None, axes: list[_Axis]) -> Dim:
    return Dim(name, min=min(axis.least for axis in axes), max=max(axis.greatest for axis in axes))


def _merged(seen: Any, example: Any, path: str, tensors: dict[_Tensor, _Example]) -> Any:
    """Return the nest of tensors that were seen, with what this batch adds, and put down its tensors."""
    if seen is not None and _form(seen) != _form(example):
        raise ValueError(f"{path} is {_form(seen)} in one batch and {_form(example)} in another")
    if isinstance(example, _Example):
        tensor = _Tensor(path, example) if seen is None else seen
        tensors[tensor] = example
        return tensor
    known = {} if seen is None else nests.held(seen) or {}
    merged = {
        key: _merged(known.get(key), part, path + nests.step(example, key), tensors)
        for key, part in (nests.held(example) or {}).items()
    }
    return known | merged if isinstance(example, Mapping) else nests.rebuilt(example, merged.values())


def _form(nest: Any) -> str:
    if isinstance(nest, (_Example, _Tensor)):
        return "a tensor"
    if isinstance(nest, Mapping):
        return "a dict"
    fields = nests.field_names(type(nest))
    if fields is not None:
        return f"a {type(nest).__name__}({', '.join(fields)})"
    return f"a {type(nest).__name__} of {len(nest)}"
