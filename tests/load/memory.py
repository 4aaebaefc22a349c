"""The memory of processes over time."""

import statistics
import threading
import time
from collections import defaultdict

from .proc import resident_bytes

SECONDS = 0.25  # between two looks


class Memory:
    """Looks at the resident memory of processes while it is open."""

    def __init__(self, **processes):
        """Take {name: gives the number of the process that is it now, or None}."""
        self._processes = processes
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.samples = defaultdict(list)  # (name, pid): [(seconds, bytes)]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()

    def _watch(self):
        while not self._stopping.wait(SECONDS):
            for name, number in self._processes.items():
                pid = number()
                found = None if pid is None else resident_bytes(pid)
                if found is not None:
                    self.samples[name, pid].append((time.monotonic(), found))


def growth(samples):
    """Return by how much the median of the last third is over that of the second: the first one warms up."""
    third = len(samples) // 3
    second, last = ([size for _, size in part] for part in (samples[third : 2 * third], samples[2 * third :]))
    return statistics.median(last) - statistics.median(second) if second else 0


def longest(samples, name):
    """Return the samples of the process of that name that ran longest."""
    return max((each for (named, _), each in samples.items() if named == name), key=len, default=[])


def peak(samples, name):
    """Return the most that a process of that name had at any time."""
    return max((size for (named, _), each in samples.items() if named == name for _, size in each), default=0)
