"""The interceptors for grpc.aio."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import grpc.aio

from tensorgate._core import Limits, Signature
from tensorgate.serving.grpc.client import verdict
from tensorgate.serving.grpc.refused_error import RefusedError
from tensorgate.serving.grpc.server import GatedHandlers, OnRefusal, RefusedRequest, answer, refusing
from tensorgate.serving.models import ModelContracts, Models


class RefusedCallError(RefusedError, grpc.aio.AioRpcError):  # type: ignore[misc]  # grpcio ships no types
    """The RefusedError that grpc.aio's calls raise: an AioRpcError, too."""

    def initial_metadata(self) -> Any:
        """Return what a server would have sent first: nothing."""
        return grpc.aio.Metadata()

    def trailing_metadata(self) -> Any:
        """Return the violations as a google.rpc.Status, under the key grpc-status-details-bin."""
        return grpc.aio.Metadata(*super().trailing_metadata())


class ValidatingServerInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Refuses requests for predictions that break their contract; see the one for synchronous servers.

    >>> import asyncio
    >>> from tensorgate import TensorSpec
    >>> async def serve():
    ...     gate = ValidatingServerInterceptor({"ranker": Signature({"x": TensorSpec((None, 3))})})
    ...     return grpc.aio.server(interceptors=[gate])
    >>> server = asyncio.run(serve())
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

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any) -> Any:
        """Return the handler of a call, with the gate before it."""
        return self._handlers.of(handler_call_details.method, await continuation(handler_call_details))

    def _gated(self, method: str, behaviour: Any) -> Any:
        if not inspect.iscoroutinefunction(behaviour):  # grpc.aio runs it in a thread, with a synchronous context
            return refusing(method, behaviour, self._on_refusal)

        @functools.wraps(behaviour)
        async def gated(request: Any, context: Any) -> Any:
            if type(request) is RefusedRequest:
                if self._on_refusal is not None:
                    self._on_refusal(method, request.error)
                await context.abort(*answer(context, request.error))
            return await behaviour(request, context)

        return gated


class ValidatingClientInterceptor(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Refuses requests for predictions before they are sent; see the one for synchronous channels.

    >>> import asyncio
    >>> from tensorgate import TensorSpec
    >>> async def connect():
    ...     gate = ValidatingClientInterceptor({"ranker": Signature({"x": TensorSpec((None, 3))})})
    ...     async with grpc.aio.insecure_channel("localhost:8500", interceptors=[gate]) as channel:
    ...         return channel.get_state()
    >>> asyncio.run(connect())
    <ChannelConnectivity.IDLE: (0, 'idle')>
    """

    def __init__(
        self, models: Models | Signature | Mapping[str, ModelContracts], *, limits: Limits | None = None
    ) -> None:
        self._models = Models.of(models)
        self._limits = limits

    async def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Awaitable[Any]], client_call_details: Any, request: Any
    ) -> Any:
        """Return the call of a request that is good.

        Raises:
            RefusedError: it is not.
        """
        error = verdict(client_call_details.method, request, self._models, self._limits)
        if error is not None:
            raise RefusedCallError.of(error)
        return await continuation(client_call_details, request)
