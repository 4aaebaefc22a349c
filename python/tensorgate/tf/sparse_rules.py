"""What a contract asks of sparse tensors beside their values: sizes, and indices that lie within them in order."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from tensorgate._core import SparseTensorSpec, ViolationCode
from tensorgate.tf import texts
from tensorgate.tf.rule import Rule, where
from tensorgate.tf.shape_rules import ShapeRules, count_true, first_true, fit, item, known_sizes
from tensorgate.tf.value_rules import element_rules

_MAX_RANK = 254  # of TensorFlow's tensors


def sparse_rules(path: str, tensor: tf.SparseTensor, spec: SparseTensorSpec, shapes: ShapeRules) -> Iterator[Rule]:
    """Yield what is asked of a sparse tensor: values, sizes, and indices within them in row-major order."""
    sizes, indices = tensor.dense_shape, tensor.indices
    yield from element_rules(f"{path}.values", tensor.values, spec, None)
    negative = tf.less(sizes, 0)

    def negative_size() -> tf.Tensor:
        axis = first_true(negative)
        got = tf.strings.as_string(item(sizes, axis))
        return texts.line(f"{path}.dense_shape", "dim", "sizes from 0 up", got)

    has_sizes = tf.logical_not(tf.reduce_any(negative))
    yield Rule(f"{path}.dense_shape", ViolationCode.dim, has_sizes, negative_size)
    rank = tf.size(sizes)
    if sizes.shape[0] is None:
        has_rank = tf.less_equal(rank, _MAX_RANK)
        yield Rule(
            f"{path}.dense_shape",
            ViolationCode.rank,
            where(has_sizes, has_rank),
            lambda: texts.line(
                f"{path}.dense_shape", "rank", f"at most {_MAX_RANK} dimensions", tf.strings.as_string(rank)
            ),
        )
        has_sizes = tf.logical_and(has_sizes, has_rank)
    yield from shapes.of_sizes(path, spec.shape, known_sizes(tensor.shape), sizes, is_sound=has_sizes)
    yield from _index_rules(path, indices, tf.shape(tensor.values, tf.int64)[0], sizes, has_sizes)


def _index_rules(
    path: str, indices: tf.Tensor, values: tf.Tensor, sizes: tf.Tensor, has_sizes: tf.Tensor
) -> Iterator[Rule]:
    entries, width = tf.unstack(tf.shape(indices, tf.int64))
    rank = tf.size(sizes, tf.int64)
    fits = where(has_sizes, tf.equal(width, rank))
    yield Rule(
        f"{path}.indices",
        ViolationCode.dim_mismatch,
        fits,
        lambda: texts.line(
            f"{path}.indices",
            "dim_mismatch",
            _one_for_each(rank, "column", "size in dense_shape"),
            tf.strings.as_string(width),
        ),
    )
    fits = tf.logical_and(has_sizes, fits)
    yield Rule(
        f"{path}.values",
        ViolationCode.dim_mismatch,
        where(fits, tf.equal(values, entries)),
        lambda: texts.line(
            f"{path}.values",
            "dim_mismatch",
            _one_for_each(entries, "value", "row of indices"),
            tf.strings.as_string(values),
        ),
    )
    out_of_bounds = tf.reduce_any(tf.logical_or(indices < 0, indices >= fit(sizes, width)), axis=1)
    yield Rule(
        f"{path}.indices",
        ViolationCode.sparse_indices,
        where(fits, tf.logical_not(tf.reduce_any(out_of_bounds))),
        lambda: _bad_index(path, indices, out_of_bounds, texts.joined("indices within ", texts.numbers(sizes))),
    )
    before, after = indices[:-1], indices[1:]
    same_so_far = tf.math.cumprod(tf.cast(tf.equal(before, after), tf.int32), axis=1, exclusive=True)
    in_order = tf.reduce_any(tf.logical_and(before < after, same_so_far > 0), axis=1)
    disorder = tf.concat([[False], tf.logical_not(in_order)], axis=0)[:entries]

    def message() -> tf.Tensor:
        previous = item(indices, first_true(disorder) - 1)
        expected = texts.joined("indices in row-major order, each once: after ", texts.numbers(previous))
        return _bad_index(path, indices, disorder, expected)

    yield Rule(
        f"{path}.indices",
        ViolationCode.sparse_indices,
        where(fits, tf.logical_not(tf.reduce_any(disorder))),
        message,
    )


def _bad_index(path: str, indices: tf.Tensor, wrong: tf.Tensor, expected: tf.Tensor) -> tf.Tensor:
    row = first_true(wrong)
    got = texts.numbers(item(indices, row))
    return texts.line(f"{path}.indices", "sparse_indices", expected, got, texts.place(row[None], count_true(wrong)))


def _one_for_each(count: tf.Tensor, what: str, thing: str) -> tf.Tensor:
    return texts.joined(
        tf.strings.as_string(count), tf.where(tf.equal(count, 1), f" {what}", f" {what}s"), f", one for each {thing}"
    )
