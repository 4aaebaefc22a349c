"""What a message says to do: each of the usual accidents, and no advice where none fits."""

import os
import time

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

# A build with sanitizers takes its time.
LIMIT_SECONDS = 60 if "TENSORGATE_SANITIZED" in os.environ else 3


def hints(spec, value):
    return [violation.hint for violation in spec.violations(value)]


def zeros(*shape, dtype=np.float32):
    return np.zeros(shape, dtype)


@pytest.mark.parametrize(
    ("shape", "got", "hint"),
    [
        ((None, 3), (3,), "the batch dimension is missing: for a single example send [1, 3]"),
        ((1, 3), (3,), "the batch dimension is missing: for a single example send [1, 3]"),
        (("batch", 8, 8, 3), (8, 8, 3), "the batch dimension is missing: for a single example send [1, 8, 8, 3]"),
        ((2, 3), (3,), None),
        ((None, 3), (4,), None),
        ((None, 3), (1, 2, 3), "one dimension too many: drop the leading 1, [2, 3]"),
        ((None, 3), (2, 3, 1), "one dimension too many: drop the trailing 1, [2, 3]"),
        ((None, 3), (2, 2, 3), None),
        ((None,), (), "a scalar where a vector goes: give it the shape [1]"),
        ((1,), (), "a scalar where a vector goes: give it the shape [1]"),
        ((5,), (), None),
        ((), (2,), None),
        ((3, 5), (5, 3), "looks transposed: expected [3, 5]"),
        ((None, 5), (5, 3), "looks transposed: expected [3, 5]"),
        ((None, 8, 6, 3), (2, 3, 8, 6), "looks like NCHW: transpose it to NHWC, [2, 8, 6, 3]"),
        ((None, 3, 8, 6), (2, 8, 6, 3), "looks like NHWC: transpose it to NCHW, [2, 3, 8, 6]"),
        (
            (None, 8, 6, 3),
            (3, 8, 6),
            "looks like CHW without its batch dimension: transpose it to NHWC, [1, 8, 6, 3]",
        ),
        (
            (None, 3, 8, 6),
            (8, 6, 3),
            "looks like HWC without its batch dimension: transpose it to NCHW, [1, 3, 8, 6]",
        ),
        ((None, 8, 8, 3), (2, 9, 9, 3), None),
        ((None, 8, 8, 3), (2, 7), None),
    ],
)
def test_a_wrong_shape(shape, got, hint):
    assert hints(TensorSpec(shape), zeros(*got)) == [hint]


def test_a_vector_of_one_for_a_scalar():
    (hint,) = hints(TensorSpec(()), zeros(1))
    assert hint in ("a vector where a scalar goes: take its element", "one dimension too many: drop the leading 1, []")


def test_a_shape_of_254_dimensions_has_no_hint():
    assert hints(TensorSpec((None,) * 254), zeros(1, 2)) == [None]


@pytest.mark.parametrize(
    ("want", "got", "hint"),
    [
        ("float32", "float64", "float64 is NumPy's default: cast it to float32"),
        ("int32", "int64", "int64 is NumPy's default: cast it to int32 where every value fits"),
        ("float32", "uint8", "image bytes? cast it to float32 and scale it as in training"),
        ("float16", "uint8", "image bytes? cast it to float16 and scale it as in training"),
        ("float32", "int64", "cast it to float32"),
        ("float64", "float32", "cast it to float64"),
        ("bfloat16", "float32", "cast it to bfloat16"),
        ("int64", "int32", "cast it to int64"),
        ("int8", "int64", "cast it to int8 where every value fits"),
        ("int64", "float32", "a cast to int64 would drop the fraction"),
        ("bool", "int8", "compare it with 0 to get a bool"),
        ("float32", "bool", "cast it to float32"),
        ("int32", "bool", "cast it to int32"),
        ("float32", "complex64", "a cast would drop the imaginary part"),
        ("float32", "U3", "strings and objects are not parsed: convert them to float32 first"),
        ("float32", "S3", "strings and objects are not parsed: convert them to float32 first"),
        ("int32", "O", "strings and objects are not parsed: convert them to int32 first"),
        ("string", "uint8", "bytes are a uint8 vector here: for a string, put them into an array of dtype object"),
        ("string", "float32", None),
        ("float32", "M8[s]", None),
        ("float32", "longdouble", None),
        ("resource", "float32", None),
        ("variant", "O", None),
        ("qint8", "int8", None),
    ],
)
def test_a_wrong_dtype(want, got, hint):
    assert hints(TensorSpec((2,), want), np.zeros(2, got)) == [hint]


