"""TensorFlow Serving's side, without TensorFlow: contracts of SavedModels and what comes over the wire."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from tensorgate.serving.encoding import (
        encode_predict_request,
        encode_predict_response,
        encode_rest,
        encode_tensor_proto,
    )

__all__ = [
    "Limits",
    "ModelSpec",
    "PredictRequest",
    "PredictResponse",
    "check_predict_request",
    "decode_predict_request",
    "decode_predict_response",
    "decode_tensor_proto",
    "encode_predict_request",
    "encode_predict_response",
    "encode_rest",
    "encode_tensor_proto",
    "load_signatures",
]

# Imported when they are first named, so that importing the package stays quick.
_ENCODING = "tensorgate.serving.encoding"
_LATER = {
    "encode_predict_request": _ENCODING,
    "encode_predict_response": _ENCODING,
    "encode_rest": _ENCODING,
    "encode_tensor_proto": _ENCODING,
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_LATER[name]), name)
    globals()[name] = found
    return found
