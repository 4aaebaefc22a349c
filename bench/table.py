"""The results on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .answers import Answer
from .comparison import OURS, Comparison, Timing
from .quantities import digits, duration
from .results import Results

WIDEST = 100


def answer_block(answer: Answer) -> RenderableType:
    """Lay out a question: what it asks, what each contender took, what went wrong."""
    parts: list[RenderableType] = [Text.assemble((answer.question, "bold"), "  ", (answer.asks, "dim"))]
    if answer.comparisons:
        parts.append(Padding(comparisons_table(answer.comparisons), (0, 0, 0, 2)))
    notes = [Text(line, "dim") for line in blind_spots(answer.comparisons)]
    notes += [Text(f"failed: {line}", "red") for line in by_reason(answer.failures)]
    notes += [Text(f"left out: {line}", "yellow") for line in by_reason(answer.skipped)]
    parts += [Padding(note, (0, 0, 0, 2)) for note in notes]
    return Group(*parts, "")


def comparisons_table(comparisons: Iterable[Comparison]) -> Table:
    """Lay out a line a contender, a group of lines a case."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("case", overflow="fold")
    table.add_column("contender", overflow="fold")
    table.add_column("a call", justify="right", no_wrap=True)
    table.add_column("times limit", justify="right", no_wrap=True)
    table.add_column("quartiles", no_wrap=True)
    table.add_column("goal", no_wrap=True)
    for comparison in comparisons:
        for row, timing in zip(_case_column(comparison), comparison.timings, strict=True):
            table.add_row(row, *_cells(comparison, timing), style=_style(comparison, timing))
    return table


def blind_spots(comparisons: Iterable[Comparison]) -> list[str]:
    """Say of each contender that lets bad inputs through which those are."""
    spots = {name: kinds for each in comparisons for name, kinds in each.does_not_see.items() if kinds}
    return [f"{name} does not see: {', '.join(kinds)}" for name, kinds in spots.items()]


def by_reason(outcomes: Mapping[str, str]) -> list[str]:
    """Tell what became of cases, those together that share a reason."""
    cases: dict[str, list[str]] = {}
    for case, reason in outcomes.items():
        cases.setdefault(reason, []).append(case)
    return [f"{', '.join(found)}: {reason}" for reason, found in cases.items()]


def closing(results: Results) -> RenderableType:
    """Sum a run up: the goals, what failed, who was left out, and the versions of all that took part."""
    lines: list[Text] = []
    aimed = [comparison for comparison in results.comparisons if comparison.met is not None]
    missed = [comparison for comparison in aimed if not comparison.met]
    if aimed:
        lines.append(Text(f"goals: {len(aimed) - len(missed)} of {len(aimed)} met", "bold"))
    lines += [
        Text(f"  not met: {each.question}, {each.case}: {digits(each.ours.ratio)}, goal {each.goal_shown}", "yellow")
        for each in missed
    ]
    lines += [Text(f"failed: {answer.question}", "red") for answer in results.failed]
    lines += [
        Text(f"left out: {answer.question}: {line.partition(': ')[2]}", "yellow")
        for answer in results.answers
        for line in by_reason(answer.skipped)
    ]
    if results.left_out:
        lines.append(Text("peers left out:", "bold"))
        lines += [Text(f"  {peer}: {how}") for peer, how in results.left_out.items()]
    lines.append(Text(", ".join(f"{name} {version}" for name, version in results.packages.items()), "dim"))
    if results.fast:
        lines.append(Text("measured for a moment only: take no figure from a fast run", "yellow"))
    return Group(*lines)


def machine_block(results: Results) -> RenderableType:
    """Lay out what the run runs on."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for part, what in results.machine.items():
        table.add_row(part, what)
    return Group(table, "")


def _case_column(comparison: Comparison) -> Iterator[str]:
    yield comparison.case
    for _ in comparison.timings[1:]:
        yield ""


def _cells(comparison: Comparison, timing: Timing) -> tuple[str, str, str, str, Text]:
    cost = duration(timing.nanoseconds)
    if timing.contender == comparison.limit:
        return timing.contender, cost, "limit", "", Text()
    low, high = timing.quartiles
    return timing.contender, cost, digits(timing.ratio), f"[{digits(low)}, {digits(high)}]", _goal(comparison, timing)


def _goal(comparison: Comparison, timing: Timing) -> Text:
    if timing.contender != OURS or comparison.goal is None:
        return Text()
    return (
        Text(f"{comparison.goal_shown} met", "green")
        if comparison.met
        else Text(f"{comparison.goal_shown} not met", "yellow")
    )


def _style(comparison: Comparison, timing: Timing) -> str:
    if timing.contender == OURS:
        return "bold"
    return "cyan" if timing.contender == comparison.limit else ""
