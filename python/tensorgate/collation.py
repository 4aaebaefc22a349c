"""Many requests put into one batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from tensorgate import _core
from tensorgate._core import Dim, RaggedTensorSpec, Signature, TensorSpec
from tensorgate.arrays.casting import Array, Integers
from tensorgate.arrays.joins import elements, innermost, joined_ragged, joined_sparse, same, stacked
from tensorgate.batch_axis import has_batch_axis, require_free_rows
from tensorgate.leaves import Leaf, Trail, leaves_of, replaced
from tensorgate.padding import Padding, padded_size
from tensorgate.requests import Report, as_requests
from tensorgate.specs import dim_name

# A list, or a row each of an array.
Shapes = list[Any] | Integers


class Collated(NamedTuple):
    """One batch of many requests.

    Attributes:
        batch: the rows of the good requests, in their order, in containers like those of the first of them. None where
            no request is good.
        sizes: how many of its rows each request brought; 0 where it was refused.
        lengths: the sizes, before padding, that each row of the batch had in dimensions that the contract does not
            fix: by their names, or as in "inputs['ids'].shape[1]".
        report: the verdict on each request.

    >>> import numpy as np
    >>> sig = Signature({"ids": TensorSpec(("batch", "seq"), "int64")})
    >>> sig.collate([{"ids": np.array([1, 2])}, {"ids": np.array([[3], [4]])}], pad=0).lengths
    {'seq': array([2, 1, 1])}
    """

    batch: Any
    sizes: Integers
    lengths: dict[str, Integers]
    report: Report


def collate(signature: Signature, requests: Iterable[Any], *, pad: Any = None) -> Collated:
    """Check single requests and put the good ones into one contiguous batch.

    A request is a batch of any number of rows, or a single row, whose dense tensors lack the batch axis. The batch
    holds NumPy arrays, those of strings with dtype object; ragged and sparse tensors come as dicts of their parts.
    Inputs without rows must be the same in all requests.

    Args:
        signature: the contract.
        requests: any number of them.
        pad: a value, or a mapping of values by input (its name or its path), to be put at the end of rows that are
            smaller than others or than a Dim allows. Dimensions of one name get one size.

    Raises:
        ValueError: good requests can't be one batch: their sizes differ and there is no `pad`, only some have an
            input, or the contract allows no batch of so many rows. Or padding would break a rule.
        TypeError: the requests are a single one, or what is to be padded with is no single value.

    >>> sig = Signature({"ids": TensorSpec(("batch", "seq"), "int64")})
    >>> rows = [{"ids": np.array([1, 2])}, {"ids": np.array([3])}, {"ids": np.array(["no"])}]
    >>> batch, sizes, lengths, report = collate(sig, rows, pad=0)
    >>> batch["ids"].tolist(), sizes.tolist(), lengths["seq"].tolist()
    ([[1, 2], [3, 0]], [1, 1, 0], [2, 1])
    """
    given = as_requests(requests, "requests")
    inputs = _inputs(_Itself(signature))
    padding = None if pad is None else Padding(pad, [own.leaf for own in inputs])
    collation = _core.Collation(signature, given, padding is not None)
    report = Report(*collation.verdicts())
    sizes = collation.sizes()
    good = np.flatnonzero(report.ok) if report.violations else np.arange(len(given))
    if len(good) == 0:
        keys = [free.key for own in inputs if own.has_dense_rows for free in own.free]
        return Collated(None, sizes, dict.fromkeys(keys, sizes[:0]), report)
    joining = _Joining(collation, inputs, good, sizes[good] if report.violations else sizes, padding)
    joined = joining.joined()
    return Collated(replaced(given[good[0]], joined), sizes, joining.lengths, report)


class _FreeDim(NamedTuple):
    """A dimension of no fixed size, but for the one that counts rows."""

    axis: int
    key: str  # what `lengths` calls it
    dim: Any


class _Input(NamedTuple):
    position: int
    leaf: Leaf
    shape: Any  # the spec's
    has_rows: bool
    has_dense_rows: bool
    free: tuple[_FreeDim, ...]


class _Itself:
    """A signature that equals none but itself: of equal ones the positions of the inputs may differ."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.signature is self.signature

    def __hash__(self) -> int:
        return id(self.signature)


