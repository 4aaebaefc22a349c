"""The log: an object of JSON a line, never a tensor's values."""

from __future__ import annotations

import datetime
import io
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, TextIO

from tensorgate._core import Violation
from tensorgate.serving.sidecar.outcome import Outcome

MAX_VIOLATIONS = 8  # of a refusal; the others are counted
_MAX_TEXT = 200  # characters of a path or of what was expected

# What was got is sizes, dtypes and names where these codes are told, whatever the request was.
_SIZES_AND_NAMES = frozenset(
    {
        *("rank", "dim", "dim_mismatch", "byte_order", "unsupported", "too_large"),
        *("unknown_model", "unknown_signature", "output_filter"),
    }
)
# With these codes a message of protobuf's has counts, fields and dtypes alone, where JSON may have the number itself.
_OF_THE_WIRE = frozenset({"dtype", "structure", "ragged", "malformed"})
_KIND_IN_JSON = re.compile(r"(a|an|an empty) (list|object|string)|\d+ elements?|both|neither|the end")
# What was expected is the contract's, but here it has numbers of the request in it.
_EXPECTED_HAS_VALUES = frozenset({"row_splits", "sparse_indices"})


class RefusalLog:
    """Writes what happens to a stream, from any thread."""

    def __init__(self, stream: TextIO | io.TextIOBase | None = None, per_second: int = 10) -> None:
        """Open the log.

        Args:
            stream: where to; standard error if not given.
            per_second: how many refusals are written in a second; of the others their number, in one line.
        """
        self._stream = sys.stderr if stream is None else stream
        self._per_second = per_second
        self._lock = threading.Lock()
        self._second = 0
        self._written = 0
        self._omitted = 0

    def record(self, outcome: Outcome) -> None:
        """Write a bad request, refused or let pass, if there are not too many; a good one leaves no trace."""
        if outcome.error is None:
            return
        with self._lock:
            self._turn(int(time.monotonic()))
            if self._written >= self._per_second:
                self._omitted += 1
                return
            self._written += 1
            self._write(_refusal(outcome))

    def event(self, name: str, /, **facts: Any) -> None:
        """Write that something happened: the start, the end, a model's new version, a broken one."""
        with self._lock:
            self._tell_omitted()
            self._write({"event": name, **facts})

    def flush(self) -> None:
        """Write how many refusals were left out, if there are any and their second is over."""
        with self._lock:
            self._turn(int(time.monotonic()))

    def _turn(self, second: int) -> None:
        if second == self._second:
            return
        self._second = second
        self._written = 0
        self._tell_omitted()

    def _tell_omitted(self) -> None:
        if self._omitted:
            self._write({"event": "refusals_omitted", "count": self._omitted})
            self._omitted = 0

    def _write(self, facts: dict[str, Any]) -> None:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            self._stream.write(json.dumps({"time": now, **facts}, default=str) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # a full disk or a closed pipe must not stop requests


def _refusal(outcome: Outcome) -> dict[str, Any]:
    assert outcome.error is not None
    violations = outcome.error.violations
    return {
        "event": "refused" if outcome.refused else "let_pass",
        "protocol": outcome.protocol,
        "method": outcome.method,
        "model": outcome.model,
        "version": outcome.version,
        "bytes": outcome.size,
        "violations": [dict(_facts(violation, outcome.protocol)) for violation in violations[:MAX_VIOLATIONS]],
        "unlisted": outcome.error.unlisted + max(0, len(violations) - MAX_VIOLATIONS),
    }


def _facts(violation: Violation, protocol: str) -> Iterator[tuple[str, Any]]:
    code = violation.code.value
    yield "path", violation.path[:_MAX_TEXT]
    yield "code", code
    if violation.expected is not None and code not in _EXPECTED_HAS_VALUES:
        yield "expected", violation.expected[:_MAX_TEXT]
    if violation.got is not None and _holds_no_value(code, violation.got, protocol):
        yield "got", violation.got[:_MAX_TEXT]
    for name in ("index", "count", "offset"):
        if (place := getattr(violation, name)) is not None:
            yield name, place


def _holds_no_value(code: str, got: str, protocol: str) -> bool:
    if code in _SIZES_AND_NAMES:
        return True
    return code in _OF_THE_WIRE and (protocol == "grpc" or _KIND_IN_JSON.fullmatch(got) is not None)
