"""The prediction service as a process of its own."""

import contextlib
import dataclasses
import json
import os
import select
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("prediction_service.py")
SECONDS_TO_START = 120


@dataclasses.dataclass(frozen=True)
class Backend:
    """Where a backend listens.

    Attributes:
        grpc: host:port of its gRPC API.
        rest: host:port of its REST API.
        pid: of the process; None where it runs elsewhere.
    """

    grpc: str
    rest: str
    pid: int | None = None


@contextlib.contextmanager
def running(models, *, port=0, rest_port=0, versions="all", labels=(), threads=8, arrivals=None):
    """Start a backend for {name: base path}, wait until it is ready, and end it afterwards."""
    command = [sys.executable, str(SCRIPT), f"--port={port}", f"--rest-port={rest_port}", f"--versions={versions}"]
    command += [f"--threads={threads}", *(f"--model={name}={path}" for name, path in models.items())]
    command += [f"--label={label}" for label in labels]
    command += [] if arrivals is None else [f"--arrivals={arrivals}"]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment) as process:
        try:
            readable, _, _ = select.select([process.stdout], [], [], SECONDS_TO_START)
            line = process.stdout.readline() if readable else b""
            if not line:
                raise RuntimeError("the backend did not start")
            ports = json.loads(line)
            yield Backend(f"127.0.0.1:{ports['port']}", f"127.0.0.1:{ports['rest_port']}", process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
