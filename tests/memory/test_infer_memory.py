"""What decoding a request of the Open Inference Protocol takes: never more than the limits say."""

import json

import pytest

from . import measure

wire = measure.wire()

MEGABYTE = 1 << 20
# What an allocator keeps beside what was asked for, and the objects of an error.
SLACK_BYTES = (1 << 30) if measure.INSTRUMENTED else 8 * MEGABYTE
LIMIT = """
from pathlib import Path
from tensorgate import Signature, TensorSpec, ValidationError, serving

data = Path(sys.argv[1]).read_bytes()
decode = getattr(serving, sys.argv[2])
limits = serving.Limits(max_tensor_bytes=int(sys.argv[3]))
signature = Signature({"x": TensorSpec(None), "s": TensorSpec(None, "string")})

def tried(data):
    try:
        decode(data, signature, limits=limits)
    except ValidationError as error:
        str(error)

tried(b"{")
before = most()
tried(data)
print(most() - before)
"""


def body(*inputs):
    return json.dumps({"inputs": inputs}).encode()


def tensor(name, datatype, shape, *contents):
    inner = wire.bytes_field(1, name) + wire.bytes_field(2, datatype) + wire.packed_varints(3, shape)
    return wire.bytes_field(5, inner + b"".join(wire.bytes_field(5, piece) for piece in contents))


def item(name, datatype, shape, data):
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


# By name: a request and the limit on its tensors.
BODIES = {
    "few bytes that ask for 800 MB": (lambda: body(item("x", "FP32", [200_000_000], [1])), MEGABYTE),
    "millions of numbers": (lambda: body(item("x", "FP64", [1 << 22], [1] * (1 << 22))), MEGABYTE),
    "a million strings": (lambda: body(item("s", "BYTES", [1 << 20], [""] * (1 << 20))), MEGABYTE),
    "a million values of another kind": (lambda: body(item("x", "FP32", [1 << 20], [None] * (1 << 20))), 8 * MEGABYTE),
    "a million inputs": (lambda: b'{"inputs": [' + b"5," * (1 << 20) + b"5]}", MEGABYTE),
    "a million outputs": (lambda: b'{"outputs": [' + b'{"name": ""},' * (1 << 20) + b"5]}", MEGABYTE),
    "a million members": (lambda: b"{" + b'"a": 5,' * (1 << 20) + b'"b": 5}', MEGABYTE),
    "a million dimensions": (lambda: body(item("x", "FP32", [1] * (1 << 20), [1])), MEGABYTE),
    "a million parameters": (
        lambda: b'{"parameters": {' + b",".join(b'"%d": ""' % i for i in range(1 << 20)) + b"}}",
        MEGABYTE,
    ),
}
MESSAGES = {
    "few bytes that ask for 800 MB": (lambda: tensor("x", "FP32", [200_000_000], b""), MEGABYTE),
    "a million numbers": (lambda: tensor("x", "FP64", [1 << 20], wire.packed_varints(2, [1] * (1 << 20))), MEGABYTE),
    "a million strings": (lambda: tensor("s", "BYTES", [1 << 20], b"\x42\0" * (1 << 20)), MEGABYTE),
    "a million inputs": (lambda: b"*\0" * (1 << 20), MEGABYTE),
    "a million raw contents": (lambda: b":\0" * (1 << 20), MEGABYTE),
    "a million outputs": (lambda: b"2\0" * (1 << 20), MEGABYTE),
    "a million contents": (lambda: tensor("x", "FP32", [0], *[b""] * (1 << 20)), MEGABYTE),
    "a million dimensions": (lambda: tensor("x", "FP32", [1] * (1 << 20)), MEGABYTE),
    "a million parameters": (lambda: wire.map_field(4, [(str(i), b"\x08\1") for i in range(1 << 20)]), MEGABYTE),
}


def grown(data, function, limit, tmp_path):
    file = tmp_path / "request"
    file.write_bytes(data)
    (bytes_more,) = map(int, measure.run(LIMIT, file, function, limit))
    return bytes_more


@pytest.mark.parametrize("name", BODIES)
def test_hostile_bodies_take_no_more_than_the_limit(name, tmp_path):
    make, limit = BODIES[name]
    assert grown(make(), "decode_infer_request", limit, tmp_path) <= limit + SLACK_BYTES


@pytest.mark.parametrize("name", MESSAGES)
def test_hostile_messages_take_no_more_than_the_limit(name, tmp_path):
    make, limit = MESSAGES[name]
    assert grown(make(), "decode_model_infer_request", limit, tmp_path) <= limit + SLACK_BYTES
