"""What a peer is to the benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import tensorgate as tg

Check = Callable[[Any], object]
Verdict = Callable[[Any], bool]

# The kinds of badness that a peer may be unable to see. The bad inputs of a benchmark bear these names.
BATCH_SIZES = "batch sizes"
BYTE_ORDER = "byte order"
DTYPE = "dtype"
FIXED_DIMENSION = "fixed dimension"
LIST = "list"
MINUS_A_SUBNORMAL = "minus a subnormal"
UNEXPECTED_INPUT = "unexpected input"

NUMPY = "numpy"
TENSORFLOW = "tensorflow"
TORCH = "torch"


@dataclass(frozen=True)
class Peer:
    """Another way to check arrays, as its own documentation recommends it.

    What can be set up beforehand is set up by the functions that build a check, out of the time that is measured. They
    are given what the benchmark times, too: some peers take sizes or classes from it.

    Attributes:
        name: as it stands in tables.
        of_array: builds the check of one tensor.
        of_batch: builds the check of a dict of tensors, by name.
        of_values: builds the check of one array's dtype, rank and range.
        refusals: what a check raises for bad input; a check without them returns its verdict.
        does_not_see: the kinds of badness that it lets through.
        tensors: the frameworks whose tensors it takes.
    """

    name: str
    of_array: Callable[[tg.TensorSpec, Any], Check] | None = None
    of_batch: Callable[[Mapping[str, tg.TensorSpec], Mapping[str, Any]], Check] | None = None
    of_values: Callable[[tg.TensorSpec, Any], Check] | None = None
    refusals: tuple[type[Exception], ...] = ()
    does_not_see: frozenset[str] = frozenset()
    tensors: frozenset[str] = frozenset({NUMPY})

    def verdict(self, check: Check) -> Verdict:
        """Let a check say yes or no."""
        refusals = self.refusals

        def verdict(argument: Any) -> bool:
            try:
                check(argument)
            except refusals:
                return False
            return True

        return verdict if refusals else cast("Verdict", check)


def sizes(spec: tg.TensorSpec) -> tuple[int | str | None, ...]:
    """Return a spec's dimensions: sizes, names, and None.

    >>> sizes(tg.TensorSpec(("batch", 128)))
    ('batch', 128)
    """
    assert spec.shape is not None
    return tuple(dim.name if isinstance(dim, tg.Dim) else dim for dim in spec.shape)


def fixed_sizes(spec: tg.TensorSpec) -> tuple[int | None, ...]:
    """Return a spec's dimensions with None for each that has no fixed size.

    >>> fixed_sizes(tg.TensorSpec(("batch", 128)))
    (None, 128)
    """
    return tuple(size if isinstance(size, int) else None for size in sizes(spec))
