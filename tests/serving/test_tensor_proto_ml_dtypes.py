"""TensorProtos of dtypes that NumPy does not have."""

import ml_dtypes
import numpy as np
import pytest

from tensorgate import ValidationError
from tensorgate.serving import decode_tensor_proto

from . import wire

BYTES = ("float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz", "float4_e2m1fn")
INTEGERS = {"int2": (-2, 1), "uint2": (0, 3), "int4": (-8, 7), "uint4": (0, 15)}


def test_bfloat16_comes_as_content_or_as_halves():
    one = np.ones(2, ml_dtypes.bfloat16)
    content = wire.tensor("bfloat16", (2,), one.tobytes())
    halves = wire.tensor("bfloat16", (2,), half_val=[0x3F80])
    for data in (content, halves):
        array = decode_tensor_proto(data)
        assert array.dtype == ml_dtypes.bfloat16
        assert np.array_equal(array, one)


@pytest.mark.parametrize("dtype", BYTES)
def test_small_floats_come_as_bytes(dtype):
    ones = np.ones(3, getattr(ml_dtypes, dtype))
    one = ones.tobytes()[0]
    for data in (
        wire.tensor(dtype, (3,), ones.tobytes()),
        wire.tensor(dtype, (3,), float8_val=[one] * 3),
        wire.tensor(dtype, (3,), float8_val=[one]),
    ):
        array = decode_tensor_proto(data)
        assert array.dtype == ones.dtype
        assert np.array_equal(array, ones)


def test_of_their_bytes_the_last_field_wins():
    head = wire.number_field(1, wire.DTYPES["float8_e5m2"]) + wire.bytes_field(2, wire.shape((1,)))
    array = decode_tensor_proto(head + wire.bytes_field(18, b"abc") + wire.bytes_field(18, b"\x3c"))
    assert array.astype(float).tolist() == [1]
    int32 = wire.tensor("int32", (1,), int_val=[5])
    assert decode_tensor_proto(int32 + wire.bytes_field(18, b"abc") + wire.bytes_field(18, b"")).tolist() == [5]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_small_integers_take_a_byte_and_keep_within_their_bits(dtype):
    lowest, highest = INTEGERS[dtype]
    array = decode_tensor_proto(wire.tensor(dtype, (2,), int_val=[lowest, highest]))
    assert array.dtype == getattr(ml_dtypes, dtype)
    assert array.astype(int).tolist() == [lowest, highest]
    for bad in (lowest - 1, highest + 1):
        with pytest.raises(ValidationError, match=f"not_representable: expected {dtype}, got {bad} at"):
            decode_tensor_proto(wire.tensor(dtype, (2,), int_val=[lowest, bad]))
