"""A PredictionService over gRPC, and its REST API, with real SavedModels behind them.

What TensorFlow Serving does, from its sources, where its binary is not to be had: nothing here looks at a shape.
`python prediction_service.py --model ranker=PATH --port 0 --rest-port 0` prints {"port": N, "rest_port": N} when ready.
"""

import argparse
import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import grpc
import predictions
from rest_service import RestService
from served_models import Model, Models, ServingError
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2_grpc,
)

CODES = {code.value[0]: code for code in grpc.StatusCode}
AVAILABLE, END = 30, 50


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, models):
        self._models = models

    def Predict(self, request, context):  # noqa: N802
        return self._answered(predictions.predict, request, context)

    def Classify(self, request, context):  # noqa: N802
        return self._answered(predictions.classify, request, context)

    def Regress(self, request, context):  # noqa: N802
        return self._answered(predictions.regress, request, context)

    def MultiInference(self, request, context):  # noqa: N802
        return self._answered(predictions.multi_inference, request, context)

    def GetModelMetadata(self, request, context):  # noqa: N802
        return self._answered(predictions.metadata, request, context)

    def _answered(self, method, request, context):
        try:
            return method(self._models, request)
        except ServingError as error:
            return context.abort(CODES[error.code], str(error))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, models):
        self._models = models

    def GetModelStatus(self, request, context):  # noqa: N802
        try:
            model = self._models.model(request.model_spec)
        except ServingError as error:
            context.abort(CODES[error.code], str(error))
        response = get_model_status_pb2.GetModelStatusResponse()
        for number in sorted(model.versions, reverse=True):
            response.model_version_status.add(version=number, state=AVAILABLE)
        for number, why in model.failures.items():
            added = response.model_version_status.add(version=number, state=END)
            added.status.error_code, added.status.error_message = 2, why
        return response


class Arrivals(grpc.ServerInterceptor):
    """Writes the header x-kind of each request to a file, a line each, before anything is read of it."""

    def __init__(self, path):
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def intercept_service(self, continuation, details):
        self.note(dict(details.invocation_metadata).get("x-kind", ""))
        return continuation(details)

    def note(self, kind):
        os.write(self._file, f"{kind}\n".encode())


def serve(models, options):
    arrivals = None if options.arrivals is None else Arrivals(options.arrivals)
    server = grpc.server(
        ThreadPoolExecutor(options.threads),
        interceptors=[] if arrivals is None else [arrivals],
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(models), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(models), server)
    port = server.add_insecure_port(f"127.0.0.1:{options.port}")
    server.start()
    rest = None if options.rest_port is None else RestService(models, options.rest_port, arrivals)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    print(json.dumps({"port": port, "rest_port": rest and rest.port}), flush=True)
    stopped.wait(options.lifetime)
    server.stop(5).wait(10)
    if rest:
        rest.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", required=True, metavar="NAME=PATH", help="a model's base path")
    parser.add_argument("--label", action="append", default=[], metavar="NAME/LABEL=N", help="a version's label")
    parser.add_argument("--versions", choices=("latest", "all"), default="latest", help="which ones are served")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rest-port", type=int)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--interval", type=float, default=0.2, help="seconds between looks for new versions")
    parser.add_argument("--arrivals", metavar="FILE", help="takes the header x-kind of each request")
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds until it ends by itself")
    options = parser.parse_args()
    labels = dict(label.rsplit("=", 1) for label in options.label)
    models = []
    for name, path in (model.split("=", 1) for model in options.model):
        own = {label[len(name) + 1 :]: int(number) for label, number in labels.items() if label.startswith(f"{name}/")}
        models.append(Model(name, path, own, options.versions == "all"))
    served = Models(models, options.interval)
    serve(served, options)
    served.close()


if __name__ == "__main__":
    main()
