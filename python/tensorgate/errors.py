"""What tensorgate raises for a batch that breaks its contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorgate import _core

# TensorFlow Serving's gRPC code and HTTP status by the kind of violation.
_INVALID_ARGUMENT = (3, 400)
_ANSWERS = {
    "unknown_model": (5, 404),  # NOT_FOUND
    "unknown_signature": (9, 400),  # FAILED_PRECONDITION, which its REST server maps to 400
}


class ValidationError(ValueError):
    """A batch broke its contract. Says everything that is wrong with it, a line a violation.

    Attributes:
        subject: the contract, such as "signature 'serving_default' (models/ranker/3)".
        violations: what is wrong, at most 64.
        unlisted: how many more there were.

    >>> import numpy as np
    >>> spec = TensorSpec((None, 3))
    >>> try:
    ...     spec.check(np.zeros((2, 4), np.float32))
    ... except ValidationError as error:
    ...     print(error)
    1 violation of TensorSpec float32 [None, 3]
      input  dim: expected [None, 3], got [2, 4]
    """

    __module__ = "tensorgate"

    def __init__(self, subject: str, violations: Sequence[_core.Violation], unlisted: int = 0) -> None:
        super().__init__(_core.report(subject, violations, unlisted))
        self.subject = subject
        self.violations = tuple(violations)
        self.unlisted = unlisted

    @property
    def grpc_code(self) -> int:
        """The number of the gRPC status with which TensorFlow Serving answers the first violation."""
        return self._answer[0]

    @property
    def http_status(self) -> int:
        """The HTTP status with which TensorFlow Serving answers the first violation."""
        return self._answer[1]

    @property
    def _answer(self) -> tuple[int, int]:
        # An unknown label is an invalid argument to TensorFlow Serving, where an unknown version is not found.
        if not self.violations or self.violations[0].path == "model_spec.version_label":
            return _INVALID_ARGUMENT
        return _ANSWERS.get(self.violations[0].code, _INVALID_ARGUMENT)

    def __repr__(self) -> str:
        return f"ValidationError({self.subject!r}, {self.violations!r}, {self.unlisted!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.subject, self.violations, self.unlisted)

    def to_dict(self) -> dict[str, Any]:
        """Return the error as JSON takes it, without the keys that are None.

        >>> error = ValidationError("signature 'predict'", [Violation("inputs['x']", "missing")])
        >>> error.to_dict()["violations"]
        [{'path': "inputs['x']", 'code': <ViolationCode.missing: 'missing'>}]
        """
        names = ("path", "code", "expected", "got", "hint", "index", "count", "offset")
        return {
            "subject": self.subject,
            "violations": [
                {name: value for name in names if (value := getattr(violation, name)) is not None}
                for violation in self.violations
            ],
            "unlisted": self.unlisted,
        }
