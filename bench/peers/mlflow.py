"""MLflow: `_enforce_schema`, which `predict` of a loaded model calls on each batch if the model has a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from mlflow.exceptions import MlflowException
from mlflow.models.utils import _enforce_schema
from mlflow.types import Schema, TensorSpec

import tensorgate as tg

from .peer import BATCH_SIZES, UNEXPECTED_INPUT, Check, Peer, fixed_sizes


def spec_of(spec: tg.TensorSpec, name: str | None = None) -> Any:
    shape = tuple(-1 if size is None else size for size in fixed_sizes(spec))
    return TensorSpec(np.dtype(spec.dtype), shape, name)


def of_array(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001  # every peer's builder is given one
    schema = Schema([spec_of(spec)])
    return lambda array: _enforce_schema(array, schema)


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:  # noqa: ARG001
    schema = Schema([spec_of(spec, name) for name, spec in specs.items()])
    return lambda batch: _enforce_schema(batch, schema)


PEERS = (
    Peer(
        "MLflow",
        of_array,
        of_batch,
        refusals=(MlflowException,),
        does_not_see=frozenset({BATCH_SIZES, UNEXPECTED_INPUT}),
    ),
)
