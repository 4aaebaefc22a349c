"""The process that plays accidents to TensorFlow: `python -m tensorgate.demo.player MODEL BATCH`.

It says that it is ready, reads a line "<number of the accident> <door>" from standard input for each call to make, and
writes each answer as a line of JSON as soon as it has it: some accidents end the process.
"""

from __future__ import annotations

import resource
import sys

import numpy as np
import tensorflow as tf

from tensorgate.demo.accidents import ACCIDENTS, Door
from tensorgate.demo.answer import READY
from tensorgate.demo.doors import Doors


def main(model: str, batch_file: str) -> None:
    """Play what standard input asks for."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash that is expected leaves no core file
    with np.load(batch_file) as arrays:
        batch = dict(arrays)
    doors = Doors(tf.saved_model.load(model))
    print(READY, flush=True)
    for line in sys.stdin:
        number, door = line.split(maxsplit=1)
        answer = doors.answer(ACCIDENTS[int(number)], Door(door.strip()), batch)
        print(answer.to_json(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
