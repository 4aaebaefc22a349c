"""The chart of the last minutes, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tensorgate.serving.sidecar.markup import Markup, element
from tensorgate.serving.sidecar.wording import plural

BARS = 60
_WIDTH, _HEIGHT, _STEP = 600, 80, 10
_KINDS = ("accepted", "refused", "let-pass")


def chart(by_second: Sequence[tuple[int, int, int]]) -> Markup:
    """Draw a bar for each few seconds: what was accepted, on it what was refused or let pass.

    Args:
        by_second: counts of the three, the latest last; a multiple of BARS.
    """
    width = len(by_second) // BARS
    bars = [[sum(kind) for kind in zip(*by_second[i : i + width], strict=True)] for i in range(0, len(by_second), width)]
    top = _ceiling(max(map(sum, bars)) / width)
    drawn = [_bar(position, bar, width, top) for position, bar in enumerate(bars)]
    totals = [sum(kind) for kind in zip(*bars, strict=True)]
    return element(
        "div",
        element(
            "svg",
            drawn,
            viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
            preserveAspectRatio="none",
            role="img",
            aria_label=f"The last {len(by_second) // 60} minutes: {totals[0]:,} accepted, {totals[1]:,} refused, "
            f"{totals[2]:,} let pass",
        ),
        element("span", f"{top:,g}/s", class_="top"),
        element("span", f"{len(by_second) // 60} min ago", class_="then"),
        element("span", "now", class_="now"),
        class_="chart",
    )


def _bar(position: int, bar: Sequence[int], seconds: int, top: float) -> list[Markup]:
    out = []
    floor = float(_HEIGHT)
    for kind, count in zip(_KINDS, bar, strict=True):
        # What is there can be seen, however little it is.
        height = max(1.5, _HEIGHT * count / seconds / top) if count else 0.0
        floor -= height
        if count:
            out.append(
                element(
                    "rect",
                    x=position * _STEP + 1,
                    y=f"{max(0.0, floor):.1f}",
                    width=_STEP - 2,
                    height=f"{height:.1f}",
                    class_=kind,
                )
            )
    if not out:
        return []
    said = ", ".join(
        f"{count:,} {kind.replace('-', ' ')}" for kind, count in zip(_KINDS, bar, strict=True) if count
    )
    return [element("g", element("title", f"{said} in {plural(seconds, 'second')}"), out)]


def _ceiling(rate: float) -> float:
    """Return the next round number: 1, 2 or 5 times a power of ten."""
    if rate <= 0:
        return 1.0
    unit = 10.0 ** math.floor(math.log10(rate))
    return next(unit * step for step in (1, 2, 5, 10) if unit * step >= rate)
