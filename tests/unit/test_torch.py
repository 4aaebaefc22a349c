import gc
import weakref

import numpy as np
import pytest
import torch

from tensorgate import Signature, TensorSpec

DTYPES = {
    torch.bool: "bool",
    torch.uint8: "uint8",
    torch.int8: "int8",
    torch.int16: "int16",
    torch.int32: "int32",
    torch.int64: "int64",
    torch.uint16: "uint16",
    torch.uint32: "uint32",
    torch.uint64: "uint64",
    torch.float16: "float16",
    torch.bfloat16: "bfloat16",
    torch.float32: "float32",
    torch.float64: "float64",
    torch.complex64: "complex64",
    torch.complex128: "complex128",
    torch.float8_e4m3fn: "float8_e4m3fn",
    torch.float8_e4m3fnuz: "float8_e4m3fnuz",
    torch.float8_e5m2: "float8_e5m2",
    torch.float8_e5m2fnuz: "float8_e5m2fnuz",
}


def codes(spec, value):
    found = [str(violation.code) for violation in spec.violations(value)]
    assert spec.accepts(value) is (not found)
    assert Signature({"x": spec}).accepts({"x": value}) is (not found)
    return found


@pytest.mark.parametrize("want", DTYPES.values())
@pytest.mark.parametrize("got", DTYPES, ids=str)
def test_a_tensor_passes_exactly_where_its_dtype_is_the_specs(want, got):
    tensor = torch.empty((2, 3), dtype=got)
    assert codes(TensorSpec((None, 3), want), tensor) == ([] if want == DTYPES[got] else ["dtype"])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_tensor_of_any_layout_passes(dtype):
    tensor = torch.empty((4, 6), dtype=dtype)
    for view in (
        tensor.T,
        tensor[::2, ::3],
        tensor[:0],
        tensor[0, 0],
        tensor[0, 0].expand(5, 5),
        tensor[None, :, None],
    ):
        assert codes(TensorSpec(tuple(view.shape), DTYPES[dtype]), view) == []


def test_shape_and_rank_are_judged():
    tensor = torch.zeros((2, 4))
    assert codes(TensorSpec((None, 3)), tensor) == ["dim"]
    assert codes(TensorSpec((None,)), tensor) == ["rank"]
    assert codes(TensorSpec(None), tensor) == []


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning")
def test_a_dtype_that_tensorflow_has_not_is_refused():
    tensor = torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8)
    assert codes(TensorSpec((3,), "int8"), tensor) == ["unsupported"]


@pytest.mark.parametrize(
    ("tensor", "dtype"),
    [(torch.zeros(3, requires_grad=True), "float32"), (torch.zeros(3, requires_grad=True) * 2, "float32")],
    ids=["leaf", "result"],
)
def test_a_tensor_that_records_gradients_passes(tensor, dtype):
    assert codes(TensorSpec((3,), dtype), tensor) == []
    assert tensor.requires_grad


def test_a_parameter_passes():
    assert codes(TensorSpec((3,)), torch.nn.Parameter(torch.zeros(3))) == []


def test_a_view_with_a_lazy_conjugate_is_refused_with_what_torch_says():
    tensor = torch.zeros(3, dtype=torch.complex64).conj()
    assert codes(TensorSpec((3,), "complex64"), tensor) == ["unsupported"]
    assert "raised" in TensorSpec((3,), "complex64").violations(tensor)[0].hint
    assert codes(TensorSpec((3,), "complex64"), tensor.resolve_conj()) == []


@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
@pytest.mark.parametrize("to_sparse", [torch.Tensor.to_sparse, torch.Tensor.to_sparse_csr])
def test_a_sparse_tensor_is_refused(to_sparse):
    assert codes(TensorSpec((3, 3)), to_sparse(torch.eye(3))) == ["unsupported"]


