"""The counters as Prometheus reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from tensorgate.serving.sidecar.status.facts import OK, Status
from tensorgate.serving.sidecar.status.histogram import Histogram, merged
from tensorgate.serving.sidecar.status.traffic import BYTES, SECONDS, Key, Requests


class Metrics:
    """What `/metrics` answers. The counters are read when it is asked, so that requests pay nothing for them."""

    def __init__(self, status: Callable[[], Status]) -> None:
        """Take what gives the facts of the moment."""
        self._registry = CollectorRegistry()
        self._registry.register(_StatusCollector(status))
        ProcessCollector(registry=self._registry)

    def exposition(self, accept: str = "") -> tuple[bytes, str]:
        """Return the text and its content type: Prometheus' format, or OpenMetrics' where the Accept header asks so."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _StatusCollector(Collector):
    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def collect(self) -> Iterable[Metric]:
        status = self._status()
        yield from _service(status)
        yield from _models(status)
        yield from _requests(status.traffic.requests)
        violations = CounterMetricFamily(
            "tensorgate_violations",
            "Requests with a violation of the code at the input, each counted once.",
            labels=("model", "input", "code"),
        )
        for fault, count in status.traffic.faults.items():
            violations.add_metric(_labels(fault), count)
        yield violations

    def describe(self) -> Iterable[Metric]:
        return ()  # else the registry would collect once to learn the names


def _service(status: Status) -> Iterable[Metric]:
    yield _gauge("tensorgate_build_info", "The running version.", ("version",), {(status.version,): 1})
    yield _gauge(
        "tensorgate_mode_info",
        "What is done with a bad request: enforce, monitor or sample.",
        ("mode",),
        {(status.mode,): 1},
    )
    yield _gauge("tensorgate_sample_ratio", "The share of the requests that is judged.", (), {(): status.sample_rate})
    yield _gauge("tensorgate_ready", "1 where /healthz answers 200.", (), {(): float(status.health == OK)})
    yield _gauge("tensorgate_start_time_seconds", "When the gate started.", (), {(): status.started})


def _models(status: Status) -> Iterable[Metric]:
    versions = [(model.name, version) for model in status.models for version in model.versions]
    yield _gauge(
        "tensorgate_model_info",
        "A version whose contract is in force; newest is what a request means that names none.",
        ("model", "version", "newest"),
        {
            (model.name, str(version.number), str(version.number == model.newest).lower()): 1
            for model in status.models
            for version in model.versions
        },
    )
    yield _gauge(
        "tensorgate_contract_loaded_timestamp_seconds",
        "When a version's contract was taken up.",
        ("model", "version"),
        {(name, str(version.number)): version.since for name, version in versions},
    )
    yield _gauge(
        "tensorgate_model_problems",
        "Versions on disk that could not be taken up.",
        ("model",),
        {(model.name,): len(model.problems) for model in status.models},
    )


def _requests(requests: Mapping[Key, Requests]) -> Iterable[Metric]:
    total = CounterMetricFamily("tensorgate_requests", "Requests that were judged.", labels=Key._fields)
    for key, counted in requests.items():
        total.add_metric(_labels("" if part is None else part for part in key), counted.count)
    yield total
    yield _histogram(
        "tensorgate_judging_seconds", "What judging a request took.", SECONDS, requests, lambda counted: counted.seconds
    )
    yield _histogram(
        "tensorgate_request_size_bytes", "Bodies as they came.", BYTES, requests, lambda counted: counted.sizes
    )


def _histogram(
    name: str,
    text: str,
    bounds: Sequence[float],
    requests: Mapping[Key, Requests],
    numbers: Callable[[Requests], Histogram],
) -> Metric:
    parts = defaultdict(list)
    for key, counted in requests.items():
        parts[key.model, key.protocol].append(numbers(counted))
    family = HistogramMetricFamily(name, text, labels=("model", "protocol"))
    for labels, histograms in parts.items():
        whole = merged(bounds, histograms)
        buckets = [(f"{bound:g}" if bound != float("inf") else "+Inf", count) for bound, count in whole.cumulative()]
        family.add_metric(_labels(labels), buckets, whole.total)
    return family


def _gauge(name: str, text: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for given, value in values.items():
        family.add_metric(_labels(given), value)
    return family


def _labels(values: Iterable[object]) -> list[str]:
    # A model's name is a directory's, perhaps, and that need not be UTF-8.
    return [str(value).encode("utf-8", "backslashreplace").decode() for value in values]
