"""Requests of the Open Inference Protocol, written by hand: JSON with raw bytes behind it, and ModelInferRequests."""

import json
import struct

from . import wire

# The field of InferTensorContents that holds a datatype, and how it holds one number of it.
CONTENTS = {
    "BOOL": (1, None),
    "INT8": (2, None),
    "INT16": (2, None),
    "INT32": (2, None),
    "INT64": (3, None),
    "UINT8": (4, None),
    "UINT16": (4, None),
    "UINT32": (4, None),
    "UINT64": (5, None),
    "FP32": (6, "<f"),
    "FP64": (7, "<d"),
    "BYTES": (8, None),
}


def raw_strings(*strings):
    return b"".join(struct.pack("<I", len(text)) + text for text in strings)


def item(name, datatype, shape, data=None, binary=None, **more):
    """An object in "inputs", with its values or the size of its raw bytes."""
    out = {"name": name, "shape": shape, "datatype": datatype} | more
    if data is not None:
        out["data"] = data
    if binary is not None:
        out["parameters"] = {"binary_data_size": binary}
    return out


def body(*inputs, **more):
    return json.dumps({"inputs": list(inputs)} | more).encode()


def binary_body(*inputs):
    """The body of inputs (name, datatype, shape, raw bytes), and the size of its JSON."""
    text = body(*(item(name, datatype, shape, binary=len(raw)) for name, datatype, shape, raw in inputs))
    return text + b"".join(raw for *_, raw in inputs), len(text)


def contents(datatype, values):
    """An InferTensorContents with the values in the field of that datatype."""
    field, packed = CONTENTS[datatype]
    if datatype == "BYTES":
        return b"".join(wire.bytes_field(field, text) for text in values)
    if packed is None:
        return wire.packed_varints(field, values)
    return wire.bytes_field(field, b"".join(struct.pack(packed, value) for value in values))


def tensor(name, datatype, shape, *held):
    """An InferInputTensor, as a field of its request; `held` are its contents, one after another."""
    inner = wire.bytes_field(1, name) + wire.bytes_field(2, datatype) + wire.packed_varints(3, shape)
    return wire.bytes_field(5, inner + b"".join(wire.bytes_field(5, piece) for piece in held))


def raw(content):
    return wire.bytes_field(7, content)
