"""Envoy as the example configures it, `tensorgate serve` and a real PredictionService: what clients get."""

import contextlib
import functools
import gzip
import json
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import grpc
import httpx
import numpy as np
import pytest
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from tensorgate.serving import decode_predict_response, encode_predict_request, encode_rest

from .backend import running
from .envoy import running_envoy
from .gate import gate_place, running_gate
from .model import write_ranker
from .processes import end, free_port

GOOD = {"image": np.ones((2, 8, 8, 3), np.float32), "ids": np.arange(8).reshape(2, 4)}
WRONG_SHAPE = GOOD | {"ids": np.arange(14).reshape(2, 7)}
DEADLINE = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("envoy")


@pytest.fixture(scope="module")
def gate(folder, model_paths):
    with running_gate(folder, model_paths, "--max-request-bytes=4000000", "--poll-seconds=0.05") as started:
        yield started


@pytest.fixture(scope="module")
def envoy(folder, backend, gate):
    with running_envoy(folder, backend, gate) as started:
        yield started


@pytest.fixture(scope="module")
def channel(envoy):
    with grpc.insecure_channel(envoy.grpc) as opened:
        yield opened


@pytest.fixture(scope="module")
def stub(channel):
    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def request(inputs, model="ranker", **more):
    return predict_pb2.PredictRequest.FromString(encode_predict_request(inputs, model_name=model, **more))


def refusal(call, *arguments, **options):
    with pytest.raises(grpc.RpcError) as raised:
        call(*arguments, timeout=DEADLINE, **options)
    return raised.value


def post(address, path, body, headers=None, raw=False):
    asked = urllib.request.Request(f"http://{address}{path}", body, headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, body if raw else json.loads(body)


def test_a_good_request_is_answered_by_the_model(stub):
    answer = stub.Predict(request(GOOD), timeout=DEADLINE)
    assert len(decode_predict_response(answer.SerializeToString()).outputs["score"]) == 2


@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_a_bad_request_is_refused_with_what_is_wrong(stub, compression):
    error = refusal(stub.Predict, request(WRONG_SHAPE), compression=compression)
    assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "inputs['ids']  dim: expected [None, 4], got [2, 7]" in error.details()
    status = rpc_status.from_call(error)
    details = BadRequest()
    assert status.details[0].Unpack(details)
    assert [violation.field for violation in details.field_violations] == ["inputs['ids']"]


def test_compressed_requests_pass(stub):
    for compression in (grpc.Compression.Gzip, grpc.Compression.Deflate):
        assert stub.Predict(request(GOOD), timeout=DEADLINE, compression=compression).outputs


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (request(GOOD, "nobody"), grpc.StatusCode.NOT_FOUND),
        (request(GOOD, version=77), grpc.StatusCode.NOT_FOUND),
        (predict_pb2.PredictRequest(), grpc.StatusCode.INVALID_ARGUMENT),
    ],
)
def test_statuses_are_tensorflow_servings(stub, asked, code):
    assert refusal(stub.Predict, asked).code() == code


def test_an_unknown_signature_fails_a_precondition(stub):
    asked = request(GOOD)
    asked.model_spec.signature_name = "serving_defaut"
    error = refusal(stub.Predict, asked)
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "did you mean 'serving_default'?" in error.details()


def test_other_methods_pass(channel):
    asked = get_model_status_pb2.GetModelStatusRequest()
    asked.model_spec.name = "ranker"
    answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(asked, timeout=DEADLINE)
    assert answer.model_version_status


@pytest.mark.parametrize(
    "body",
    [
        b"\0\0\0",
        b"\0\0\0\0\5abc",
        b"\2" + struct.pack(">I", 0),
        b"\0" + struct.pack(">I", 0) + b"\0" + struct.pack(">I", 0),
        b"\1" + struct.pack(">I", 3) + b"abc",
    ],
)
def test_bodies_that_are_no_frame_never_reach_the_model(envoy, body):
    """Over bare HTTP/2: no client of gRPC writes these."""
    url = f"http://{envoy.grpc}/tensorflow.serving.PredictionService/Predict"
    headers = {"content-type": "application/grpc", "te": "trailers", "grpc-encoding": "gzip"}
    with httpx.Client(http1=False, http2=True) as client:
        answer = client.post(url, content=body, headers=headers, timeout=DEADLINE)
    assert (answer.status_code, answer.headers["grpc-status"]) == (200, "3")
    assert "malformed" in answer.headers["grpc-message"]


def test_who_does_not_speak_grpc_is_told_by_the_http_status(envoy):
    url = f"http://{envoy.grpc}/tensorflow.serving.PredictionService/Predict"
    answer = httpx.post(url, content=b"{}", headers={"content-type": "application/json"}, timeout=DEADLINE)
    assert (answer.status_code, "malformed" in answer.text) == (400, True)


