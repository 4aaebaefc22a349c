"""What the middleware lets through, what it refuses and how, without a server around it."""

import asyncio
import json

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import Limits, decode_rest
from tensorgate.serving.asgi import ValidatingMiddleware
from tensorgate.serving.models import Models

from .apps import BAD, GOOD, IMAGES, MODELS, PATH, RANKER, Recorder, images, zipped
from .calls import Call, pieces, post, scope_of


@pytest.fixture
def app():
    return Recorder()


@pytest.fixture
def gate(app):
    return ValidatingMiddleware(app, MODELS)


def limited(app, size, **options):
    return ValidatingMiddleware(app, MODELS, limits=Limits(max_request_bytes=size), **options)


# --- what passes ---


@pytest.mark.parametrize(
    "parts",
    [(GOOD,), (GOOD[:10], GOOD[10:]), (GOOD, b""), (b"", GOOD), tuple(bytes([byte]) for byte in GOOD)],
    ids=["whole", "halves", "empty end", "empty start", "bytes"],
)
def test_a_good_request_reaches_the_app_with_its_arrays_and_the_same_bytes(app, gate, parts):
    call = post(gate, *parts)
    assert (call.status, call.body) == (200, b"21.5")
    assert app.bodies == [GOOD]
    (scope,) = app.scopes
    request = scope["tensorgate"]
    expected = decode_rest(GOOD, RANKER)
    assert list(request.inputs) == list(expected)
    for name, array in expected.items():
        assert request.inputs[name].dtype == array.dtype
        np.testing.assert_array_equal(request.inputs[name], array)
    assert request.signature_name == "serving_default"
    assert (request.model_spec.name, request.model_spec.version) == ("ranker", None)


def test_the_servers_scope_stays_as_it_was(gate):
    scope = scope_of()
    before = dict(scope)
    assert Call(gate, scope, pieces(GOOD)).status == 200
    assert scope == before


def test_a_big_body_gives_the_same_arrays(app, gate):
    values, body = images(8)
    assert post(gate, *(body[at : at + 65536] for at in range(0, len(body), 65536)), path="/v1/models/images:predict")
    np.testing.assert_array_equal(app.scopes[0]["tensorgate"].inputs["image"], values)
    assert app.bodies == [body]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip"])
def test_a_compressed_body_is_judged_and_reaches_the_app_compressed(app, gate, encoding):
    call = post(gate, zipped(GOOD), headers=[("content-encoding", encoding)])
    assert call.status == 200
    assert app.bodies == [zipped(GOOD)]
    assert app.scopes[0]["tensorgate"].inputs["id"].tolist() == [7, 8]


def test_the_app_still_hears_of_a_client_that_leaves():
    heard = []

    async def app(scope, receive, send):
        del scope, send
        heard.extend([await receive() for _ in range(3)])

    post(ValidatingMiddleware(app, MODELS), GOOD)
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect", "http.disconnect"]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_other_protocols_pass(app, gate, kind):
    scope = {"type": kind, "path": PATH, "headers": []}
    Call(gate, scope, [])
    assert app.scopes == [scope]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/v1/models/ranker"),
        ("POST", "/v1/models/ranker:classify"),
        ("POST", "/v1/models/ranker:regress"),
        ("POST", "/v1/models/ranker:predictions"),
        ("POST", "/v2/models/ranker/infer"),
        ("POST", "/predict"),
        ("GET", "/v1/models/ranker/metadata"),
        ("GET", PATH),
        ("HEAD", PATH),
        ("OPTIONS", PATH),
    ],
)
def test_what_is_no_predict_call_passes_unread(app, gate, method, path):
    call = post(gate, BAD[:9], BAD[9:], method=method, path=path)
    assert call.body == b"passed"
    assert app.messages == pieces(BAD[:9], BAD[9:])
    assert "tensorgate" not in app.scopes[0]


# --- what is refused ---


def test_a_bad_request_gets_tensorflow_servings_answer_with_every_violation(app, gate):
    call = post(gate, BAD)
    assert call.status == 400
    assert call.headers == {"content-type": "application/json", "content-length": str(len(call.body))}
    assert call.violations == [("instances[1]['x'][2]", "dtype"), ("instances[1]['id']", "below_minimum")]
    assert json.loads(call.body)["error"].startswith("2 violations of signature 'serving_default'\n")
    assert app.scopes == []