def test_a_cast_between_signed_and_unsigned_of_one_width_may_not_fit():
    for want, got in (("uint8", "int8"), ("int64", "uint64")):
        assert hints(TensorSpec((2,), want), np.zeros(2, got)) == [f"cast it to {want} where every value fits"]


def test_a_cast_of_a_signed_integer_to_a_wider_unsigned_one_may_not_fit():
    """-1 is no uint64."""
    assert hints(TensorSpec((2,), "uint64"), np.zeros(2, np.int8)) == ["cast it to uint64 where every value fits"]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        (None, None),
        ([1.0], "convert it with np.asarray and the expected dtype"),
        ((1.0,), "convert it with np.asarray and the expected dtype"),
        (1.0, "convert it with np.asarray and the expected dtype"),
        (True, "convert it with np.asarray and the expected dtype"),
        ("text", "convert it with np.asarray and the expected dtype"),
        ({"a": 1}, "a tensor goes here"),
        (np.ma.zeros(2, np.float32), "TensorFlow would drop the mask: pass x.filled(value)"),
        (np.zeros(2, ">f4"), "convert it with x.astype(x.dtype.newbyteorder('='))"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_tensor(value, hint):
    assert hints(TensorSpec((2,)), value) == [hint]


def test_the_hint_for_a_big_endian_array_works():
    spec, x = TensorSpec((2,)), np.zeros(2, ">f4")
    assert spec.accepts(x.astype(x.dtype.newbyteorder("=")))


class ArrayLike:
    def __array__(self, dtype=None, copy=None):
        raise ZeroDivisionError("converted")


def test_an_object_that_numpy_can_convert_is_not_converted():
    assert hints(TensorSpec((2,)), ArrayLike()) == ["pass np.asarray of it"]


def hint_for(name, *known):
    batch = {name: None}
    found = Signature({key: TensorSpec(()) for key in known}).violations(batch)
    return next(violation.hint for violation in found if violation.code == "unexpected")


@pytest.mark.parametrize(
    ("typo", "known", "hint"),
    [
        ("imgae", "image", "did you mean 'image'?"),
        ("Image", "image", "did you mean 'image'?"),
        ("IMAGE", "image", "did you mean 'image'?"),
        ("images", "image", "did you mean 'image'?"),
        ("mage", "image", "did you mean 'image'?"),
        ("input_id", "input_ids", "did you mean 'input_ids'?"),
        ("X", "x", "did you mean 'x'?"),
        ("y", "x", None),
        ("label", "image", None),
        ("", "x", None),
        ("x" * 65, "x" * 64, None),
        ("serving_default_image", "image", "did you mean 'image'? (this is its name in the graph)"),
        ("serving_default_image:0", "image", "did you mean 'image'? (this is its name in the graph)"),
        ("image:0", "image", "did you mean 'image'? (this is its name in the graph)"),
        ("image", "serving_default_image", "did you mean 'serving_default_image'?"),
    ],
)
def test_a_wrong_name(typo, known, hint):
    assert hint_for(typo, known) == hint


def test_the_nearest_of_several_names_is_meant():
    assert hint_for("input_idz", "input_mask", "input_ids", "input_type") == "did you mean 'input_ids'?"


def test_a_name_in_a_hint_is_escaped():
    assert hint_for("ab\x1bcde", "ab\x1bcdf") == "did you mean 'ab\\x1bcdf'?"


def test_hints_for_names_are_bounded():
    """A thousand names of 64 characters, none of them known, are a request that anyone can send."""
    signature = Signature({f"{i:064d}": TensorSpec(()) for i in range(5_000)})
    batch = {f"{i:063d}x": None for i in range(1_000)}
    start = time.perf_counter()
    found = signature.violations(batch)
    assert time.perf_counter() - start < LIMIT_SECONDS
    assert sum(violation.code == "unexpected" for violation in found) == 1_000