def test_rest_bodies_pass_and_are_refused(envoy):
    good = encode_rest(GOOD)
    path = "/v1/models/ranker:predict"
    status, answer = post(envoy.rest, path, good)
    assert (status, len(answer["predictions"])) == (200, 2)
    zipped = {"Content-Encoding": "gzip"}
    status, answer = post(envoy.rest, "/v1/models/ranker/versions/1:predict", gzip.compress(good), zipped)
    assert (status, len(answer["predictions"])) == (200, 2)
    status, answer = post(envoy.rest, path, encode_rest(WRONG_SHAPE))
    assert status == 400
    assert "inputs['ids']  dim: expected [None, 4], got [2, 7]" in answer["error"]
    assert [violation["code"] for violation in answer["violations"]] == ["dim"]
    assert post(envoy.rest, path, b'{"instances": [')[0] == 400
    assert post(envoy.rest, path, b"")[1]["violations"][0]["code"] == "malformed"
    assert post(envoy.rest, "/v1/models/nobody:predict", good)[0] == 404


def test_what_is_too_large_is_refused_before_it_is_read_whole(envoy, stub):
    """Envoy holds up to 64 MB, the gate of these tests takes 4 MB, inflated."""
    large = {"image": np.zeros((6000, 8, 8, 3), np.float32), "ids": np.zeros((6000, 4), np.int64)}
    for compression in (None, grpc.Compression.Gzip):
        error = refusal(stub.Predict, request(large), compression=compression)
        assert error.code() == grpc.StatusCode.INVALID_ARGUMENT
        assert "too_large: expected at most 4000000 bytes" in error.details()
    bomb = gzip.compress(b"[" * 400_000_000, 9)
    status, answer = post(envoy.rest, "/v1/models/ranker:predict", bomb, {"Content-Encoding": "gzip"})
    assert status in (400, 413)
    assert answer["violations"][0]["code"] == "too_large"
    with contextlib.suppress(OSError):  # Envoy may answer before it has all of it
        assert post(envoy.rest, "/v1/models/ranker:predict", b" " * 70_000_000)[0] == 413


def test_grpc_bodies_are_held_up_to_envoys_limit_not_that_of_http2(stub):
    """Of which 16 MB is the default: beyond that Envoy would refuse them by itself, with UNKNOWN."""
    rows = 24_000_000 // 800
    huge = {"image": np.zeros((rows, 8, 8, 3), np.float32), "ids": np.zeros((rows, 4), np.int64)}
    assert "too_large: expected at most 4000000 bytes" in refusal(stub.Predict, request(huge)).details()


def test_slow_clients_keep_nobody_out(envoy):
    """Envoy asks about a request as soon as it has its headers, and by itself has no more than 1024 questions open."""
    host, port = envoy.rest.split(":")
    head = b"POST /v1/models/ranker:predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{"
    with contextlib.ExitStack() as stack:
        for _ in range(1100):
            slow = stack.enter_context(socket.create_connection((host, port), DEADLINE))
            slow.sendall(head)
        asked = f"http://{envoy.admin}/stats?filter=cluster.tensorgate.upstream_rq_active$"
        wait_for(lambda: int(urllib.request.urlopen(asked, timeout=DEADLINE).read().split()[-1]) >= 1100)
        assert post(envoy.rest, "/v1/models/ranker:predict", encode_rest(GOOD))[0] == 200


def test_model_status_passes(envoy):
    with urllib.request.urlopen(f"http://{envoy.rest}/v1/models/ranker", timeout=DEADLINE) as answer:
        assert answer.status == 200


def test_the_log_has_each_refusal_and_no_values(gate, stub):
    before = len(gate.events("refused"))
    refusal(stub.Predict, request(GOOD | {"ids": np.array([[123456789]])}))
    last = gate.events("refused")[before:][-1]
    assert (last["model"], last["protocol"], last["method"]) == ("ranker", "grpc", "Predict")
    assert last["violations"][0]["code"] == "dim_mismatch" or last["violations"][0]["path"] == "inputs['ids']"
    assert "123456789" not in gate.log_file.read_text()


def test_monitor_lets_pass_and_counts(folder, backend, model_paths):
    with (
        running_gate(folder, model_paths, "--mode=monitor") as gate,
        running_envoy(folder, backend, gate) as envoy,
        grpc.insecure_channel(envoy.grpc) as channel,
    ):
        assert prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict(
            request(WRONG_SHAPE), timeout=DEADLINE
        )
        assert [line["refused"] if "refused" in line else line["event"] for line in gate.log()][-1] != "refused"
        with urllib.request.urlopen(f"http://{gate.status}/metrics", timeout=DEADLINE) as answer:
            metrics = answer.read().decode()
    assert any("let_pass" in line and line.endswith(" 1.0") for line in metrics.splitlines())


