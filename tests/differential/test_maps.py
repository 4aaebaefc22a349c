"""Maps on the wire as TensorFlow's own protobuf reads them, which is C++'s, as in TensorFlow Serving."""

import itertools

import pytest
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from tensorflow.python.eager import context

from tensorgate import ValidationError
from tensorgate.serving import decode_predict_response

from ..serving import wire

REFUSED = None
names = itertools.count()


def tensorflow_s_map(entries):
    """What it reads as the attributes of a function, a map<string, AttrValue>; nothing if it refuses."""
    name = f"of_{next(names)}"
    function = wire.bytes_field(1, wire.bytes_field(1, name)) + b"".join(
        wire.bytes_field(5, entry) for entry in entries
    )
    context.ensure_initialized()
    try:
        pywrap_tfe.TFE_ContextAddFunctionDef(context.context()._handle, function, len(function))
    except tf.errors.InvalidArgumentError:
        return REFUSED
    attributes = context.context().get_function_def(name).attr
    return {key: list(value.list.i) for key, value in attributes.items() if key != "_construction_context"}


def our_map(entries):
    """What we read where the same entries are of a map<string, TensorProto>."""
    data = b"".join(wire.bytes_field(1, entry) for entry in entries)
    try:
        arrays = decode_predict_response(data).outputs
    except ValidationError:
        return REFUSED
    return {key: array.tolist() for key, array in arrays.items()}


# A value of either map is made of pieces: in the one, numbers of a list; in the other, their count and they.
PIECES = {
    tensorflow_s_map: lambda *numbers, **_: wire.bytes_field(1, wire.packed_varints(3, numbers)),
    our_map: lambda *numbers, shape=None: wire.tensor(
        "int64", (len(numbers),) if shape is None else shape, int64_val=numbers
    ),
}
KEY = wire.bytes_field(1, "_k")
TORN = wire.bytes_field(2, wire.tag(1, 2) + b"\5")
# By name: entries, given what makes a value of numbers, and what they mean.
MAPS = {
    "key and value": (lambda value: [KEY + value(1)], {"_k": [1]}),
    "value and key": (lambda value: [value(1) + KEY], {"_k": [1]}),
    "no key": (lambda value: [value(1)], {"": [1]}),
    "two keys": (lambda value: [wire.bytes_field(1, "_o") + KEY + value(1)], {"_k": [1]}),
    "a key twice": (lambda value: [KEY + value(1, 3), KEY + value(4)], {"_k": [4]}),
    "keys that come again": (
        lambda value: [KEY + value(1), wire.bytes_field(1, "_o") + value(3), KEY + value(4)],
        {"_k": [4], "_o": [3]},
    ),
    "an unknown field before": (lambda value: [wire.number_field(9, 1) + KEY + value(1)], {"_k": [1]}),
    "an unknown field between": (lambda value: [KEY + wire.number_field(9, 1) + value(1)], {"_k": [1]}),
    "a group between": (lambda value: [KEY + wire.group(9) + value(1)], {"_k": [1]}),
    "a group 99 deep": (lambda value: [KEY + value(1) + wire.group(9, deep=99)], {"_k": [1]}),
    "a group 100 deep": (lambda value: [KEY + value(1) + wire.group(9, deep=100)], REFUSED),
    "a group without an end": (lambda value: [KEY + value(1) + wire.tag(9, 3)], REFUSED),
    "a group without a begin": (lambda value: [KEY + value(1) + wire.tag(9, 4)], REFUSED),
    "a key of another wire type": (lambda value: [wire.number_field(1, 3) + KEY + value(1)], {"_k": [1]}),
    "a value of another wire type": (lambda value: [KEY + value(1) + wire.number_field(2, 3)], {"_k": [1]}),
    "a key that is not UTF-8": (lambda value: [wire.bytes_field(1, b"_\xff") + value(1)], REFUSED),
    "a replaced key that is not UTF-8": (lambda value: [wire.bytes_field(1, b"\xff") + KEY + value(1)], REFUSED),
    "a torn value": (lambda _: [KEY + TORN], REFUSED),
    "a torn value that is replaced": (lambda value: [KEY + TORN, KEY + value(1)], REFUSED),
    "a torn value that is merged": (lambda _: [KEY + TORN + wire.bytes_field(2, bytes(5))], REFUSED),
    "an overlong tag": (lambda value: [b"\x8a\0\2_k" + value(1)], {"_k": [1]}),
    "an overlong length": (lambda value: [b"\x0a\x82\0_k" + value(1)], {"_k": [1]}),
    "a length of six bytes": (lambda value: [b"\x0a\x82\x80\x80\x80\x80\0_k" + value(1)], REFUSED),
    "a tag of six bytes": (lambda value: [b"\x8a\x80\x80\x80\x80\0\2_k" + value(1)], REFUSED),
    "field 0": (lambda value: [KEY + value(1) + b"\0\0"], REFUSED),
    "wire type 7": (lambda value: [KEY + value(1) + b"\x4f"], REFUSED),
    "a value in two pieces": (lambda value: [KEY + value(1, shape=(2,)) + value(2, shape=())], {"_k": [1, 2]}),
}


@pytest.mark.parametrize("name", MAPS)
def test_a_map_as_tensorflow_s_own_protobuf_reads_it(name):
    make, want = MAPS[name]
    for read, piece in PIECES.items():
        entries = make(lambda *numbers, piece=piece, **shape: wire.bytes_field(2, piece(*numbers, **shape)))
        assert read(entries) == want, read
