"""Compressed requests: inflated as far as the limits go, and no further."""

from __future__ import annotations

import io
import zlib
from typing import NoReturn

from tensorgate._core import Limits, Violation
from tensorgate.errors import ValidationError

# zlib's window bits by the word that HTTP and gRPC have for the format. What gRPC calls deflate is zlib's.
FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

READ_BYTES = 64 << 10  # what zlib has not taken yet is copied at each step
WRITTEN_BYTES = 1 << 20


def inflate(body: bytes | bytearray | memoryview, encoding: str = "gzip", limits: Limits | None = None) -> bytes:
    """Return the bytes that a request's body holds.

    They are read as TensorFlow Serving and gRPC read them: one stream, whole, its checksum right, nothing behind it.
    A second gzip member is refused, too, although gzip(1) would read it.

    Args:
        body: the compressed bytes.
        encoding: "gzip" or "deflate".
        limits: max_request_bytes is the most that is inflated; None takes Limits().

    Raises:
        ValidationError: `malformed`, or `too_large`, as soon as that shows; never with more memory than is allowed.
        ValueError: the encoding is neither.

    >>> inflate(zlib.compress(b'{"instances": [1]}'), "deflate")
    b'{"instances": [1]}'
    >>> inflate(zlib.compress(bytes(1 << 20)), "deflate", Limits(max_request_bytes=1024))
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of a compressed request
      request  too_large: expected at most 1024 bytes, got more, inflated from 1052 bytes
    """
    if encoding not in FORMATS:
        raise ValueError(f"encoding: expected 'gzip' or 'deflate', got {encoding!r}")
    stream = zlib.decompressobj(FORMATS[encoding])
    most = (limits or Limits()).max_request_bytes
    inflated = io.BytesIO()
    source = memoryview(body)
    read = 0
    try:
        while read < len(source) and not stream.eof:
            waiting: bytes | memoryview = source[read : read + READ_BYTES]
            read += len(waiting)
            while waiting and not stream.eof:
                # One byte over, so that what fits exactly is told from what does not.
                inflated.write(stream.decompress(waiting, min(WRITTEN_BYTES, most + 1 - inflated.tell())))
                if inflated.tell() > most:
                    _refuse("too_large", f"at most {most} bytes", f"more, inflated from {len(source)} bytes")
                waiting = stream.unconsumed_tail
    except zlib.error as error:
        _refuse("malformed", f"{encoding} data", str(error))
    if not stream.eof:
        _refuse("malformed", f"{encoding} data", f"no end of it in {len(source)} bytes")
    end = read - len(stream.unused_data)
    if end < len(source):
        _refuse("malformed", "nothing behind the compressed data", f"{len(source) - end} more bytes", offset=end)
    return inflated.getvalue()


def _refuse(code: str, expected: str, got: str, offset: int | None = None) -> NoReturn:
    violation = Violation("request", code, expected=expected, got=got, offset=offset)
    raise ValidationError("a compressed request", [violation]) from None
