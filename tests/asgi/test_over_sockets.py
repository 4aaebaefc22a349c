"""The gate in a real server, with clients that are slow, that stop, that lie, and that do not end."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tensorgate.serving import Limits
from tensorgate.serving.asgi import ValidatingMiddleware

from .apps import BAD, GOOD, MODELS, PATH, Recorder, images, zipped
from .server import SECONDS, Client, chunked, request, served, until

LIMIT = 1 << 20


@pytest.fixture(params=["h11", "httptools"])
def server(request):
    app = Recorder()
    gate = ValidatingMiddleware(app, MODELS, limits=Limits(max_request_bytes=LIMIT))
    with served(gate, request.param) as port:
        yield app, port


def test_good_and_bad_requests_share_a_connection(server):
    app, port = server
    with Client(port) as client:
        for body, status in [(GOOD, 200), (BAD, 400), (b"", 400), (GOOD, 200), (zipped(GOOD), 400), (GOOD, 200)]:
            client.send(request(PATH, body))
            assert client.answer()[0] == status
    assert app.bodies == [GOOD] * 3


def test_requests_that_come_at_once_are_answered_in_their_order(server):
    _, port = server
    with Client(port) as client:
        client.send(b"".join(request(PATH, body) for body in (GOOD, BAD, GOOD)))
        assert [client.answer()[0] for _ in range(3)] == [200, 400, 200]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunks_are_one_body(server, size):
    app, port = server
    with Client(port) as client:
        client.send(b"".join(chunked(PATH, *(GOOD[at : at + size] for at in range(0, len(GOOD), size)))))
        assert client.answer()[::2] == (200, b"21.5")
    assert app.bodies == [GOOD]


def test_a_slow_body_is_waited_for(server):
    app, port = server
    with Client(port) as client:
        head, *parts = chunked(PATH, GOOD[:9], GOOD[9:])
        client.send(head + parts[0])
        assert client.is_silent()
        assert app.scopes == []
        client.send(b"".join(parts[1:]))
        assert client.answer()[0] == 200


def test_a_body_that_stops_never_reaches_the_app(server):
    app, port = server
    with Client(port) as client:
        client.send(request(PATH, GOOD)[:-1])
        assert client.is_silent()
        client.socket.shutdown(socket.SHUT_WR)
        client.is_closed()
    with Client(port) as client:
        client.send(request(PATH, GOOD))
        assert client.answer()[0] == 200
    assert len(app.scopes) == 1


def test_a_large_body_is_refused_before_a_byte_of_it(server):
    app, port = server
    with Client(port) as client:
        client.send(request(PATH, b"", f"content-length: {LIMIT + 1}", size=False))
        status, headers, body = client.answer()
        assert (status, headers["connection"]) == (413, "close")
        assert json.loads(body)["violations"] == [
            {"path": "request", "code": "too_large", "expected": f"at most {LIMIT} bytes", "got": str(LIMIT + 1)}
        ]
    assert app.scopes == []


def test_a_client_that_asks_before_it_sends_is_told_to_go_on_or_not_to(server):
    app, port = server
    expecting = "expect: 100-continue"
    with Client(port) as client:
        client.send(request(PATH, b"", expecting, f"content-length: {len(GOOD)}", size=False))
        assert client.answer()[0] == 100
        client.send(GOOD)
        assert client.answer()[0] == 200
        client.send(request(PATH, b"", expecting, f"content-length: {LIMIT + 1}", size=False))
        assert client.answer()[0] == 413
    assert len(app.scopes) == 1


def test_a_body_without_end_is_refused_while_it_comes(server):
    app, port = server
    with Client(port) as client:
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        client.send(chunked(PATH)[0] + chunk * (LIMIT // 65536 + 1))
        status, headers, _ = client.answer()
        assert (status, headers["connection"]) == (413, "close")
        # The client goes on for a while, as it has not looked yet, and is not cut off.
        client.send(chunk * 100)
        assert client.is_silent()
        client.send(b"0\r\n\r\n")
        assert client.is_closed()
    assert app.scopes == []


@pytest.mark.parametrize("size", [LIMIT + 1, 20 * LIMIT])
def test_a_client_that_sends_all_before_it_looks_gets_its_answer(server, size):
    _, port = server
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.request("POST", PATH, bytes(size))
    answer = connection.getresponse()
    assert answer.status == 413
    assert b"too_large" in answer.read()
    connection.close()


def test_a_client_that_goes_on_without_end_is_cut_off(server, monkeypatch):
    monkeypatch.setattr("tensorgate.serving.asgi._LINGERED_SECONDS", 0.3)
    _, port = server
    endless = (b"10000\r\n" + b" " * 65536 + b"\r\n" for _ in range(1_000_000))
    with Client(port) as client:
        client.send(chunked(PATH)[0])
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            any(client.send(chunk) for chunk in endless)


def test_a_client_that_leaves_while_its_answer_is_made_harms_nobody(server):
    app, port = server
    _, body = images(1)
    for _ in range(20):
        with Client(port) as client:
            client.send(request("/v1/models/images:predict", body))
    until(lambda: len(app.scopes) == 20)
    with Client(port) as client:
        client.send(request(PATH, GOOD))
        assert client.answer()[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/ranker%3Apredict",
        "/v1%2fmodels/ranker:predict",
        "/V1/models/ranker:Predict",
        "/serving/v1/models/ranker:predict",
        "/v1/models/ranker:predict?x=1",
        "/v1/models/ranker:predict/",
        "/v1//models/ranker:predict",
        "/v1/models/x/../ranker:predict",
        "/v1/models/ranker%253Apredict",
    ],
)
def test_no_way_of_writing_a_path_gets_a_bad_request_through(server, path):
    app, port = server
    with Client(port) as client:
        client.send(request(path, BAD))
        assert client.answer()[0] == 400
    assert app.scopes == []


def test_many_at_once_get_each_their_own(server):
    app, port = server
    _, large = images(1)
    answers = []
    lock = threading.Lock()

    def talk(index):
        with Client(port) as client:
            for turn in range(10):
                body = GOOD.replace(b"6.5", str(index * 100 + turn).encode())
                client.send(request(PATH, body))
                status, _, answer = client.answer()
                with lock:
                    answers.append((status, float(answer) - (index * 100 + turn)))
                client.send(request("/v1/models/images:predict", large))
                assert client.answer()[0] == 200
                client.send(request(PATH, BAD))
                assert client.answer()[0] == 400

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(talk, range(8)))
    assert answers == [(200, 15.0)] * 80
    assert len(app.bodies) == 160
