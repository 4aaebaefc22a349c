"""What the gate costs in Envoy: the same load with it, with one that does nothing, without one, and without Envoy."""

import contextlib
import dataclasses
import pathlib
import random
import statistics
import struct
import tempfile
import urllib.request

import httpx
import numpy as np

from tensorgate.serving import decode_predict_response, encode_predict_request, encode_rest

from ..serving_path.backend import running
from ..serving_path.envoy import running_envoy
from ..serving_path.gate import running_gate
from ..serving_path.model import write_ranker
from . import h2load
from .instant_backend import running_instant_backend
from .proc import processor_seconds

IDLE_GATE = pathlib.Path(__file__).with_name("idle_gate.py")
PREDICT = "/tensorflow.serving.PredictionService/Predict"
REST_PATH = "/v1/models/ranker:predict"
LARGE = 600_000  # bytes
SEED = 7
GATE, IDLE = "the gate", "a gate doing nothing"
BACKENDS = ("TensorFlow", "instant")


@dataclasses.dataclass(frozen=True)
class Case:
    """A request to be sent again and again."""

    name: str
    is_grpc: bool
    body: bytes

    @property
    def headers(self):
        return h2load.GRPC if self.is_grpc else h2load.REST

    def url(self, place):
        """Where it goes at an Envoy or at a backend."""
        return f"http://{place.grpc}{PREDICT}" if self.is_grpc else f"http://{place.rest}{REST_PATH}"

    def answer(self, place):
        """Ask once, by another client than h2load, and return the answer's body: one of a model."""
        headers = [header.split(": ") for header in self.headers[1::2] if ": " in header]
        with httpx.Client(http1=not self.is_grpc, http2=self.is_grpc, timeout=60) as client:
            got = client.post(self.url(place), content=self.body, headers=headers)
        assert got.status_code == 200, got
        if self.is_grpc:
            # httpx shows no trailers: a refusal has its status among the headers, and no body.
            assert got.headers.get("grpc-status", "0") == "0", got.headers
            assert decode_predict_response(got.content[5:]).outputs["score"].dtype == np.float32
        else:
            assert got.json()["predictions"]
        return got.content


def cases():
    """Return small and large requests of each kind."""
    random_numbers = np.random.default_rng(SEED)

    def batch(rows):
        image = random_numbers.random((rows, 8, 8, 3), np.float32)
        return {"image": image, "ids": random_numbers.integers(0, 1000, (rows, 4))}

    def grpc(rows):
        message = encode_predict_request(batch(rows), model_name="ranker")
        return struct.pack(">BI", 0, len(message)) + message

    def rest(rows):
        return bytes(encode_rest(batch(rows)))

    return [
        Case("gRPC, 2 rows", True, grpc(2)),
        Case("gRPC, 600 KB", True, grpc(LARGE // (len(grpc(100)) // 100))),
        Case("REST, 2 rows", False, rest(2)),
        Case("REST, 600 KB", False, rest(LARGE // (len(rest(100)) // 100))),
    ]


@dataclasses.dataclass(frozen=True)
class Way:
    """From h2load to the backend.

    Attributes:
        place: where it begins.
        gate: on the way; None where there is none.
        judges: whether it counts what passes.
    """

    name: str
    place: object
    gate: object = None
    judges: bool = False


@dataclasses.dataclass
class Runs:
    """What came of one case on one way: a number a round.

    Attributes:
        gate_ms: processor time of the gate's process for a request.
    """

    rates: list = dataclasses.field(default_factory=list)
    p50: list = dataclasses.field(default_factory=list)
    p99: list = dataclasses.field(default_factory=list)
    gate_ms: list = dataclasses.field(default_factory=list)


def accepted(gate):
    """How many requests a gate has let pass as good, by its own metrics."""
    with urllib.request.urlopen(f"http://{gate.status}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    counted = [line for line in lines if line.startswith("tensorgate_requests_total") and 'verdict="accepted"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in counted)


def run(case, way, number):
    """Load one way; every request must have come through it rightly."""
    answer = case.answer(way.place)
    before = way.gate and (accepted(way.gate), processor_seconds(way.gate.process.pid))
    got = h2load.load(case.url(way.place), case.body, case.headers, number)
    # A refused gRPC call is a 200 as well, but one without a body.
    assert (got.good, got.data, len(got.times)) == (number, number * len(answer), number), (way.name, case.name, got)
    if way.gate is None:
        return got, 0.0
    spent = processor_seconds(way.gate.process.pid) - before[1]
    assert accepted(way.gate) - before[0] == (number if way.judges else 0), way.name
    return got, 1000 * spent / number


def compare(case, ways, rounds, seconds):
    """Return {way's name: Runs}: each way once a round, in a fresh order."""
    answers = {case.answer(way.place) for way in ways}
    assert len(answers) == 1, case.name  # agreement before time
    warm = [run(case, way, 256)[0] for way in ways]
    number = max(64, int(seconds * warm[0].rate))
    order = random.Random(SEED)
    runs = {way.name: Runs() for way in ways}
    for _ in range(rounds):
        for way in order.sample(ways, len(ways)):
            got, gate_ms = run(case, way, number)
            into = runs[way.name]
            into.rates.append(got.rate)
            into.p50.append(got.percentile(50))
            into.p99.append(got.percentile(99))
            into.gate_ms.append(gate_ms)
    return runs


@contextlib.contextmanager
def ways(folder, backend, models):
    """Start two gates and three Envoys before a backend, and give the four ways to it."""
    with contextlib.ExitStack() as stack:
        gate = stack.enter_context(running_gate(folder, models))
        idle = stack.enter_context(running_gate(folder, models, script=IDLE_GATE))
        yield [
            Way(GATE, stack.enter_context(running_envoy(folder, backend, gate)), gate, judges=True),
            Way(IDLE, stack.enter_context(running_envoy(folder, backend, idle)), idle),
            Way("no ext_proc", stack.enter_context(running_envoy(folder, backend))),
            Way("no Envoy", backend),
        ]


def measure(rounds, seconds, names=(), backends=BACKENDS):
    """Yield (backend, case, {way: Runs}) for each."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write_ranker(folder / "ranker", 1)
        models = {"ranker": folder / "ranker"}
        with running(models) as backend:
            wanted = [case for case in cases() if not names or case.name in names]
            for kind in backends:
                for case in wanted:
                    with contextlib.ExitStack() as stack:
                        behind = backend
                        if kind == "instant":
                            answer = case.answer(backend)
                            behind = stack.enter_context(running_instant_backend(folder, PREDICT, answer, answer))
                        all_ways = stack.enter_context(ways(folder, behind, models))
                        yield kind, case, compare(case, all_ways, rounds, seconds)


def ratios(runs):
    """Return what the gate's rate is of the idle one's, for each round."""
    gate, idle = (runs[way].rates for way in (GATE, IDLE))
    return [ours / theirs for ours, theirs in zip(gate, idle, strict=True)]


def quartiles(numbers):
    """Return the lower quartile, the median and the upper one."""
    return statistics.quantiles(numbers, n=4, method="inclusive")
