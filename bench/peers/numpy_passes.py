"""NumPy: a pass over the array for each rule on its values."""

from __future__ import annotations

from typing import Any

import numpy as np

import tensorgate as tg

from .peer import Peer, Verdict, fixed_sizes


def minimum_and_maximum(spec: tg.TensorSpec, example: Any) -> Verdict:
    """Take two passes: NaN passes on to the minimum and fails there."""
    dtype, rank, least, most = example.dtype, len(fixed_sizes(spec)), spec.minimum, spec.maximum

    def accepts(array: Any) -> bool:
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != rank:
            return False
        return bool(array.min() >= least and array.max() <= most)

    return accepts


def each_rule_by_itself(spec: tg.TensorSpec, example: Any) -> Verdict:
    dtype, rank, least, most = example.dtype, len(fixed_sizes(spec)), spec.minimum, spec.maximum

    def accepts(array: Any) -> bool:
        if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != rank:
            return False
        return bool(np.isfinite(array).all() and (array >= least).all() and (array <= most).all())

    return accepts


PEERS = (
    Peer("NumPy min, max", of_values=minimum_and_maximum),
    Peer("NumPy isfinite, >=, <=", of_values=each_rule_by_itself),
)
