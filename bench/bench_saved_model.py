"""What does it cost to read the contract of a saved_model.pb of 1 to 100 MB?

The graph is sought over, so that the file's size does not count. Beside it stand the two reads that fetch the bytes
around the graph, and interpret nothing: they are told where these are.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import tensorgate as tg

from .conftest import Compare

# What one may wait for a contract, however large its graph.
LONGEST_NANOSECONDS = 5e6


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def signature_def() -> bytes:
    shape = field(2, b"\x08" + varint(2**64 - 1)) + field(2, b"\x08\x03")
    info = field(1, b"serving_default_x:0") + b"\x10\x01" + field(3, shape)
    return field(1, field(1, b"x") + field(2, info)) + field(3, b"tensorflow/serving/predict")


def write_model(folder: Path, megabytes: int) -> tuple[int, int]:
    """Write a SavedModel of one signature and a graph of this size; return where the graph starts and ends."""
    graph = megabytes << 20
    tags, start_of_graph = field(1, field(4, b"serve")), varint(2 << 3 | 2) + varint(graph)
    tail = field(5, field(1, b"serving_default") + field(2, signature_def()))
    size = len(tags) + len(start_of_graph) + graph + len(tail)
    head = b"\x08\x01" + varint(2 << 3 | 2) + varint(size) + tags + start_of_graph
    with (folder / "saved_model.pb").open("wb") as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b"\x0a" * (1 << 20))
        file.write(tail)
    return len(head), len(head) + graph


def around_the_graph(start: int, end: int) -> Callable[[Path], bytes]:
    """Read what is not the graph."""

    def read(folder: Path) -> bytes:
        file = os.open(folder / "saved_model.pb", os.O_RDONLY)
        try:
            return os.pread(file, start, 0) + os.pread(file, 1 << 12, end)
        finally:
            os.close(file)

    return read


def same_contract(read: tg.Signature | bytes, expected: bytes) -> bool:
    """Whether what was read is the contract, or the bytes that say it."""
    if isinstance(read, bytes):
        return read == expected and signature_def() in read
    return dict(read.inputs) == {"x": tg.TensorSpec((None, 3), "float32")}


@pytest.mark.parametrize("megabytes", [1, 10, 100])
def test_contract(megabytes: int, tmp_path: Path, compare: Compare) -> None:
    start, end = write_model(tmp_path, megabytes)
    comparison = compare(
        case=f"{megabytes} MB",
        contenders={"tensorgate": tg.Signature.from_saved_model, "two reads": around_the_graph(start, end)},
        argument=tmp_path,
        agree=same_contract,
        limit="two reads",
        x=megabytes << 20,
        unit="bytes",
        headline=f"contract of a {megabytes} MB `saved_model.pb`" if megabytes == 100 else "",
    )
    assert comparison is None or comparison.ours.nanoseconds < LONGEST_NANOSECONDS
