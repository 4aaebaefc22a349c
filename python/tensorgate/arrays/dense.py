"""Whatever a batch holds for a dense tensor, as a tensor of the dtype that the contract asks for."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorgate._core import TensorSpec
from tensorgate.arrays.casting import ConversionError, cast, is_number
from tensorgate.arrays.exports import described, exported
from tensorgate.arrays.python_values import to_array
from tensorgate.nests import is_row


def as_tensor(value: Any, dtype: str, casting: str) -> tuple[Any, str | None]:
    """Return a tensor of a dtype and what was done for it: the same object and None where it is one.

    What can't be told how to convert is given back as it is, for `check` to refuse.

    Args:
        value: anything.
        dtype: TensorFlow's name.
        casting: one of NumPy's words.

    Raises:
        ConversionError: it can't be converted, or not under the word.

    >>> as_tensor([1, 2], "float32", "safe")
    (array([1., 2.], dtype=float32), 'a Python list made float32 [2]')
    """
    is_opaque = dtype in ("resource", "variant") or dtype.startswith("q")
    if is_opaque or TensorSpec(None, dtype).accepts(value):
        return value, None
    want = numpy_dtype(dtype)
    kind = type(value)
    if issubclass(kind, (np.ndarray, np.generic)):
        return _array(value, want, casting)
    # Bytes have the buffer protocol too, but are text to whoever passes them: never numbers to be cast.
    if is_row(value) or issubclass(kind, (bool, int, float, complex, str, bytes)):
        array = to_array(value, want, casting)
        return array, f"{described(value)} made {dtype} {list(array.shape)}"
    exports = exported(value)
    if exports is None:
        return value, None
    if TensorSpec(None, dtype).accepts(exports):
        return exports, f"{described(value)} taken as an array"
    made, what = _array(exports, want, casting)
    return (value, None) if what is None else (made, what)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """Return NumPy's form of a dtype that TensorFlow names; object for strings.

    Raises:
        ConversionError: NumPy has it from the package ml_dtypes alone, which is not there or too old.

    >>> numpy_dtype("string"), numpy_dtype("float32")
    (dtype('O'), dtype('float32'))
    """
    if name == "string":
        return np.dtype(object)
    if name == "bool" or hasattr(np, name):
        return np.dtype(name)
    try:
        import ml_dtypes

        extension: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    except (ImportError, AttributeError):
        raise ConversionError("dtype", name, hint=f"NumPy has {name} from a recent ml_dtypes alone") from None
    return extension


def _array(value: Any, want: np.dtype[Any], casting: str) -> tuple[Any, str | None]:
    """An array whose dtype, byte order or empty mask is to go."""
    array = np.asarray(value)
    masked = isinstance(value, np.ma.MaskedArray)
    native = array.dtype.newbyteorder("=")
    what = f"{'masked ' if masked else ''}{'' if array.dtype.isnative else 'big-endian '}{native}"
    if masked and np.ma.is_masked(value):
        return value, None
    if is_number(array.dtype) and want.kind != "O":
        done = f"cast to {want}" if native != want else "made plain" if array.dtype.isnative else "made native"
        return cast(array, want, casting), f"{what} {done}"
    if array.dtype.kind in "OSUT" and want.kind == "O" and (masked or not array.dtype.isnative):
        return array.astype(native, copy=False), f"{what} made {'plain' if array.dtype.isnative else 'native'}"
    return value, None
