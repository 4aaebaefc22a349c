"""Tensors of what a batch holds, which share no memory with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tensorgate import _core
from tensorgate.arrays.exports import exported

try:
    # Not the type of a tensor that is made for it: TensorFlow could not be configured any more.
    from tensorflow.python.framework.ops import EagerTensor as EagerTensor
except ImportError:  # pragma: no cover
    EagerTensor = None


def to_tensors(values: Iterable[Any]) -> list[Any] | None:
    """Return arrays and eager tensors as tensors, at a tenth of tf.constant's cost; None where there is anything else.

    A tensor is given back as it is. An array is copied, as tf.constant does: what is written to it later changes no
    tensor.

    >>> [tensor.shape for tensor in to_tensors([np.zeros((2, 3)), tf.zeros(4)])]
    [TensorShape([2, 3]), TensorShape([4])]
    >>> to_tensors([[1, 2]])
    """
    tensors = []
    for value in values:
        kind = type(value)
        if kind is np.ndarray:
            tensors.append(_of_array(value))
        elif kind is EagerTensor:
            tensors.append(value)
        else:
            return None
    return tensors


def to_feed(value: Any) -> Any:
    """Return a value of a batch as TensorFlow takes it: itself, but a tensor for what TensorFlow reads otherwise.

    That are other libraries' tensors, buffers (TensorFlow takes bytes for a string) and NumPy's StringDType.

    >>> to_feed(memoryview(b"ab"))
    <tf.Tensor: shape=(2,), dtype=uint8, numpy=array([97, 98], dtype=uint8)>
    """
    if tf.is_tensor(value) or (isinstance(value, np.ndarray) and value.dtype.kind != "T"):
        return value
    array = exported(memoryview(value) if isinstance(value, bytes) else value)
    return value if array is None else _of_array(array)


def _of_array(array: np.ndarray[Any, Any]) -> Any:
    capsule = _core.dlpack_copy(array)
    if capsule is None:
        return tf.constant(array.astype(object) if array.dtype.kind == "T" else array)
    return tf.experimental.dlpack.from_dlpack(capsule)
