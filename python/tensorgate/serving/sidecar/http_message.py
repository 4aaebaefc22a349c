"""As much of HTTP as a page for people and probes needs: one request a connection, without a body."""

from __future__ import annotations

import http.client
import io
import ipaddress
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple

_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Connection", "close"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class Answer(NamedTuple):
    """What is answered."""

    status: HTTPStatus
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()

    def wire(self, *, with_body: bool = True) -> bytes:
        """Return the bytes; HEAD takes them without the body."""
        headers = (
            ("Date", formatdate(usegmt=True)),
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.body))),
            *_HEADERS,
            *self.headers,
        )
        first = f"HTTP/1.1 {self.status.value} {self.status.phrase}"
        lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1") + (self.body if with_body else b"")


def refusal(status: HTTPStatus, why: str) -> Answer:
    """Return the answer to what is not answered, with the reason."""
    return Answer(status, encoded(f"{status.phrase}: {why}\n"))


def encoded(text: str) -> bytes:
    """Return a text's UTF-8. A model's name is a directory's, perhaps, and need not have any."""
    return text.encode("utf-8", "backslashreplace")


def read_head(head: bytes) -> tuple[str, str, Message]:
    r"""Return method, path and headers of a request.

    Raises:
        ValueError: it is no HTTP/1 request.

    >>> method, path, headers = read_head(b"GET /metrics?x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    >>> method, path, headers["host"]
    ('GET', '/metrics', 'localhost')
    """
    line, _, rest = head.partition(b"\r\n")
    words = line.decode("latin-1").split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise ValueError("no HTTP/1 request")
    try:
        headers = http.client.parse_headers(io.BytesIO(rest))
    except http.client.HTTPException as error:
        raise ValueError(str(error)) from None
    return words[0], words[1].partition("?")[0], headers


def is_loopback(host: str) -> bool:
    """Return whether a Host header, or an address, is of this machine alone.

    >>> [is_loopback(host) for host in ("localhost:8601", "127.0.0.1", "[::1]:8601", "10.0.0.1", "a.example:8601", "")]
    [True, True, True, False, False, False]
    """
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    else:
        name = host if host.count(":") > 1 else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
