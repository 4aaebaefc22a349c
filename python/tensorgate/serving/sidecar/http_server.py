"""The page, the metrics and the health, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from email.message import Message
from http import HTTPStatus
from importlib.metadata import version

from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.http_message import Answer, encoded, is_loopback, read_head, refusal
from tensorgate.serving.sidecar.metrics import Metrics
from tensorgate.serving.sidecar.status import DRAINING, NO_CONTRACT, OK, Status
from tensorgate.serving.sidecar.status_page import SECURITY_POLICY, page
from tensorgate.serving.sidecar.traffic import Traffic

MAX_CONNECTIONS = 32
MAX_HEAD = 16_384  # bytes of a request's line and headers
_PAGE_HEADERS = (("Content-Security-Policy", SECURITY_POLICY),)


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
        self._clients: dict[asyncio.Task[None], socket.socket] = {}
        self._thread: threading.Thread | None = None
        self._serving = threading.Event()
        self._pages: dict[str, Callable[[str], Answer]] = {
            "/": lambda _: Answer(
                HTTPStatus.OK, encoded(page(self.status())), "text/html; charset=utf-8", _PAGE_HEADERS
            ),
            "/status.json": lambda _: Answer(HTTPStatus.OK, encoded(self.status().to_json()), "application/json"),
            "/metrics": lambda accept: Answer(HTTPStatus.OK, *self._metrics.exposition(accept)),
            "/healthz": lambda _: self._health_answer(),
        }

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
        self._listener = socket.create_server(
            (self._address, self._asked_port), family=family, reuse_port=self._reuse_port
        )
        self._listener.setblocking(False)
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
        self._listener.close()

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

    def _health_answer(self) -> Answer:
        health = self._health(self._models())
        status = HTTPStatus.OK if health == OK else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(status, encoded(f"{health}\n"))

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._end = asyncio.Event()
        self._listen()
        self._serving.set()
        await self._end.wait()
        self._loop.remove_reader(self._listener)  # the clients' tasks are cancelled as the loop ends

    # An asyncio.Server, and a loop around sock_accept, lose connections that come as they end.
    def _listen(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError:  # no more files may be open: it would be told so again and again
            self._loop.remove_reader(self._listener)
            self._loop.call_later(1, self._listen)
            return
        connection.setblocking(False)
        if len(self._clients) >= MAX_CONNECTIONS:
            with connection, contextlib.suppress(OSError):
                connection.send(refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections").wire())
            return
        task = self._loop.create_task(self._serve_client(connection))
        self._clients[task] = connection
        task.add_done_callback(lambda ended: self._clients.pop(ended).close())

    async def _serve_client(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=MAX_HEAD)
        try:
            async with asyncio.timeout(self._seconds):
                method, answer = await self._answer(reader)
            async with asyncio.timeout(self._seconds):
                writer.write(answer.wire(with_body=method != "HEAD"))
                await writer.drain()
                writer.write_eof()
                # What is still unread when a socket is closed makes the system reset it, and the answer may be lost.
                while await reader.read(MAX_HEAD):
                    pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the client went away, or took too long
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[str, Answer]:
        try:
            method, path, headers = read_head(await reader.readuntil(b"\r\n\r\n"))
        except asyncio.LimitOverrunError:
            return "", refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {MAX_HEAD} bytes")
        except ValueError as error:
            return "", refusal(HTTPStatus.BAD_REQUEST, str(error))
        return method, self._answer_to(method, path, headers)

    def _answer_to(self, method: str, path: str, headers: Message) -> Answer:
        # /healthz tells nobody anything, and probes ask with names of their own.
        if path != "/healthz" and self._is_loopback() and not is_loopback(headers.get("Host", "")):
            return refusal(HTTPStatus.MISDIRECTED_REQUEST, "ask for localhost, or listen on another address")
        if path not in self._pages:
            return refusal(HTTPStatus.NOT_FOUND, f"here are {', '.join(self._pages)}")
        if method not in ("GET", "HEAD"):
            answer = refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD alone")
            return answer._replace(headers=(("Allow", "GET, HEAD"),))
        try:
            return self._pages[path](headers.get("Accept", ""))
        except Exception:
            logging.getLogger(__name__).exception("no answer to %s", path)
            return refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "see the log")

    def _is_loopback(self) -> bool:
        return is_loopback(self._listener.getsockname()[0])
