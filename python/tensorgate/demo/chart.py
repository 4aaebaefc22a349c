"""A bar chart of times on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from tensorgate.demo.timing import Timing

ORIGIN = 1e-8
NARROWEST = 60


def duration(seconds: float) -> str:
    """Write a time with two or three digits and its unit."""
    for unit, size in (("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * size:
            value = seconds / size
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:.0f} {unit}"
    return f"{seconds:.1f} s"


class Chart:
    """Bars from 10 ns on, as wide as the console; the times of others are given as multiples of the first."""

    def __init__(self, timings: Sequence[Timing]) -> None:
        self._timings = timings
        slowest = max(timing.seconds for timing in timings)
        self._decades = max(1, math.ceil(math.log10(slowest / ORIGIN)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = max(options.max_width, NARROWEST)
        block = "#" if options.ascii_only else "\u2588"
        first = self._timings[0].seconds
        for timing in self._timings:
            multiple = timing.seconds / first
            times = "" if timing is self._timings[0] else f"x {multiple:,.{1 if multiple < 10 else 0}f}"
            figures = f"{duration(timing.seconds):>8}{times:>12}"
            yield Text(timing.name.ljust(width - len(figures)) + figures, "bold" if timing.ours else "")
            yield Text(block * self._column(timing.seconds, width), "green" if timing.ours else "blue")
        yield from self._scale(width)

    def _column(self, seconds: float, width: int) -> int:
        share = math.log10(max(seconds, ORIGIN) / ORIGIN) / self._decades
        return max(1, round(share * (width - 1)))

    def _scale(self, width: int) -> Iterator[Text]:
        marks = [" "] * width
        labels = [" "] * width
        for decade in range(self._decades + 1):
            label = duration(ORIGIN * 10**decade).replace(".0", "")
            column = self._column(ORIGIN * 10**decade, width) if decade else 0
            start = min(max(0, column - len(label) // 2), width - len(label))
            marks[column] = "|"
            labels[start : start + len(label)] = label
        yield Text("".join(marks), "dim")
        yield Text("".join(labels), "dim")
