"""Arrays of another dtype, and what else stands for an array: what conform casts, and what it refuses to."""

from array import array

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, SparseTensorSpec, TensorSpec

from .conform_outcomes import WORDS, conformed, only, refusal, refused, same


@pytest.mark.parametrize(
    ("got", "want", "least"),
    [
        ("int8", "int8", "no"),
        (">i4", "int32", "equiv"),
        ("int8", "int16", "safe"),
        ("uint8", "int16", "safe"),
        ("bool", "int8", "safe"),
        ("bool", "float16", "safe"),
        ("bool", "complex64", "safe"),
        ("float16", "float64", "safe"),
        (">f4", "float64", "safe"),
        ("int64", "float64", "safe"),
        ("float32", "complex64", "safe"),
        ("int64", "int32", "same_kind"),
        ("uint64", "int8", "same_kind"),
        ("int64", "float16", "same_kind"),
        ("float64", "float32", "same_kind"),
        (">f8", "float32", "same_kind"),
        ("complex128", "complex64", "same_kind"),
        ("float64", "complex64", "same_kind"),
        ("int8", "uint8", "unsafe"),
        ("float32", "int64", "unsafe"),
        ("int32", "bool", "unsafe"),
        ("complex64", "float64", "unsafe"),
        ("complex64", "int8", "unsafe"),
        ("complex64", "bool", "unsafe"),
    ],
)
def test_the_casting_words_mean_what_they_mean_to_numpy(got, want, least):
    value = np.array([0, 1], got)
    for casting in WORDS:
        assert np.can_cast(got, want, casting) is (WORDS.index(casting) >= WORDS.index(least))
        if np.can_cast(got, want, casting):
            assert same(conformed(want, value, casting), np.array([0, 1], want))
        else:
            violation = refusal(want, value, casting)
            assert violation.code == ("byte_order" if least == "equiv" else "dtype")
            assert violation.expected == want
            assert violation.hint.startswith(f"casting={least!r} ")


def test_an_unknown_casting_word_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="casting='sane' is none of 'no', 'equiv', 'safe', 'same_kind', 'unsafe'"):
        only("float32").conform({"x": []}, "sane")


@pytest.mark.parametrize(
    ("value", "want", "got", "index", "count"),
    [
        (np.array([0, 2**40, 5, -(2**40)]), "int32", "1099511627776", (1,), 2),
        (np.array([[1, 2], [-129, 128]]), "int8", "-129", (1, 0), 2),
        (np.array([2**64 - 1], np.uint64), "int64", "18446744073709551615", (0,), 1),
        (np.array([-1]), "uint64", "-1", (0,), 1),
        (np.array(300, np.int16), "uint8", "300", (), 1),
        (np.array([[1.0, 1e300]]), "float32", "1e+300", (0, 1), 1),
        (np.array([65520.0]), "float16", "65520.0", (0,), 1),
        (np.array([1e39j, 1]), "complex64", "1e+39j", (0,), 1),
        (np.array([2**53, 2**53 + 1]), "float64", "9007199254740993", (1,), 1),
        (np.array([2**24 + 1], np.int32), "float32", "16777217", (0,), 1),
        (np.array([2**63 - 1]), "float64", "9223372036854775807", (0,), 1),
        (np.array([2**24 + 1]), "complex64", "16777217", (0,), 1),
        (np.array([70000], np.uint32), "float16", "70000", (0,), 1),
        (np.array([1.0, 1.5]), "int32", "1.5", (1,), 1),
        (np.array([1.0, np.nan, np.inf]), "int32", "nan", (1,), 2),
        (np.array([2.0**63]), "int64", "9.223372036854776e+18", (0,), 1),
        (np.array([-1.0]), "uint8", "-1.0", (0,), 1),
        (np.array([1 + 0j, 1 + 2j]), "float64", "(1+2j)", (1,), 1),
        (np.array([complex(1, float("nan"))]), "float64", "(1+nanj)", (0,), 1),
        (np.array([0, 1, 2]), "bool", "2", (2,), 1),
        (np.array([0.5, np.nan]), "bool", "0.5", (0,), 2),
    ],
    ids=str,
)
def test_a_value_that_a_cast_would_change_is_refused_under_every_word(value, want, got, index, count):
    for casting in WORDS:
        if np.can_cast(value.dtype, want, casting):
            violation = refusal(want, value, casting)
            assert violation.code == "not_representable"
            assert (violation.expected, violation.got, violation.index, violation.count) == (want, got, index, count)
            assert violation.hint


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (np.array([0.1, 1e-60, -1e-60]), "float32"),
        (np.array([np.inf, -np.inf, np.nan]), "float16"),
        (np.array([complex(np.inf, np.nan), 0.1]), "complex64"),
        (np.array([2**24, -(2**24), 2**40 + 2**20]), "float32"),
        (np.array([-(2**63), 2**62]), "float32"),
        (np.array([2**63], np.uint64), "float64"),
        (np.array([-128.0, 127.0, -0.0]), "int8"),
        (np.array([-(2.0**63), 2.0**62]), "int64"),
        (np.array([2.0**63]), "uint64"),
        (np.array([1.0, 0.0]), "bool"),
        (np.array([1 + 0j]), "int16"),
        (np.array([65504], np.uint16), "float16"),
        (np.array([1.5], np.longdouble), "float64"),
        (np.zeros((0, 3)), "int32"),
    ],
    ids=str,
)
def test_a_cast_rounds_floats_and_keeps_all_else(value, want):
    kept = value if np.dtype(want).kind == "c" else value.real
    assert same(conformed(want, value, "unsafe"), kept.astype(want))