@pytest.mark.parametrize(
    ("path", "body", "status", "violation"),
    [
        ("/v1/models/rankr:predict", GOOD, 404, ("model_spec.name", "unknown_model")),
        (PATH, b'{"signature_name": "s", "instances": []}', 400, ("signature_name", "unknown_signature")),
        (PATH, b"", 400, ("request", "malformed")),
        (PATH, b"[]", 400, ("request", "structure")),
        (PATH, GOOD[:-1], 400, ("request", "malformed")),
        (PATH, GOOD + b"x", 400, ("request", "malformed")),
    ],
)
def test_the_status_is_tensorflow_servings(app, gate, path, body, status, violation):
    call = post(gate, body, path=path)
    assert call.status == status
    assert call.violations == [violation]
    assert app.scopes == []


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "PREDICT"])
def test_a_method_that_an_app_might_take_is_judged_as_post(app, gate, method):
    assert post(gate, BAD, method=method).status == 400
    assert post(gate, GOOD, method=method).status == 200
    assert len(app.scopes) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("header", [("content-length", str(len(BAD))), ("transfer-encoding", "chunked")])
def test_a_body_is_judged_where_none_belongs(app, gate, method, header):
    assert post(gate, BAD, method=method, headers=[header]).status == 400
    assert app.scopes == []
    assert post(gate, b"", method=method, headers=[("content-length", "0")]).status == 200


# --- sizes ---


def test_a_body_that_says_it_is_too_large_is_not_read(app):
    size = len(GOOD)
    call = Call(limited(app, size - 1), scope_of(headers=[("content-length", str(size))]), [])
    assert call.status == 413
    assert call.violations == [("request", "too_large")]
    assert call.headers["connection"] == "close"
    assert f"expected at most {size - 1} bytes, got {size}" in json.loads(call.body)["error"]
    # The answer was whole before anything was read: what is left is only thrown away.
    assert [message.get("more_body", False) for message in call.sent[1:]] == [True, False]
    assert call.received == 1
    assert app.scopes == []


def test_the_limit_is_exact(app):
    headers = [("content-length", str(len(GOOD)))]
    assert post(limited(app, len(GOOD)), GOOD, headers=headers).status == 200
    assert post(limited(app, len(GOOD) - 1), GOOD, headers=headers).status == 413


def test_a_body_of_unknown_size_is_refused_as_soon_as_it_is_over(app):
    parts = [b" " * 100] * 50
    call = post(limited(app, 1000), *parts)
    assert call.status == 413
    assert call.headers["connection"] == "close"
    assert "got 1100 and more" in json.loads(call.body)["error"]
    assert call.received == len(parts)  # the rest is thrown away


def test_a_body_that_was_read_whole_leaves_the_connection_open(app):
    call = post(limited(app, 1000), b" " * 1001)
    assert call.status == 413
    assert "connection" not in call.headers
    assert call.received == 1


def test_http_2_is_not_told_to_close(app):
    call = post(limited(app, 10), b" " * 20, b" ", http_version="2")
    assert call.status == 413
    assert "connection" not in call.headers
    assert call.received == 1


def test_a_client_that_leaves_in_the_middle_gets_nothing_and_the_app_hears_nothing(app, gate):
    call = Call(gate, scope_of(), pieces(GOOD[:5], GOOD[5:])[:1])
    assert call.sent == []
    assert app.scopes == []


def test_a_client_that_sends_nothing_more_is_not_waited_for(app, monkeypatch):
    monkeypatch.setattr("tensorgate.serving.asgi._LINGERED_SECONDS", 0.05)
    sent = []

    async def receive():
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    async def call():
        await asyncio.wait_for(limited(app, 10)(scope_of(headers=[("content-length", "11")]), receive, send), 30)

    asyncio.run(call())
    assert sent[0]["status"] == 413
    assert sent[-1].get("more_body", False) is False


# --- compressed bodies ---


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "identity, gzip", "x-gzip", "zstd"])
def test_an_encoding_that_tensorflow_serving_does_not_read_is_refused(app, gate, encoding):
    call = post(gate, zipped(GOOD), headers=[("content-encoding", encoding)])
    assert call.status == 415
    assert call.headers["accept-encoding"] == "gzip"
    assert call.violations == [("request", "unsupported")]
    assert app.scopes == []


def test_two_headers_are_one_encoding(app, gate):
    headers = [("content-encoding", "identity"), ("Content-Encoding", "gzip")]
    assert post(gate, zipped(GOOD), headers=headers).status == 415
    assert app.scopes == []


