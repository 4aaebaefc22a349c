"""Requests to TensorFlow Serving, held against the contract that they mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from tensorgate import _core
from tensorgate._core import Limits, Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.inflation import REST_ENCODINGS, check_encoding, inflate
from tensorgate.serving.models import Models, Signatures
from tensorgate.serving.predict import Bytes, ModelSpec
from tensorgate.serving.rest_path import requested_model

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


def too_large(got: object, limits: Limits) -> ValidationError:
    """Return what a body gets that is over the limit before anyone has looked into it.

    >>> print(too_large(300, Limits(max_request_bytes=200)))
    1 violation of a request
      request  too_large: expected at most 200 bytes, got 300
    """
    violation = Violation("request", "too_large", f"at most {limits.max_request_bytes} bytes", str(got))
    return ValidationError("a request", [violation])


def announced_size(content_length: str) -> int:
    """Return the bytes that a Content-Length says are to come; 0 where it says nothing, 2**63 - 1 for anything beyond.

    >>> announced_size("120"), announced_size(""), announced_size("9" * 5000) == 2**63 - 1
    (120, 0, True)
    """
    if not (content_length.isascii() and content_length.isdecimal()):
        return 0
    digits = content_length.lstrip("0")
    return min(int(digits[:20] or "0"), 2**63 - 1)


def decode_rest_request(
    path: str, body: Bytes, models: Models, limits: Limits | None = None, content_encoding: str = ""
) -> RestRequest:
    """Return the batch of a predict call to TensorFlow Serving's REST interface, checked.

    Args:
        path: as it came, percent-encoded; one of which `means_predict` is true.
        body: as it came.
        models: the contracts.
        limits: what a body may ask for, inflated; None takes Limits().
        content_encoding: the header of that name: '', 'identity' or 'gzip'.

    Raises:
        ValidationError: all that is wrong.
    """
    path = path.partition("?")[0]
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
