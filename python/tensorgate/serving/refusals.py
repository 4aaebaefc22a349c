"""How a refusal is told to a client, over gRPC and over HTTP."""

from __future__ import annotations

import itertools
import json
from typing import NamedTuple

from tensorgate import _core
from tensorgate._core import Violation
from tensorgate.errors import ValidationError

# gRPC's own default for all headers of a message; what is over 16 KB reaches a client as RESOURCE_EXHAUSTED, and it
# tries again.
MAX_METADATA_BYTES = 8192
_MAX_MESSAGE_BYTES = 1536  # the status has it a second time
# Of the first line, which names a path on disk, and of the others: names, of all models perhaps.
_MAX_SUBJECT_BYTES, _MAX_LINE_BYTES = 384, 1024
_RESERVE = 512  # for the status, the names of the entries and HTTP/2's 32 bytes an entry

# What HTTP has words for, and TensorFlow Serving's HTTP server answers before it looks at a request.
_HTTP_STATUSES = {("request", "too_large"): 413, ("request", "unsupported"): 415}


class GrpcRefusal(NamedTuple):
    """What a client of gRPC gets.

    Attributes:
        code: the number of the status.
        details: its message, the error's text, cut where it is long.
        trailing_metadata: "grpc-status-details-bin", a google.rpc.Status with the violations as a BadRequest.
    """

    code: int
    details: str
    trailing_metadata: tuple[tuple[str, bytes], ...]


class RestRefusal(NamedTuple):
    """What a client of HTTP gets.

    Attributes:
        status: the HTTP status.
        body: {"error": the text, "violations": [...], "unlisted": their number}, in JSON; the first is what TensorFlow
            Serving answers.
    """

    status: int
    body: bytes


def grpc_refusal(error: ValidationError) -> GrpcRefusal:
    """Return the status for an error; message and metadata together take less than 8 KB on the wire.

    Needs googleapis-common-protos, which grpcio-status brings.

    >>> refusal = grpc_refusal(ValidationError("signature 'predict'", [Violation("inputs['x']", "missing")]))
    >>> refusal.code
    3
    >>> print(refusal.details)
    1 violation of signature 'predict'
      inputs['x']  missing
    """
    # Here, so that HTTP does without them.
    from google.rpc.error_details_pb2 import BadRequest
    from google.rpc.status_pb2 import Status

    details = _cut(str(error))
    status = Status(code=error.grpc_code, message=details)
    left = MAX_METADATA_BYTES - _RESERVE - _percent_encoded_size(details) - _base64_size(len(details.encode()) + 64)
    request = BadRequest()
    for violation in error.violations:
        field = BadRequest.FieldViolation(
            field=violation.path,
            description=_shortened(_description(violation), _MAX_LINE_BYTES),
            reason=violation.code.upper(),
        )
        left -= _base64_size(field.ByteSize() + 4)
        if left < 0:
            break
        request.field_violations.append(field)
    status.details.add().Pack(request)
    return GrpcRefusal(error.grpc_code, details, (("grpc-status-details-bin", status.SerializeToString()),))


def rest_refusal(error: ValidationError) -> RestRefusal:
    """Return the answer for an error.

    >>> rest_refusal(ValidationError("signature 'predict'", [Violation("inputs['x']", "missing")])).status
    400
    """
    told = error.to_dict()
    answer = {"error": str(error), "violations": told["violations"], "unlisted": told["unlisted"]}
    first = next(((violation.path, violation.code) for violation in error.violations), ("", ""))
    status = _HTTP_STATUSES.get(first, error.http_status)
    return RestRefusal(status, json.dumps(answer).encode())


def _description(violation: Violation) -> str:
    line = _core.report("", [violation], 0).splitlines()[-1].strip()
    return line.removeprefix(violation.path).strip()


def _cut(text: str) -> str:
    """Return as many lines as a message may have."""
    kept: list[str] = []
    left = _MAX_MESSAGE_BYTES
    lines = text.splitlines()
    for number, whole in enumerate(lines):
        line = _shortened(whole, _MAX_LINE_BYTES if number else _MAX_SUBJECT_BYTES)
        left -= _percent_encoded_size(line + "\n")
        if left < 0:
            return "\n".join([*kept, f"  ... and {len(lines) - len(kept)} more lines"])
        kept.append(line)
    return "\n".join(kept)


def _shortened(line: str, most: int) -> str:
    if _percent_encoded_size(line) <= most:
        return line
    sizes = itertools.accumulate(map(_percent_encoded_size, line[:most]))
    return line[: sum(size <= most - 3 for size in sizes)] + "..."


def _percent_encoded_size(text: str) -> int:
    """Return the bytes that a message takes on the wire."""
    return sum(1 if 0x20 <= byte <= 0x7E and byte != 0x25 else 3 for byte in text.encode())


def _base64_size(size: int) -> int:
    return (size + 2) // 3 * 4
