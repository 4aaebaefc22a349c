"""What became of the elements of a dataset that is checked."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tensorgate._core import ViolationCode
from tensorgate.tf.rule import Rule

_KEPT = 16


class BadElement(NamedTuple):
    """An element that broke the contract.

    Attributes:
        number: how many came before it in its pass over the dataset.
        violations: what is wrong with it, a line each.

    >>> BadElement(7, ("inputs['x']  below_minimum: expected at least 0, got -1 at [3]",)).number
    7
    """

    number: int
    violations: tuple[str, ...]


class Tally:
    """How many elements of a dataset were judged, and which broke the contract. Any number of threads may read it.

    It counts what the pipeline has judged in all passes and iterators since it was made: with a prefetch behind it that
    is more than was consumed, and with a cache behind it no more than one pass.

    >>> import tensorflow as tf, tensorgate as tg
    >>> sig = tg.Signature({"x": tg.TensorSpec((None,), "int64", minimum=0)})
    >>> rows = tf.data.Dataset.from_tensor_slices({"x": tf.constant([3, -1, 4, 1], tf.int64)})
    >>> ds = tg.tf.check_dataset(rows.batch(2), sig, "drop")
    >>> len(list(ds)), ds.tally.bad, ds.tally.seen
    (1, 1, 2)
    >>> ds.tally
    1 of 2 elements broke the contract
      inputs['x']  below_minimum: 1
    """

    def __init__(self) -> None:
        with tf.device("CPU:0"):
            self._seen = tf.Variable(0, dtype=tf.int64, trainable=False)
        self._lock = threading.Lock()
        self._bad = 0
        self._violations: Counter[tuple[str, ViolationCode]] = Counter()
        self._latest: deque[BadElement] = deque(maxlen=_KEPT)

    @property
    def seen(self) -> int:
        """How many elements were judged."""
        return int(self._seen.numpy())

    @property
    def bad(self) -> int:
        """How many of them broke the contract."""
        return self._bad

    @property
    def violations(self) -> dict[tuple[str, ViolationCode], int]:
        """In how many elements a path and a code were found together."""
        with self._lock:
            return dict(self._violations)

    @property
    def latest(self) -> tuple[BadElement, ...]:
        """The latest 16 elements that broke the contract, oldest first."""
        with self._lock:
            return tuple(self._latest)

    def __repr__(self) -> str:
        lines = [f"{self.bad} of {self.seen} elements broke the contract"]
        lines += [f"  {path}  {code}: {count}" for (path, code), count in sorted(self.violations.items())]
        return "\n".join(lines)

    def see(self) -> None:
        """Count an element, where a graph is made: each time that it runs."""
        self._seen.assign_add(1)

    def fail(self, number: tf.Tensor, rules: Sequence[Rule], lines: tf.Tensor) -> tf.Tensor:
        """Return the operation that takes in an element that broke the contract; it gives False.

        Args:
            number: how many elements came before in the pass.
            rules: of the contract.
            lines: what is wrong by each rule, "" where it holds.
        """
        kinds = [(rule.path, rule.code) for rule in rules]

        def add(number: np.int64, lines: Any) -> np.bool_:
            texts = [line.decode(errors="replace") for line in lines.tolist()]
            broken = [kind for kind, text in zip(kinds, texts, strict=True) if text]
            with self._lock:
                self._bad += 1
                self._violations.update(set(broken))
                self._latest.append(BadElement(int(number), tuple(filter(None, texts))))
            return np.False_

        return tf.ensure_shape(tf.numpy_function(add, [number, lines], tf.bool), ())
