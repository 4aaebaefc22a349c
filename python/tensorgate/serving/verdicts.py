"""Requests to TensorFlow Serving, held against the contract that they mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tensorgate import _core
from tensorgate._core import Limits
from tensorgate.serving.inflation import REST_ENCODINGS, check_encoding, inflate
from tensorgate.serving.models import Models, Signatures
from tensorgate.serving.predict import Bytes, ModelSpec
from tensorgate.serving.rest_path import means_predict, requested_model

Check = Callable[[Bytes, Models, Limits | None], None]


@dataclasses.dataclass(frozen=True)
class RestRequest:
    """A REST request that met its contract.

    Attributes:
        inputs: the batch, as the signature has it.
        model_spec: the model that its path names.
        signature_name: the signature that it was held against.
    """

    inputs: Any
    model_spec: ModelSpec
    signature_name: str


def check_predict(data: Bytes, models: Models, limits: Limits | None = None) -> None:
    """Check a PredictRequest, of whichever model.

    Raises:
        ValidationError: all that is wrong.
    """
    _core.check_predict_request(data, _requested(data, models), None, limits)


def check_classification(data: Bytes, models: Models, limits: Limits | None = None) -> None:
    """Check a ClassificationRequest, of whichever model.

    Raises:
        ValidationError: all that is wrong.
    """
    _core.decode_example_request(data, _requested(data, models), None, limits, "ClassificationRequest")


def check_regression(data: Bytes, models: Models, limits: Limits | None = None) -> None:
    """Check a RegressionRequest, of whichever model.

    Raises:
        ValidationError: all that is wrong.
    """
    _core.decode_example_request(data, _requested(data, models), None, limits, "RegressionRequest")


def check_multi_inference(data: Bytes, models: Models, limits: Limits | None = None) -> None:
    """Check a MultiInferenceRequest: its tasks are of one model, each of a signature of its own.

    Raises:
        ValidationError: all that is wrong.
    """
    _core.decode_multi_inference_request(data, models.signatures, limits)


METHODS: Mapping[str, Check] = {
    "/tensorflow.serving.PredictionService/Predict": check_predict,
    "/tensorflow.serving.PredictionService/Classify": check_classification,
    "/tensorflow.serving.PredictionService/Regress": check_regression,
    "/tensorflow.serving.PredictionService/MultiInference": check_multi_inference,
}


def decode_rest_request(
    path: str, body: Bytes, models: Models, limits: Limits | None = None, content_encoding: str = ""
) -> RestRequest | None:
    """Return the batch of a request to TensorFlow Serving's REST interface, checked; None where it is no prediction.

    Args:
        path: as it came, percent-encoded.
        body: as it came.
        models: the contracts.
        limits: what a body may ask for, inflated; None takes Limits().
        content_encoding: the header of that name: '', 'identity' or 'gzip'.

    Raises:
        ValidationError: all that is wrong.
    """
    path = path.partition("?")[0]
    if not means_predict(path):
        return None
    return decode_rest_body(requested_model(unquote(path), path), body, models, limits, content_encoding)


def decode_rest_body(
    spec: ModelSpec, body: Bytes, models: Models, limits: Limits | None = None, content_encoding: str = ""
) -> RestRequest:
    """Return the same where the model is known.

    Raises:
        ValidationError: all that is wrong.
    """
    check_encoding(content_encoding, REST_ENCODINGS)
    signatures = models.signatures(spec.name, spec.version, spec.version_label)
    batch, _, signature = _core.decode_rest(inflate(body, content_encoding, limits), signatures, limits)
    return RestRequest(batch, spec, signature.name)


def _requested(data: Bytes, models: Models) -> Signatures:
    model = _core.requested_model(data)
    # What can't be read is refused when it is read whole.
    return {} if model is None else models.signatures(*model)
