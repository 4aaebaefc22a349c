"""Batches as requests of the Open Inference Protocol hold them, and what a naive reader makes of them."""

import struct

import numpy as np
from hypothesis import strategies as st

import tensorgate as tg

DTYPES = {
    "BOOL": "bool",
    "UINT8": "uint8",
    "UINT16": "uint16",
    "UINT32": "uint32",
    "UINT64": "uint64",
    "INT8": "int8",
    "INT16": "int16",
    "INT32": "int32",
    "INT64": "int64",
    "FP32": "float32",
    "FP64": "float64",
}
BYTES = "BYTES"


def values_of(datatype):
    if datatype == BYTES:
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    dtype = np.dtype(DTYPES[datatype])
    if dtype.kind == "b":
        return st.booleans()
    if dtype.kind == "f":
        return st.floats(width=8 * dtype.itemsize, allow_nan=False, allow_infinity=False)
    return st.integers(int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


@st.composite
def inputs(draw):
    """An input's datatype, shape, values in a row, and how it is sent."""
    datatype = draw(st.sampled_from([*DTYPES, BYTES]))
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    count = int(np.prod(shape, dtype=int))
    values = draw(st.lists(values_of(datatype), min_size=count, max_size=count))
    return datatype, shape, values, draw(st.sampled_from(["flat", "nested", "binary"]))


def reference(datatype, shape, values):
    if datatype == BYTES:
        out = np.empty(len(values), object)
        out[:] = [value.encode() for value in values]
        return out.reshape(shape)
    return np.array(values, DTYPES[datatype]).reshape(shape)


def raw_of(datatype, values):
    if datatype == BYTES:
        return b"".join(struct.pack("<I", len(text)) + text for text in (value.encode() for value in values))
    return np.array(values, DTYPES[datatype]).tobytes()


def contract(batch):
    return tg.Signature(
        {
            name: tg.TensorSpec(None, "string" if given[0] == BYTES else DTYPES[given[0]])
            for name, given in batch.items()
        }
    )


def same(got, batch):
    assert list(got) == list(batch)
    for name, (datatype, shape, values, _) in batch.items():
        want = reference(datatype, shape, values)
        assert got[name].dtype == want.dtype
        assert got[name].shape == want.shape
        assert got[name].tolist() == want.tolist()


BATCHES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inputs(), max_size=3)
