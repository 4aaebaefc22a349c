import ctypes
import gc

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

from .exporters import Changes

CPU = (1, 0)
CUDA = (2, 0)


def codes(spec, value):
    found = [str(violation.code) for violation in spec.violations(value)]
    assert spec.accepts(value) is (not found)
    assert Signature({"x": spec}).accepts({"x": value}) is (not found)
    return found


class Exporter:
    """Nothing but DLPack, as a GPU's array type has it."""

    def __init__(self, array):
        self._array = array

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()

    def __dlpack__(self, **kwargs):
        return self._array.__dlpack__(**kwargs)


DTYPES = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


@pytest.mark.parametrize("want", DTYPES)
@pytest.mark.parametrize("got", DTYPES)
def test_a_tensor_passes_exactly_where_its_dtype_is_the_specs(want, got):
    value = Exporter(np.zeros((2, 3), got))
    assert codes(TensorSpec((None, 3), want), value) == ([] if want == got else ["dtype"])


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1,) * 32])
def test_shape_and_rank_are_judged(shape):
    value = Exporter(np.zeros(shape, np.float32))
    assert codes(TensorSpec(shape), value) == []
    assert codes(TensorSpec(None), value) == []
    assert codes(TensorSpec((*shape, 1)), value) == ["rank"]


def test_a_tensor_that_is_not_contiguous_passes():
    value = Exporter(np.zeros((4, 6), np.float32)[::2, ::-3])
    assert codes(TensorSpec((2, 2)), value) == []


def test_tensors_and_arrays_share_named_dimensions():
    signature = Signature({"a": TensorSpec(("n",)), "b": TensorSpec(("n",))})
    three, four = np.zeros(3, np.float32), np.zeros(4, np.float32)
    assert signature.accepts({"a": Exporter(three), "b": three})
    assert not signature.accepts({"a": Exporter(three), "b": four})
    assert not signature.accepts({"a": three, "b": Exporter(four)})


