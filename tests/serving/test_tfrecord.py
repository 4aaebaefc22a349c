"""read_tfrecords: every record that is whole, and a word for every damage."""

import gzip
import os
import random
import struct
import threading
import tracemalloc
import zlib
from pathlib import Path

import pytest

from tensorgate import _core
from tensorgate.serving import Limits, read_tfrecords

POLYNOMIAL = 0x82F63B78  # of RFC 3720, with its bits reversed


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def checksum(data):
    crc = _core._crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def header(length):
    size = struct.pack("<Q", length)
    return size + checksum(size)


def record(data):
    return header(len(data)) + data + checksum(data)


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path."""

    def write(*parts):
        path = tmp_path / "some.tfrecord"
        path.write_bytes(b"".join(parts))
        return path

    return write


def refusal(path, records=(), **kwargs):
    """What the iterator says once it has given the records; there is nothing behind it."""
    found = read_tfrecords(path, **kwargs)
    for expected in records:
        assert next(found) == expected
    with pytest.raises(ValueError, match="record") as caught:
        next(found)
    assert list(found) == []
    place, what = str(caught.value).removeprefix(f"{path}: ").split(": ", 1)
    return place, what


# The checksum.

# RFC 3720, appendix B.4.
VECTORS = {
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    b"123456789": 0xE3069283,
    b"": 0,
}


@pytest.mark.parametrize("by_table", [False, True])
def test_the_official_vectors(by_table):
    assert [_core._crc32c(data, by_table=by_table) for data in VECTORS] == list(VECTORS.values())
    assert [crc32c(data) for data in VECTORS] == list(VECTORS.values())


@pytest.mark.parametrize("by_table", [False, True])
def test_the_checksum_of_any_length(by_table):
    data = random.Random(0).randbytes(100)
    for start in range(9):
        for end in range(start, len(data)):
            part = data[start:end]
            assert _core._crc32c(part, by_table=by_table) == crc32c(part)


# The file.


def test_records_come_in_order(write):
    records = [b"", b"a", bytes(1000), random.Random(0).randbytes(100_000), b"last"]
    path = write(*map(record, records))
    for way in (path, str(path), os.fsencode(path)):
        assert list(read_tfrecords(way)) == records


def test_an_empty_file_has_no_records(write):
    found = read_tfrecords(write())
    assert iter(found) is found
    assert [list(found), list(found)] == [[], []]


def test_any_bit_that_changes_is_found(write):
    whole = record(b"some data") + record(b"x")
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        first = bit // 8 < len(record(b"some data"))
        place, what = refusal(write(damaged), [] if first else [b"some data"])
        assert place == ("record 0 at byte 0" if first else f"record 1 at byte {len(record(b'some data'))}")
        assert "checksum" in what


def test_a_file_that_is_cut_off_is_found(write):
    first = record(b"some data")
    whole = first + record(b"x")
    for end in range(len(first) + 1, len(whole)):
        place, what = refusal(write(whole[:end]), [b"some data"])
        assert place == f"record 1 at byte {len(first)}"
        got = end - len(first)
        if got < 12:
            assert what == f"the file ends {got} bytes into its header of 12"
        else:
            assert what == f"the file ends {got - 12} bytes into its 5 bytes of data and checksum"


def test_what_is_wrong_is_said(write):
    good = record(b"some data")
    place, what = refusal(write(good, header(3), b"abc", bytes(4)), [b"some data"])
    assert (place, what) == ("record 1 at byte 25", "its 3 bytes of data have a wrong checksum")
    assert refusal(write(good, bytes(12)), [b"some data"])[1] == "its length has a wrong checksum"
    assert refusal(write(b"no such file"))[1] == "its length has a wrong checksum; it is damaged, or no TFRecord file"


@pytest.mark.parametrize("length", [1 << 20, 1 << 62, (1 << 64) - 1, (1 << 64) - 8])
def test_a_length_alone_asks_for_no_memory(write, length):
    path = write(header(length), b"abc")
    tracemalloc.start()
    try:
        place, what = refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert place == "record 0 at byte 0"
    if length == 1 << 20:
        assert what == "the file ends 3 bytes into its 1048580 bytes of data and checksum"
    else:
        assert what == f"it has {length} bytes; Limits.max_request_bytes is {256 << 20}"


def test_records_are_limited(write):
    path = write(record(b"abc"), record(b"abcd"))
    assert list(read_tfrecords(path, limits=Limits(max_request_bytes=4))) == [b"abc", b"abcd"]
    place, what = refusal(path, [b"abc"], limits=Limits(max_request_bytes=3))
    assert (place, what) == ("record 1 at byte 19", "it has 4 bytes; Limits.max_request_bytes is 3")


@pytest.mark.parametrize(("compress", "name"), [(gzip.compress, "gzip"), (zlib.compress, "zlib")])
@pytest.mark.parametrize("level", [1, 6, 9])
def test_a_compressed_file_is_refused_with_a_hint(write, compress, name, level):
    place, what = refusal(write(compress(record(b"some data") * 10, level)))
    assert place == "record 0 at byte 0"
    assert what == f"its length has a wrong checksum; it looks {name}-compressed: decompress it first"


@pytest.mark.parametrize("length", [0x8B1F, 0x9C78, 0x0178])
def test_a_length_that_looks_compressed_is_a_length(write, length):
    assert [len(data) for data in read_tfrecords(write(record(bytes(length))))] == [length]


@pytest.mark.parametrize(
    ("path", "error"),
    [("no/such/file", FileNotFoundError), (".", IsADirectoryError), ("/dev/null", OSError), (b"\xff", OSError)],
)
def test_a_path_that_can_not_be_opened_is_an_os_error(path, error):
    with pytest.raises(error) as caught:
        read_tfrecords(path)
    assert caught.value.filename == os.fsdecode(path)


def test_a_pipe_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_tfrecords(tmp_path / "pipe")


@pytest.mark.parametrize(("path", "limits"), [(3, None), (None, None), ("x", 3), ("a\0b", None)])
def test_other_arguments_are_the_callers_mistake(path, limits):
    with pytest.raises((TypeError, ValueError)):
        read_tfrecords(path, limits=limits)


def test_a_file_that_shrinks_meanwhile_is_an_os_error(write):
    path = write(record(bytes(100_000)), record(b"x"))
    found = read_tfrecords(path)
    os.truncate(path, 50)
    with pytest.raises(OSError, match="shrank"):
        next(found)
    assert list(found) == []


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def test_the_file_is_closed_at_its_end_and_at_damage(write):
    for parts, count in (([record(b"a")], 1), ([record(b"a"), b"damage"], 1)):
        path = write(*parts)
        before = open_files()
        found = read_tfrecords(path)
        assert open_files() == before + 1
        for _ in range(count):
            next(found)
        with pytest.raises((StopIteration, ValueError)):
            next(found)
        assert open_files() == before


def test_a_large_record_is_read_by_one_thread_at_a_time(write):
    size = 32 << 20
    found = read_tfrecords(write(record(bytes(size)) * 2))
    outcomes = []

    def read():
        try:
            outcomes.append(len(next(found)))
        except ValueError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(outcomes) <= {size, "another thread is reading a record of this file"}
    assert size in outcomes
