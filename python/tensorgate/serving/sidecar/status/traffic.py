"""What has come through the gate: counts, times, sizes, and the latest refusals."""

from __future__ import annotations

import dataclasses
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tensorgate.errors import ValidationError
from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.outcome import Outcome
from tensorgate.serving.sidecar.status.histogram import Histogram
from tensorgate.serving.sidecar.status.input_names import OTHER, InputNames, input_of

ACCEPTED, REFUSED, LET_PASS = ("accepted", "refused", "let_pass")

NONE = "(none)"  # where no served model was meant

SECONDS = tuple(unit * scale for unit in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1) for scale in (1, 2, 5))
BYTES = tuple(float(1 << power) for power in range(6, 31, 2))  # 64 B to 1 GiB

WINDOW = 300  # seconds that the chart looks back
MAX_NAMES = 10_000  # of each kind of counter: a sidecar that runs for years sees many versions
MAX_TEXT = 8_192  # characters of a refusal's text


class Key(NamedTuple):
    """What requests are counted by."""

    model: str
    version: int | None
    protocol: str
    method: str
    verdict: str


class Fault(NamedTuple):
    """What is wrong with requests."""

    model: str
    input: str
    code: str


@dataclasses.dataclass(frozen=True)
class Requests:
    """Requests of one kind.

    Attributes:
        sizes: of their bodies, in bytes.
        seconds: what judging them took.
    """

    sizes: Histogram
    seconds: Histogram

    @property
    def count(self) -> int:
        """How many there were."""
        return self.seconds.count


class Refusal(NamedTuple):
    """A bad request, refused or let pass.

    Attributes:
        number: counts bad requests, from 1 on.
        time: in seconds since the epoch.
        text: what the error says.
    """

    number: int
    time: float
    protocol: str
    method: str
    model: str | None
    version: int | None
    size: int
    refused: bool
    text: str


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """All counts at one moment.

    Attributes:
        requests: by kind.
        faults: how many requests had a violation of the code at the input, each request once.
        latest: bad requests, the newest first.
        by_second: how many were accepted, refused and let pass in each of the last WINDOW seconds, up to now.
        second: the number of the present second on a clock that is never set.
    """

    requests: Mapping[Key, Requests]
    faults: Mapping[Fault, int]
    latest: Sequence[Refusal]
    by_second: Sequence[tuple[int, int, int]]
    second: int


class _Series:
    __slots__ = ("bytes", "seconds", "sizes", "times")

    def __init__(self) -> None:
        self.sizes = [0] * (len(BYTES) + 1)
        self.times = [0] * (len(SECONDS) + 1)
        self.bytes = 0
        self.seconds = 0.0


class Traffic:
    """Counts requests. One thread records, any other may take snapshots.

    Memory is bounded whatever clients send: only names of served models and of their contracts' inputs are kept.

    >>> traffic = Traffic(lambda: ())
    >>> traffic.record(Outcome("grpc", "Predict", "ranker", 3, size=120, seconds=4e-6))
    >>> [(key.model, key.verdict, requests.count) for key, requests in traffic.snapshot().requests.items()]
    [('ranker', 'accepted', 1)]
    """

    def __init__(self, models: Callable[[], Sequence[ModelState]], max_refusals: int = 100) -> None:
        """Start from nothing.

        Args:
            models: gives the models that are served, whose inputs may be named. Called for every bad request.
            max_refusals: how many of the latest bad requests are kept, at least one.
        """
        self._inputs = InputNames(models)
        self._series: dict[Key, _Series] = {}
        self._faults: dict[Fault, int] = {}
        self._latest: list[Refusal | None] = [None] * max_refusals
        self._bad = 0
        self._seconds = [(0, 0, 0, 0)] * WINDOW  # which second, and what came in it

    def record(self, outcome: Outcome) -> None:
        """Count a request."""
        error = outcome.error
        verdict = ACCEPTED if error is None else REFUSED if outcome.refused else LET_PASS
        key = Key(outcome.model or NONE, outcome.version, outcome.protocol, outcome.method, verdict)
        series = self._series.get(key) or self._new_series(key)
        series.sizes[bisect_left(BYTES, outcome.size)] += 1
        series.times[bisect_left(SECONDS, outcome.seconds)] += 1
        series.bytes += outcome.size
        series.seconds += outcome.seconds
        second = int(time.monotonic())
        then, accepted, refused, let_pass = self._seconds[second % WINDOW]
        if then != second:
            accepted = refused = let_pass = 0
        # A tuple of its own, so that a reader in another thread sees all of it or nothing.
        if error is None:
            self._seconds[second % WINDOW] = (second, accepted + 1, refused, let_pass)
            return
        refused, let_pass = (refused + 1, let_pass) if outcome.refused else (refused, let_pass + 1)
        self._seconds[second % WINDOW] = (second, accepted, refused, let_pass)
        self._record_faults(outcome, error)
        self._keep(outcome, error)

    def snapshot(self) -> Snapshot:
        """Return all counts."""
        now = int(time.monotonic())
        # Copies, made in one step each: the counters grow meanwhile.
        seconds = {
            second: (accepted, refused, let_pass) for second, accepted, refused, let_pass in self._seconds.copy()
        }
        latest = [refusal for refusal in self._latest.copy() if refusal is not None]
        return Snapshot(
            {
                key: Requests(
                    Histogram(BYTES, series.sizes.copy(), series.bytes),
                    Histogram(SECONDS, series.times.copy(), series.seconds),
                )
                for key, series in self._series.copy().items()
            },
            self._faults.copy(),
            sorted(latest, key=lambda refusal: -refusal.number),
            [seconds.get(second, (0, 0, 0)) for second in range(now - WINDOW + 1, now + 1)],
            now,
        )

    def _new_series(self, key: Key) -> _Series:
        if len(self._series) >= MAX_NAMES:
            key = key._replace(model=OTHER, version=None)
        return self._series.setdefault(key, _Series())

    def _record_faults(self, outcome: Outcome, error: ValidationError) -> None:
        names = self._inputs.of(outcome.model)
        model = outcome.model or NONE
        # The code's word itself: a member of an enum is slow to hash.
        found = {(input_of(found.path, names), found.code._value_) for found in error.violations}
        for name, code in found:
            fault = Fault(model, name, code)
            if fault not in self._faults and len(self._faults) >= MAX_NAMES:
                fault = Fault(OTHER, OTHER, code)
            self._faults[fault] = self._faults.get(fault, 0) + 1

    def _keep(self, outcome: Outcome, error: ValidationError) -> None:
        # The text alone: the error holds on to frames, and these to the request.
        text = str(error)
        if len(text) > MAX_TEXT:
            text = text[:MAX_TEXT].rsplit("\n", 1)[0] + "\n  ... cut here"
        place = self._bad % len(self._latest)
        self._bad += 1
        self._latest[place] = Refusal(
            self._bad,
            time.time(),
            outcome.protocol,
            outcome.method,
            outcome.model,
            outcome.version,
            outcome.size,
            outcome.refused,
            text,
        )
