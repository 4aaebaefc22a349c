"""What protobuf's TensorProto means, naively: the reference of the decoder. Nothing where the gate refuses it."""

import dataclasses
import math

import numpy as np

from . import wire

NAMES = {number: name for name, number in wire.DTYPES.items()}
FIELDS = {
    **dict.fromkeys(("int32", "uint8", "int16", "int8", "uint16", "int4", "uint4", "int2", "uint2"), "int_val"),
    **dict.fromkeys(("qint8", "quint8", "qint32", "qint16", "quint16"), "int_val"),
    **{name: "float8_val" for name in wire.DTYPES if name.startswith(("float8", "float4"))},
    "float32": "float_val",
    "float64": "double_val",
    "string": "string_val",
    "complex64": "scomplex_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "complex128": "dcomplex_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
}
ALL_FIELDS = {*FIELDS.values(), "resource_handle_val", "variant_val"}
# Numbers of the same size that NumPy has.
STORED = {"bfloat16": "uint16", "float16": "uint16", "uint4": "uint8", "int4": "int8", "uint2": "uint8", "int2": "int8"}
RANGES = {"uint4": (0, 15), "int4": (-8, 7), "uint2": (0, 3), "int2": (-2, 1)}
MAX_RANK = 64


@dataclasses.dataclass
class Tensor:
    dtype: str
    shape: tuple
    elements: object  # the bytes of numbers, a list of strings


def stored(name):
    if name.startswith(("float8", "float4")):
        return np.dtype("uint8")
    return np.dtype(STORED.get(name, name.removeprefix("q").replace("quint", "uint")))


def tensor_of(proto, max_bytes=256 << 20):
    """The tensor of a TensorProto, or None."""
    name = NAMES.get(proto.dtype)
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if name not in FIELDS or proto.tensor_shape.unknown_rank or len(shape) > MAX_RANK or min(shape, default=0) < 0:
        return None
    count = math.prod(shape)
    item = 8 if name == "string" else stored(name).itemsize
    if math.prod(size or 1 for size in shape) * item >= 2**63 or count * item > max_bytes:
        return None
    if any(len(getattr(proto, field)) for field in ALL_FIELDS - {FIELDS[name]}):
        return None
    values = list(getattr(proto, FIELDS[name]))
    if values and proto.tensor_content:
        return None
    if name == "string":
        elements = _strings(proto.tensor_content, values, count)
    else:
        elements = _numbers(name, proto.tensor_content, values, count)
    return None if elements is None else Tensor(name, shape, elements)


def _numbers(name, content, values, count):
    dtype = stored(name)
    if content:
        wrong = name == "bool" and set(content) - {0, 1}
        return content if len(content) == count * dtype.itemsize and not wrong else None
    if dtype.kind == "c":
        if len(values) % 2:
            return None
        values = [complex(*pair) for pair in zip(values[::2], values[1::2], strict=True)]
    if len(values) > count or (count and not values):
        return None
    if dtype.kind in "iu":
        lowest, highest = RANGES.get(name, (np.iinfo(dtype).min, np.iinfo(dtype).max))
        if any(not lowest <= value <= highest for value in values):
            return None
    return np.array(values + values[-1:] * (count - len(values)), dtype).tobytes()


def _strings(content, values, count):
    if not content:
        if len(values) > count or (count and not values):
            return None
        return values + values[-1:] * (count - len(values))
    lengths = []
    for _ in range(count):
        length = at = 0
        while at < len(content) and at < 5:
            length |= (content[at] & 0x7F) << (7 * at)
            at += 1
            if content[at - 1] < 0x80:
                break
        else:
            return None
        if length >= 2**32:
            return None
        lengths.append(length)
        content = content[at:]
    if sum(lengths) != len(content):
        return None
    out = []
    for length in lengths:
        out.append(content[:length])
        content = content[length:]
    return out


def is_same(array, tensor):
    """Whether an array is that tensor, bit for bit."""
    if tensor.dtype == "string":
        return array.dtype == object and array.shape == tensor.shape and array.ravel().tolist() == tensor.elements
    name = array.dtype.names[0] if array.dtype.names else array.dtype.name
    return (name, array.shape, array.tobytes()) == (tensor.dtype, tensor.shape, tensor.elements)
