"""The gate inside of a gRPC server or client of TensorFlow Serving's PredictionService; `aio` holds that of grpc.aio.

Predict, Classify, Regress and MultiInference are judged, on their serialized bytes; all other methods pass untouched.
"""

from tensorgate.serving.grpc import aio
from tensorgate.serving.grpc.client import ValidatingClientInterceptor
from tensorgate.serving.grpc.refused_error import RefusedError
from tensorgate.serving.grpc.server import RefusedRequest, ValidatingServerInterceptor

__all__ = ["RefusedError", "RefusedRequest", "ValidatingClientInterceptor", "ValidatingServerInterceptor", "aio"]
