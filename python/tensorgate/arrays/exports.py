"""Arrays of what other libraries hold tensors in."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgate._core import TensorSpec
from tensorgate.arrays.casting import Array, is_number

_PROTOCOLS = ("__array__", "__array_interface__", "__array_struct__", "__dlpack__")
# TensorFlow ends the process when one of these is asked for its DLPack form.
_NO_DLPACK = tuple(TensorSpec(None, dtype) for dtype in ("string", "resource", "variant"))
# Their integers mean nothing without a scale.
_QUANTIZED = tuple(TensorSpec(None, dtype) for dtype in ("qint8", "quint8", "qint16", "quint16", "qint32"))


def exported(value: Any) -> Array | None:
    """Return a tensor, a buffer or an object with `__array__` as an array of numbers or strings, in its own memory.

    None stands for what gives none; whatever goes wrong in the object's own code counts as that.

    >>> exported(memoryview(b"ab"))
    array([97, 98], dtype=uint8)
    >>> exported("ab")
    """
    if isinstance(value, (np.ndarray, np.generic)):
        return np.asarray(value)
    try:
        if not _exports(value) or any(spec.accepts(value) for spec in _QUANTIZED):
            return None
        ways = (np.asarray,) if any(spec.accepts(value) for spec in _NO_DLPACK) else (np.asarray, np.from_dlpack)
        if getattr(value, "requires_grad", False) is True:
            value = value.detach()  # PyTorch exports no tensor that records gradients
    except MemoryError:
        raise
    except Exception:
        return None
    for convert in ways:
        try:
            array = convert(value)
        except MemoryError:
            raise
        except Exception:
            continue
        # NumPy wraps what has no `__array__` in an array of one object.
        if is_number(array.dtype) or (array.dtype.kind in "OSUT" and hasattr(type(value), "__array__")):
            return array
    return None


def as_array(tensor: Any) -> Array:
    """Return a tensor as an array in its own memory.

    Raises:
        ValueError: NumPy can't read it.

    >>> as_array(memoryview(b"ab"))
    array([97, 98], dtype=uint8)
    """
    array = exported(tensor)
    if array is None:
        raise ValueError(f"the rows of {described(tensor)} can't be taken: pass a NumPy array")
    return array


def described(value: object) -> str:
    """Return what a message calls the value: its dtype if it is a tensor, else its type.

    >>> described(None), described(1.5), described(np.float64(1.5))
    ('None', 'a Python float', 'float64')
    """
    return _NO_DLPACK[-1].violations(value)[0].got or ""


def _exports(value: Any) -> bool:
    if any(hasattr(type(value), name) for name in _PROTOCOLS):
        return True
    try:
        memoryview(value).release()
    except TypeError:
        return False
    return True
