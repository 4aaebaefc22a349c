"""Defaults of specs: Python values into arrays, arrays into text. Called by the core where a contract is made."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def from_python(value: object, dtype: np.dtype[Any], kind: str) -> npt.NDArray[Any]:
    """Return Python numbers or strings as an array. Floats may round; nothing else may change.

    Args:
        value: a number, str or bytes, or nested lists of them.
        dtype: NumPy's form of the spec's dtype.
        kind: what that dtype is to TensorFlow, as NumPy gives ml_dtypes' types no kind of their own.

    Raises:
        ValueError: the dtype can't hold the value.
    """
    if kind in ("string", "quantized"):
        return np.array(value, dtype)
    try:
        given = np.asarray(value)
        if _is_held(given, kind):
            # What overflows is found by its result.
            with np.errstate(all="ignore"):
                array = given.astype(dtype)
                if _is_kept(given, array, kind):
                    return array
    except (OverflowError, TypeError, ValueError):
        pass
    raise ValueError(f"can't be held by {dtype}")


def _is_held(given: npt.NDArray[Any], kind: str) -> bool:
    return given.dtype.kind in ("biufc" if kind == "complex" else "biuf")


def _is_kept(given: npt.NDArray[Any], array: npt.NDArray[Any], kind: str) -> bool:
    if given.dtype.kind in "biu" or kind in ("boolean", "integer"):
        wide = array if array.dtype.kind in "biufc" else array.astype(np.float64)
        # Python compares an int with a float exactly, where NumPy rounds the int.
        return bool(np.all(wide.astype(object) == given.astype(object)))
    back = array.astype(np.complex128 if kind == "complex" else np.float64)
    overflowed = np.isfinite(back) != np.isfinite(given)
    # A dtype without infinities gives its largest number instead.
    saturated = np.isfinite(given) & (np.abs(given) > np.maximum(1, 1.5 * np.abs(back)))
    return not np.any(overflowed | saturated)


def expression(array: npt.NDArray[Any]) -> str:
    """Return Python source of the array: nested lists, or np.zeros where empty lists don't tell the shape.

    >>> expression(np.array([1.0, float("nan")]))
    "[1.0, float('nan')]"
    """
    values = array.tolist()
    if array.size == 0 and np.shape(values) != array.shape:
        return f"np.zeros({array.shape}, {str(array.dtype)!r})"
    return _expression(values)


def _expression(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_expression, value))}]"
    if isinstance(value, complex):
        return f"complex({_expression(value.real)}, {_expression(value.imag)})"
    text = repr(value)
    return f"float({text!r})" if text in ("nan", "inf", "-inf") else text
