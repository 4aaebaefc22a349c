"""The body of a request to an ASGI app, which is read to be judged and then given to the app again."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tensorgate._core import Limits
from tensorgate.serving.verdicts import too_large

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class DisconnectError(Exception):
    """The client has gone in the middle of its body: there is nobody to answer."""


class RequestBody:
    """A body that can be read, and then received as if it had not been.

    Attributes:
        is_whole: nothing of it is left to read.
    """

    def __init__(self, receive: Receive) -> None:
        self.is_whole = False
        self._receive = receive
        self._read: io.BytesIO | None = None

    async def read(self, limits: Limits) -> bytes:
        """Return all of it.

        Raises:
            ValidationError: it is over the limit; what came up to there has been read, no more.
            DisconnectError: the client has gone.
        """
        kept = self._read = io.BytesIO()
        while not self.is_whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise DisconnectError
            kept.write(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
            if kept.tell() > limits.max_request_bytes:
                raise too_large(kept.tell() if self.is_whole else f"{kept.tell()} and more", limits)
        return kept.getvalue()

    async def receive(self) -> Message:
        """Return what was read, as one message, and then what the server has."""
        if self._read is None:
            return await self._receive()
        # Let go of, so that a body that the app has done with takes no memory.
        body, self._read = self._read.getvalue(), None
        return {"type": "http.request", "body": body, "more_body": not self.is_whole}

    async def discard(self) -> None:
        """Read what is left, and keep nothing of it."""
        self._read = None
        while not self.is_whole:
            message = await self._receive()
            self.is_whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
