"""Which versions a TensorFlow Serving has loaded, as its REST interface tells."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import urllib.parse
from http.client import HTTPConnection, HTTPException, HTTPSConnection

_MAX_BYTES = 1 << 20


def available_versions(url: str, model: str, timeout_seconds: float = 1.0) -> frozenset[int] | None:
    """Return the versions of a model whose state is AVAILABLE; None where the server does not say.

    Args:
        url: of the server, such as "http://localhost:8501".
        model: its name.
        timeout_seconds: for connecting, and again for the whole answer.

    >>> available_versions("http://localhost:1", "ranker")
    """
    parts = urllib.parse.urlsplit(url)
    path = f"{parts.path.rstrip('/')}/v1/models/{urllib.parse.quote(model, safe='')}"
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = kind(parts.netloc, timeout=timeout_seconds)
        with contextlib.closing(connection):
            statuses = json.loads(_answer(connection, path, timeout_seconds))["model_version_status"]
        return frozenset(int(status["version"]) for status in statuses if status["state"] == "AVAILABLE")
    # Whoever answers there, and whatever: the others' contracts are still to be looked at.
    except (OSError, HTTPException, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _answer(connection: HTTPConnection, path: str, timeout_seconds: float) -> bytes:
    connection.connect()
    # A socket's own timeout begins anew with each byte.
    deadline = threading.Timer(timeout_seconds, _cut_off, [connection.sock])
    deadline.start()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise HTTPException(answer.reason)
        return answer.read(_MAX_BYTES)
    finally:
        deadline.cancel()


def _cut_off(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
