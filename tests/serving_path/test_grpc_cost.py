"""What the gate adds to the handler of a Predict: at most 5 us of CPU."""

import gc
import time
from types import SimpleNamespace

import numpy as np
import pytest
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import tensorgate as tg
from tensorgate import serving
from tensorgate.serving import grpc as gates

from .grpc_gates import SERVICE

MOST = 5e-6
ROUNDS, CALLS = 31, 200
CALL = SimpleNamespace(method=f"{SERVICE}Predict", invocation_metadata=())


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers at once."""

    answer = predict_pb2.PredictResponse()

    def Predict(self, request, context):  # noqa: ARG002, N802
        return self.answer


class Registry:
    """Keeps the handlers that the generated code adds to a server."""

    def add_generic_rpc_handlers(self, handlers):
        (self.handlers,) = handlers

    def add_registered_method_handlers(self, service, handlers):
        pass


def seconds(handler_of, data):
    """Return the CPU time of a call, as grpcio makes it: the handler is asked for each time."""
    start = time.thread_time()
    for _ in range(CALLS):
        handler = handler_of(CALL)
        answer = handler.unary_unary(handler.request_deserializer(data), None)
        handler.response_serializer(answer)
    return (time.thread_time() - start) / CALLS


BATCHES = {
    "600 KB": {
        "image": np.zeros((1, 224, 224, 3), np.float32),
        "ids": np.zeros((1, 50), np.int64),
        "weights": np.zeros((1, 50), np.float32),
        "age": np.zeros((1, 2), np.float32),
    },
    "a few bytes": {"x": np.zeros((1, 3), np.float32)},
}


@pytest.mark.parametrize("size", BATCHES)
def test_the_gate_adds_at_most_5_us(size):
    batch = BATCHES[size]
    shapes = {name: (("batch", *array.shape[1:]), array.dtype.name) for name, array in batch.items()}
    signature = tg.Signature({name: tg.TensorSpec(*shape) for name, shape in shapes.items()})
    data = serving.encode_predict_request(batch, signature, model_name="ranker")
    registry = Registry()
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(), registry)
    plain = registry.handlers.service
    gate = gates.ValidatingServerInterceptor({"ranker": signature})

    def gated(call):
        return gate.intercept_service(plain, call)

    gc.collect()
    gc.disable()
    try:
        rounds = [(seconds(gated, data), seconds(plain, data)) for _ in range(ROUNDS)]
    finally:
        gc.enable()
    # The quickest of each: whatever else the machine does comes on top of both.
    behind_the_gate, alone = map(min, zip(*rounds, strict=True))
    assert behind_the_gate - alone < MOST
