"""gRPC's frame around a message."""

from __future__ import annotations

import struct

from tensorgate._core import Limits, Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.inflation import inflate
from tensorgate.serving.predict import Bytes

_HEADER = struct.Struct(">BI")
FRAME_BYTES = _HEADER.size


def unframed(body: bytes, encoding: str, limits: Limits | None = None) -> Bytes:
    r"""Return the one message that the body of a unary call holds, inflated.

    Args:
        body: a byte that is 1 where the message is compressed, its length in 4 bytes, and the message.
        encoding: the call's grpc-encoding; '' or 'identity' where nothing is compressed.
        limits: what a request may ask for, inflated; None takes Limits().

    Raises:
        ValidationError: it is not one whole message.

    >>> bytes(unframed(b"\0\0\0\0\2ab", ""))
    b'ab'
    """
    if len(body) < FRAME_BYTES:
        raise _malformed(f"{FRAME_BYTES} bytes before the message", f"{len(body)} bytes")
    compressed, length = _HEADER.unpack_from(body)
    message = memoryview(body)[FRAME_BYTES:]  # a copy may take longer than the judgement
    if compressed > 1:
        raise _malformed("0 or 1 in the first byte", str(compressed))
    if length != len(message):
        raise _malformed(f"one message of {length} bytes", f"{len(message)} bytes")
    if compressed and encoding in ("", "identity"):
        raise _malformed("a message that is not compressed, as the call has no grpc-encoding", "one that is")
    return inflate(message, encoding, limits) if compressed else message


def _malformed(expected: str, got: str) -> ValidationError:
    return ValidationError("a gRPC message", [Violation("request", "malformed", expected, got)])
