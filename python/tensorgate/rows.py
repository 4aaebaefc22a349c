"""The good rows of a batch parted from the bad ones."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from tensorgate._core import Dim, RaggedTensorSpec, Signature, SparseTensorSpec, Violation, ViolationCode
from tensorgate.arrays.casting import Integers
from tensorgate.arrays.tensor_rows import Rows, rows_of
from tensorgate.batch_axis import has_batch_axis, require_free_rows
from tensorgate.leaves import ABSENT, Leaf, leaves_of, replaced
from tensorgate.specs import Spec, value_rules


class Split(NamedTuple):
    """The good rows of a batch and the bad ones.

    Attributes:
        good: a batch of the rows without fault; the very one that was given where all are good.
        bad: a batch of the others.
        rows: the positions of the bad rows in the batch that was given.
        violations: what is wrong with each bad row. An index is one in the batch that was given.

    >>> import numpy as np
    >>> Split({"x": "good"}, {"x": "bad"}, np.array([1]), ([],)).rows
    array([1])
    """

    good: Any
    bad: Any
    rows: Integers
    violations: tuple[list[Violation], ...]


def split(signature: Signature, batch: Any) -> Split:
    """Part the good rows of a batch from the bad ones, by what `bad_rows` says.

    Inputs without rows are in both batches, unchanged. Rows that lie side by side are views, where the tensors' library
    has views; others are copied. Dicts, lists, tuples, namedtuples and dataclasses come as what they are, other
    mappings as dicts; tensors of other libraries than NumPy, PyTorch and TensorFlow come as NumPy arrays. `good` meets
    the contract, but for what it says of the number of rows.

    Args:
        signature: the contract.
        batch: anything.

    Raises:
        ValidationError: a fault that no row owns: structure, dtypes, shapes, a value of an input without rows.
        ValueError: no input has rows, the contract lets no row leave its batch, or a tensor's rows can't be taken.

    >>> from tensorgate import TensorSpec
    >>> sig = Signature({"x": TensorSpec(("batch",), "int64", minimum=0)})
    >>> good, bad, rows, violations = split(sig, {"x": np.array([5, -1, 7])})
    >>> good["x"].tolist(), bad["x"].tolist(), rows.tolist()
    ([5, 7], [-1], [1])
    """
    is_bad = signature.bad_rows(batch)
    require_free_rows(signature)
    leaves = [leaf for leaf in leaves_of(signature.inputs, batch) if leaf.value is not ABSENT]
    leaves = [leaf for leaf in leaves if has_batch_axis(signature, leaf.spec)]
    tables = {leaf.trail: rows_of(leaf.value, leaf.spec) for leaf in leaves}

    def part(rows: Integers) -> Any:
        if len(rows) == len(is_bad):
            return batch
        wanted = _side_by_side(rows)
        return replaced(batch, {trail: table.take(wanted) for trail, table in tables.items()})

    bad = np.flatnonzero(is_bad)
    told: dict[int, list[Violation]] = {row: [] for row in bad.tolist()}
    if told:
        for leaf in leaves:
            _tell(leaf, told)
    return Split(part(np.flatnonzero(~is_bad)), part(bad), bad, tuple(told.values()))


def _side_by_side(rows: Integers) -> Rows:
    """A slice where the rows make one."""
    if len(rows) == 0:
        return slice(0, 0)
    first, last = int(rows[0]), int(rows[-1])
    return slice(first, last + 1) if last - first + 1 == len(rows) else rows


def _tell(leaf: Leaf, told: dict[int, list[Violation]]) -> None:
    """Add what is wrong with the rows of one tensor."""
    gates = _gates(leaf.spec)
    if not gates:
        return
    table = rows_of(leaf.value, leaf.spec, plain=True)
    for gate, level, of_lengths in gates:
        for row in np.flatnonzero(gate.bad_rows(leaf.value)).tolist():
            for found in gate.violations(table.take(slice(row, row + 1))):
                # The gate of lengths can't but look at strings as well. A row that another thread has changed since
                # it was judged may not be among the bad ones.
                if (found.code == ViolationCode.dim) is of_lengths and row in told:
                    told[row].append(_moved(found, leaf.path, table.start(row, level)))


def _moved(found: Violation, path: str, start: int) -> Violation:
    """A violation of a tensor's single row, as one of the whole batch."""
    index = found.index and (found.index[0] + start, *found.index[1:])
    path += found.path.removeprefix("inputs")
    return Violation(path, found.code, found.expected, found.got, found.hint, index, found.count)


class _Gate(NamedTuple):
    """A contract for some of what a row of one tensor may break."""

    signature: Signature
    level: int  # of the rows of rows, or values, that its indices count
    of_lengths: bool


@lru_cache(maxsize=1024)
def _gates(spec: Spec) -> list[_Gate]:
    rules = value_rules(spec)
    has_rules = rules or spec.dtype == "string"
    shape = (None, *(spec.shape or ())[1:])
    if not isinstance(spec, RaggedTensorSpec):
        level = 1 if isinstance(spec, SparseTensorSpec) else 0
        return [_Gate(Signature(type(spec)(shape, spec.dtype, **rules)), level, False)] if has_rules else []
    depth = spec.ragged_rank
    free, inner = (None,) * (depth + 1), shape[depth + 1 :]
    kind = (spec.dtype, depth, spec.row_splits_dtype)
    gates = [_Gate(Signature(RaggedTensorSpec((*free, *inner), *kind, **rules)), depth, False)] if has_rules else []
    for axis, dim in enumerate(shape[1 : depth + 1], 1):
        if isinstance(dim, (int, Dim)):
            lengths = (*free[:axis], dim, *free[axis + 1 :], *inner)
            gates.append(_Gate(Signature(RaggedTensorSpec(lengths, *kind)), axis - 1, True))
    return gates
