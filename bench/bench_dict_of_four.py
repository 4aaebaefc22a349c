"""What does `accepts` of a dict of four arrays cost beside a C function that knows nothing but this signature?

The signature: ids, mask and types int64 [batch, 128], weights float32 [batch]. The dict comes in the signature's order,
in another one, and with names made at run time. The peers stand beside for scale.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from . import peers
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, Batch, bad_batches, good_batch
from .limits import build

ORDERS: dict[str, Callable[[Batch], Batch]] = {
    "in order": dict,
    "reversed": lambda batch: dict(reversed(batch.items())),
    "names made at run time": lambda batch: {"".join(list(name)): array for name, array in batch.items()},
}


@pytest.mark.parametrize("order", ORDERS)
def test_dict_of_four(order: str, compare: Compare) -> None:
    good, bad = good_batch(np.asarray), bad_batches(np.asarray)
    bad["byte order"] = {**good, "ids": good["ids"].astype(">i8")}
    batch = ORDERS[order](good)
    contenders = {
        "tensorgate": SIGNATURE.accepts,
        "hard-coded C": build().dict_of_four,
        **peers.checks(SIGNATURE, batch),
    }
    compare(
        case=order,
        contenders=contenders,
        argument=batch,
        good=[arrange(good) for arrange in ORDERS.values()],
        bad=bad,
        does_not_see=peers.does_not_see(contenders, bad),
        limit="hard-coded C",
        goal=1.1 if order == "in order" else 1.3,
        headline="`accepts`, a dict of four arrays with a shared batch dimension" if order == "in order" else "",
    )
