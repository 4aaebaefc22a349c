"""The account of all requests: what was sent, what came back, and what must not have been."""

import dataclasses
import threading
import time
from collections import Counter, defaultdict

MAX_BREACHES = 5000  # that are told of


class Outages:
    """When which part was not there."""

    def __init__(self, grace=0.5):
        """Take for how many seconds after its return a part may still be missed."""
        self._grace = grace
        self.spans = []

    def begin(self, part):
        self.spans.append(Outage(part, time.monotonic()))

    def end(self, part):
        span = next(each for each in reversed(self.spans) if each.part == part)
        self.spans[self.spans.index(span)] = dataclasses.replace(span, end=time.monotonic())

    def explain(self, parts, start, end):
        """Whether one of the parts was away at some time between."""
        return any(
            span.part in parts and span.start <= end and start <= span.end + self._grace for span in self.spans.copy()
        )


@dataclasses.dataclass(frozen=True)
class Outage:
    """A time without a part."""

    part: str
    start: float
    end: float = float("inf")


class Ledger:
    """Counts, from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self.counts = defaultdict(Counter)
        self.breaches = []
        self.breach_count = 0

    def count(self, kind, what):
        with self._lock:
            self.counts[kind][what] += 1

    def breach(self, text):
        """Note what must not be."""
        with self._lock:
            self.breach_count += 1
            if len(self.breaches) < MAX_BREACHES:
                self.breaches.append(f"at {time.monotonic() - self._start:.1f} s: {text}")
