"""docs/fingerprint.md in plain Python: the encoding of a signature, and SipHash-2-4 of it."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tensorgate import Dim, RaggedTensorSpec, SparseTensorSpec, TensorSpec

KEY = b"tensorgate/sig/1"
MASK = 2**64 - 1
DATA_TYPES = {
    name: number
    for number, name in enumerate(
        [
            *(
                "invalid",
                "float32",
                "float64",
                "int32",
                "uint8",
                "int16",
                "int8",
                "string",
                "complex64",
                "int64",
                "bool",
            ),
            *("qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16", "complex128", "float16"),
            *("resource", "variant", "uint32", "uint64"),
            *("float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz"),
            *("int4", "uint4", "int2", "uint2", "float4_e2m1fn"),
        ]
    )
}


def fingerprint(signature):
    return siphash128(encode(signature), KEY).hex()


def encode(signature):
    return b"".join(
        [
            u8(1),
            text(signature.name),
            text(signature.method_name),
            text(signature.batch_dim or ""),
            nest(signature.inputs),
            optional(nest, signature.outputs),
        ]
    )


def u8(number):
    return number.to_bytes(1, "little")


def count(number):
    return number.to_bytes(8, "little")


def i64(number):
    return number.to_bytes(8, "little", signed=True)


def text(value):
    encoded = value.encode() if isinstance(value, str) else value
    return count(len(encoded)) + encoded


def optional(write, value):
    return u8(0) if value is None else u8(1) + write(value)


def nest(value):
    if isinstance(value, (TensorSpec, RaggedTensorSpec, SparseTensorSpec)):
        return u8(0) + tensor(value)
    if isinstance(value, Mapping):
        items = sorted((key.encode(), child) for key, child in value.items())
        return u8(1) + count(len(items)) + b"".join(text(key) + nest(child) for key, child in items)
    if hasattr(value, "_fields"):
        return u8(4) + fields(value, value._fields)
    if dataclasses.is_dataclass(value):
        return u8(5) + fields(value, [field.name for field in dataclasses.fields(value)])
    return u8(2 if isinstance(value, list) else 3) + count(len(value)) + b"".join(map(nest, value))


def fields(value, names):
    children = [text(name) + nest(getattr(value, name)) for name in names]
    return text(type(value).__name__) + count(len(names)) + b"".join(children)


def tensor(spec):
    encoding = [TensorSpec, RaggedTensorSpec, SparseTensorSpec].index(type(spec))
    return b"".join(
        [
            u8(encoding),
            u8(DATA_TYPES[spec.dtype]),
            i64(getattr(spec, "ragged_rank", 0)),
            u8(DATA_TYPES[getattr(spec, "row_splits_dtype", "int64")]),
            optional(text, spec.name),
            u8(spec.optional),
            optional(values, getattr(spec, "default", None)),
            optional(lambda dims: count(len(dims)) + b"".join(map(dimension, dims)), spec.shape),
            u8(spec.finite),
            optional(values, spec.minimum),
            optional(values, spec.maximum),
            u8(spec.utf8),
            optional(i64, spec.max_bytes),
            optional(values, spec.one_of),
        ]
    )


def dimension(dim):
    size = dim if isinstance(dim, int) else None
    rules = dim if isinstance(dim, Dim) else Dim(dim if isinstance(dim, str) else None)
    highest = 2**63 - 1 if rules.max is None else rules.max
    return optional(i64, size) + text(rules.name or "") + i64(rules.min) + i64(highest) + i64(rules.multiple_of)


def values(array):
    shape = count(array.ndim) + b"".join(map(i64, array.shape))
    if array.dtype != object:
        return shape + text(np.ascontiguousarray(array).tobytes())
    return shape + count(array.size) + b"".join(map(text, array.reshape(-1)))


def siphash128(message, key):
    """SipHash-2-4 with 128 bits of output, after the paper and the reference implementation's note on 128 bits."""
    k0, k1 = (int.from_bytes(key[i : i + 8], "little") for i in (0, 8))
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padding = bytes(7 - len(message) % 8) + u8(len(message) % 256)
    padded = message + padding
    for i in range(0, len(padded), 8):
        word = int.from_bytes(padded[i : i + 8], "little")
        v[3] ^= word
        rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(v, 4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(v, 4)
    return count(first) + count(v[0] ^ v[1] ^ v[2] ^ v[3])


def rounds(v, number):
    for _ in range(number):
        half_round(v, 0, 1, 2, 3, 13, 16)
        half_round(v, 2, 1, 0, 3, 17, 21)


def half_round(v, a, b, c, d, s, t):
    v[a] = (v[a] + v[b]) & MASK
    v[c] = (v[c] + v[d]) & MASK
    v[b] = rotated(v[b], s) ^ v[a]
    v[d] = rotated(v[d], t) ^ v[c]
    v[a] = rotated(v[a], 32)


def rotated(word, bits):
    return (word << bits | word >> (64 - bits)) & MASK
