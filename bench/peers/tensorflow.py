"""TensorFlow's own checks, outside a graph: they take NumPy arrays, and make tensors of them where they must.

`is_compatible_with` takes specs and tensors, so an array's spec is made first; `tf.type_spec_from_value` would do the
same in more time. `tf.ensure_shape` and `tf.debugging.assert_shapes` look at shapes alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import tensorgate as tg

from .peer import (
    BATCH_SIZES,
    BYTE_ORDER,
    DTYPE,
    LIST,
    MINUS_A_SUBNORMAL,
    NUMPY,
    TENSORFLOW,
    UNEXPECTED_INPUT,
    Check,
    Peer,
    Verdict,
    fixed_sizes,
    sizes,
)

REFUSALS = (ValueError, TypeError, KeyError, tf.errors.InvalidArgumentError)


def spec_of(spec: tg.TensorSpec) -> Any:
    return tf.TensorSpec(fixed_sizes(spec), spec.dtype)


def is_compatible(spec: tg.TensorSpec, example: Any) -> Verdict:
    compatible: Verdict = spec_of(spec).is_compatible_with
    if isinstance(example, tf.Tensor):
        return compatible
    make = tf.TensorSpec

    def accepts(array: Any) -> bool:
        return hasattr(array, "dtype") and compatible(make(array.shape, array.dtype))

    return accepts


def nest_is_compatible(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Verdict:
    nest = {name: spec_of(spec) for name, spec in specs.items()}
    accepts_in_turn = [is_compatible(specs[name], example[name]) for name in sorted(specs)]  # as tf.nest flattens
    require_structure, flatten = tf.nest.assert_same_structure, tf.nest.flatten

    def accepts(batch: Any) -> bool:
        try:
            require_structure(nest, batch)
        except (ValueError, TypeError):
            return False
        return all(accepts(array) for accepts, array in zip(accepts_in_turn, flatten(batch), strict=True))

    return accepts


def ensure_shape(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001  # every peer's builder is given one
    ensure, shape = tf.ensure_shape, tf.TensorShape(fixed_sizes(spec))
    return lambda array: ensure(array, shape)


def ensure_shapes(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:  # noqa: ARG001
    ensure = tf.ensure_shape
    shapes = {name: tf.TensorShape(fixed_sizes(spec)) for name, spec in specs.items()}

    def check(batch: Any) -> None:
        for name, shape in shapes.items():
            ensure(batch[name], shape)

    return check


def assert_shape(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001
    require, shape = tf.debugging.assert_shapes, sizes(spec)
    return lambda array: require([(array, shape)])


def assert_shapes(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:  # noqa: ARG001
    require = tf.debugging.assert_shapes
    shapes = {name: sizes(spec) for name, spec in specs.items()}
    return lambda batch: require([(batch[name], shape) for name, shape in shapes.items()])


def assert_values(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001
    least, most = tf.constant(spec.minimum), tf.constant(spec.maximum)
    ensure, shape = tf.ensure_shape, tf.TensorShape(fixed_sizes(spec))
    debugging = tf.debugging

    def check(array: Any) -> None:
        tensor = ensure(array, shape)
        debugging.assert_all_finite(tensor, "not finite")
        debugging.assert_greater_equal(tensor, least)
        debugging.assert_less_equal(tensor, most)

    return check


BOTH = frozenset({NUMPY, TENSORFLOW})
SHAPES_ALONE = frozenset({DTYPE, BYTE_ORDER, LIST, UNEXPECTED_INPUT})

PEERS = (
    Peer(
        "TensorFlow is_compatible_with",
        is_compatible,
        nest_is_compatible,
        does_not_see=frozenset({BATCH_SIZES, BYTE_ORDER}),
        tensors=BOTH,
    ),
    Peer(
        "TensorFlow ensure_shape",
        ensure_shape,
        ensure_shapes,
        refusals=REFUSALS,
        does_not_see=SHAPES_ALONE | {BATCH_SIZES},
        tensors=BOTH,
    ),
    Peer(
        "TensorFlow assert_shapes",
        assert_shape,
        assert_shapes,
        refusals=REFUSALS,
        does_not_see=SHAPES_ALONE,
        tensors=BOTH,
    ),
    Peer(
        "TensorFlow assertions",
        of_values=assert_values,
        refusals=REFUSALS,
        # Its kernels take subnormal numbers for zero.
        does_not_see=frozenset({MINUS_A_SUBNORMAL}),
    ),
)
