"""The signature of four inputs that the benchmarks of tensors share, with batches of any framework's tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgate as tg

Batch = dict[str, Any]

SIGNATURE = tg.Signature(
    {
        **{name: tg.TensorSpec(("batch", 128), "int64") for name in ("ids", "mask", "types")},
        "weights": tg.TensorSpec(("batch",), "float32"),
    }
)


def good_batch(tensor: Callable[[Any], Any]) -> Batch:
    """Make each input's tensor of an array."""
    return {
        **{name: tensor(np.zeros((8, 128), np.int64)) for name in ("ids", "mask", "types")},
        "weights": tensor(np.zeros(8, np.float32)),
    }


def bad_batches(tensor: Callable[[Any], Any]) -> dict[str, Batch]:
    good = good_batch(tensor)
    return {
        "empty": {},
        "unexpected input": {**good, "extra": good["ids"]},
        "missing input": {name: good[name] for name in ("ids", "mask", "types")},
        "dtype": {**good, "ids": tensor(np.zeros((8, 128), np.int32))},
        "fixed dimension": {**good, "mask": tensor(np.zeros((8, 127), np.int64))},
        "batch sizes": {**good, "types": tensor(np.zeros((7, 128), np.int64))},
        "rank": {**good, "weights": tensor(np.zeros((1, 8), np.float32))},
        "list": {**good, "weights": [0.0] * 8},
    }