class DLDevice(ctypes.Structure):
    _fields_ = (("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32))


class DLDataType(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class DLTensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", DLDevice),
        ("ndim", ctypes.c_int32),
        ("dtype", DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class DLManagedTensor(ctypes.Structure):
    pass


DELETER = ctypes.CFUNCTYPE(None, ctypes.POINTER(DLManagedTensor))
DESTRUCTOR = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
DLManagedTensor._fields_ = (("dl_tensor", DLTensor), ("manager_ctx", ctypes.c_void_p), ("deleter", DELETER))

# With borrowed pointers: while a capsule is being destroyed it must not be given a new reference.
capsule_new = ctypes.pythonapi.PyCapsule_New
capsule_new.restype = ctypes.py_object
capsule_new.argtypes = (ctypes.c_void_p, ctypes.c_char_p, DESTRUCTOR)
capsule_is_valid = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_IsValid", ctypes.pythonapi)
)


class Handmade:
    """Exports a capsule made byte by byte, and counts how often its deleter is called."""

    def __init__(
        self, *, shape=(2, 3), code=2, bits=32, lanes=1, ndim=None, null_shape=False, name=b"dltensor", device=CPU
    ):
        self.device = device
        self.exported = 0
        self.deleted = 0
        self.name = name
        self.dims = (ctypes.c_int64 * max(1, len(shape)))(*shape)
        self.deleter = DELETER(self.delete)
        self.destructor = DESTRUCTOR(self.destroy)
        self.managed = DLManagedTensor(
            dl_tensor=DLTensor(
                device=DLDevice(*device),
                ndim=len(shape) if ndim is None else ndim,
                dtype=DLDataType(code, bits, lanes),
                shape=None if null_shape else self.dims,
            ),
            deleter=self.deleter,
        )

    def delete(self, _):
        self.deleted += 1

    def destroy(self, capsule):
        # A consumer that took the tensor over renames the capsule and calls the deleter itself.
        if capsule_is_valid(capsule, self.name):
            self.managed.deleter(ctypes.byref(self.managed))

    def __dlpack_device__(self):
        return self.device

    def __dlpack__(self, **kwargs):
        self.kwargs = kwargs
        self.exported += 1
        return capsule_new(ctypes.addressof(self.managed), self.name, self.destructor)


BY_CODE = {
    (0, 8): "int8",
    (0, 16): "int16",
    (0, 32): "int32",
    (0, 64): "int64",
    (1, 8): "uint8",
    (1, 16): "uint16",
    (1, 32): "uint32",
    (1, 64): "uint64",
    (2, 16): "float16",
    (2, 32): "float32",
    (2, 64): "float64",
    (4, 16): "bfloat16",
    (5, 64): "complex64",
    (5, 128): "complex128",
    (6, 8): "bool",
    (9, 8): "float8_e4m3b11fnuz",
    (10, 8): "float8_e4m3fn",
    (11, 8): "float8_e4m3fnuz",
    (12, 8): "float8_e5m2",
    (13, 8): "float8_e5m2fnuz",
    (17, 4): "float4_e2m1fn",
}


@pytest.mark.parametrize(("code", "bits"), BY_CODE, ids=str)
def test_every_dtype_of_dlpack_that_tensorflow_has_is_known(code, bits):
    value = Handmade(code=code, bits=bits)
    assert codes(TensorSpec((2, 3), BY_CODE[code, bits]), value) == []
    assert codes(TensorSpec((2, 4), BY_CODE[code, bits]), value) == ["dim"]
    assert codes(TensorSpec((2, 3), "string"), value) == ["dtype"]


@pytest.mark.parametrize(
    ("code", "bits", "lanes"),
    [
        *((2, 32, 2), (2, 32, 0), (2, 32, 65535), (2, 8, 1), (2, 128, 1), (0, 128, 1), (0, 0, 1), (0, 7, 1)),
        *((3, 64, 1), (4, 8, 1), (5, 32, 1), (6, 1, 1), (7, 8, 1), (8, 8, 1), (14, 8, 1), (17, 8, 1), (255, 255, 1)),
    ],
)
def test_any_other_dtype_of_dlpack_is_refused(code, bits, lanes):
    value = Handmade(code=code, bits=bits, lanes=lanes)
    for dtype in ("float32", "uint8", "string", "bfloat16"):
        assert codes(TensorSpec((2, 3), dtype), value) == ["dtype"]
    assert codes(TensorSpec((2, 4)), value) == ["dtype", "dim"]


@pytest.mark.parametrize("shape", [(-1,), (2, -1), (-(2**63), 3), (2**62, -3)])
def test_a_negative_size_is_refused(shape):
    for spec in (TensorSpec(None), TensorSpec(("n",) * len(shape)), TensorSpec((None,) * len(shape))):
        assert codes(spec, Handmade(shape=shape)) == ["unsupported"]
    (violation,) = TensorSpec(None).violations(Handmade(shape=shape))
    assert violation.got == "a tensor without a valid shape"


@pytest.mark.parametrize("shape", [(2**63 - 1,), (2**63 - 1, 2**63 - 1), (0, 2**63 - 1)])
def test_a_huge_size_is_a_size(shape):
    assert codes(TensorSpec(shape), Handmade(shape=shape)) == []
    assert codes(TensorSpec((1,) * len(shape)), Handmade(shape=shape)) == ["dim"]


@pytest.mark.parametrize("ndim", [255, 300, 2**31 - 1, -1, -(2**31)])
def test_an_impossible_rank_is_refused(ndim):
    for spec in (TensorSpec(None), TensorSpec((None,) * 2), TensorSpec(())):
        assert codes(spec, Handmade(ndim=ndim)) == ["rank"]


def test_254_dimensions_are_tensorflows_limit():
    shape = tuple(range(1, 255))
    assert codes(TensorSpec(shape), Handmade(shape=shape)) == []
    assert codes(TensorSpec((*shape[:-1], 1)), Handmade(shape=shape)) == ["dim"]


def test_a_null_shape_is_refused_but_for_a_scalar():
    assert codes(TensorSpec((2, 3)), Handmade(null_shape=True)) == ["unsupported"]
    assert codes(TensorSpec(()), Handmade(shape=(), null_shape=True)) == []
    assert codes(TensorSpec((1,)), Handmade(shape=(), null_shape=True)) == ["rank"]


@pytest.mark.parametrize("name", [b"dltensor_versioned", b"used_dltensor", b"", b"DLTENSOR"])
def test_a_capsule_of_another_name_is_refused(name):
    value = Handmade(name=name)
    assert codes(TensorSpec((2, 3)), value) == ["unsupported"]
    assert value.deleted == value.exported


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"shape": (2, 4)}, {"lanes": 2}, {"shape": (-1,)}, {"ndim": 300}, {"null_shape": True}, {"name": b"other"}],
    ids=str,
)
@pytest.mark.parametrize("method", ["check", "accepts", "violations"])
def test_the_capsules_deleter_is_called_exactly_once(method, kwargs):
    value = Handmade(**kwargs)
    try:
        getattr(TensorSpec((2, 3)), method)(value)
    except ValueError:
        gc.collect()
    assert value.exported >= 1
    assert value.deleted == value.exported


