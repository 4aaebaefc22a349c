"""Batches that pass: by name, what checks each and the batch. Run by other processes from its text, too."""

import numpy as np

from tensorgate import Dim, Signature, TensorSpec

BATCH = Dim("batch", min=1, max=64)
FOUR = Signature(
    {
        "ids": TensorSpec((BATCH, 128), "int64"),
        "mask": TensorSpec((BATCH, 128), "int64"),
        "types": TensorSpec((BATCH, 128), "int64", optional=True),
        "weights": TensorSpec((BATCH,), "float32"),
    }
)
VALUES = Signature(
    {
        "image": TensorSpec(("batch", 8, 8, 3), "float32", minimum=0, maximum=1, finite=True),
        "label": TensorSpec(("batch",), "int32", one_of=range(10)),
    }
)
NESTED = Signature({"a": {"b": TensorSpec((None, 3)), "c": [TensorSpec(("n",)), TensorSpec(("n",))]}})
MANY = Signature({f"input_{i}": TensorSpec(("batch", i)) for i in range(64)})

four = {name: np.zeros((8, 128), np.int64) for name in ("ids", "mask", "types")} | {"weights": np.zeros(8, np.float32)}
many = {f"input_{i}": np.zeros((2, i), np.float32) for i in range(64)}
CASES = {
    "in order": (FOUR, four),
    "reversed": (FOUR, dict(reversed(four.items()))),
    "names made at run time": (FOUR, {"".join(list(name)): array for name, array in four.items()}),
    "an optional input absent": (FOUR, {name: four[name] for name in ("weights", "ids", "mask")}),
    "values": (VALUES, {"image": np.zeros((8, 8, 8, 3), np.float32), "label": np.zeros(8, np.int32)}),
    "strided values": (
        VALUES,
        {"image": np.zeros((8, 8, 3, 8), np.float32).swapaxes(2, 3)[::-1], "label": np.zeros(16, np.int32)[::2]},
    ),
    "nested": (NESTED, {"a": {"b": np.zeros((1, 3), np.float32), "c": [np.zeros(2, np.float32)] * 2}}),
    "64 inputs": (MANY, many),
    "64 inputs reversed": (MANY, dict(reversed(many.items()))),
    "one array": (TensorSpec((None, 3)), np.zeros((2, 3), np.float32)),
}
