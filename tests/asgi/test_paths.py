"""Which paths are predict calls: to TensorFlow Serving, to an app that routes by the decoded path, to a proxy."""

import pytest

import tensorgate as tg
from tensorgate.serving.rest_path import means_predict, requested_model


def read(path, raw_path=None):
    spec = requested_model(path, raw_path or "")
    return spec.name, spec.version, spec.version_label


@pytest.mark.parametrize(
    ("path", "raw_path", "expected"),
    [
        ("/v1/models/m:predict", "/v1/models/m:predict", ("m", None, None)),
        ("/v1/models/m:predict", None, ("m", None, None)),
        ("/v1/models/m:predict", "", ("m", None, None)),
        ("/v1/models/m/versions/3:predict", "/v1/models/m/versions/3:predict", ("m", 3, None)),
        ("/v1/models/m/labels/stable:predict", "/v1/models/m/labels/stable:predict", ("m", None, "stable")),
        ("/V1/Models/m:PREDICT", "/V1/Models/m:PREDICT", ("m", None, None)),
        ("/v1/models/my model:predict", "/v1/models/my%20model:predict", ("my model", None, None)),
        ("/v1/models/žluť:predict", "/v1/models/%C5%BElu%C5%A5:predict", ("žluť", None, None)),
        ("/v1/models/m%20:predict", "/v1/models/m%2520:predict", ("m%20", None, None)),
        # An app takes it, and TensorFlow Serving does not.
        ("/v1/models/m:predict", "/v1/models/m%3Apredict", ("m", None, None)),
        ("/v1/models/m:predict", "/v1%2Fmodels/m:%70redict", ("m", None, None)),
        # TensorFlow Serving takes it, and an app does not.
        ("/v1/models/a/b:predict", "/v1/models/a%2Fb:predict", ("a/b", None, None)),
        ("/v1/models/a:b:predict", "/v1/models/a%3Ab:predict", ("a:b", None, None)),
        # Some servers leave the query in.
        ("/v1/models/m:predict", "/v1/models/m:predict?x=/v1/models/n:predict", ("m", None, None)),
        # Below an app's own root.
        ("/serving/v1/models/m:predict", "/serving/v1/models/m:predict", ("m", None, None)),
        ("/v1/models/v1/models/m:predict", None, ("m", None, None)),
    ],
)
def test_a_path_that_means_one_model_is_read(path, raw_path, expected):
    assert means_predict(path)
    assert read(path, raw_path) == expected


@pytest.mark.parametrize(
    ("path", "raw_path"),
    [
        # Two models.
        ("/v1/models/a/versions/3:predict", "/v1/models/a%2Fversions%2F3:predict"),
        ("/v1/models/b:predict", "/v1/models/a:predict"),
        # What a router or a proxy may tidy up.
        ("/v1/models/m:predict/", None),
        ("/v1//models/m:predict", None),
        ("//v1/models//m:predict", None),
        ("/x/../v1/./models/m:predict", None),
        ("/v1/models/m:predict/x/..", None),
        ("/v1/models/m:predict?x", "/v1/models/m:predict%3Fx"),
        ("/v1/models/m:predict#x", "/v1/models/m:predict%23x"),
        # The end, to a regular expression.
        ("/v1/models/m:predict\n", "/v1/models/m:predict%0A"),
        # Decoded once more.
        ("/v1/models/m%3Apredict", "/v1/models/m%253Apredict"),
        ("/v1/models%2Fm%253apredict", "/v1/models%252Fm%25253apredict"),
        # What TensorFlow Serving calls malformed, and an app with patterns of its own might take.
        ("/v1/models/m/versions/x:predict", None),
        ("/v1/models/m/versions/" + "9" * 5000 + ":predict", None),
        ("/v1/models/m/3:predict", None),
        ("/v1/models/:predict", None),
    ],
)
def test_a_path_that_may_mean_a_predict_call_is_refused(path, raw_path):
    assert means_predict(path)
    with pytest.raises(
        tg.ValidationError, match=r"expected /v1/models/NAME\[/versions/N or /labels/L\]:predict"
    ) as caught:
        read(path, raw_path or path)
    assert caught.value.http_status == 400
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "*",
        "/predict",
        "/v1/models/m",
        "/v1/models/m/metadata",
        "/v1/models/m:classify",
        "/v1/models/m:predictor",
        "/v1/models/m:predict/explain",
        "/v1/models/predict",
        "/models/m:predict",
        "/v2/models/m:predict",
        "/100%/:x",
    ],
)
def test_all_else_is_none(path):
    assert not means_predict(path)


def test_percent_signs_without_end_take_no_time():
    assert not means_predict("/" + "%25" * 20_000)
    assert not means_predict("/%" + "25" * 30_000)
