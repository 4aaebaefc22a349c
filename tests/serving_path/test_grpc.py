"""What TensorFlow Serving takes, or refuses without saying why, through gRPC's gates."""

from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    regression_pb2,
)

from tensorgate import serving

from . import prediction_requests as requests
from .grpc_gates import GATES, bytes_caller
from .prediction_requests import HOLES, IDS, IMAGE, ranking


@pytest.fixture(scope="module")
def unguarded(backend):
    with bytes_caller(backend.grpc) as call:
        yield call


@pytest.fixture(scope="module", params=GATES)
def guarded(request, backend, model_paths):
    with GATES[request.param](backend.grpc, requests.contracts(model_paths)) as call:
        yield call


def refusal(call, method, data, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call(method, data, **options)
    return caught.value


def violations(error):
    """The structured details, which grpcio-status compares with the status and its text."""
    status = rpc_status.from_call(error)
    request = BadRequest()
    assert status.details[0].Unpack(request)
    return request.field_violations


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: f"{hole.method}: {hole.name}")
def test_what_tensorflow_serving_does_by_itself(unguarded, hole):
    data = hole.request.SerializeToString()
    if hole.unguarded is None:
        unguarded(hole.method, data)
    else:
        error = refusal(unguarded, hole.method, data)
        assert error.code().name == hole.status
        assert hole.unguarded in error.details()


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: f"{hole.method}: {hole.name}")
def test_the_gate_refuses_and_says_where(guarded, hole):
    error = refusal(guarded, hole.method, hole.request.SerializeToString())
    assert error.code().name == hole.status
    assert hole.path in error.details()
    assert (hole.path, hole.code.upper()) in [(each.field, each.reason) for each in violations(error)]


GOOD = {
    "Predict": [
        ranking(),
        ranking(image=IMAGE[:0], ids=IDS[:0]),
        requests.predict_request({"image": IMAGE, "ids": IDS}, output_filter=["score"]),
        requests.scoring(np.array([[0, 1, 254, 255]], np.uint8), "pixels", "pixels"),
        requests.scoring(np.array([b"\xff", b""]), "words", "words"),
        requests.scoring(requests.tensor(requests.FLOAT, [2, 3], float_val=[3])),
    ],
    "Classify": [requests.classification([1, 2], [3, 4])],
    "Regress": [requests.regression([1, 2], [3, 4])],
    "MultiInference": [requests.multi_inference([1, 2], [3, 4])],
}

ANSWERS = {
    "Predict": predict_pb2.PredictResponse,
    "Classify": classification_pb2.ClassificationResponse,
    "Regress": regression_pb2.RegressionResponse,
    "MultiInference": inference_pb2.MultiInferenceResponse,
}


@pytest.mark.parametrize("method", GOOD)
def test_good_requests_get_the_backend_s_answers(unguarded, guarded, method):
    for request in GOOD[method]:
        data = request.SerializeToString()
        ours, theirs = (ANSWERS[method].FromString(call(method, data)) for call in (guarded, unguarded))
        assert ours == theirs


def test_other_methods_pass(unguarded, guarded):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "scorer"
    answers = [
        get_model_metadata_pb2.GetModelMetadataResponse.FromString(
            call("GetModelMetadata", request.SerializeToString())
        )
        for call in (unguarded, guarded)
    ]
    assert answers[0].model_spec == answers[1].model_spec
    request.model_spec.name = "rankr"
    assert refusal(guarded, "GetModelMetadata", request.SerializeToString()).details().startswith("Servable")


def test_versions_that_are_not_there_are_for_the_server_to_refuse(guarded):
    request = ranking()
    request.model_spec.version.value = 77
    error = refusal(guarded, "Predict", request.SerializeToString())
    assert (error.code().name, error.details()) == ("NOT_FOUND", "Servable not found for request: Specific(ranker, 77)")


@pytest.mark.parametrize("data", [b"\xff", b"\x0a\x05", b"", ranking().SerializeToString()[:-1]])
@pytest.mark.parametrize("method", GOOD)
def test_whatever_bytes_come_are_answered(guarded, method, data):
    assert refusal(guarded, method, data).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_compressed_requests_are_judged_as_they_were(guarded):
    gzip = grpc.Compression.Gzip
    assert guarded("Predict", ranking().SerializeToString(), compression=gzip)
    error = refusal(guarded, "Predict", ranking(image=IMAGE * np.inf).SerializeToString(), compression=gzip)
    assert "not_finite" in error.details()


@pytest.mark.parametrize("gate", GATES)
def test_requests_over_the_limits_are_refused(backend, model_paths, gate):
    limits = serving.Limits(max_request_bytes=10_000)
    data = ranking(image=np.zeros((2, 64, 8, 3), np.float32)).SerializeToString()
    with GATES[gate](backend.grpc, requests.contracts(model_paths), limits) as call:
        assert call("Predict", ranking().SerializeToString())
        for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
            error = refusal(call, "Predict", data, compression=compression)
            assert [(each.field, each.reason) for each in violations(error)] == [("request", "TOO_LARGE")]


def test_many_threads_get_their_own_answers(guarded):
    good = ranking().SerializeToString()
    bad = [ranking(ids=np.full((2, size), 7)).SerializeToString() for size in range(5, 30)]

    def asked(number):
        if number % 3:
            return predict_pb2.PredictResponse.FromString(guarded("Predict", good)).outputs["score"].dtype
        return violations(refusal(guarded, "Predict", bad[number % 25]))[0].description

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(asked, range(300), timeout=120))
    for number, answer in enumerate(answers):
        assert answer == 1 if number % 3 else f"got [2, {number % 25 + 5}]" in answer
