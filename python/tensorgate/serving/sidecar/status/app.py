"""Page, metrics and health, as an ASGI app."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tensorgate.serving.sidecar.status.facts import OK, Status
from tensorgate.serving.sidecar.status.metrics import Metrics
from tensorgate.serving.sidecar.status.page import SECURITY_POLICY, page

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Answer(NamedTuple):
    """What is answered."""

    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class StatusApp:
    """Answers GET and HEAD of `/`, `/metrics`, `/healthz` and `/status.json`.

    Args:
        status: gives the facts of the moment.
        health: gives the health alone, which costs less.
        on_loopback: whether requests for other hosts' names are refused: a page of a stranger's whose name points to
            this machine would read the answers.
    """

    def __init__(self, status: Callable[[], Status], health: Callable[[], str], *, on_loopback: bool) -> None:
        self._health = health
        self._on_loopback = on_loopback
        metrics = Metrics(status)
        self._pages: dict[str, Callable[[str], Answer]] = {
            "/": lambda _: Answer(
                HTTPStatus.OK,
                _encoded(page(status())),
                "text/html; charset=utf-8",
                (("Content-Security-Policy", SECURITY_POLICY),),
            ),
            "/status.json": lambda _: Answer(HTTPStatus.OK, _encoded(status().to_json()), "application/json"),
            "/metrics": lambda accept: Answer(HTTPStatus.OK, *metrics.exposition(accept)),
            "/healthz": lambda _: self._health_answer(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        # What is still unread when a socket is closed makes the system reset it, and the answer may be lost.
        while (await receive()).get("more_body"):
            pass
        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self._answer(scope["method"], scope["path"], given.get("host", ""), given.get("accept", ""))
        headers = (
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *answer.headers,
        )
        await send(
            {
                "type": "http.response.start",
                "status": answer.status.value,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    def _answer(self, method: str, path: str, host: str, accept: str) -> Answer:
        # /healthz tells nobody anything, and probes ask with names of their own.
        if path != "/healthz" and self._on_loopback and not is_loopback(host):
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, "ask for localhost, or listen on another address")
        if path not in self._pages:
            return _refusal(HTTPStatus.NOT_FOUND, f"here are {', '.join(self._pages)}")
        if method not in ("GET", "HEAD"):
            answer = _refusal(HTTPStatus.METHOD_NOT_ALLOWED, "GET and HEAD alone")
            return answer._replace(headers=(("Allow", "GET, HEAD"),))
        return self._pages[path](accept)

    def _health_answer(self) -> Answer:
        health = self._health()
        return Answer(HTTPStatus.OK if health == OK else HTTPStatus.SERVICE_UNAVAILABLE, _encoded(f"{health}\n"))


def is_loopback(host: str) -> bool:
    """Return whether a Host header is of this machine alone.

    >>> [is_loopback(host) for host in ("localhost:8601", "127.0.0.1", "[::1]:8601", "10.0.0.1", "a.example:8601", "")]
    [True, True, True, False, False, False]
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _refusal(status: HTTPStatus, why: str) -> Answer:
    return Answer(status, _encoded(f"{status.phrase}: {why}\n"))


def _encoded(text: str) -> bytes:
    """Return a text's UTF-8. A model's name is a directory's, perhaps, and need not have any."""
    return text.encode("utf-8", "backslashreplace")
