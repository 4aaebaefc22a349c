"""Arrays of numbers cast to another dtype: NumPy's casting words say what may be asked for, the values what is done.

Floats may round; whatever else would change a number is refused under every word.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

WORDS = ("no", "equiv", "safe", "same_kind", "unsafe")


class ConversionError(ValueError):
    """Elements that can't become what the contract asks for: a violation without its path.

    Attributes:
        part: what of the tensor it is about: "" for all of it, ".values" for that part of a ragged one.
    """

    def __init__(
        self,
        code: str,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
        index: tuple[int, ...] | None = None,
        count: int | None = None,
    ) -> None:
        super().__init__(code, expected, got, hint, index, count)
        self.code = code
        self.expected = expected
        self.got = got
        self.hint = hint
        self.index = index
        self.count = count
        self.part = ""

    def in_shape(self, shape: tuple[int, ...]) -> Self:
        """Return self, with an index into flat elements turned into one into an array of that shape."""
        if self.index is not None:
            self.index = tuple(int(i) for i in np.unravel_index(self.index[0], shape))
        return self


def kind_of(dtype: np.dtype[Any]) -> str:
    """Return NumPy's letter for the kind of number, which ml_dtypes' types don't give themselves: one of "biufc".

    Any other dtype has its own letter, which is none of these.

    >>> kind_of(np.dtype("int16"))
    'i'
    """
    if not _is_extension(dtype):
        return dtype.kind
    name = dtype.type.__name__
    return "u" if name.startswith("uint") else "i" if name.startswith("int") else "f"


def is_number(dtype: np.dtype[Any]) -> bool:
    """Return whether the dtype holds numbers or bools.

    >>> is_number(np.dtype("complex64")), is_number(np.dtype("U5"))
    (True, False)
    """
    return kind_of(dtype) in "biufc"


def stored(array: Array) -> Array:
    """Return the integers of a quantized array, whose dtype is a structured one of a single field; any other itself.

    >>> stored(np.array([(1,), (2,)], [("qint8", "int8")]))
    array([1, 2], dtype=int8)
    """
    return array[array.dtype.names[0]] if array.dtype.names else array


def least_casting(source: np.dtype[Any], want: np.dtype[Any]) -> str:
    """Return the strictest of NumPy's words that lets one dtype be cast to the other.

    >>> least_casting(np.dtype("int64"), np.dtype("int32"))
    'same_kind'
    """
    return next(word for word in WORDS if _permits(word, source, want))


def cast(array: Array, want: np.dtype[Any], casting: str) -> Array:
    """Return the array's numbers in another dtype.

    Args:
        array: of a dtype for which `is_number` holds.
        want: likewise, in native byte order.
        casting: one of `WORDS`.

    Raises:
        ConversionError: the word does not allow it, or numbers would change.

    >>> cast(np.array([1, 2]), np.dtype("int8"), "same_kind")
    array([1, 2], dtype=int8)
    """
    needed = least_casting(array.dtype, want)
    if not allows(casting, needed):
        source = array.dtype.newbyteorder("=")
        if source == want:
            hint = f"casting={needed!r} makes it native"
            raise ConversionError("byte_order", str(want), f"big-endian {source}", hint)
        raise ConversionError("dtype", str(want), str(source), permission(needed))
    out, changed = converted(array, want)
    if changed is not None and changed.any():
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(changed)), array.shape))
        raise not_representable(array[index], index, int(changed.sum()), want)
    return out


def allows(casting: str, needed: str) -> bool:
    """Return whether one of NumPy's words allows what needs another.

    >>> allows("unsafe", "same_kind"), allows("safe", "same_kind")
    (True, False)
    """
    return WORDS.index(needed) <= WORDS.index(casting)


def permission(needed: str) -> str:
    """Return a hint that names the word that a cast needs.

    >>> permission("safe")
    "casting='safe' casts it"
    """
    condition = {"same_kind": " where every value fits", "unsafe": " where no value would change"}
    return f"casting={needed!r} casts it{condition.get(needed, '')}"


def converted(array: Array, want: np.dtype[Any]) -> tuple[Array, Mask | None]:
    """Return the array in another dtype, and where it then differs by more than rounding; None for nowhere."""
    source = _plain(array)
    source_kind, want_kind = source.dtype.kind, kind_of(want)
    with np.errstate(all="ignore"):
        if source_kind == "c" and want_kind != "c":
            out, changed = converted(source.real, want)
            return out, _either(changed, source.imag != 0)
        if source.dtype == want:
            return source, None
        if want_kind == "c":
            return _to_complex(source, want)
        if want_kind == "b":
            return source != 0, (source != 0) & (source != 1)
        if source_kind == "f":
            return _round(source, want) if want_kind == "f" else _to_whole(source, want)
        out = source.astype(want)
        return out, _inexact(source, want) if want_kind == "f" else _outside(source, want)


def not_representable(first: Any, index: tuple[int, ...], count: int, want: np.dtype[Any]) -> ConversionError:
    """Return the violation of numbers that a cast to `want` would change, the first of which stands at `index`."""
    large = isinstance(first, int) and first.bit_length() > 128
    got = f"an integer of {first.bit_length()} bits" if large else str(first)
    number = first.item() if isinstance(first, np.generic) else first
    return ConversionError("not_representable", str(want), got, _reason(number, want), index, count)


def integer_limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return the least and the greatest integer of an integer dtype.

    >>> integer_limits(np.dtype("uint8"))
    (0, 255)
    """
    info = _ml_dtypes().iinfo(dtype) if _is_extension(dtype) else np.iinfo(dtype)
    return int(info.min), int(info.max)


