"""What does `accepts` of one array cost beside a C function that knows nothing but its spec?

The spec: float32 [batch, 128], alone and as a signature's only input. Hand-written Python and the peers stand beside.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensorgate as tg

from . import peers
from .conftest import Compare
from .limits import build

SPEC = tg.TensorSpec(("batch", 128), "float32")
OURS = {"a spec": SPEC.accepts, "a signature of a lone spec": tg.Signature(SPEC).accepts}


def bad_arrays() -> dict[str, Any]:
    good = np.zeros((8, 128), np.float32)
    return {
        "dtype": good.astype(np.float64),
        "byte order": good.astype(">f4"),
        "fixed dimension": good[:, :127],
        "rank": good[None],
        "list": good.tolist(),
    }


@pytest.mark.parametrize("ours", OURS)
def test_single_array(ours: str, compare: Compare) -> None:
    array, bad = np.zeros((8, 128), np.float32), bad_arrays()
    others = peers.checks(SPEC, array)
    compare(
        case=ours,
        contenders={"tensorgate": OURS[ours], "hard-coded C": build().one_array, **others},
        argument=array,
        bad=bad,
        does_not_see=peers.does_not_see(others, bad),
        limit="hard-coded C",
        goal=1.5,
        headline="`accepts` of one array" if ours == "a spec" else "",
    )
