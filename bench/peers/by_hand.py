"""Python as one writes it by hand: a comparison for each property, and out at the first that fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorgate as tg

from .peer import NUMPY, TENSORFLOW, TORCH, Peer, Verdict, fixed_sizes


def of_array(spec: tg.TensorSpec, example: Any) -> Verdict:
    """Expect a fixed size of each dimension but the first."""
    kind, dtype, row = type(example), example.dtype, fixed_sizes(spec)[1:]
    rank = 1 + len(row)

    def accepts(array: Any) -> bool:
        return isinstance(array, kind) and array.dtype == dtype and array.ndim == rank and array.shape[1:] == row

    return accepts


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Verdict:
    """Expect one size of all first dimensions, and a fixed one of each other."""
    names = specs.keys()
    kind = type(next(iter(example.values())))
    expected = [(name, example[name].dtype, fixed_sizes(spec)[1:]) for name, spec in specs.items()]

    def accepts(batch: Any) -> bool:
        if batch.keys() != names:
            return False
        size = None
        for name, dtype, row in expected:
            array = batch[name]
            if not isinstance(array, kind) or array.dtype != dtype:
                return False
            shape = array.shape
            if len(shape) != 1 + len(row) or shape[1:] != row:
                return False
            if size is None:
                size = shape[0]
            elif shape[0] != size:
                return False
        return True

    return accepts


PEERS = (Peer("by hand", of_array, of_batch, tensors=frozenset({NUMPY, TENSORFLOW, TORCH})),)
