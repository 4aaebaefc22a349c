"""Random batches, encoded and read back by readers that know nothing of each other: a few lines of Python, and json."""

import base64
import json
import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tensorgate.serving import encode_predict_request, encode_rest

from .effort import examples

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NUMBERS = {  # TensorFlow's DataType
    "bool": 10,
    "int8": 6,
    "uint8": 4,
    "int16": 5,
    "uint16": 17,
    "int32": 3,
    "uint32": 22,
    "int64": 9,
    "uint64": 23,
    "float16": 19,
    "float32": 1,
    "float64": 2,
}
WORDS = st.one_of(st.binary(max_size=20), NAMES, st.text(st.sampled_from('"\\\n\x00/aé'), max_size=20))


@st.composite
def tensors(draw, rows=None):
    """An array, or a view of one with steps of its own."""
    sizes = draw(npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    shape = sizes if rows is None else (rows, *sizes[:2])
    if draw(st.integers(0, 3)) == 0:
        array = np.empty(shape, object)
        for index in np.ndindex(*shape):
            array[index] = draw(WORDS)
    else:
        array = draw(npst.arrays(draw(st.sampled_from(list(NUMBERS))), shape))
    if array.ndim and rows is None:
        array = array[:: draw(st.sampled_from([1, 2, -1]))]
    return array if rows is not None or draw(st.booleans()) else array.T


def fields(message):
    """A message's fields in their order: numbers, or bytes."""

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    at = 0
    while at < len(message):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            value, at = message[at : at + value], at + value
            assert at <= len(message)
        else:
            assert tag & 7 == 0
        yield tag >> 3, value


def encoded_bytes(array):
    return [word if isinstance(word, bytes) else word.encode() for word in array.ravel().tolist()]


@given(st.dictionaries(NAMES, tensors(), max_size=3))
def test_a_request_holds_the_batch(batch):
    message = list(fields(encode_predict_request(batch, model_name="m")))
    assert [number for number, _ in message] == [1] + [2] * len(batch)
    for (name, array), (_, entry) in zip(batch.items(), message[1:], strict=True):
        (_, key), (_, tensor) = fields(entry)
        assert key.decode() == name
        (_, dtype), (_, shape), *values = fields(tensor)
        assert [dict(fields(dim)).get(1, 0) for _, dim in fields(shape)] == list(array.shape)
        if array.dtype == object:
            assert dtype == 7
            assert values == [(8, word) for word in encoded_bytes(array)]
        else:
            assert dtype == NUMBERS[array.dtype.name]
            assert values == ([(4, array.tobytes())] if array.size else [])


def read(value):
    """A value of JSON, its strings as bytes and its floats as their bits."""
    if isinstance(value, list):
        return [read(item) for item in value]
    if isinstance(value, dict):
        return base64.b64decode(value["b64"], validate=True)
    if isinstance(value, str):
        return value.encode()
    return struct.pack("<d", value) if isinstance(value, float) else value


def expected(array):
    if array.dtype != object:
        return array.tolist()
    words = np.empty(array.size, object)
    words[:] = encoded_bytes(array)
    return words.reshape(array.shape).tolist()


def same(got, want, dtype):
    """Whether JSON's numbers are the array's, to the bit; any NaN is a NaN."""
    if isinstance(want, list):
        return len(got) == len(want) and all(same(a, b, dtype) for a, b in zip(got, want, strict=True))
    if dtype.kind != "f":
        return got == want and type(got) is type(want)
    value = np.array(struct.unpack("<d", got)[0]).astype(dtype)
    return value.tobytes() == np.array(want, dtype).tobytes() or (np.isnan(value) and np.isnan(want))


def has_hidden_sizes(array):
    return 0 in array.shape[:-1]


@given(st.dictionaries(NAMES, tensors().filter(lambda array: not has_hidden_sizes(array)), max_size=3))
def test_columns_hold_the_batch(batch):
    got = json.loads(encode_rest(batch, format="columnar"))["inputs"]
    assert list(got) == list(batch)
    for name, array in batch.items():
        assert same(read(got[name]), expected(array), array.dtype)


@examples(200)
@given(st.data(), st.integers(1, 4))
def test_rows_hold_the_batch(data, rows):
    names = st.sampled_from(["a", "b", "größe", '"'])
    arrays = tensors(rows).filter(lambda array: not has_hidden_sizes(array))
    batch = data.draw(st.dictionaries(names, arrays, min_size=1, max_size=3))
    got = json.loads(encode_rest(batch))["instances"]
    assert len(got) == rows
    for name, array in batch.items():
        assert all(list(instance) == list(batch) for instance in got)
        assert same([read(instance[name]) for instance in got], expected(array), array.dtype)
