"""Times functions side by side in one process: on a shared machine only ratios mean anything."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any


def side_by_side(
    contenders: Mapping[str, Callable[[Any], object]], argument: object, *, rounds: int = 30, calls: int = 20_000
) -> dict[str, float]:
    """Return each contender's nanoseconds a call: the median of interleaved rounds, less the empty loop's."""
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    empty: list[float] = []
    for _ in range(rounds):
        empty.append(_loop(None, argument, calls))
        for name, function in contenders.items():
            samples[name].append(_loop(function, argument, calls))
    base = statistics.median(empty)
    return {name: statistics.median(times) - base for name, times in samples.items()}


def _loop(function: Callable[[Any], object] | None, argument: object, calls: int) -> float:
    start = time.perf_counter_ns()
    if function is None:
        for _ in repeat(None, calls):
            pass
    else:
        for _ in repeat(None, calls):
            function(argument)
    return (time.perf_counter_ns() - start) / calls
