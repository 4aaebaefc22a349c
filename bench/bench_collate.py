"""What does `collate` of 256 single rows cost beside copying the same rows into one array, which checks nothing?

Rows of int64 in a dict of one input and of four, of 3 to 12,288 elements: beside C that takes memory and copies each
row into it, and beside `np.concatenate` for batches of one row, `np.stack` for bare rows. Then rows of 1 to 128
elements, padded, beside a loop in Python into an array of `np.full`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg

from .conftest import Compare
from .limits import build

ROWS = 256
Requests = list[dict[str, Any]]
Arrays = dict[str, npt.NDArray[Any]]


def signature(names: str, size: int | str) -> tg.Signature:
    return tg.Signature({name: tg.TensorSpec(("batch", size), "int64") for name in names})


def requests_of(names: str, sizes: list[int], *, bare: bool) -> Requests:
    return [{name: np.full(size if bare else (1, size), number) for name in names} for number, size in enumerate(sizes)]


def concatenated(requests: Requests) -> Arrays:
    return {name: np.concatenate([request[name] for request in requests]) for name in requests[0]}


def stacked(requests: Requests) -> Arrays:
    return {name: np.stack([request[name] for request in requests]) for name in requests[0]}


def padded(requests: Requests) -> Arrays:
    """Pad as one writes it by hand."""
    out = {}
    for name in requests[0]:
        rows = [request[name] for request in requests]
        out[name] = np.full((len(rows), max(map(len, rows))), 0)
        for place, row in zip(out[name], rows, strict=True):
            place[: len(row)] = row
    return out


def same_arrays(batch: Arrays, other: Arrays) -> bool:
    return batch.keys() == other.keys() and all(np.array_equal(batch[name], other[name]) for name in batch)


HEADLINE = ("a", 128, False)


@pytest.mark.parametrize("size", [3, 32, 128, 768, 12_288])
@pytest.mark.parametrize("names", ["a", "abcd"], ids=["one input", "four inputs"])
@pytest.mark.parametrize("bare", [False, True], ids=["batches of one", "bare rows"])
def test_whole_rows(names: str, size: int, bare: bool, compare: Compare) -> None:
    gate = signature(names, size)
    numpy, join = ("np.stack", stacked) if bare else ("np.concatenate", concatenated)
    panel = f"{'bare rows' if bare else 'batches of one row'}, {len(names)} input{'s' * (len(names) > 1)}"
    compare(
        case=f"{panel}, {size:,} elements",
        contenders={
            "tensorgate": lambda requests: gate.collate(requests).batch,
            "memcpy": build().joined,
            numpy: join,
        },
        argument=requests_of(names, [size] * ROWS, bare=bare),
        agree=same_arrays,
        limit="memcpy",
        x=size,
        unit="elements a row",
        panel=panel,
        headline=f"`collate` of {ROWS} checked single rows of 128 numbers" if (names, size, bare) == HEADLINE else "",
    )


def test_padding(compare: Compare) -> None:
    gate = signature("abcd", "seq")
    sizes = np.random.default_rng(0).integers(1, 129, ROWS).tolist()
    compare(
        case="bare rows, 4 inputs, padded",
        contenders={"tensorgate": lambda requests: gate.collate(requests, pad=0).batch, "loop in Python": padded},
        argument=requests_of("abcd", sizes, bare=True),
        agree=same_arrays,
        limit="loop in Python",
    )
