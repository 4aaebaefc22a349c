"""Clients: gRPC's own, and a bare HTTP one for what no client of gRPC writes."""

import struct
import time

import grpc
import httpx

from .answers import OK, Answer

PREDICT = "/tensorflow.serving.PredictionService/Predict"
SECONDS_TO_ANSWER = 30
_GRPC_HEADERS = {"content-type": "application/grpc", "te": "trailers"}


class Hung(Exception):
    """No answer in time, neither good nor bad."""


class Cut(Exception):
    """Ends a request's body in its middle."""


class GrpcCaller:
    """A real client with one connection."""

    def __init__(self, address):
        options = [("grpc.max_send_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        # Else a client that was told UNAVAILABLE by its proxy would wait longer and longer before it connects again.
        self._channel = grpc.insecure_channel(address, [*options, ("grpc.max_reconnect_backoff_ms", 200)])
        self._predict = self._channel.unary_unary(PREDICT)

    def send(self, kind, message, compression=None):
        """Send a serialized message."""
        metadata = (("x-kind", kind),)
        try:
            body = self._predict(message, timeout=SECONDS_TO_ANSWER, metadata=metadata, compression=compression)
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
                raise Hung(kind) from None
            return Answer(error.code().value[0], (error.details() or "").encode())
        return Answer(OK, body)

    def close(self):
        self._channel.close()


class HttpCaller:
    """Sends bytes as they are, for REST and for gRPC with its frames."""

    def __init__(self, address, *, is_grpc):
        self._address = address
        self._is_grpc = is_grpc
        self._client = self._opened()

    def _opened(self):
        protocols = {"http1": not self._is_grpc, "http2": self._is_grpc}
        return httpx.Client(**protocols, timeout=SECONDS_TO_ANSWER, base_url=f"http://{self._address}", trust_env=False)

    def send(self, kind, path, body, headers=None):
        """Send a body, or one in pieces; what raises Cut between two of them cuts the connection."""
        sent = (_GRPC_HEADERS if self._is_grpc else {}) | {"x-kind": kind} | (headers or {})
        try:
            got = self._client.post(path, content=body, headers=sent)
        except httpx.TimeoutException:
            raise Hung(kind) from None
        except (httpx.TransportError, Cut):
            # A connection of which half a request has gone is of no use to the next one.
            self.close()
            self._client = self._opened()
            return Answer(None)
        if not self._is_grpc or got.status_code != 200:
            return Answer(got.status_code, got.content)
        status = int(got.headers.get("grpc-status", 0))
        if status:
            return Answer(status, got.headers.get("grpc-message", "").encode())
        return Answer(OK, got.content[5:])

    def close(self):
        self._client.close()


class Callers:
    """The clients of a thread."""

    def __init__(self, envoy):
        self.grpc = GrpcCaller(envoy.grpc)
        self.bare = HttpCaller(envoy.grpc, is_grpc=True)
        self.rest = HttpCaller(envoy.rest, is_grpc=False)

    def close(self):
        for each in (self.grpc, self.bare, self.rest):
            each.close()


def framed(message, compressed=0):
    """Return a message with gRPC's header before it."""
    return struct.pack(">BI", compressed, len(message)) + message


def trickled(body, seconds, pieces=10):
    """Yield a body slowly."""
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        time.sleep(seconds / pieces)
        yield body[start : start + size]


def cut(body):
    """Yield the first half of a body, and end the connection."""
    yield body[: len(body) // 2]
    time.sleep(0.05)
    raise Cut
