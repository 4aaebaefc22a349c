"""Envoy's external processor, asked over gRPC as Envoy asks."""

import asyncio
import base64
import contextlib
import gzip
import json
import struct
import threading

import grpc
import numpy as np
import pytest
from envoy.config.core.v3.base_pb2 import HeaderMap, HeaderValue
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc
from google.rpc.status_pb2 import Status

from tensorgate.serving import Limits, WatchedModels, encode_predict_request, encode_rest
from tensorgate.serving.sidecar.mode import Mode
from tensorgate.serving.sidecar.processor import Processor
from tensorgate.serving.sidecar.service import processor_server

from ..serving import wire

PREDICT = "/tensorflow.serving.PredictionService/Predict"
GOOD = {"x": np.zeros((2, 3), np.float32)}
BAD = {"x": np.zeros((2, 4), np.float32)}


@pytest.fixture
def models(tmp_path):
    version = tmp_path / "7"
    version.mkdir()
    (version / "saved_model.pb").write_bytes(wire.model({"x": wire.tensor_info((-1, 3))}))
    return WatchedModels({"ranker": tmp_path})


@contextlib.contextmanager
def asking(models, *options, **more):
    """Gives a function that asks a processor about one request, and the outcomes."""
    outcomes = []
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start():
        server, port = processor_server(Processor(models, outcomes.append, *options, **more), "127.0.0.1:0")
        await server.start()
        return server, port

    server, port = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = external_processor_pb2_grpc.ExternalProcessorStub(channel)
            yield (lambda *messages: list(stub.Process(iter(messages), timeout=20))), outcomes
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(None), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def headers(path, mode=ProcessingMode.BUFFERED, **more):
    values = {":path": path} | {name.replace("_", "-"): value for name, value in more.items()}
    entries = [HeaderValue(key=name, raw_value=value.encode()) for name, value in values.items()]
    return ext_proc.ProcessingRequest(
        request_headers=ext_proc.HttpHeaders(headers=HeaderMap(headers=entries)),
        protocol_config=ext_proc.ProtocolConfiguration(request_body_mode=mode),
    )


def body(data, **more):
    return ext_proc.ProcessingRequest(request_body=ext_proc.HttpBody(body=data, end_of_stream=True), **more)


def predict(inputs, model="ranker"):
    message = encode_predict_request(inputs, model_name=model)
    return headers(PREDICT), body(struct.pack(">BI", 0, len(message)) + message)


def kinds(answers):
    return [answer.WhichOneof("response") for answer in answers]


def test_a_good_request_goes_on(models):
    with asking(models) as (ask, outcomes):
        assert kinds(ask(*predict(GOOD))) == ["request_headers", "request_body"]
        assert kinds(ask(headers("/v1/models/ranker:predict"), body(encode_rest(GOOD)))) == [
            "request_headers",
            "request_body",
        ]
    assert [(o.protocol, o.method, o.model, o.version, o.error) for o in outcomes] == [
        ("grpc", "Predict", "ranker", 7, None),
        ("rest", "Predict", "ranker", 7, None),
    ]


def test_a_bad_call_is_answered_as_grpc_answers(models):
    with asking(models) as (ask, outcomes):
        _, answer = ask(*predict(BAD))
    refused = answer.immediate_response
    assert (refused.status.code, refused.grpc_status.status) == (400, 3)
    assert b"inputs['x']  dim: expected [None, 3], got [2, 4]" in refused.body
    (details,) = refused.headers.set_headers
    assert details.header.key == "grpc-status-details-bin"
    assert Status.FromString(base64.b64decode(details.header.raw_value)).code == 3
    assert outcomes[0].refused


def test_a_bad_body_is_answered_as_rest_answers(models):
    with asking(models) as (ask, outcomes):
        _, answer = ask(headers("/v1/models/ranker:predict"), body(encode_rest(BAD)))
        _, unknown = ask(headers("/v1/models/ranker/versions/8:predict"), body(encode_rest(GOOD)))
    refused = answer.immediate_response
    assert refused.status.code == 400
    assert json.loads(refused.body)["violations"][0]["code"] == "dim"
    assert {entry.header.key: entry.header.raw_value for entry in refused.headers.set_headers} == {
        "content-type": b"application/json"
    }
    assert unknown.immediate_response.status.code == 404
    assert (outcomes[1].model, outcomes[1].version) == (None, None)


def test_a_body_that_says_it_is_too_large_is_not_waited_for(models):
    with asking(models, limits=Limits(max_request_bytes=1000)) as (ask, outcomes):
        for path in (PREDICT, "/v1/models/ranker:predict"):
            (answer,) = ask(headers(path, content_length="1000000"))
            assert b"too_large: expected at most 1000 bytes, got 1000000" in answer.immediate_response.body
        (answer,) = ask(headers(PREDICT, content_length="1005"))
        assert answer.WhichOneof("response") == "request_headers"
    assert [outcome.size for outcome in outcomes] == [1_000_000] * 2


@pytest.mark.parametrize("path", ["//host/v1/models/ranker:predict", "/x/..//v1/models/ranker:predict"])
def test_paths_that_a_server_may_tidy_up_are_judged(models, path):
    with asking(models) as (ask, _):
        _, answer = ask(headers(path), body(encode_rest(BAD)))
    assert answer.immediate_response.status.code == 400