@lru_cache(maxsize=256)
def _inputs(itself: _Itself) -> tuple[_Input, ...]:
    signature = itself.signature
    require_free_rows(signature)
    made = []
    for position, leaf in enumerate(leaves_of(signature.inputs, signature.inputs)):
        shape = leaf.spec.shape
        has_rows = has_batch_axis(signature, leaf.spec)
        free = tuple(
            _FreeDim(axis, dim_name(dim) or f"{leaf.path}.shape[{axis}]", dim)
            for axis, dim in enumerate(shape or ())
            if not isinstance(dim, int) and axis >= has_rows
        )
        has_dense_rows = has_rows and isinstance(leaf.spec, TensorSpec)
        made.append(_Input(position, leaf, shape, has_rows, has_dense_rows, free))
    return tuple(made)


class _Joining:
    """Good requests on their way into one batch."""

    def __init__(
        self, collation: _core.Collation, inputs: Sequence[_Input], good: Integers, rows: Integers, pad: Padding | None
    ) -> None:
        self._collation = collation
        self._inputs = inputs
        self._good = good
        self._rows = rows
        self._pad = pad
        self._sizes: dict[str, int] = {}
        self.lengths: dict[str, Integers] = {}

    def joined(self) -> dict[Trail, Any]:
        """Return what becomes of each input that is there, by its place."""
        rows = []
        others = []
        for own in self._inputs:
            if own.has_rows and isinstance(own.shape[0], Dim):
                self._require_allowed_count(own)
            if not own.has_dense_rows:
                others.append(own)
            elif (shapes := self._row_shapes(own)) is not None:
                self._settle_rows(own, shapes)
                rows.append((own, shapes))
        out = {own.leaf.trail: self._join_rows(own, shapes) for own, shapes in rows}
        # These come last, since they take over the sizes that rows of dense tensors have settled.
        for own in others:
            if tensors := self._tensors(own):
                out[own.leaf.trail] = self._join_others(own, tensors)
        return out

    @cached_property
    def _count(self) -> int:
        return int(self._rows.sum())

    def _require_allowed_count(self, own: _Input) -> None:
        dim, count = own.shape[0], self._count
        if padded_size(dim, count) != count:
            raise ValueError(f"the requests have {count} rows in all, and axis 0 of {own.leaf.path} is {dim!r}")

    def _tensors(self, own: _Input) -> list[Any]:
        """What the requests bring; nothing where all leave it out."""
        tensors = self._collation.tensors(own.position)
        absent = [tensor is None for tensor in tensors]
        if all(absent):
            return []
        if any(absent):
            has, lacks = self._good[absent.index(False)], self._good[absent.index(True)]
            raise ValueError(f"{own.leaf.path} is in request {has} and not in request {lacks}: all must be alike")
        return tensors

    def _row_shapes(self, own: _Input) -> Shapes | None:
        """The shapes of the requests' rows, a single one where all are alike; None where all leave the input out."""
        shape = self._collation.row_shape(own.position)
        if shape is not None:
            return [shape]
        tensors = self._tensors(own)
        if not tensors:
            return None
        if own.leaf.spec.dtype == "string":
            return np.array([array.shape[1:] for array in _string_rows(own, tensors)], np.int64)
        return self._collation.row_shapes(own.position)

    def _settle_rows(self, own: _Input, shapes: Shapes) -> None:
        for free in own.free:
            if isinstance(shapes, list):
                size = shapes[0][free.axis - 1]
                self._settle(free, size)
                self.lengths[free.key] = np.full(self._count, size)
            else:
                sizes = shapes[:, free.axis - 1]
                self._settle(free, self._largest(own, free, sizes))
                self.lengths[free.key] = np.repeat(sizes, self._rows)

    def _largest(self, own: _Input, free: _FreeDim, sizes: Integers) -> int:
        """The largest size of a dimension in the requests, which must be the only one where nothing is padded."""
        if self._pad is None and (odd := np.flatnonzero(sizes != sizes[0])).size:
            raise ValueError(
                f"axis {free.axis} of {own.leaf.path} has size {sizes[0]} in request {self._good[0]} and "
                f"{sizes[odd[0]]} in request {self._good[odd[0]]}: pass pad= to fill up the smaller ones"
            )
        return int(sizes.max())

    def _settle(self, free: _FreeDim, largest: int) -> None:
        padded = None if self._pad is None else padded_size(free.dim, largest)
        self._sizes.setdefault(free.key, padded or largest)

    def _shape(self, own: _Input) -> list[int]:
        """The settled shape; what no one has settled is -1."""
        shape = list(own.shape)
        for free in own.free:
            shape[free.axis] = self._sizes.get(free.key, -1)
        return shape

    def _fill(self, own: _Input, shapes: Shapes, shape: list[int]) -> Array | None:
        """What to fill up with, where some shape is not the settled one."""
        if self._pad is None or all(list(each) == shape for each in shapes):
            return None
        return self._pad.fill(own.leaf)

    def _join_rows(self, own: _Input, shapes: Shapes) -> Any:
        if isinstance(shapes, list) and not own.free:
            return self._collation.join(own.position, shapes[0])
        shape = self._shape(own)[1:]
        fill = self._fill(own, shapes, shape)
        if own.leaf.spec.dtype == "string":
            return stacked(_string_rows(own, self._tensors(own)), shape, fill)
        return self._collation.join(own.position, shape, fill)

    def _join_others(self, own: _Input, tensors: list[Any]) -> Any:
        spec = own.leaf.spec
        if not own.has_rows:
            for position, tensor in enumerate(tensors):
                if not same(tensors[0], tensor, spec):
                    raise ValueError(
                        f"{own.leaf.path} has no rows, so all requests must bring the same: requests {self._good[0]} "
                        f"and {self._good[position]} differ"
                    )
            tensors = tensors[:1]
        if own.shape is None:
            return tensors[0]
        if isinstance(spec, TensorSpec):
            return self._constant(own, tensors[0])
        return (self._join_ragged if isinstance(spec, RaggedTensorSpec) else self._join_sparse)(own, tensors)

    def _constant(self, own: _Input, tensor: Any) -> Any:
        array = elements(tensor, own.leaf.spec)
        for free in own.free:
            self._settle(free, array.shape[free.axis])
        shape = self._shape(own)
        fill = self._fill(own, [array.shape], shape)
        return tensor if fill is None else stacked([array[None]], shape, fill)[0]

    def _join_ragged(self, own: _Input, tensors: list[Any]) -> Any:
        spec = own.leaf.spec
        arrays = [elements(innermost(tensor, spec.ragged_rank), spec) for tensor in tensors]
        # Of the axes before it, which are ragged, the sizes are in the row_splits.
        last_ragged = spec.ragged_rank
        for free in own.free:
            if free.axis > last_ragged:
                sizes = np.array([array.shape[free.axis - last_ragged] for array in arrays])
                self._settle(free, self._largest(own, free, sizes))
        shape = self._shape(own)[last_ragged + 1 :]
        fill = self._fill(own, [array.shape[1:] for array in arrays], shape)
        joined = joined_ragged(tensors, spec, stacked(arrays, shape, fill))
        count = len(joined["row_splits"]) - 1
        for free in own.free:
            if free.axis == 0 and self._sizes.get(free.key, count) != count:
                raise ValueError(f"{own.leaf.path} has {count} rows, and {free.key} is {self._sizes[free.key]} in all")
        return joined

    def _join_sparse(self, own: _Input, tensors: list[Any]) -> Any:
        joined = joined_sparse(tensors, own.leaf.spec)
        for free in own.free:
            size = int(joined["dense_shape"][free.axis])
            joined["dense_shape"][free.axis] = self._sizes.get(free.key, size)
        return joined


def _string_rows(own: _Input, tensors: Sequence[Any]) -> list[Array]:
    """Strings with the batch axis, which a single row lacks."""
    rank = len(own.shape)
    arrays = [elements(tensor, own.leaf.spec) for tensor in tensors]
    return [array if array.ndim == rank else array[None] for array in arrays]
