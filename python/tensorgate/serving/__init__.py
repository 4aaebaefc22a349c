"""TensorFlow Serving's side: contracts of SavedModels."""

from tensorgate.serving.saved_model import load_signatures

__all__ = ["load_signatures"]
