"""Python's numbers, strings and nested lists as arrays of one dtype."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from tensorgate.arrays.casting import (
    Array,
    ConversionError,
    Mask,
    allows,
    cast,
    converted,
    integer_limits,
    is_number,
    kind_of,
    least_casting,
    not_representable,
    permission,
)
from tensorgate.arrays.exports import described, exported
from tensorgate.nests import is_row, items

MAX_RANK = 64  # NumPy's
MAX_SHARED = 1 << 21


def to_array(value: object, want: np.dtype[Any], casting: str) -> Array:
    """Return a number, a string or nested lists of them as an array, without the dtype that NumPy would give them.

    Python's numbers are weak, as they are to NumPy: an int may become any number that holds it exactly, a float any
    float or complex, a complex any complex, under every word. NumPy's own, in a list, go by their dtype. Anything else
    needs the word that NumPy's dtypes would need. str become UTF-8.

    Args:
        value: what is to be converted. Arrays of one shape and dtype may stand in a list.
        want: a number's dtype; or object, for strings.
        casting: one of NumPy's words.

    Raises:
        ConversionError: the lists are ragged, or an element can't become `want`.

    >>> to_array([[1, 2], [3, 4]], np.dtype("float32"), "no")
    array([[1., 2.],
           [3., 4.]], dtype=float32)
    """
    shape, elements = _flattened(value)
    stacked = None
    try:
        if elements and all(issubclass(kind, np.ndarray) for kind in set(map(type, elements))):
            stacked = joined(elements, np.stack)
            shape += stacked.shape[1:]
            elements = stacked.ravel().tolist()
        if stacked is None or want.kind == "O" or not is_number(stacked.dtype):
            array = _strings(elements) if want.kind == "O" else _numbers(elements, want, casting)
            return array.reshape(shape)
    except ConversionError as fault:
        raise fault.in_shape(shape) from None
    return cast(stacked.reshape(shape), want, casting)


def joined(arrays: Sequence[Array], join: Callable[[Sequence[Array]], Array]) -> Array:
    """Return np.stack or np.concatenate of arrays.

    Raises:
        ConversionError: their dtypes differ, or their shapes do, or an element is masked.

    >>> joined([np.array([1, 2]), np.array([3])], np.concatenate)
    array([1, 2, 3])
    """
    skipped = 0 if join is np.stack else 1
    shapes = [list(array.shape[skipped:]) for array in arrays]
    dtypes = [array.dtype for array in arrays]
    odd = [i for i, shape in enumerate(shapes) if shape != shapes[0]]
    if odd:
        want, got = f"arrays of shape {shapes[0]}", f"one of {shapes[odd[0]]}"
        raise ConversionError("ragged", want, got, None, (odd[0],), len(odd))
    odd = [i for i, dtype in enumerate(dtypes) if dtype != dtypes[0]]
    if odd:
        want, got = f"arrays of one dtype, {dtypes[0]}", str(dtypes[odd[0]])
        raise ConversionError("dtype", want, got, None, (odd[0],), len(odd))
    odd = [i for i, array in enumerate(arrays) if np.ma.is_masked(array)]
    if odd:
        hint = "TensorFlow would drop the mask: pass x.filled(value)"
        raise ConversionError("unsupported", None, "a masked array", hint, (odd[0],), len(odd))
    return join([np.asarray(array) for array in arrays])


def _flattened(value: object) -> tuple[tuple[int, ...], list[Any]]:
    """The shape of nested lists, and their elements in row-major order."""
    shape: tuple[int, ...] = ()
    level = [value]
    seen: set[int] = set()
    while any(issubclass(kind, (list, tuple)) for kind in set(map(type, level))):
        # Lists of one depth everywhere hold none at two depths but one that contains itself.
        distinct = {id(row): row for row in level}
        if not seen.isdisjoint(distinct):
            raise ConversionError("structure", got="a list that contains itself")
        if len(shape) == MAX_RANK:
            raise ConversionError("rank", got=f"lists nested over {MAX_RANK} deep")
        seen |= distinct.keys()
        held = {key: items(row) if is_row(row) else None for key, row in distinct.items()}
        rows = [held[id(row)] for row in level]
        lengths = [-1 if row is None else len(row) for row in rows]
        odd = [i for i, length in enumerate(lengths) if length != lengths[0]]
        if odd:
            want = "no list" if lengths[0] < 0 else f"lists of {lengths[0]}"
            got = described(level[odd[0]]) if lengths[odd[0]] < 0 else f"a list of {lengths[odd[0]]}"
            raise ConversionError("ragged", want, got, None, (odd[0],), len(odd)).in_shape(shape)
        # A list that stands in two places is taken twice, and one that doubles at each level has no end.
        if len(distinct) < len(level) and sum(lengths) > MAX_SHARED:
            raise ConversionError("structure", got=f"lists of lists that share parts, of over {MAX_SHARED} elements")
        shape += (lengths[0],)
        level = list(chain.from_iterable(row for row in rows if row is not None))
    return shape, [_known(element) for element in level] if _has_strangers(level) else level


def _has_strangers(elements: Sequence[Any]) -> bool:
    known = (bool, int, float, complex, str, bytes, np.generic, np.ndarray)
    return not all(issubclass(kind, known) for kind in set(map(type, elements)))


def _known(element: Any) -> Any:
    """The array of another library's tensor; anything else itself."""
    array = exported(element) if _has_strangers([element]) else None
    return element if array is None else array


