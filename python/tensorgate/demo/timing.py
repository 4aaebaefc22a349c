"""How long each way of checking a batch takes, measured in turns in one process."""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

import tensorgate
from tensorgate.demo.accidents import Batch, Door
from tensorgate.demo.doors import INPUT_SIGNATURE, Doors, as_tensors

ROUNDS = 25
SECONDS_A_TURN = 0.003


@dataclass(frozen=True)
class Timing:
    """The median time of one call."""

    name: str
    seconds: float

    @property
    def ours(self) -> bool:
        """Whether it is tensorgate that is timed."""
        return self.name.startswith("tensorgate")


def timings(signature: tensorgate.Signature, doors: Doors, batch: Batch) -> list[Timing]:
    """Measure, ours first."""
    tensors = as_tensors(batch)
    specs = {spec.name: spec for spec in INPUT_SIGNATURE}
    empty = tf.function(lambda image, scanner: (image, scanner), INPUT_SIGNATURE)
    measured: dict[str, tuple[Callable[..., object], Batch | None]] = {
        "tensorgate: signature.check(arrays)": (signature.check, batch),
        "the same check by hand, in Python": (check_by_hand, batch),
        "tensorgate: signature.check(tensors)": (signature.check, tensors),
        "tf.TensorSpec.is_compatible_with, tensors only": (
            lambda: [spec.is_compatible_with(tensors[name]) for name, spec in specs.items()],
            None,
        ),
        "tf.constant of both arrays": (lambda: as_tensors(batch), None),
        "tf.function(input_signature) that does nothing": (lambda: empty(**batch), None),
        "the model, as tf.function(input_signature)": (lambda: doors.calls[Door.function](**batch), None),
        "the model, as loaded signature": (lambda: doors.calls[Door.loaded](**batch), None),
    }
    timers = {name: _timer(call, argument) for name, (call, argument) in measured.items()}
    loops = {name: _loops(timer) for name, timer in timers.items()}
    samples: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            samples[name].append(timer.timeit(loops[name]) / loops[name])
    return [Timing(name, statistics.median(times)) for name, times in samples.items()]


def check_by_hand(batch: Batch) -> None:
    """Check what `Signature.check` does for this one contract, with a poorer message."""
    if type(batch) is not dict or batch.keys() != {"image", "scanner"}:
        raise ValueError("expected the inputs image and scanner")
    image, scanner = batch["image"], batch["scanner"]
    if type(image) is not np.ndarray or image.dtype != np.float32 or image.ndim != 4 or image.shape[1:] != (8, 8, 1):
        raise ValueError("expected image to be float32 [None, 8, 8, 1]")
    if type(scanner) is not np.ndarray or scanner.dtype != np.int32 or scanner.ndim != 1:
        raise ValueError("expected scanner to be int32 [None]")
    if image.shape[0] != scanner.shape[0]:
        raise ValueError("expected as many images as scanner ids")


def _timer(call: Callable[..., object], argument: Batch | None) -> timeit.Timer:
    # An argument of its own spares the shortest calls a lambda, which would cost as much as they do.
    if argument is None:
        return timeit.Timer("call()", globals={"call": call})
    return timeit.Timer("call(argument)", globals={"call": call, "argument": argument})


def _loops(timer: timeit.Timer) -> int:
    timer.timeit(3)  # the first call traces
    loops = 1
    while (seconds := timer.timeit(loops)) < SECONDS_A_TURN / 4:
        loops *= 4
    return max(1, round(loops * SECONDS_A_TURN / seconds))
