import array
import ctypes
import mmap
import pickle
import struct
import sys

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec


def codes(spec, value):
    found = [str(violation.code) for violation in spec.violations(value)]
    assert spec.accepts(value) is (not found)
    assert Signature({"x": spec}).accepts({"x": value}) is (not found)
    return found


def sized(kind, size):
    return f"{kind}{8 * size}"


ARRAYS = {
    **{code: sized("int", array.array(code).itemsize) for code in "bhilq"},
    **{code: sized("uint", array.array(code).itemsize) for code in "BHILQ"},
    "f": "float32",
    "d": "float64",
}


def test_every_typecode_of_the_array_module_is_tried():
    assert set(array.typecodes) - set(ARRAYS) <= {"u", "w"}


@pytest.mark.parametrize(("typecode", "dtype"), ARRAYS.items())
def test_an_array_array_is_a_vector(typecode, dtype):
    value = array.array(typecode, [1, 2, 3])
    assert codes(TensorSpec((3,), dtype), value) == []
    assert codes(TensorSpec((4,), dtype), value) == ["dim"]
    assert codes(TensorSpec((3,), "string"), value) == ["dtype"]
    assert codes(TensorSpec((0,), dtype), array.array(typecode)) == []


# Python 3.13 deprecates the typecode 'u'; it is there nevertheless.
@pytest.mark.filterwarnings("ignore:The 'u' type code:DeprecationWarning")
@pytest.mark.parametrize("typecode", [code for code in array.typecodes if code in "uw"])
def test_an_array_of_characters_is_no_tensor(typecode):
    value = array.array(typecode, "ab")
    for dtype in ("string", "uint32", "int32"):
        assert codes(TensorSpec((2,), dtype), value) == ["dtype"]


MEMORYVIEWS = {
    **{code: sized("int", struct.calcsize(code)) for code in "bhilqn"},
    **{code: sized("uint", struct.calcsize(code)) for code in "BHILQN"},
    "f": "float32",
    "d": "float64",
    "?": "bool",
    "c": "uint8",
}