def float_limits(dtype: np.dtype[Any]) -> tuple[int, float]:
    """Return how many binary digits a floating dtype's numbers have, and the greatest of them.

    >>> float_limits(np.dtype("float16"))
    (11, 65504.0)
    """
    info = _ml_dtypes().finfo(dtype) if _is_extension(dtype) else np.finfo(dtype)
    return int(info.nmant) + 1, float(info.max)


def _is_extension(dtype: np.dtype[Any]) -> bool:
    return dtype.type.__module__ == "ml_dtypes"


def _ml_dtypes() -> Any:
    import ml_dtypes

    return ml_dtypes


def _permits(word: str, source: np.dtype[Any], want: np.dtype[Any]) -> bool:
    # What ml_dtypes registers with NumPy knows no byte order and no kinds: it lets complex become bfloat16.
    if word == "no" and not source.isnative:
        return False
    if word == "same_kind" and (_is_extension(source) or _is_extension(want)):
        order = "buifc"
        return order.index(kind_of(source)) <= order.index(kind_of(want))
    return bool(np.can_cast(source, want, word))  # type: ignore[arg-type]


def _plain(array: Array) -> Array:
    """The same numbers in a native dtype that NumPy computes in."""
    kind = kind_of(array.dtype)
    if _is_extension(array.dtype):
        return array.astype(np.float32 if kind == "f" else f"{kind}1")
    if kind == "b":
        return array.astype(np.uint8)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _either(changed: Mask | None, other: Mask) -> Mask:
    return other if changed is None else changed | other


def _to_complex(source: Array, want: np.dtype[Any]) -> tuple[Array, Mask | None]:
    part = np.dtype(f"f{want.itemsize // 2}")
    out = np.zeros(source.shape, want)
    out.real, changed = converted(source.real, part)
    if source.dtype.kind == "c":
        out.imag, imaginary = converted(source.imag, part)
        changed = changed if imaginary is None else _either(changed, imaginary)
    return out, changed


def _round(source: Array, want: np.dtype[Any]) -> tuple[Array, Mask | None]:
    out = source.astype(want)
    if not np.isfinite(source.dtype.type(np.inf).astype(want)):
        if np.isfinite(out).all():
            return out, None
        return out, (np.isnan(out) != np.isnan(source)) | (np.isinf(out) != np.isinf(source))
    # A dtype without infinity and NaN gives its greatest number, or nought, in their place.
    return out, ~(np.abs(source) <= float_limits(want)[1])


def _to_whole(source: Array, want: np.dtype[Any]) -> tuple[Array, Mask]:
    wide = source.astype(np.float32) if source.dtype.itemsize < 4 else source
    low, high = integer_limits(want)
    # high + 1 is a power of two, which every float of 32 bits and more holds exactly.
    fits = (np.trunc(wide) == wide) & (wide >= float(low)) & (wide < float(high + 1))
    return wide.astype(np.uint64 if low == 0 else np.int64).astype(want), ~fits


def _outside(source: Array, want: np.dtype[Any]) -> Mask | None:
    least, greatest = integer_limits(source.dtype)
    low, high = integer_limits(want)
    if low <= least and greatest <= high:
        return None
    if source.size == 0 or (low <= int(source.min()) and int(source.max()) <= high):
        return None
    kind = source.dtype.type
    outside: Mask = (source < kind(max(low, least))) | (source > kind(min(high, greatest)))
    return outside


def _inexact(source: Array, want: np.dtype[Any]) -> Mask | None:
    digits, largest = float_limits(want)
    if source.size == 0 or (-(2**digits) <= int(source.min()) and int(source.max()) <= 2**digits):
        return None
    # The absolute value of the least int64 wraps to itself, which as a uint64 is right again.
    signed = source.dtype.kind == "i"
    magnitude = np.abs(source.astype(np.int64)).view(np.uint64) if signed else source.astype(np.uint64)
    # Exact where the number's highest and lowest set bits are less than `digits` apart.
    lowest = magnitude & (~magnitude + np.uint64(1))
    spread = (magnitude >> np.uint64(digits)) >= lowest
    inexact: Mask = (spread & (magnitude != 0)) | (magnitude > np.uint64(min(largest, 2**64 - 1)))
    return inexact


def _reason(number: Any, want: np.dtype[Any]) -> str:
    kind = kind_of(want)
    if kind == "c":
        return _reason(max(number.real, number.imag, key=abs), np.dtype(f"f{want.itemsize // 2}"))
    if number.imag != 0:
        return "a cast would drop the imaginary part"
    if kind == "b":
        return "a bool is 0 or 1"
    if kind in "iu":
        low, high = integer_limits(want)
        return f"{want} holds whole numbers from {low} to {high}"
    digits, largest = float_limits(want)
    if isinstance(number, int) and abs(number) <= largest:
        return f"{want} holds every integer up to {2**digits}, but not this one"
    has_none = not isinstance(number, int) and not np.isfinite(number)
    return f"{want} has no {number}" if has_none else f"the greatest {want} is {largest:g}"
