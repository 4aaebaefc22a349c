"""`tensorgate serve` as a process."""

import contextlib
import dataclasses
import json
import subprocess
import sys

from .processes import answers, free_port, process, wait_until

COMMAND = [sys.executable, "-c", "from tensorgate.cli import main; main()", "serve"]


@dataclasses.dataclass
class Gate:
    """A running sidecar.

    Attributes:
        address: host:port of the processor.
        status: host:port of page, metrics and health.
        process: it.
        log_file: where its log goes.
    """

    address: str
    status: str
    process: subprocess.Popen
    log_file: object

    def log(self):
        """Return the lines of the log so far."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def events(self, name):
        return [line for line in self.log() if line["event"] == name]


@contextlib.contextmanager
def running_gate(folder, models, *options, ports=None):
    """Start a sidecar for {name: base path} and wait until it is ready."""
    port, status_port = ports or (free_port(), free_port())
    log = folder / f"gate-{port}-{free_port()}.log"
    command = [*COMMAND, f"--address=127.0.0.1:{port}", f"--status-address=127.0.0.1:{status_port}", *options]
    command += [f"--model-base-path={name}={path}" for name, path in models.items()]
    with process(command, log) as started:
        gate = Gate(f"127.0.0.1:{port}", f"127.0.0.1:{status_port}", started, log)
        wait_until(lambda: log.exists() and '"started"' in log.read_text(), started, log)
        wait_until(lambda: answers(f"http://{gate.status}/status.json"), started, log)
        yield gate
