"""What do `max_bytes` and `utf8` together cost an array of strings, beside Python and NumPy?

1,000 and 100,000 strings of 8 to 48 bytes, each third of them not ASCII: bytes in an object array, str in one, and
NumPy's array of bytes. Python looks at one string after the other, NumPy at all of them in a pass for each rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg

from .conftest import Compare

Strings = npt.NDArray[Any]

LONGEST = 64
SPEC = tg.TensorSpec(("batch",), "string", max_bytes=LONGEST, utf8=True)
TOO_LONG = "é" * (LONGEST // 2) + "x"
ALPHABETS = ("abcdefghij klmno", "abcdefghij klmno", "aäoöuü ßéè")


def texts(count: int) -> list[str]:
    random = np.random.default_rng(0)
    lengths = random.integers(8, 25, count).tolist()
    letters = random.integers(0, 1 << 16, (count, 24)).tolist()
    alphabets = [ALPHABETS[number % 3] for number in range(count)]
    return [
        "".join(alphabet[letter % len(alphabet)] for letter in row[:length])
        for alphabet, length, row in zip(alphabets, lengths, letters, strict=True)
    ]


def objects(strings: list[Any]) -> Strings:
    return np.array(strings, object)


def fixed_width(strings: list[Any]) -> Strings:
    return np.array(strings, f"S{LONGEST + 16}")


def bytes_by_hand(array: Strings) -> bool:
    try:
        for element in array:
            if not isinstance(element, bytes) or len(element) > LONGEST:
                return False
            element.decode()
    except UnicodeDecodeError:
        return False
    return True


def str_by_hand(array: Strings) -> bool:
    try:
        return all(isinstance(element, str) and len(element.encode()) <= LONGEST for element in array)
    except UnicodeEncodeError:
        return False


def bytes_in_numpy(array: Strings) -> bool:
    """Convert an object array first, as NumPy's functions for strings take none."""
    strings = array.astype(np.bytes_)
    try:
        np.strings.decode(strings)
    except UnicodeDecodeError:
        return False
    return bool(np.strings.str_len(strings).max() <= LONGEST)


def str_in_numpy(array: Strings) -> bool:
    try:
        encoded = np.strings.encode(array.astype(np.str_), "utf-8")
    except UnicodeEncodeError:
        return False
    return bool(np.strings.str_len(encoded).max() <= LONGEST)


def spoilt(strings: list[Any], element: Any) -> list[Any]:
    return [*strings[:-3], element, *strings[-2:]]


@pytest.mark.parametrize("count", [1_000, 100_000])
@pytest.mark.parametrize(
    ("form", "array", "by_hand", "in_numpy"),
    [
        ("bytes in an object array", objects, bytes_by_hand, bytes_in_numpy),
        ("NumPy's bytes", fixed_width, bytes_by_hand, bytes_in_numpy),
        ("str in an object array", objects, str_by_hand, str_in_numpy),
    ],
)
def test_strings(
    form: str,
    array: Callable[[list[Any]], Strings],
    by_hand: Callable[[Strings], bool],
    in_numpy: Callable[[Strings], bool],
    count: int,
    compare: Compare,
) -> None:
    as_str = form.startswith("str")
    strings: list[Any] = texts(count) if as_str else [text.encode() for text in texts(count)]
    few = strings[:100]
    bad = {
        "too long": array(spoilt(few, TOO_LONG if as_str else TOO_LONG.encode())),
        "not UTF-8": array(spoilt(few, "\ud800" if as_str else b"\xc3(")),
    }
    if array is objects:
        bad["no string"] = array(spoilt(few, 5))
    compare(
        case=f"{form}, {count:,}",
        contenders={"tensorgate": SPEC.accepts, "by hand": by_hand, "NumPy": in_numpy},
        argument=array(strings),
        bad=bad,
        # It makes a string of whatever is in the array.
        does_not_see={"NumPy": {"no string"} & bad.keys()},
        limit="by hand",
        x=count,
        unit="strings",
        panel=form,
        headline="`max_bytes` and `utf8` of 100,000 bytes objects"
        if (form, count) == ("bytes in an object array", 100_000)
        else "",
    )
