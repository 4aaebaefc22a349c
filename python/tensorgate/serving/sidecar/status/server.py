"""The page, the metrics and the health, over HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status.app import StatusApp
from tensorgate.serving.sidecar.status.facts import DRAINING, NO_CONTRACT, OK, Status
from tensorgate.serving.sidecar.status.traffic import Traffic

MAX_CONNECTIONS = 32
MAX_HEAD = 16_384  # bytes of a request's line and headers that uvicorn keeps while it waits for the rest
_HEADERS = [
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]


class StatusServer:
    """Answers `/`, `/metrics`, `/healthz` and `/status.json` in a thread of its own: uvicorn's event loop.

    A slow client holds one connection, until its time is up, and nobody else. While there are 32 connections, requests
    are answered 503.

    Attributes:
        draining: set it to let /healthz answer 503, so that no new traffic is sent here.

    >>> server = StatusServer("127.0.0.1", 0, models=lambda: (), traffic=Traffic(lambda: ()), mode="enforce")
    >>> server.start()
    >>> server.port > 0
    True
    >>> server.close()
    """

    def __init__(
        self,
        address: str,
        port: int,
        *,
        models: Callable[[], Sequence[ModelState]],
        traffic: Traffic,
        mode: str,
        sample_rate: float = 1.0,
        seconds: float = 10,
    ) -> None:
        """Prepare the server.

        Args:
            address: where to listen. On a loopback address, requests for other hosts' names are refused: a page of a
                stranger's whose name points to this machine would read the answers.
            port: 0 takes a free one.
            models: what is served; called in the server's thread.
            traffic: what has come.
            mode: enforce, monitor or sample.
            sample_rate: the share of the requests that is judged.
            seconds: how long a connection may last, its one request and the answer together.
        """
        self.draining = False
        self._address = address
        self._asked_port = port
        self._models = models
        self._traffic = traffic
        self._mode = mode
        self._sample_rate = sample_rate
        self._seconds = seconds
        self._started = time.time()
        self._version = version("tensorgate")
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        port: int = self._listener.getsockname()[1]
        return port

    def start(self) -> None:
        """Listen, and answer from now on.

        Raises:
            OSError: the address can't be listened on.
        """
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        self._listener = socket.create_server((self._address, self._asked_port), family=family)
        on_loopback = ipaddress.ip_address(self._listener.getsockname()[0]).is_loopback
        config = uvicorn.Config(
            StatusApp(self.status, self._health, on_loopback=on_loopback),
            interface="asgi3",
            loop="asyncio",
            http=_connection(self._seconds),
            ws="none",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            log_level="error",  # a warning is a client's fault, and would let it fill the log
            access_log=False,
            server_header=False,
            headers=_HEADERS,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEAD,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name="tensorgate-status", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening; who is being answered is cut off."""
        if self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._thread = None
        self._listener.close()  # an uvicorn that is told to end before it has begun may leave it open

    def status(self) -> Status:
        """Return the facts of the moment."""
        models = self._models()
        return Status(
            self._version,
            self._mode,
            self._sample_rate,
            self._health(models),
            self._started,
            time.time(),
            models,
            self._traffic.snapshot(),
        )

    def _health(self, models: Sequence[ModelState] | None = None) -> str:
        if self.draining:
            return DRAINING
        models = self._models() if models is None else models
        return OK if any(model.versions for model in models) else NO_CONTRACT


def _connection(seconds: float) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with an end: on its own it waits for a request for as long as the client likes."""

    class Connection(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._end = self.loop.call_later(seconds, transport.abort)

        def connection_lost(self, exc: Exception | None) -> None:
            self._end.cancel()
            super().connection_lost(exc)

        def shutdown(self) -> None:  # as the server stops
            self.transport.abort()

    return Connection