@pytest.mark.parametrize(("code", "dtype"), MEMORYVIEWS.items())
@pytest.mark.parametrize("prefix", ["", "@"])
def test_a_cast_memoryview_is_a_tensor_of_its_format(prefix, code, dtype):
    view = memoryview(bytes(48)).cast(prefix + code)
    count = 48 // struct.calcsize(code)
    assert codes(TensorSpec((count,), dtype), view) == []
    shaped = memoryview(bytes(48)).cast(prefix + code, (2, count // 2))
    assert codes(TensorSpec((2, count // 2), dtype), shaped) == []
    assert codes(TensorSpec((2, count // 2 + 1), dtype), shaped) == ["dim"]
    assert codes(TensorSpec((count,), dtype), shaped) == ["rank"]


def test_a_memoryview_of_pointers_is_no_tensor():
    assert codes(TensorSpec((6,), "uint64"), memoryview(bytes(48)).cast("P")) == ["dtype"]


def test_a_memoryview_of_rank_zero_is_a_scalar():
    assert codes(TensorSpec((), "float64"), memoryview(bytes(8)).cast("d", ())) == []
    assert codes(TensorSpec((), "float32"), memoryview(np.zeros((), np.float32))) == []


@pytest.mark.parametrize(
    "dtype",
    [
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    ],
)
def test_a_memoryview_of_an_array_has_the_arrays_dtype(dtype):
    exact = np.zeros((4, 3), dtype)
    assert codes(TensorSpec((4, 3), dtype), memoryview(exact)) == []
    assert codes(TensorSpec((2, 3), dtype), memoryview(exact[::2])) == []
    assert codes(TensorSpec((3, 4), dtype), memoryview(exact.T)) == []
    assert codes(TensorSpec((4, 3), dtype), memoryview(exact[::-1, ::-1])) == []
    assert codes(TensorSpec((0, 3), dtype), memoryview(exact[:0])) == []


@pytest.mark.parametrize("dtype", [">i2", ">i4", ">u8", ">f2", ">f4", ">f8", ">c8", ">c16"])
def test_a_memoryview_of_a_big_endian_array_is_refused(dtype):
    name = np.dtype(dtype).newbyteorder("=").name
    value = memoryview(np.zeros((2, 3), dtype))
    assert codes(TensorSpec((2, 3), name), value) == ["byte_order"]
    (violation,) = TensorSpec((2, 3), name).violations(value)
    assert violation.got == f"big-endian {name}"


@pytest.mark.parametrize("dtype", ["longdouble", "clongdouble", "S3", "U3", "O", "f4,f4", "V5"])
def test_a_memoryview_of_what_tensorflow_lacks_is_refused(dtype):
    for want in ("float32", "string", "uint8"):
        assert codes(TensorSpec((2,), want), memoryview(np.zeros(2, dtype))) == ["dtype"]


@pytest.mark.parametrize("slicing", [slice(None, None, 2), slice(None, None, -1), slice(1, 1)])
def test_a_sliced_memoryview_has_the_slices_length(slicing):
    view = memoryview(array.array("f", range(8)))[slicing]
    assert codes(TensorSpec((len(view),)), view) == []


@pytest.mark.parametrize(
    "value", [b"abc", bytearray(b"abc"), memoryview(b"abc"), pickle.PickleBuffer(b"abc")], ids=repr
)
def test_bytes_are_a_uint8_vector_never_a_string(value):
    assert codes(TensorSpec((3,), "uint8"), value) == []
    assert codes(TensorSpec((), "string"), value) == ["dtype", "rank"]
    assert codes(TensorSpec((3,), "string"), value) == ["dtype"]
    assert codes(TensorSpec((3,), "int8"), value) == ["dtype"]


@pytest.mark.parametrize("value", [b"", bytearray(), memoryview(b""), array.array("B")], ids=repr)
def test_empty_bytes_are_an_empty_vector(value):
    assert codes(TensorSpec((0,), "uint8"), value) == []
    assert codes(TensorSpec((1,), "uint8"), value) == ["dim"]


def test_a_memory_map_is_a_uint8_vector():
    with mmap.mmap(-1, 4096) as value:
        assert codes(TensorSpec((4096,), "uint8"), value) == []
    assert codes(TensorSpec((4096,), "uint8"), value) == ["unsupported"]


def test_a_read_only_buffer_passes():
    assert codes(TensorSpec((2,)), memoryview(bytes(8)).cast("f")) == []
    assert codes(TensorSpec((2,)), memoryview(array.array("f", [1, 2])).toreadonly()) == []


def test_a_buffer_is_given_back():
    value = bytearray(12)
    view = memoryview(value)
    assert codes(TensorSpec((12,), "uint8"), value) == []
    assert codes(TensorSpec((12,), "int8"), view) == ["dtype"]
    view.release()
    value.extend(b"x")  # raises BufferError while a buffer is out
    assert len(value) == 13


def test_a_released_memoryview_is_refused_with_what_it_says():
    view = memoryview(b"abc")
    view.release()
    assert codes(TensorSpec((3,), "uint8"), view) == ["unsupported"]
    (violation,) = TensorSpec((3,), "uint8").violations(view)
    assert violation.hint.startswith("it raised ValueError: ")


CTYPES = {
    "bool": ctypes.c_bool,
    "int8": ctypes.c_int8,
    "uint8": ctypes.c_uint8,
    "int16": ctypes.c_int16,
    "uint16": ctypes.c_uint16,
    "int32": ctypes.c_int32,
    "uint32": ctypes.c_uint32,
    "int64": ctypes.c_int64,
    "uint64": ctypes.c_uint64,
    "float32": ctypes.c_float,
    "float64": ctypes.c_double,
}
PLATFORM = [
    *((ctypes.c_byte, "int"), (ctypes.c_short, "int"), (ctypes.c_int, "int"), (ctypes.c_long, "int")),
    *((ctypes.c_longlong, "int"), (ctypes.c_ssize_t, "int"), (ctypes.c_ubyte, "uint"), (ctypes.c_ushort, "uint")),
    *((ctypes.c_uint, "uint"), (ctypes.c_ulong, "uint"), (ctypes.c_ulonglong, "uint"), (ctypes.c_size_t, "uint")),
]


@pytest.mark.parametrize(
    ("ctype", "dtype"),
    [
        *((ctype, dtype) for dtype, ctype in CTYPES.items()),
        *((c, sized(kind, ctypes.sizeof(c))) for c, kind in PLATFORM),
    ],
)
def test_a_ctypes_array_is_a_tensor(ctype, dtype):
    assert codes(TensorSpec((3,), dtype), (ctype * 3)()) == []
    assert codes(TensorSpec((2, 3), dtype), (ctype * 3 * 2)()) == []
    assert codes(TensorSpec((0,), dtype), (ctype * 0)()) == []
    assert codes(TensorSpec((), dtype), ctype()) == []
    assert codes(TensorSpec((4,), dtype), (ctype * 3)()) == ["dim"]


@pytest.mark.parametrize(
    ("ctype", "dtype"),
    [(ctype, dtype) for dtype, ctype in CTYPES.items() if ctypes.sizeof(ctype) > 1],
)
def test_a_ctypes_array_of_the_other_byte_order_is_refused(ctype, dtype):
    swapped = ctype.__ctype_be__ if sys.byteorder == "little" else ctype.__ctype_le__
    assert codes(TensorSpec((3,), dtype), (swapped * 3)()) == ["byte_order"]
    assert codes(TensorSpec((), dtype), swapped()) == ["byte_order"]
    native = ctype.__ctype_le__ if sys.byteorder == "little" else ctype.__ctype_be__
    assert codes(TensorSpec((3,), dtype), (native * 3)()) == []


@pytest.mark.parametrize("base", [ctypes.Structure, ctypes.BigEndianStructure, ctypes.Union])
def test_a_ctypes_structure_is_no_tensor(base):
    made = type("Made", (base,), {"_fields_": [("a", ctypes.c_int32), ("b", ctypes.c_float)]})
    for dtype in ("int32", "uint8", "float32"):
        assert codes(TensorSpec((2,), dtype), (made * 2)()) == ["dtype"]
        assert codes(TensorSpec((), dtype), made()) == ["dtype"]


def test_an_empty_ctypes_structure_is_no_tensor():
    made = type("Made", (ctypes.Structure,), {"_fields_": []})
    assert codes(TensorSpec((2,), "uint8"), (made * 2)()) == ["dtype"]


@pytest.mark.parametrize(
    "ctype", [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_wchar, ctypes.c_longdouble, ctypes.py_object]
)
def test_a_ctypes_array_of_what_tensorflow_lacks_is_refused(ctype):
    for dtype in ("uint64", "int32", "float64", "string"):
        assert codes(TensorSpec((2,), dtype), (ctype * 2)()) == ["dtype"]


def test_a_ctypes_array_of_chars_is_a_uint8_vector():
    assert codes(TensorSpec((3,), "uint8"), (ctypes.c_char * 3)()) == []


class PyBuffer(ctypes.Structure):
    """Python's Py_buffer, to make an exporter by hand that breaks the protocol's promises."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    )


def view_of(itemsize, shape, code):
    """A memoryview with any format, which neither the array module nor a cast can make."""
    data = ctypes.create_string_buffer(max(1, itemsize * max(1, int(np.prod(shape)))))
    sizes = (ctypes.c_ssize_t * max(1, len(shape)))(*shape)
    strides = (ctypes.c_ssize_t * max(1, len(shape)))(*[itemsize] * len(shape))
    buffer = PyBuffer(
        buf=ctypes.addressof(data),
        len=itemsize * int(np.prod(shape)),
        itemsize=itemsize,
        ndim=len(shape),
        format=code,
        shape=sizes,
        strides=strides,
    )
    make = ctypes.pythonapi.PyMemoryView_FromBuffer
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.POINTER(PyBuffer),)
    view = make(ctypes.byref(buffer))
    return view, (data, sizes, strides, buffer)


@pytest.mark.parametrize(
    ("code", "itemsize", "dtype"),
    [
        (b"<i", 4, "int32"),
        (b"=i", 4, "int32"),
        (b"@l", 8, "int64"),
        (b"l", 4, "int32"),
        (b"<e", 2, "float16"),
        (b"Zf", 8, "complex64"),
        (b"<Zd", 16, "complex128"),
        (b"=?", 1, "bool"),
        (None, 1, "uint8"),
    ],
    ids=str,
)
def test_a_format_names_the_kind_and_the_items_size_the_width(code, itemsize, dtype):
    view, owners = view_of(itemsize, (3,), code)
    assert codes(TensorSpec((3,), dtype), view) == []
    del owners


@pytest.mark.parametrize("code", [b">i", b"!i"])
def test_both_marks_of_big_endian_are_known(code):
    view, owners = view_of(4, (3,), code)
    assert codes(TensorSpec((3,), "int32"), view) == ["byte_order"]
    del owners


@pytest.mark.parametrize(
    ("code", "itemsize"),
    [
        *((b"", 1), (b"<", 4), (b"<<i", 4), (b"i i", 8), (b"ii", 8), (b"3i", 4), (b"(2)i", 4), (b"T{i:a:}", 4)),
        *((b"f", 1), (b"f", 16), (b"i", 3), (b"i", 0), (b"?", 4), (b"c", 2), (b"Zf", 16), (b"Zi", 8), (b"X{}", 8)),
        *((b"&i", 8), (b"O", 8), (b"s", 1), (b"p", 1), (b"x", 1), (b"w", 4), (b"u", 2), (b"g", 16), (b"\xff\xfe", 4)),
        (b"i" * 10_000, 4),
    ],
    ids=lambda value: str(value)[:12],
)
def test_any_other_format_is_refused_by_name(code, itemsize):
    view, owners = view_of(itemsize, (3,), code)
    for dtype in ("float32", "int32", "uint8", "string", "complex64"):
        assert codes(TensorSpec((3,), dtype), view) == ["dtype"]
    (violation,) = TensorSpec((3,)).violations(view)
    assert violation.got.startswith("a buffer of format '")
    assert violation.got.isprintable()
    assert len(violation.got) < 400
    del owners


if sys.version_info >= (3, 12):  # before, a class of Python could not export a buffer

    class Refusing:
        def __buffer__(self, flags):
            raise ZeroDivisionError("no buffer today")

    def test_an_exporter_in_python_that_raises_is_bad_data():
        assert codes(TensorSpec((3,)), Refusing()) == ["unsupported"]
        (violation,) = TensorSpec((3,)).violations(Refusing())
        assert violation.hint == "it raised ZeroDivisionError: no buffer today"


@pytest.mark.parametrize("rank", [254, 255, 300])
def test_a_buffer_may_have_any_rank_that_tensorflow_has(rank):
    """ctypes, unlike NumPy, has no limit of its own."""
    kind = ctypes.c_int32
    for _ in range(rank):
        kind *= 1
    assert codes(TensorSpec(None, "int32"), kind()) == ([] if rank <= 254 else ["rank"])
