"""What do `fingerprint` and `batch_key` cost beside what one would take for a key by hand?

`fingerprint` names a contract: by hand, the hash of its JSON form. `batch_key` names what a tf.function would trace a
batch by: by hand, the hash of names, dtypes and shapes; in TensorFlow, the trace type that it looks its traces up by,
an object whose own hash leaves most of it out. All must tell apart the same batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from importlib import import_module
from operator import attrgetter
from typing import Any

import numpy as np

import tensorgate as tg

from . import peers
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, Batch, bad_batches, good_batch

Key = Callable[[Any], Hashable]


def key_by_hand(batch: Batch) -> int:
    return hash(tuple(sorted((name, array.dtype.num, array.shape) for name, array in batch.items())))


def trace_type() -> dict[str, Key]:
    """Return TensorFlow's own key, where TensorFlow is among the peers."""
    if not peers.wanted("tensorflow"):
        return {}
    return {"TensorFlow's trace type": import_module("tensorflow.core.function.trace_type").from_value}


def hash_of_json(signature: tg.Signature) -> str:
    return hashlib.sha256(signature.to_json().encode()).hexdigest()


def groups(key: Key, values: list[Any]) -> list[int]:
    """Say of each value which is the first of the same key."""
    keys = [key(value) for value in values]
    return [keys.index(found) for found in keys]


def are_keys(one: object, other: object) -> bool:
    """Whether both are, as far as one value can tell; which values share one is asserted beforehand."""
    return isinstance(one, Hashable) and isinstance(other, Hashable)


def require_same_groups(contenders: dict[str, Key], values: list[Any]) -> None:
    found = {name: groups(key, values) for name, key in contenders.items()}
    expected = found["tensorgate"]
    assert found == dict.fromkeys(found, expected)
    assert 1 < len(set(expected)) < len(expected)


def test_batch_key(compare: Compare) -> None:
    good, others = good_batch(np.asarray), bad_batches(np.asarray)
    del others["list"]
    contenders: dict[str, Key] = {"tensorgate": SIGNATURE.batch_key, "hash by hand": key_by_hand, **trace_type()}
    require_same_groups(contenders, [good, dict(reversed(good.items())), good_batch(np.copy), *others.values()])
    compare(
        case="batch_key, 4 inputs",
        contenders=contenders,
        argument=good,
        agree=are_keys,
        limit="hash by hand",
        headline="`batch_key` of a dict of four arrays",
    )


def test_fingerprint(compare: Compare) -> None:
    contenders: dict[str, Key] = {"tensorgate": attrgetter("fingerprint"), "hash of its JSON": hash_of_json}
    same = tg.Signature.from_json(SIGNATURE.to_json())
    others = [tg.Signature({**SIGNATURE.inputs, "ids": tg.TensorSpec(("batch", size), "int64")}) for size in (127, 129)]
    require_same_groups(contenders, [SIGNATURE, same, *others])
    compare(
        case="fingerprint, 4 inputs",
        contenders=contenders,
        argument=SIGNATURE,
        agree=are_keys,
        limit="hash of its JSON",
        headline="`fingerprint` of a signature",
    )
