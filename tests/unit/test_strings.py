import gc

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

STRING = TensorSpec((None,), "string")


def found(spec, value):
    violations = spec.violations(value)
    assert spec.accepts(value) is (not violations)
    assert Signature({"x": spec}).accepts({"x": value}) is (not violations)
    return [(str(v.code), v.index, v.count) for v in violations]


def objects(*elements):
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


class Text(str):
    pass


class Bytes(bytes):
    pass


@pytest.mark.parametrize(
    "array",
    [
        objects("a", b"b", "größe", "\U0001f600", b"\xff\x00", ""),
        objects(Text("a"), Bytes(b"b"), np.str_("c"), np.bytes_(b"d")),
        np.array(["a", "größe", "\U0001f600"]),
        np.array([b"a", b"\xff"]),
        np.array([], object),
        np.array([], "U"),
        np.array([], "S"),
        np.array(["", ""]),
        objects("a", "b", "c", "d")[::-2],
    ],
    ids=["object", "subclasses", "U", "S", "empty object", "empty U", "empty S", "zero length", "strided"],
)
def test_arrays_of_strings_pass(array):
    assert found(STRING, array) == []
    assert found(TensorSpec((None,), "float32"), array) == [("dtype", None, None)]


@pytest.mark.parametrize("value", [np.str_("a"), np.bytes_(b"a"), np.array("a"), np.array(b"a", object)], ids=repr)
def test_a_scalar_of_strings_passes(value):
    assert found(TensorSpec((), "string"), value) == []
    assert found(STRING, value) == [("rank", None, None)]


@pytest.mark.parametrize("value", ["a", b"a", bytearray(b"a"), ["a"]], ids=repr)
def test_pythons_own_strings_are_no_string_tensors(value):
    """A bytes-like object is a uint8 vector, never a string."""
    code = "dtype" if isinstance(value, (bytes, bytearray)) else "unsupported"
    assert found(STRING, value) == [(code, None, None)]


def test_the_first_bad_element_is_told_and_all_are_counted():
    assert found(STRING, objects("a", None, "b", 1.5, None)) == [("dtype", (1,), 3)]
    grid = np.full((2, 3), "a", object)
    grid[1, 2] = 7
    assert found(TensorSpec(None, "string"), grid) == [("dtype", (1, 2), 1)]
    assert found(TensorSpec(None, "string"), grid.T) == [("dtype", (2, 1), 1)]
    assert found(TensorSpec(None, "string"), grid[::-1, ::-1]) == [("dtype", (0, 0), 1)]
    (violation,) = STRING.violations(objects("a", None))
    assert violation.got == "an object array with a NoneType"
    assert violation.hint == "each element must be str or bytes"


@pytest.mark.parametrize(
    "element", [None, 1, 1.5, float("nan"), ["a"], bytearray(b"a"), np.int64(1), object()], ids=str
)
def test_an_element_that_is_neither_str_nor_bytes_is_told(element):
    assert found(STRING, objects("a", element)) == [("dtype", (1,), 1)]


def test_an_element_of_an_array_that_numpy_left_empty_counts_as_none():
    assert found(STRING, np.empty(3, object)) == [("dtype", (0,), 3)]


SURROGATES = ["\ud800", "\udfff", "a\udc80b", "\U0001f600\ud83d"]


@pytest.mark.parametrize("text", SURROGATES, ids=ascii)
def test_a_lone_surrogate_is_not_utf8(text):
    assert found(STRING, objects("a", text, text)) == [("not_utf8", (1,), 2)]
    assert found(STRING, np.array(["a", text])) == [("not_utf8", (1,), 1)]
    assert found(TensorSpec((), "string"), np.array(text)) == [("not_utf8", (), 1)]
    assert [code for code, _, _ in found(TensorSpec((), "string"), np.str_(text))] == ["not_utf8"]


def test_the_last_characters_before_and_after_the_surrogates_are_utf8():
    assert found(STRING, objects("\ud7ff", "\ue000", "\uffff", "\U0010ffff")) == []
    assert found(STRING, np.array(["\ud7ff", "\ue000", "\uffff", "\U0010ffff"])) == []


