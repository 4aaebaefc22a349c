import pickle

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

DTYPES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


def codes(spec, value):
    found = [str(violation.code) for violation in spec.violations(value)]
    assert spec.accepts(value) is (not found)
    signature = Signature({"x": spec})
    assert [str(violation.code) for violation in signature.violations({"x": value})] == found
    assert signature.accepts({"x": value}) is (not found)
    return found


@pytest.mark.parametrize("want", DTYPES)
@pytest.mark.parametrize("got", DTYPES)
def test_an_array_passes_exactly_where_its_dtype_is_the_specs(want, got):
    assert codes(TensorSpec((None, 3), want), np.zeros((2, 3), got)) == ([] if want == got else ["dtype"])
    assert codes(TensorSpec((), want), np.dtype(got).type(0)) == ([] if want == got else ["dtype"])


@pytest.mark.parametrize("scalar", [np.longlong, np.dtype("l").type, np.int64])
def test_numpys_names_for_int64_are_all_int64(scalar):
    assert codes(TensorSpec((2,), "int64"), np.zeros(2, scalar)) == []
    assert codes(TensorSpec((), "int64"), scalar(1)) == []


@pytest.mark.parametrize("scalar", [np.ulonglong, np.dtype("L").type, np.uint64])
def test_numpys_names_for_uint64_are_all_uint64(scalar):
    assert codes(TensorSpec((2,), "uint64"), np.zeros(2, scalar)) == []


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((3, 2), np.float32).T,
        np.zeros((4, 9), np.float32)[::2, ::3],
        np.zeros((2, 3), np.float32)[::-1, ::-1],
        np.broadcast_to(np.float32(1), (2, 3)),
        np.asfortranarray(np.zeros((2, 3), np.float32)),
        np.frombuffer(bytes(24), np.float32).reshape(2, 3),
        np.frombuffer(bytes(25), np.uint8)[1:].view(np.float32).reshape(2, 3),
        np.zeros((2, 3), np.float32).view(np.matrix) if hasattr(np, "matrix") else None,
        pickle.loads(pickle.dumps(np.zeros((2, 3), np.float32))),
        np.zeros((2, 3), np.dtype("f4", metadata={"a": 1})),
        np.zeros((2, 3), "=f4"),
        np.zeros((2, 3), "<f4"),
    ],
    ids=[
        *("transposed", "strided", "negative strides", "broadcast", "Fortran order", "read-only", "misaligned"),
        *("matrix", "unpickled", "metadata", "native", "little-endian"),
    ],
)
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_the_layout_of_an_array_does_not_count(array):
    assert codes(TensorSpec(("n", 3)), array) == []
    assert codes(TensorSpec(("n", 4)), array) == ["dim"]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (0, 0, 0)])
def test_an_empty_array_has_a_shape(shape):
    assert codes(TensorSpec(shape), np.zeros(shape, np.float32)) == []
    assert codes(TensorSpec((None,) * len(shape)), np.zeros(shape, np.float32)) == []
    assert codes(TensorSpec([size + 1 for size in shape]), np.zeros(shape, np.float32)) == ["dim"]


def test_an_array_of_as_many_dimensions_as_numpy_has():
    array = np.zeros((1,) * 32, np.float32)
    assert codes(TensorSpec((1,) * 32), array) == []
    assert codes(TensorSpec((1,) * 33), array) == ["rank"]


def test_a_shape_beyond_memory_is_checked_by_its_strides():
    array = np.broadcast_to(np.float32(0), (2**40, 3))
    assert codes(TensorSpec((2**40, 3)), array) == []
    assert codes(TensorSpec((2**40 + 1, 3)), array) == ["dim"]


class Subclass(np.ndarray):
    """Overrides what a checker must not ask."""

    shape = property(lambda _: 1 / 0)
    dtype = property(lambda _: 1 / 0)
    __getitem__ = None

    def __array_finalize__(self, _):
        pass


def test_a_subclass_is_judged_by_the_array_that_it_is():
    assert codes(TensorSpec((2, 3)), np.zeros((2, 3), np.float32).view(Subclass)) == []
    assert codes(TensorSpec((2, 4)), np.zeros((2, 3), np.float32).view(Subclass)) == ["dim"]


def test_a_memmap_is_an_array(tmp_path):
    mapped = np.memmap(tmp_path / "x", np.float32, "w+", shape=(2, 3))
    assert codes(TensorSpec((2, 3)), mapped) == []


def test_a_record_array_is_no_tensor():
    assert codes(TensorSpec((2,)), np.zeros(2, [("a", "f4")]).view(np.recarray)) == ["dtype"]


@pytest.mark.parametrize("dtype", [">f4", ">i8", ">u2", ">c16", ">f2", ">U3"])
def test_a_big_endian_array_is_refused_and_its_shape_still_judged(dtype):
    array = np.zeros((2, 3), dtype)
    name = "string" if "U" in dtype else np.dtype(dtype).newbyteorder("=").name
    assert codes(TensorSpec((2, 3), name), array) == ["byte_order"]
    assert codes(TensorSpec((2, 4), name), array) == ["byte_order", "dim"]
    assert codes(TensorSpec(None, name), array) == ["byte_order"]
    assert codes(TensorSpec((2, 3), name), array.astype(np.dtype(dtype).newbyteorder("="))) == []


