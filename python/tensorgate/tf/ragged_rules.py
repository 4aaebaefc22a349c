"""What a contract asks of ragged tensors beside their values: that row_splits cut them, and into which rows."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from tensorgate._core import RaggedTensorSpec, ViolationCode
from tensorgate.tf import texts
from tensorgate.tf.rule import Rule, all_hold, where
from tensorgate.tf.shape_rules import ShapeRules, count_true, first_true, fit, item, known_sizes
from tensorgate.tf.value_rules import element_rules


def ragged_rules(path: str, tensor: tf.RaggedTensor, spec: RaggedTensorSpec, shapes: ShapeRules) -> Iterator[Rule]:
    """Yield what is asked of a ragged tensor: values, row_splits, row lengths and the other sizes."""
    rank = spec.ragged_rank
    flat, flat_path = tensor.flat_values, path + rank * ".values"
    inner = None if spec.shape is None else spec.shape[rank + 1 :]
    sizes = tf.shape(flat, tf.int64)
    fixed = None if inner is None else [None, *(dim if isinstance(dim, int) else None for dim in inner)]
    flat_rules = list(ShapeRules().of_sizes(flat_path, fixed, known_sizes(flat.shape), sizes))
    if fixed is None and flat.shape.rank is None:
        flat_rules.append(_has_rows(flat_path, sizes))
    yield from flat_rules
    yield from element_rules(flat_path, flat, spec, all_hold(flat_rules))
    splits = [tf.cast(row_splits, tf.int64) for row_splits in tensor.nested_row_splits]
    split_rules: list[Rule] = []
    rows, is_known = fit(sizes, 1)[0], None if flat.shape.rank else tf.size(sizes) > 0
    for level in reversed(range(rank)):
        own = list(_split_rules(f"{path}{level * '.values'}.row_splits", splits[level], rows, is_known))
        yield from own
        is_known, rows = all_hold(own), tf.size(splits[level], tf.int64) - 1
        split_rules += own
    is_sound = all_hold(split_rules)
    for level in range(rank):
        lengths = splits[level][1:] - splits[level][:-1]
        dim = None if spec.shape is None else spec.shape[level + 1]
        yield from shapes.of_lengths(path + level * ".values", dim, level + 1, lengths, is_sound)
    if spec.shape is None or inner is None:
        return
    # The dimensions that are not ragged, against those of the batch.
    whole = tf.concat([[rows], tf.zeros([rank], tf.int64), fit(sizes, len(inner) + 1)[1:]], axis=0)
    known = known_sizes(tensor.shape) or [None] * len(spec.shape)
    is_whole = all_hold([*split_rules, *flat_rules])
    yield from shapes.of_sizes(path, spec.shape, known, whole, ragged_rank=rank, is_sound=is_whole)


def _split_rules(path: str, splits: tf.Tensor, rows: tf.Tensor, is_known: tf.Tensor | None) -> Iterator[Rule]:
    """Yield what is asked of row_splits that cut so many rows, if it is known how many there are."""
    count = tf.size(splits)
    first, last = splits[:1], splits[-1:]

    has_start = tf.logical_and(count > 0, tf.reduce_all(tf.equal(first, 0)))
    yield Rule(
        path,
        ViolationCode.row_splits,
        has_start,
        lambda: texts.line(
            path,
            "row_splits",
            "0 at the start",
            tf.where(count > 0, tf.strings.reduce_join(tf.strings.as_string(first)), "no splits"),
            " at [0]",
        ),
    )
    falls = tf.concat([tf.zeros([tf.minimum(count, 1)], tf.bool), splits[1:] < splits[:-1]], axis=0)

    def fall() -> tf.Tensor:
        at = first_true(falls)
        before = tf.strings.as_string(item(splits, at - 1))
        got = tf.strings.as_string(item(splits, at))
        place = texts.place(at[None], count_true(falls))
        return texts.line(path, "row_splits", texts.joined("at least ", before, " as before it"), got, place)

    yield Rule(path, ViolationCode.row_splits, tf.logical_not(tf.reduce_any(falls)), fall)
    yield Rule(
        path,
        ViolationCode.row_splits,
        where(is_known, tf.reduce_all(tf.equal(last, rows))),
        lambda: texts.line(
            path,
            "row_splits",
            texts.joined("the number of values, ", tf.strings.as_string(rows), ", at the end"),
            tf.strings.as_string(item(last, tf.constant(0))),
            texts.joined(" at [", tf.strings.as_string(count - 1), "]"),
        ),
    )


def _has_rows(path: str, sizes: tf.Tensor) -> Rule:
    return Rule(
        path,
        ViolationCode.rank,
        tf.greater_equal(tf.size(sizes), 1),
        lambda: texts.line(path, "rank", "a rank of 1 at least", "[]"),
    )
