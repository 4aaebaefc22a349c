import gc
import time

import pytest

from tensorgate.bench.comparison import Timing
from tensorgate.bench.ratio import FEWEST_ROUNDS, Pace, side_by_side

QUICK = Pace(rounds=9, turn=2e-4, budget=1.0)


def busy(seconds):
    def run(_):
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            pass

    return run


def test_each_contender_has_a_sample_in_each_round():
    samples = side_by_side({"a": abs, "b": len}.fromkeys("ab", abs), 1, QUICK)
    assert {name: len(times) for name, times in samples.items()} == {"a": 9, "b": 9}


def test_twice_the_work_takes_about_twice_as_long():
    samples = side_by_side({"once": busy(50e-6), "twice": busy(100e-6)}, None, QUICK)
    timing = Timing.of("twice", samples["twice"], samples["once"])
    assert timing.ratio == pytest.approx(2.0, rel=0.2)
    assert timing.quartiles[0] <= timing.ratio <= timing.quartiles[1]


def test_the_loop_around_a_call_is_not_counted():
    samples = side_by_side({"nothing": bool, "something": busy(20e-6)}, None, QUICK)
    timing = Timing.of("something", samples["something"], samples["something"])
    assert timing.nanoseconds == pytest.approx(20_000, rel=0.2)


def test_a_slow_contender_has_fewer_rounds_but_not_too_few():
    samples = side_by_side({"slow": busy(2e-3)}, None, Pace(rounds=1000, turn=1e-4, budget=1e-3))
    assert len(samples["slow"]) == FEWEST_ROUNDS


def test_no_garbage_is_collected_meanwhile():
    seen = set()
    side_by_side({"look": lambda _: seen.add(gc.isenabled())}, None, QUICK)
    assert seen == {False}
    assert gc.isenabled()


def test_garbage_is_collected_again_after_a_contender_failed():
    with pytest.raises(ZeroDivisionError):
        side_by_side({"broken": lambda _: 1 / 0}, None, QUICK)
    assert gc.isenabled()


def test_a_limit_that_costs_nothing_makes_no_ratio_negative():
    timing = Timing.of("ours", [5.0, 5.0, 5.0], [-0.3, 0.0, 0.2])
    assert timing.ratio > 0
