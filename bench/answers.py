"""The answers: each question runs in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .comparison import Comparison, pooled
from .questions import asks, name_of

# Where things come to lie in memory is chance, lasts as long as a process, and is worth some percent.
PROCESSES = 3
LAST_LINES = 15
NOTHING_TO_RUN = 5  # pytest's code for it


@dataclass
class Answer:
    """What a question's run brought.

    Attributes:
        question: its name.
        asks: the first line of the file's docstring.
        failures: why cases failed, by case.
        skipped: why cases were left out, by case.
        left_out: how to install the peers that were not there, by peer.
        versions: of the peers' packages that were.
        interrupted: whether cases are missing because the user had enough.
    """

    question: str
    asks: str
    comparisons: list[Comparison] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes."""
        return {**vars(self), "comparisons": [comparison.to_json() for comparison in self.comparisons]}

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Answer:
        """Undo `to_json`."""
        return cls(**{**fields, "comparisons": [Comparison.from_json(each) for each in fields["comparisons"]]})

    def pool(self, others: Sequence[Answer]) -> None:
        """Take in what other processes brought: measurements by case, all that failed, what none of them measured."""
        cases: dict[str, list[Comparison]] = {}
        for each in (self, *others):
            for comparison in each.comparisons:
                cases.setdefault(comparison.case, []).append(comparison)
            self.failures |= each.failures
        self.comparisons = [pooled(same) for same in cases.values()]
        self.skipped = {
            case: reason for case, reason in self.skipped.items() if all(case in other.skipped for other in others)
        }

    def take(self, line: Mapping[str, Any]) -> None:
        """Take in one line of the run's report."""
        match line:
            case {"kind": "comparison", **fields}:
                self.comparisons.append(Comparison.from_json(fields))
            case {"kind": "failed", "case": case, "reason": reason}:
                self.failures[case] = reason
            case {"kind": "skipped", "case": case, "reason": reason}:
                self.skipped[case] = reason
            case {"kind": "peers", "left_out": left_out, "versions": versions}:
                self.left_out, self.versions = left_out, versions


def answer(file: Path, *, fast: bool) -> Answer:
    """Run a question; what was measured before the user interrupted it is kept."""
    found = _of_a_process(file, fast=fast)
    others: list[Answer] = []
    while not fast and len(others) < PROCESSES - 1 and not found.interrupted:
        others.append(_of_a_process(file, fast=fast))
        found.interrupted = others[-1].interrupted
    found.pool(others)
    return found


def _of_a_process(file: Path, *, fast: bool) -> Answer:
    found = Answer(name_of(file), asks(file))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.jsonl"
        code, output = _run(file, report, fast=fast)
        for line in _lines(report):
            found.take(line)
    found.interrupted = code is None
    # A file that is left out as a whole leaves pytest with nothing to run, which it calls a failure.
    told = found.failures or (found.skipped and code == NOTHING_TO_RUN)
    if code and (code < 0 or not told):
        found.failures["all of it"] = _ending(code, output)
    return found


def _run(file: Path, report: Path, *, fast: bool) -> tuple[int | None, str]:
    """Return pytest's exit code, None if it was interrupted, and what it printed."""
    # Nothing of the folder it is called from, and no settings of pytest but these, shall change a run.
    command = [sys.executable, "-P", "-m", "pytest", "-c", os.devnull, f"--rootdir={file.parent}", "-q", "--no-header"]
    command += ["--import-mode=importlib", "-p", "no:cacheprovider", "--benchmark-disable", f"--bench-report={report}"]
    command += ["--bench-fast"] * fast
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}
    if fast:
        environment["TENSORGATE_BENCH_PEERS"] = "0"
    with subprocess.Popen(
        [*command, str(file)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # The terminal's interrupt reaches this process alone, which passes it on once.
        start_new_session=True,
    ) as process:
        try:
            output = process.communicate()[0]
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.communicate()
            return None, ""
    return process.returncode, output


def _lines(report: Path) -> Iterator[dict[str, Any]]:
    if report.exists():
        for line in report.read_text().splitlines():
            yield json.loads(line)


def _ending(code: int, output: str) -> str:
    """Say how a run ended that did not say so itself."""
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"pytest ended with {code}"
    return "\n".join([how, *output.splitlines()[-LAST_LINES:]])