@pytest.mark.parametrize("path", ["/", "/v1/models/ranker", "/tensorflow.serving.PredictionService/GetModelMetadata"])
def test_of_other_paths_not_even_the_body_is_wanted(models, path):
    with asking(models) as (ask, outcomes):
        first, second = ask(headers(path, content_length="9" * 12), body(b"\xff"))
    assert first.mode_override.request_body_mode == ProcessingMode.NONE
    assert second.WhichOneof("response") == "request_body"
    assert outcomes == []


@pytest.mark.parametrize("path", [PREDICT, "/v1/models/ranker:predict"])
def test_what_has_no_body_at_all_is_judged(models, path):
    def without_body(method):
        message = headers(path)
        message.request_headers.headers.headers.append(HeaderValue(key=":method", raw_value=method))
        message.request_headers.end_of_stream = True
        return message

    with asking(models) as (ask, outcomes):
        (refused,) = ask(without_body(b"POST"))
        assert kinds(ask(without_body(b"OPTIONS"))) == ["request_headers"]
    assert b"malformed" in refused.immediate_response.body
    assert len(outcomes) == 1


def test_monitor_lets_bad_requests_pass_and_tells_of_them(models):
    with asking(models, Mode.monitor, limits=Limits(max_request_bytes=1000)) as (ask, outcomes):
        assert kinds(ask(*predict(BAD))) == ["request_headers", "request_body"]
        assert kinds(ask(headers(PREDICT, content_length="1000000"))) == ["request_headers"]
    assert [(outcome.error is not None, outcome.refused) for outcome in outcomes] == [(True, False)]


def test_sample_judges_a_share(models):
    with asking(models, Mode.sample, sample_rate=0.25) as (ask, outcomes):
        for _ in range(400):
            assert kinds(ask(*predict(BAD))) == ["request_headers", "request_body"]
    assert 50 < len(outcomes) < 150  # 100 on average: six deviations on each side
    assert not any(outcome.refused for outcome in outcomes)


@pytest.mark.parametrize("body_mode", [ProcessingMode.NONE, ProcessingMode.STREAMED, ProcessingMode.BUFFERED_PARTIAL])
@pytest.mark.parametrize("mode", Mode)
def test_an_envoy_that_does_not_send_what_is_needed_is_told_so(models, mode, body_mode):
    message = encode_predict_request(GOOD, model_name="ranker")
    with asking(models, mode, sample_rate=1.0) as (ask, outcomes):
        (without_headers,) = ask(body(message))
        (without_bodies,) = ask(headers(PREDICT, body_mode))
    assert without_headers.immediate_response.status.code == 500
    assert b"request_header_mode must be SEND" in without_headers.immediate_response.body
    assert b"request_body_mode must be BUFFERED" in without_bodies.immediate_response.body
    assert outcomes == []


def test_who_only_watches_gets_no_answers(models):
    message = encode_predict_request(BAD, model_name="ranker")
    framed = struct.pack(">BI", 0, len(message)) + message
    first = headers(PREDICT)
    first.observability_mode = True
    with asking(models) as (ask, outcomes):
        assert ask(first, body(framed, observability_mode=True)) == []
    assert [(outcome.error is not None, outcome.refused) for outcome in outcomes] == [(True, False)]


def test_a_stream_ends_with_the_body(models):
    """Else Envoy has to reset each."""
    with asking(models) as (ask, _):
        assert len(ask(*predict(GOOD), *predict(GOOD))) == 2


def test_other_messages_are_answered_in_kind(models):
    messages = [
        ext_proc.ProcessingRequest(response_headers=ext_proc.HttpHeaders()),
        ext_proc.ProcessingRequest(response_body=ext_proc.HttpBody()),
        ext_proc.ProcessingRequest(request_trailers=ext_proc.HttpTrailers()),
        ext_proc.ProcessingRequest(response_trailers=ext_proc.HttpTrailers()),
        ext_proc.ProcessingRequest(),
    ]
    with asking(models) as (ask, _):
        assert kinds(ask(*messages)) == ["response_headers", "response_body", "request_trailers", "response_trailers"]


def test_what_takes_long_is_judged_in_a_thread(models, monkeypatch):
    """Other requests would wait for it; but what takes microseconds is judged before it could be handed over."""
    threads = []
    version = models.version

    def watched(*asked):
        threads.append(threading.current_thread().name.startswith("tensorgate-judge"))
        return version(*asked)

    monkeypatch.setattr(models, "version", watched)
    rest = headers("/v1/models/ranker:predict")
    zipped = headers("/v1/models/ranker:predict", content_encoding="gzip")
    many, most = ({"x": np.zeros((rows, 3), np.float32)} for rows in (50_000, 400_000))
    with asking(models) as (ask, outcomes):
        for messages in (
            predict(GOOD),
            predict(many),
            predict(most),
            (rest, body(encode_rest(GOOD))),
            (rest, body(encode_rest(many))),
            (zipped, body(gzip.compress(encode_rest(GOOD)))),
            (zipped, body(gzip.compress(bytes(10_000_000)))),
        ):
            ask(*messages)
    assert threads == [False, False, True, False, True, True, True]
    assert [outcome.error is None for outcome in outcomes] == [True] * 6 + [False]
