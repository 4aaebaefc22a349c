"""The frame in which gRPC's messages reach a proxy."""

import gzip
import struct
import zlib

import pytest

import tensorgate as tg
from tensorgate.serving import Limits
from tensorgate.serving.sidecar.frame import unframed


def framed(message, compressed=0, length=None):
    return struct.pack(">BI", compressed, len(message) if length is None else length) + message


def refusal(*arguments):
    with pytest.raises(tg.ValidationError) as raised:
        unframed(*arguments)
    (violation,) = raised.value.violations
    assert violation.path == "request"
    return violation.code


@pytest.mark.parametrize("encoding", ["", "identity", "gzip"])
def test_a_message_is_taken_out_of_its_frame(encoding):
    assert unframed(framed(b"abc"), encoding) == b"abc"
    assert unframed(framed(b""), encoding) == b""


def test_compressed_messages_are_inflated():
    assert unframed(framed(gzip.compress(b"abc"), 1), "gzip") == b"abc"
    assert unframed(framed(zlib.compress(b"abc"), 1), "deflate") == b"abc"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0\0",
        framed(b"abc", length=4),
        framed(b"abc", length=2),
        framed(b"abc") + framed(b""),
        framed(b"abc", 2),
        framed(b"abc", 255),
        framed(b"abc", 1),
        framed(gzip.compress(b"abc")[:-1], 1),
        framed(gzip.compress(b"abc") + b"x", 1),
        framed(b"", 1),
    ],
)
def test_what_is_no_single_message_is_malformed(body):
    assert refusal(body, "gzip") == "malformed"


@pytest.mark.parametrize("encoding", ["snappy", "br", "x" * 1000])
def test_other_compressions_are_not_supported(encoding):
    assert refusal(framed(b"abc", 1), encoding) == "unsupported"


def test_a_bomb_counts_as_what_it_becomes():
    bomb = framed(gzip.compress(bytes(10_000_000)), 1)
    assert refusal(bomb, "gzip", Limits(max_request_bytes=1_000_000)) == "too_large"


def test_a_compressed_message_without_an_encoding_is_refused():
    """gRPC's own servers end such a call: nobody can read it."""
    assert refusal(framed(gzip.compress(b"abc"), 1), "") == "malformed"
    assert refusal(framed(gzip.compress(b"abc"), 1), "identity") == "malformed"
