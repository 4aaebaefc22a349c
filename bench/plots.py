"""The results as plots: cost against inputs, requests or bytes beside the limit, or contender below contender."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from .answers import Answer
from .comparison import OURS, Comparison
from .markdown import plot_name
from .quantities import count, digits, duration

# Okabe and Ito's colours, which all eyes tell apart, but for their yellow, which a white page swallows. The page is
# white wherever the plot is shown.
OURS_COLOUR, LIMIT_COLOUR = "#0072B2", "#000000"
COLOURS = ("#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A5195", "#8C6D31", "#6B6B6B", "#332288")
MARKERS = "sD^vPXdh*"
STYLE: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.facecolor": "white",
    "font.size": 9,
    # The same results give the same bytes.
    "svg.hashsalt": "tensorgate",
}
PANELS_A_ROW = 2
LABEL_POINTS = 11.0
MOST_TICKS = 7


def draw(answer: Answer, folder: Path) -> str | None:
    """Draw a question's plot into a folder; return its name, or None where there is nothing to draw."""
    panels = _panels(answer.comparisons)
    with mpl.rc_context(STYLE):
        if panels:
            figure = _lines(panels)
        elif answer.comparisons:
            figure = _dots(answer.comparisons[0])
        else:
            return None
        figure.suptitle(answer.question, x=0.01, ha="left", fontweight="bold")
        figure.savefig(folder / plot_name(answer.question), metadata={"Date": None})
    return plot_name(answer.question)


def _panels(comparisons: Iterable[Comparison]) -> list[list[Comparison]]:
    """Sort the points of lines into panels; a single point is no line."""
    panels: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        if comparison.x is not None:
            panels.setdefault(comparison.panel, []).append(comparison)
    return [points for points in panels.values() if len({point.x for point in points}) > 1]


