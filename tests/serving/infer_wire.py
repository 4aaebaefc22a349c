"""Requests of the Open Inference Protocol, written by hand: JSON with raw bytes behind it, and protobuf."""

import json
import struct

import numpy as np
from serving.wire import bytes_field, map_field, packed_varints, varint_field

DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "bfloat16": "BF16",
    "object": "BYTES",
}
