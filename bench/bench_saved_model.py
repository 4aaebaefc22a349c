"""What does it cost to read the contract of a 100 MB saved_model.pb?

Five milliseconds are the limit: the graph is sought over, so that the size does not count.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import tensorgate as tg

MEGABYTES = 100


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a SavedModel of one signature whose graph takes 100 MB."""
    path = tmp_path_factory.mktemp("model")
    shape = field(2, b"\x08" + varint(2**64 - 1)) + field(2, b"\x08\x03")
    info = field(1, b"serving_default_x:0") + b"\x10\x01" + field(3, shape)
    signature = field(1, field(1, b"x") + field(2, info)) + field(3, b"tensorflow/serving/predict")
    head = field(1, field(4, b"serve"))
    tail = field(5, field(1, b"serving_default") + field(2, signature))
    graph = varint(2 << 3 | 2) + varint(MEGABYTES << 20)
    size = len(head) + len(graph) + (MEGABYTES << 20) + len(tail)
    with (path / "saved_model.pb").open("wb") as file:
        file.write(b"\x08\x01" + varint(2 << 3 | 2) + varint(size) + head + graph)
        for _ in range(MEGABYTES):
            file.write(b"\x0a" * (1 << 20))
        file.write(tail)
    return path


def test_contract_of_a_large_model(benchmark: BenchmarkFixture, model: Path) -> None:
    expected = {"x": tg.TensorSpec((None, 3), "float32")}
    assert dict(tg.Signature.from_saved_model(model).inputs) == expected
    benchmark(tg.Signature.from_saved_model, model)
    if benchmark.stats is not None:
        assert benchmark.stats.stats.median < 5e-3
