"""The kinds of requests of a soak: each with what it is to be answered."""

import dataclasses
import gzip
from collections.abc import Callable

import grpc
import numpy as np

from tensorgate.serving import encode_predict_request, encode_rest

from .answers import OK, is_refused, is_scored
from .callers import PREDICT, cut, framed, trickled

MAX_REQUEST_BYTES = 4_000_000  # of the gate
REST_PATH = "/v1/models/ranker:predict"
INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION = 3, 5, 9
GZIP = {"content-encoding": "gzip"}
_ROW_BYTES = 800  # of a message


@dataclasses.dataclass(frozen=True)
class Kind:
    """A request to be sent again and again.

    Attributes:
        send: from the callers and the kind's name to an Answer.
        codes: that are right; none where the connection is cut and no answer is due.
        is_right: tells whether an answer of such a code is right.
        lane: which threads send it: "quick", "slow" or "huge".
    """

    name: str
    send: Callable
    codes: tuple
    is_right: Callable = lambda _: True
    lane: str = "quick"

    @property
    def protocol(self):
        return "rest" if self.name.startswith("REST") else "grpc"

    @property
    def is_good(self):
        return self.codes in ((OK,), (200,))


def _batch(rows):
    random = np.random.default_rng(rows)
    return {"image": random.random((rows, 8, 8, 3), np.float32), "ids": random.integers(1, 1000, (rows, 4))}


def _message(inputs, **more):
    return encode_predict_request(inputs, **{"model_name": "ranker", **more})


def all_kinds(versions):
    """Return the kinds; `versions` gives those of the ranker that may answer now."""
    return [*_grpc(versions), *_bare(versions), *_rest(versions)]


def _grpc(versions):
    def good(name, rows, lane="quick", compression=None):
        message, right = _message(_batch(rows)), is_scored("grpc", _batch(rows), versions)
        return Kind(
            name,
            lambda callers, kind: callers.grpc.send(kind, message, compression=compression),
            (OK,),
            right,
            lane,
        )

    def bad(name, message, code, *words, lane="quick", compression=None):
        return Kind(
            name,
            lambda callers, kind: callers.grpc.send(kind, message, compression=compression),
            (code,),
            is_refused(*words),
            lane,
        )

    small = _batch(2)
    wide = small | {"ids": np.ones((2, 7), np.int64)}
    near, over, far_over = (size // _ROW_BYTES for size in (3_900_000, 4_100_000, 60_000_000))
    zipped = grpc.Compression.Gzip
    return [
        good("gRPC small", 2),
        good("gRPC gzip", 3, compression=zipped),
        good("gRPC deflate", 4, compression=grpc.Compression.Deflate),
        good("gRPC 600 KB", 750, "huge"),
        good("gRPC near the limit", near, "huge"),
        good("gRPC near the limit, gzip", near, "huge", zipped),
        bad("gRPC wrong shape", _message(wide), INVALID_ARGUMENT, "dim"),
        bad("gRPC wrong shape, gzip", _message(wide), INVALID_ARGUMENT, "dim", compression=zipped),
        bad("gRPC wrong dtype", _message(small | {"ids": np.ones((2, 4))}), INVALID_ARGUMENT, "dtype"),
        bad("gRPC unknown model", _message(small, model_name="nobody"), NOT_FOUND, "nobody"),
        bad("gRPC unknown signature", _message(small, signature_name="other"), FAILED_PRECONDITION, "other"),
        bad("gRPC torn message", _message(small)[:-100], INVALID_ARGUMENT, "malformed"),
        bad("gRPC over the limit", _message(_batch(over)), INVALID_ARGUMENT, "too_large", lane="huge"),
        bad(
            "gRPC over the limit, gzip",
            _message(_batch(over)),
            INVALID_ARGUMENT,
            "too_large",
            lane="huge",
            compression=zipped,
        ),
        bad("gRPC far over the limit", _message(_batch(far_over)), INVALID_ARGUMENT, "too_large", lane="huge"),
    ]


def _bare(versions):
    def kind(name, body, codes, is_right=lambda _: True, lane="slow", headers=None):
        def send(callers, kind):
            return callers.bare.send(kind, PREDICT, body() if callable(body) else body, headers)

        return Kind(name, send, codes, is_right, lane)

    message = _message(_batch(2))
    frame = framed(message)
    malformed, too_large = is_refused("malformed"), is_refused("too_large")
    refused = (INVALID_ARGUMENT,)
    zipped = {"grpc-encoding": "gzip"}
    return [
        kind("gRPC trickled", lambda: trickled(frame, 1), (OK,), is_scored("grpc", _batch(2), versions)),
        kind("gRPC trickled, bad", lambda: trickled(frame[:-9], 1), refused, malformed),
        kind("gRPC cut", lambda: cut(frame), ()),
        kind("gRPC torn frame", frame[:-100], refused, malformed, "quick"),
        kind("gRPC no frame", b"\0\0", refused, malformed, "quick"),
        kind("gRPC two messages", frame * 2, refused, malformed, "quick"),
        kind("gRPC torn gzip", framed(gzip.compress(message)[:-20], 1), refused, malformed, "quick", zipped),
        kind("gRPC bomb", framed(gzip.compress(bytes(30_000_000)), 1), refused, too_large, "quick", zipped),
    ]


def _rest(versions):
    def kind(name, body, codes, is_right=lambda _: True, lane="quick", headers=None, path=REST_PATH):
        def send(callers, kind):
            return callers.rest.send(kind, path, body() if callable(body) else body, headers)

        return Kind(name, send, codes, is_right, lane)

    small, large = _batch(2), _batch(290)
    body = bytes(encode_rest(small))
    wide = bytes(encode_rest(small | {"ids": np.ones((2, 7), np.int64)}))
    right = is_scored("rest", small, versions)
    over = b'{"instances": [' + b" " * MAX_REQUEST_BYTES + body
    bomb = gzip.compress(bytes(300_000_000), 9)
    return [
        kind("REST small", body, (200,), right),
        kind("REST gzip", gzip.compress(body), (200,), right, headers=GZIP),
        kind("REST 600 KB", bytes(encode_rest(large)), (200,), is_scored("rest", large, versions), "huge"),
        kind("REST trickled", lambda: trickled(body, 1), (200,), right, "slow"),
        kind("REST trickled, bad", lambda: trickled(wide, 1), (400,), is_refused("dim"), "slow"),
        kind("REST cut", lambda: cut(body), (), lane="slow"),
        kind("REST wrong shape", wide, (400,), is_refused("dim")),
        kind("REST wrong shape, gzip", gzip.compress(wide), (400,), is_refused("dim"), headers=GZIP),
        kind("REST unknown model", body, (404,), is_refused("nobody"), path="/v1/models/nobody:predict"),
        kind("REST torn JSON", body[:-30], (400,), is_refused("malformed", "JSON")),
        kind("REST torn gzip", gzip.compress(body)[:-20], (400,), is_refused("malformed"), headers=GZIP),
        kind("REST unknown encoding", body, (415,), is_refused("unsupported"), headers={"content-encoding": "br"}),
        kind("REST over the limit", over, (400, 413), is_refused("too_large"), "huge"),
        kind("REST bomb", bomb, (400, 413), is_refused("too_large"), "huge", GZIP),
    ]
