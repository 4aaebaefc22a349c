"""What does a dict of four PyTorch tensors cost beside asking each for its dtype and its shape?

The limit is C that reads each through DLPack's functions for C, the cheapest way that PyTorch offers.
"""

from __future__ import annotations

import pytest

from . import peers
from .conftest import Compare
from .dict_of_tensors import SIGNATURE, bad_batches, good_batch
from .limits import build

torch = pytest.importorskip("torch", reason="not installed: pip install torch")


@pytest.mark.skipif(
    not hasattr(torch.Tensor, "__dlpack_c_exchange_api__"), reason="this PyTorch has no DLPack functions for C"
)
def test_torch_tensors(compare: Compare) -> None:
    batch, bad = good_batch(torch.from_numpy), bad_batches(torch.from_numpy)
    build().learn_torch_tensor(torch.Tensor)
    others = peers.checks(SIGNATURE, batch, peers.TORCH)
    compare(
        case="4 PyTorch tensors",
        contenders={
            "tensorgate": SIGNATURE.accepts,
            "cheapest questions": build().dict_of_torch_tensors,
            **others,
        },
        argument=batch,
        bad=bad,
        does_not_see=peers.does_not_see(others, bad),
        limit="cheapest questions",
        goal=1.2,
        headline="`accepts`, a dict of four PyTorch tensors",
    )
