"""What does it cost to judge a PredictRequest where it lies, and to decode it, beside protobuf and TensorFlow?

Four inputs, 600 KB to 60 MB in tensor_content: tensorgate reads the bytes around the contents; protobuf's own parser
copies all of them before a header can be read. Then a TensorProto of float_val, beside `tf.make_ndarray` of a message
that is parsed already.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg
from tensorgate import serving

from .agreement import require_verdicts
from .conftest import Compare

tf = pytest.importorskip("tensorflow", reason="not installed: pip install tensorflow")
apis = pytest.importorskip("tensorflow_serving.apis", reason="not installed: pip install tensorflow-serving-api")

from tensorflow.core.framework import tensor_pb2  # noqa: E402
from tensorflow_serving.apis import predict_pb2  # noqa: E402

SIGNATURE = tg.Signature(
    {
        "image": tg.TensorSpec(("batch", 224, 224, 3)),
        "ids": tg.TensorSpec(("batch", None), "int64"),
        "weights": tg.TensorSpec(("batch", None)),
        "age": tg.TensorSpec(("batch", 2)),
    }
)
DTYPES = {"image": 1, "ids": 9, "weights": 1, "age": 1}


def request(rows: int, **changes: npt.NDArray[Any]) -> bytes:
    """Return a request that protobuf has written."""
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "ranker"
    message.model_spec.signature_name = "serving_default"
    inputs = {
        "image": np.zeros((rows, 224, 224, 3), np.float32),
        "ids": np.zeros((rows, 50), np.int64),
        "weights": np.zeros((rows, 50), np.float32),
        "age": np.zeros((rows, 2), np.float32),
    }
    for alias, array in (inputs | changes).items():
        message.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
    return bytes(message.SerializeToString(deterministic=True))


def headers_fit(data: bytes) -> bool:
    """Parse the message and compare what its headers say, as one writes it by hand."""
    message = predict_pb2.PredictRequest.FromString(data)
    inputs = message.inputs
    if message.model_spec.signature_name != SIGNATURE.name or inputs.keys() != DTYPES.keys():
        return False
    shapes = {}
    for alias, dtype in DTYPES.items():
        tensor = inputs[alias]
        if tensor.dtype != dtype:
            return False
        shapes[alias] = [dim.size for dim in tensor.tensor_shape.dim]
    rows = shapes["ids"][0]
    return (
        shapes["image"] == [rows, 224, 224, 3]
        and shapes["age"] == [rows, 2]
        and all(len(shapes[alias]) == 2 and shapes[alias][0] == rows for alias in ("ids", "weights"))
    )


def accepts(data: bytes) -> bool:
    try:
        serving.check_predict_request(data, SIGNATURE)
    except tg.ValidationError:
        return False
    return True


@pytest.mark.parametrize("rows", [1, 10, 100])
def test_judged(rows: int, compare: Compare) -> None:
    data = request(rows)
    bad = {
        "dtype": request(1, age=np.zeros((1, 2))),
        "rank": request(1, ids=np.zeros(50, np.int64)),
        "batch sizes": request(1, ids=np.zeros((2, 50), np.int64)),
        "unknown input": request(1, other=np.zeros(1)),
    }
    require_verdicts({"tensorgate": accepts, "FromString": headers_fit}, [data], bad, {})

    def from_string(_: tg.Signature) -> None:
        assert headers_fit(data)

    compare(
        case=f"judged, {len(data):,} bytes",
        # Bound to the bytes: what is timed is one call.
        contenders={
            "tensorgate": MethodType(serving.check_predict_request, data),
            "FromString and headers": from_string,
        },
        argument=SIGNATURE,
        limit="FromString and headers",
        agree=lambda one, other: one is other,
        goal=1 / 90 if rows == 1 else None,
        x=len(data),
        unit="bytes",
        panel="judged",
        headline="a PredictRequest of 600 KB, four inputs" if rows == 1 else "",
    )


@pytest.mark.parametrize("count", [1_000, 100_000])
def test_float_val(count: int, compare: Compare) -> None:
    values = np.random.default_rng(0).random(count, np.float32)
    message = tensor_pb2.TensorProto(dtype=1, float_val=values.tolist())
    message.tensor_shape.dim.add(size=count)
    data = message.SerializeToString()
    compare(
        case=f"float_val of {count:,} decoded",
        contenders={
            "tensorgate": lambda _: serving.decode_tensor_proto(data),
            "tf.make_ndarray": lambda _: tf.make_ndarray(message),
        },
        argument=None,
        limit="tf.make_ndarray",
        agree=np.array_equal,
        goal=0.01,
        panel="decoded",
        headline="float_val of 100,000 decoded" if count == 100_000 else "",
    )
