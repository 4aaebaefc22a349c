"""chex: `assert_shape`, `assert_type` and `assert_equal_shape_prefix`, each called once with all arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import chex
import numpy as np

import tensorgate as tg

from .peer import UNEXPECTED_INPUT, Check, Peer, fixed_sizes


def of_array(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001  # every peer's builder is given one
    shape, dtype = fixed_sizes(spec), np.dtype(spec.dtype)
    assert_shape, assert_type = chex.assert_shape, chex.assert_type

    def check(array: Any) -> None:
        assert_shape(array, shape)
        assert_type(array, dtype)

    return check


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:  # noqa: ARG001
    shapes = [fixed_sizes(spec) for spec in specs.values()]
    dtypes = [np.dtype(spec.dtype) for spec in specs.values()]
    assert_shape, assert_type = chex.assert_shape, chex.assert_type
    assert_equal_shape_prefix = chex.assert_equal_shape_prefix

    def check(batch: Any) -> None:
        arrays = [batch[name] for name in specs]
        assert_shape(arrays, shapes)
        assert_type(arrays, dtypes)
        assert_equal_shape_prefix(arrays, 1)

    return check


PEERS = (
    Peer(
        "chex",
        of_array,
        of_batch,
        refusals=(AssertionError, KeyError),
        does_not_see=frozenset({UNEXPECTED_INPUT}),
    ),
)
