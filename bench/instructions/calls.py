"""The calls that are counted, run by valgrind: `python -m bench.instructions.calls LIBRARY`, made of marks.c."""

from __future__ import annotations

import ctypes
import gc
import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import tensorgate as tg

from ..dict_of_tensors import SIGNATURE, good_batch
from ..limits import build

# What any call takes is taken off: it is counted by calling a function that does nothing.
NOTHING = "nothing"
ROUNDS = 1_000

Call = tuple[Callable[[Any], object], Any]


def calls() -> dict[str, Call]:
    """Return what is counted, by name: a function and its argument."""
    batch = good_batch(np.asarray)
    names = [sys.intern(f"input_{i}") for i in range(64)]
    many = tg.Signature({name: tg.TensorSpec(("batch", 16)) for name in names})
    values = tg.TensorSpec((None,), minimum=0, maximum=1, finite=True)
    return {
        NOTHING: (build().nothing, None),
        "dict of 4": (SIGNATURE.check, batch),
        "dict of 4, reversed": (SIGNATURE.check, dict(reversed(batch.items()))),
        "dict of 4, names made at run time": (SIGNATURE.check, {"".join(list(name)): batch[name] for name in batch}),
        "dict of 4, a dimension differs": (SIGNATURE.accepts, batch | {"weights": np.zeros(7, np.float32)}),
        "dict of 64": (many.check, {name: np.zeros((8, 16), np.float32) for name in names}),
        "one array": (tg.TensorSpec((None, 128)).check, np.zeros((8, 128), np.float32)),
        "1,024 values": (values.check, np.zeros(1024, np.float32)),
        "batch_key of 4": (SIGNATURE.batch_key, batch),
    }


def repeat(call: Call) -> None:
    """Call it over and over."""
    function, argument = call
    for _ in itertools.repeat(None, ROUNDS):
        function(argument)


def main(library: str) -> None:
    """Make each call between two marks."""
    marks = ctypes.CDLL(library)
    # Found here, as finding a function takes instructions.
    start, zero, dump = marks.start, marks.zero, marks.dump
    gc.disable()
    start()
    first, *rest = calls().items()
    # The start of the counting itself is counted with what comes first, and so that comes again.
    for name, call in (first, first, *rest):
        repeat(call)
        zero()
        repeat(call)
        dump(name.encode())


if __name__ == "__main__":
    main(sys.argv[1])
