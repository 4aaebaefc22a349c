"""The log says what was wrong, never with what value, and never fills a disk."""

import io
import json

import numpy as np
import pytest

from tensorgate import ValidationError, Violation, ViolationCode
from tensorgate.serving.sidecar import refusal_log as module
from tensorgate.serving.sidecar.refusal_log import RefusalLog

from .scenes import HOSTILE, SIGNATURE, accepted, bad, predict_error, refused, rest_error, unknown_model

SECRET = 424242.125  # a value that no contract names


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

    monkeypatch.setattr(module.time, "monotonic", lambda: Clock.now)
    return Clock


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged(*outcomes):
    stream = io.StringIO()
    log = RefusalLog(stream, per_second=1000)
    for outcome in outcomes:
        log.record(outcome)
    return lines(stream)


def test_a_refusal_is_an_object_of_json_on_a_line():
    (line,) = logged(bad(predict_error(image=np.zeros((1, 3, 2), np.float32)), size=77))
    assert line.pop("time").endswith("Z")
    (violation,) = line.pop("violations")
    assert line == {
        "event": "refused",
        "protocol": "grpc",
        "method": "Predict",
        "model": "ranker",
        "version": 8,
        "bytes": 77,
        "unlisted": 0,
    }
    assert violation.pop("offset") > 0
    assert violation == {
        "path": "inputs['image']",
        "code": "dim",
        "expected": "[batch, 2, 2]",
        "got": "[1, 3, 2]",
        "index": [1],
        "count": 1,
    }


def test_a_bad_request_that_was_let_pass_says_so():
    assert [line["event"] for line in logged(bad(refused=False), bad())] == ["let_pass", "refused"]


def test_good_requests_leave_no_trace():
    assert logged(accepted()) == []


def test_a_model_that_is_not_served_is_named():
    (line,) = logged(unknown_model("rnaker"))
    assert line["model"] is None
    assert line["violations"][0]["got"] == "'rnaker'"


VALUES = {
    "a float over its maximum": predict_error(image=np.full((1, 2, 2), SECRET, np.float32)),
    "an integer below its minimum": predict_error(ids=np.array([[-424242]])),
    "a NaN": predict_error(image=np.full((1, 2, 2), np.nan, np.float32)),
    "a fraction in JSON": rest_error(b'{"instances": [{"image": [[0, 0], [0, 0]], "ids": [424242.125]}]}'),
    "an integer too large in JSON": rest_error(
        b'{"inputs": {"image": [[[0,0],[0,0]]], "ids": [[42424212500000000000]]}}'
    ),
    "a boolean in JSON": rest_error(b'{"instances": [{"image": [[0, true], [0, 0]], "ids": [1]}]}'),
    "a number for a row": rest_error(b'{"instances": [{"image": [[0, 0], [0, 0]], "ids": [1]}, 424242]}'),
    "a number for a list": rest_error(b'{"instances": [{"image": [[0, 0], 424242], "ids": [1]}]}'),
    "no JSON": rest_error(b'{"instances": [{"ids": [1, x424242]}]}'),
    "row_splits": ValidationError(
        "f", [Violation("inputs['r'].row_splits", "row_splits", "at least 424242 as before it", "1", index=(2,))]
    ),
    "sparse indices": ValidationError(
        "f", [Violation("inputs['s'].indices", "sparse_indices", "after [424242]", "[424242]", index=(2,))]
    ),
}


@pytest.mark.parametrize("what", VALUES)
def test_values_are_never_logged(what):
    error = VALUES[what]
    protocol = "rest" if "JSON" in what or "number" in what else "grpc"
    (line,) = logged(bad(error, protocol=protocol))
    assert "424242" not in json.dumps(line)
    for violation, told in zip(error.violations, line["violations"], strict=True):
        assert told["path"] == violation.path
        assert told["code"] == violation.code
        assert "hint" not in told
    assert all("got" not in told for told in line["violations"] if told["code"] != "ragged")


