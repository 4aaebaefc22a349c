"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import tensorgate
from tensorgate.serving import model_state, sidecar
from tensorgate.serving.sidecar import outcome

MODULES = [
    module.name for module in pkgutil.walk_packages(sidecar.__path__, f"{sidecar.__name__}.") if not module.ispkg
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    module = importlib.import_module(name)
    names = vars(tensorgate) | vars(model_state) | vars(outcome) | vars(module)
    assert doctest.testmod(module, extraglobs=names).failed == 0


def test_the_modules_are_there():
    assert {name.rpartition(".")[2] for name in MODULES} >= {"judgement", "server", "traffic"}
