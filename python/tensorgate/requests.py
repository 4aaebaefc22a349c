"""Many requests, each judged by itself."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from tensorgate import _core
from tensorgate._core import Signature, Violation

MAX_LINES = 20  # of a summary


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Report:
    """The verdict on each of many requests.

    Attributes:
        ok: an array of bool, one a request: True where it meets the contract.
        violations: what is wrong, at most 1000; `request` says with which.
        unlisted: how many more there were.

    >>> import numpy as np
    >>> report = Report(np.array([True, False]), [Violation("inputs['x']", "missing", request=1)], 0)
    >>> len(report), report
    (2, <Report: 1 of 2 requests refused>)
    """

    ok: npt.NDArray[np.bool_]
    violations: list[Violation]
    unlisted: int

    def __len__(self) -> int:
        return len(self.ok)

    def __bool__(self) -> bool:
        raise TypeError("a Report is neither true nor false: use report.ok.all()")

    def __repr__(self) -> str:
        return f"<Report: {self._verdict()}>"

    def summary(self) -> str:
        """Return what is wrong as text that fits a terminal: a line an input and code, the most frequent first.

        >>> import numpy as np
        >>> violations = [Violation("inputs['x']", "missing", request=request) for request in (1, 2)]
        >>> print(Report(np.array([True, False, False]), violations, 0).summary())
        2 of 3 requests refused
          2 inputs['x'] missing, first in request 1
        """
        kinds: dict[tuple[str, str], list[Violation]] = {}
        for violation in self.violations:
            kinds.setdefault((violation.path, violation.code), []).append(violation)
        ordered = sorted(kinds.values(), key=len, reverse=True)
        lines = [self._verdict(), *(f"  {len(found)} {_first(found[0])}" for found in ordered[:MAX_LINES])]
        if rest := ordered[MAX_LINES:]:
            lines.append(f"  {sum(map(len, rest))} of {len(rest)} other kinds")
        if self.unlisted:
            lines.append(f"  {self.unlisted} more that are not listed")
        return "\n".join(lines)

    def _verdict(self) -> str:
        refused = len(self.ok) - int(np.count_nonzero(self.ok))
        return f"{refused} of {len(self.ok)} request{'' if len(self.ok) == 1 else 's'} refused"


def check_many(signature: Signature, batches: Iterable[Any], *, threads: SupportsIndex = 1) -> Report:
    """Check many requests, each a batch of its own.

    Values of 64 KB and more are scanned with the GIL released. Never raises for bad data.

    Args:
        signature: the contract.
        batches: the requests.
        threads: how many may scan values at once. There are never more than the machine has processors.

    Raises:
        TypeError: the batches are a single one, or threads is no int.
        ValueError: threads is below 1.

    >>> sig = Signature({"x": _core.TensorSpec((None,), "int64", minimum=0)})
    >>> check_many(sig, [{"x": np.array([1, 2])}, {"x": np.array([3, -4])}]).ok.tolist()
    [True, False]
    """
    count = operator.index(threads)
    if isinstance(threads, bool):
        raise TypeError("threads is a bool; it must be an int")
    if count < 1:
        raise ValueError(f"threads is {count}; it must be at least 1")
    if count > 1:
        count = min(count, os.cpu_count() or 1)
    return Report(*_core.check_many(signature, as_requests(batches, "batches"), count))


def as_requests(requests: Iterable[Any], name: str) -> tuple[Any, ...]:
    """Return an iterable of requests as a tuple.

    Raises:
        TypeError: it is a single request, or nothing that could be many.

    >>> as_requests({"x": 1}, "requests")
    Traceback (most recent call last):
    TypeError: requests is of type dict; it must be an iterable of batches, such as [batch]
    """
    if type(requests) is list:
        return tuple(requests)
    if isinstance(requests, (Mapping, str, bytes)) or not hasattr(type(requests), "__iter__"):
        raise TypeError(
            f"{name} is of type {type(requests).__name__}; it must be an iterable of batches, such as [batch]"
        )
    return tuple(requests)


def _first(violation: Violation) -> str:
    """As in: inputs['x'] below_minimum, first in request 1: expected at least 0, got -4 at [1]."""
    text = str(violation).removeprefix(f"{violation.path}  {violation.code}").removeprefix(" input")
    return f"{violation.path} {violation.code}, first in request {violation.request}{text}"
