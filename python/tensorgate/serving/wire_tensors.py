"""The tensors of a batch as the wire has them, dense ones by alias: what `wire_contract.assembled` undoes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec, Violation, check_outputs
from tensorgate.arrays.composites import RAGGED, SPARSE, parts_of
from tensorgate.conform import completed
from tensorgate.errors import ValidationError
from tensorgate.leaves import ABSENT, Trail, leaves_of
from tensorgate.nests import held
from tensorgate.serving.aliases import inputs_by_alias, outputs_by_alias
from tensorgate.specs import Spec


def wire_inputs(signature: Signature, batch: Any, *, fill: bool = False) -> Any:
    """Return the tensors of a batch that meets the contract, by alias. A dict of dense tensors is its own.

    Args:
        signature: the contract.
        batch: anything.
        fill: put defaults in the place of absent inputs.

    Raises:
        ValidationError: the batch breaks the contract, beside the defaults of absent inputs, too, or lacks an optional
            input without a default, which is missing to TensorFlow Serving.

    >>> import numpy as np
    >>> sig = Signature([TensorSpec((), "int32"), TensorSpec((), "int32", "b")])
    >>> wire_inputs(sig, [np.array(1, "int32"), np.array(2, "int32")])
    {'input_0': array(1, dtype=int32), 'b': array(2, dtype=int32)}
    """
    signature.check(batch)
    layout = _inputs(signature)
    if layout.is_flat:
        return batch
    tensors, defaults = _by_alias(layout, signature.name, signature.inputs, batch)
    if defaults:
        completed(signature, batch, is_judged=True)  # they must fit what is sent
    return tensors | defaults if fill else tensors


def wire_outputs(signature: Signature, outputs: Any) -> Any:
    """Return the tensors of what a model gives likewise.

    Raises:
        ValidationError: it is not what the signature says.
        ValueError: the signature says nothing of its outputs.

    >>> import numpy as np
    >>> wire_outputs(Signature({}, TensorSpec((), "int32")), np.array(1, "int32"))
    {'output_0': array(1, dtype=int32)}
    """
    layout = _outputs(signature)
    check_outputs(signature, outputs)
    return outputs if layout.is_flat else _by_alias(layout, signature.name, signature.outputs, outputs)[0]


def is_lone(signature: Signature) -> bool:
    """Return whether the batch is a dense tensor by itself, in no dict or list.

    >>> is_lone(Signature(TensorSpec(()))), is_lone(Signature({"x": TensorSpec(())}))
    (True, False)
    """
    place = _inputs(signature).places.get(())
    return place is not None and isinstance(place.spec, TensorSpec)


class _Place(NamedTuple):
    alias: str
    path: str
    spec: Spec


class _Layout(NamedTuple):
    places: dict[Trail, _Place]
    is_flat: bool  # a dict of dense tensors, none of which a request may leave out


@lru_cache(maxsize=256)
def _inputs(signature: Signature) -> _Layout:
    return _layout(signature.inputs, inputs_by_alias(signature.inputs), "inputs")


@lru_cache(maxsize=256)
def _outputs(signature: Signature) -> _Layout:
    if signature.outputs is None:
        raise ValueError(f"signature {signature.name!r} says nothing of its outputs")
    return _layout(signature.outputs, outputs_by_alias(signature.outputs), "outputs")


def _layout(nest: Any, aliases: Mapping[str, Spec], path: str) -> _Layout:
    # Beside itself a nest has all of its tensors.
    leaves = leaves_of(nest, nest, path=path)
    places = {leaf.trail: _Place(alias, leaf.path, leaf.spec) for alias, leaf in zip(aliases, leaves, strict=True)}
    is_dict = isinstance(nest, Mapping) and all(held(part) is None for part in nest.values())
    is_plain = all(isinstance(spec, TensorSpec) and not spec.optional for spec in aliases.values())
    return _Layout(places, is_dict and is_plain)


def _by_alias(layout: _Layout, name: str, nest: Any, batch: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors that are there, and the defaults of those that are not."""
    given = {leaf.trail: leaf.value for leaf in leaves_of(nest, batch) if leaf.value is not ABSENT}
    tensors: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    missing = []
    for trail, place in layout.places.items():
        default = getattr(place.spec, "default", None)
        if trail in given:
            tensors |= _parts(place.alias, place.spec, given[trail])
        elif default is None:
            missing.append(_missing(place))
        else:
            defaults[place.alias] = default
    if missing:
        raise ValidationError(f"signature {name!r}", missing)
    return tensors, defaults


def _parts(alias: str, spec: Spec, tensor: Any) -> dict[str, Any]:
    if isinstance(spec, SparseTensorSpec):
        return {f"{alias}/{name}": part for name, part in zip(SPARSE, parts_of(tensor, SPARSE), strict=True)}
    if isinstance(spec, RaggedTensorSpec):
        splits = {}
        for depth in range(spec.ragged_rank):
            tensor, row_splits = parts_of(tensor, RAGGED)
            splits[alias + "/values" * depth + "/row_splits"] = row_splits
        return {alias + "/values" * spec.ragged_rank: tensor, **splits}
    return {alias: tensor}


def _missing(place: _Place) -> Violation:
    required = Signature({"x": TensorSpec(place.spec.shape, place.spec.dtype)})
    hint = "the contract lets a batch leave it out, TensorFlow Serving takes no request without it"
    return Violation(place.path, "missing", required.violations({})[0].expected, hint=hint)
