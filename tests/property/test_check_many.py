"""check_many against one check after the other."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tensorgate import Signature

from .rows import batch_of, batches_of_rows, specs_of
from .strategies import signatures_with_batches


def require_the_same(signature, requests, threads):
    report = signature.check_many(requests, threads=threads)
    assert report.ok.tolist() == [signature.accepts(request) for request in requests]
    told = {
        number: [(v.path, v.code, v.expected, v.got, v.hint, v.index, v.count) for v in found]
        for number, found in itertools.groupby(report.violations, lambda violation: violation.request)
    }
    assert told == {
        number: [(v.path, v.code, v.expected, v.got, v.hint, v.index, v.count) for v in found]
        for number, request in enumerate(requests)
        if (found := signature.violations(request))
    }


@given(st.lists(signatures_with_batches(), min_size=1, max_size=4), st.integers(1, 3))
def test_each_verdict_is_that_of_a_single_check(drawn, threads):
    for signature, _ in drawn:
        require_the_same(signature, [batch for _, batch in drawn], threads)


@given(st.lists(batches_of_rows(), min_size=1, max_size=4), st.integers(1, 3))
def test_each_verdict_on_values_is_that_of_a_single_check(drawn, threads):
    require_the_same(Signature(specs_of(drawn[0])), [batch_of(columns) for columns in drawn], threads)