@pytest.mark.parametrize("code", list(ViolationCode))
def test_a_code_that_may_name_an_element_says_not_which(code):
    elements = {"not_finite", "below_minimum", "above_maximum", "not_one_of", "too_long", "not_utf8"}
    elements |= {"not_representable", "row_splits", "sparse_indices"}
    (line,) = logged(bad(ValidationError("f", [Violation("inputs['x']", code, "this", "424242")]), protocol="rest"))
    names = {"rank", "dim", "dim_mismatch", "byte_order", "unsupported", "too_large", "unknown_model"}
    names |= {"unknown_signature", "output_filter"}
    assert ("got" in line["violations"][0]) == (code in names)
    assert not elements & names


KINDS = {
    b'{"instances": [{"image": [[0, 0], [0, 0, 0]], "ids": [1]}]}': "3 elements",
    b'{"instances": [{"image": [[0, 0], [0, "0"]], "ids": [1]}]}': "a string",
    b'{"instances": [{"image": [[0, 0], [0, {}]], "ids": [1]}]}': "an object",
    b'{"instances": []}': "an empty list",
    b"{}": "neither",
    b'{"instances": [[': "the end",
}


@pytest.mark.parametrize("body", KINDS)
def test_what_stands_in_json_is_logged_by_its_kind(body):
    (line,) = logged(bad(rest_error(body), protocol="rest"))
    assert KINDS[body] in [violation.get("got") for violation in line["violations"]]


def test_a_dtype_on_the_wire_is_logged():
    (line,) = logged(bad(predict_error(image=np.zeros((1, 2, 2)))))
    assert line["violations"][0]["got"] == "float64"


def test_a_line_has_an_end():
    error = refused(lambda: SIGNATURE.check({HOSTILE * 20 + str(number): 1 for number in range(100)}))
    (line,) = logged(bad(error))
    assert len(line["violations"]) == module.MAX_VIOLATIONS
    assert line["unlisted"] == 102 - module.MAX_VIOLATIONS
    assert len(json.dumps(line)) < 4_000


def test_names_can_not_begin_a_line(stream):
    RefusalLog(stream).event("contract_problem", model='a\n{"event": "refused"}', problem="\u2028\x1b[31m\udcff")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().isascii()
    assert "\x1b" not in stream.getvalue()


def test_a_flood_is_counted_and_told_in_a_line(stream, clock):
    log = RefusalLog(stream, per_second=3)
    for _ in range(1000):
        log.record(bad())
    assert len(lines(stream)) == 3
    clock.now += 1
    log.record(bad())
    assert [line["event"] for line in lines(stream)] == [*["refused"] * 3, "refusals_omitted", "refused"]
    assert lines(stream)[3]["count"] == 997


def test_what_was_left_out_is_told_when_the_flood_is_over(stream, clock):
    log = RefusalLog(stream, per_second=1)
    log.record(bad())
    log.record(bad())
    log.flush()
    assert len(lines(stream)) == 1
    clock.now += 1
    log.flush()
    log.flush()
    assert [line.get("count") for line in lines(stream)] == [None, 1]


def test_events_are_written_whatever_comes(stream, clock):
    log = RefusalLog(stream, per_second=1)
    for _ in range(5):
        log.record(bad())
    log.event("stopped", seconds=30)
    clock.now += 1
    log.flush()
    assert [line["event"] for line in lines(stream)] == ["refused", "refusals_omitted", "stopped"]
    assert lines(stream)[1]["count"] == 4
    assert lines(stream)[2]["seconds"] == 30


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), BrokenPipeError(), ValueError("closed file")]
)
def test_a_stream_that_takes_no_more_stops_nothing(error):
    class Full(io.StringIO):
        def write(self, _):
            raise error

    RefusalLog(Full()).record(bad())


def test_it_writes_to_standard_error(capsys):
    RefusalLog().event("stopped")
    assert json.loads(capsys.readouterr().err)["event"] == "stopped"
