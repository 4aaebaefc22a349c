"""Contracts that come and go with the version directories."""

import contextlib
import json
import shutil
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

import tensorgate as tg
from tensorgate.serving import WatchedModels
from tensorgate.serving.availability import available_versions
from tensorgate.serving.model_config import ModelConfig
from tensorgate.serving.watched_models import MAX_VERSIONS

from . import wire


@pytest.fixture
def base(tmp_path, write):
    """Writes versions of a model: base(3) has an input of size 3."""

    def put(version, size=None):
        write(wire.model({"x": wire.tensor_info((size or version,))}), f"ranker/{version}")
        return tmp_path / "ranker"

    put(1)
    return put


def size(models, *request):
    return models.signatures("ranker", *request)["serving_default"].inputs["x"].shape[0]


def refusal(models, *request):
    with pytest.raises(tg.ValidationError) as raised:
        models.version(*request)
    (violation,) = raised.value.violations
    return violation.path, violation.code, raised.value.grpc_code, raised.value.http_status


def watched(base, **options):
    return WatchedModels({"ranker": base(1)}, **options)


def test_a_new_version_is_taken_up_and_the_old_one_may_still_be_asked_for(base):
    models = watched(base)
    base(2)
    assert size(models) == 1
    models.poll()
    assert (size(models), size(models, 1), size(models, 2)) == (2, 1, 2)


def test_the_newest_is_the_highest_number(base):
    models = watched(base)
    base(10)
    base(9)
    models.poll()
    assert models.version("ranker").number == 10


def test_a_broken_version_is_reported_and_the_old_one_stays(base, tmp_path):
    events = []
    models = watched(base, on_event=lambda kind, facts: events.append((kind, facts["version"])))
    broken = tmp_path / "ranker" / "2"
    broken.mkdir()
    models.poll()
    (broken / "saved_model.pb").write_bytes(b"\x0a\x7fxx")
    models.poll()
    models.poll()
    assert size(models) == 1
    (state,) = models.states()
    assert "2/saved_model.pb: byte 1: a length of 127 bytes" in state.problems[2]
    assert (state.newest, [version.number for version in state.versions]) == (1, [1])
    base(2)
    models.poll()
    assert size(models) == 2
    assert models.states()[0].problems == {}
    assert events == [
        ("contract_taken_up", 1),
        ("contract_problem", 2),
        ("contract_problem", 2),
        ("contract_taken_up", 2),
    ]


def test_a_version_that_is_written_anew_is_read_anew(base, tmp_path):
    models = watched(base)
    since = models.version("ranker").since
    base(1, size=7)
    models.poll()
    assert size(models) == 7
    assert models.version("ranker").since >= since
    (tmp_path / "ranker" / "1" / "saved_model.pb").write_bytes(b"\x0a\x7fxx")
    models.poll()
    assert size(models) == 7


def test_a_contract_beside_the_model_counts_when_it_comes(base, tmp_path):
    models = watched(base)
    extra = tmp_path / "ranker" / "1" / "assets.extra"
    extra.mkdir()
    (extra / "tensorgate.json").write_text("{")
    models.poll()
    assert "tensorgate.json" in models.states()[0].problems[1]
    assert size(models) == 1


def test_a_version_that_goes_is_dropped_but_for_the_last_one(base, tmp_path):
    events = []
    models = watched(base, on_event=lambda kind, facts: events.append((kind, facts["version"])))
    base(2)
    models.poll()
    shutil.rmtree(tmp_path / "ranker" / "1")
    models.poll()
    assert refusal(models, "ranker", 1) == ("model_spec.version", "unknown_model", 5, 404)
    shutil.rmtree(tmp_path / "ranker" / "2")
    models.poll()
    assert size(models) == 2
    assert "no version" in models.states()[0].problems[None]
    (tmp_path / "ranker").rmdir()
    models.poll()
    assert size(models) == 2
    assert "No such file" in models.states()[0].problems[None]
    assert ("contract_dropped", 1) in events


def test_policies_and_labels_are_tensorflow_servings(base, tmp_path):
    for version in (2, 3):
        base(version)
    path = str(tmp_path / "ranker")
    latest = WatchedModels([ModelConfig("ranker", path, version_labels={"stable": 1, "gone": 9})])
    assert (size(latest), size(latest, None, "stable")) == (3, 1)
    assert latest.states()[0].versions[-1].labels == ("stable",)
    # As TensorFlow Serving has it: an unknown label is an invalid argument.
    assert refusal(latest, "ranker", None, "stabel") == ("model_spec.version_label", "unknown_model", 3, 400)
    assert refusal(latest, "ranker", None, "gone") == ("model_spec.version", "unknown_model", 5, 404)
    specific = WatchedModels([ModelConfig("ranker", path, specific=(1, 2))])
    assert (size(specific), size(specific, 1)) == (2, 1)


def test_a_version_that_the_server_has_not_loaded_is_not_meant_yet(base):
    available = {1}
    models = watched(base, available=lambda _: frozenset(available))
    base(2)
    models.poll()
    assert (size(models), size(models, 2)) == (1, 2)
    available.add(2)
    models.poll()
    assert size(models) == 2


def test_where_the_server_can_not_tell_the_newest_on_disk_is_meant(base):
    models = watched(base, available=lambda _: None)
    base(2)
    models.poll()
    assert size(models) == 2