def test_a_tensor_without_memory_is_judged_or_refused_but_harmless():
    assert codes(TensorSpec((3,)), torch.zeros(3, device="meta")) in ([], ["unsupported"])
    assert codes(TensorSpec((3,), minimum=0), torch.zeros(3, device="meta")) == ["unsupported"]


ORDERED = [dtype for dtype, name in DTYPES.items() if name != "bool" and not name.startswith("complex")]


@pytest.mark.parametrize("dtype", ORDERED, ids=str)
def test_values_are_judged(dtype):
    pytest.importorskip("ml_dtypes")  # which holds the bounds of torch's narrow dtypes
    tensor = torch.tensor([[0, 1, 2], [3, 1, 4]]).to(dtype)
    assert codes(TensorSpec((2, 3), DTYPES[dtype], minimum=0, maximum=4, one_of=[0, 1, 2, 3, 4]), tensor) == []
    spec = TensorSpec((None, None), DTYPES[dtype], maximum=2)
    for view, index, count in [(tensor, (1, 0), 2), (tensor.T, (0, 1), 2), (tensor[1:, 1:], (0, 1), 1)]:
        (violation,) = spec.violations(view)
        assert (violation.code, violation.index, violation.count) == ("above_maximum", index, count)
        assert not spec.accepts(view)


def test_values_that_are_not_finite_are_told():
    spec = TensorSpec((None,), finite=True)
    for tensor in (torch.tensor([0, torch.nan, torch.inf]), torch.tensor([0, torch.nan, 0], requires_grad=True)):
        (violation,) = spec.violations(tensor)
        assert (violation.code, violation.got, violation.index) == ("not_finite", "nan", (1,))
    assert codes(TensorSpec((2,), "bool", one_of=[True]), torch.tensor([True, False])) == ["not_one_of"]
    assert codes(TensorSpec((1,), "complex64", finite=True), torch.tensor([complex(0, torch.inf)])) == ["not_finite"]


def test_values_of_a_large_tensor_are_judged():
    tensor = torch.zeros(1 << 20)
    assert codes(TensorSpec((None,), minimum=0), tensor) == []
    tensor[-1] = -1
    assert codes(TensorSpec((None,), minimum=0), tensor) == ["below_minimum"]


def test_a_tensor_is_given_back():
    tensor = torch.zeros(3)
    alive = weakref.ref(tensor)
    storage = weakref.ref(tensor.untyped_storage())
    for spec in (TensorSpec((3,)), TensorSpec((4,))):
        spec.accepts(tensor)
        spec.violations(tensor)
    del tensor
    gc.collect()
    assert alive() is None
    assert storage() is None


def test_tensors_and_arrays_share_named_dimensions():
    signature = Signature({"a": TensorSpec(("n",)), "b": TensorSpec(("n",))})
    assert signature.accepts({"a": torch.zeros(3), "b": np.zeros(3, np.float32)})
    assert not signature.accepts({"a": torch.zeros(3), "b": np.zeros(4, np.float32)})


def test_a_torch_dtype_is_no_dtype_of_a_spec():
    with pytest.raises(TypeError, match="is not one that TensorFlow has"):
        TensorSpec((), torch.float32)


class Withheld(torch.Tensor):
    """Inherits PyTorch's functions for C, but gives nothing out."""

    def __dlpack__(self, **kwargs):
        raise BufferError("not this one")


@pytest.mark.parametrize("rules", [{}, {"finite": True}])
def test_a_subclass_that_is_not_exported_is_refused_with_what_it_says(rules):
    withheld = torch.zeros(3).as_subclass(Withheld)
    signature = Signature({"x": TensorSpec(None, "float32", **rules)})
    assert not signature.accepts({"x": withheld})
    (violation,) = signature.violations({"x": withheld})
    assert (violation.code, violation.hint) == ("unsupported", "it raised BufferError: not this one")
    report = signature.check_many([{"x": withheld}, {"x": torch.zeros(3)}])
    assert report.ok.tolist() == [False, True]
