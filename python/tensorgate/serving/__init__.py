"""TensorFlow Serving's side, without TensorFlow: contracts of SavedModels and what comes over the wire."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorgate._core import Limits, check_predict_request
from tensorgate.serving.saved_model import load_signatures

if TYPE_CHECKING:
    from tensorgate.serving.encoding import (
        encode_predict_request,
        encode_predict_response,
        encode_rest,
        encode_tensor_proto,
    )
    from tensorgate.serving.examples import (
        ExampleRequest,
        decode_classification_request,
        decode_examples,
        decode_multi_inference_request,
        decode_regression_request,
    )
    from tensorgate.serving.infer import InferRequest, decode_infer_request, decode_model_infer_request
    from tensorgate.serving.models import Models
    from tensorgate.serving.predict import (
        ModelSpec,
        PredictRequest,
        PredictResponse,
        decode_predict_request,
        decode_predict_response,
        decode_tensor_proto,
    )
    from tensorgate.serving.rest import decode_rest, decode_rest_response, rest_to_predict_request
    from tensorgate.serving.tfrecord import read_tfrecords
    from tensorgate.serving.watched_models import WatchedModels

__all__ = [
    "ExampleRequest",
    "InferRequest",
    "Limits",
    "ModelSpec",
    "Models",
    "PredictRequest",
    "PredictResponse",
    "WatchedModels",
    "check_predict_request",
    "decode_classification_request",
    "decode_examples",
    "decode_infer_request",
    "decode_model_infer_request",
    "decode_multi_inference_request",
    "decode_predict_request",
    "decode_predict_response",
    "decode_regression_request",
    "decode_rest",
    "decode_rest_response",
    "decode_tensor_proto",
    "encode_predict_request",
    "encode_predict_response",
    "encode_rest",
    "encode_tensor_proto",
    "load_signatures",
    "read_tfrecords",
    "rest_to_predict_request",
]

# Imported when one of their names is first asked for, so that importing the package stays quick.
_LATER = {
    "encoding": ("encode_predict_request", "encode_predict_response", "encode_rest", "encode_tensor_proto"),
    "examples": (
        *("ExampleRequest", "decode_examples", "decode_multi_inference_request"),
        *("decode_classification_request", "decode_regression_request"),
    ),
    "infer": ("InferRequest", "decode_infer_request", "decode_model_infer_request"),
    "models": ("Models",),
    "predict": (
        *("ModelSpec", "PredictRequest", "PredictResponse"),
        *("decode_predict_request", "decode_predict_response", "decode_tensor_proto"),
    ),
    "rest": ("decode_rest", "decode_rest_response", "rest_to_predict_request"),
    "tfrecord": ("read_tfrecords",),
    "watched_models": ("WatchedModels",),
}


def __getattr__(name: str) -> Any:
    for module, names in _LATER.items():
        if name in names:
            found = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
