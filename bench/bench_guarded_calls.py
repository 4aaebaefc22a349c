"""What does a call of a tf.function behind the gate cost beside the same call without it?

A function with a trivial body and an input_signature, which gets a dict of four NumPy arrays, then of four tensors; and
a SavedModel's signature, loaded. tensorgate checks the arguments and calls the trace; TensorFlow binds them first, and
sees less. The peers are the public ways past a part of that, which check nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorgate as tg

from .agreement import require_verdicts
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, Batch, bad_batches, good_batch

tf = pytest.importorskip("tensorflow", reason="not installed: pip install tensorflow")

# What a tf.function makes its input_signature's tensors of without a word, and sizes that it does not compare.
_UNSEEN = {"dtype", "list", "batch sizes"}

MAKE = {"NumPy arrays": np.asarray, "tensors": tf.constant}


def body(batch: Batch) -> Any:
    return batch["weights"]


def accepts(function: Callable[[Batch], Any]) -> Callable[[Batch], bool]:
    def accepted(batch: Batch) -> bool:
        try:
            function(batch)
        except (TypeError, ValueError, KeyError, tf.errors.InvalidArgumentError):
            return False
        return True

    return accepted


def same(tensor: Any, other: Any) -> Any:
    return tf.reduce_all(tensor == other)


@pytest.mark.parametrize(("kind", "goal"), [("NumPy arrays", 0.20), ("tensors", 0.25)])
def test_tf_function(kind: str, goal: float, compare: Compare) -> None:
    make = MAKE[kind]
    batch, bad = good_batch(make), bad_batches(make)
    function = tf.function(body, input_signature=[SIGNATURE.to_tf()])
    guarded = tg.tf.guard(function, SIGNATURE)
    require_verdicts(
        {"tensorgate": accepts(guarded), "unguarded": accepts(function)},
        {"timed": batch},
        bad,
        {"unguarded": tuple(sorted(_UNSEEN if kind == "NumPy arrays" else {"list", "batch sizes"}))},
    )
    others = {} if kind == "NumPy arrays" else {"ConcreteFunction": function.get_concrete_function()}
    compare(
        case=f"tf.function, 4 {kind}",
        contenders={"tensorgate": guarded, "unguarded": function, **others},
        argument=batch,
        limit="unguarded",
        good=[good_batch(lambda array: make(array + 1))],
        agree=same,
        goal=goal,
        headline=f"a guarded call of a tf.function, a dict of four {kind}",
    )


@pytest.mark.parametrize("kind", ["NumPy arrays", "tensors"])
def test_loaded_signature(kind: str, compare: Compare, tmp_path: Path) -> None:
    make = MAKE[kind]
    module = tf.Module()
    module.f = tf.function(lambda **batch: {"weights": body(batch)})
    specs = {name: tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in SIGNATURE.to_tf().items()}
    tf.saved_model.save(module, str(tmp_path), module.f.get_concrete_function(**specs))
    loaded = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    guarded = tg.tf.guard(loaded, SIGNATURE)
    compare(
        case=f"loaded signature, 4 {kind}",
        contenders={
            "tensorgate": lambda batch: guarded(**batch)["weights"],
            "unguarded": lambda batch: loaded(**batch)["weights"],
        },
        argument=good_batch(make),
        limit="unguarded",
        good=[good_batch(lambda array: make(array + 1))],
        agree=same,
        goal=0.55,
        headline=f"a guarded call of a loaded signature, four {kind}",
    )
