"""What becomes of the requests."""

from __future__ import annotations

import enum


class Mode(enum.StrEnum):
    """What becomes of the requests.

    >>> Mode("monitor").refuses
    False
    """

    enforce = "enforce"  # bad requests are refused
    monitor = "monitor"  # bad requests are counted and pass
    sample = "sample"  # the same, and a share of the requests is judged

    @property
    def refuses(self) -> bool:
        """Whether a bad request is refused."""
        return self is Mode.enforce
