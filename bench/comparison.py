"""What was measured: one case of a question, all its contenders beside one limit."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .quantities import digits

OURS = "tensorgate"


@dataclass(frozen=True)
class Timing:
    """One contender's cost.

    Attributes:
        nanoseconds: a call's, the median of all rounds.
        ratio: to the limit's, the median of all rounds.
        quartiles: the ratio's, the first and the third; of several processes the lowest first and the highest third.
    """

    contender: str
    nanoseconds: float
    ratio: float
    quartiles: tuple[float, float]

    @classmethod
    def of(cls, contender: str, samples: Sequence[float], limit: Sequence[float]) -> Timing:
        """Sum up a contender's nanoseconds a call in each round, beside the limit's in the same rounds."""
        # The empty loop's cost is taken off both: of next to nothing, noise can leave less than nothing.
        ratios = [ours / max(theirs, 0.1) for ours, theirs in zip(samples, limit, strict=True)]
        first, middle, third = statistics.quantiles(ratios, n=4, method="inclusive")
        return cls(contender, statistics.median(samples), middle, (first, third))


@dataclass(frozen=True)
class Comparison:
    """One case of a question.

    Attributes:
        question: the benchmark file's name without its prefix, in words.
        limit: the contender that the others are measured by.
        goal: how many times the limit's cost tensorgate's may be.
        x: where the case stands on the plot's axis, if on any.
        unit: what `x` counts.
        panel: which of the question's plots the case belongs to.
        headline: how the README names the case, where it does.
        does_not_see: kinds of bad inputs that a contender is known to let through.
    """

    question: str
    case: str
    limit: str
    goal: float | None
    timings: tuple[Timing, ...]
    x: float | None = None
    unit: str = ""
    panel: str = ""
    headline: str = ""
    does_not_see: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ours(self) -> Timing:
        """The timing of tensorgate itself."""
        return next(timing for timing in self.timings if timing.contender == OURS)

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, as precisely as it is shown; None without a goal."""
        return None if self.goal is None else float(digits(self.ours.ratio).replace(",", "")) <= self.goal

    @property
    def goal_shown(self) -> str:
        """The goal as people read it; empty without one."""
        return "" if self.goal is None else digits(self.goal)

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Comparison:
        """Undo `to_json`."""
        timings = tuple(Timing(**{**timing, "quartiles": tuple(timing["quartiles"])}) for timing in fields["timings"])
        blind = {name: tuple(kinds) for name, kinds in fields["does_not_see"].items()}
        return cls(**{**fields, "timings": timings, "does_not_see": blind})


def pooled(comparisons: Sequence[Comparison]) -> Comparison:
    """Sum up what several processes measured of one case."""
    columns = zip(*(comparison.timings for comparison in comparisons), strict=True)
    return replace(comparisons[0], timings=tuple(_pooled_timing(timings) for timings in columns))


def _pooled_timing(timings: Sequence[Timing]) -> Timing:
    low, high = zip(*(timing.quartiles for timing in timings), strict=True)
    return Timing(
        timings[0].contender,
        statistics.median(timing.nanoseconds for timing in timings),
        statistics.median(timing.ratio for timing in timings),
        (min(low), max(high)),
    )
