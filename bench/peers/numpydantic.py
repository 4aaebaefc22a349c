"""numpydantic: a pydantic model with an annotated field for each array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pydantic
from numpydantic import NDArray, Shape

import tensorgate as tg

from .peer import BATCH_SIZES, BYTE_ORDER, Check, Peer, fixed_sizes


def annotation_of(spec: tg.TensorSpec) -> Any:
    dims = ", ".join("*" if size is None else str(size) for size in fixed_sizes(spec))
    return NDArray[Shape[dims], np.dtype(spec.dtype).type]


def of_array(spec: tg.TensorSpec, example: Any) -> Check:  # noqa: ARG001  # every peer's builder is given one
    validate: Check = pydantic.TypeAdapter(annotation_of(spec)).validate_python
    return validate


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:  # noqa: ARG001
    fields: dict[str, Any] = {name: (annotation_of(spec), ...) for name, spec in specs.items()}
    config = pydantic.ConfigDict(extra="forbid")
    validate: Check = pydantic.create_model("Batch", __config__=config, **fields).model_validate
    return validate


PEERS = (
    Peer(
        "numpydantic",
        of_array,
        of_batch,
        refusals=(pydantic.ValidationError,),
        does_not_see=frozenset({BATCH_SIZES, BYTE_ORDER}),
    ),
)
