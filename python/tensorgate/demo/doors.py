"""The ways into a TensorFlow model, opened and tried."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import tensorflow as tf

from tensorgate.demo.accidents import Accident, Batch, Door, Form
from tensorgate.demo.answer import Answer, Outcome

INPUT_SIGNATURE = [tf.TensorSpec([None, 8, 8, 1], tf.float32, "image"), tf.TensorSpec([None], tf.int32, "scanner")]


def as_tensors(batch: Batch) -> Batch:
    """Convert a batch as callers do who hand TensorFlow tensors."""
    return {name: tf.constant(value) for name, value in batch.items()}


class Doors:
    """A loaded SavedModel behind each of the ways in."""

    def __init__(self, model: Any) -> None:
        self._model = model  # it owns the variables
        loaded = model.signatures["serving_default"]
        function = tf.function(lambda image, scanner: loaded(image=image, scanner=scanner), INPUT_SIGNATURE)
        self.calls = {Door.function: function, Door.concrete: function.get_concrete_function(), Door.loaded: loaded}
        self._echo = tf.function(lambda image, scanner: {"image": image, "scanner": scanner}, INPUT_SIGNATURE)

    def answer(self, accident: Accident, door: Door, batch: Batch) -> Answer:
        """Send an accident in and say what happened."""
        spoiled = accident.spoil(batch)
        sent = as_tensors(spoiled) if accident.form is Form.tensors else spoiled
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                probabilities = self.calls[door](**sent)["digit"].numpy()
            except Exception as error:  # whatever TensorFlow raises is what the demo shows
                return Answer(Outcome.refused, error=type(error).__name__, message=str(error))
        warning = f"{caught[0].category.__name__}: {caught[0].message}" if caught else ""
        digits = tuple((int(np.argmax(row)), float(np.max(row))) for row in probabilities)
        return Answer(Outcome.accepted, digits, self._fate(accident, door, spoiled), warning)

    def _fate(self, accident: Accident, door: Door, spoiled: Batch) -> tuple[str, str] | None:
        # The echo's door is tf.function's; what another door does to a value can't be seen from outside.
        if accident.watched is None or door is not Door.function:
            return None
        name, place = accident.watched
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen: Any = self._echo(**spoiled)[name].numpy()[place]
        given = spoiled[name][place]
        return ("a masked value" if given is np.ma.masked else _text(given)), _text(seen)


def _text(value: Any) -> str:
    return repr(value.item() if isinstance(value, np.generic) else value)
