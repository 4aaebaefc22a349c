"""What a run of pytest brings in: measurements, failures and skips, as lines of JSON if asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from . import peers
from .agreement import DisagreementError
from .comparison import Comparison
from .table import comparisons_table


class Gathering:
    """A plugin of pytest.

    Each measurement is written when it is there, so that those before a crash are kept.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.comparisons: list[Comparison] = []

    def add(self, comparison: Comparison) -> None:
        """Take a measurement in."""
        self.comparisons.append(comparison)
        self._write("comparison", comparison.to_json())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in why a case failed or was left out."""
        self._outcome(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take in why a file could not be read, or was left out."""
        self._outcome(report)

    def pytest_sessionfinish(self) -> None:
        """Take in what the peers were."""
        if peers.WANTED:
            self._write("peers", {"left_out": peers.left_out(), "versions": peers.versions()})

    def pytest_terminal_summary(self) -> None:
        """Show the measurements to who runs pytest."""
        if self.path is None and self.comparisons:
            Console(highlight=False).print("", comparisons_table(self.comparisons))

    def _outcome(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.outcome == "passed":
            return
        self._write(report.outcome, {"case": report.nodeid.rpartition("::")[2], "reason": _reason(report)})

    def _write(self, kind: str, fields: Mapping[str, Any]) -> None:
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps({"kind": kind, **fields}) + "\n")


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """What went wrong, in a line or a few, without the code around it."""
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash is not None else str(report.longrepr)
    return text.removeprefix(f"{DisagreementError.__module__}.{DisagreementError.__name__}: ")
