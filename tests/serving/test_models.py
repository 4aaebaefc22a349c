import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import Models, encode_predict_request
from tensorgate.serving.rest_path import means_predict
from tensorgate.serving.verdicts import METHODS, check_predict, decode_rest_request

from . import wire

ROWS = tg.Signature({"x": tg.TensorSpec((None, 3))})
WORDS = tg.Signature({"w": tg.TensorSpec((None,), "string")}, name="words")
GOOD = {"x": np.zeros((2, 3), np.float32)}


def refusal(call, *arguments):
    with pytest.raises(tg.ValidationError) as raised:
        call(*arguments)
    return raised.value


def codes(error):
    return [(violation.path, violation.code) for violation in error.violations]


def test_a_lone_signature_holds_for_every_model():
    models = Models(ROWS)
    assert models.signatures("any") == models.signatures("other", 3) == {"serving_default": ROWS}
    check_predict(encode_predict_request(GOOD, model_name="any"), models)


def test_contracts_are_chosen_by_the_models_name():
    models = Models({"rows": ROWS, "words": {"words": WORDS}})
    assert models.signatures("rows") == {"serving_default": ROWS}
    assert models.signatures("words") == {"words": WORDS}
    check_predict(encode_predict_request(GOOD, model_name="rows", version=7), models)


def test_a_path_is_read(write):
    path = write(wire.model({"x": wire.tensor_info((-1, 3))}), "1").parent
    assert Models({"ranker": path}).signatures("ranker")["serving_default"].accepts(GOOD)
    with pytest.raises(FileNotFoundError, match="no/such/model"):
        Models({"ranker": "no/such/model"})


@pytest.mark.parametrize("spec", [b"", b"\x0a\x00", b"\x0a\x02\x0a\x00"])
def test_a_request_without_a_model_is_refused(spec):
    error = refusal(check_predict, spec, Models({"rows": ROWS}))
    assert codes(error) == [("model_spec.name", "missing")]
    assert (error.grpc_code, error.http_status) == (3, 400)


def test_an_unknown_model_is_refused_with_those_that_are_served():
    error = refusal(check_predict, encode_predict_request(GOOD, model_name="row"), Models({"rows": ROWS, "b": WORDS}))
    assert codes(error) == [("model_spec.name", "unknown_model")]
    assert (error.grpc_code, error.http_status) == (5, 404)
    assert "did you mean 'rows'?" in str(error)
    assert "one of 'rows', 'b'" in str(error)


@pytest.mark.parametrize(
    ("models", "kind", "text"),
    [
        ({}, TypeError, "must be a Signature, or a dict"),
        (["ranker"], TypeError, "must be a Signature, or a dict"),
        ({"serving_default": ROWS, "words": WORDS}, ValueError, "the signatures of one model"),
        ({3: ROWS}, TypeError, "a model's name is 3"),
        ({"ranker": 3}, TypeError, "the contract of model 'ranker' is 3"),
        ({"ranker": {"a": 3}}, TypeError, "the contract of model 'ranker' is"),
    ],
)
def test_wrong_arguments_are_told(models, kind, text):
    with pytest.raises(kind, match=text):
        Models(models)


def test_what_is_no_message_is_malformed_whatever_the_method():
    for check in METHODS.values():
        error = refusal(check, b"\x0a\x05", Models({"rows": ROWS}))
        assert codes(error) == [("request", "malformed")]


def test_a_rest_path_says_which_model():
    models = Models({"rows": ROWS, "words": WORDS})
    body = b'{"signature_name": "words", "instances": ["a"]}'
    request = decode_rest_request("/V1/models/words/versions/12:predict?x=1", body, models)
    assert request.inputs["w"].tolist() == [b"a"]
    assert (request.model_spec.name, request.model_spec.version, request.signature_name) == ("words", 12, "words")
    assert decode_rest_request("/v1/models/words/labels/new:predict", body, models).model_spec.version_label == "new"
    assert refusal(decode_rest_request, "/v1/models/word:predict", body, models).http_status == 404


@pytest.mark.parametrize("path", ["//host/v1/models/words:predict", "/serving/v1/models/words:predict"])
def test_a_rest_path_may_begin_elsewhere(path):
    """TensorFlow Serving takes what follows two slashes for a host; a proxy may take a prefix off."""
    assert decode_rest_request(path, b'{"instances": [[1, 2, 3]]}', Models({"words": ROWS})).model_spec.name == "words"
    assert refusal(decode_rest_request, path, b'{"instances": [1]}', Models({"words": ROWS})).http_status == 400


def test_a_rest_path_that_may_be_a_prediction_is_refused():
    error = refusal(decode_rest_request, "/v1//models/words:predict", b"{", Models(ROWS))
    assert codes(error) == [("path", "malformed")]


@pytest.mark.parametrize(
    "path", ["/v1/models/rows", "/v1/models/rows/metadata", "/v1/models/rows:classify", "/v1/models/a/b", "/"]
)
def test_other_paths_are_nobodys(path):
    assert not means_predict(path)


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances": ["a"], "signature_name": "words"}',
        b'{"inputs": {"w": ["a"]}, "signature_name": "wor\\u0064s"}',
        b'{"sign\\u0061ture_name": "words", "instances": ["a"]}',
    ],
)
def test_a_body_may_name_its_signature_anywhere(body):
    models = Models({"m": {"serving_default": ROWS, "words": WORDS}})
    assert decode_rest_request("/v1/models/m:predict", body, models).signature_name == "words"


def test_a_body_without_a_signatures_name_means_the_default_one():
    models = Models({"m": {"serving_default": ROWS, "words": WORDS}})
    for name in (b"", b', "signature_name": ""'):
        body = b'{"instances": [[1, 2, 3]]' + name + b"}"
        assert decode_rest_request("/v1/models/m:predict", body, models).signature_name == "serving_default"
    error = refusal(decode_rest_request, "/v1/models/m:predict", b'{"instances": [], "signature_name": "word"}', models)
    assert codes(error) == [("signature_name", "unknown_signature")]
    assert "did you mean 'words'?" in str(error)
