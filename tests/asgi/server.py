"""A real server on loopback, and clients that write what they like to its socket."""

import contextlib
import re
import socket
import threading
import time

import uvicorn

SECONDS = 30


@contextlib.contextmanager
def served(app, http="h11"):
    """Serve an app; gives the port. Ends with the block, whatever is still open."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        listening.close()
        assert not thread.is_alive()


class Client:
    """A connection on which a test writes HTTP/1.1 by hand."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._kept = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Read one answer: its status, headers and body."""
        while b"\r\n\r\n" not in self._kept:
            self._read()
        head, _, self._kept = self._kept.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        headers = dict(re.findall(r"^([^:\r]+): *([^\r]*)", head.decode().lower(), re.MULTILINE))
        size = int(headers.get("content-length", 0))
        while len(self._kept) < size:
            self._read()
        body, self._kept = self._kept[:size], self._kept[size:]
        return status, headers, body

    def is_closed(self):
        """Wait for the server to close the connection."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def is_silent(self, seconds=0.2):
        """Whether the server says nothing for a while."""
        self.socket.settimeout(seconds)
        try:
            self._read()
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(SECONDS)
        return False

    def _read(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"closed after {self._kept!r}")
        self._kept += data


def request(path, body=b"", *headers, size=True):
    lines = [f"POST {path} HTTP/1.1", "host: localhost", *headers]
    if size:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunked(path, *parts):
    head = request(path, b"", "transfer-encoding: chunked", size=False)
    return [head, *(b"%x\r\n%b\r\n" % (len(part), part) for part in parts), b"0\r\n\r\n"]


def until(condition):
    """Wait for what another thread does."""
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
