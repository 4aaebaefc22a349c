"""TensorFlow Serving's side, without TensorFlow: contracts of SavedModels and what comes over the wire."""

from tensorgate._core import Limits, check_predict_request
from tensorgate.serving.predict import (
    ModelSpec,
    PredictRequest,
    PredictResponse,
    decode_predict_request,
    decode_predict_response,
    decode_tensor_proto,
)
from tensorgate.serving.saved_model import load_signatures

__all__ = [
    "Limits",
    "ModelSpec",
    "PredictRequest",
    "PredictResponse",
    "check_predict_request",
    "decode_predict_request",
    "decode_predict_response",
    "decode_tensor_proto",
    "load_signatures",
]
