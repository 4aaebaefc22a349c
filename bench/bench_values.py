"""What do `finite`, `minimum` and `maximum` together cost beside one pass in C that knows nothing but these limits?

float32 in [0, 1]: 19 MB, which come from memory, 1.5 MB, which a processor's second cache holds, and 64 KB. The two
passes that one writes with NumPy, `min` and `max`, stand beside.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg
from bench.limits import build
from bench.ratio import side_by_side

LIMIT = build().unit_interval
SHAPES = {"19 MB": (33, 384, 384), "1.5 MB": (6, 256, 256), "64 KB": (1, 128, 128)}
SPEC = tg.TensorSpec(("batch", None, None), "float32", finite=True, minimum=0.0, maximum=1.0)

Array = npt.NDArray[np.float32]


def good_array(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(0).random(shape, np.float32)


def in_numpy(array: Array) -> bool:
    """Check as one writes it by hand; NaN passes on to the minimum and fails there."""
    return bool(array.min() >= 0.0 and array.max() <= 1.0)


CONTENDERS: dict[str, Callable[[Any], Any]] = {"tensorgate": SPEC.accepts, "limit": LIMIT, "numpy": in_numpy}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_contenders_agree(shape: tuple[int, ...]) -> None:
    array = good_array(shape)
    flat = array.reshape(-1)
    flat[:3] = (0.0, 1.0, -0.0)
    assert {name: accepts(array) for name, accepts in CONTENDERS.items()} == dict.fromkeys(CONTENDERS, True)
    for place in (0, 7, flat.size // 2, flat.size - 1):
        for bad in (np.nan, -np.nan, np.inf, -np.inf, np.nextafter(np.float32(1), np.float32(2)), -1e-45):
            kept, flat[place] = flat[place], bad
            verdicts = {name: accepts(array) for name, accepts in CONTENDERS.items()}
            assert verdicts == dict.fromkeys(CONTENDERS, False), (place, bad)
            flat[place] = kept


@pytest.mark.parametrize("size", SHAPES)
def test_ratio_to_the_limit(size: str, record_property: Callable[[str, object], None]) -> None:
    array = good_array(SHAPES[size])
    times = side_by_side(CONTENDERS, array, calls=max(1, 40_000_000 // array.nbytes))
    ratio = times["limit"] / times["tensorgate"]
    record_property("ratio", ratio)
    two_passes = times["numpy"] / times["tensorgate"]
    rate = array.nbytes / times["tensorgate"]
    print(f"\n{size}: {ratio:.2f} of the limit's speed, {two_passes:.1f} times NumPy's min and max ({rate:.0f} GB/s)")
    assert ratio > 0.6
    assert two_passes > 1.2
