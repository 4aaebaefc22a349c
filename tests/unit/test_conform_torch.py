"""conform with PyTorch's tensors."""

import numpy as np
import pytest
import torch

from tensorgate import Signature, TensorSpec, ValidationError


def signature(dtype="float32", shape=None):
    return Signature({"x": TensorSpec(shape, dtype)})


def test_a_tensor_that_check_accepts_stays():
    for value in (torch.zeros(2), torch.zeros(2, requires_grad=True), torch.zeros(2, device="cpu")[::2]):
        assert signature().conform({"x": value}).batch["x"] is value


def test_a_tensor_of_another_dtype_is_cast():
    for value in (torch.tensor([1.5, 2], dtype=torch.float64), torch.tensor([1.5, 2], dtype=torch.float16)):
        made, changes = signature().conform({"x": value})
        assert made["x"].dtype == np.float32
        assert made["x"].tolist() == [1.5, 2]
        assert changes[0].what == f"{str(value.dtype).removeprefix('torch.')} cast to float32"


def test_a_tensor_that_records_gradients_is_cast_without_them():
    value = torch.ones(2, dtype=torch.float64, requires_grad=True)
    assert signature().conform({"x": value}).batch["x"].tolist() == [1, 1]
    assert value.requires_grad


def test_a_value_that_the_dtype_does_not_hold_is_refused():
    with pytest.raises(ValidationError) as caught:
        signature("int32").conform({"x": torch.tensor([0, 2**40])})
    assert [(violation.code, violation.index) for violation in caught.value.violations] == [("not_representable", (1,))]


def test_tensors_in_a_list_are_stacked():
    made = signature().conform({"x": [torch.zeros(2), torch.ones(2)]}).batch["x"]
    assert made.tolist() == [[0, 0], [1, 1]]
    assert signature().conform({"x": [torch.tensor(1.0), torch.tensor(2.0)]}).batch["x"].tolist() == [1, 2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_batch_dimension_is_added(dtype):
    name = str(dtype).removeprefix("torch.")
    made = signature(name, ("batch", 2)).conform({"x": torch.zeros(2, dtype=dtype)}, add_batch_dim=True).batch["x"]
    assert tuple(made.shape) == (1, 2)


def test_a_tensor_is_padded():
    made = signature(shape=(None, 3)).conform({"x": torch.ones(1, 2)}, pad=0).batch["x"]
    assert made.tolist() == [[1, 1, 0]]


@pytest.mark.parametrize(
    "value",
    [
        torch.zeros(2, dtype=torch.bfloat16),
        torch.zeros(2, dtype=torch.float64, device="meta"),
        torch.zeros((2, 2), dtype=torch.float64).to_sparse(),
    ],
    ids=["bfloat16", "meta", "sparse"],
)
def test_a_tensor_that_numpy_can_not_read_is_left_for_check_to_refuse(value):
    with pytest.raises(ValidationError) as caught:
        signature().conform({"x": value}, "unsafe")
    assert list(caught.value.violations) == signature().violations({"x": value})
