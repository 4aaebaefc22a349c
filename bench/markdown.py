"""The results as Markdown, and the figures in the READMEs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .answers import Answer
from .comparison import OURS, Comparison, Timing
from .quantities import digits, duration
from .questions import PREFIX
from .results import Results
from .table import blind_spots, by_reason

# Of many others the README shows these; the results have them all.
BEST_KNOWN = ("by hand", "dm_env", "MLflow", "TensorFlow is_compatible_with", "jaxtyping + beartype")
MANY = 4

START = "<!-- figures: python -m bench --out bench/results -->"
END = "<!-- end -->"


class NoMarkersError(ValueError):
    """A document has no place for figures."""


def report(results: Results, plots: Sequence[str]) -> str:
    """Write all results, with the plots of these file names."""
    parts = ["# What tensorgate costs", _circumstances(results), _goals(results)]
    for answer in results.answers:
        parts += [f"## {answer.question.capitalize()}", answer.asks]
        parts += [f"![{answer.question}]({name})" for name in plots if name == plot_name(answer.question)]
        if answer.comparisons:
            parts.append(_measurements(answer.comparisons))
        notes = blind_spots(answer.comparisons)
        notes += [f"failed: {_one_line(line)}" for line in by_reason(answer.failures)]
        notes += [f"left out: {_one_line(line)}" for line in by_reason(answer.skipped)]
        if notes:
            parts.append(_bullets(notes))
    if results.left_out:
        parts += ["## Peers left out", _bullets(f"{peer}: {how}" for peer, how in results.left_out.items())]
    return "\n\n".join(part for part in parts if part) + "\n"


def figures(results: Results) -> str:
    """Write the table of the README: the cases that have a headline, each beside its limit and others."""
    rows = [
        (
            each.headline,
            duration(each.ours.nanoseconds),
            f"{digits(each.ours.ratio)} times {each.limit}",
            "; ".join(_beside(each)),
        )
        for each in results.comparisons
        if each.headline
    ]
    table = _table(("work", "a call", "beside", "others, in times tensorgate's"), rows)
    return f"{table}\n\nOn {results.machine['processor']}, with {results.machine['Python']}, {results.date}."


def overview(results: Results, plots: Sequence[str]) -> str:
    """Write the table of the benchmarks' README: what each file asks, and how tensorgate fares."""
    rows = []
    for answer in results.answers:
        file = f"`{PREFIX}{answer.question.replace(' ', '_')}.py`"
        limits = ", ".join(dict.fromkeys(each.limit for each in answer.comparisons))
        plot = plot_name(answer.question)
        rows.append((file, answer.asks, limits, _spread(answer), f"[plot](results/{plot})" if plot in plots else ""))
    return _table(("file", "question", "limit", "times the limit", ""), rows)


def with_figures(document: str, block: str) -> str:
    """Put a block in the place of the one between a document's markers.

    Raises:
        NoMarkersError: the document has none.
    """
    head, start, rest = document.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise NoMarkersError(f"no {START} ... {END}")
    return f"{head}{START}\n{block}\n{END}{tail}"


def plot_name(question: str) -> str:
    """Return the name of a question's plot."""
    return f"{question.replace(' ', '_')}.svg"


def _circumstances(results: Results) -> str:
    rows = [*results.machine.items()]
    rows.append(("packages", ", ".join(f"{name} {version}" for name, version in results.packages.items())))
    rows.append(("date", results.date + (", a fast run: take no figure from it" if results.fast else "")))
    return _table(("", ""), rows)


def _goals(results: Results) -> str:
    aimed = [each for each in results.comparisons if each.met is not None]
    if not aimed:
        return ""
    lines = [f"{sum(bool(each.met) for each in aimed)} of {len(aimed)} goals are met."]
    missed = [
        f"not met: {each.question}, {each.case}: {digits(each.ours.ratio)} times {each.limit}, goal {each.goal_shown}"
        for each in aimed
        if not each.met
    ]
    return "\n\n".join(lines + ([_bullets(missed)] if missed else []))


def _measurements(comparisons: Iterable[Comparison]) -> str:
    rows = []
    for comparison in comparisons:
        for place, timing in enumerate(comparison.timings):
            name = f"**{OURS}**" if timing.contender == OURS else timing.contender
            case = comparison.case if place == 0 else ""
            rows.append((case, name, duration(timing.nanoseconds), *_ratio(comparison, timing)))
    return _table(("case", "contender", "a call", "times the limit", "quartiles", "goal"), rows)


def _ratio(comparison: Comparison, timing: Timing) -> tuple[str, str, str]:
    if timing.contender == comparison.limit:
        return "limit", "", ""
    goal = ""
    if timing.contender == OURS and comparison.goal is not None:
        goal = f"{comparison.goal_shown}, {'met' if comparison.met else 'not met'}"
    return digits(timing.ratio), " to ".join(map(digits, timing.quartiles)), goal


def _beside(comparison: Comparison) -> list[str]:
    """Tell how many times tensorgate's time other contenders take, the quickest first."""
    others = [timing for timing in comparison.timings if timing.contender not in (OURS, comparison.limit)]
    if len(others) > MANY:
        others = [timing for timing in others if timing.contender in BEST_KNOWN]
    others.sort(key=lambda timing: timing.nanoseconds)
    return [f"{timing.contender} {digits(timing.ratio / comparison.ours.ratio)}" for timing in others]


def _spread(answer: Answer) -> str:
    ratios = sorted(each.ours.ratio for each in answer.comparisons)
    if not ratios:
        return ""
    least, most = digits(ratios[0]), digits(ratios[-1])
    return least if least == most else f"{least} to {most}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)
