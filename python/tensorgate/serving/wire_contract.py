"""Contracts as the wire has them, a flat dict of dense tensors by alias, and batches put together from such a dict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensorgate import nests
from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.serving.aliases import dense_parts, inputs_by_alias, outputs_by_alias
from tensorgate.specs import Spec


def wire_signature(signature: Signature) -> Signature:
    """Return the contract of a request's tensors, by the aliases that a SavedModel gives them.

    A dict of dense tensors is its own. A nest's leaves have the names of `serving.aliases`; a ragged or sparse one is
    its dense parts, of which nothing but dtype and shape is asked until they are put together.

    >>> spec = RaggedTensorSpec((None, None), "int64")
    >>> list(wire_signature(Signature({"user": {"age": TensorSpec(()), "ids": spec}})).inputs)
    ['user/age', 'user/ids/values', 'user/ids/row_splits']
    """
    return _flat(signature, inputs_by_alias(signature.inputs))


def response_signature(signature: Signature) -> Signature:
    """Return the contract of a response's tensors likewise: a Signature that has the outputs as its inputs.

    Raises:
        ValueError: the outputs are not known.

    >>> list(response_signature(Signature({}, TensorSpec((None,)))).inputs)
    ['output_0']
    """
    if signature.outputs is None:
        raise ValueError(f"signature {signature.name!r} says nothing of its outputs")
    return _flat(signature, outputs_by_alias(signature.outputs))


def assembled(nest: Any, arrays: Mapping[str, Any], *, outputs: bool = False) -> Any:
    """Return a batch of a contract's structure from its tensors by alias.

    Ragged and sparse tensors come as dicts of their parts.

    Args:
        nest: a signature's inputs or outputs.
        arrays: all that `wire_signature` or `response_signature` asks for.
        outputs: which of the two.

    >>> specs = {"x": TensorSpec(()), "of": [TensorSpec(()), TensorSpec(())]}
    >>> assembled(specs, {"x": 1, "of/0": 2, "of/1": 3})
    {'x': 1, 'of': [2, 3]}
    """
    aliases = outputs_by_alias(nest) if outputs else inputs_by_alias(nest)
    found = (_whole(alias, spec, arrays) for alias, spec in aliases.items())
    return nests.mapped(lambda _, __: next(found), nest)


def _flat(signature: Signature, specs: Mapping[str, Spec]) -> Signature:
    parts = {name: part for alias, spec in specs.items() for name, part in _parts(alias, spec).items()}
    return Signature(parts, name=signature.name, method_name=signature.method_name, source=signature.source)


def _parts(alias: str, spec: Spec) -> dict[str, TensorSpec]:
    return {alias: spec} if isinstance(spec, TensorSpec) else dense_parts(alias, spec)


def _whole(alias: str, spec: Spec, arrays: Mapping[str, Any]) -> Any:
    if isinstance(spec, SparseTensorSpec):
        return {part: arrays[f"{alias}/{part}"] for part in ("indices", "values", "dense_shape")}
    if isinstance(spec, RaggedTensorSpec):
        whole = arrays[alias + "/values" * spec.ragged_rank]
        for depth in reversed(range(spec.ragged_rank)):
            whole = {"values": whole, "row_splits": arrays[alias + "/values" * depth + "/row_splits"]}
        return whole
    return arrays[alias]
