"""What does `check` of a dict of four arrays cost beside a C function that knows nothing but this signature?

The signature: ids, mask and types int64 [batch, 128], weights float32 [batch]. The dict comes in the signature's order,
in another one, and with names made at run time. Hand-written Python stands beside for scale.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import tensorgate as tg
from bench.limits import build
from bench.ratio import side_by_side

LIMIT = build().dict_of_four
Batch = dict[str, Any]

SIGNATURE = tg.Signature(
    {
        "ids": tg.TensorSpec(("batch", 128), "int64"),
        "mask": tg.TensorSpec(("batch", 128), "int64"),
        "types": tg.TensorSpec(("batch", 128), "int64"),
        "weights": tg.TensorSpec(("batch",), "float32"),
    }
)


def good_batch() -> Batch:
    return {
        **{name: np.zeros((8, 128), np.int64) for name in ("ids", "mask", "types")},
        "weights": np.zeros(8, np.float32),
    }


def bad_batches() -> list[Batch]:
    good = good_batch()
    return [
        {},
        {**good, "extra": good["ids"]},
        {name: good[name] for name in ("ids", "mask", "types")},
        {**good, "ids": good["ids"].astype(np.int32)},
        {**good, "ids": good["ids"].astype(">i8")},
        {**good, "mask": good["mask"][:, :127]},
        {**good, "types": good["types"][:7]},
        {**good, "weights": good["weights"][None]},
        {**good, "weights": [0.0] * 8},
    ]


def in_python(batch: Batch) -> bool:
    """Check as one writes it by hand."""
    if batch.keys() != {"ids", "mask", "types", "weights"}:
        return False
    size = None
    for name in ("ids", "mask", "types"):
        array = batch[name]
        if not isinstance(array, np.ndarray) or array.dtype != np.int64 or array.shape[1:] != (128,):
            return False
        if size is not None and array.shape[0] != size:
            return False
        size = array.shape[0]
    weights = batch["weights"]
    return isinstance(weights, np.ndarray) and weights.dtype == np.float32 and weights.shape == (size,)


CONTENDERS: dict[str, Callable[[Any], Any]] = {"tensorgate": SIGNATURE.accepts, "limit": LIMIT, "python": in_python}

ORDERS: dict[str, Callable[[Batch], Batch]] = {
    "in order": dict,
    "reversed": lambda batch: dict(reversed(batch.items())),
    "names made at run time": lambda batch: {"".join(list(name)): array for name, array in batch.items()},
}


def test_contenders_agree() -> None:
    for order in ORDERS.values():
        assert {name: accepts(order(good_batch())) for name, accepts in CONTENDERS.items()} == dict.fromkeys(
            CONTENDERS, True
        )
    for batch in bad_batches():
        # `==` on a dtype ignores the byte order of the platform's own spelling alone, so all three must refuse.
        verdicts = {name: bool(accepts(batch)) for name, accepts in CONTENDERS.items()}
        assert verdicts == dict.fromkeys(CONTENDERS, False), batch


@pytest.mark.parametrize("name", CONTENDERS)
def test_dict_of_four(benchmark: BenchmarkFixture, name: str) -> None:
    test_contenders_agree()
    benchmark(CONTENDERS[name], good_batch())


@pytest.mark.parametrize("order", ORDERS)
def test_ratio_to_the_limit(order: str, record_property: Callable[[str, object], None]) -> None:
    batch = ORDERS[order](good_batch())
    times = side_by_side({"check": SIGNATURE.check, "limit": LIMIT, "python": in_python}, batch)
    ratio = times["check"] / times["limit"]
    record_property("ratio", ratio)
    by_hand = times["python"] / times["check"]
    print(f"\n{order}: check takes {ratio:.2f} times the limit, Python by hand {by_hand:.1f} times check")
    assert ratio < 2.0 if order == "in order" else ratio < 3.5
