"""The backend answers as TensorFlow Serving does: the tests of the serving path lean on that."""

import http.client
import json
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from .backend import running
from .model import write_ranker

IMAGE, IDS = np.full((2, 8, 8, 3), 0.5, np.float32), np.array([[1, 2, 3, 4], [0, 0, 0, 0]])


@pytest.fixture(scope="module")
def stub(backend):
    with grpc.insecure_channel(backend.grpc) as channel:
        yield prediction_service_pb2_grpc.PredictionServiceStub(channel)


def predict_request(inputs, model="ranker", signature=""):
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for alias, value in inputs.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return request


def examples(message, *features):
    for x in features:
        feature = tf.train.Feature(float_list=tf.train.FloatList(value=x))
        message.example_list.examples.append(tf.train.Example(features=tf.train.Features(feature={"x": feature})))


def scores(answer):
    return tf.make_ndarray(answer.outputs["score"]).tolist()


def test_predict_takes_the_highest_version_or_the_one_asked_for(stub):
    request = predict_request({"image": IMAGE, "ids": IDS})
    answer = stub.Predict(request, timeout=30)
    assert (scores(answer), answer.model_spec.version.value) == ([9, 1], 2)
    request.model_spec.version.value = 1
    assert scores(stub.Predict(request, timeout=30)) == [4.5, 0.5]
    request.model_spec.version_label = "stable"
    assert scores(stub.Predict(request, timeout=30)) == [4.5, 0.5]


@pytest.mark.parametrize(
    "inputs",
    [
        {"image": np.zeros((1, 224, 224, 3), np.float32), "ids": IDS[:1]},
        {"image": IMAGE[0], "ids": IDS[:1]},
        {"image": IMAGE, "ids": np.zeros((2, 7), np.int64)},
        {"image": IMAGE * np.nan, "ids": IDS},
        {"image": IMAGE[:0], "ids": IDS[:0]},
        {"image": IMAGE, "ids": IDS[:1]},
    ],
)
def test_predict_looks_at_no_shape_and_no_value(stub, inputs):
    assert "score" in stub.Predict(predict_request(inputs), timeout=30).outputs


@pytest.mark.parametrize(
    ("request_", "code", "details"),
    [
        (predict_request({}, ""), "INVALID_ARGUMENT", "Missing ModelSpec"),
        (predict_request({}, "nobody"), "NOT_FOUND", "Servable not found"),
        (predict_request({}, signature="no"), "FAILED_PRECONDITION", 'Serving signature key "no" not found.'),
        (predict_request({"image": IMAGE}), "INVALID_ARGUMENT", "input size does not match signature: 1!=2"),
        (predict_request({"image": IMAGE, "id": IDS}), "INVALID_ARGUMENT", "Signature input alias: ids(feed name"),
        (predict_request({"image": IMAGE.astype(float), "ids": IDS}), "INVALID_ARGUMENT", "float"),
    ],
)
def test_errors_of_predict(stub, request_, code, details):
    with pytest.raises(grpc.RpcError) as caught:
        stub.Predict(request_, timeout=30)
    assert (caught.value.code().name, details in caught.value.details()) == (code, True)


def test_tensors_are_read_by_tensorflow_s_own_rules(stub):
    request = predict_request({"pixels": np.zeros((2, 4), np.uint8)}, "scorer", "pixels")
    del request.inputs["pixels"].int_val[:]
    request.inputs["pixels"].tensor_content = b""
    request.inputs["pixels"].int_val.extend([300, 2])
    pixels = tf.make_ndarray(stub.Predict(request, timeout=30).outputs["pixels"])
    assert pixels.tolist() == [[44, 2, 2, 2], [2, 2, 2, 2]]


