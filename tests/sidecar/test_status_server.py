"""The server of page, metrics and health, as clients of all kinds meet it."""

import contextlib
import http.client
import json
import socket
import threading
import time

import pytest

from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status.server import MAX_CONNECTIONS, StatusServer
from tensorgate.serving.sidecar.status.traffic import Traffic

from .scenes import RANKER, accepted, bad, unknown_model

PAGES = ("/", "/metrics", "/status.json", "/healthz")


def started(models=(RANKER,), traffic=None, address="127.0.0.1", mode="enforce", **options):
    traffic = traffic or Traffic(lambda: models)
    server = StatusServer(address, 0, models=lambda: models, traffic=traffic, mode=mode, **options)
    server.start()
    return server


@pytest.fixture(scope="module")
def server():
    """One for all that only ask it."""
    with contextlib.closing(started()) as server:
        yield server


@pytest.fixture
def served():
    """Starts servers, and ends them."""
    with contextlib.ExitStack() as servers:
        yield lambda *given, **options: servers.enter_context(contextlib.closing(started(*given, **options)))


def ask(server, path="/", method="GET", host=None, address="127.0.0.1", **headers):
    connection = http.client.HTTPConnection(address, server.port, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    for name, value in {"Host": host or f"localhost:{server.port}", **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    connection.close()
    return answer


def send(server, data, end=True):
    """What comes back for raw bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(data)
        if end:
            client.shutdown(socket.SHUT_WR)
        return received(client)


def received(client):
    """All until the server ends the connection."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


def loopback_addresses():
    """Those of this machine: a container may have no IPv6."""
    with socket.socket(socket.AF_INET6) as tried, contextlib.suppress(OSError):
        tried.bind(("::1", 0))
        return ["127.0.0.1", "::1"]
    return ["127.0.0.1"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_answered(server, path):
    answer = ask(server, path)
    assert answer.status == 200
    assert answer.text
    types = {"/": "text/html; charset=utf-8", "/status.json": "application/json"}
    assert answer.getheader("Content-Type").startswith(types.get(path, "text/plain"))
    assert answer.getheader("Cache-Control") == "no-store"
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Connection") == "close"


@pytest.mark.parametrize("path", PAGES)
def test_head_is_the_same_without_the_body(server, path):
    got, head = ask(server, path), ask(server, path, "HEAD")
    assert (head.status, head.text) == (200, "")
    assert head.getheader("Content-Type") == got.getheader("Content-Type")
    assert int(head.getheader("Content-Length")) > 0


def test_a_query_is_passed_over(server):
    assert ask(server, "/healthz?verbose=1").text == "ok\n"


@pytest.mark.parametrize("path", ["/nothing", "//", "/metrics/", "/../etc/passwd", "*", "http://localhost/"])
def test_what_is_not_there_is_not_found(server, path):
    answer = ask(server, path)
    assert answer.status == 404
    assert answer.text == "Not Found: here are /, /status.json, /metrics, /healthz\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "get", "BREW"])
def test_other_methods_are_refused(server, method):
    answer = ask(server, "/", method, **{"Content-Length": "0"})
    assert (answer.status, answer.getheader("Allow")) == (405, "GET, HEAD")


def test_a_refusal_arrives_though_a_body_was_sent(server):
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n"
    assert send(server, head + bytes(10_000_000)).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize(
    "data", [b"\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/2\r\n\r\n", b"\x16\x03\x01\x02\r\n\r\n", b"a b c d\r\n\r\n"]
)
def test_what_is_no_http_is_refused(server, data):
    assert send(server, data).startswith(b"HTTP/1.1 400 ")


def test_a_head_has_a_limit(server):
    assert send(server, b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000).startswith(b"HTTP/1.1 400 ")


# Who may ask


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1:8601", "127.1.2.3", "[::1]:8601"])
def test_this_machine_may_ask_by_any_name_of_its_own(server, host):
    assert ask(server, "/status.json", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8601",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.1",
        "[",
        ":",
        "0x7f.1",
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics", "/status.json"])
def test_a_foreign_name_that_points_here_is_refused(server, host, path):
    answer = ask(server, path, host=host)
    assert answer.status == 421
    assert "ranker" not in answer.text


def test_a_request_without_a_host_is_refused(server):
    assert send(server, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    assert send(server, b"GET / HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 421 ")


def test_probes_may_ask_for_the_health_by_any_name(server):
    assert ask(server, "/healthz", host="tensorgate_status").status == 200


def test_every_name_is_known_where_others_may_ask(served):
    assert ask(served(address="0.0.0.0"), host="gate.example").status == 200


@pytest.mark.parametrize("address", loopback_addresses())
def test_it_listens_on_every_loopback_address(served, address):
    assert ask(served(address=address), address=address).status == 200


def test_an_address_that_is_taken_is_an_error(server):
    with pytest.raises(OSError, match="in use"):
        StatusServer("127.0.0.1", server.port, models=tuple, traffic=Traffic(tuple), mode="enforce").start()


# Health


def test_the_health_is_that_of_the_contracts(served):
    models = []
    server = served(models)
    answer = ask(server, "/healthz")
    assert (answer.status, answer.text) == (503, "no model has a contract yet\n")
    models.append(ModelState("late", "/models/late", (), None))
    assert ask(server, "/healthz").status == 503
    models.append(RANKER)
    answer = ask(server, "/healthz")
    assert (answer.status, answer.text) == (200, "ok\n")
    server.draining = True
    answer = ask(server, "/healthz")
    assert (answer.status, answer.text) == (503, "draining\n")
    assert ask(server, "/metrics").status == 200


# What is told


def test_the_facts_are_there_for_machines(served):
    traffic = Traffic(lambda: [RANKER])
    for outcome in (accepted(), bad(), unknown_model("<b>")):
        traffic.record(outcome)
    told = json.loads(ask(served(traffic=traffic), "/status.json").text)
    assert (told["mode"], told["sample_rate"], told["health"]) == ("enforce", 1, "ok")
    (model,) = told["models"]
    assert (model["name"], model["newest"]) == ("ranker", 8)
    assert model["problems"] == [{"version": 9, "problem": RANKER.problems[9]}]
    contract = model["versions"][0]["signatures"]["serving_default"]
    assert contract["inputs"]["dict"]["ids"]["tensor"]["dtype"] == "int64"
    assert {request["verdict"]: request["count"] for request in told["requests"]} == {"accepted": 1, "refused": 1}
    assert {"model": "ranker", "input": "ids", "code": "missing", "requests": 1} in told["violations"]
    assert [refusal["model"] for refusal in told["latest"]] == [None, "ranker"]


def test_the_share_that_is_judged_is_told(served):
    server = served(mode="sample", sample_rate=0.01)
    told = json.loads(ask(server, "/status.json").text)
    assert (told["mode"], told["sample_rate"]) == ("sample", 0.01)
    assert "mode sample 1%" in ask(server).text
    assert "tensorgate_sample_ratio 0.01\n" in ask(server, "/metrics").text


def test_names_without_utf8_are_shown_still(served):
    server = served((ModelState("no UTF-8 \udcff", "/models/\udcfe", (), None, {None: "\udcfd"}),))
    for path in PAGES:
        assert ask(server, path).status in (200, 503)


def test_a_fault_of_its_own_is_answered_and_logged(caplog):
    def broken():
        raise RuntimeError("no states")

    server = StatusServer("127.0.0.1", 0, models=broken, traffic=Traffic(tuple), mode="enforce")
    server.start()
    with contextlib.closing(server):
        answer = ask(server)
    assert answer.status == 500
    assert "no states" in caplog.text
    assert "no states" not in answer.text


# Slow and many


def cut_off_after(client, seconds=5):
    """How long it takes until the server has ended the connection."""
    start = time.monotonic()
    client.settimeout(seconds)
    received(client)
    return time.monotonic() - start


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def test_a_slow_client_is_cut_off(served):
    with connect(served(seconds=0.3)) as client:
        client.sendall(b"GET / HT")
        assert 0.2 < cut_off_after(client) < 3


def test_a_client_that_drips_is_cut_off_too(served):
    server = served(seconds=0.3)
    with connect(server) as client:
        start = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - start < 6:
                client.sendall(b"X")
                time.sleep(0.02)
        assert time.monotonic() - start < 3


def test_a_client_that_does_not_read_is_cut_off(served):
    # More than the buffers of the system hold.
    server = served([ModelState("x" * 20_000_000, "/models", (), None)], seconds=0.3)
    whole = int(ask(server, "/status.json", "HEAD").getheader("Content-Length"))
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.6)
        assert len(received(client)) < whole


def test_slow_clients_hold_up_nobody(server):
    with contextlib.ExitStack() as clients:
        for _ in range(MAX_CONNECTIONS - 4):
            clients.enter_context(connect(server)).sendall(b"GET /")
        start = time.monotonic()
        assert ask(server, "/healthz").status == 200
        assert time.monotonic() - start < 2


def test_connections_are_counted(served):
    server = served(seconds=0.5)
    with contextlib.ExitStack() as clients:
        slow = [clients.enter_context(connect(server)) for _ in range(MAX_CONNECTIONS)]
        assert ask(server, "/healthz").status == 503
        for client in slow:
            cut_off_after(client)
        assert ask(server, "/healthz").status == 200


def test_many_ask_at_once(server):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(server, "/status.json").status)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 16


def test_what_clients_do_wrong_is_not_logged(server, caplog):
    send(server, b"no HTTP\r\n\r\n")
    send(server, b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
    assert caplog.text == ""


@pytest.mark.parametrize("data", [b"", b"GET /", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"])
def test_closing_cuts_off_who_is_still_there(served, caplog, data):
    server = served()
    with connect(server) as client:
        client.sendall(data)
        assert ask(server, "/healthz").status == 200
        start = time.monotonic()
        server.close()
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
        assert time.monotonic() - start < 2
    assert caplog.text == ""
    server.close()


def test_closing_at_once_is_closing(served):
    server = served()
    port = server.port
    server.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)
