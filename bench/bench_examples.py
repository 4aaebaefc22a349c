"""What does it cost to make a checked batch of serialized Examples, beside `tf.io.parse_example`?

A thousand Examples, as TensorFlow's own classes write them: a vector of 64 floats with an integer and two strings; 20
scalars, of which the contract names all or one; lists of 128 integers whose length is not fixed; and one Example alone.
TensorFlow is handed a tensor of the strings, as tf.data would, and holds them against no more than their number and
dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import decode_examples

from .conftest import Compare

tf = pytest.importorskip("tensorflow", reason="not installed: pip install tensorflow")

LISTS = {"int64": "int64_list", "float32": "float_list", "string": "bytes_list"}
SCALARS = [f"feature_{i:02}" for i in range(20)]


@dataclass(frozen=True)
class Serialized:
    """The same Examples for either side."""

    examples: list[bytes]
    tensor: Any

    @classmethod
    def of(cls, make: Callable[[np.random.Generator], dict[str, Any]], count: int, seed: int = 0) -> Serialized:
        """Return what TensorFlow's classes write of so many dicts of arrays."""
        chance = np.random.default_rng(seed)
        examples = []
        for _ in range(count):
            example = tf.train.Example()
            for name, values in make(chance).items():
                dtype = "string" if values.dtype.kind == "S" else str(values.dtype)
                getattr(example.features.feature[name], LISTS[dtype]).value.extend(values.tolist())
            examples.append(example.SerializeToString())
        return cls(examples, tf.constant(examples))


def vector_and_scalars(chance: np.random.Generator) -> dict[str, Any]:
    return {
        "vector": chance.random(64, np.float32),
        "id": chance.integers(1 << 40, size=1),
        "country": np.array([b"Iceland"]),
        "query": np.array([b"query %d" % chance.integers(1 << 20)]),
    }


def scalars(chance: np.random.Generator) -> dict[str, Any]:
    odd = chance.random(10, np.float32)
    even = chance.integers(1000, size=10)
    return {name: (odd if i % 2 else even)[i // 2 : i // 2 + 1] for i, name in enumerate(SCALARS)}


def lists(chance: np.random.Generator) -> dict[str, Any]:
    return {"ids": chance.integers(1 << 20, size=chance.integers(64, 192))}


def dense(shapes: dict[str, tuple[tuple[int, ...], str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the specs of both sides."""
    ours = {name: tg.TensorSpec(("batch", *shape), dtype) for name, (shape, dtype) in shapes.items()}
    theirs = {name: tf.io.FixedLenFeature(shape, tf.as_dtype(dtype)) for name, (shape, dtype) in shapes.items()}
    return ours, theirs


VECTOR = dense({"vector": ((64,), "float32"), "id": ((), "int64"), "country": ((), "string"), "query": ((), "string")})
TWENTY = dense({name: ((), "float32" if i % 2 else "int64") for i, name in enumerate(SCALARS)})
ONE = dense({SCALARS[3]: ((), "float32")})
RAGGED = (
    {"ids": tg.RaggedTensorSpec((None, None), "int64")},
    {"ids": tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64)},
)

CASES = {
    "1,000 of a vector and 3 scalars": (vector_and_scalars, 1000, VECTOR),
    "1,000 of 20 scalars": (scalars, 1000, TWENTY),
    "1 of the 20 scalars": (scalars, 1000, ONE),
    "1,000 lists": (lists, 1000, RAGGED),
    "one of a vector and 3 scalars": (vector_and_scalars, 1, VECTOR),
}


def arrays(batch: dict[str, Any]) -> dict[str, Any]:
    """Return a batch of either side as arrays."""
    out: dict[str, Any] = {}
    for name, value in batch.items():
        if isinstance(value, tf.RaggedTensor):
            value = {"values": value.values, "row_splits": value.row_splits}
        parts = value if isinstance(value, dict) else {"": value}
        out |= {name + part: np.asarray(array) for part, array in parts.items()}
    return out


def same(batch: dict[str, Any], other: dict[str, Any]) -> bool:
    ours, theirs = arrays(batch), arrays(other)
    return ours.keys() == theirs.keys() and all(
        ours[name].dtype == theirs[name].dtype and np.array_equal(ours[name], theirs[name]) for name in ours
    )


@pytest.mark.parametrize("case", CASES)
def test_examples(case: str, compare: Compare) -> None:
    make, count, (specs, features) = CASES[case]
    signature = tg.Signature(specs)
    compare(
        case=case,
        contenders={
            "tensorgate": lambda serialized: decode_examples(serialized.examples, signature),
            "parse_example": lambda serialized: tf.io.parse_example(serialized.tensor, features),
        },
        argument=Serialized.of(make, count),
        limit="parse_example",
        good=[Serialized.of(make, count, seed=1)],
        agree=same,
        goal=1.0,
        headline=f"a batch of {case}, from Examples" if case.startswith("1,000 of 20") else "",
    )
