"""A check that passes allocates nothing and runs no Python."""

import inspect
import sys

import numpy as np
import pytest

from . import allocations, passing_batches
from .passing_batches import CASES

if allocations.COUNTABLE:

    def test_it_allocates_nothing(tmp_path):
        code = """
for signature, batch in CASES.values():
    assert signature.accepts(batch)
    print(allocated(signature.check, batch), allocated(signature.accepts, batch))
print(allocated(bytes, 50))
"""
        *checks, bytestring = allocations.run(inspect.getsource(passing_batches) + code, tmp_path)
        assert bytestring == 1  # it does count
        assert checks == [0] * 2 * len(CASES)


def calls(check, batch):
    """What runs meanwhile, Python functions and C functions that Python calls."""
    events = []
    sys.setprofile(lambda *event: events.append(event[1:]))
    check(batch)
    sys.setprofile(None)
    return [(event, function) for event, function in events if event.endswith("call")]


@pytest.mark.parametrize("name", CASES)
def test_it_runs_no_python(name):
    signature, batch = CASES[name]
    check = signature.check
    assert calls(check, batch) == [("c_call", check), ("c_call", sys.setprofile)]


def test_python_that_a_check_runs_would_show():
    class Exporter:
        def __dlpack_device__(self):
            return (1, 0)

        def __dlpack__(self):
            return np.zeros((8, 128), np.int64).__dlpack__()

    signature, batch = CASES["in order"]
    assert "call" in [event for event, _ in calls(signature.check, batch | {"ids": Exporter()})]
