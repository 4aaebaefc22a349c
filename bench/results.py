"""A run's results as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .answers import Answer
from .comparison import Comparison

SCHEMA = 1


class UnknownSchemaError(ValueError):
    """The file was written by another version."""


@dataclass
class Results:
    """All that a run brought.

    Attributes:
        date: of its start, as in 2026-01-31.
        fast: whether it measured for a moment only.
        machine: what it ran on.
        packages: the versions of all that took part.
        answers: one a question.
    """

    date: str
    fast: bool
    machine: dict[str, str]
    packages: dict[str, str]
    answers: list[Answer] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        """Take in an answer, and the versions of the peers that it saw."""
        self.answers.append(answer)
        self.packages |= answer.versions

    @property
    def comparisons(self) -> list[Comparison]:
        """What was measured, over all questions."""
        return [comparison for answer in self.answers for comparison in answer.comparisons]

    @property
    def left_out(self) -> dict[str, str]:
        """The peers that were not there, each with how to install it."""
        return {peer: how for answer in self.answers for peer, how in answer.left_out.items()}

    @property
    def failed(self) -> list[Answer]:
        """The questions of which a case failed."""
        return [answer for answer in self.answers if answer.failures]

    def write(self, path: Path) -> None:
        """Write the results as JSON; a run that is interrupted meanwhile leaves the file as it was."""
        fields = {"schema": SCHEMA, **vars(self), "answers": [answer.to_json() for answer in self.answers]}
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(fields, indent=1) + "\n")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read what `write` wrote.

        Raises:
            UnknownSchemaError: the file is of another version.
        """
        fields: dict[str, Any] = json.loads(path.read_text())
        schema = fields.pop("schema", None)
        if schema != SCHEMA:
            raise UnknownSchemaError(f"{path} has schema {schema}; this version reads {SCHEMA}")
        return cls(**{**fields, "answers": [Answer.from_json(each) for each in fields["answers"]]})
