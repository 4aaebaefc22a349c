"""The examples in the docstrings run."""

import doctest
import importlib
import pkgutil

import pytest

import tensorgate
from tensorgate.serving import model_state, sidecar
from tensorgate.serving.sidecar import outcome

MODULES = (
    *("chart", "contract_rows", "histogram", "http_message", "http_server", "input_names", "markup", "metrics"),
    *("refusal_log", "status", "status_page", "traffic", "wording"),
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run(name):
    module = importlib.import_module(f"{sidecar.__name__}.{name}")
    names = vars(tensorgate) | vars(model_state) | vars(outcome) | vars(module)
    assert doctest.testmod(module, extraglobs=names).failed == 0


def test_the_modules_are_there():
    assert set(MODULES) <= {module.name for module in pkgutil.iter_modules(sidecar.__path__)}
