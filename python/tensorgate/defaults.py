"""Defaults of specs: Python values into arrays, arrays into text. Called by the core where a contract is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tensorgate.arrays.casting import stored
from tensorgate.arrays.python_values import to_array


def from_python(value: object, dtype: np.dtype[Any], kind: str) -> npt.NDArray[Any]:
    """Return Python numbers or strings as an array. Floats may round; nothing else may change.

    Args:
        value: a number, str or bytes, or nested lists of them.
        dtype: NumPy's form of the spec's dtype.
        kind: what that dtype is to TensorFlow.

    Raises:
        ValueError: the dtype can't hold the value.

    >>> from_python([1, 2], np.dtype("float32"), "floating")
    array([1., 2.], dtype=float32)
    """
    return to_array(value, dtype[0] if kind == "quantized" else dtype, "unsafe").view(dtype)


def expression(array: npt.NDArray[Any]) -> str:
    """Return Python source of the array: nested lists, or np.zeros where empty lists don't tell the shape.

    >>> expression(np.array([1.0, float("nan")]))
    "[1.0, float('nan')]"
    """
    values = stored(array).tolist()
    if array.size == 0 and np.shape(values) != array.shape:
        dtype = array.dtype.descr if array.dtype.names else str(array.dtype)
        return f"np.zeros({array.shape}, {dtype!r})"
    return _expression(values)


def _expression(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_expression, value))}]"
    if isinstance(value, complex):
        return f"complex({_expression(value.real)}, {_expression(value.imag)})"
    text = repr(value)
    return f"float({text!r})" if text in ("nan", "inf", "-inf") else text
