"""The gate before what a client sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

import grpc

from tensorgate._core import Limits, Signature
from tensorgate.errors import ValidationError
from tensorgate.serving.grpc.refused_error import RefusedError
from tensorgate.serving.models import ModelContracts, Models
from tensorgate.serving.verdicts import METHODS

_BY_BYTES = {method.encode(): check for method, check in METHODS.items()}  # as grpc.aio names methods


def verdict(method: str | bytes, request: Any, models: Models, limits: Limits | None) -> ValidationError | None:
    """Return what is wrong with a request that is about to be sent: the bytes, or a message.

    Raises:
        TypeError: it is neither.
    """
    check = METHODS.get(method) if isinstance(method, str) else _BY_BYTES.get(method)
    if check is None:
        return None
    if not isinstance(request, bytes | bytearray | memoryview):
        serialize = getattr(request, "SerializeToString", None)
        if serialize is None:
            raise TypeError(f"a request must be a protobuf message or bytes to be judged, not {type(request).__name__}")
        request = serialize()
    try:
        check(request, models, limits)
    except ValidationError as error:
        return error
    return None


class RefusedCallError(RefusedError, grpc.Call, grpc.Future):  # type: ignore[misc]  # grpcio ships no types
    """The call of a request that was not sent: what grpcio raises, and what its `future` returns."""

    def is_active(self) -> bool:
        """See grpc.RpcContext."""
        return False

    def time_remaining(self) -> None:
        """See grpc.RpcContext."""

    def add_callback(self, callback: Callable[[], None]) -> bool:  # noqa: ARG002
        """See grpc.RpcContext."""
        return False

    def cancel(self) -> bool:
        """See grpc.Future."""
        return False

    def cancelled(self) -> bool:
        """See grpc.Future."""
        return False

    def running(self) -> bool:
        """See grpc.Future."""
        return False

    def done(self) -> bool:
        """See grpc.Future."""
        return True

    def result(self, timeout: float | None = None) -> NoReturn:  # noqa: ARG002
        """See grpc.Future."""
        raise self.with_traceback(None)  # else it would grow with each call

    def exception(self, timeout: float | None = None) -> Self:  # noqa: ARG002
        """See grpc.Future."""
        return self

    def traceback(self, timeout: float | None = None) -> TracebackType | None:  # noqa: ARG002
        """See grpc.Future."""
        return self.__traceback__

    def add_done_callback(self, fn: Callable[[Any], None]) -> None:
        """See grpc.Future."""
        fn(self)


class ValidatingClientInterceptor(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Refuses requests for predictions that break their contract, before anything of them is sent.

    Of a refused request the call raises a `RefusedError`, which is a ValidationError and a grpc.RpcError. Messages are
    serialized once more to be judged; bytes, as `tensorgate.serving.encode_predict_request` writes them, are not.

    Args:
        models: the contracts by model, as `tensorgate.serving.Models` takes them, or such.
        limits: what a request may ask for; None takes Limits().

    Raises:
        OSError, TypeError, ValueError: the models are none, or can't be read.

    >>> from tensorgate import TensorSpec
    >>> gate = ValidatingClientInterceptor({"ranker": Signature({"x": TensorSpec((None, 3))})})
    >>> channel = grpc.intercept_channel(grpc.insecure_channel("localhost:8500"), gate)
    >>> channel.close()
    """

    def __init__(
        self, models: Models | Signature | Mapping[str, ModelContracts], *, limits: Limits | None = None
    ) -> None:
        self._models = Models.of(models)
        self._limits = limits

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], client_call_details: Any, request: Any
    ) -> Any:
        """Return the call of a request that is good, else one that has failed."""
        error = verdict(client_call_details.method, request, self._models, self._limits)
        return continuation(client_call_details, request) if error is None else RefusedCallError.of(error)
