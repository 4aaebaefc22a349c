"""What is asked of a batch in a graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import tensorflow as tf

from tensorgate._core import ViolationCode


@dataclasses.dataclass(frozen=True)
class Rule:
    """One thing that a contract asks of a batch, as TensorFlow's operations.

    Attributes:
        path: of the tensor, as violations write it.
        code: of the violation where the rule does not hold.
        holds: a scalar bool tensor.
        message: makes a scalar string tensor, the line of an error: path, code, what was expected and what was got. Its
            operations may run, and mean nothing, where the rule holds. Call it where a failure is handled, as in a
            branch of tf.cond: texts cost more than the look at the values.
    """

    path: str
    code: ViolationCode
    holds: tf.Tensor
    message: Callable[[], tf.Tensor]


def all_hold(rules: Iterable[Rule]) -> tf.Tensor | None:
    """Return whether all rules hold, as a scalar bool tensor; None where there are none."""
    verdicts = [rule.holds for rule in rules]
    if len(verdicts) < 2:
        return verdicts[0] if verdicts else None
    return tf.reduce_all(tf.stack(verdicts))


def where(condition: tf.Tensor | None, holds: tf.Tensor) -> tf.Tensor:
    """Return the verdict of a rule that is asked only where a condition holds; None is one that always does."""
    return holds if condition is None else tf.logical_or(holds, tf.logical_not(condition))
