"""The gate in front of a TensorFlow model: checks every batch against the model's contract."""

from tensorgate import serving
from tensorgate._core import (
    Dim,
    RaggedTensorSpec,
    Signature,
    SparseTensorSpec,
    TensorSpec,
    Violation,
    ViolationCode,
)
from tensorgate.errors import ValidationError

__all__ = [
    "Dim",
    "RaggedTensorSpec",
    "Signature",
    "SparseTensorSpec",
    "TensorSpec",
    "ValidationError",
    "Violation",
    "ViolationCode",
    "serving",
]