def _strings(elements: Sequence[Any]) -> Array:
    strangers = [i for i, element in enumerate(elements) if not issubclass(type(element), (str, bytes))]
    if strangers:
        first, count = strangers[0], len(strangers)
        raise ConversionError(
            "dtype", "string", described(elements[first]), "each element must be str or bytes", (first,), count
        )
    encoded = [_utf8(element) for element in elements]
    broken = [i for i, element in enumerate(encoded) if element is None]
    if broken:
        raise ConversionError("not_utf8", "string", "a str with a lone surrogate", None, (broken[0],), len(broken))
    out = np.empty(len(elements), object)
    out[:] = encoded
    return out


def _utf8(text: str | bytes) -> bytes | None:
    try:
        # Joining makes plain bytes of a subclass's instance, without running its code.
        return str.encode(text) if isinstance(text, str) else b"".join((text,))
    except UnicodeEncodeError:
        return None


def _numbers(elements: Sequence[Any], want: np.dtype[Any], casting: str) -> Array:
    kinds = set(map(type, elements))
    needed = {kind: _least_casting(kind, want) for kind in kinds}
    refused = {kind for kind, word in needed.items() if word is None or not allows(casting, word)}
    if refused:
        odd = [i for i, element in enumerate(elements) if type(element) in refused]
        first = elements[odd[0]]
        word = needed[type(first)]
        hint = "strings are not parsed" if issubclass(type(first), (str, bytes)) else word and permission(word)
        raise ConversionError("dtype", str(want), described(first), hint, (odd[0],), len(odd))
    out = np.zeros(len(elements), want)
    changed = np.zeros(len(elements), bool)
    for kind in kinds:
        if len(kinds) == 1:
            out, changed = _of_one_kind(elements, kind, want)
        else:
            places = [i for i, element in enumerate(elements) if type(element) is kind]
            out[places], changed[places] = _of_one_kind([elements[i] for i in places], kind, want)
    if changed.any():
        index = int(np.argmax(changed))
        raise not_representable(elements[index], (index,), int(changed.sum()), want)
    return out


def _python_kind(kind: type) -> type | None:
    """The number's type that a type is, or is made of; None for NumPy's and for what is no number."""
    if issubclass(kind, np.generic):
        return None
    return next((number for number in (bool, int, float, complex) if issubclass(kind, number)), None)


def _least_casting(kind: type, want: np.dtype[Any]) -> str | None:
    """The strictest word that lets a number of this type become `want`; None for what is no number."""
    number = _python_kind(kind)
    if number is None:
        source = np.dtype(kind) if issubclass(kind, np.generic) else np.dtype(object)
        return least_casting(source, want) if is_number(source) else None
    is_weak = kind_of(want) in {bool: "b", int: "iufc", float: "fc", complex: "c"}[number]
    return "no" if is_weak else least_casting(np.dtype(number), want)


def _of_one_kind(elements: Sequence[Any], kind: type, want: np.dtype[Any]) -> tuple[Array, Mask]:
    number = _python_kind(kind)
    if number is int:
        # A subclass's instance is made plain, without running its code.
        whole = elements if kind is int else [int.__pos__(element) for element in elements]
        least, greatest = min(whole), max(whole)
        if least < -(2**63) or greatest >= 2**64 or (least < 0 and greatest >= 2**63):
            return _large_integers(whole, want)
        array = np.array(whole, np.uint64 if greatest >= 2**63 else np.int64)
    else:
        array = np.array(elements, number or np.dtype(kind))
    out, changed = converted(array, want)
    return out, np.zeros(len(elements), bool) if changed is None else changed


def _large_integers(whole: Sequence[int], want: np.dtype[Any]) -> tuple[Array, Mask]:
    """Integers that no integer dtype of NumPy's holds all of, one by one."""
    if kind_of(want) in "biu":
        low, high = (0, 1) if want.kind == "b" else integer_limits(want)
        fits = np.array([low <= number <= high for number in whole])
        kept = [number if fit else 0 for number, fit in zip(whole, fits, strict=True)]
        return np.array(kept, np.uint64 if low == 0 else np.int64).astype(want), ~fits
    # What overflows or rounds differs from the integer that it was made of.
    out, _ = converted(np.array([_as_float(number) for number in whole]), want)
    kept = out.real.astype(np.float64).tolist()
    return out, np.array([number != float(rounded) for number, rounded in zip(whole, kept, strict=True)])


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf") if number > 0 else -float("inf")
