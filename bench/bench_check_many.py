"""What does `check_many` cost a request, beside `accepts` of one request after the other?

The signature: ids int64 [batch, 128], weights float32 [batch]. Requests of one row each, by the shape alone: 1 to
100,000 of them, then as many at once as in portions, which shows whether the cost grows in proportion. And requests of
64 KB of floats each, whose values must be finite and in a range, on one thread and on two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import tensorgate as tg

from .conftest import Compare

Requests = list[dict[str, Any]]

PORTION = 1_000
SHAPES = tg.Signature({"ids": tg.TensorSpec(("batch", 128), "int64"), "weights": tg.TensorSpec(("batch",))})
VALUES = tg.Signature({"x": tg.TensorSpec(("batch", 128), finite=True, minimum=0, maximum=1)})


def small_requests(count: int) -> Requests:
    ids, weights = np.zeros((1, 128), np.int64), np.zeros(1, np.float32)
    return [{"ids": ids, "weights": weights} for _ in range(count)]


def large_requests(count: int) -> Requests:
    return [{"x": np.full((128, 128), 0.5, np.float32)} for _ in range(count)]


def mixed(requests: Requests) -> Requests:
    """Spoil three requests, each in another way."""
    name = next(iter(requests[0]))
    requests[3] = {}
    requests[7] = {**requests[7], name: np.full((1, 128), np.nan, np.float32)}
    requests[11] = {**requests[11], name: requests[11][name][:, :5]}
    return requests


def one_by_one(signature: tg.Signature) -> Callable[[Requests], list[bool]]:
    accepts = signature.accepts
    return lambda requests: [accepts(request) for request in requests]


def in_portions(requests: Requests) -> list[bool]:
    portions = (requests[start : start + PORTION] for start in range(0, len(requests), PORTION))
    return [verdict for portion in portions for verdict in SHAPES.check_many(portion).ok.tolist()]


def verdicts(result: tg.Report | list[bool]) -> list[bool]:
    return result if isinstance(result, list) else result.ok.tolist()


def same_verdicts(one: tg.Report | list[bool], other: tg.Report | list[bool]) -> bool:
    return verdicts(one) == verdicts(other)


@pytest.mark.parametrize("count", [1, 10, 100, 1_000, 10_000, 100_000])
def test_requests(count: int, compare: Compare) -> None:
    compare(
        case=f"{count:,} request{'s' * (count > 1)}",
        contenders={"tensorgate": SHAPES.check_many, "one by one": one_by_one(SHAPES)},
        argument=small_requests(count),
        bad=[mixed(small_requests(200))],
        agree=same_verdicts,
        limit="one by one",
        # A few requests bear the cost of the report alone.
        goal=1.0 if count >= 1_000 else None,
        x=count,
        unit="requests",
        headline="`check_many` of 10,000 requests of two arrays" if count == 10_000 else "",
    )


def test_growth(compare: Compare) -> None:
    compare(
        case="100,000 at once",
        contenders={"tensorgate": SHAPES.check_many, f"{PORTION:,} at a time": in_portions},
        argument=small_requests(100 * PORTION),
        bad=[mixed(small_requests(2 * PORTION))],
        agree=same_verdicts,
        limit=f"{PORTION:,} at a time",
        goal=1.1,
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_values(threads: int, compare: Compare) -> None:
    compare(
        case=f"500 requests of 64 KB, {threads} thread{'s' * (threads > 1)}",
        contenders={"tensorgate": partial(VALUES.check_many, threads=threads), "one by one": one_by_one(VALUES)},
        argument=large_requests(500),
        bad=[mixed(large_requests(20))],
        agree=same_verdicts,
        limit="one by one",
        goal=1.1 if threads == 1 else None,
    )