def test_classify_regress_and_both_at_once(stub):
    classification = classification_pb2.ClassificationRequest()
    classification.model_spec.name = "classifier"
    examples(classification.input, [0, 0], [50, 50])
    result = stub.Classify(classification, timeout=30).result
    assert [[(each.label, each.score) for each in row.classes] for row in result.classifications] == [
        [("low", 0.5), ("high", 0.5)],
        [("low", 0), ("high", 1)],
    ]
    regression = regression_pb2.RegressionRequest(input=classification.input)
    regression.model_spec.name, regression.model_spec.signature_name = "classifier", "regress"
    assert [each.value for each in stub.Regress(regression, timeout=30).result.regressions] == [0, 100]

    both = inference_pb2.MultiInferenceRequest(input=classification.input)
    both.tasks.add(model_spec=classification.model_spec, method_name="tensorflow/serving/classify")
    both.tasks.add(model_spec=regression.model_spec, method_name="tensorflow/serving/regress")
    first, second = stub.MultiInference(both, timeout=30).results
    assert first.classification_result == result
    assert [each.value for each in second.regression_result.regressions] == [0, 100]


def test_what_a_model_says_of_itself(stub, backend):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = "classifier"
    defs = get_model_metadata_pb2.SignatureDefMap()
    stub.GetModelMetadata(request, timeout=30).metadata["signature_def"].Unpack(defs)
    assert set(defs.signature_def) >= {"serving_default", "regress"}

    with grpc.insecure_channel(backend.grpc) as channel:
        status = get_model_status_pb2.GetModelStatusRequest()
        status.model_spec.name = "ranker"
        answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=30)
    assert [(each.version, each.state) for each in answer.model_version_status] == [(2, 30), (1, 30)]


def rest(backend, method, path, body=None):
    connection = http.client.HTTPConnection(backend.rest, timeout=30)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_rest_answers_rows_with_rows_and_columns_with_columns(backend):
    rows = [{"image": image.tolist(), "ids": ids.tolist()} for image, ids in zip(IMAGE, IDS, strict=True)]
    path = "/v1/models/ranker:predict"
    assert rest(backend, "POST", path, json.dumps({"instances": rows})) == (200, {"predictions": [9, 1]})
    columns = json.dumps({"inputs": {"image": IMAGE.tolist(), "ids": IDS.tolist()}})
    assert rest(backend, "POST", "/v1/models/ranker/versions/1:predict", columns) == (200, {"outputs": [4.5, 0.5]})
    assert rest(backend, "POST", path, '{"instances": []}')[0] == 400
    assert "error" in rest(backend, "POST", path, "{")[1]
    assert rest(backend, "POST", "/v1/models/nobody:predict", columns)[0] == 404
    words = {"signature_name": "words", "instances": ["a", {"b64": "/w=="}]}
    assert rest(backend, "POST", "/v1/models/scorer:predict", json.dumps(words)) == (
        200,
        {"predictions": [{"length": 1, "words_bytes": {"b64": "YQ=="}}, {"length": 1, "words_bytes": {"b64": "/w=="}}]},
    )
    status, answer = rest(backend, "GET", "/v1/models/ranker")
    assert status == 200
    assert [each["version"] for each in answer["model_version_status"]] == ["2", "1"]


def test_a_new_version_is_taken_up(tmp_path):
    write_ranker(tmp_path / "ranker", 1)
    request = predict_request({"image": IMAGE, "ids": IDS})
    with running({"ranker": tmp_path / "ranker"}, versions="latest") as own, grpc.insecure_channel(own.grpc) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        assert scores(stub.Predict(request, timeout=30)) == [4.5, 0.5]
        write_ranker(tmp_path / "unfinished", 2)
        (tmp_path / "unfinished" / "2").rename(tmp_path / "ranker" / "2")
        status = get_model_status_pb2.GetModelStatusRequest(model_spec=request.model_spec)
        models = model_service_pb2_grpc.ModelServiceStub(channel)
        for _ in range(300):
            (version,) = models.GetModelStatus(status, timeout=30).model_version_status
            if version.version == 2:
                break
            time.sleep(0.1)
        assert scores(stub.Predict(request, timeout=30)) == [9, 1]
