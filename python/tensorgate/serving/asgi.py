"""The gate as an ASGI middleware, in front of an app that serves TensorFlow's REST interface or sends it on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from tensorgate._core import Limits, Signature
from tensorgate.errors import ValidationError
from tensorgate.serving.asgi_body import DisconnectError, Message, Receive, RequestBody
from tensorgate.serving.models import ModelContracts, Models
from tensorgate.serving.refusals import rest_refusal
from tensorgate.serving.rest_path import means_predict, requested_model
from tensorgate.serving.verdicts import RestRequest, announced_size, decode_rest_body, too_large

Scope = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
OnRefusal = Callable[[ValidationError, Scope], object]

_BODILESS = ("GET", "HEAD", "OPTIONS")  # unless they say that they have one
_DECODED_AT_ONCE = 1 << 20  # bytes of JSON: a millisecond. From here on decoding lets go of the GIL
_LINGERED_SECONDS = 5


class ValidatingMiddleware:
    """Refuses predict requests that break their model's contract, and hands the others' arrays to the app.

    A request to a path that ends in `/v1/models/NAME[/versions/N|/labels/L]:predict` is judged; all else passes. A bad
    one gets TensorFlow Serving's status and `{"error": ..., "violations": [...]}`, and never reaches the app. For a
    good one the app finds a `RestRequest` in `scope["tensorgate"]`, with the checked arrays in its `inputs`, and the
    body once more in `receive`, byte for byte.

    Args:
        app: the ASGI app.
        models: the contracts, as `Models` takes them.
        limits: what a body may ask for, inflated where it is compressed; None takes Limits().
        enforce: False lets bad requests pass, without arrays in the scope.
        on_refusal: called with each bad request's ValidationError and scope, to count it or to log it.

    Raises:
        OSError, ValueError, TypeError: as `Models`.

    >>> from tensorgate import Signature, TensorSpec
    >>> async def app(scope, receive, send): ...
    >>> gate = ValidatingMiddleware(app, {"ranker": Signature({"x": TensorSpec((None, 3))})})
    """

    def __init__(
        self,
        app: App,
        models: Models | Signature | Mapping[str, ModelContracts],
        *,
        limits: Limits | None = None,
        enforce: bool = True,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        self.app = app
        self._models = Models.of(models)
        self._limits = limits or Limits()
        self._enforce = enforce
        self._on_refusal = on_refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = RequestBody(receive)
        try:
            request = await self._judge(scope, body)
        except DisconnectError:
            return
        except ValidationError as error:
            if self._on_refusal is not None:
                self._on_refusal(error, scope)
            if self._enforce:
                await _refuse(error, scope, body, send)
                return
            request = None
        if request is not None:
            scope = {**scope, "tensorgate": request}
        await self.app(scope, body.receive, send)

    async def _judge(self, scope: Scope, body: RequestBody) -> RestRequest | None:
        """Return the request that the app may have; None where it is no predict call."""
        if not means_predict(scope["path"]) or (scope["method"] in _BODILESS and not _has_body(scope)):
            return None
        announced = announced_size(_header(scope, b"content-length"))
        if announced > self._limits.max_request_bytes:
            raise too_large(announced, self._limits)
        data = await body.read(self._limits)
        encoding = _header(scope, b"content-encoding").lower()
        raw_path = scope.get("raw_path") or b""
        spec = requested_model(scope["path"], raw_path.decode("latin-1"))
        arguments = spec, data, self._models, self._limits, encoding
        if (encoding != "gzip" and len(data) < _DECODED_AT_ONCE) or not _runs_asyncio():
            return decode_rest_body(*arguments)
        return await asyncio.to_thread(decode_rest_body, *arguments)


def _has_body(scope: Scope) -> bool:
    return _header(scope, b"content-length") not in ("", "0") or _header(scope, b"transfer-encoding") != ""


def _header(scope: Scope, name: bytes) -> str:
    return ", ".join(value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name)


def _runs_asyncio() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:  # another loop, as trio's
        return False
    return True


async def _refuse(error: ValidationError, scope: Scope, body: RequestBody, send: Send) -> None:
    status, answer = rest_refusal(error)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    if status == 415:
        headers.append((b"accept-encoding", b"gzip"))
    # HTTP/2 ends a stream without one, and has no such header.
    closes = not body.is_whole and scope.get("http_version", "1.1").startswith("1")
    if closes:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": closes})
    if closes:
        # A connection that is closed while the client still writes takes the answer with it.
        if _runs_asyncio():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LINGERED_SECONDS):
                    await body.discard()
        await send({"type": "http.response.body", "body": b""})
