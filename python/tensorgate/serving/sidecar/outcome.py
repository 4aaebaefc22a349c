"""What became of one request at the gate."""

from __future__ import annotations

import dataclasses

from tensorgate.errors import ValidationError


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """A request that was judged.

    Attributes:
        protocol: "grpc" or "rest".
        method: Predict, Classify, Regress or MultiInference.
        model: its name; None where no served model was meant.
        version: the version whose contract judged it; None where none did.
        size: bytes of the body as it came.
        seconds: what judging it took.
        error: what is wrong with it; None where it is good.
        refused: False for a bad request that was let pass.
    """

    protocol: str
    method: str
    model: str | None
    version: int | None
    size: int
    seconds: float
    error: ValidationError | None = None
    refused: bool = False
