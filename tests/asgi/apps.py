"""The contracts, the bodies and the plain ASGI app that these tests stand the gate in front of."""

import gzip
import json

import numpy as np

import tensorgate as tg

RANKER = tg.Signature({"x": tg.TensorSpec(("batch", 3)), "id": tg.TensorSpec(("batch",), "int64", minimum=0)})
IMAGES = tg.Signature({"image": tg.TensorSpec(("batch", 64, 64, 3))})
MODELS = {"ranker": {"serving_default": RANKER}, "images": IMAGES}

PATH = "/v1/models/ranker:predict"
GOOD = b'{"instances": [{"x": [1, 2, 3], "id": 7}, {"x": [4, 5, 6.5], "id": 8}]}'
BAD = GOOD.replace(b"6.5", b"null").replace(b"8", b"-8")


def images(rows):
    values = np.random.default_rng(rows).random((rows, 64, 64, 3), np.float32)
    return values, json.dumps({"instances": values.tolist()}).encode()


def zipped(body):
    return gzip.compress(body, 1)


class Recorder:
    """An app that reads each request whole, keeps what it saw, and answers the sum of its first input."""

    def __init__(self):
        self.scopes = []
        self.bodies = []
        self.messages = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            self.messages.append(message)
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        request = scope.get("tensorgate")
        answer = b"passed" if request is None else str(next(iter(request.inputs.values())).sum()).encode()
        headers = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})
