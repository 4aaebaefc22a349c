"""What does `check_many` cost a request, beside `check` of one request after the other? And what do threads save?

The signature: ids int64 [batch, 128], weights float32 [batch]. Requests of one row each, by the shape alone; then of
64 KB of floats each, whose values must be finite and in a range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensorgate as tg
from bench.ratio import side_by_side

Requests = list[dict[str, Any]]
Contenders = dict[str, Callable[[Any], object]]

SHAPES = tg.Signature({"ids": tg.TensorSpec(("batch", 128), "int64"), "weights": tg.TensorSpec(("batch",))})
VALUES = tg.Signature({"x": tg.TensorSpec(("batch", 128), finite=True, minimum=0, maximum=1)})


def small_requests(count: int) -> Requests:
    ids, weights = np.zeros((1, 128), np.int64), np.zeros(1, np.float32)
    return [{"ids": ids, "weights": weights} for _ in range(count)]


def large_requests(count: int) -> Requests:
    return [{"x": np.full((128, 128), 0.5, np.float32)} for _ in range(count)]


def one_by_one(signature: tg.Signature) -> Callable[[Requests], list[bool]]:
    accepts = signature.accepts
    return lambda requests: [accepts(request) for request in requests]


@pytest.mark.parametrize("threads", [1, 2])
def test_contenders_agree(threads: int) -> None:
    for signature, requests in ((SHAPES, small_requests(200)), (VALUES, large_requests(20))):
        name = next(iter(requests[0]))
        requests[3] = {}
        requests[7] = {**requests[7], name: np.full((1, 128), np.nan, np.float32)}
        requests[11] = {**requests[11], name: requests[11][name][:, :5]}
        verdicts = one_by_one(signature)(requests)
        assert verdicts.count(False) == 3
        assert signature.check_many(requests, threads=threads).ok.tolist() == verdicts


@pytest.mark.parametrize("count", [1, 100, 10_000, 100_000])
def test_ratio_to_single_checks(count: int, record_property: Callable[[str, object], None]) -> None:
    calls = max(1, 10_000 // count)
    contenders: Contenders = {"check_many": SHAPES.check_many, "one by one": one_by_one(SHAPES)}
    times = side_by_side(contenders, small_requests(count), rounds=10, calls=calls)
    ratio = times["check_many"] / times["one by one"]
    record_property("ratio", ratio)
    print(f"\n{count} requests: {times['check_many'] / count:.0f} ns each, {ratio:.2f} times single checks")
    # A single request bears the cost of the report alone.
    assert count == 1 or ratio < 1.5


def test_the_cost_grows_in_proportion(record_property: Callable[[str, object], None]) -> None:
    few, many = small_requests(1_000), small_requests(100_000)
    contenders: Contenders = {
        "few": lambda _: [SHAPES.check_many(few) for _ in range(100)],
        "many": lambda _: SHAPES.check_many(many),
    }
    times = side_by_side(contenders, None, rounds=10, calls=1)
    ratio = times["many"] / times["few"]
    record_property("ratio", ratio)
    print(f"\n100,000 requests at once take {ratio:.2f} times as long as 1,000 a hundred times")
    assert ratio < 2.0


def test_ratio_of_threads(record_property: Callable[[str, object], None]) -> None:
    contenders: Contenders = {
        "1 thread": VALUES.check_many,
        "2 threads": lambda requests: VALUES.check_many(requests, threads=2),
        "one by one": one_by_one(VALUES),
    }
    times = side_by_side(contenders, large_requests(500), rounds=15, calls=4)
    ratio = times["2 threads"] / times["1 thread"]
    record_property("ratio", ratio)
    print(
        f"\n500 requests of 64 KB: 2 threads take {ratio:.2f} times as long as 1, "
        f"1 thread {times['1 thread'] / times['one by one']:.2f} times single checks"
    )
    assert times["1 thread"] / times["one by one"] < 1.5
