"""Counts of numbers by size."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence


@dataclasses.dataclass(frozen=True)
class Histogram:
    """How many numbers there were up to each bound, as Prometheus counts: a number on a bound is below it.

    Attributes:
        bounds: upper bounds, rising.
        counts: between the bounds, and one more for what is above the last.
        total: the sum of the numbers.

    >>> sizes = Histogram((1, 10), [0, 3, 1], 38)
    >>> sizes.count, sizes.quantile(0.5)
    (4, 7.0)
    """

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float

    @property
    def count(self) -> int:
        """How many numbers there were."""
        return sum(self.counts)

    def cumulative(self) -> list[tuple[float, int]]:
        """Return how many numbers there were up to each bound, the last of which is infinite.

        >>> Histogram((1, 10), [0, 3, 1], 38).cumulative()
        [(1, 0), (10, 3), (inf, 4)]
        """
        below = 0
        return [(bound, below := below + n) for bound, n in zip((*self.bounds, float("inf")), self.counts, strict=True)]

    def quantile(self, share: float) -> float | None:
        """Return about the number below which a share of them lies; None where there are none.

        It is taken from within its bounds, as if the numbers lay evenly there; above the last bound it is that bound.
        """
        rank = share * self.count
        below, lower = 0, 0.0
        for bound, n in zip(self.bounds, self.counts, strict=False):
            if n and below + n >= rank:
                return lower + (bound - lower) * (rank - below) / n
            below, lower = below + n, bound
        return lower if self.count else None


def merged(bounds: Sequence[float], histograms: Iterable[Histogram]) -> Histogram:
    """Return the counts of histograms of the same bounds together."""
    parts = list(histograms)
    empty = [0] * (len(bounds) + 1)
    counts = [sum(column) for column in zip(empty, *(part.counts for part in parts), strict=True)]
    return Histogram(bounds, counts, sum(part.total for part in parts))