def test_of_years_of_versions_the_newest_are_read(base):
    for version in range(2, MAX_VERSIONS + 12):
        base(version)
    models = watched(base)
    assert len(models.states()[0].versions) == MAX_VERSIONS


def test_what_is_no_version_is_passed_over(base, tmp_path):
    for name in ("latest", "-3", "1.5", "٣", "9" * 30, str(1 << 63)):
        (tmp_path / "ranker" / name).mkdir()
    (tmp_path / "ranker" / "78").symlink_to("78")
    (tmp_path / "ranker" / "77").write_text("a file")
    models = watched(base)
    assert [version.number for version in models.states()[0].versions] == [1]
    assert models.states()[0].problems == {}


def test_without_any_version_every_request_is_refused(tmp_path):
    models = WatchedModels({"ranker": tmp_path})
    assert refusal(models, "ranker") == ("model_spec.version", "unknown_model", 5, 404)
    assert refusal(models, "rank") == ("model_spec.name", "unknown_model", 5, 404)
    assert refusal(models, "") == ("model_spec.name", "missing", 3, 400)


def test_models_may_be_configured_anew(base, tmp_path):
    models = watched(base)
    before = models.version("ranker")
    models.configure([ModelConfig("other", str(tmp_path / "ranker")), ModelConfig("ranker", str(tmp_path / "ranker"))])
    assert models.version("ranker") == before
    assert models.version("other").number == 1
    for configs in ([], [ModelConfig("a", "x"), ModelConfig("a", "y")]):
        with pytest.raises(ValueError, match="no model to serve|two models have one name"):
            models.configure(configs)
    assert models.version("other").number == 1


def test_a_thread_of_its_own_looks(base):
    with watched(base, poll_seconds=0.01) as models:
        base(2)
        deadline = time.monotonic() + 20
        while size(models) == 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert "tensorgate-models" not in {thread.name for thread in threading.enumerate()}


def test_the_thread_goes_on_where_a_function_that_was_given_fails(base, caplog):
    told = []

    def on_event(kind, facts):
        told.append((kind, facts["version"]))
        if facts["version"] == 2:
            raise RuntimeError("no more disk")

    with watched(base, poll_seconds=0.01, on_event=on_event):
        for version in (2, 3):
            base(version)
            deadline = time.monotonic() + 20
            while ("contract_taken_up", version) not in told:
                assert time.monotonic() < deadline
                time.sleep(0.01)
    assert "no more disk" in caplog.text


def test_a_look_that_takes_long_does_not_undo_what_is_configured_meanwhile(base, tmp_path):
    looking, configured = threading.Event(), threading.Event()

    def available(_):
        if threading.current_thread() is slow:
            looking.set()
            configured.wait(0.3)

    slow = threading.Thread(target=lambda: models.poll())
    models = watched(base, available=available)
    slow.start()
    looking.wait(20)
    models.configure([ModelConfig("other", str(tmp_path / "ranker"))])
    configured.set()
    slow.join(20)
    assert [state.name for state in models.states()] == ["other"]


def test_readers_see_whole_states_while_versions_come(base):
    models = watched(base)
    seen = set()
    stopping = threading.Event()

    def read():
        while not stopping.is_set():
            found = models.version("ranker")
            seen.add((found.number, found.signatures["serving_default"].inputs["x"].shape[0]))

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for version in range(2, 20):
        base(version)
        models.poll()
    stopping.set()
    for reader in readers:
        reader.join()
    assert all(number == of_size for number, of_size in seen)


@contextlib.contextmanager
def answering(*pieces, pause=0.0):
    """A server that sends the same bytes to whoever connects, whatever is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connected, _ = listener.accept()
            with connected, contextlib.suppress(OSError):
                connected.recv(1 << 16)
                for piece in pieces:
                    connected.sendall(piece)
                    time.sleep(pause)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(20)


@pytest.mark.parametrize(
    "answer",
    [
        b"\0\0\x18\x04\0\0\0\0\0",  # HTTP/2: gRPC's port
        b"",
        b"HTTP/1.1 200 " + b"a" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000,
        b'HTTP/1.1 200 OK\r\n\r\n{"model_version_status": [{"version": 1e999, "state": "AVAILABLE"}]}',
    ],
)
def test_what_is_no_answer_of_tensorflow_servings_says_nothing(answer):
    with answering(answer) as url:
        assert available_versions(url, "ranker") is None


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_trickles_is_not_waited_for(head):
    with answering(head, *[b"H"] * 20, pause=0.1) as url:
        begin = time.monotonic()
        assert available_versions(url, "ranker", timeout_seconds=0.3) is None
        assert time.monotonic() - begin < 1.5


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"model_version_status": [{"version": "2", "state": "AVAILABLE"}, {"version": "3", "state": "LOADING"}]}, {2}),
        ({"model_version_status": []}, set()),
        ({"error": "no such model"}, None),
        ([], None),
        ("nonsense", None),
    ],
)
def test_a_server_is_asked_for_what_it_has_loaded(answer, expected):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{" if answer == "nonsense" else json.dumps(answer).encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        found = available_versions(f"http://127.0.0.1:{server.server_port}/", "a b")
        thread.join(20)
    assert found == (None if expected is None else frozenset(expected))
    assert asked == ["/v1/models/a%20b"]
