"""What does it cost to refuse a batch and say why, beside an error written by hand and the peers' errors?

A dict of four arrays in which one thing is wrong. Each contender raises, and its message is read. Then the verdict
alone, beside the C function that is hard-coded for the signature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgate as tg

from . import peers
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, Batch, bad_batches, good_batch
from .limits import build

Message = Callable[[Any], str | None]


def check_by_hand(batch: Batch) -> None:
    """Raise at the first thing that is wrong."""
    expected = {
        "ids": ("int64", (128,)),
        "mask": ("int64", (128,)),
        "types": ("int64", (128,)),
        "weights": ("float32", ()),
    }
    if batch.keys() != expected.keys():
        raise ValueError(f"inputs {sorted(batch)}, expected {sorted(expected)}")
    for name, (dtype, row) in expected.items():
        array = batch[name]
        if not isinstance(array, np.ndarray) or array.dtype != dtype:
            raise ValueError(f"{name}: got {getattr(array, 'dtype', type(array))}, expected {dtype}")
        if array.ndim != 1 + len(row) or array.shape[1:] != row:
            raise ValueError(f"{name}: got {array.shape}, expected {('batch', *row)}")
        if len(array) != len(batch["ids"]):
            raise ValueError(f"{name}: got a batch of {len(array)}, ids has one of {len(batch['ids'])}")


def message_of(check: Callable[[Any], object], refusals: tuple[type[Exception], ...]) -> Message:
    def message(batch: Batch) -> str | None:
        try:
            check(batch)
        except refusals as error:
            return str(error)
        return None

    return message


@pytest.mark.parametrize("kind", ["missing input", "dtype", "fixed dimension", "batch sizes"])
def test_message(kind: str, compare: Compare) -> None:
    good, bad = good_batch(np.asarray), bad_batches(np.asarray)[kind]
    others = peers.refusals(SIGNATURE, good)
    blind = [name for name, kinds in peers.does_not_see(others, [kind]).items() if kinds]
    compare(
        case=f"{kind}, with its message",
        contenders={
            "tensorgate": message_of(SIGNATURE.check, (tg.ValidationError,)),
            "by hand": message_of(check_by_hand, (ValueError,)),
            **{name: message_of(*other) for name, other in others.items() if name not in blind},
        },
        argument=bad,
        # No message, no refusal.
        bad={"nothing wrong": good},
        limit="by hand",
        headline="`check` that refuses four arrays for a dtype, and its message" if kind == "dtype" else "",
    )


@pytest.mark.parametrize("kind", ["missing input", "dtype", "fixed dimension", "batch sizes"])
def test_verdict(kind: str, compare: Compare) -> None:
    compare(
        case=f"{kind}, the verdict alone",
        contenders={"tensorgate": SIGNATURE.accepts, "hard-coded C": build().dict_of_four},
        argument=bad_batches(np.asarray)[kind],
        bad=[good_batch(np.asarray)],
        agree=lambda one, other: one is other,
        limit="hard-coded C",
    )
