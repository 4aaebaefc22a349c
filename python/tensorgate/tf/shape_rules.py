"""What a contract asks of sizes that a graph does not know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from tensorgate import _core
from tensorgate._core import Dim, ViolationCode
from tensorgate.specs import dim_name
from tensorgate.tf import texts
from tensorgate.tf.rule import Rule, where
from tensorgate.tf.static import shape_text

Dims = Sequence[int | str | Dim | None]
Sizes = Sequence[int | None]

_LARGEST = 2**63 - 1


class _Size(NamedTuple):
    path: str
    axis: int
    known: int | None
    size: tf.Tensor
    is_there: tf.Tensor | None  # False where the tensor is of another rank


class _Lengths(NamedTuple):
    path: str
    axis: int
    lengths: tf.Tensor
    is_there: tf.Tensor | None


class ShapeRules:
    """The rules for the sizes of one batch, whose names stand for one size each.

    Tensors are to be shown to it in the signature's order.
    """

    def __init__(self) -> None:
        self._sizes: dict[str, _Size] = {}
        self._lengths: dict[str, _Lengths] = {}

    def of_sizes(
        self,
        path: str,
        wanted: Dims | None,
        known: Sizes | None,
        sizes: tf.Tensor,
        *,
        ragged_rank: int = 0,
        is_sound: tf.Tensor | None = None,
    ) -> Iterator[Rule]:
        """Yield what is asked of a tensor's rank and sizes.

        Args:
            path: of the tensor.
            wanted: the dimensions of its spec.
            known: its sizes as the graph knows them, which static_violations has looked at.
            sizes: a vector of int64.
            ragged_rank: so many dimensions after the first are ragged, and not looked at here.
            is_sound: whether there are such sizes at all; None for always.
        """
        if wanted is None:
            return

        def message(code: ViolationCode) -> Callable[[], tf.Tensor]:
            return lambda: texts.line(path, code, shape_text(tuple(wanted)), texts.sizes(sizes, ragged_rank))

        if known is None:
            known = [None] * len(wanted)
            has_rank = where(is_sound, tf.equal(tf.size(sizes), len(wanted)))
            yield Rule(path, ViolationCode.rank, has_rank, message(ViolationCode.rank))
            is_sound = has_rank if is_sound is None else tf.logical_and(is_sound, has_rank)
            fitted = fit(sizes, len(wanted))
        else:
            fitted = sizes
        dims = [None if is_ragged(axis, ragged_rank) else dim for axis, dim in enumerate(wanted)]
        allowed = _allowed([dim if size is None else None for dim, size in zip(dims, known, strict=True)], fitted)
        if allowed is not None:
            holds = where(is_sound, tf.reduce_all(allowed))
            yield Rule(path, ViolationCode.dim, holds, message(ViolationCode.dim))
        for axis, dim in enumerate(dims):
            name = dim_name(dim)
            if name is not None:
                yield from self._of_name(name, _Size(path, axis, known[axis], fitted[axis], is_sound))

    def of_lengths(
        self, path: str, dim: int | str | Dim | None, axis: int, lengths: tf.Tensor, is_sound: tf.Tensor | None
    ) -> Iterator[Rule]:
        """Yield what is asked of the length of each row along a ragged dimension.

        Args:
            path: of the ragged tensor.
            dim: the dimension in its spec.
            axis: which one.
            lengths: a vector of int64.
            is_sound: whether there are such rows at all; None for always.
        """
        allowed = _allowed([dim], lengths)
        if allowed is not None:
            wrong = tf.logical_not(allowed)

            def message() -> tf.Tensor:
                first = first_true(wrong)
                return texts.line(
                    path,
                    "dim",
                    f"rows of length {shape_text((dim,))[1:-1]} along axis {axis}",
                    tf.strings.as_string(item(lengths, first)),
                )

            yield Rule(path, ViolationCode.dim, where(is_sound, tf.reduce_all(allowed)), message)
        name = dim_name(dim)
        if name is not None:
            yield from self._of_named_lengths(name, _Lengths(path, axis, lengths, is_sound))

    def _of_name(self, name: str, own: _Size) -> Iterator[Rule]:
        first = self._sizes.setdefault(name, own)
        if first is own or (first.known is not None and own.known is not None):
            return
        holds = where(own.is_there, where(first.is_there, tf.equal(own.size, first.size)))

        def message() -> tf.Tensor:
            want = texts.joined(f"{_shown(name)} = ", tf.strings.as_string(first.size), _as_on(first))
            got = texts.joined(tf.strings.as_string(own.size), f" on axis {own.axis}")
            return texts.line(own.path, "dim_mismatch", want, got)

        yield Rule(own.path, ViolationCode.dim_mismatch, holds, message)

    def _of_named_lengths(self, name: str, own: _Lengths) -> Iterator[Rule]:
        first = self._lengths.setdefault(name, own)
        if first is own:
            return
        rows = tf.maximum(tf.size(own.lengths), tf.size(first.lengths))
        got, want = fit(own.lengths, rows, -1), fit(first.lengths, rows, -1)
        differs = tf.not_equal(got, want)
        holds = where(own.is_there, where(first.is_there, tf.logical_not(tf.reduce_any(differs))))

        def message() -> tf.Tensor:
            row = first_true(differs)
            return texts.line(
                own.path,
                "dim_mismatch",
                texts.joined(f"{_shown(name)} with ", _row_text(item(want, row)), _as_on(first)),
                texts.joined(_row_text(item(got, row)), f" on axis {own.axis}"),
            )

        yield Rule(own.path, ViolationCode.dim_mismatch, holds, message)


def is_ragged(axis: int, ragged_rank: int) -> bool:
    """Return whether the length of a row along an axis differs from row to row."""
    return 0 < axis <= ragged_rank


def known_sizes(shape: tf.TensorShape) -> Sizes | None:
    """Return the sizes of a static shape, None for each that is not known, and for an unknown rank."""
    sizes: Sizes | None = None if shape.rank is None else shape.as_list()
    return sizes


def fit(values: tf.Tensor, size: int | tf.Tensor, filling: int = 0) -> tf.Tensor:
    """Return a vector cut to a size, or filled up to it."""
    return tf.concat([values, tf.fill([size], tf.cast(filling, values.dtype))], axis=0)[:size]


def first_true(mask: tf.Tensor) -> tf.Tensor:
    """Return the index of the first True of a vector, or its size."""
    return tf.argmax(tf.concat([tf.cast(mask, tf.int32), [1]], axis=0))


def item(values: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Return what a tensor has at an index along its first axis, or zeros if it ends there."""
    # As a gather, whose result has a known shape: tf.vectorized_map can't do with another.
    nothing = tf.zeros(tf.concat([[1], tf.shape(values)[1:]], axis=0), values.dtype)
    return tf.gather(tf.concat([values, nothing], axis=0), tf.maximum(index, 0))


