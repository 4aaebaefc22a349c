"""What does it cost to encode arrays for TensorFlow Serving beside one copy of their memory?

A PredictRequest of 600 KB and of 19 MB of float32, checked against its contract and encoded, beside
`bytes(memoryview(array))` of the same size; where TensorFlow and tensorflow-serving-api are installed their messages
stand beside. Then REST's JSON beside orjson, or the standard library's where there is no orjson.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg
from tensorgate.serving import encode_predict_request, encode_rest

from . import peers
from .conftest import Compare

Array = npt.NDArray[Any]

SHAPES = {"600 KB": (1, 224, 224, 3), "19 MB": (32, 224, 224, 3)}
SIG = tg.Signature({"x": tg.TensorSpec(("batch", None, None, 3))})


def copied(array: Array) -> bytes:
    return bytes(array.data)


def encoded(array: Array) -> bytes:
    return encode_predict_request({"x": array}, SIG, model_name="m")


def with_tensorflow() -> dict[str, Callable[[Array], bytes]]:
    """Build the message as TensorFlow Serving's documentation does."""
    if not (peers.wanted("tensorflow") and find_spec("tensorflow_serving")):
        return {}
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    def serialized(array: Array) -> bytes:
        request = predict_pb2.PredictRequest()
        request.model_spec.name = "m"
        request.model_spec.signature_name = "serving_default"
        request.inputs["x"].CopyFrom(tf.make_tensor_proto(array))
        return bytes(request.SerializeToString())

    return {"TensorFlow": serialized}


def holds_the_same(message: bytes, other: bytes) -> bool:
    """Whether one holds all of the other's bytes: the copy is a request's end."""
    return message.endswith(other) or other.endswith(message)


@pytest.mark.parametrize("size", SHAPES)
def test_predict_request(size: str, compare: Compare) -> None:
    array = np.random.default_rng(0).random(SHAPES[size], np.float32)
    # Its copies of 19 MB make the allocator give memory back, which the next contender would pay for.
    peer = with_tensorflow() if size == "600 KB" else {}
    compare(
        case=f"PredictRequest, {size}",
        contenders={"tensorgate": encoded, "bytes(memoryview)": copied, **peer},
        argument=array,
        agree=holds_the_same,
        limit="bytes(memoryview)",
        goal=1.2,
        x=array.nbytes,
        unit="bytes",
        panel="PredictRequest",
        headline="a PredictRequest of 19 MB, checked and encoded" if size == "19 MB" else "",
    )


def orjson_or_json() -> tuple[str, Callable[[Array], bytes]]:
    if find_spec("orjson") is None:
        return "json", lambda array: json.dumps({"inputs": array.tolist()}).encode()
    import orjson

    return "orjson", lambda array: orjson.dumps({"inputs": array}, option=orjson.OPT_SERIALIZE_NUMPY)


def same_numbers(body: bytes, other: bytes) -> bool:
    return bool(json.loads(body) == json.loads(other))


BODIES = {
    "8x64x64x3 float32": np.random.default_rng(0).random((8, 64, 64, 3), np.float32),
    "32x128 float32": np.random.default_rng(0).random((32, 128), np.float32),
    "32x128 float64": np.random.default_rng(0).random((32, 128)),
    "32x128 int64": np.random.default_rng(0).integers(0, 50_000, (32, 128)),
}


@pytest.mark.parametrize("case", BODIES)
def test_rest(case: str, compare: Compare) -> None:
    limit, by_library = orjson_or_json()
    compare(
        case=f"REST, {case}",
        contenders={"tensorgate": lambda array: encode_rest(array, format="columnar"), limit: by_library},
        argument=BODIES[case],
        agree=same_numbers,
        limit=limit,
        panel="REST",
    )
