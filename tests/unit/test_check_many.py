"""check_many: one verdict a request."""

import dataclasses
import types

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec, Violation
from tensorgate.requests import Report

SIGNATURE = Signature({"x": TensorSpec(("batch",), "int64", minimum=0)})
LARGE = 10_000  # elements: scanned by threads, where smaller ones are scanned at once


def request(*values):
    return {"x": np.array(values, np.int64)}


def test_each_request_has_its_own_verdict():
    report = SIGNATURE.check_many([request(1, 2), request(3, -4), {}, request()])
    assert report.ok.tolist() == [True, False, False, True]
    assert report.ok.dtype == np.bool_
    assert [(v.request, v.path, v.code) for v in report.violations] == [
        (1, "inputs['x']", "below_minimum"),
        (2, "inputs['x']", "missing"),
    ]
    assert report.unlisted == 0


def test_requests_may_differ_in_size():
    assert SIGNATURE.check_many([request(1), request(1, 2, 3)]).ok.all()


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        iter,
        lambda requests: (each for each in requests),
        lambda requests: dict(enumerate(requests)).values(),
    ],
    ids=["list", "tuple", "iterator", "generator", "view"],
)
def test_requests_come_in_any_iterable(make):
    assert SIGNATURE.check_many(make([request(1), {}])).ok.tolist() == [True, False]


def test_no_requests_make_an_empty_report():
    report = SIGNATURE.check_many([])
    assert len(report) == 0
    assert report.summary() == "0 of 0 requests refused"


def test_any_object_may_be_a_request():
    class Raises:
        def __getattr__(self, name):
            raise RuntimeError(name)

        def __len__(self):
            raise RuntimeError

    requests = [
        None,
        5,
        "x",
        [],
        [1],
        {5: 6},
        Raises(),
        {"x": Raises()},
        {"x": None},
        types.MappingProxyType(request(1)),
    ]
    report = SIGNATURE.check_many(requests)
    assert report.ok.tolist() == [False] * 9 + [True]
    assert {violation.request for violation in report.violations} == set(range(9))


def test_what_a_generator_raises_is_raised():
    def requests():
        yield request(1)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        SIGNATURE.check_many(requests())


@pytest.mark.parametrize("single", [request(1), types.MappingProxyType(request(1)), "x", b"x", 5, None])
def test_a_single_request_is_refused(single):
    with pytest.raises(
        TypeError, match=r"^batches is of type \w+; it must be an iterable of batches, such as \[batch\]$"
    ):
        SIGNATURE.check_many(single)


@pytest.mark.parametrize("threads", [1, 2, 3, 10**30, np.int64(2)])
@pytest.mark.parametrize("size", [10, LARGE])
def test_threads_change_no_verdict(threads, size):
    requests = [{"x": np.zeros(size, np.int64)} for _ in range(50)]
    for i in (0, 7, 49):
        requests[i]["x"][size - 1 - i % 10] = -1
    report = SIGNATURE.check_many(requests, threads=threads)
    assert np.flatnonzero(~report.ok).tolist() == [0, 7, 49]
    assert [(v.request, v.index, v.count) for v in report.violations] == [
        (i, (size - 1 - i % 10,), 1) for i in (0, 7, 49)
    ]


def test_more_scans_than_are_put_off_at_once_are_all_made():
    good, bad = {"x": np.zeros(LARGE, np.int64)}, {"x": np.full(LARGE, -1)}
    requests = [good] * 5_000
    requests[4_095] = requests[4_096] = requests[-1] = bad
    report = SIGNATURE.check_many(requests, threads=2)
    assert np.flatnonzero(~report.ok).tolist() == [4_095, 4_096, 4_999]


@pytest.mark.parametrize(
    ("threads", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError), (1.0, TypeError), (None, TypeError)]
)
def test_threads_are_a_positive_int(threads, error):
    with pytest.raises(error, match="threads|integer"):
        SIGNATURE.check_many([], threads=threads)


def test_a_report_keeps_so_many_violations_and_counts_the_rest():
    report = SIGNATURE.check_many([{}] * 1_500)
    assert len(report.violations) == 1_000
    assert report.unlisted == 500
    assert not report.ok.any()
    assert report.summary().splitlines() == [
        "1500 of 1500 requests refused",
        "  1000 inputs['x'] missing, first in request 0; expected int64 [batch]",
        "  500 more that are not listed",
    ]


def test_a_summary_groups_by_input_and_code():
    report = SIGNATURE.check_many([request(1), request(-1, 2), {"y": 1}, request(-3), {}, request(3, -4)])
    assert report.summary().splitlines() == [
        "5 of 6 requests refused",
        "  3 inputs['x'] below_minimum, first in request 1: expected at least 0, got -1 at [0]",
        "  2 inputs['x'] missing, first in request 2; expected int64 [batch]",
        "  1 inputs['y'] unexpected, first in request 2",
    ]


def test_a_summary_of_names_out_of_the_blue_is_bounded():
    lines = SIGNATURE.check_many([{**request(1), f"name{i}": 1} for i in range(1_200)]).summary().splitlines()
    assert len(lines) == 1 + 20 + 2
    assert lines[-2:] == ["  980 of 980 other kinds", "  200 more that are not listed"]


def test_a_single_request_is_spoken_of_as_one():
    assert SIGNATURE.check_many([request(1)]).summary() == "0 of 1 request refused"


def test_a_report_shows_the_verdict_alone():
    report = SIGNATURE.check_many([request(1), {}])
    assert repr(report) == "<Report: 1 of 2 requests refused>"
    assert len(report) == 2


def test_a_report_is_neither_true_nor_false():
    with pytest.raises(TypeError, match=r"use report\.ok\.all\(\)"):
        bool(SIGNATURE.check_many([request(1)]))


def test_a_report_can_not_be_changed():
    report = Report(np.array([True]), [Violation("inputs", "missing")], 0)
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.unlisted = 5


def test_a_bare_tensor_may_be_a_request():
    signature = Signature(TensorSpec((None,), "int64", minimum=0))
    assert signature.check_many([np.array([1]), np.array([-1])]).ok.tolist() == [True, False]
