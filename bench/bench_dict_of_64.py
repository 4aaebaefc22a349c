"""What does a dict of 64 arrays cost, and how does the cost grow from 1 input to 128?

The signature: as many times float32 [batch, 128], all of one batch size. The limit is a C function for each number of
inputs, which knows nothing else. Hand-written Python and the peers stand beside.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

import tensorgate as tg

from . import peers
from .conftest import Compare
from .limits import build

Batch = dict[str, Any]


def names(count: int) -> list[str]:
    """As names are that stand in a program's text."""
    return [sys.intern(f"feature_{number}") for number in range(count)]


def signature(count: int) -> tg.Signature:
    return tg.Signature({name: tg.TensorSpec(("batch", 128), "float32") for name in names(count)})


def good_batch(count: int) -> Batch:
    return {name: np.zeros((8, 128), np.float32) for name in names(count)}


def bad_batches(count: int) -> dict[str, Batch]:
    good, last = good_batch(count), f"feature_{count - 1}"
    array = good[last]
    bad = {
        "unexpected input": {**good, "extra": array},
        "missing input": {name: value for name, value in good.items() if name != last},
        "dtype": {**good, last: array.astype(np.int64)},
        "byte order": {**good, last: array.astype(">f4")},
        "fixed dimension": {**good, last: array[:, :127]},
        "rank": {**good, last: array[0]},
    }
    # One array alone agrees with itself.
    return bad if count == 1 else {**bad, "batch sizes": {**good, last: array[:7]}}


@pytest.mark.parametrize("count", [1, 2, 4, 8, 16, 32, 64, 128])
def test_inputs(count: int, compare: Compare) -> None:
    gate, batch, bad = signature(count), good_batch(count), bad_batches(count)
    others = peers.checks(gate, batch)
    compare(
        case=f"{count} input{'s' * (count > 1)}",
        contenders={
            "tensorgate": gate.accepts,
            "hard-coded C": getattr(build(), f"dict_of_features_{count}"),
            **others,
        },
        argument=batch,
        bad=bad,
        does_not_see=peers.does_not_see(others, bad),
        limit="hard-coded C",
        # Of fewer, the call itself is the greater part: one array's and four arrays' goals stand elsewhere.
        goal=1.1 if count == 64 else None,
        x=count,
        unit="inputs",
        headline="`accepts`, a dict of 64 arrays" if count == 64 else "",
    )


def test_reversed(compare: Compare) -> None:
    gate = signature(64)
    compare(
        case="64 inputs, reversed",
        contenders={"tensorgate": gate.accepts, "hard-coded C": build().dict_of_features_64},
        argument=dict(reversed(good_batch(64).items())),
        bad={kind: dict(reversed(batch.items())) for kind, batch in bad_batches(64).items()},
        limit="hard-coded C",
        goal=1.3,
    )
