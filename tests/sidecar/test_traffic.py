"""What is counted, and that counting is bounded."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

from tensorgate import ValidationError, Violation
from tensorgate.serving.model_state import ModelState
from tensorgate.serving.sidecar.status import traffic as module
from tensorgate.serving.sidecar.status.traffic import WINDOW, Fault, Key, Traffic

from .scenes import HOSTILE, RANKER, accepted, bad, predict_error, rest_error, unknown_model


@pytest.fixture
def traffic():
    return Traffic(lambda: [RANKER])


def counts(traffic):
    return {key: requests.count for key, requests in traffic.snapshot().requests.items()}


def test_requests_are_counted_by_what_they_are_and_what_became_of_them(traffic):
    for outcome in (accepted(), accepted(), accepted(protocol="rest", version=7), bad(), bad(refused=False)):
        traffic.record(outcome)
    assert counts(traffic) == {
        Key("ranker", 8, "grpc", "Predict", "accepted"): 2,
        Key("ranker", 7, "rest", "Predict", "accepted"): 1,
        Key("ranker", 8, "grpc", "Predict", "refused"): 1,
        Key("ranker", 8, "grpc", "Predict", "let_pass"): 1,
    }


def test_a_request_for_no_served_model_counts_under_none_whatever_name_it_gave(traffic):
    for number in range(50):
        traffic.record(unknown_model(f"model{number}"))
    assert counts(traffic) == {Key("(none)", None, "grpc", "Predict", "refused"): 50}
    assert traffic.snapshot().faults == {Fault("(none)", "(request)", "unknown_model"): 50}


def test_a_violation_counts_once_a_request_by_input_and_code(traffic):
    traffic.record(bad(rest_error(b'{"instances": [{"image": [[0, null], [null, 2]], "ids": ["a", "b"]}, {"y": 1}]}')))
    assert traffic.snapshot().faults == {
        Fault("ranker", "image", "dtype"): 1,
        Fault("ranker", "ids", "dtype"): 1,
        Fault("ranker", "(other)", "unexpected"): 1,
        Fault("ranker", "image", "missing"): 1,
        Fault("ranker", "ids", "missing"): 1,
    }


def test_names_of_inputs_are_those_of_the_contract_alone(traffic):
    for number in range(50):
        traffic.record(bad(predict_error(**{f"{HOSTILE}{number}": np.zeros(1, np.float32)})))
    assert traffic.snapshot().faults == {Fault("ranker", "(other)", "unexpected"): 50}


def test_a_model_that_comes_later_brings_its_names():
    states = []
    traffic = Traffic(lambda: states)
    traffic.record(bad())
    states = [RANKER]
    traffic.record(bad())
    assert list(traffic.snapshot().faults) == [Fault("ranker", "(other)", "missing"), Fault("ranker", "ids", "missing")]


def test_counters_have_a_limit(traffic, monkeypatch):
    monkeypatch.setattr(module, "MAX_NAMES", 3)
    for version in range(20):
        traffic.record(accepted(version=version))
    assert len(counts(traffic)) == 4
    assert counts(traffic)[Key("(other)", None, "grpc", "Predict", "accepted")] == 17
    for code in ("missing", "dtype", "rank", "dim", "ragged"):
        traffic.record(bad(ValidationError("x", [Violation("inputs['ids']", code)])))
    assert len(traffic.snapshot().faults) == 5
    assert traffic.snapshot().faults[Fault("(other)", "(other)", "ragged")] == 1


def test_sizes_and_times_fall_into_their_buckets(traffic):
    for size, seconds in ((64, 1e-6), (65, 1.1e-6), (1 << 40, 5.0)):
        traffic.record(accepted(size=size, seconds=seconds))
    (requests,) = traffic.snapshot().requests.values()
    assert requests.sizes.counts[:2] == [1, 1]
    assert requests.sizes.counts[-1] == 1
    assert requests.sizes.total == 129 + (1 << 40)
    assert requests.seconds.counts[:2] == [1, 1]
    assert requests.seconds.counts[-1] == 1
    assert requests.seconds.total == pytest.approx(5 + 2.1e-6)


def test_the_latest_bad_requests_are_kept_newest_first():
    traffic = Traffic(lambda: [RANKER], max_refusals=3)
    for size in range(5):
        traffic.record(bad(size=size, refused=size % 2 == 0))
    latest = traffic.snapshot().latest
    assert [(refusal.number, refusal.size, refusal.refused) for refusal in latest] == [
        (5, 4, True),
        (4, 3, False),
        (3, 2, True),
    ]
    assert latest[0].text == str(predict_error(ids=None))


def test_a_long_text_is_cut_between_lines(traffic):
    violations = [Violation(f"instances[{row}]['{'y' * 400}']", "unexpected") for row in range(64)]
    traffic.record(bad(ValidationError("signature 'f'", violations)))
    (refusal,) = traffic.snapshot().latest
    assert len(refusal.text) < module.MAX_TEXT + 20
    lines = refusal.text.split("\n")
    assert lines[-1] == "  ... cut here"
    assert lines[-2].endswith("unexpected input")


def test_the_error_is_not_kept(traffic):
    class Traced(ValidationError):
        pass

    error = Traced("signature 'f'", [Violation("inputs['x']", "missing")])
    traffic.record(bad(error))
    gone = weakref.ref(error)
    del error
    gc.collect()
    assert gone() is None


def test_seconds_are_counted_for_the_chart(traffic, monkeypatch):
    now = 1000.5
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    traffic.record(accepted())
    traffic.record(bad())
    now = 1002.0
    traffic.record(bad(refused=False))
    snapshot = traffic.snapshot()
    assert len(snapshot.by_second) == WINDOW
    assert snapshot.by_second[-3:] == [(1, 1, 0), (0, 0, 0), (0, 0, 1)]
    assert snapshot.second == 1002
    now += WINDOW
    assert not any(map(any, traffic.snapshot().by_second))
    traffic.record(accepted())
    assert traffic.snapshot().by_second[-1] == (1, 0, 0)


def test_it_can_be_read_while_it_is_written(traffic):
    outcomes = [accepted(version=version) for version in range(2000)] + [bad()] * 200
    ended = threading.Event()
    seen = []

    def read():
        while not ended.is_set():
            snapshot = traffic.snapshot()
            seen.append(sum(requests.count for requests in snapshot.requests.values()))

    reader = threading.Thread(target=read)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        reader.start()
        for outcome in outcomes:
            traffic.record(outcome)
    finally:
        ended.set()
        reader.join()
        sys.setswitchinterval(interval)
    assert seen == sorted(seen)
    assert sum(counts(traffic).values()) == len(outcomes)


def test_states_that_are_made_anew_but_equal_are_known():
    traffic = Traffic(lambda: [ModelState(RANKER.name, RANKER.base_path, RANKER.versions, RANKER.newest)])
    for _ in range(3):
        traffic.record(bad())
    assert traffic.snapshot().faults == {Fault("ranker", "ids", "missing"): 3}
