"""split and collate with PyTorch's tensors."""

import numpy as np
import pytest
import torch

from tensorgate import Signature, TensorSpec

SIGNATURE = Signature({"x": TensorSpec((None,), minimum=0)})


@pytest.mark.parametrize(("values", "is_view"), [([1, 2, -1], True), ([1, -1, 2], False)])
def test_tensors_stay_tensors(values, is_view):
    value = torch.tensor(values, dtype=torch.float32)
    split = SIGNATURE.split({"x": value})
    assert isinstance(split.good["x"], torch.Tensor)
    assert split.good["x"].tolist() == [1, 2]
    assert split.bad["x"].tolist() == [-1]
    assert (split.good["x"].untyped_storage().data_ptr() == value.untyped_storage().data_ptr()) is is_view


def test_a_tensor_without_numpys_dtype_is_split():
    signature = Signature({"x": TensorSpec((None,), "bfloat16"), "y": TensorSpec((None,), minimum=0)})
    split = signature.split({"x": torch.ones(3, dtype=torch.bfloat16), "y": torch.tensor([0.0, -1, 0])})
    assert split.good["x"].dtype == torch.bfloat16
    assert split.good["x"].shape == (2,)


def test_requests_of_tensors_are_collated():
    batch = SIGNATURE.collate(
        [{"x": torch.tensor([1.0, 2])}, {"x": torch.tensor(3.0)}, {"x": torch.ones(4)[::2]}]
    ).batch
    assert type(batch["x"]) is np.ndarray
    assert batch["x"].tolist() == [1, 2, 3, 1, 1]
