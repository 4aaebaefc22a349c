"""Contracts of Keras 3's models. Called by Signature.from_keras."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from tensorgate import nests
from tensorgate._core import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec
from tensorgate.specs import Spec


def from_keras(model: Any) -> Signature:
    """Return the contract of a Keras model: what `model(inputs)` takes, in the structure that it was made with.

    Args:
        model: one of
            a functional model: its inputs and outputs, as a lone spec, a list, a dict or a nest of them.
            a built Sequential model: the same, with any batch size, unless a layer keeps a state of one size.
            a subclassed model that was called or built: the shapes that Keras recorded, with any batch size. It
            records no dtypes, so that each is the model's input_dtype, as in model.export, and no outputs.
            another layer: its input_spec.
            a keras.InputSpec or KerasTensor, or a nest of them. An InputSpec says no more here than its shape, or its
            ndim with axes; without a dtype it has Keras' floatx.

    What Keras calls optional is optional. Names that Keras makes up, such as keras_tensor_3, are left out, and those of
    a dict's inputs that are their keys.

    Raises:
        TypeError: the model, or a leaf of it, is nothing of that kind.
        ValueError: the model or layer does not know its inputs yet.

    >>> import keras
    >>> Signature.from_keras(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])).inputs
    TensorSpec(shape=(None, 3), dtype='float32')
    """
    if isinstance(model, keras.Layer):
        inputs, outputs = _of_layer(model)
        return Signature(inputs, outputs, source=f"Keras {type(model).__name__} {model.name!r}")
    return Signature(nests.mapped(_spec, model))


def _of_layer(layer: Any) -> tuple[Any, Any]:
    if isinstance(layer, keras.Function):  # as functional models are
        return nests.mapped(_spec, layer.input), nests.mapped(_spec, layer.output, "outputs")
    if isinstance(layer, keras.Sequential) and hasattr(layer, "inputs"):
        return _of_sequential(layer, "inputs"), _of_sequential(layer, "outputs")
    if isinstance(layer, keras.Model):
        return _recorded(layer), None
    if layer.input_spec is None:
        raise ValueError(f"Keras layer {layer.name!r} has no input_spec")
    return nests.mapped(_spec, layer.input_spec), None


def _of_sequential(model: Any, root: str) -> Any:
    # Whether the batch size was asked for, or is that of the first batch by chance, can't be told. A state has one.
    is_fixed = any(getattr(part, "stateful", False) for part in model.layers)
    specs = [
        _spec(root, tensor, shape=tensor.shape if is_fixed else _any_batch(tensor.shape))
        for tensor in getattr(model, root)
    ]
    return specs[0] if len(specs) == 1 else specs


def _recorded(model: Any) -> Any:
    config = model.get_build_config() if model.built else None
    if config and "input_shape" in config:
        return _of_shapes(config["input_shape"], model.input_dtype)
    if config and "shapes_dict" in config:
        shapes = config["shapes_dict"].items()
        return {name.removesuffix("_shape"): _of_shapes(shape, model.input_dtype) for name, shape in shapes}
    raise ValueError(f"Keras model {model.name!r} does not know its inputs yet: call it on a batch first")


def _of_shapes(nest: Any, dtype: str) -> Any:
    if isinstance(nest, Mapping):
        return {name: _of_shapes(part, dtype) for name, part in nest.items()}
    if all(size is None or isinstance(size, int) for size in nest):
        return TensorSpec(_any_batch(nest), dtype)
    specs = [_of_shapes(part, dtype) for part in nest]
    return specs if isinstance(nest, list) else tuple(specs)


def _any_batch(shape: Sequence[int | None]) -> tuple[int | None, ...]:
    return (None, *shape[1:]) if shape else ()


def _spec(path: str, leaf: Any, **known: Any) -> Spec:
    if isinstance(leaf, keras.InputSpec):
        dtype = leaf.dtype or keras.config.floatx()
        return TensorSpec(_shape(leaf), dtype, _name(path, leaf), optional=leaf.optional)
    if not isinstance(leaf, keras.KerasTensor):
        raise TypeError(
            f"{path} is of type {type(leaf).__name__}; a Keras model, layer, InputSpec or KerasTensor goes here"
        )
    given = {
        "shape": leaf.shape,
        "dtype": leaf.dtype,
        "name": _name(path, leaf),
        "optional": _is_optional(leaf),
    } | known
    if leaf.sparse:
        return SparseTensorSpec(**given)
    if getattr(leaf, "ragged", False):  # Keras has them since 3.9
        rank = leaf.ragged_rank or max(axis for axis, size in enumerate(leaf.shape) if size is None or axis == 1)
        return RaggedTensorSpec(ragged_rank=rank, row_splits_dtype=leaf.row_splits_dtype or "int64", **given)
    return TensorSpec(**given)


def _shape(spec: Any) -> tuple[int | None, ...] | None:
    if spec.shape is not None or spec.ndim is None:
        shape: tuple[int | None, ...] | None = spec.shape
        return shape
    sizes: list[int | None] = [None] * spec.ndim
    for axis, size in spec.axes.items():
        sizes[axis] = size
    return tuple(sizes)


def _name(path: str, leaf: Any) -> str | None:
    name: str | None = leaf.name
    if name is None or re.fullmatch(r"keras_tensor(_\d+)?", name) or path.endswith(nests.step({}, name)):
        return None
    return name


def _is_optional(tensor: Any) -> bool:
    layer = getattr(getattr(tensor, "_keras_history", None), "operation", None)
    return isinstance(layer, keras.layers.InputLayer) and bool(getattr(layer, "optional", False))
