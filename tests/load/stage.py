"""All parts of a soak, and what may befall them."""

import contextlib
import os
import shutil
import signal
import time
import urllib.request

from ..serving_path.backend import running
from ..serving_path.envoy import running_envoy
from ..serving_path.gate import gate_place, running_gate
from ..serving_path.model import write_ranker
from ..serving_path.processes import end, free_port
from .kinds import MAX_REQUEST_BYTES

SECONDS_TO_COME_BACK = 90


class Stage:
    """Envoy, one gate of two places, and a backend, all running; a context manager.

    Args:
        folder: for models and logs.
        outages: is told when a part is away.
        versions: how many the ranker may have in all.
    """

    def __init__(self, folder, outages, versions):
        self._folder = folder
        self._outages = outages
        self._coming = folder / "coming"
        self._models = {"ranker": folder / "ranker"}
        self._last = versions
        self._stack = contextlib.ExitStack()
        self._ports = {"port": free_port(), "rest_port": free_port()}
        self._places = [gate_place(), gate_place()]
        self.arrivals = folder / "arrivals"
        self.newest = 1
        self.versions = frozenset({1})  # of which an answer may be

    def __enter__(self):
        for version in range(1, self._last + 1):
            write_ranker(self._coming, version)
        self._models["ranker"].mkdir()
        (self._coming / "1").rename(self._models["ranker"] / "1")
        try:
            self.backend = self._start_backend()
            self.gate = self._start_gate(0)
            self.envoy = self._stack.enter_context(running_envoy(self._folder, self.backend, *self._places))
            wait_for(lambda: self._is_asked(0))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def swap_version(self):
        """Put a new version of the ranker beside the present one, and take that away once the new one answers."""
        old, new = self.newest, self.newest + 1
        self.versions = frozenset({old, new})
        self.newest = new
        (self._coming / str(new)).rename(self._models["ranker"] / str(new))
        wait_for(lambda: any(event["version"] == new for event in self.gate.events("contract_taken_up")))
        wait_for(lambda: b'"AVAILABLE"' in self._model_status(new))
        time.sleep(1)  # what is in flight may still be the old one's
        self.versions = frozenset({new})
        shutil.rmtree(self._models["ranker"] / str(old))

    def take_over(self):
        """Start another gate, and tell the present one to end once Envoy asks the other."""
        old, place = self.gate, 1 - self._place
        new = self._start_gate(place)
        wait_for(lambda: self._is_asked(place))
        self.gate = new
        end(old.process, seconds=60)
        if old.process.returncode or not old.events("stopped"):
            raise AssertionError(f"a gate did not end by itself: {old.process.returncode}, {old.log()[-3:]}")

    def kill_gate(self):
        """Kill the only gate, and start it again once Envoy knows."""
        self._outages.begin("gate")
        self.gate.process.kill()
        self.gate.process.wait(20)
        wait_for(lambda: not self._is_asked(self._place))
        self.gate = self._start_gate(self._place)
        wait_for(lambda: self._is_asked(self._place))
        self._outages.end("gate")

    def stall_gate(self):
        """Let the only gate stand still for longer than a health check takes, as on a machine that is overloaded."""
        self.gate.process.send_signal(signal.SIGSTOP)
        time.sleep(1.8)
        self.gate.process.send_signal(signal.SIGCONT)

    def kill_backend(self):
        """Kill the backend, and start it again."""
        self._outages.begin("backend")
        os.kill(self.backend.pid, signal.SIGKILL)
        time.sleep(1)
        self.backend = self._start_backend()
        self._outages.end("backend")

    def _start_backend(self):
        return self._stack.enter_context(
            running(self._models, arrivals=self.arrivals, **self._ports, versions="latest")
        )

    def _start_gate(self, place):
        self._place = place
        options = [f"--max-request-bytes={MAX_REQUEST_BYTES}", "--drain-delay-seconds=3", "--poll-seconds=0.2"]
        options += [f"--tensorflow-serving=http://127.0.0.1:{self._ports['rest_port']}"]
        return self._stack.enter_context(running_gate(self._folder, self._models, *options, at=self._places[place]))

    def _is_asked(self, place):
        """Whether Envoy holds a gate for healthy."""
        with urllib.request.urlopen(f"http://{self.envoy.admin}/clusters", timeout=20) as answer:
            return f"tensorgate::{self._places[place].address}::health_flags::healthy" in answer.read().decode()

    def _model_status(self, version):
        with contextlib.suppress(OSError):
            url = f"http://{self.backend.rest}/v1/models/ranker"
            with urllib.request.urlopen(url, timeout=20) as answer:
                told = answer.read()
                return told if f'"version": "{version}"'.encode() in told else b""
        return b""


def wait_for(is_so, seconds=SECONDS_TO_COME_BACK):
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"nothing changed in {seconds} s")
        time.sleep(0.05)
