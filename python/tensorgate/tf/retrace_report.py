"""What is told of a tf.function's traces."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tensorgate.tf.call_arguments import Change
from tensorgate.tf.one_trace import Obstacle

_SHOWN = 20
_HEADER = ("trace", "argument", "change", "seconds", "called from")
_TO_THE_RIGHT = ("trace", "seconds")


@dataclasses.dataclass(frozen=True)
class Retrace:
    """A trace, and what caused it.

    Attributes:
        number: counted from 1, as `experimental_get_tracing_count` does.
        changes: how its arguments differ from those of the nearest earlier trace; empty where they do not.
        against: the number of that trace; None for the first.
        reason: what caused it where no argument did, else empty.
        seconds: what the call took that made it, its run included; None where no watched call made it.
        caller: the file and line of that call, or None.

    >>> import tensorflow as tf
    >>> from tensorgate.tf.retraces import watch_retraces
    >>> f = watch_retraces(tf.function(lambda x: x + 1))
    >>> results = [f(tf.zeros([n])) for n in (2, 3)]
    >>> print(f.report().retraces[1])
    trace 2: x: shape [2] -> [3]
    """

    __module__ = "tensorgate.tf"

    number: int
    changes: tuple[Change, ...]
    against: int | None
    reason: str
    seconds: float | None = None
    caller: str | None = None

    def __str__(self) -> str:
        return f"trace {self.number}: {self.reason or '; '.join(map(str, self.changes))}"


@dataclasses.dataclass(frozen=True)
class RetraceReport:
    """The traces of a tf.function; as text, a table of them and what would make them one.

    Attributes:
        name: the function's.
        count: how many traces it has.
        seconds: what the calls took that made them.
        retraces: the last of them, at most 100.
        input_signature: what to give to tf.function so that all these calls share one trace; None where no
            input_signature does that, and where there is one already.
        obstacles: which arguments prevent it, and what to do.
        advice: the same as text, with the input_signature as code.

    >>> import tensorflow as tf
    >>> from tensorgate.tf.retraces import watch_retraces
    >>> f = watch_retraces(tf.function(lambda x, flag: x))
    >>> results = [f(tf.zeros([n]), "on") for n in (2, 3)]
    >>> print(*f.report().obstacles)
    flag: Python value 'on'; make it the default, behind the tensors
    """

    __module__ = "tensorgate.tf"

    name: str
    count: int
    seconds: float
    retraces: tuple[Retrace, ...]
    input_signature: tuple[Any, ...] | None
    obstacles: tuple[Obstacle, ...]
    advice: str

    def __str__(self) -> str:
        shown = self.retraces[-_SHOWN:]
        lines = [f"{self.name!r}: {self.count} trace{'s' * (self.count != 1)}, made in {self.seconds:.2f} s of calls"]
        if len(shown) < self.count:
            lines.append(f"  the last {len(shown)} of them:")
        if shown:
            lines += _table([_HEADER, *(row for retrace in shown for row in _rows(retrace))])
        return "\n".join([*lines, self.advice])


def _rows(retrace: Retrace) -> Iterator[tuple[str, ...]]:
    seconds = "" if retrace.seconds is None else f"{retrace.seconds:.3f}"
    caller = "" if retrace.caller is None else Path(retrace.caller).name
    causes = [(change.path, change.text) for change in retrace.changes] or [("", retrace.reason)]
    yield (str(retrace.number), *causes[0], seconds, caller)
    for cause in causes[1:]:
        yield ("", *cause, "", "")


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(map(_aligned, row, widths, _HEADER)).rstrip() for row in rows]


def _aligned(cell: str, width: int, column: str) -> str:
    return cell.rjust(width) if column in _TO_THE_RIGHT else cell.ljust(width)