def count_true(mask: tf.Tensor) -> tf.Tensor:
    """Return how many elements are True."""
    return tf.math.count_nonzero(mask)


def _allowed(dims: Dims, sizes: tf.Tensor) -> tf.Tensor | None:
    """Which sizes the rules of their dimensions allow; of a lone dimension, any number of sizes. None for all."""
    rules = [Dim(min=dim, max=dim) if isinstance(dim, int) else dim if isinstance(dim, Dim) else Dim() for dim in dims]
    least = [rule.min for rule in rules]
    most = [_LARGEST if rule.max is None else rule.max for rule in rules]
    steps = [rule.multiple_of for rule in rules]
    if least == most:
        return tf.equal(sizes, least)
    verdicts = []
    if any(least):
        verdicts.append(tf.greater_equal(sizes, tf.constant(least, tf.int64)))
    if any(size != _LARGEST for size in most):
        verdicts.append(tf.less_equal(sizes, tf.constant(most, tf.int64)))
    if any(step != 1 for step in steps):
        verdicts.append(tf.equal(sizes % tf.constant(steps, tf.int64), 0))
    return tf.reduce_all(tf.stack(verdicts), axis=0) if verdicts else None


def _shown(name: str) -> str:
    return _core.at("", name)[2:-2]


def _as_on(first: _Size | _Lengths) -> str:
    return f" as on axis {first.axis} of {first.path}"


def _row_text(length: tf.Tensor) -> tf.Tensor:
    row = texts.joined("a row of length ", tf.strings.as_string(length))
    return tf.where(length < 0, "no row", row)
