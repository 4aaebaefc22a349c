"""Protobuf's wire format, as much as it takes to write SavedModels and requests by hand: right ones and wrong ones."""

import struct

DTYPES = {
    name: number
    for number, name in enumerate(
        [
            *("float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64", "int64", "bool"),
            *("qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16", "complex128", "float16"),
            *("resource", "variant", "uint32", "uint64", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz"),
            *("float8_e4m3b11fnuz", "float8_e5m2fnuz", "int4", "uint4", "int2", "uint2", "float4_e2m1fn"),
        ],
        start=1,
    )
}

# The fields of a TensorProto that hold values.
VALUES = {
    "float_val": 5,
    "double_val": 6,
    "int_val": 7,
    "string_val": 8,
    "scomplex_val": 9,
    "int64_val": 10,
    "bool_val": 11,
    "dcomplex_val": 12,
    "half_val": 13,
    "uint32_val": 16,
    "uint64_val": 17,
    "float8_val": 18,
}


def varint(value):
    value &= (1 << 64) - 1  # as a negative number is written
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number, wire_type):
    return varint(number << 3 | wire_type)


def number_field(number, value):
    return tag(number, 0) + varint(value)


def bytes_field(number, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return tag(number, 2) + varint(len(payload)) + payload


def map_field(number, entries):
    """A map's entries from a dict, or from pairs to have a key twice."""
    pairs = entries.items() if isinstance(entries, dict) else entries
    return b"".join(bytes_field(number, bytes_field(1, key) + bytes_field(2, value)) for key, value in pairs)


def shape(dims):
    """A TensorShapeProto; None is an unknown rank."""
    if dims is None:
        return number_field(3, 1)
    return b"".join(bytes_field(2, number_field(1, -1 if size is None else size)) for size in dims)


def data_type(dtype):
    return number_field(2, DTYPES[dtype] if isinstance(dtype, str) else dtype)


def tensor_info(dims=(), dtype="float32", name="x:0"):
    return bytes_field(1, name) + data_type(dtype) + bytes_field(3, shape(dims))


def coo_sparse(dims, dtype="float32"):
    parts = b"".join(bytes_field(i, name) for i, name in enumerate(("v:0", "i:0", "s:0"), start=1))
    return bytes_field(4, parts) + data_type(dtype) + bytes_field(3, shape(dims))


def composite(*components):
    return bytes_field(5, bytes_field(1, b"") + b"".join(bytes_field(2, component) for component in components))


def packed_varints(number, values):
    return bytes_field(number, b"".join(varint(value) for value in values))


def tensor(dtype, dims=(), content=b"", **values):
    """A TensorProto: tensor_content, and values by the name of their field."""
    out = number_field(1, DTYPES[dtype] if isinstance(dtype, str) else dtype) + bytes_field(2, shape(dims))
    if content:
        out += bytes_field(4, content)
    for name, items in values.items():
        number = VALUES[name]
        if name == "string_val":
            out += b"".join(bytes_field(number, item) for item in items)
        elif name == "float8_val":
            out += bytes_field(number, bytes(items))
        elif name in ("float_val", "scomplex_val"):
            out += bytes_field(number, struct.pack(f"<{len(items)}f", *items))
        elif name in ("double_val", "dcomplex_val"):
            out += bytes_field(number, struct.pack(f"<{len(items)}d", *items))
        else:
            out += packed_varints(number, items)
    return out


def signature_def(inputs=None, outputs=None, method_name="tensorflow/serving/predict", defaults=None):
    return (
        map_field(1, inputs or {})
        + map_field(2, outputs or {})
        + bytes_field(3, method_name)
        + map_field(4, defaults or {})
    )


def meta_graph(signatures, tags=("serve",), graph=b""):
    info = b"".join(bytes_field(4, name) for name in tags) + bytes_field(5, "2.21.0")
    return bytes_field(1, info) + bytes_field(2, graph) + map_field(5, signatures)


def saved_model(*graphs):
    return number_field(1, 1) + b"".join(bytes_field(2, graph) for graph in graphs)


def model(inputs=None, outputs=None, **more):
    """The whole file of a model with one signature."""
    return saved_model(meta_graph({"serving_default": signature_def(inputs, outputs, **more)}))


def group(number, content=b"", deep=1):
    """A group, which only unknown fields are, in so many others of its number."""
    return tag(number, 3) * deep + content + tag(number, 4) * deep


def model_spec(name="ranker", signature_name="", version=None, label=None):
    out = bytes_field(1, name) if name else b""
    out += b"" if version is None else bytes_field(2, number_field(1, version))
    out += bytes_field(3, signature_name) if signature_name else b""
    return out + (b"" if label is None else bytes_field(4, label))


def predict_request(inputs, output_filter=(), spec=None):
    """A PredictRequest of TensorProtos by alias, a dict or pairs; without a ModelSpec where that is b''."""
    spec = model_spec() if spec is None else spec
    head = bytes_field(1, spec) if spec else b""
    return head + map_field(2, inputs) + b"".join(bytes_field(3, name) for name in output_filter)


def predict_response(outputs, spec=None):
    return map_field(1, outputs) + bytes_field(2, model_spec() if spec is None else spec)
