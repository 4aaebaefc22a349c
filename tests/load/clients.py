"""Threads that send requests of all kinds and hold each answer against what is due."""

import random
import time

from .answers import NO_ANSWER
from .callers import Callers, Hung

LANES = {"quick": 5, "slow": 3, "huge": 1}  # threads
SECONDS_TO_SUCCEED = 90  # of one request, retried while a part is away
_PAUSE = {"quick": 0.002, "slow": 0.0, "huge": 0.02}


class Client:
    """A client that sends what is of its lane until it is told to stop."""

    def __init__(self, number, lane, kinds, envoy, ledger, outages):
        self._random = random.Random(number)
        self._lane = lane
        self._kinds = [kind for kind in kinds if kind.lane == lane]
        self._envoy = envoy
        self._ledger = ledger
        self._outages = outages

    def run(self, stopping):
        callers = Callers(self._envoy)
        for kind in self._sequence():
            if stopping.is_set():
                break
            self._see_through(kind, callers)
            time.sleep(_PAUSE[self._lane])
        callers.close()

    def _sequence(self):
        """Give all kinds in a fresh order, again and again."""
        while True:
            yield from self._random.sample(self._kinds, len(self._kinds))

    def _see_through(self, kind, callers):
        """Send one request until it is answered as it must be."""
        deadline = time.monotonic() + SECONDS_TO_SUCCEED
        retried = False
        while True:
            start = time.monotonic()
            self._ledger.count(kind.name, "sent")
            try:
                answer = kind.send(callers, kind.name)
            except Hung:
                self._ledger.breach(f"{kind.name}: no answer in {time.monotonic() - start:.0f} s")
                return
            if not kind.codes:
                self._ledger.count(kind.name, "cut")
                return
            if answer.code in kind.codes:
                if not kind.is_right(answer):
                    self._ledger.breach(f"{kind.name}: wrong in {answer}")
                self._ledger.count(kind.name, "after a retry" if retried else "right")
                return
            if answer.code not in NO_ANSWER[kind.protocol] or not self._is_explained(kind, start):
                self._ledger.breach(f"{kind.name}: answered {answer}")
                return
            if time.monotonic() > deadline:
                self._ledger.breach(f"{kind.name}: lost, last of all {answer}")
                return
            retried = True
            time.sleep(0.05)

    def _is_explained(self, kind, start):
        # A bad one has no need of the backend.
        return self._outages.explain(("gate", "backend") if kind.is_good else ("gate",), start, time.monotonic())
