"""What a client gets whose request was not sent."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, Self

import grpc

from tensorgate.errors import ValidationError
from tensorgate.serving.refusals import GrpcRefusal, grpc_refusal

CODES = {code.value[0]: code for code in grpc.StatusCode}


class Metadatum(NamedTuple):
    """A pair of metadata, as grpcio's own."""

    key: str
    value: str | bytes


class RefusedError(ValidationError, grpc.RpcError):  # type: ignore[misc]  # grpcio ships no types
    """A request broke its contract and was not sent.

    It is told as a server's refusal would be: `except grpc.RpcError` catches it, and code(), details() and
    trailing_metadata() give what tensorgate's interceptor of the server side would answer.

    >>> from tensorgate import Violation
    >>> error = RefusedError("signature 'predict'", [Violation("inputs['x']", "missing")])
    >>> error.code()
    <StatusCode.INVALID_ARGUMENT: (3, 'invalid argument')>
    """

    __module__ = "tensorgate.serving.grpc"

    @classmethod
    def of(cls, error: ValidationError) -> Self:
        """Return the same violations as an error of this kind."""
        return cls(error.subject, error.violations, error.unlisted)

    def __str__(self) -> str:  # grpc.aio's error would show its own
        return str(self.args[0])

    @functools.cached_property
    def _refusal(self) -> GrpcRefusal:
        return grpc_refusal(self)

    def code(self) -> grpc.StatusCode:
        """Return the status that a server would have answered."""
        return CODES[self._refusal.code]

    def details(self) -> str:
        """Return the text that a server would have answered."""
        return self._refusal.details

    def debug_error_string(self) -> str:
        """Return what grpcio says of its own errors here."""
        return f"refused before it was sent: {self._refusal.details}"

    def initial_metadata(self) -> Any:
        """Return what a server would have sent first: nothing."""
        return ()

    def trailing_metadata(self) -> Any:
        """Return the violations as a google.rpc.Status, under the key grpc-status-details-bin."""
        return tuple(Metadatum(*pair) for pair in self._refusal.trailing_metadata)
