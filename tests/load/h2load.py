"""Load by h2load, and what it tells of it."""

import contextlib
import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile

BINARY = shutil.which("h2load")
CONNECTIONS = 32
GRPC = ("-H", "content-type: application/grpc", "-H", "te: trailers")
REST = ("--h1", "-H", "content-type: application/json")


@dataclasses.dataclass(frozen=True)
class Load:
    """What a run of h2load gave.

    Attributes:
        seconds: it took.
        good: how many requests were answered with 200.
        data: bytes of all answers' bodies; of gRPC with their frames.
        times: of the requests, in milliseconds, rising.
    """

    seconds: float
    good: int
    data: int
    times: list[float]

    @property
    def rate(self):
        """Requests a second."""
        return len(self.times) / self.seconds

    def percentile(self, share):
        return self.times[min(len(self.times) - 1, int(share / 100 * len(self.times)))]


def load(url, body, headers, number, seconds=120):
    """Send a body a number of times over 32 connections, one request of each at a time."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        pathlib.Path("body").write_bytes(body)
        command = [BINARY, "-n", str(number), "-c", str(min(number, CONNECTIONS)), "-m", "1", "-d", "body"]
        command += ["--log-file=log", *headers, url]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds).stdout
        # Its columns: the start, the status, and microseconds to the end of the answer.
        times = sorted(int(line.split("\t")[2]) / 1000 for line in pathlib.Path("log").read_text().splitlines())
    took = re.search(r"finished in ([\d.]+)(us|ms|s|m)", said)
    seconds = float(took[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60}[took[2]]
    good = int(re.search(r"status codes: (\d+) 2xx", said)[1])
    return Load(seconds, good, int(re.search(r"\((\d+)\) data", said)[1]), times)
