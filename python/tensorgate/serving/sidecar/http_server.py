"""The page, the metrics and the health, over HTTP."""

from __future__ import annotations

import asyncio
import http.client
import io
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from http import HTTPStatus
from importlib.metadata import version
from typing import NamedTuple

from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar import status_page
from tensorgate.serving.sidecar.metrics import Metrics
from tensorgate.serving.sidecar.status import DRAINING, NO_CONTRACT, OK, Status
from tensorgate.serving.sidecar.traffic import Traffic

MAX_CONNECTIONS = 32
MAX_HEAD = 16_384  # bytes of a request's line and headers
_TEXT = "text/plain; charset=utf-8"
_SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", status_page.SECURITY_POLICY),
)


class _Answer(NamedTuple):
    status: HTTPStatus
    body: bytes
    content_type: str = _TEXT
    headers: tuple[tuple[str, str], ...] = ()


class StatusServer:
    """Answers `/`, `/metrics`, `/healthz` and `/status.json` in a thread of its own.

    The thread runs an event loop rather than a thread a client, so that a deadline holds for a request as a whole and
    slow clients cost no threads.

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
        seconds: float = 10,
        reuse_port: bool = False,
    ) -> None:
        """Prepare the server.

        Args:
            address: where to listen. On a loopback address, requests for other hosts' names are refused: a page of a
                stranger's whose name points to this machine would read the answers.
            port: 0 takes a free one.
            models: what is served; called in the server's thread.
            traffic: what has come.
            mode: enforce, monitor or sample.
            seconds: how long a client may take for its request, and again for the answer.
            reuse_port: whether another process may listen on the same port.
        """
        self.draining = False
        self._address = address
        self._asked_port = port
        self._models = models
        self._traffic = traffic
        self._mode = mode
        self._seconds = seconds
        self._reuse_port = reuse_port
        self._started = time.time()
        self._version = version("tensorgate")
        self._metrics = Metrics(self.status)
        self._connections = 0
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._serving = threading.Event()
        self._pages: dict[str, Callable[[str], _Answer]] = {
            "/": lambda _: _Answer(
                HTTPStatus.OK, _encoded(status_page.page(self.status())), "text/html; charset=utf-8"
            ),
            "/status.json": lambda _: _Answer(HTTPStatus.OK, _encoded(self.status().to_json()), "application/json"),
            "/metrics": lambda accept: _Answer(HTTPStatus.OK, *self._metrics.exposition(accept)),
            "/healthz": lambda _: self._health_answer(),
        }

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        assert self._socket is not None
        port: int = self._socket.getsockname()[1]
        return port

    def start(self) -> None:
        """Listen, and answer from now on.

        Raises:
            OSError: the address can't be listened on.
        """
        family = socket.AF_INET6 if ":" in self._address else socket.AF_INET
        self._socket = socket.create_server(
            (self._address, self._asked_port), family=family, reuse_port=self._reuse_port
        )
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="tensorgate-status", daemon=True
        )
        self._thread.start()
        self._serving.wait()

    def close(self) -> None:
        """Stop listening; who is being answered is cut off."""
        if self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._thread = None

    def status(self) -> Status:
        """Return the facts of the moment."""
        models = self._models()
        return Status(
            self._version,
            self._mode,
            self._health(models),
            self._started,
            time.time(),
            models,
            self._traffic.snapshot(),
        )

    def _health(self, models: Sequence[ModelState]) -> str:
        if self.draining:
            return DRAINING
        return OK if any(model.versions for model in models) else NO_CONTRACT

    def _health_answer(self) -> _Answer:
        health = self._health(self._models())
        status = HTTPStatus.OK if health == OK else HTTPStatus.SERVICE_UNAVAILABLE
        return _Answer(status, _encoded(f"{health}\n"))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._client, sock=self._socket, limit=MAX_HEAD)
        self._serving.set()
        await self._end.wait()
        server.close()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            if self._connections > MAX_CONNECTIONS:
                answer, with_body = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections"), True
            else:
                async with asyncio.timeout(self._seconds):
                    answer, with_body = await self._answer(reader)
            async with asyncio.timeout(self._seconds):
                writer.write(_wire(answer, with_body))
                await writer.drain()
                writer.write_eof()
                # What is still unread when a socket is closed makes the system reset it, and the answer may be lost.
                while await reader.read(MAX_HEAD):
                    pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the client went away, or took too long
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[_Answer, bool]:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {MAX_HEAD} bytes"), True
        line, _, rest = head.partition(b"\r\n")
        words = line.decode("latin-1").split(" ")
        try:
            method, target, protocol = words
            headers = http.client.parse_headers(io.BytesIO(rest))
        except (ValueError, http.client.HTTPException):
            return _refusal(HTTPStatus.BAD_REQUEST, "no HTTP request"), True
        if not protocol.startswith("HTTP/1."):
            return _refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 is spoken here"), True
        return self._answer_to(method, target, headers), method != "HEAD"

    def _answer_to(self, method: str, target: str, headers: http.client.HTTPMessage) -> _Answer:
        path = target.partition("?")[0]
        # /healthz tells nobody anything, and probes ask with names of their own.
        if path != "/healthz" and self._is_loopback() and not _is_loopback_name(headers.get("Host", "")):
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "ask for localhost, or listen on another address")
        if path not in self._pages:
            return _refusal(HTTPStatus.NOT_FOUND, f"here are {', '.join(self._pages)}")
        if method not in ("GET", "HEAD"):
            return _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD alone")._replace(
                headers=(("Allow", "GET, HEAD"),)
            )
        try:
            return self._pages[path](headers.get("Accept", ""))
        except Exception:
            logging.getLogger(__name__).exception("no answer to %s", path)
            return _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "see the log")

    def _is_loopback(self) -> bool:
        assert self._socket is not None
        return _is_loopback_name(self._socket.getsockname()[0])


def _is_loopback_name(host: str) -> bool:
    """Return whether a Host header, or an address, is of this machine alone."""
    name = (
        host[1:].partition("]")[0] if host.startswith("[") else host if host.count(":") > 1 else host.partition(":")[0]
    )
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refusal(status: HTTPStatus, why: str) -> _Answer:
    return _Answer(status, _encoded(f"{status.phrase}: {why}\n"))


def _wire(answer: _Answer, with_body: bool) -> bytes:
    headers = (
        ("Date", formatdate(usegmt=True)),
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        ("Cache-Control", "no-store"),
        ("Connection", "close"),
        *_SECURITY,
        *answer.headers,
    )
    lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + (answer.body if with_body else b"")


def _encoded(text: str) -> bytes:
    # A model's name is a directory's, perhaps, and that need not be UTF-8.
    return text.encode("utf-8", "backslashreplace")
