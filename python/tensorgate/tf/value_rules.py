"""What a contract asks of the elements of a tensor."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tensorgate._core import TensorSpec, ViolationCode
from tensorgate.specs import Spec, value_rules
from tensorgate.tf import texts
from tensorgate.tf.rule import Rule, where
from tensorgate.tf.shape_rules import count_true, first_true, item

Array = np.ndarray[Any, Any]

# What TensorFlow's kernels compare, and what they don't, or not exactly, with what holds all of its values.
_COMPARED = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128", "string"),
}
_WIDER = {
    **dict.fromkeys(("bfloat16", "float8_e5m2", "float8_e4m3fn"), tf.float32),
    **dict.fromkeys(("int4", "uint4", "qint8", "quint8", "qint16", "quint16", "qint32"), tf.int32),
}
# As integers, floats of these are compared exactly.
_CODES = {tf.float32: tf.int32, tf.float64: tf.int64}
# Each element is set against so many values of one_of; more are searched.
_FEW = 8


class _Condition(NamedTuple):
    code: ViolationCode
    good: tf.Tensor  # of each element
    expected: Callable[[tf.Tensor], Any]  # of the element at a flat index
    got: Callable[[tf.Tensor], Any] | None = None  # of an element, if it is not shown itself


def element_rules(path: str, tensor: tf.Tensor, spec: Spec, is_sound: tf.Tensor | None) -> Iterator[Rule]:
    """Yield what is asked of a tensor's elements. One that breaks several rules counts for the first of them.

    Args:
        path: of the tensor.
        tensor: of the spec's dtype; of a ragged or sparse tensor its values.
        spec: what the contract says of it.
        is_sound: whether its shape is as the contract says; elements are judged only then. None for always.

    Raises:
        ValueError: TensorFlow has no operation for such elements.
    """
    if not value_rules(spec):
        return
    elements = tensor
    if spec.dtype not in _COMPARED:
        wider = _WIDER.get(spec.dtype)
        if wider is None:
            raise ValueError(
                f"{path} is of dtype {spec.dtype}, whose values TensorFlow has no operations for: "
                "check them before they come into the graph, by Signature.check"
            )
        elements = tf.cast(tensor, wider)
    if is_sound is not None and any(bound is not None and bound.ndim for bound in (spec.minimum, spec.maximum)):
        # Against elements of another shape a bound that is an array can't be set.
        none = [dim if isinstance(dim, int) else 0 for dim in spec.shape or ()]
        elements = tf.cond(is_sound, lambda: elements, lambda: tf.zeros(none, elements.dtype))
    before = None
    for condition in _string_conditions(elements, spec) if spec.dtype == "string" else _conditions(elements, spec):
        good = condition.good
        holds = good if before is None else tf.logical_or(good, tf.logical_not(before))
        yield Rule(
            path,
            condition.code,
            where(is_sound, tf.reduce_all(holds)),
            _message(path, elements, condition, tf.logical_not(holds)),
        )
        before = good if before is None else tf.logical_and(before, good)


def _message(path: str, elements: tf.Tensor, condition: _Condition, wrong: tf.Tensor) -> Callable[[], tf.Tensor]:
    def message() -> tf.Tensor:
        shape = tf.shape(elements, tf.int64)
        first_wrong = _first_wrong(elements.dtype, shape.shape[0])
        first, value, shown, place = first_wrong(tf.reshape(elements, [-1]), tf.reshape(wrong, [-1]), shape)
        got = shown if condition.got is None else condition.got(value)
        return texts.line(path, condition.code, condition.expected(first), got, place)

    return message


@functools.cache
def _first_wrong(dtype: tf.DType, rank: int | None) -> Callable[..., tuple[tf.Tensor, ...]]:
    """A function of all messages, so that each adds little to a graph.

    It takes elements and whether they are wrong, both flat, and their shape; it gives the first wrong one's flat index,
    itself, its text and that of its place.
    """
    specs = [tf.TensorSpec([None], dtype), tf.TensorSpec([None], tf.bool), tf.TensorSpec([rank], tf.int64)]

    @tf.function(input_signature=specs, autograph=False)  # type: ignore[untyped-decorator]
    def first_wrong(elements: tf.Tensor, wrong: tf.Tensor, shape: tf.Tensor) -> tuple[tf.Tensor, ...]:
        first = first_true(wrong)
        value = item(elements, first)
        steps = tf.math.cumprod(shape, exclusive=True, reverse=True)
        index = first // tf.maximum(steps, 1) % tf.maximum(shape, 1)
        return first, value, texts.element(value), texts.place(index, count_true(wrong))

    called: Callable[..., tuple[tf.Tensor, ...]] = first_wrong
    return called


def _string_conditions(strings: tf.Tensor, spec: Spec) -> Iterator[_Condition]:
    if spec.utf8:
        same = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8", errors="replace", replacement_char=0xFFFD)
        yield _Condition(
            ViolationCode.not_utf8, tf.equal(same, strings), lambda _: "UTF-8", lambda _: "bytes that are not UTF-8"
        )
    if spec.max_bytes is not None:
        size = tf.strings.length(strings)
        most = min(spec.max_bytes, 2**31 - 1)
        yield _Condition(
            ViolationCode.too_long,
            tf.less_equal(size, most),
            lambda _: f"at most {spec.max_bytes} {'byte' if spec.max_bytes == 1 else 'bytes'}",
            lambda value: texts.joined(tf.strings.as_string(tf.strings.length(value)), " bytes"),
        )
    if spec.one_of is not None:
        yield _Condition(ViolationCode.not_one_of, _is_among_strings(strings, spec.one_of), lambda _: _set_text(spec))


def _conditions(numbers: tf.Tensor, spec: Spec) -> Iterator[_Condition]:
    dtype = numbers.dtype
    if spec.finite and (dtype.is_floating or dtype.is_complex):
        good = _of_parts(numbers, tf.math.is_finite, tf.logical_and)
        yield _Condition(ViolationCode.not_finite, good, lambda _: "finite values")
    if spec.minimum is not None:
        least = _constant(spec.minimum, dtype)
        good = _within(numbers, least, is_minimum=True)
        yield _Condition(ViolationCode.below_minimum, good, _bound_text("at least ", least, tf.shape(numbers)))
    if spec.maximum is not None:
        most = _constant(spec.maximum, dtype)
        good = _within(numbers, most, is_minimum=False)
        yield _Condition(ViolationCode.above_maximum, good, _bound_text("at most ", most, tf.shape(numbers)))
    one_of = spec.one_of
    text = None if one_of is None else _set_text(spec)
    if one_of is not None and text is not None:
        good = _is_among(numbers, _constant(one_of, dtype))
        yield _Condition(ViolationCode.not_one_of, good, lambda _: text)


def _bound_text(words: str, bound: Array, shape: tf.Tensor) -> Callable[[tf.Tensor], tf.Tensor]:
    def text(first: tf.Tensor) -> tf.Tensor:
        values = tf.constant(bound)
        of_element = item(tf.reshape(tf.broadcast_to(values, shape), [-1]), first) if bound.ndim else values
        return texts.joined(words, texts.element(of_element))

    return text


def _constant(values: Array, dtype: tf.DType) -> Array:
    """The values of a rule, of the dtype in which they are compared."""
    plain = values[values.dtype.names[0]] if values.dtype.names else values  # as NumPy has quantized integers
    return plain.astype(dtype.as_numpy_dtype)


def _of_parts(
    numbers: tf.Tensor, test: Callable[[tf.Tensor], tf.Tensor], joined: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    if not numbers.dtype.is_complex:
        return test(numbers)
    return joined(test(tf.math.real(numbers)), test(tf.math.imag(numbers)))


def _needs_codes(values: Array) -> bool:
    """Whether a comparison with floats has to be one of integers.

    TensorFlow's threads take subnormal numbers for zero: -1e-45 would be at least 0.0.
    """
    return values.dtype in (np.float32, np.float64) and bool(np.any(np.abs(values) < np.finfo(values.dtype).tiny))


def _codes(floats: tf.Tensor) -> tf.Tensor:
    """Integers in the order of the floats: both zeros are 0, and NaN is beyond the infinities."""
    bits = tf.bitcast(floats, _CODES[floats.dtype])
    sign = tf.bitwise.right_shift(bits, tf.cast(bits.dtype.size * 8 - 1, bits.dtype))
    return tf.bitwise.bitwise_xor(bits, tf.bitwise.bitwise_and(sign, bits.dtype.max)) - sign


def _numpy_codes(floats: Any) -> Array:
    bits: Any = np.asarray(floats).view(np.int32 if floats.dtype == np.float32 else np.int64)
    codes: Array = np.where(bits < 0, np.iinfo(bits.dtype).min - bits, bits).astype(bits.dtype)
    return codes


def _within(numbers: tf.Tensor, limit: Array, *, is_minimum: bool) -> tf.Tensor:
    compare = tf.greater_equal if is_minimum else tf.less_equal
    if not _needs_codes(limit):
        return compare(numbers, tf.constant(limit))
    codes = _codes(numbers)
    infinity = _numpy_codes(np.array(np.inf if is_minimum else -np.inf, limit.dtype))
    is_number = tf.less_equal(codes, infinity) if is_minimum else tf.greater_equal(codes, infinity)
    return tf.logical_and(compare(codes, tf.constant(_numpy_codes(limit))), is_number)


def _is_among(numbers: tf.Tensor, values: Array) -> tf.Tensor:
    is_nan = np.isnan(values) if values.dtype.kind in "fc" else np.zeros(values.shape, bool)
    others = values[~is_nan]
    if numbers.dtype.is_complex:
        good = _any_of([_is_complex(numbers, value) for value in others], numbers)
    elif _needs_codes(others):
        good = _is_in_row(_codes(numbers), _numpy_codes(others))
    else:
        good = _is_in_row(numbers, others)
    return tf.logical_or(good, _of_parts(numbers, tf.math.is_nan, tf.logical_or)) if is_nan.any() else good


def _is_in_row(numbers: tf.Tensor, values: Array) -> tf.Tensor:
    if len(values) <= _FEW:
        return _any_of([tf.equal(numbers, value) for value in values], numbers)
    row, flat = tf.constant(np.sort(values)), tf.reshape(numbers, [-1])
    nearest = tf.gather(row, tf.minimum(tf.searchsorted(row, flat), len(values) - 1))
    return tf.equal(tf.reshape(nearest, tf.shape(numbers)), numbers)


def _is_complex(numbers: tf.Tensor, value: np.complexfloating) -> tf.Tensor:
    parts = (tf.math.real(numbers), value.real), (tf.math.imag(numbers), value.imag)
    return tf.logical_and(*(tf.equal(_codes(part), _numpy_codes(own)) for part, own in parts))


def _any_of(verdicts: list[tf.Tensor], numbers: tf.Tensor) -> tf.Tensor:
    return functools.reduce(tf.logical_or, verdicts) if verdicts else tf.zeros_like(numbers, tf.bool)


def _is_among_strings(strings: tf.Tensor, values: Array) -> tf.Tensor:
    with tf.init_scope():
        hashes = tf.get_static_value(_hashes(tf.constant(values.tolist(), tf.string)))
    listed, flat = tf.constant(values.tolist(), tf.string), tf.reshape(strings, [-1])
    if len(values) <= _FEW or hashes is None or len(np.unique(hashes)) < len(values):
        found = tf.reduce_any(tf.equal(flat[:, None], listed), axis=1)
        return tf.reshape(found, tf.shape(strings))
    order = np.argsort(hashes)
    place = tf.minimum(tf.searchsorted(hashes[order], _hashes(flat)), len(values) - 1)
    nearest = tf.gather(tf.gather(listed, order), place)
    return tf.equal(tf.reshape(nearest, tf.shape(strings)), strings)


def _hashes(strings: tf.Tensor) -> tf.Tensor:
    return tf.strings.to_hash_bucket_fast(strings, 2**62)


def _set_text(spec: Spec) -> str | None:
    """What is expected where a value is none of one_of's, in the words of a check; None if there is no such value."""
    assert spec.one_of is not None
    others = _distinct(spec.dtype, len(spec.one_of) + 1)
    found = TensorSpec((None,), spec.dtype, one_of=spec.one_of).violations(others)
    return str(found[0].expected) if found else None


def _distinct(dtype: str, count: int) -> Array:
    """So many values of a dtype, or all that it has."""
    if dtype == "string":
        return np.array([str(i).encode() for i in range(count)], object)
    numpy_dtype = np.dtype(tf.as_dtype(dtype).as_numpy_dtype)
    if dtype == "bool":
        return np.array([False, True])
    if numpy_dtype.kind == "c":
        return np.arange(count).astype(numpy_dtype)
    codes = np.arange(256 if numpy_dtype.itemsize == 1 else count, dtype=f"u{numpy_dtype.itemsize}")
    return codes.view(numpy_dtype)
