"""The gate in front of a TensorFlow model: checks every batch against the model's contract."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from tensorgate import tf as tf
    from tensorgate.collation import Collated
    from tensorgate.conform import Conformed
    from tensorgate.requests import Report
    from tensorgate.rows import Split

__all__ = [
    "Collated",
    "Conformed",
    "Dim",
    "RaggedTensorSpec",
    "Report",
    "Signature",
    "SparseTensorSpec",
    "Split",
    "TensorSpec",
    "ValidationError",
    "Violation",
    "ViolationCode",
    "serving",
]

# What methods return is imported when it is first named, so that importing the package stays quick; tf, as it needs
# TensorFlow.
_RESULTS = {"Collated": "collation", "Conformed": "conform", "Report": "requests", "Split": "rows"}


def __getattr__(name: str) -> Any:
    if name == "tf":
        return import_module(f"{__name__}.tf")
    if name not in _RESULTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_RESULTS[name]}"), name)
