"""What a violation says, as TensorFlow's operations: made in the graph, where the values are."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

# Floats are written with so many digits where that is the very number, else with as many as any may need.
_DIGITS = {tf.float32: (6, 9), tf.float64: (15, 17)}
_SHOWN = 80  # characters of a string


def joined(*parts: Any) -> tf.Tensor:
    """Return one text of several, each a str or a string tensor."""
    return tf.strings.join([tf.convert_to_tensor(part, tf.string) for part in parts])


def line(path: str, code: str, expected: Any, got: Any, place: Any = "") -> tf.Tensor:
    """Return what an error says of a violation: where, what is wrong, what was expected and what was got."""
    return joined(f"{path}  {code}: expected ", expected, ", got ", got, place)


def place(index: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
    """Return where the first wrong element is, as " at [2, 3]", and how many there are if there are more.

    Args:
        index: its indices, a vector.
        count: how many are wrong.
    """
    at = tf.strings.regex_replace(joined(" at ", numbers(index)), r" at \[\]", "")  # a scalar's element
    return joined(at, tf.where(count > 1, joined(", ", tf.strings.as_string(count), " in all"), ""))


def numbers(values: tf.Tensor) -> tf.Tensor:
    """Return a vector of whole numbers as text, such as "[2, 3]"."""
    return _listed(tf.strings.as_string(values))


def sizes(values: tf.Tensor, ragged_rank: int) -> tf.Tensor:
    """Return the sizes of a tensor as text, None for each that is ragged."""
    each = tf.strings.as_string(values)
    if ragged_rank:
        each = tf.concat([each[:1], ["None"] * ragged_rank, each[ragged_rank + 1 :]], axis=0)
    return _listed(each)


def element(value: tf.Tensor) -> tf.Tensor:
    """Return an element as messages show it: -1.5, nan, True, (1+2j), 'text'."""
    dtype = value.dtype
    if dtype == tf.string:
        # What is no character, or moves the cursor, shows as U+FFFD.
        shown = tf.strings.unicode_transcode(value, "UTF-8", "UTF-8", replace_control_characters=True)
        cut = tf.strings.substr(shown, 0, _SHOWN, unit="UTF8_CHAR")
        return joined("'", cut, tf.where(tf.equal(cut, shown), "", "..."), "'")
    if dtype == tf.bool:
        return tf.where(value, "True", "False")
    if dtype.is_complex:
        imaginary = element(tf.math.imag(value))
        sign = tf.where(tf.strings.regex_full_match(imaginary, "-.*"), "", "+")
        return joined("(", element(tf.math.real(value)), sign, imaginary, "j)")
    if not dtype.is_floating:
        return tf.strings.as_string(value)
    if dtype not in _DIGITS:
        return element(tf.cast(value, tf.float32))
    few, many = _DIGITS[dtype]
    short = tf.strings.as_string(value, precision=few, shortest=True)
    is_same = tf.strings.to_number(short, dtype) == value
    text = tf.where(is_same, short, tf.strings.as_string(value, precision=many, shortest=True))
    text = tf.strings.regex_replace(text, r"^-?nan$", "nan")
    return tf.strings.regex_replace(text, r"^(-?\d+)$", r"\1.0")


def _listed(each: tf.Tensor) -> tf.Tensor:
    # Of a known number they are joined without a reduction, whose shape is lost on tf.vectorized_map.
    whole = (
        tf.strings.reduce_join(each, separator=", ")
        if each.shape[0] is None
        else tf.strings.join(tf.unstack(each), separator=", ")
        if each.shape[0]
        else ""
    )
    return joined("[", whole, "]")
