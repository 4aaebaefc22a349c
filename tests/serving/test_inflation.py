"""Compressed bodies: what is read, what is refused, and how little memory a bomb gets."""

import gzip
import sys
import tracemalloc
import zlib
from contextlib import suppress

import pytest

import tensorgate as tg
from tensorgate.serving import Limits
from tensorgate.serving.inflation import REST_ENCODINGS, check_encoding, inflate

BODY = b'{"instances": [[1, 2], [3, 4]]}' * 7
COMPRESS = {"gzip": gzip.compress, "deflate": zlib.compress}
ENCODINGS = list(COMPRESS)
MIB = 1 << 20


def refused(body, encoding="gzip", **limits):
    with pytest.raises(tg.ValidationError) as caught:
        inflate(body, encoding, Limits(**limits))
    (violation,) = caught.value.violations
    assert violation.path == "request"
    assert caught.value.http_status == 400
    return violation


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize("size", [0, 1, 1000, MIB - 1, MIB, MIB + 1, 3 * MIB])
def test_what_was_compressed_comes_out(encoding, kind, level, size):
    body = (BODY * (size // len(BODY) + 1))[:size]
    assert inflate(kind(COMPRESS[encoding](body, level)), encoding) == body


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_data_that_does_not_shrink_comes_out(encoding):
    # A linear congruential generator's high bytes: longer than any step that it is read in.
    state, noise = 1, bytearray()
    for _ in range(200_000):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        noise.append(state >> 56)
    assert inflate(COMPRESS[encoding](noise), encoding) == noise


def test_a_gzip_header_may_have_a_name_and_a_comment():
    plain = gzip.compress(BODY)
    named = plain[:3] + b"\x18" + plain[4:10] + b"request.json\0" + b"comment\0" + plain[10:]
    assert inflate(named, "gzip") == BODY


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_truncation_is_refused(encoding):
    whole = COMPRESS[encoding](BODY)
    for size in range(len(whole)):
        violation = refused(whole[:size], encoding)
        assert violation.code == "malformed"
        assert violation.got == f"no end of it in {size} bytes"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("tail", [b"\0", b" ", b"{}", bytes(200_000)])
def test_bytes_behind_the_data_are_refused(encoding, tail):
    whole = COMPRESS[encoding](BODY)
    violation = refused(whole + tail, encoding)
    assert (violation.code, violation.offset) == ("malformed", len(whole))
    assert violation.got == f"{len(tail)} more bytes"


def test_a_second_member_is_refused_though_gzip_itself_reads_it():
    members = gzip.compress(BODY) + gzip.compress(BODY)
    assert gzip.decompress(members) == BODY + BODY
    assert refused(members).code == "malformed"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_wrong_bit_changes_what_comes_out(encoding):
    whole = COMPRESS[encoding](BODY)
    for at in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        # Read where the bit means nothing: in gzip's time, or behind the last code's end.
        with suppress(tg.ValidationError):
            assert inflate(damaged, encoding) == BODY


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_other_format_and_plain_text_are_refused(encoding):
    other = {"gzip": zlib.compress, "deflate": gzip.compress}[encoding]
    raw = zlib.compressobj(wbits=-15)
    for body in (other(BODY), BODY, raw.compress(BODY) + raw.flush()):
        assert refused(body, encoding).code == "malformed"


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 1000, MIB, MIB + 1])
def test_the_limit_is_exact(encoding, size):
    body = COMPRESS[encoding](bytes(size))
    assert len(inflate(body, encoding, Limits(max_request_bytes=size))) == size
    violation = refused(body, encoding, max_request_bytes=size - 1)
    assert violation.code == "too_large"
    assert violation.expected == f"at most {size - 1} bytes"
    assert violation.got == f"more, inflated from {len(body)} bytes"


def test_the_highest_limit_is_none():
    assert inflate(gzip.compress(BODY), "gzip", Limits(max_request_bytes=2**63 - 1)) == BODY


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_compressed_is_what_it_was(encoding):
    assert inflate(BODY, encoding) is BODY


@pytest.mark.parametrize("encoding", ["br", "GZIP", "gzip, gzip", "x-gzip", "zstd" * 100])
def test_any_other_encoding_is_unsupported(encoding):
    violation = refused(BODY, encoding)
    assert violation.code == "unsupported"
    assert violation.expected == "identity or gzip or deflate as the encoding"
    assert violation.got == repr(encoding)[:80]


def test_rest_knows_gzip_alone():
    check_encoding("gzip", REST_ENCODINGS)
    with pytest.raises(tg.ValidationError, match="expected identity or gzip as the encoding, got 'deflate'"):
        check_encoding("deflate", REST_ENCODINGS)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_gets_no_more_memory_than_the_limit(encoding):
    bomb = COMPRESS[encoding](bytes(300 * MIB))
    assert len(bomb) < MIB
    tracemalloc.start()
    try:
        assert refused(bomb, encoding, max_request_bytes=4 * MIB).code == "too_large"
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The output, what it is grown by, and two steps of it.
    assert most < 8 * MIB


def test_what_is_inflated_is_not_copied_once_more():
    body = gzip.compress(bytes(64 * MIB), 1)
    tracemalloc.start()
    try:
        inflated = inflate(body, "gzip")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 1.25 * sys.getsizeof(inflated)
