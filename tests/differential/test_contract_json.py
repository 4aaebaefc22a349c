"""Every number of every dtype of TensorFlow through JSON."""

import numpy as np
import pytest
import tensorflow as tf

from tensorgate import Signature, TensorSpec

DTYPES = [dtype for number in range(1, 34) if (dtype := tf.as_dtype(number)) not in (tf.resource, tf.variant)]


def numbers(dtype):
    """All numbers of a dtype up to 16 bits, and as many random ones of a larger."""
    own = np.dtype(dtype.as_numpy_dtype)
    if dtype == tf.string:
        return np.array([bytes([byte]) for byte in range(256)] + [b"", bytes(range(256))], object)
    if dtype == tf.bool:
        return np.array([False, True])
    if dtype.name in ("int4", "uint4", "int2", "uint2", "float4_e2m1fn"):
        bits = 4 if "4" in dtype.name else 2
        values = np.arange(2**bits).astype(np.uint8)
        if dtype.name.startswith("int"):
            values = np.arange(-(2 ** (bits - 1)), 2 ** (bits - 1)).astype(np.int8)
        return values.view(own) if dtype.name.startswith("float") else values.astype(own)
    count = min(256**own.itemsize, 65536)
    if own.itemsize <= 2:
        return np.arange(count).astype(f"u{own.itemsize}").view(own)
    return np.frombuffer(np.random.default_rng(dtype.as_datatype_enum).bytes(own.itemsize * count), own)


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.name)
def test_numbers_are_given_back_exactly(dtype):
    array = numbers(dtype)
    signature = Signature(TensorSpec((None,), dtype, default=array))
    twin = Signature.from_json(signature.to_json())
    assert twin == signature
    assert twin.inputs.default.tolist() == array.tolist() or dtype.is_floating or dtype.is_complex
    assert twin.inputs.default.tobytes() == signature.inputs.default.tobytes() or dtype == tf.string