def test_a_code_point_past_unicode_is_not_utf8():
    array = np.array([0x41, 0x110000], np.uint32).view("U1")
    assert found(STRING, array) == [("not_utf8", (1,), 1)]


def test_bytes_need_not_be_utf8():
    assert found(STRING, objects(b"\xff\xfe", b"\xed\xa0\x80")) == []


def test_shape_and_elements_are_both_told():
    assert found(TensorSpec((3,), "string"), objects("a", None)) == [("dim", (0,), 1), ("dtype", (1,), 1)]


class Element:
    """Not a string, whatever it says."""

    @property
    def __class__(self):
        return str

    def __str__(self):
        raise ZeroDivisionError("shown")

    def __repr__(self):
        raise ZeroDivisionError("shown")


def test_an_element_is_judged_by_its_type_alone():
    assert found(STRING, objects(Element())) == [("dtype", (0,), 1)]


def test_objects_are_not_looked_into_for_another_dtype():
    assert found(TensorSpec((None,), "int64"), objects(1, 2)) == [("dtype", None, None)]
    assert found(TensorSpec((None,), "resource"), objects(1, 2)) == [("dtype", None, None)]


def test_a_million_strings_are_looked_at():
    array = np.full(1_000_000, "a", object)
    array[-1] = None
    assert found(STRING, array) == [("dtype", (999_999,), 1)]


class BreakingType(type):
    """To name its objects' type runs code, which empties the array that holds them."""

    def __getattribute__(cls, name):
        if name in ("__module__", "__qualname__"):
            type.__getattribute__(cls, "array")[:] = None
            gc.collect()
        return type.__getattribute__(cls, name)


def test_an_array_that_changes_while_an_element_is_named_does_no_harm():
    for _ in range(20):
        array = np.empty(3, object)
        breaking = BreakingType("Breaking", (), {"array": array})
        array[:] = [breaking() for _ in range(3)]
        del breaking
        ((code, index, _),) = found(STRING, array)
        assert (code, index) == ("dtype", (0,))


if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # the first with a StringDType
    from numpy.dtypes import StringDType

    def test_numpys_string_dtype_passes():
        for array in (
            np.array(["a", "größe" * 100, ""], StringDType()),
            np.array([], StringDType()),
            np.array(["a", "b", "c"], StringDType())[::-1],
            np.array(["a"], StringDType(na_object=None)),
        ):
            assert found(STRING, array) == []
        assert found(TensorSpec((), "string"), np.array("a", StringDType())) == []
        assert found(TensorSpec((None,)), np.array(["a"], StringDType())) == [("dtype", None, None)]
        assert TensorSpec((), StringDType()).dtype == "string"

    @pytest.mark.parametrize("missing", [None, float("nan")], ids=str)
    def test_a_missing_element_of_numpys_string_dtype_is_told(missing):
        array = np.array(["a", missing, "b", missing], StringDType(na_object=missing))
        assert found(STRING, array) == [("dtype", (1,), 2)]


class Resizing(type):
    """Gives the array other memory when it is asked for its name."""

    array = None

    def __getattribute__(cls, name):
        if name == "__module__" and type(cls).array is not None:
            type(cls).array.resize(1, refcheck=False)
        return super().__getattribute__(name)


def test_an_array_that_shrinks_while_a_fault_is_told_is_no_harm():
    array = np.empty(100_000, object)
    array[:] = Resizing("Element", (), {})()
    Resizing.array = array
    try:
        (violation,) = TensorSpec((None,), "string").violations(array)
    finally:
        Resizing.array = None
    assert (violation.code, violation.count) == ("dtype", 100_000)


def test_an_array_of_strings_may_have_numpys_highest_rank():
    rank = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32
    spec = TensorSpec(None, "string")
    assert spec.accepts(np.full((1,) * rank, "a", object))
    (violation,) = spec.violations(np.full((1,) * rank, None, object))
    assert violation.index == (0,) * rank