class Lender:
    """Exports the same capsule each time, and keeps it."""

    def __init__(self, owner):
        self.capsule = owner.__dlpack__()

    def __dlpack_device__(self):
        return CPU

    def __dlpack__(self, **kwargs):
        return self.capsule


def test_a_capsule_that_its_exporter_keeps_lives_on():
    owner = Handmade()
    lender = Lender(owner)
    assert codes(TensorSpec((2, 3)), lender) == []
    assert codes(TensorSpec((2, 4)), lender) == ["dim"]
    assert (owner.exported, owner.deleted) == (1, 0)
    del lender
    gc.collect()
    assert owner.deleted == 1


def test_a_device_tensor_is_checked_by_its_metadata_without_synchronisation():
    value = Handmade(device=CUDA)
    assert codes(TensorSpec((2, 3)), value) == []
    assert value.kwargs == {"stream": -1}
    assert codes(TensorSpec((2, 4)), value) == ["dim"]


def test_values_on_a_device_can_not_be_checked():
    value = Handmade(device=CUDA)
    assert codes(TensorSpec((2, 3), minimum=0), value) == ["unsupported"]
    (violation,) = TensorSpec((2, 3), finite=True).violations(value)
    assert str(violation) == (
        "input  unsupported: expected float32 [2, 3], got a tensor on a device; "
        "its values can't be checked there: copy it to the CPU"
    )
    assert value.exported == value.deleted


def test_values_are_judged():
    spec = TensorSpec((None, None), minimum=0)
    values = np.array([[0, 1, 2], [3, -4, 5]], np.float32)
    want = ["input  below_minimum: expected at least 0.0, got -4.0 at [1, 1]"]
    for given, told in [(values, want), (values.T, want), (values[::-1, ::2], []), (values[:0], [])]:
        assert codes(spec, Exporter(given)) == ["below_minimum"] * len(told)
        assert [str(violation) for violation in spec.violations(Exporter(given))] == told


def test_a_tensor_without_memory_has_no_values_to_look_at():
    (violation,) = TensorSpec((2, 3), minimum=0).violations(Handmade())
    assert (violation.code, violation.hint) == ("unsupported", "it shows no memory")
    assert codes(TensorSpec((0, 3), minimum=0), Handmade(shape=(0, 3))) == []


def test_a_tensor_whose_shape_changes_between_two_looks_is_refused():
    (violation,) = TensorSpec((None,), minimum=0).violations(Changes(*(np.zeros(n, np.float32) for n in (9, 3))))
    assert (violation.code, violation.hint) == ("unsupported", "its shape or dtype changed while it was looked at")


def test_a_tensor_whose_dtype_changes_between_two_looks_is_refused():
    """Else its memory would be read past its end."""
    spec = TensorSpec((2,), "float64", minimum=0)
    assert codes(spec, Changes(np.zeros(2), np.zeros(2, np.float32))) == ["unsupported"]


