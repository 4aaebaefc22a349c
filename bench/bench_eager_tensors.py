"""What does a dict of four EagerTensors cost beside asking each for its dtype and its shape?

The limit is C that calls `_datatype_enum` and `_shape_tuple`, found beforehand, of each, and compares. TensorFlow keeps
the answer of `.shape`, which takes it far longer the first time: the peers, which ask for that, find it ready here.
"""

from __future__ import annotations

import pytest

from . import peers
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, bad_batches, good_batch
from .limits import build

tf = pytest.importorskip("tensorflow", reason="not installed: pip install tensorflow")


def test_eager_tensors(compare: Compare) -> None:
    batch, bad = good_batch(tf.constant), bad_batches(tf.constant)
    build().learn_eager_tensor(type(batch["ids"]))
    others = peers.checks(SIGNATURE, batch, peers.TENSORFLOW)
    compare(
        case="4 EagerTensors",
        contenders={
            "tensorgate": SIGNATURE.accepts,
            "cheapest questions": build().dict_of_eager_tensors,
            **others,
        },
        argument=batch,
        bad=bad,
        does_not_see=peers.does_not_see(others, bad),
        limit="cheapest questions",
        goal=1.2,
        headline="`accepts`, a dict of four EagerTensors",
    )
