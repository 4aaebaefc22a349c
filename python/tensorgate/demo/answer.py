"""What TensorFlow did with a batch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

# The player's first line: a process that ends before it was ready tells nothing of an accident.
READY = "ready"


class Outcome(StrEnum):
    """How a call ended."""

    accepted = "accepted"
    refused = "refused"
    died = "died"


@dataclass(frozen=True)
class Answer:
    """What was observed of one call.

    Attributes:
        digits: what the model read, with its probability.
        watched: the watched element before and after TensorFlow's conversion.
        warning: the first Python warning of the call.
        error: the exception's type, or what ended the process.
        message: all of the error's text.
    """

    outcome: Outcome
    digits: tuple[tuple[int, float], ...] = ()
    watched: tuple[str, str] | None = None
    warning: str = ""
    error: str = ""
    message: str = ""

    def to_json(self) -> str:
        """Write it on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """Undo `to_json`."""
        fields = json.loads(text)
        fields["outcome"] = Outcome(fields["outcome"])
        fields["digits"] = tuple((digit, probability) for digit, probability in fields["digits"])
        fields["watched"] = tuple(fields["watched"]) if fields["watched"] else None
        return cls(**fields)