def test_a_big_endian_dtype_of_one_byte_is_native():
    assert codes(TensorSpec((2,), "int8"), np.zeros(2, ">i1")) == []
    assert codes(TensorSpec((2,), "bool"), np.zeros(2, ">?")) == []


@pytest.mark.parametrize("mask", [np.ma.nomask, False, [True, False]], ids=["none", "empty", "set"])
def test_a_masked_array_is_refused(mask):
    masked = np.ma.array(np.zeros(2, np.float32), mask=mask)
    assert codes(TensorSpec((2,)), masked) == ["unsupported"]
    assert codes(TensorSpec((2,)), masked.filled(0)) == []


def test_a_masked_scalar_is_refused():
    assert codes(TensorSpec((), "float64"), np.ma.masked) == ["unsupported"]


@pytest.mark.parametrize("dtype", ["M8[ns]", "m8[s]", "longdouble", "clongdouble", "V4", "f4,f4", "(2,)i1,f4"])
def test_a_dtype_that_tensorflow_lacks_is_told_by_numpys_name(dtype):
    array = np.zeros(3, dtype)
    assert codes(TensorSpec((3,)), array) == ["dtype"]
    (violation,) = TensorSpec((3,)).violations(array)
    assert violation.got == str(array.dtype)


@pytest.mark.parametrize("name", ["qint8", "quint8", "qint16", "quint16", "qint32"])
def test_tensorflows_quantized_arrays_are_of_their_fields_name(name):
    array = np.zeros(2, [(name, name.replace("q", ""))])
    assert codes(TensorSpec((2,), name), array) == []
    assert codes(TensorSpec((2,), name.replace("q", "")), array) == ["dtype"]
    assert codes(TensorSpec((2,), name), np.zeros(2, name.replace("q", ""))) == ["dtype"]
    assert codes(TensorSpec((2,), name), np.zeros(2, [(name, "f8")])) == ["dtype"]
    assert codes(TensorSpec((2,), name), np.zeros(2, [(name, name.replace("q", "")), ("more", "i1")])) == ["dtype"]


def test_a_big_endian_quantized_array_is_refused():
    assert codes(TensorSpec((2,), "qint32"), np.zeros(2, [("qint32", ">i4")])) == ["byte_order"]


@pytest.mark.parametrize("name", ["\ud800", "", "x" * 10_000])
def test_any_name_of_a_field_is_bad_data(name):
    array = np.zeros(2, [(name, "f4"), ("b", "f4")])
    assert codes(TensorSpec((2,)), array) in (["dtype"], ["unsupported"])
    assert TensorSpec((2,), "qint8").accepts(np.zeros(2, [(name, "i1")])) is False


def test_a_numpy_scalar_is_a_tensor_of_rank_zero():
    assert codes(TensorSpec((), "float32"), np.float32(1)) == []
    assert codes(TensorSpec((None,), "float32"), np.float32(1)) == ["rank"]
    assert codes(TensorSpec((), "float32"), np.float64(1)) == ["dtype"]
    assert codes(TensorSpec((), "bool"), np.True_) == []
    assert codes(TensorSpec((), "complex64"), np.complex64(1j)) == []


def test_a_void_or_datetime_scalar_is_no_tensor():
    assert codes(TensorSpec(()), np.datetime64("2020-01-01")) == ["dtype"]
    assert codes(TensorSpec(()), np.void(b"abcd")) == ["dtype"]
    assert codes(TensorSpec((), "qint8"), np.zeros((), [("qint8", "i1")])[()]) == []


@pytest.mark.parametrize("value", [1.0, 1, True, 1j, [1.0], (1.0,), [np.float32(1)], set(), range(3), float("nan")])
def test_python_values_are_no_tensors(value):
    for spec in (TensorSpec(None), TensorSpec(None, "int64"), TensorSpec(None, "bool"), TensorSpec(None, "string")):
        assert codes(spec, value) == ["unsupported"]


def test_a_dtype_or_array_class_is_no_tensor():
    for value in (np.float32, np.ndarray, np.dtype("f4"), np):
        assert codes(TensorSpec(None), value) == ["unsupported"]


def test_dtype_and_shape_are_both_told():
    assert codes(TensorSpec((2, 3)), np.zeros((2, 4))) == ["dtype", "dim"]
    assert codes(TensorSpec((2, 3)), np.zeros(4)) == ["dtype", "rank"]


def test_wrong_dimensions_are_one_violation_with_the_first_axis_and_their_number():
    (violation,) = TensorSpec((2, 3, None, 5)).violations(np.zeros((2, 4, 9, 6), np.float32))
    assert (violation.expected, violation.got) == ("[2, 3, None, 5]", "[2, 4, 9, 6]")
    assert (violation.index, violation.count) == ((1,), 2)


class Lying(np.ndarray):
    @property
    def dtype(self):
        raise ZeroDivisionError("no dtype")


def test_a_subclass_is_judged_by_its_memory_not_by_its_attributes():
    (violation,) = TensorSpec((2,)).violations(np.zeros(2).view(Lying))
    assert (violation.code, violation.got) == ("dtype", "float64")


def test_a_big_endian_scalar_is_refused():
    scalar = np.zeros((), [("qint32", ">i4")])[()]
    (violation,) = TensorSpec((), "qint32").violations(scalar)
    assert violation.code == "byte_order"


def test_a_field_with_a_lone_surrogate_is_no_dtype():
    with pytest.raises(TypeError, match="is not one that TensorFlow has"):
        TensorSpec((1,), np.dtype([("\ud800", "i1")]))
