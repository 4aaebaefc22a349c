"""REST responses into arrays."""

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import decode_rest_response

SCORE = tg.Signature({"x": tg.TensorSpec((None,))}, {"score": tg.TensorSpec((None,), finite=True)})
TWO = tg.Signature(
    {"x": tg.TensorSpec((None,))}, {"score": tg.TensorSpec((None, 2)), "label_bytes": tg.TensorSpec((None,), "string")}
)


@pytest.mark.parametrize(
    "body", ['{"predictions": [0.5, 0.25]}', '{"outputs": [0.5, 0.25]}', '{"outputs": {"score": [0.5, 0.25]}}']
)
def test_a_single_output(body):
    outputs = decode_rest_response(body, SCORE)
    assert list(outputs) == ["score"]
    assert outputs["score"].dtype == np.float32
    assert outputs["score"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    "body",
    [
        """{"predictions": [{"score": [0.5, NaN], "label_bytes": {"b64": "YQ=="}}]}""",
        """{"outputs": {"score": [[0.5, NaN]], "label_bytes": [{"b64": "YQ=="}]}}""",
    ],
)
def test_several_outputs(body):
    outputs = decode_rest_response(body, TWO)
    np.testing.assert_array_equal(outputs["score"], np.array([[0.5, np.nan]], np.float32))
    assert outputs["label_bytes"].tolist() == [b"a"]


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ('{"predictions": [NaN]}', "predictions[0]", "not_finite"),
        ('{"outputs": {"score": [1, NaN]}}', "outputs['score'][1]", "not_finite"),
        ('{"predictions": [[1]]}', "predictions", "rank"),
        ('{"predictions": [{"score": [1]}]}', "outputs['score']", "rank"),
        ('{"predictions": []}', "predictions", "structure"),
        ('{"predictions": ["a"]}', "predictions[0]", "dtype"),
        ('{"outputs": {"scores": [1]}}', "outputs['scores']", "unexpected"),
        ('{"instances": [1]}', "response['instances']", "unexpected"),
        ('{"error": 5}', "response['error']", "structure"),
    ],
)
def test_what_the_contract_does_not_say_is_refused(body, path, code):
    with pytest.raises(tg.ValidationError, match=r"of the outputs of signature 'serving_default'") as caught:
        decode_rest_response(body, SCORE)
    assert (caught.value.violations[0].path, caught.value.violations[0].code) == (path, code)


def test_an_error_of_the_servers_is_raised():
    with pytest.raises(RuntimeError, match=r"^TensorFlow Serving answered with an error: Malformed \\x1b request$"):
        decode_rest_response('{"error": "Malformed \\u001b request"}', SCORE)


def test_outputs_must_be_known():
    with pytest.raises(ValueError, match="says nothing of its outputs"):
        decode_rest_response("{}", tg.Signature({}))
