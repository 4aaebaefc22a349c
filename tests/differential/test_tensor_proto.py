"""TensorProtos as TensorFlow's runtime and its Python read them, and as we do."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tensorgate import ValidationError
from tensorgate.serving import decode_tensor_proto

from ..serving import tensor_reference, wire

REFUSED = None


def runtime(data, dtype):
    """What TensorFlow's runtime makes of a TensorProto."""
    try:
        return tf.io.parse_tensor(data, dtype)
    except tf.errors.InvalidArgumentError:
        return REFUSED


def python(data):
    """What TensorFlow's Python makes of it."""
    try:
        return tf.make_ndarray(tensor_pb2.TensorProto.FromString(data))
    except (ValueError, TypeError, OverflowError, KeyError):
        return REFUSED


def ours(data):
    try:
        return decode_tensor_proto(data)
    except ValidationError as error:
        return error.violations[0].code


TENSOR = wire.tensor
SHAPE_TWICE = TENSOR("float32", (2,), content=bytes(24)) + wire.bytes_field(2, wire.shape((3,)))
LONE = wire.number_field(1, 1)
# By row of the table of what TensorFlow does with TensorProtos: what the runtime, Python and the gate make of it.
ROWS = {
    "fewer values": (TENSOR("float32", (3,), float_val=[1, 2]), [1, 2, 2], [1, 2, 2], [1, 2, 2]),
    "no values": (TENSOR("float32", (2,)), [0, 0], [0, 0], "structure"),
    "no strings": (TENSOR("string", (2,)), [b"", b""], ["", ""], "structure"),
    "more values": (TENSOR("float32", (2,), float_val=[1, 2, 3]), [1, 2], REFUSED, "structure"),
    "values of nothing": (TENSOR("float32", (0,), float_val=[1]), [], REFUSED, "structure"),
    "the wrong field": (TENSOR("float32", (2,), double_val=[1, 2]), [0, 0], [0, 0], "structure"),
    "content beside values": (TENSOR("float32", (1,), bytes(4), float_val=[1]), [0], [0], "structure"),
    "content too short": (TENSOR("float32", (2,), bytes(7)), REFUSED, REFUSED, "structure"),
    "content too long": (TENSOR("float32", (2,), bytes(12)), REFUSED, REFUSED, "structure"),
    "unknown rank": (TENSOR("float32", None, float_val=[1, 2]), 1, REFUSED, "rank"),
    "unknown rank and a size": (
        LONE + wire.bytes_field(2, wire.shape((2,)) + wire.shape(None)) + wire.bytes_field(4, bytes(8)),
        [0, 0],
        [0, 0],
        "rank",
    ),
    "a negative size": (TENSOR("float32", (-1,), float_val=[1]), REFUSED, REFUSED, "dim"),
    "sizes that overflow": (TENSOR("float32", (2**40, 2**40)), REFUSED, REFUSED, "too_large"),
    "sizes that overflow before a zero": (TENSOR("float32", (2**40, 2**40, 0)), REFUSED, REFUSED, "too_large"),
    "255 sizes": (TENSOR("float32", (1,) * 255, bytes(4)), REFUSED, REFUSED, "too_large"),
    "an int beyond uint8": (TENSOR("uint8", (1,), int_val=[300]), [44], REFUSED, "not_representable"),
    "an int beyond int8": (TENSOR("int8", (1,), int_val=[-129]), [127], REFUSED, "not_representable"),
    "a half of 17 bits": (TENSOR("float16", (1,), half_val=[0x13C00]), [1], REFUSED, "not_representable"),
    "a bool's byte 2": (TENSOR("bool", (2,), b"\1\2"), REFUSED, [True, True], "not_representable"),
    "a bool's value 2": (TENSOR("bool", (2,), bool_val=[0, 2]), [False, True], [False, True], [False, True]),
    "strings in content": (TENSOR("string", (2,), b"\1\2abc"), [b"a", b"bc"], REFUSED, [b"a", b"bc"]),
    "broken strings in content": (TENSOR("string", (2,), b"\1\3abc"), REFUSED, REFUSED, "structure"),
    "fewer strings": (TENSOR("string", (3,), string_val=[b"a", b"b"]), *[[b"a", b"b", b"b"]] * 3),
    "version 99": (TENSOR("float32", (1,), float_val=[1]) + wire.number_field(3, 99), [1], [1], [1]),
    "no dtype": (TENSOR(0, (1,), float_val=[1]), REFUSED, REFUSED, "dtype"),
    "a reference": (TENSOR(101, (1,), float_val=[1]), REFUSED, REFUSED, "dtype"),
    "the shape twice": (SHAPE_TWICE, *[[[0, 0, 0], [0, 0, 0]]] * 3),
    "a scalar": (TENSOR("float32", (), float_val=[1.5]), 1.5, 1.5, 1.5),
    "nothing": (TENSOR("float32", (0, 3)), *[np.zeros((0, 3))] * 3),
    "complex": (TENSOR("complex64", (2,), scomplex_val=[1, 2]), *[[1 + 2j, 1 + 2j]] * 3),
    "half a complex number": (TENSOR("complex64", (1,), scomplex_val=[1, 2, 3]), [1 + 2j], [1 + 2j], "structure"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_tensor_as_tensorflow_reads_it_or_refused(name):
    data, by_runtime, by_python, by_gate = ROWS[name]
    dtype = tensor_pb2.TensorProto.FromString(data).dtype
    for got, want in (
        (runtime(data, tf.as_dtype(dtype) if 0 < dtype < 100 else tf.float32), by_runtime),
        (python(data), by_python),
        (ours(data), by_gate),
    ):
        if want is REFUSED or isinstance(want, str):
            assert got is want or got == want
        else:
            assert np.asarray(got).shape == np.shape(want)
            assert np.array_equal(np.asarray(got), np.asarray(want))


def test_what_the_runtime_takes_and_numpy_can_not_hold_is_refused():
    many = wire.tensor("float32", (1,) * 254, bytes(4))
    assert runtime(many, tf.float32).shape.rank == 254
    assert ours(many) == "too_large"
    vast = wire.tensor("float32", (0, 2**40, 2**40))
    assert runtime(vast, tf.float32).shape == (0, 2**40, 2**40)
    assert ours(vast) == "too_large"


def test_17_bytes_that_ask_for_800_megabytes_are_refused():
    data = wire.tensor("float32", (200_000_000,), float_val=[1])
    assert len(data) == 17
    assert ours(data) == "too_large"
    few = wire.tensor("float32", (2_000_000,), float_val=[1])
    assert runtime(few, tf.float32).shape == ours(few).shape == (2_000_000,)


# Those that make_tensor_proto writes.
WRITTEN = [tf.as_dtype(name) for name in tensor_reference.FIELDS if not name.endswith(("fnuz", "int2", "e2m1fn"))]


@pytest.mark.parametrize("dtype", WRITTEN, ids=lambda dtype: dtype.name)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0, 2)])
def test_what_tensorflow_writes_is_read(dtype, shape):
    count = int(np.prod(shape))
    if dtype == tf.string:
        array = np.array([b"a", b"", b"\xff\0b", b"c"][:count], object).reshape(shape)
    else:
        array = np.array([0, 1, 1, 0][:count]).astype(dtype.as_numpy_dtype).reshape(shape)
    data = tf.make_tensor_proto(array, dtype).SerializeToString()
    got = decode_tensor_proto(data)
    assert got.dtype == dtype.as_numpy_dtype
    assert got.shape == array.shape
    for read in (got, runtime(data, dtype).numpy()):
        assert np.array_equal(read, array) if dtype == tf.string else read.tobytes() == array.tobytes()
