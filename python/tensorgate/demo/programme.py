"""The demo from start to end."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tensorflow as tf
from rich.console import Console

import tensorgate
from tensorgate.demo import digits, model, report, sandbox, timing
from tensorgate.demo.accidents import ACCIDENTS, Accident, Batch, Form
from tensorgate.demo.digits import Digits
from tensorgate.demo.doors import Doors, as_tensors
from tensorgate.demo.quiet import quiet

ROWS_TIMED = 32


class Programme:
    """Makes a model, and shows on a console what becomes of batches sent to it."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def run(self) -> None:
        """Show everything."""
        began = time.perf_counter()
        self._console.print(report.heading(tf.__version__))
        with tempfile.TemporaryDirectory(prefix="tensorgate-demo-") as directory:
            self._show(Path(directory))
        self._console.print(report.farewell(time.perf_counter() - began))

    def _show(self, directory: Path) -> None:
        saved = directory / "digits" / "1"
        with self._busy("training a small Keras model"):
            started = time.perf_counter()
            training, test = digits.scanned_digits(model.SEED)
            network = model.trained(training)
            seconds = time.perf_counter() - started
            seen = model.read(network, test)
            model.export(network, saved)
        right = seen == test.digit
        shown = three_of(test[np.flatnonzero(right).tolist()])
        self._console.print(report.model(len(training), float(np.mean(right)), seconds, shown, ascii_only=self._ascii))

        started = time.perf_counter()
        signature = tensorgate.Signature.from_saved_model(saved.parent, batch_dim="batch")
        seconds = time.perf_counter() - started
        with self._busy("loading the model into TensorFlow"):
            started = time.perf_counter()
            loaded = tf.saved_model.load(saved)
            seconds_of_tensorflow = time.perf_counter() - started
            doors = Doors(loaded)
        self._console.print(report.contract(signature, seconds, seconds_of_tensorflow))

        with self._busy("playing accidents to TensorFlow, each crash in a process of its own"):
            batch_file = directory / "batch.npz"
            np.savez(batch_file, **shown.batch())
            answers = sandbox.answers(saved, batch_file)
        verdicts = {accident: verdict(signature, accident, shown.batch()) for accident in ACCIDENTS}
        self._console.print(report.accidents(answers, verdicts))

        with self._busy("measuring"):
            measured = timing.timings(signature, doors, test[:ROWS_TIMED].batch())
        self._console.print(report.times(measured, ROWS_TIMED))
        self._console.print(report.summary(answers, verdicts, measured))

    @property
    def _ascii(self) -> bool:
        return self._console.options.ascii_only

    @contextmanager
    def _busy(self, what: str) -> Iterator[None]:
        with self._console.status(what), quiet():
            yield


def three_of(test: Digits) -> Digits:
    """Pick a 6 that lies upside down, a 9 that doesn't, and a third digit."""
    wanted = [(6, 1), (9, 0), (2, 0)]
    pairs = list(zip(test.digit.tolist(), test.scanner.tolist(), strict=True))
    return test[[pairs.index(pair) for pair in wanted]]


def verdict(signature: tensorgate.Signature, accident: Accident, batch: Batch) -> list[tensorgate.Violation]:
    """Return what tensorgate finds in an accident."""
    spoiled = accident.spoil(batch)
    try:
        signature.check(as_tensors(spoiled) if accident.form is Form.tensors else spoiled)
    except tensorgate.ValidationError as error:
        return list(error.violations)
    return []
