"""The gate before the handlers of a server."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import grpc

from tensorgate._core import Limits, Signature
from tensorgate.errors import ValidationError
from tensorgate.serving.grpc.refused_error import CODES
from tensorgate.serving.models import ModelContracts, Models
from tensorgate.serving.refusals import grpc_refusal
from tensorgate.serving.verdicts import METHODS, Check

OnRefusal = Callable[[str, ValidationError], None]


class RefusedRequest:
    """Stands in the place of a refused request's message: interceptors that come before the gate see it.

    Attributes:
        error: what is wrong.
    """

    __slots__ = ("error",)

    def __init__(self, error: ValidationError) -> None:
        self.error = error


class GatedHandlers:
    """Handlers whose requests are judged on their bytes, before they are parsed.

    Args:
        models: the contracts.
        limits: what a request may ask for.
        gated: returns a handler's behaviour with a refusal for each RefusedRequest, given the method's name and the
            behaviour.
    """

    def __init__(self, models: Models, limits: Limits | None, gated: Callable[[str, Any], Any]) -> None:
        self._models = models
        self._limits = limits
        self._gated = gated
        self._made: dict[str, tuple[Any, Any]] = {}

    def of(self, method: str, handler: Any) -> Any:
        """Return the handler with the gate before it, or itself where there is nothing to judge."""
        check = METHODS.get(method)
        if check is None or handler is None or handler.request_streaming or handler.response_streaming:
            return handler
        # Servers give the same handler for each call of a method, unless an interceptor makes it anew.
        made = self._made.get(method)
        if made is None or made[0] is not handler:
            made = self._made[method] = handler, self._handler(method, check, handler)
        return made[1]

    def _handler(self, method: str, check: Check, handler: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(
            self._gated(method, handler.unary_unary),
            _judging(check, self._models, self._limits, handler.request_deserializer or bytes),
            handler.response_serializer,
        )


def _judging(
    check: Check, models: Models, limits: Limits | None, deserializer: Callable[[bytes], Any]
) -> Callable[[bytes], Any]:
    def judged(data: bytes) -> Any:
        try:
            check(data, models, limits)
        except ValidationError as error:
            return RefusedRequest(error.with_traceback(None))  # whose frames would keep the bytes
        return deserializer(data)

    return judged


def answer(context: Any, error: ValidationError) -> tuple[grpc.StatusCode, str]:
    """Add the violations to a call's trailing metadata, and return the status and the text to abort it with."""
    refusal = grpc_refusal(error)
    # The context that grpc.aio gives to a handler in a thread can't say what is set already.
    already: Any = getattr(context, "trailing_metadata", tuple)() or ()
    context.set_trailing_metadata((*already, *refusal.trailing_metadata))
    return CODES[refusal.code], refusal.details


class ValidatingServerInterceptor(grpc.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Refuses requests for predictions that break their contract, before anything parses them.

    A refused request gets TensorFlow Serving's status, the violations in its details, and as a google.rpc.BadRequest
    in its trailing metadata. Others reach their handlers as they came, as do all calls of other methods.

    Args:
        models: the contracts by model, as `tensorgate.serving.Models` takes them, or such.
        limits: what a request may ask for; None takes Limits().
        on_refusal: called with the method and the error of each request that is refused, on the thread that answers
            it: to count, or to log.

    Raises:
        OSError, TypeError, ValueError: the models are none, or can't be read.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from tensorgate import TensorSpec
    >>> gate = ValidatingServerInterceptor({"ranker": Signature({"x": TensorSpec((None, 3))})})
    >>> server = grpc.server(ThreadPoolExecutor(), interceptors=[gate])
    """

    def __init__(
        self,
        models: Models | Signature | Mapping[str, ModelContracts],
        *,
        limits: Limits | None = None,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        self._handlers = GatedHandlers(Models.of(models), limits, self._gated)
        self._on_refusal = on_refusal

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Return the handler of a call, with the gate before it."""
        return self._handlers.of(handler_call_details.method, continuation(handler_call_details))

    def _gated(self, method: str, behaviour: Any) -> Any:
        return refusing(method, behaviour, self._on_refusal)


def refusing(method: str, behaviour: Any, on_refusal: OnRefusal | None) -> Any:
    """Return a behaviour that aborts the calls of refused requests."""

    @functools.wraps(behaviour)  # keeps what grpcio looks for on it
    def gated(request: Any, context: Any) -> Any:
        if type(request) is RefusedRequest:
            if on_refusal is not None:
                on_refusal(method, request.error)
            context.abort(*answer(context, request.error))
        return behaviour(request, context)

    return gated
