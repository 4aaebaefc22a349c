"""/metrics as Prometheus reads it."""

import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status.facts import OK, Status
from tensorgate.serving.sidecar.status.metrics import Metrics
from tensorgate.serving.sidecar.status.traffic import Traffic

from .scenes import HOSTILE, RANKER, accepted, bad, unknown_model


def samples(models=(RANKER,), outcomes=(), health=OK):
    traffic = Traffic(lambda: models)
    for outcome in outcomes:
        traffic.record(outcome)
    status = Status("1.2.3", "sample", 0.01, health, 1000.0, time.time(), models, traffic.snapshot())
    text, content_type = Metrics(lambda: status).exposition()
    assert content_type.startswith("text/plain")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def labels(**given):
    return sorted(given.items())


def test_requests_and_violations_are_counters():
    found = samples(outcomes=[accepted(), accepted(), bad(), unknown_model()])
    kind = {"protocol": "grpc", "method": "Predict"}
    name = "tensorgate_requests_total"
    assert found[name, *labels(model="ranker", version="8", verdict="accepted", **kind)] == 2
    assert found[name, *labels(model="ranker", version="8", verdict="refused", **kind)] == 1
    assert found[name, *labels(model="(none)", version="", verdict="refused", **kind)] == 1
    assert found["tensorgate_violations_total", *labels(model="ranker", input="ids", code="missing")] == 1
    assert found["tensorgate_violations_total", *labels(model="(none)", input="(request)", code="unknown_model")] == 1


def test_times_and_sizes_are_histograms():
    found = samples(outcomes=[accepted(seconds=1e-6, size=10), accepted(seconds=0.3, size=1000, version=7)])
    of = {"model": "ranker", "protocol": "grpc"}
    buckets = {
        dict(key[1:])["le"]: value for key, value in found.items() if key[0] == "tensorgate_judging_seconds_bucket"
    }
    assert (buckets["1e-06"], buckets["0.2"], buckets["0.5"], buckets["+Inf"]) == (1, 1, 2, 2)
    assert list(buckets.values()) == sorted(buckets.values())
    assert found["tensorgate_judging_seconds_count", *labels(**of)] == 2
    assert found["tensorgate_judging_seconds_sum", *labels(**of)] == pytest.approx(0.300001)
    assert found["tensorgate_request_size_bytes_sum", *labels(**of)] == 1010


def test_the_service_and_its_models_are_told():
    found = samples()
    assert found["tensorgate_build_info", *labels(version="1.2.3")] == 1
    assert found["tensorgate_mode_info", *labels(mode="sample")] == 1
    assert found["tensorgate_sample_ratio",] == 0.01
    assert found["tensorgate_ready",] == 1
    assert found["tensorgate_start_time_seconds",] == 1000
    assert found["tensorgate_model_info", *labels(model="ranker", version="8", newest="true")] == 1
    assert found["tensorgate_model_info", *labels(model="ranker", version="7", newest="false")] == 1
    loaded = found["tensorgate_contract_loaded_timestamp_seconds", *labels(model="ranker", version="8")]
    assert loaded == RANKER.versions[0].since
    assert found["tensorgate_model_problems", *labels(model="ranker")] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_a_draining_gate_is_not_ready():
    assert samples(health="draining")["tensorgate_ready",] == 0


@pytest.mark.parametrize("name", [HOSTILE, 'quote " backslash \\ newline \n', "no UTF-8 \udcff"])
def test_names_stay_within_their_labels(name):
    models = (ModelState(name, "/models", (), None),)
    names = {dict(key[1:]).get("model") for key in samples(models, [accepted(model=name)])}
    assert names == {None, name.replace("\udcff", "\\udcff")}


def test_openmetrics_is_spoken_where_it_is_asked_for():
    status = Status("1", "monitor", 1.0, OK, 0.0, 1.0, (RANKER,), Traffic(lambda: ()).snapshot())
    text, content_type = Metrics(lambda: status).exposition("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert text.endswith(b"# EOF\n")
