"""A backend that gives one answer at once, so that nothing but the way there is measured."""

import base64
import contextlib
import json
import shutil
import socket

from ..serving_path.backend import Backend
from ..serving_path.envoy import BINARY
from ..serving_path.processes import answers, free_port, process, wait_until

NGHTTPD = shutil.which("nghttpd")
_TYPES = "type.googleapis.com/envoy.extensions.filters"
_MOST_BYTES = 1 << 26


@contextlib.contextmanager
def running_instant_backend(folder, path, grpc_answer, rest_answer):
    """Start a backend that answers gRPC requests to a path with a framed message, and REST requests with a body."""
    with _grpc_backend(folder, path, grpc_answer) as grpc, _rest_backend(folder, rest_answer) as rest:
        yield Backend(grpc, rest)


@contextlib.contextmanager
def _grpc_backend(folder, path, answer):
    """nghttpd, which gives a file as the answer and the status as a trailer."""
    port = free_port()
    root = folder / f"nghttpd-{port}"
    (root / path.strip("/")).parent.mkdir(parents=True)
    (root / path.strip("/")).write_bytes(answer)
    log = root.with_suffix(".log")
    command = [NGHTTPD, "--no-tls", "--address=127.0.0.1", f"--htdocs={root}", "--trailer=grpc-status: 0"]
    command += ["--window-bits=26", "--connection-window-bits=26", str(port)]
    with process(command, log) as started:
        wait_until(lambda: _listens(port), started, log)
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def _rest_backend(folder, answer):
    """Envoy, which answers by itself once it has all of a request."""
    port, admin = free_port(), free_port()
    manager = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "instant",
        "route_config": {
            "max_direct_response_body_size_bytes": 1 << 20,
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {
                            "match": {"prefix": "/"},
                            "direct_response": {
                                "status": 200,
                                "body": {"inline_bytes": base64.b64encode(answer).decode()},
                            },
                        }
                    ],
                }
            ],
        },
        "http_filters": [
            _filter("buffer", {"@type": f"{_TYPES}.http.buffer.v3.Buffer", "max_request_bytes": _MOST_BYTES}),
            _filter("router", {"@type": f"{_TYPES}.http.router.v3.Router"}),
        ],
    }
    listener = {
        "address": _address(port),
        "per_connection_buffer_limit_bytes": _MOST_BYTES,
        "filter_chains": [{"filters": [_filter("http", manager)]}],
    }
    file = folder / f"instant-{port}.json"
    file.write_text(json.dumps({"admin": {"address": _address(admin)}, "static_resources": {"listeners": [listener]}}))
    log = file.with_suffix(".log")
    command = [BINARY, "-c", str(file), "--concurrency", "1", "-l", "warning", "--use-dynamic-base-id"]
    with process(command, log) as started:
        wait_until(lambda: answers(f"http://127.0.0.1:{admin}/ready"), started, log)
        yield f"127.0.0.1:{port}"


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _filter(name, config):
    return {"name": name, "typed_config": config}


def _listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
    except OSError:
        return False
    return True
