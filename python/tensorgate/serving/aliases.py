"""The names under which a SavedModel's signature has the tensors of a contract: flat, and of dense tensors alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensorgate import nests
from tensorgate._core import RaggedTensorSpec, SparseTensorSpec, TensorSpec
from tensorgate.specs import Spec


def inputs_by_alias(nest: Any) -> dict[str, Any]:
    """Return the leaves of a nest of specs as a SavedModel names them, in the nest's order.

    A dict's are its keys. A spec without a key has its own name, or "inputs" by itself and "input_0", "input_1" ...
    in a list or tuple. What lies deeper has the keys to it, parted by slashes.

    Raises:
        ValueError: two leaves have one name.

    >>> list(inputs_by_alias({"ids": TensorSpec(()), "user": {"age": TensorSpec(()), "at": [TensorSpec(())]}}))
    ['ids', 'user/age', 'user/at/0']
    >>> list(inputs_by_alias(TensorSpec(()))), list(inputs_by_alias([TensorSpec((), name="ids"), TensorSpec(())]))
    (['inputs'], ['ids', 'input_1'])
    """
    parts = nests.held(nest)
    if parts is None:
        return {nest.name or "inputs": nest}
    return _flat((_alias(key, part), part) for key, part in parts.items())


def outputs_by_alias(nest: Any) -> dict[str, Any]:
    """Return the leaves of a nest of outputs likewise; what has no key is "output_0", "output_1" ..., as in TensorFlow.

    >>> list(outputs_by_alias(TensorSpec(()))), list(outputs_by_alias({"score": TensorSpec(())}))
    (['output_0'], ['score'])
    """
    parts = nests.held(nest)
    if parts is None:
        return {"output_0": nest}
    return _flat((key if isinstance(key, str) else f"output_{key}", part) for key, part in parts.items())


def dense_parts(alias: str, spec: Spec) -> dict[str, TensorSpec]:
    """Return the dense tensors that a tensor is served as: its own, or the parts of a ragged or sparse one.

    >>> dense_parts("ids", RaggedTensorSpec((None, None), "int64"))
    {'ids/values': TensorSpec(shape=(None,), dtype='int64'), 'ids/row_splits': TensorSpec(shape=(None,), dtype='int64')}
    """
    if isinstance(spec, SparseTensorSpec):
        rank = None if spec.shape is None else len(spec.shape)
        return {
            f"{alias}/indices": TensorSpec((None, rank), "int64"),
            f"{alias}/values": TensorSpec((None,), spec.dtype),
            f"{alias}/dense_shape": TensorSpec((rank,), "int64"),
        }
    if isinstance(spec, RaggedTensorSpec):
        inner = alias + "/values" * spec.ragged_rank
        shape = None if spec.shape is None else (None, *spec.shape[spec.ragged_rank + 1 :])
        splits = (alias + "/values" * depth + "/row_splits" for depth in reversed(range(spec.ragged_rank)))
        return {inner: TensorSpec(shape, spec.dtype)} | {
            name: TensorSpec((None,), spec.row_splits_dtype) for name in splits
        }
    return {alias: TensorSpec(spec.shape, spec.dtype)}


def _alias(key: nests.Key, part: Any) -> str:
    if isinstance(key, str):
        return key
    name: str | None = part.name if nests.held(part) is None else None
    return name or f"input_{key}"


def _flat(parts: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for alias, part in parts:
        deeper = nests.held(part)
        leaves = {alias: part} if deeper is None else _flat((f"{alias}/{key}", leaf) for key, leaf in deeper.items())
        twice = found.keys() & leaves.keys()
        if twice:
            raise ValueError(f"two tensors would be served under the name {min(twice)!r}")
        found |= leaves
    return found
