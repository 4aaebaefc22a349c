"""The chart of the last minutes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tensorgate.serving.sidecar.status.markup import Markup, element
from tensorgate.serving.sidecar.status.wording import plural

BARS = 60
_WIDTH, _HEIGHT, _STEP = 600, 80, 10
_KINDS = ("accepted", "refused", "let pass")


def chart(by_second: Sequence[tuple[int, int, int]], second: int, kinds: Sequence[str]) -> Markup:
    """Draw a bar for each few seconds: what was accepted, on it what was refused or let pass.

    Args:
        by_second: counts of the three; a multiple of BARS.
        second: the number of the last one. A bar ends where it divides by a bar's seconds, so that it keeps its height
            while it moves.
        kinds: the names of those of the three that are explained.
    """
    width = len(by_second) // BARS
    minutes = len(by_second) // 60
    begun = second % width + 1
    last = len(by_second) - begun
    parts = [by_second[start : start + width] for start in range(last - width * (BARS - 1), last + 1, width)]
    bars = [[sum(kind) for kind in zip(*part, strict=True)] for part in parts]
    rates = [sum(bar) / len(part) for bar, part in zip(bars, parts, strict=True)]
    top = _ceiling(max(rates))
    totals = ", ".join(f"{sum(kind):,} {name}" for name, kind in zip(_KINDS, zip(*bars, strict=True), strict=True))
    drawing = element(
        "svg",
        [_bar(position, bar, len(part), top) for position, (bar, part) in enumerate(zip(bars, parts, strict=True))],
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"The last {minutes} minutes: {totals}",
    )
    notes = (("top", f"{top:,g}/s"), ("then", f"{minutes} min ago"), ("now", "now"))
    return element(
        "figure",
        element("div", drawing, [element("span", text, class_=place) for place, text in notes], class_="chart"),
        element("figcaption", [element("span", kind, class_=f"key {_class(kind)}") for kind in kinds]),
    )


def _bar(position: int, counts: Sequence[int], seconds: int, top: float) -> Markup | None:
    parts = []
    floor = float(_HEIGHT)
    for kind, count in zip(_KINDS, counts, strict=True):
        if not count:
            continue
        # What is there can be seen, however little it is.
        height = max(1.5, _HEIGHT * count / seconds / top)
        floor = max(0.0, floor - height)
        parts.append(
            element(
                "rect",
                x=position * _STEP + 1,
                y=f"{floor:.1f}",
                width=_STEP - 2,
                height=f"{height:.1f}",
                class_=_class(kind),
            )
        )
    if not parts:
        return None
    said = ", ".join(f"{count:,} {kind}" for kind, count in zip(_KINDS, counts, strict=True) if count)
    return element("g", element("title", f"{said} in {plural(seconds, 'second')}"), parts)


def _class(kind: str) -> str:
    return kind.replace(" ", "-")


def _ceiling(rate: float) -> float:
    """Return the next round number."""
    if rate <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(rate))
    return next(unit * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if unit * step >= rate)
