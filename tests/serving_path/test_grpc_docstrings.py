"""Every example in the docstrings of gRPC's gates runs."""

import doctest

import pytest

from tensorgate.serving import grpc as gates
from tensorgate.serving.grpc import client, server


@pytest.mark.parametrize("module", [gates, gates.aio, client, server], ids=lambda module: module.__name__)
def test_every_example_runs(module):
    failed, tried = doctest.testmod(module)
    assert tried > 0
    assert failed == 0
