"""TensorFlow Serving's REST API: `POST /v1/models/NAME[/versions/N|/labels/L]:predict`, and a model's status."""

import asyncio
import base64
import gzip
import json
import re
import socket
import threading

import numpy as np
import tensorflow as tf
import uvicorn
from served_models import NOT_FOUND, ServingError, invalid
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from tensorflow_serving.apis import model_pb2

PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+)|/labels/([^/:]+))?(?::predict)?")


class RestService:
    """Runs in a thread of its own on `port`, until it is closed; `arrivals` notes each request."""

    def __init__(self, models, port, arrivals=None):
        self._models = models
        self._arrivals = arrivals
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port = self._socket.getsockname()[1]
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_keep_alive=60))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.should_exit = True
        self._thread.join(10)

    async def _answer(self, request):
        if self._arrivals is not None:
            self._arrivals.note(request.headers.get("x-kind", ""))
        body = await request.body()
        try:
            if request.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            answer, status = await asyncio.to_thread(self._result, request.method, request.url.path, body), 200
        except ServingError as error:
            answer, status = {"error": str(error)}, 404 if error.code == NOT_FOUND else 400
        return Response(json.dumps(answer, indent=4), status, media_type="application/json")

    def _result(self, method, path, body):
        parts = PATH.fullmatch(path)
        if parts is None or path.endswith(":predict") != (method == "POST"):
            raise invalid(f"Malformed request: {method} {path}")
        name, number, label = parts.groups()
        spec = model_pb2.ModelSpec(name=name, version_label=label)
        if number:
            spec.version.value = int(number)
        return self._predict(spec, body) if method == "POST" else self._status(spec)

    def _status(self, spec):
        model = self._models.model(spec)
        versions = dict.fromkeys(model.versions, ("AVAILABLE", ""))
        versions |= {number: ("END", why) for number, why in model.failures.items()}
        return {
            "model_version_status": [
                {
                    "version": str(number),
                    "state": state,
                    "status": {"error_code": "UNKNOWN" if why else "OK", "error_message": why},
                }
                for number, (state, why) in sorted(versions.items(), reverse=True)
            ]
        }

    def _predict(self, spec, body):
        version = self._models.version(spec)
        request = _parsed(body)
        name = request.get("signature_name", "serving_default")
        inputs = version.signature(name).inputs
        if ("instances" in request) == ("inputs" in request):
            raise invalid("Request must have exactly one of 'instances' and 'inputs'")
        is_row_format = "instances" in request
        values = _columns(request["instances"], inputs) if is_row_format else request["inputs"]
        if not is_row_format and (len(inputs) == 1 and not (isinstance(values, dict) and set(inputs) <= set(values))):
            values = {next(iter(inputs)): values}
        tensors = {}
        for alias, info in inputs.items():
            if alias not in values:
                raise invalid(f"Missing named input: {alias} in 'inputs' object.")
            tensors[alias] = _tensor(values[alias], tf.as_dtype(info.dtype), alias)
        outputs = {alias: _listed(alias, tensor) for alias, tensor in version.run(name, tensors).items()}
        if not is_row_format:
            return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}
        if len(outputs) == 1:
            return {"predictions": next(iter(outputs.values()))}
        return {"predictions": [dict(zip(outputs, row, strict=True)) for row in zip(*outputs.values(), strict=True)]}


def _parsed(body):
    try:
        request, _ = json.JSONDecoder().raw_decode(body.decode(errors="surrogateescape").lstrip())
    except (ValueError, RecursionError) as error:
        raise invalid(f"JSON Parse error: {error}") from None
    if not isinstance(request, dict):
        raise invalid("JSON Value: is not object")
    return request


def _columns(instances, inputs):
    if not isinstance(instances, list) or not instances:
        raise invalid("No values in 'instances' array")
    if len(inputs) == 1 and not (isinstance(instances[0], dict) and set(instances[0]) != {"b64"}):
        return {next(iter(inputs)): instances}
    for index, row in enumerate(instances):
        if not isinstance(row, dict) or set(row) != set(inputs):
            raise invalid(f"Failed to process element: {index} of 'instances' list")
    return {alias: [row[alias] for row in instances] for alias in inputs}


def _tensor(values, dtype, alias):
    try:
        if dtype == tf.string:
            return tf.constant(_decoded(values))
        got = np.array(values)
        if got.dtype.kind not in {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}[np.dtype(dtype.as_numpy_dtype).kind]:
            raise ValueError(f"Expected {dtype.name}")
        with np.errstate(over="ignore"):
            return tf.constant(got.astype(dtype.as_numpy_dtype))  # float32 overflows and uint8 wraps, as there
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise invalid(f"Failed to process key: {alias}: {error}") from None


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(each) for each in value]
    if isinstance(value, dict) and set(value) == {"b64"}:
        return base64.b64decode(value["b64"])
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    raise ValueError("Expected string")


def _listed(alias, tensor):
    values = tensor.numpy()
    if values.dtype != object:
        return values.tolist()
    written = (lambda each: {"b64": base64.b64encode(each).decode()}) if alias.endswith("_bytes") else bytes.decode
    return np.vectorize(written, otypes=[object])(values).tolist()
