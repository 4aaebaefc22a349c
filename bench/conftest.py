"""The fixture `compare`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from .agreement import Inputs, require_results, require_verdicts
from .comparison import OURS, Comparison, Timing
from .gathering import Gathering
from .questions import name_of
from .ratio import FAST, FULL, Pace, side_by_side

# Goals are reported; past this many times the goal something is broken.
BROKEN = 3.0


@dataclass(frozen=True)
class Compare:
    """What a benchmark calls once."""

    question: str
    pace: Pace | None
    benchmark: BenchmarkFixture
    gathering: Gathering

    def __call__(
        self,
        *,
        case: str,
        contenders: Mapping[str, Callable[[Any], Any]],
        argument: object,
        limit: str,
        good: Inputs = (),
        bad: Inputs = (),
        does_not_see: Mapping[str, Collection[str]] | None = None,
        agree: Callable[[Any, Any], object] | None = None,
        goal: float | None = None,
        x: float | None = None,
        unit: str = "",
        panel: str = "",
        headline: str = "",
    ) -> Comparison | None:
        """Require agreement, then time all contenders side by side.

        Args:
            case: which case of the file's question this is.
            contenders: "tensorgate", the limit and others; called with the argument.
            argument: what is timed.
            limit: the contender that the others are measured by.
            good: what all contenders must accept, beside the argument.
            bad: what all must refuse; by kind where one of them does not see all kinds.
            does_not_see: the kinds of bad inputs that a contender accepts.
            agree: for contenders that return a result and no verdict: whether two of them say the same.
            goal: how many times the limit's cost tensorgate's may be.
            x: where the case stands on the axis of the question's plot.
            unit: what `x` counts.
            panel: which of the question's plots the case belongs to.
            headline: how the README names the case, if it is to show it.

        Returns:
            What was measured; None with --benchmark-disable, where agreement is all that is looked at.

        Raises:
            DisagreementError: before anything is timed.
        """
        blind = {name: tuple(sorted(kinds)) for name, kinds in (does_not_see or {}).items()}
        if agree is None:
            require_verdicts(contenders, {"timed": argument}, {}, {})
            require_verdicts(contenders, good, bad, blind)
        else:
            for inputs in ([argument], good, bad):
                require_results(contenders, limit, inputs, agree)
        comparison = None
        if self.pace is not None:
            samples = side_by_side(contenders, argument, self.pace)
            timings = tuple(Timing.of(name, samples[name], samples[limit]) for name in contenders)
            comparison = Comparison(self.question, case, limit, goal, timings, x, unit, panel, headline, blind)
            self.gathering.add(comparison)
            self.benchmark.extra_info.update({timing.contender: timing.ratio for timing in timings})
        self.benchmark(contenders[OURS], argument)
        if comparison is not None and goal is not None:
            ratio = comparison.ours.ratio
            assert ratio <= BROKEN * goal, f"{case}: {ratio:.2f} times {limit}, where the goal is {goal}"
        return comparison


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bench")
    group.addoption("--bench-fast", action="store_true", help="Measure for a moment only: a smoke run.")
    group.addoption("--bench-report", type=Path, metavar="FILE", help="Append what is measured, a JSON line each.")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Gathering(config.getoption("bench_report")), Gathering.__name__)


@pytest.fixture
def compare(request: pytest.FixtureRequest, benchmark: BenchmarkFixture) -> Compare:
    """Give what the benchmark calls once."""
    gathering = request.config.pluginmanager.get_plugin(Gathering.__name__)
    assert isinstance(gathering, Gathering)
    pace = FAST if request.config.getoption("bench_fast") else FULL
    timed = gathering.path is not None or not benchmark.disabled
    return Compare(name_of(request.path), pace if timed else None, benchmark, gathering)
