"""Times functions side by side in one process: on a shared machine only ratios mean anything."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from types import FunctionType
from typing import Any

FEWEST_ROUNDS = 5


@dataclass(frozen=True)
class Pace:
    """How long to measure.

    Attributes:
        rounds: each contender has one turn in each.
        turn: seconds that a turn takes, or one call if that takes longer.
        budget: seconds for all of it; slow contenders get fewer rounds, but never less than five.
    """

    rounds: int
    turn: float
    budget: float


FULL = Pace(rounds=30, turn=2e-3, budget=15.0)
FAST = Pace(rounds=7, turn=3e-4, budget=0.4)


def side_by_side(
    contenders: Mapping[str, Callable[[Any], object]], argument: object, pace: Pace = FULL
) -> dict[str, list[float]]:
    """Return each contender's nanoseconds a call in each round, less the empty loop's.

    The rounds are interleaved: what disturbs the machine for longer than a round disturbs all contenders. The garbage
    collector is off meanwhile.
    """
    loops = {name: _fresh_loop() for name in contenders}
    with _no_garbage_collection():
        calls = {name: _calls_a_turn(loops[name], contenders[name], argument, pace.turn) for name in contenders}
        turns = {name: max(pace.turn, one / 1e9) for name, (_, one) in calls.items()}
        rounds = max(FEWEST_ROUNDS, min(pace.rounds, int(pace.budget / sum(turns.values()))))
        empty_calls = max(count for count, _ in calls.values())
        samples: dict[str, list[float]] = {name: [] for name in contenders}
        order = list(contenders)
        for _ in range(rounds):
            empty = _empty_loop(empty_calls) / empty_calls
            for name in order:
                count, _ = calls[name]
                if count > 1:
                    contenders[name](argument)  # brings the caches back that the turn before took
                samples[name].append(loops[name](contenders[name], argument, count) / count - empty)
            # Each follows another one in the next round, so that no contender bears its neighbour's traces alone.
            order.append(order.pop(0))
    return samples


def _calls_a_turn(
    loop: Callable[..., int], function: Callable[[Any], object], argument: object, turn: float
) -> tuple[int, float]:
    """Return how many calls fill a turn, and the nanoseconds of one."""
    count = 1
    while (took := loop(function, argument, count)) < turn * 1e9 / 4:
        count *= 2
    return max(1, round(turn * 1e9 * count / took)), took / count


def _loop(function: Callable[[Any], object], argument: object, calls: int) -> int:
    start = time.perf_counter_ns()
    for _ in repeat(None, calls):
        function(argument)
    return time.perf_counter_ns() - start


def _empty_loop(calls: int) -> int:
    start = time.perf_counter_ns()
    for _ in repeat(None, calls):
        pass
    return time.perf_counter_ns() - start


def _fresh_loop() -> Callable[..., int]:
    """Copy the loop's code: the interpreter specialises a call where it stands, for one kind of callable."""
    return FunctionType(_loop.__code__.replace(), globals())


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
