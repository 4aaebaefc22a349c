"""Models with contracts, and what the gate says of requests for them."""

import time

import numpy as np

from tensorgate import Dim, Signature, TensorSpec, ValidationError, Violation
from tensorgate.serving import check_predict_request, decode_rest, encode_predict_request
from tensorgate.serving.model_state import ModelState, VersionState
from tensorgate.serving.sidecar.outcome import Outcome

IDS = TensorSpec(("batch", Dim("seq", max=512)), "int64", minimum=0)
SIGNATURE = Signature(
    {"image": TensorSpec(("batch", 2, 2), minimum=0, maximum=1, finite=True), "ids": IDS},
    {"score": TensorSpec(("batch",))},
    method_name="tensorflow/serving/predict",
)
RANKER = ModelState(
    "ranker",
    "/models/ranker",
    (
        VersionState(8, {"serving_default": SIGNATURE}, time.time() - 400, ("canary",)),
        VersionState(7, {"serving_default": SIGNATURE}, time.time() - 90_000, ("stable",)),
    ),
    8,
    {9: "saved_model.pb: a value of 1200 bytes runs past the end"},
)
HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
GOOD = {"image": np.zeros((1, 2, 2), np.float32), "ids": np.zeros((1, 4), np.int64)}


def predict_error(**changes):
    """What is wrong with a PredictRequest; None leaves an input out."""
    batch = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return refused(lambda: check_predict_request(encode_predict_request(batch, model_name="ranker"), SIGNATURE))


def rest_error(body):
    return refused(lambda: decode_rest(body, SIGNATURE))


def refused(call):
    try:
        call()
    except ValidationError as error:
        return error
    raise AssertionError("nothing is wrong with it")


def accepted(model="ranker", version=8, protocol="grpc", method="Predict", size=600, seconds=4e-6):
    return Outcome(protocol, method, model, version, size, seconds)


def bad(error=None, model="ranker", version=8, protocol="grpc", refused=True, size=600, seconds=2e-5):
    return Outcome(protocol, "Predict", model, version, size, seconds, error or predict_error(ids=None), refused)


def unknown_model(name="rnaker"):
    error = ValidationError("a request", [Violation("model_spec.name", "unknown_model", "'ranker'", repr(name))])
    return Outcome("grpc", "Predict", None, None, 90, 1e-5, error, True)
