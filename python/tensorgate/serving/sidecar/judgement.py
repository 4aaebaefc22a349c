"""A request as a proxy has it, held against the contract that it means."""

from __future__ import annotations

import time
from typing import NamedTuple

from tensorgate._core import Limits
from tensorgate.errors import ValidationError
from tensorgate.serving.models import Models, Signatures
from tensorgate.serving.rest_path import means_predict
from tensorgate.serving.sidecar.frame import unframed
from tensorgate.serving.verdicts import METHODS, Check, decode_rest_request
from tensorgate.serving.watched_models import WatchedModels


class Target(NamedTuple):
    """What a path whose requests are judged means.

    Attributes:
        protocol: "grpc" or "rest".
        method: Predict, Classify, Regress or MultiInference.
        check: judges a message of that method; None for REST.
        path: names the model; '' for gRPC, whose messages name it.
    """

    protocol: str
    method: str
    check: Check | None = None
    path: str = ""


class HttpRequest(NamedTuple):
    """What a proxy tells of a request.

    Attributes:
        target: what its path means.
        body: as it came; of a gRPC call with the frame.
        grpc_encoding: the header of that name, '' where there is none.
        content_encoding: the header of that name, '' where there is none.
    """

    target: Target
    body: bytes
    grpc_encoding: str = ""
    content_encoding: str = ""


class Judgement(NamedTuple):
    """What was found.

    Attributes:
        model: None where no served model was meant.
        version: the one whose contract was taken; None where none was.
        seconds: what it took.
        error: what is wrong; None for a good request.
    """

    model: str | None
    version: int | None
    seconds: float
    error: ValidationError | None


class _Meant(Models):
    """Remembers which version a request means."""

    def __init__(self, models: WatchedModels) -> None:
        self._models = models
        self.model: str | None = None
        self.version: int | None = None

    def signatures(self, name: str, version: int | None = None, label: str | None = None) -> Signatures:
        found = self._models.version(name, version, label)
        self.model, self.version = name, found.number
        return found.signatures


def judged_target(path: str) -> Target | None:
    """Return what a path means whose requests are judged; None for others.

    >>> judged_target("/tensorflow.serving.PredictionService/Predict").method
    'Predict'
    >>> judged_target("/v1/models/ranker:predict").protocol
    'rest'
    >>> judged_target("/v1/models/ranker")
    """
    check = METHODS.get(path)
    if check is not None:
        return Target("grpc", path.rpartition("/")[2], check=check)
    return Target("rest", "Predict", path=path) if means_predict(path.partition("?")[0]) else None


def judge(request: HttpRequest, models: WatchedModels, limits: Limits | None = None) -> Judgement:
    """Hold a request against its contract."""
    meant = _Meant(models)
    target = request.target
    error: ValidationError | None = None
    start = time.perf_counter()
    try:
        if target.check is not None:
            target.check(unframed(request.body, request.grpc_encoding, limits), meant, limits)
        else:
            decode_rest_request(target.path, request.body, meant, limits, request.content_encoding)
    except ValidationError as caught:
        error = caught.with_traceback(None)
    return Judgement(meant.model, meant.version, time.perf_counter() - start, error)
