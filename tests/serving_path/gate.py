"""`tensorgate serve` as a process."""

import contextlib
import dataclasses
import json
import pathlib
import subprocess
import sys

from .processes import answers, free_port, process, wait_until

COMMAND = [sys.executable, "-c", "from tensorgate.cli import main; main()", "serve"]


@dataclasses.dataclass
class Gate:
    """A sidecar, running or not yet.

    Attributes:
        address: host:port of the processor.
        status: host:port of page, metrics and health.
        process: it; None where it does not run.
        log_file: where its log goes.
    """

    address: str
    status: str
    process: subprocess.Popen | None = None
    log_file: pathlib.Path | None = None

    def log(self):
        """Return the lines of the log so far."""
        return [json.loads(line) for line in self.log_file.read_text().splitlines()]

    def events(self, name):
        return [line for line in self.log() if line["event"] == name]


def gate_place():
    """Return addresses where a sidecar may be started."""
    return Gate(f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")


@contextlib.contextmanager
def running_gate(folder, models, *options, at=None, script=None):
    """Start a sidecar for {name: base path}, at given addresses or at free ones, and wait until it is ready.

    A script is run in the place of `tensorgate`.
    """
    place = at or gate_place()
    log = folder / f"gate-{free_port()}.log"
    program = COMMAND if script is None else [sys.executable, str(script), "serve"]
    command = [*program, f"--address={place.address}", f"--status-address={place.status}"]
    command += [] if any(option.startswith("--drain-delay") for option in options) else ["--drain-delay-seconds=0"]
    command += options
    command += [f"--model-base-path={name}={path}" for name, path in models.items()]
    with process(command, log) as started:
        gate = dataclasses.replace(place, process=started, log_file=log)
        wait_until(lambda: log.exists() and '"started"' in log.read_text(), started, log)
        wait_until(lambda: answers(f"http://{gate.status}/status.json"), started, log)
        yield gate
