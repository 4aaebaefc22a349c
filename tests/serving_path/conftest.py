import os

# Before TensorFlow is imported: its C++ side logs to stderr by itself, and has no GPU to look for.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest

from .backend import Backend, running
from .model import write_models


@pytest.fixture(scope="session")
def model_paths(tmp_path_factory):
    """The base paths of the models that the backend serves, by name."""
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def backend(model_paths):
    """A PredictionService with model.py's models and all their versions, "stable" the label of the ranker's first.

    TENSORGATE_TF_SERVING=host:port names a real TensorFlow Serving in its place, TENSORGATE_TF_SERVING_REST its REST
    port. It serves what `python model.py FOLDER` writes, with a model_version_policy of all.
    """
    elsewhere = os.environ.get("TENSORGATE_TF_SERVING")
    if elsewhere:
        host = elsewhere.rpartition(":")[0]
        yield Backend(elsewhere, f"{host}:{os.environ.get('TENSORGATE_TF_SERVING_REST', '8501')}")
    else:
        with running(model_paths, labels=["ranker/stable=1"]) as started:
            yield started
