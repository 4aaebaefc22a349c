"""jaxtyping with beartype: a function of annotated arguments, whose names of dimensions hold across all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jaxtyping
from beartype import beartype

import tensorgate as tg

from .peer import BYTE_ORDER, NUMPY, TENSORFLOW, TORCH, Check, Peer, sizes


def annotation_of(spec: tg.TensorSpec, example: Any) -> Any:
    dims = " ".join("_" if size is None else str(size) for size in sizes(spec))
    return getattr(jaxtyping, spec.dtype.capitalize())[type(example), dims]


def of_array(spec: tg.TensorSpec, example: Any) -> Check:
    def check(array: Any) -> None:
        pass

    check.__annotations__ = {"array": annotation_of(spec, example)}
    annotated: Check = jaxtyping.jaxtyped(check, typechecker=beartype)
    return annotated


def of_batch(specs: Mapping[str, tg.TensorSpec], example: Mapping[str, Any]) -> Check:
    """Write the function that takes these names as its arguments."""
    namespace: dict[str, Any] = {name: annotation_of(spec, example[name]) for name, spec in specs.items()}
    exec(f"def check({', '.join(f'{name}: {name}' for name in specs)}): pass", namespace)
    check = jaxtyping.jaxtyped(namespace["check"], typechecker=beartype)
    return lambda batch: check(**batch)


PEERS = (
    Peer(
        "jaxtyping + beartype",
        of_array,
        of_batch,
        # Of the names too: TypeError, as from any function; jaxtyping's own error is one.
        refusals=(TypeError,),
        does_not_see=frozenset({BYTE_ORDER}),
        tensors=frozenset({NUMPY, TENSORFLOW, TORCH}),
    ),
)