def test_a_new_version_is_taken_up_and_a_broken_one_is_not(folder, tmp_path):
    base = tmp_path / "ranker"
    write_ranker(base, 1)
    with (
        running({"ranker": base}, versions="latest") as backend,
        running_gate(
            folder, {"ranker": base}, "--poll-seconds=0.05", f"--tensorflow-serving=http://{backend.rest}"
        ) as gate,
        running_envoy(folder, backend, gate) as envoy,
        grpc.insecure_channel(envoy.grpc) as channel,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        stub.Predict(request(GOOD), timeout=DEADLINE)
        write_ranker(base, 2)
        wait_for(lambda: [line["version"] for line in gate.events("contract_taken_up")] == [1, 2])
        wait_for(lambda: stub.Predict(request(GOOD), timeout=DEADLINE).model_spec.version.value == 2)
        (base / "3").mkdir()
        (base / "3" / "saved_model.pb").write_bytes(b"\x0a\x7fbroken")
        wait_for(lambda: gate.events("contract_problem"))
        assert gate.events("contract_problem")[0]["version"] == 3
        assert stub.Predict(request(GOOD), timeout=DEADLINE).model_spec.version.value == 2
        refusal(stub.Predict, request(WRONG_SHAPE))


def test_without_the_gate_requests_are_refused_or_pass_as_was_chosen(folder, backend, model_paths):
    place = gate_place()
    with (
        running_envoy(folder, backend, place) as closed,
        running_envoy(folder, backend, place, fail_open=True) as opened,
        grpc.insecure_channel(closed.grpc) as closed_channel,
        grpc.insecure_channel(opened.grpc) as open_channel,
    ):
        closed_stub = prediction_service_pb2_grpc.PredictionServiceStub(closed_channel)
        open_stub = prediction_service_pb2_grpc.PredictionServiceStub(open_channel)

        def without_a_gate():
            assert refusal(closed_stub.Predict, request(GOOD)).code() != grpc.StatusCode.OK
            assert post(closed.rest, "/v1/models/ranker:predict", encode_rest(GOOD), raw=True)[0] >= 500
            assert open_stub.Predict(request(WRONG_SHAPE), timeout=DEADLINE)

        without_a_gate()
        with running_gate(folder, model_paths, at=place) as gate:
            wait_for(lambda: is_answered(closed_stub))
            wait_for(lambda: not is_answered(open_stub, WRONG_SHAPE))
            gate.process.kill()
            gate.process.wait(DEADLINE)
            without_a_gate()
        with running_gate(folder, model_paths, at=place):
            wait_for(lambda: is_answered(closed_stub))


@pytest.mark.parametrize("body_mode", ["NONE", "STREAMED"])
def test_an_envoy_that_sends_no_whole_bodies_is_told_so(folder, backend, gate, body_mode):
    with running_envoy(folder, backend, gate, body_mode=body_mode) as envoy:
        status, answer = post(envoy.rest, "/v1/models/ranker:predict", encode_rest(GOOD), raw=True)
    assert status == 500
    assert b"request_body_mode must be BUFFERED" in answer


def test_one_gate_takes_over_from_another_and_nothing_is_lost(folder, backend, model_paths):
    places = gate_place(), gate_place()
    with contextlib.ExitStack() as stack:

        def start(place):
            return stack.enter_context(running_gate(folder, model_paths, "--drain-delay-seconds=3", at=place))

        old = start(places[0])
        envoy = stack.enter_context(running_envoy(folder, backend, *places))
        channel = stack.enter_context(grpc.insecure_channel(envoy.grpc))
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        stopping = threading.Event()

        def client(number):
            answered = 0
            while not stopping.is_set():
                if number % 2:
                    stub.Predict(request(GOOD), timeout=DEADLINE)
                else:
                    assert refusal(stub.Predict, request(WRONG_SHAPE)).code() == grpc.StatusCode.INVALID_ARGUMENT
                answered += 1
            return answered

        with ThreadPoolExecutor(8) as pool:
            clients = [pool.submit(client, number) for number in range(8)]
            try:
                for place in (places[1], places[0], places[1]):
                    new = start(place)
                    wait_for(functools.partial(is_asked, envoy, place))
                    end(old.process)
                    assert old.process.returncode == 0
                    assert old.events("stopped")
                    old = new
            finally:
                stopping.set()
            assert sum(each.result(DEADLINE) for each in clients) > 100


def test_a_backend_that_dies_is_not_the_gates_affair(folder, model_paths):
    ports = {"port": free_port(), "rest_port": free_port()}
    with contextlib.ExitStack() as stack:
        with running(model_paths, **ports) as backend:
            gate = stack.enter_context(running_gate(folder, model_paths))
            envoy = stack.enter_context(running_envoy(folder, backend, gate))
            channel = stack.enter_context(grpc.insecure_channel(envoy.grpc))
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            stub.Predict(request(GOOD), timeout=DEADLINE)
        assert refusal(stub.Predict, request(GOOD)).code() == grpc.StatusCode.UNAVAILABLE
        assert refusal(stub.Predict, request(WRONG_SHAPE)).code() == grpc.StatusCode.INVALID_ARGUMENT
        with running(model_paths, **ports):
            wait_for(lambda: is_answered(stub))


def is_asked(envoy, gate):
    """Whether Envoy holds a gate for healthy."""
    with urllib.request.urlopen(f"http://{envoy.admin}/clusters", timeout=DEADLINE) as answer:
        return f"tensorgate::{gate.address}::health_flags::healthy" in answer.read().decode()


def is_answered(stub, inputs=GOOD):
    try:
        stub.Predict(request(inputs), timeout=DEADLINE)
    except grpc.RpcError:
        return False
    return True


def wait_for(is_so, seconds=30):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
