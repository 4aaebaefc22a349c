"""Bodies that came compressed."""

from __future__ import annotations

from tensorgate._core import Limits, Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.predict import Bytes


def inflate(body: Bytes, encoding: str, limits: Limits | None = None) -> Bytes:
    """Return a body as it was before it was compressed; see the errors of `ValidationError`."""
    del limits
    if encoding not in ("", "identity"):
        raise ValidationError("a request", [Violation("request", "malformed", "no compression", encoding)])
    return body
