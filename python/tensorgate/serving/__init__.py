"""TensorFlow Serving's side, without TensorFlow: contracts of SavedModels and what comes over the wire."""

from tensorgate._core import Limits
from tensorgate.serving.saved_model import load_signatures

__all__ = ["Limits", "load_signatures"]
