"""What do `finite`, `minimum` and `maximum` together cost beside one pass in C that knows nothing but these limits?

float32 in [0, 1], from 64 KB, which a core's first caches hold, to 256 MB, which come from memory on most machines. The
passes that one writes with NumPy stand beside.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import tensorgate as tg

from . import peers
from .conftest import Compare
from .limits import build

Array = npt.NDArray[np.float32]

SHAPES = {
    "64 KB": (1, 128, 128),
    "512 KB": (2, 256, 256),
    "1.5 MB": (6, 256, 256),
    "19 MB": (33, 384, 384),
    "256 MB": (256, 512, 512),
}
SPEC = tg.TensorSpec(("batch", None, None), "float32", finite=True, minimum=0.0, maximum=1.0)
# Each at another place: where a vector starts, within one, and in the remainder that fills none.
BAD = {
    "NaN": (0, np.nan),
    "NaN with a sign": (7, -np.nan),
    "infinity": (-1, np.inf),
    "minus infinity": (4097, -np.inf),
    "next above 1": (-3, np.nextafter(np.float32(1), np.float32(2))),
    "minus a subnormal": (-2, -1e-45),
}


def good_array(shape: tuple[int, ...]) -> Array:
    array = np.random.default_rng(0).random(shape, np.float32)
    array.reshape(-1)[:3] = (0.0, 1.0, -0.0)
    return array


def bad_arrays(shape: tuple[int, ...]) -> dict[str, Array]:
    arrays = {}
    for kind, (place, value) in BAD.items():
        arrays[kind] = good_array(shape)
        arrays[kind].reshape(-1)[place] = value
    return arrays


@pytest.mark.parametrize("size", SHAPES)
def test_values(size: str, compare: Compare) -> None:
    array = good_array(SHAPES[size])
    contenders = {
        "tensorgate": SPEC.accepts,
        "fused pass in C": build().unit_interval,
        **peers.value_checks(SPEC, array),
    }
    compare(
        case=size,
        contenders=contenders,
        argument=array,
        # A small shape with a remainder shows as much as a large one.
        bad=bad_arrays((1, 67, 89)),
        does_not_see=peers.does_not_see(contenders, BAD),
        limit="fused pass in C",
        goal=1.11,
        x=array.nbytes,
        unit="bytes",
        headline="`finite`, `minimum` and `maximum` over 19 MB of float32" if size == "19 MB" else "",
    )
