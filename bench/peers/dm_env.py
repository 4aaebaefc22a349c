"""dm_env: `specs.Array` and `specs.BoundedArray`. A shape leaves nothing open there, so the batch's own is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dm_env import specs as dm_specs

import tensorgate as tg

from .peer import UNEXPECTED_INPUT, Check, Peer


def of_array(spec: tg.TensorSpec, example: Any) -> Check:
    validate: Check = dm_specs.Array(example.shape, spec.dtype).validate
    return validate


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:
    expected = {name: dm_specs.Array(example[name].shape, spec.dtype, name) for name, spec in specs.items()}

    def check(batch: Any) -> None:
        for name, spec in expected.items():
            spec.validate(batch[name])

    return check


def of_values(spec: tg.TensorSpec, example: Any) -> Check:
    validate: Check = dm_specs.BoundedArray(example.shape, spec.dtype, spec.minimum, spec.maximum).validate
    return validate


PEERS = (
    Peer(
        "dm_env",
        of_array,
        of_batch,
        of_values,
        refusals=(ValueError, KeyError),
        does_not_see=frozenset({UNEXPECTED_INPUT}),
    ),
)
