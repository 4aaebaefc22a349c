"""What judging and decoding a request takes: nothing where all is well, and never more than the limits say."""

import pytest

from . import allocations, measure

wire = measure.wire()

MEGABYTE = 1 << 20
# What an allocator keeps beside what was asked for, and the objects of an error.
SLACK_BYTES = (1 << 30) if measure.INSTRUMENTED else 8 * MEGABYTE
CONTRACTS = """
from tensorgate import Signature, TensorSpec, ValidationError, serving

contract = Signature({
    "image": TensorSpec(("batch", 8, 8, 3)),
    "ids": TensorSpec(("batch", None), "int64", minimum=0, maximum=9),
    "flags": TensorSpec(("batch",), "bool"),
    "weights": TensorSpec(("batch",), default=[1.0, 1.0]),
    "text": TensorSpec(("batch",), "string"),
})
contracts = {"serving_default": contract, "other": Signature({})}
"""
COUNT = """
from pathlib import Path

def check(data):
    serving.check_predict_request(data, contracts, "ranker")

for file in {files}:
    for data in (Path(file).read_bytes(), bytearray(Path(file).read_bytes())):
        print(allocated(check, data))
print(allocated(bytes, 50))
"""
LIMIT = """
from pathlib import Path

data = Path(sys.argv[1]).read_bytes()
limits = serving.Limits(max_tensor_bytes=int(sys.argv[2]))
signatures = (contract, Signature({f"x{i}": TensorSpec(None, sys.argv[3]) for i in range(1_000)}))

def tried(call):
    for signature in signatures:
        try:
            call(data, signature, limits=limits)
        except ValidationError as error:
            str(error)

tried(lambda *_, **__: serving.decode_predict_request(b"", contract))
before = most()
tried(serving.check_predict_request)
tried(serving.decode_predict_request)
print(most() - before)
"""

if allocations.COUNTABLE:

    def test_a_good_request_takes_no_memory(tmp_path):
        content = {
            "image": wire.tensor("float32", (2, 8, 8, 3), bytes(8 * 8 * 3 * 8)),
            "ids": wire.tensor("int64", (2, 5), bytes(80)),
            "flags": wire.tensor("bool", (2,), b"\0\1"),
            "text": wire.tensor("string", (2,), string_val=[b"a", b"b"]),
        }
        fields = content | {
            "image": wire.tensor("float32", (2, 8, 8, 3), float_val=[1] * 100),
            "weights": wire.tensor("float32", (2,), float_val=[1]),
        }
        backwards = dict(reversed(content.items()))
        files = []
        for inputs in (content, fields, backwards):
            files.append(tmp_path / str(len(files)))
            files[-1].write_bytes(wire.predict_request(inputs, spec=wire.model_spec(version=3)))
        *checks, bytestring = allocations.run(CONTRACTS + COUNT.format(files=list(map(str, files))), tmp_path)
        assert bytestring == 1  # it does count
        assert checks == [0] * 6


# By name: a request, the limit on its tensors, the dtype of its contract and what it may take.
HOSTILE = {
    "17 bytes that ask for 800 MB": (
        lambda: {"x0": wire.tensor("float32", (200_000_000,), float_val=[1])},
        256 * MEGABYTE,
        "float32",
        0,
    ),
    "1000 inputs that are expanded": (
        lambda: {f"x{i}": wire.tensor("float32", (1 << 18,), float_val=[1]) for i in range(1_000)},
        16 * MEGABYTE,
        "float32",
        16 * MEGABYTE,
    ),
    "a string for millions": (
        lambda: {"x0": wire.tensor("string", (1 << 20,), string_val=[b"some text"])},
        32 * MEGABYTE,
        "string",
        32 * MEGABYTE,
    ),
    "a million strings": (
        lambda: {"x0": wire.tensor("string", (1 << 20,), string_val=[b"ab"] * (1 << 20))},
        128 * MEGABYTE,
        "string",
        128 * MEGABYTE,
    ),
    "strings in tensor_content": (
        lambda: {"x0": wire.tensor("string", (1 << 20,), b"\2" * (1 << 20) + b"ab" * (1 << 20))},
        128 * MEGABYTE,
        "string",
        128 * MEGABYTE,
    ),
    "half a million inputs": (
        lambda: [(i.to_bytes(4, "big").hex(), b"") for i in range(500_000)],
        MEGABYTE,
        "float32",
        0,
    ),
    "an input half a million times": (lambda: [("x0", b"")] * 500_000, MEGABYTE, "float32", 0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_inputs_take_no_more_than_the_limit(name, tmp_path):
    make, limit, dtype, allowed = HOSTILE[name]
    file = tmp_path / "request"
    file.write_bytes(wire.predict_request(make()))
    (grown,) = map(int, measure.run(CONTRACTS + LIMIT, file, limit, dtype))
    assert grown <= allowed + SLACK_BYTES


def test_a_million_names_of_outputs_take_nothing(tmp_path):
    file = tmp_path / "request"
    file.write_bytes(wire.predict_request({}) + wire.bytes_field(3, b"") * 1_000_000)
    (grown,) = map(int, measure.run(CONTRACTS + LIMIT, file, MEGABYTE, "float32"))
    assert grown <= SLACK_BYTES


def test_a_value_in_pieces_takes_a_few_times_its_bytes(tmp_path):
    tensor = wire.tensor("float32", (1 << 22,), bytes(16 * MEGABYTE))
    entry = wire.bytes_field(1, "x0") + wire.bytes_field(2, tensor) + wire.bytes_field(2, wire.number_field(3, 1))
    file = tmp_path / "request"
    file.write_bytes(wire.bytes_field(1, wire.model_spec()) + wire.bytes_field(2, entry))
    (grown,) = map(int, measure.run(CONTRACTS + LIMIT, file, 256 * MEGABYTE, "float32"))
    assert grown <= 2 * 16 * MEGABYTE + SLACK_BYTES


def test_an_input_in_pieces_a_million_times_takes_the_last_ones(tmp_path):
    file = tmp_path / "request"
    file.write_bytes(wire.predict_request({}) + wire.bytes_field(2, wire.bytes_field(2, b"") * 2) * 1_000_000)
    (grown,) = map(int, measure.run(CONTRACTS + LIMIT, file, MEGABYTE, "float32"))
    assert grown <= SLACK_BYTES