@pytest.mark.parametrize(
    "value",
    [
        np.arange(24).reshape(4, 6)[::2, ::-3],
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.broadcast_to(np.int64(7), (3, 2)),
        np.frombuffer(b"\0" + np.arange(3).tobytes(), np.int64, offset=1),
        np.int64(5),
    ],
    ids=["strided", "Fortran", "broadcast", "unaligned", "scalar"],
)
def test_arrays_of_any_layout_are_cast(value):
    assert same(conformed("int32", value), np.asarray(value).astype(np.int32))


def test_a_big_endian_array_becomes_native():
    for dtype in (">f4", ">c8"):
        value = np.arange(3).astype(dtype)
        made, changes = only(value.dtype.newbyteorder("=")).conform({"x": value}, "equiv")
        assert same(made["x"], value.astype(value.dtype.newbyteorder("=")))
        assert changes[0].what == f"big-endian {value.dtype.newbyteorder('=')} made native"


def test_a_big_endian_array_of_str_becomes_native():
    value = np.array(["a", "größe"]).astype(">U5")
    assert conformed("string", value).tolist() == ["a", "größe"]


def test_a_masked_array_is_taken_where_nothing_is_masked():
    made, changes = only("float32").conform({"x": np.ma.array([1, 2], np.float32, mask=[0, 0])})
    assert type(made["x"]) is np.ndarray
    assert made["x"].tolist() == [1, 2]
    assert changes == (("inputs['x']", "masked float32 made plain"),)
    assert same(conformed("float32", np.ma.array([1.0, 2.0])), np.float32([1, 2]))
    assert conformed("string", np.ma.array(["a", "b"])).tolist() == ["a", "b"]


@pytest.mark.parametrize("value", [np.ma.array([1, 2], np.float32, mask=[0, 1]), np.ma.masked], ids=["array", "masked"])
def test_a_masked_array_is_refused_where_something_is_masked(value):
    violations = refused(only("float32"), {"x": value}, "unsafe")
    assert violations[0].code == "unsupported"
    assert "mask" in violations[0].hint


@pytest.mark.parametrize("casting", WORDS)
@pytest.mark.parametrize(
    "value",
    [
        np.array(["1"]),
        np.array([b"1"]),
        np.array([1, None], object),
        np.array(["2020-01-01"], "M8[D]"),
        np.array([1], "m8[s]"),
        np.zeros(1, "f4,i4"),
        b"12",
        "12",
        ["1"],
        [b"1"],
        [None],
        [np.datetime64("2020-01-01")],
    ],
    ids=repr,
)
def test_nothing_but_numbers_becomes_numbers(value, casting):
    assert refusal("float32", value, casting).code == "dtype"


@pytest.mark.parametrize("casting", WORDS)
@pytest.mark.parametrize("value", [5, 1.5, [1], np.array([1]), memoryview(b"ab"), [None], ["a", 1]], ids=repr)
def test_numbers_do_not_become_strings(value, casting):
    assert refusal("string", value, casting).code == "dtype"


@pytest.mark.parametrize("dtype", ["qint8", "quint16", "resource", "variant"])
def test_what_has_no_plain_numbers_is_left_alone(dtype):
    assert refusal(dtype, np.array([1]), "unsafe").code == "dtype"
    assert refusal(dtype, [1], "unsafe").code == "unsupported"


def test_buffers_of_another_dtype_are_cast():
    assert same(conformed("float32", array("d", [1.5, 2])), np.float32([1.5, 2]))
    assert same(conformed("int32", memoryview(b"ab")), np.int32([97, 98]))
    assert refusal("int8", bytearray(b"ab"), "safe").hint.startswith("casting=")


class Arraylike:
    def __init__(self, made):
        self.made = made

    def __array__(self, dtype=None, copy=None):
        if isinstance(self.made, BaseException):
            raise self.made
        return self.made


def test_an_object_with_an_array_method_is_taken_by_it():
    assert same(conformed("float32", Arraylike(np.array([1.0]))), np.float32([1]))
    assert refusal("float32", Arraylike(np.array([1e300]))).code == "not_representable"


@pytest.mark.parametrize("made", [RuntimeError("no"), RecursionError(), 5, np.array(["a"])], ids=repr)
def test_an_object_that_gives_no_numbers_is_refused(made):
    assert refusal("float32", Arraylike(made)).code == "unsupported"


class Meta(type):
    def __getattribute__(cls, name):
        raise RuntimeError


class Liar:
    @property
    def __class__(self):
        raise RuntimeError


class Raising:
    def __getattr__(self, name):
        raise RuntimeError

    __len__ = __iter__ = __getitem__ = __array__ = __dlpack__ = __dlpack_device__ = __eq__ = __bool__ = __getattr__
    __hash__ = object.__hash__


@pytest.mark.parametrize("spec", [TensorSpec(None), RaggedTensorSpec((None, None)), SparseTensorSpec((None,))], ids=str)
@pytest.mark.parametrize("make", [lambda: Liar(), lambda: Raising(), lambda: Meta("Strange", (), {})()])
def test_an_object_whose_code_raises_is_refused(spec, make):
    for value in (make(), [make()], [[make()]], {"values": make(), "row_splits": make()}):
        assert refused(Signature({"x": spec}), {"x": value}, pad=0, add_batch_dim=True)
    assert refused(Signature({"x": spec}), make())


def test_a_lack_of_memory_is_no_fault_of_the_batch():
    with pytest.raises(MemoryError):
        only("float32").conform({"x": Arraylike(MemoryError())})
