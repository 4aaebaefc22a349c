"""Compressed requests: inflated as far as the limits go, and no further."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import NoReturn

from tensorgate._core import Limits, Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.predict import Bytes

# TensorFlow Serving's REST inflates these alone.
REST_ENCODINGS = ("", "identity", "gzip")

# zlib's window bits by the word that HTTP and gRPC have for the format; gRPC's deflate is zlib's.
_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}

_READ_BYTES = 64 << 10  # what zlib has not taken yet is copied at each step
_WRITTEN_BYTES = 1 << 20


def check_encoding(encoding: str, known: Sequence[str]) -> None:
    """Raise ValidationError, `unsupported`, for an encoding that is none of the known ones.

    >>> check_encoding("gzip", REST_ENCODINGS)
    """
    if encoding not in known:
        _refuse("unsupported", f"{' or '.join(filter(None, known))} as the encoding", f"{encoding!r:.80}")


def inflate(body: Bytes, encoding: str, limits: Limits | None = None) -> Bytes:
    """Return what a request's body was before it was compressed.

    It is read as TensorFlow Serving and gRPC read them: one stream, whole, its checksum right, nothing behind it.
    A second gzip member is refused, too, although gzip(1) would read it.

    Args:
        body: as it came.
        encoding: "gzip" or "deflate"; with "identity" or "" the body is what it was.
        limits: max_request_bytes is the most that is inflated; None takes Limits().

    Raises:
        ValidationError: `unsupported` for any other encoding, `malformed`, or `too_large`: as soon as that shows, so
            that no more memory is taken than allowed.

    >>> inflate(zlib.compress(b'{"instances": [1]}'), "deflate")
    b'{"instances": [1]}'
    >>> inflate(bytes.fromhex("1f8b"), "gzip")
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of a compressed request
      request  malformed: expected gzip data, got no end of it in 2 bytes
    """
    check_encoding(encoding, ("", "identity", *_FORMATS))
    if encoding not in _FORMATS:
        return body
    stream = zlib.decompressobj(_FORMATS[encoding])
    most = (limits or Limits()).max_request_bytes
    inflated = io.BytesIO()
    source = memoryview(body)
    read = 0
    try:
        while read < len(source) and not stream.eof:
            waiting: bytes | memoryview = source[read : read + _READ_BYTES]
            read += len(waiting)
            while waiting and not stream.eof:
                # One byte over, so that what fits exactly is told from what does not.
                inflated.write(stream.decompress(waiting, min(_WRITTEN_BYTES, most + 1 - inflated.tell())))
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