def test_a_cpu_tensor_is_exported_without_a_stream():
    value = Handmade()
    assert codes(TensorSpec((2, 3)), value) == []
    assert value.kwargs == {}


def exporter(dlpack=None, device=lambda _: CPU, **more):
    return type("Hostile", (), {"__dlpack_device__": device, "__dlpack__": dlpack, **more})()


def raises(error):
    def method(*_, **__):
        raise error

    return method


def returns(value):
    return lambda *_, **__: value


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("x"), RecursionError(), StopIteration(), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x")],
    ids=repr,
)
def test_an_exporter_that_raises_is_bad_data(error):
    for value in (exporter(raises(error)), exporter(returns(None), raises(error))):
        assert codes(TensorSpec((2, 3)), value) == ["unsupported"]
        (violation,) = TensorSpec((2, 3)).violations(value)
        assert violation.hint.startswith(f"it raised {type(error).__name__}")


@pytest.mark.parametrize(
    "garbage",
    [None, 0, -1, 2**100, "dltensor", b"", (), [], object(), type, np.zeros(3), Ellipsis],
    ids=lambda x: str(type(x)),
)
def test_an_exporter_that_returns_garbage_is_bad_data(garbage):
    assert codes(TensorSpec((2, 3)), exporter(returns(garbage))) == ["unsupported"]


@pytest.mark.parametrize(
    "device", [None, 5, (), [], ("cpu", 0), (None, 0), (2**40, 0), (1.5, 0), "12", {}, object()], ids=str
)
def test_a_device_that_is_garbage_is_bad_data_or_of_no_interest(device):
    managed = Handmade()
    value = exporter(lambda _, **kwargs: managed.__dlpack__(**kwargs), returns(device))
    assert codes(TensorSpec((2, 3)), value) in ([], ["unsupported"])
    assert managed.deleted == managed.exported


def test_a_class_without_a_device_is_bad_data():
    value = type("NoDevice", (), {"__dlpack__": returns(None)})()
    assert codes(TensorSpec((2, 3)), value) == ["unsupported"]


def test_methods_that_are_not_callable_are_bad_data():
    assert codes(TensorSpec((2, 3)), exporter(5)) == ["unsupported"]
    assert codes(TensorSpec((2, 3)), exporter(returns(None), 5)) == ["unsupported"]


class Detaching(Handmade):
    """As PyTorch: a tensor that records gradients exports its detached twin alone."""

    requires_grad = True

    def detach(self):
        self.twin = Handmade()
        return self.twin

    def __dlpack__(self, **kwargs):
        raise BufferError("records gradients")


def test_a_tensor_that_records_gradients_is_detached_first():
    value = Detaching()
    assert codes(TensorSpec((2, 3)), value) == []
    assert value.twin.deleted == value.twin.exported == 1


@pytest.mark.parametrize("detach", [raises(ZeroDivisionError()), returns(None), 5], ids=["raises", "None", "int"])
def test_a_tensor_that_can_not_be_detached_is_bad_data(detach):
    value = exporter(returns(None), requires_grad=True, detach=detach)
    assert codes(TensorSpec((2, 3)), value) == ["unsupported"]


def test_an_attribute_that_raises_is_bad_data_or_of_no_interest():
    managed = Handmade()
    value = exporter(
        lambda _, **kwargs: managed.__dlpack__(**kwargs), requires_grad=property(raises(ZeroDivisionError()))
    )
    assert codes(TensorSpec((2, 3)), value) in ([], ["unsupported"])


def test_thousands_of_exporter_classes_are_told_apart():
    """What a type exports is remembered by its address, which another type may get."""
    for i in range(3_000):
        good = exporter(lambda _, **kwargs: np.zeros(3, np.float32).__dlpack__(**kwargs))
        bad = type(f"Plain{i}", (), {})()
        assert TensorSpec((3,)).accepts(good)
        assert not TensorSpec((3,)).accepts(bad)
        del good, bad
        if i % 500 == 0:
            gc.collect()
