"""What does `collate` of 256 single rows cost beside `np.concatenate` of the same rows, which checks nothing?

Rows of int64 in a dict of one input and of four: of 3, 128, 768 and 12,288 elements; as batches of one row, and as bare
rows against `np.stack`. Then rows of 1 to 128 elements, padded, against a loop into an array made by `np.full`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg
from bench.ratio import side_by_side

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


def require_agreement(batch: Arrays, other: Arrays) -> None:
    assert batch.keys() == other.keys()
    assert all(np.array_equal(batch[name], other[name]) for name in batch)


def ratio_of(
    gate: tg.Signature, requests: Requests, limit: Callable[[Requests], Arrays], size: int, **pad: int
) -> tuple[float, float]:
    """`collate`'s microseconds, and how many times the limit's that is."""
    require_agreement(gate.collate(requests, **pad).batch, limit(requests))
    contenders = {"collate": lambda requests: gate.collate(requests, **pad), "limit": limit}
    times = side_by_side(contenders, requests, rounds=30, calls=max(2, 20_000 // max(size, 128)))
    return times["collate"] / 1e3, times["collate"] / times["limit"]


@pytest.mark.parametrize("bare", [False, True], ids=["batches of one", "bare rows"])
@pytest.mark.parametrize("size", [3, 128, 768, 12_288])
@pytest.mark.parametrize("names", ["a", "abcd"], ids=["one input", "four inputs"])
def test_ratio_to_numpy(names: str, size: int, bare: bool, record_property: Callable[[str, object], None]) -> None:
    requests = requests_of(names, [size] * ROWS, bare=bare)
    time, ratio = ratio_of(signature(names, size), requests, stacked if bare else concatenated, size * len(names))
    record_property("ratio", ratio)
    beside = "np.stack" if bare else "np.concatenate"
    print(f"\n{len(names)} x {ROWS} rows of {size}: collate takes {time:.0f} us, {ratio:.2f} times {beside}")
    assert ratio < 1.5


def test_ratio_of_padding(record_property: Callable[[str, object], None]) -> None:
    sizes = np.random.default_rng(0).integers(1, 129, ROWS).tolist()
    requests = requests_of("abcd", sizes, bare=True)
    time, ratio = ratio_of(signature("abcd", "seq"), requests, padded, 512, pad=0)
    record_property("ratio", ratio)
    print(f"\n4 x {ROWS} rows of 1 to 128, padded: collate takes {time:.0f} us, {ratio:.2f} times a loop in Python")
    assert ratio < 1.5
