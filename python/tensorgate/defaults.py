"""Defaults of specs: Python values into arrays, arrays into text. Called by the core where a contract is made."""

from __future__ import annotations

import re
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
    if kind == "string":
        return np.array(value, dtype)
    # A quantized dtype is a structured one of a single field, which holds the integers.
    stored = dtype[0] if kind == "quantized" else dtype
    try:
        # As objects, since NumPy makes floats of ints that share no integer dtype.
        items = np.array(value, dtype=object)
        numbers = items.ravel().tolist()
        if all(isinstance(number, _NUMBERS) for number in numbers):
            convert = _floats if kind in ("floating", "complex") else _integers
            return convert(numbers, stored).reshape(items.shape).view(dtype)
    except (OverflowError, TypeError, ValueError):
        pass
    raise ValueError(f"can't be held by {dtype}")


_NUMBERS = (int, float, complex, np.number, np.bool_)
_INTEGERS = (int, np.integer, np.bool_)
_COMPLEX = (complex, np.complexfloating)


def _integers(numbers: list[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if any(isinstance(number, _COMPLEX) for number in numbers):
        raise TypeError
    whole = [int(number) for number in numbers]
    unsigned = dtype.name.startswith(("u", "bool"))
    bits = int(re.sub(r"\D", "", dtype.name) or 1)  # a bool's one
    low, high = (0, 2**bits) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1))
    if whole != numbers or not all(low <= number < high for number in whole):
        raise ValueError
    return np.array(whole, np.uint64 if unsigned else np.int64).astype(dtype)


def _floats(numbers: list[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    is_complex = dtype.kind == "c"
    if not is_complex and any(isinstance(number, _COMPLEX) for number in numbers):
        raise TypeError
    wide = np.array(
        [complex(number) if is_complex else float(number) for number in numbers], "c16" if is_complex else "f8"
    )
    # What overflows is found by its result.
    with np.errstate(all="ignore"):
        array = wide.astype(dtype)
        back = array.astype(wide.dtype)
        overflowed = np.isfinite(back) != np.isfinite(wide)
        # A dtype without infinities gives its largest number instead.
        saturated = np.isfinite(wide) & (np.abs(wide) > np.maximum(1, 1.5 * np.abs(back)))
    # Python compares an int with a float exactly.
    pairs = zip(numbers, back.tolist(), strict=True)
    if np.any(overflowed | saturated) or any(isinstance(n, _INTEGERS) and int(n) != kept for n, kept in pairs):
        raise OverflowError
    return array


def expression(array: npt.NDArray[Any]) -> str:
    """Return Python source of the array: nested lists, or np.zeros where empty lists don't tell the shape.

    >>> expression(np.array([1.0, float("nan")]))
    "[1.0, float('nan')]"
    """
    values = (array[array.dtype.names[0]] if array.dtype.names else array).tolist()
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
