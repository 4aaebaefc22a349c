"""Envoy, as examples/envoy configures it, with every part on this machine."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil

from .processes import answers, free_port, process, wait_until

BINARY = os.environ.get("TENSORGATE_ENVOY") or shutil.which("envoy")
EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "envoy" / "envoy.yaml"


@dataclasses.dataclass(frozen=True)
class Envoy:
    """Where clients find TensorFlow Serving behind it.

    Attributes:
        grpc: host:port.
        rest: host:port.
        admin: host:port of Envoy's own interface.
        pid: of the process.
    """

    grpc: str
    rest: str
    admin: str
    pid: int


def configuration(backend_grpc, backend_rest, gates, ports, fail_open=False, max_request_bytes=None, body_mode=None):
    """Return the example with other addresses, and nothing else but what is asked for; without ext_proc for no gate."""
    text = EXAMPLE.read_text()

    def put(before, after):
        nonlocal text
        assert text.count(before) == 1, before
        text = text.replace(before, after)

    def address(where):
        host, _, port = where.rpartition(":")
        return f"address: {host}, port_value: {port}"

    put("address: tensorflow-serving, port_value: 8500", address(backend_grpc))
    put("address: tensorflow-serving, port_value: 8501", address(backend_rest))
    start, end = text.index("              - endpoint:\n"), text.index("\n    - name: tensorflow_serving_grpc")
    endpoints = [
        text[start:end]
        .replace("address: tensorgate, port_value: 8600", address(gate.address))
        .replace("port_value: 8601", f"port_value: {gate.status.rpartition(':')[2]}")
        for gate in gates
    ]
    text = text[:start] + "".join(endpoints) + text[end:]
    put("address: 0.0.0.0, port_value: 8500", address(f"127.0.0.1:{ports[0]}"))
    put("address: 0.0.0.0, port_value: 8501", address(f"127.0.0.1:{ports[1]}"))
    if not gates:
        start = text.index("                  - name: envoy.filters.http.ext_proc\n")
        end = text.index("                  - name: envoy.filters.http.router\n")
        text = text[:start] + text[end:]
    if fail_open:
        put("failure_mode_allow: false", "failure_mode_allow: true")
    if max_request_bytes is not None:
        put("&max_request_bytes 67108864", f"&max_request_bytes {max_request_bytes}")
    if body_mode is not None:
        put("request_body_mode: BUFFERED", f"request_body_mode: {body_mode}")
    admin = f"admin: {{ address: {{ socket_address: {{ {address(f'127.0.0.1:{ports[2]}')} }} }} }}\n"
    return re.sub(r"^static_resources:", f"{admin}static_resources:", text, flags=re.MULTILINE)


@contextlib.contextmanager
def running_envoy(folder, backend, *gates, concurrency=1, **options):
    """Start Envoy between clients and a backend, asking the gates."""
    ports = free_port(), free_port(), free_port()
    file = folder / f"envoy-{ports[0]}.yaml"
    file.write_text(configuration(backend.grpc, backend.rest, gates, ports, **options))
    log = file.with_suffix(".log")
    command = [BINARY, "-c", str(file), "--concurrency", str(concurrency), "-l", "warning", "--use-dynamic-base-id"]
    with process(command, log) as started:
        envoy = Envoy(*(f"127.0.0.1:{port}" for port in ports), started.pid)
        wait_until(lambda: answers(f"http://{envoy.admin}/ready"), started, log)
        yield envoy
