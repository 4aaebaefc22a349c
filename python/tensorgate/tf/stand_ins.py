"""Objects that the core takes for tensors of TensorFlow, of any sizes and without memory.

It knows TensorFlow's classes by their names, and asks an eager tensor for its dtype's number and its shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf

_MODULE = "tensorflow.stand_in"


class EagerTensor:
    """A dense tensor.

    Attributes:
        dtype: as TensorFlow has it.
        sizes: of its dimensions.

    >>> from tensorgate import TensorSpec
    >>> TensorSpec((None, 3)).accepts(EagerTensor(tf.float32, (2**40, 3)))
    True
    """

    __module__ = _MODULE

    def __init__(self, dtype: tf.DType, sizes: Sequence[int]) -> None:
        self.dtype = dtype
        self.sizes = tuple(sizes)

    def _datatype_enum(self) -> int:
        number: int = self.dtype.base_dtype.as_datatype_enum
        return number

    def _shape_tuple(self) -> tuple[int, ...]:
        return self.sizes


class RaggedTensor:
    """A ragged tensor, with the attributes of tf.RaggedTensor that the core asks for."""

    __module__ = _MODULE

    def __init__(self, values: Any, row_splits: Any) -> None:
        self.values = values
        self.row_splits = row_splits


class SparseTensor:
    """A sparse tensor without entries, with the attributes of tf.SparseTensor that the core asks for."""

    __module__ = _MODULE

    def __init__(self, dtype: tf.DType, sizes: Sequence[int]) -> None:
        self.indices = np.zeros((0, len(sizes)), np.int64)
        self.values = EagerTensor(dtype, (0,))
        self.dense_shape = np.array(sizes, np.int64)


def stand_in(spec: Any, sizes: Sequence[int]) -> Any:
    """Return what stands for a tensor of a tf.TypeSpec; another object for itself.

    Args:
        spec: a tf.TypeSpec, or anything else.
        sizes: of its dimensions. Those of ragged dimensions are the length of every row.
    """
    if isinstance(spec, tf.SparseTensorSpec):
        return _of_class(SparseTensor, spec)(spec.dtype, sizes)
    if isinstance(spec, tf.RaggedTensorSpec) and spec.flat_values_spec is None:
        rank = spec.ragged_rank
        rows = [sizes[0]]
        for length in sizes[1 : rank + 1]:
            rows.append(rows[-1] * length)
        tensor = _of_class(EagerTensor, spec if rank == 0 else tf.Tensor)(spec.dtype, (rows[-1], *sizes[rank + 1 :]))
        for level in reversed(range(rank)):
            splits = np.arange(rows[level] + 1, dtype=spec.row_splits_dtype.as_numpy_dtype) * sizes[level + 1]
            tensor = _of_class(RaggedTensor, spec)(tensor, splits)
        return tensor
    if isinstance(spec, tf.TensorSpec) or _is_of_variable(spec):
        return _of_class(EagerTensor, spec)(spec.dtype, sizes)
    return spec


def _is_of_variable(spec: Any) -> bool:
    return isinstance(spec, tf.TypeSpec) and issubclass(spec.value_type, tf.Variable)


def _of_class(kind: type, spec: Any) -> Any:
    """The stand-in's class under the name that a message is to show: that of what TensorFlow describes."""
    return _renamed(kind, (spec if isinstance(spec, type) else spec.value_type).__name__)


@lru_cache(maxsize=64)
def _renamed(kind: type, name: str) -> type:
    return type(name, (kind,), {"__module__": "tensorflow"})