def _lines(panels: Sequence[Sequence[Comparison]]) -> Figure:
    columns = min(PANELS_A_ROW, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(5.6 * columns, 3.4 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for panel, points in zip(axes.flat, panels, strict=False):
        _draw_panel(panel, sorted(points, key=lambda point: point.x or 0.0))
    for unused in list(axes.flat)[len(panels) :]:
        unused.set_axis_off()
    # Where a label stands depends on where the axes ended up.
    figure.draw_without_rendering()
    for panel in list(axes.flat)[: len(panels)]:
        _label_ends(panel)
    return figure


def _draw_panel(axes: Axes, points: Sequence[Comparison]) -> None:
    unit, limits = points[0].unit, {point.limit for point in points}
    looks = _looks([timing.contender for point in points for timing in point.timings], limits)
    for contender, look in looks.items():
        costs = [(p.x, t.nanoseconds) for p in points for t in p.timings if t.contender == contender]
        axes.plot(*zip(*costs, strict=True), label=contender, **look)  # type: ignore[arg-type]
    places = sorted({point.x for point in points if point.x is not None})
    if places[0] > 0 and places[-1] >= 8 * places[0]:
        axes.set_xscale("log")
    shown = _apart(places, axes.get_xscale() == "log")
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(shown, [count(place, unit) for place in shown])
    axes.set_xlabel(unit)
    axes.set_ylabel("a call")
    _duration_axis(axes, "y")
    axes.set_title(points[0].panel)


def _dots(comparison: Comparison) -> Figure:
    """Draw one contender below the other, the quickest first."""
    timings = sorted(comparison.timings, key=lambda timing: -timing.nanoseconds)
    looks = _looks([timing.contender for timing in comparison.timings], {comparison.limit})
    figure = Figure(figsize=(7.2, 1.2 + 0.3 * len(timings)), layout="constrained")
    axes = figure.subplots()
    limit = next(timing for timing in timings if timing.contender == comparison.limit)
    axes.axvline(limit.nanoseconds, color=LIMIT_COLOUR, linestyle="--", linewidth=1)
    for row, timing in enumerate(timings):
        colour = looks[timing.contender]["color"]
        axes.plot(timing.nanoseconds, row, marker="o", markersize=7, color=colour, zorder=3)
        times = "limit" if timing is limit else f"{digits(timing.ratio)} x"
        note = f"{duration(timing.nanoseconds)}, {times}"
        axes.annotate(
            note,
            (timing.nanoseconds, row),
            (8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            fontweight="bold" if timing.contender == OURS else "normal",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},  # the limit's line passes behind it
        )
    axes.set_yticks(range(len(timings)), [timing.contender for timing in timings])
    axes.set_ylim(-0.6, len(timings) - 0.4)
    _duration_axis(axes, "x")
    low, high = axes.get_xlim()
    axes.set_xlim(low, high * (high / low) ** 0.3)  # room for the last note
    axes.set_title(comparison.case)
    return figure


def _apart(places: Sequence[float], logarithmic: bool) -> list[float]:
    """Leave out ticks whose labels would touch the one before."""
    position = math.log if logarithmic else float
    gap = 0.99 * (position(places[-1]) - position(places[0])) / MOST_TICKS
    shown = [places[0]]
    for place in places[1:]:
        if position(place) - position(shown[-1]) >= gap:
            shown.append(place)
    return shown


def _looks(contenders: Iterable[str], limits: set[str]) -> dict[str, dict[str, object]]:
    """Give each contender its colour and marker; tensorgate's and the limit's are the same everywhere."""
    looks: dict[str, dict[str, object]] = {}
    others = [name for name in dict.fromkeys(contenders) if name != OURS and name not in limits]
    for number, name in enumerate(others):
        colour, marker = COLOURS[number % len(COLOURS)], MARKERS[number % len(MARKERS)]
        looks[name] = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 1.2}
    for name in limits:
        looks[name] = {"color": LIMIT_COLOUR, "linestyle": "--", "linewidth": 1.5, "zorder": 4}
    looks[OURS] = {"color": OURS_COLOUR, "marker": "o", "markersize": 5, "linewidth": 2.2, "zorder": 3}
    return looks


def _duration_axis(axes: Axes, which: str) -> None:
    axis = axes.yaxis if which == "y" else axes.xaxis
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    low, high = axes.get_ylim() if which == "y" else axes.get_xlim()
    if high < 10 * low:  # so that at least one power of ten is there to be read
        middle = math.sqrt(low * high)
        (axes.set_ylim if which == "y" else axes.set_xlim)(middle / 4, middle * 4)
    axis.set_major_formatter(FuncFormatter(lambda nanoseconds, _: _tick(nanoseconds)))
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))
    axes.grid(axis=which, color="#DDDDDD", linewidth=0.6)  # type: ignore[arg-type]
    axes.set_axisbelow(True)


def _tick(nanoseconds: float) -> str:
    number, unit = duration(nanoseconds).split()
    return f"{float(number.replace(',', '')):g} {unit}"


def _label_ends(axes: Axes) -> None:
    """Write each line's name beside its end, pushed apart where two would touch."""
    lines = axes.get_lines()
    to_points = 72.0 / axes.figure.dpi
    bottom = axes.bbox.y0
    ends = sorted(
        ((axes.transData.transform(np.asarray(line.get_xydata())[-1])[1] - bottom) * to_points, number)
        for number, line in enumerate(lines)
    )
    places = spread([place for place, _ in ends], LABEL_POINTS)
    for (place, number), at in zip(ends, places, strict=True):
        line = lines[number]
        axes.annotate(
            str(line.get_label()),
            xy=(1.0, place / (axes.bbox.height * to_points)),
            xycoords="axes fraction",
            xytext=(14, at - place),
            textcoords="offset points",
            color=line.get_color(),
            va="center",
            fontsize=8,
            fontweight="bold" if line.get_label() == OURS else "normal",
            arrowprops={"arrowstyle": "-", "color": line.get_color(), "linewidth": 0.6, "shrinkB": 0},
            annotation_clip=False,
        )


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Move ascending places apart until each is a gap from the next, as a group about its own middle."""
    groups: list[tuple[float, int]] = []  # middle, members
    for place in places:
        middle, members = place, 1
        while groups and groups[-1][0] + groups[-1][1] * gap / 2 > middle - members * gap / 2:
            before, others = groups.pop()
            middle = (before * others + middle * members) / (others + members)
            members += others
        groups.append((middle, members))
    return [middle + (number - (members - 1) / 2) * gap for middle, members in groups for number in range(members)]
