"""Plays accidents in processes of their own, since some of them kill TensorFlow's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tensorgate.demo.accidents import ACCIDENTS, Accident, Door
from tensorgate.demo.answer import READY, Answer, Outcome

Answers = dict[tuple[Accident, Door], Answer]


def answers(model: Path, batch_file: Path) -> Answers:
    """Send every accident in at every door."""
    calls = [(accident, door) for accident in ACCIDENTS for door in Door]
    found: list[Answer] = []
    while len(found) < len(calls):
        found += _answers_until_death(calls[len(found) :], model, batch_file)
    return dict(zip(calls, found, strict=True))


def _answers_until_death(calls: list[tuple[Accident, Door]], model: Path, batch_file: Path) -> list[Answer]:
    asked = "".join(f"{ACCIDENTS.index(accident)} {door}\n" for accident, door in calls)
    # -P: a file of the current directory that is called numpy.py is none of our business.
    command = [sys.executable, "-P", "-m", "tensorgate.demo.player", str(model), str(batch_file)]
    # TensorFlow writes generated code to temporary files, which a process that dies can't take away again.
    environment = {**os.environ, "TMPDIR": str(batch_file.parent)}
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=False, env=environment)
    ready, *lines = done.stdout.splitlines() or [""]
    found = [Answer.from_json(line) for line in lines]
    if len(found) < len(calls):
        if ready != READY or done.returncode >= 0:
            raise RuntimeError(f"the process that plays the accidents failed:\n{done.stderr}")
        found.append(_death(done.returncode, done.stderr))
    return found


def _death(return_code: int, log: str) -> Answer:
    # A failed CHECK is a line "F0000 00:00:1795237138.745830 5347 tensor_format.h:428] Check failed: ...".
    fatal = [line.partition("] ")[2] for line in log.splitlines() if line.startswith("F")]
    return Answer(Outcome.died, error=signal.Signals(-return_code).name, message=fatal[0] if fatal else "")