@pytest.mark.parametrize("body", [zipped(GOOD)[:-1], zipped(GOOD) + b"\0", zipped(GOOD) * 2, GOOD, b""])
def test_a_compressed_body_that_is_not_whole_is_refused(app, gate, body):
    call = post(gate, body, headers=[("content-encoding", "gzip")])
    assert call.status == 400
    assert call.violations == [("request", "malformed")]
    assert app.scopes == []


def test_what_is_in_a_compressed_body_is_judged(app, gate):
    call = post(gate, zipped(BAD), headers=[("content-encoding", "gzip")])
    assert call.violations == [("instances[1]['x'][2]", "dtype"), ("instances[1]['id']", "below_minimum")]
    assert app.scopes == []


def test_the_limit_counts_what_is_inflated(app):
    padded = GOOD + b" " * 100_000
    headers = [("content-encoding", "gzip")]
    assert post(limited(app, len(padded)), zipped(padded), headers=headers).status == 200
    call = post(limited(app, len(padded) - 1), zipped(padded), headers=headers)
    assert call.status == 413
    assert call.violations == [("request", "too_large")]


# --- options ---


def test_refusals_are_told(app):
    told = []
    gate = ValidatingMiddleware(app, MODELS, on_refusal=lambda error, scope: told.append((error, scope["path"])))
    post(gate, GOOD)
    assert told == []
    post(gate, BAD)
    ((error, path),) = told
    assert [violation.code for violation in error.violations] == ["dtype", "below_minimum"]
    assert path == PATH


@pytest.mark.parametrize("parts", [(BAD,), (BAD[:20], BAD[20:]), (b" " * 5000, b" " * 5000, BAD, b"")])
def test_without_enforcement_bad_requests_pass_as_they_are(app, parts):
    told = []
    gate = limited(app, 6000, enforce=False, on_refusal=lambda error, _: told.append(error))
    assert post(gate, *parts).body == b"passed"
    assert app.bodies == [b"".join(parts)]
    assert "tensorgate" not in app.scopes[0]
    assert len(told) == 1


def test_without_enforcement_good_requests_have_their_arrays(app):
    assert post(ValidatingMiddleware(app, MODELS, enforce=False), GOOD).body == b"21.5"


def test_the_apps_own_validation_error_is_its_own():
    async def app(*_):
        raise tg.ValidationError("the app's", [tg.Violation("x", "missing")])

    with pytest.raises(tg.ValidationError, match="the app's"):
        post(ValidatingMiddleware(app, MODELS), GOOD)


@pytest.mark.parametrize("models", [IMAGES, Models({"m": IMAGES}), {"m": IMAGES}])
def test_contracts_come_as_models_takes_them(app, models):
    body = json.dumps({"inputs": np.zeros((1, 64, 64, 3)).tolist()}).encode()
    assert post(ValidatingMiddleware(app, models), body, path="/v1/models/m:predict").status == 200


def test_a_saved_model_that_is_not_there_is_an_error_at_once(app):
    with pytest.raises(FileNotFoundError):
        ValidatingMiddleware(app, {"ranker": "no/such/model"})


# --- the event loop ---


def test_a_big_body_is_decoded_beside_the_event_loop(gate):
    _, body = images(64)
    path = "/v1/models/images:predict"
    gaps = []

    async def beat():
        clock = asyncio.get_running_loop().time
        while True:
            before = clock()
            await asyncio.sleep(0)
            gaps.append(clock() - before)

    async def call(send_gzip):
        beating = asyncio.create_task(beat())
        message = {"type": "http.request", "body": zipped(body) if send_gzip else body, "more_body": False}
        headers = [("content-encoding", "gzip")] if send_gzip else []

        async def receive():
            return message

        async def send(_):
            pass

        await asyncio.wait_for(gate(scope_of(path, headers=headers), receive, send), 60)
        beating.cancel()

    for send_gzip in (False, True):
        gaps.clear()
        asyncio.run(call(send_gzip))
        assert len(gaps) > 20


def test_a_loop_that_is_not_asyncios_decodes_at_once(app, gate):
    _, body = images(8)
    answered = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answered.append(message)

    # A coroutine that waits for nothing needs no loop.
    with pytest.raises(StopIteration):
        gate(scope_of("/v1/models/images:predict"), receive, send).send(None)
    assert answered[0]["status"] == 200
    with pytest.raises(StopIteration):
        limited(app, 10)(scope_of("/v1/models/images:predict"), receive, send).send(None)
    assert answered[2]["status"] == 413
