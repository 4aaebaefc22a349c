"""What conform does to a batch, and what it refuses to do."""

import collections
import copy
import dataclasses
from array import array

import numpy as np
import pytest

from tensorgate import (
    Dim,
    RaggedTensorSpec,
    Signature,
    SparseTensorSpec,
    TensorSpec,
    ValidationError,
)
from tensorgate.conform import Conversion

WORDS = ("no", "equiv", "safe", "same_kind", "unsafe")
NESTED_DEEP = 100_000


def only(dtype, shape=None, **rules):
    return Signature({"x": TensorSpec(shape, dtype, **rules)})


def conformed(dtype, value, casting="same_kind", **kwargs):
    """The tensor that a value becomes for a spec of the dtype and any shape."""
    signature = only(dtype)
    batch = signature.conform({"x": value}, casting, **kwargs).batch
    signature.check(batch)
    return batch["x"]


def refused(signature, batch, *args, **kwargs):
    """All that is said against a batch."""
    with pytest.raises(ValidationError) as caught:
        signature.conform(batch, *args, **kwargs)
    return list(caught.value.violations)


def refusal(dtype, value, casting="same_kind"):
    """The one thing that is said against a value."""
    (violation,) = refused(only(dtype), {"x": value}, casting)
    assert violation.path == "inputs['x']"
    return violation


def same(got, want):
    """Equal in dtype, shape and values, NaN counting as itself."""
    want = np.asarray(want)
    return got.dtype == want.dtype and got.shape == want.shape and np.array_equal(got, want, want.dtype.kind in "fc")


# What is well already


@pytest.mark.parametrize("casting", WORDS)
def test_a_batch_that_check_accepts_is_given_back_itself(casting):
    signature = Signature({"x": TensorSpec(("n", 3)), "s": TensorSpec(("n",), "string")})
    for value in (np.zeros((2, 3), np.float32), memoryview(np.zeros((2, 3), np.float32))):
        batch = {"s": np.array(["a", b"b"], object), "x": value}
        conformed = signature.conform(batch, casting, pad=0, add_batch_dim=True)
        assert conformed.batch is batch
        assert conformed.changes == ()


def test_what_needs_nothing_stays_the_same_object_beside_what_does():
    signature = Signature({"a": TensorSpec((None,)), "b": TensorSpec((None,)), "s": TensorSpec((None,), "string")})
    batch = {"a": np.zeros(2, np.float32), "b": [1], "s": np.array(["x"])}
    made, changes = signature.conform(batch)
    assert made["a"] is batch["a"]
    assert made["s"] is batch["s"]
    assert [change.path for change in changes] == ["inputs['b']"]


def test_nothing_that_is_given_changes():
    signature = Signature({"a": TensorSpec((None, 4)), "b": {"c": TensorSpec((None,), "int32")}, "d": [TensorSpec(())]})
    batch = {"a": np.arange(6.0).reshape(2, 3), "b": {"c": [1, 2]}, "d": [5]}
    before = copy.deepcopy(batch)
    made = signature.conform(batch, pad=0).batch
    assert repr(batch) == repr(before)
    assert made["a"].shape == (2, 4)
    assert not np.shares_memory(made["a"], batch["a"])


# Arrays of another dtype


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


# Lists and Python's scalars


@pytest.mark.parametrize(
    ("value", "want", "made"),
    [
        ([1, 2], "int32", np.int32([1, 2])),
        ([[1], [2]], "uint8", np.uint8([[1], [2]])),
        (((1, 2), [3, 4]), "float32", np.float32([[1, 2], [3, 4]])),
        ([1.1, 2, float("nan")], "float32", np.float32([1.1, 2, np.nan])),
        ([2**63, 2**64 - 1], "uint64", np.uint64([2**63, 2**64 - 1])),
        ([2**100, -(2**100), 1], "float32", np.float32([2.0**100, -(2.0**100), 1])),
        ([1j, 2, 0.5], "complex64", np.complex64([1j, 2, 0.5])),
        ([True, False], "bool", np.array([True, False])),
        ([], "int32", np.zeros(0, np.int32)),
        ([[], []], "int32", np.zeros((2, 0), np.int32)),
        (5, "int32", np.int32(5)),
        (5, "float16", np.float16(5)),
        (1.5, "float32", np.float32(1.5)),
        (True, "bool", np.bool_(True)),
        (2j, "complex128", np.complex128(2j)),
    ],
    ids=repr,
)
def test_python_values_become_arrays_of_the_dtype_under_every_word(value, want, made):
    for casting in WORDS:
        assert same(conformed(want, value, casting), made)


@pytest.mark.parametrize(
    ("value", "want", "least"),
    [
        ([True, 2], "int32", "safe"),
        ([True], "float32", "safe"),
        ([1.0, 2.0], "int32", "unsafe"),
        ([1, 0], "bool", "unsafe"),
        ([1.0], "bool", "unsafe"),
        ([1 + 0j], "float32", "unsafe"),
        ([np.float64(1), 2.0], "float32", "same_kind"),
        ([np.int8(1), 2], "int32", "safe"),
        ([np.float32(1)], "int32", "unsafe"),
        ([np.zeros(2), np.ones(2)], "float32", "same_kind"),
    ],
    ids=repr,
)
def test_python_values_of_another_kind_need_a_word(value, want, least):
    for casting in WORDS:
        if WORDS.index(casting) >= WORDS.index(least):
            assert same(conformed(want, value, casting), np.array(value).real.astype(want))
        else:
            violation = refusal(want, value, casting)
            assert violation.code == "dtype"
            assert violation.hint.startswith(f"casting={least!r} ")


@pytest.mark.parametrize(
    ("value", "want", "got", "index", "count"),
    [
        ([0, 2**40, 2**41], "int32", "1099511627776", (1,), 2),
        ([[0, 1], [2, -(2**31) - 1]], "int32", "-2147483649", (1, 1), 1),
        ([2**64], "uint64", "18446744073709551616", (0,), 1),
        ([2**63, -1], "uint64", "-1", (1,), 1),
        ([2**63, -1], "int64", "9223372036854775808", (0,), 1),
        ([1.5, 2**24 + 1], "float32", "16777217", (1,), 1),
        ([1e300, 1], "float32", "1e+300", (0,), 1),
        ([1, 2**100 + 1], "float64", "1267650600228229401496703205377", (1,), 1),
        ([10**400], "float64", "an integer of 1329 bits", (0,), 1),
        ([10**5000], "int32", "an integer of 16610 bits", (0,), 1),
        ([[1.0], [2.5]], "int32", "2.5", (1, 0), 1),
        ([1, 2], "bool", "2", (1,), 1),
        ([1 + 1j], "float32", "(1+1j)", (0,), 1),
        (300, "uint8", "300", (), 1),
        ([np.zeros(2), np.array([1, 1e39])], "float32", "1e+39", (1, 1), 1),
        ([np.float64(1e39), 1], "float32", "1e+39", (0,), 1),
    ],
    ids=lambda value: repr(value)[:40] if not isinstance(value, list) else f"list of {len(value)}",
)
def test_a_python_number_that_the_dtype_does_not_hold_is_refused(value, want, got, index, count):
    violation = refusal(want, value, "unsafe")
    assert violation.code == "not_representable"
    assert (violation.expected, violation.got, violation.index, violation.count) == (want, got, index, count)


@pytest.mark.parametrize(
    ("value", "expected", "got", "index", "count"),
    [
        ([[1, 2], [3], [4, 5], []], "lists of 2", "a list of 1", (1,), 2),
        ([[[1], [2]], [[3], [4, 5]]], "lists of 1", "a list of 2", (1, 1), 1),
        ([1, [2]], "no list", "a list of 1", (1,), 1),
        ([[1], 2], "lists of 1", "a Python int", (1,), 1),
        ([[1, 2], None], "lists of 2", "None", (1,), 1),
        ([np.zeros(2), np.zeros(3)], "arrays of shape [2]", "one of [3]", (1,), 1),
    ],
    ids=repr,
)
def test_a_ragged_list_is_refused_with_the_first_row_that_differs(value, expected, got, index, count):
    violation = refusal("float32", value)
    assert violation.code == "ragged"
    assert (violation.expected, violation.got, violation.index, violation.count) == (expected, got, index, count)


@pytest.mark.parametrize(
    ("value", "got", "index", "count"),
    [
        ([1, None], "None", (1,), 1),
        ([[1, 2], ["a", None]], "a Python str", (1, 0), 2),
        ([1, {}], "a dict", (1,), 1),
        ([np.zeros(2), np.zeros(2, "i4")], "int32", (1,), 1),
        (["1"], "a Python str", (0,), 1),
        ([b"1"], "uint8", (0,), 1),
    ],
    ids=repr,
)
def test_an_element_that_is_no_number_is_refused_with_its_place(value, got, index, count):
    violation = refusal("float64", value)
    assert violation.code == "dtype"
    assert (violation.got, violation.index, violation.count) == (got, index, count)


def test_numpys_arrays_and_scalars_may_stand_in_lists():
    assert same(conformed("float32", [np.array([1.0, 2.0]), np.array([3.0, 4.0])]), np.float32([[1, 2], [3, 4]]))
    assert same(conformed("float32", [[np.zeros((1, 2))], [np.ones((1, 2))]]), np.float32([[[[0, 0]]], [[[1, 1]]]]))
    assert same(conformed("float32", [np.array(1), np.array(2)]), np.float32([1, 2]))
    assert same(conformed("int32", [np.int64(1), 2, np.uint8(3), True]), np.int32([1, 2, 3, 1]))
    assert conformed("string", [np.array(["a"]), np.array(["b"])]).tolist() == [[b"a"], [b"b"]]
    assert conformed("string", [np.str_("a"), np.bytes_(b"b")]).tolist() == [b"a", b"b"]


def test_a_masked_array_in_a_list_keeps_no_value_that_was_masked():
    assert same(conformed("float32", [np.ma.array([1.0]), np.ma.array([2.0])]), np.float32([[1], [2]]))
    violation = refusal("float32", [np.ma.array([1.0]), np.ma.array([2.0], mask=[1])])
    assert (violation.code, violation.index) == ("unsupported", (1,))


class Whole(int):
    def __index__(self):
        raise RuntimeError

    __int__ = __float__ = __eq__ = __lt__ = __index__
    __hash__ = int.__hash__


class Row(list):
    def __iter__(self):
        raise RuntimeError

    __len__ = __getitem__ = __iter__


def test_subclasses_count_as_what_they_are_made_of():
    assert conformed("int32", Row([Whole(1), 2])).tolist() == [1, 2]
    assert conformed("string", [type("S", (str,), {"encode": None})("a"), type("B", (bytes,), {})(b"b")]).tolist() == [
        b"a",
        b"b",
    ]


def nested_deep():
    value = []
    for _ in range(NESTED_DEEP):
        value = [value]
    return value


def holding_itself(count=1):
    value = []
    value.extend([value] * count)
    return value


def holding_each_other():
    a, b = [], []
    a.extend([b, b])
    b.extend([a, a])
    return a


def in_an_object_array():
    value = np.empty(1, object)
    value[0] = value
    return [value]


@pytest.mark.parametrize("dtype", ["float32", "string"])
@pytest.mark.parametrize(
    "value",
    [nested_deep(), holding_itself(), holding_itself(3), holding_each_other(), in_an_object_array()],
    ids=["deep", "itself", "thrice", "each other", "object array"],
)
def test_lists_without_an_end_are_refused(dtype, value):
    assert refusal(dtype, value).code in ("rank", "structure", "dtype")


# Strings


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (["ü", b"\xff", ""], ["ü".encode(), b"\xff", b""]),
        ([["a"], ["b"]], [[b"a"], [b"b"]]),
        ([], []),
        ("größe", "größe".encode()),
        (b"a\0", b"a\0"),
    ],
    ids=repr,
)
def test_str_and_bytes_become_an_object_array_of_bytes(value, made):
    for casting in WORDS:
        got = conformed("string", value, casting)
        assert got.dtype == object
        assert got.tolist() == made


def test_a_lone_surrogate_is_refused_with_its_place():
    violation = refusal("string", [["a", "b"], ["\ud800", "\udfff"]])
    assert (violation.code, violation.index, violation.count) == ("not_utf8", (1, 0), 2)
    assert refusal("string", "\ud800").code == "not_utf8"
    assert refusal("string", np.array(["\ud800"])).code == "not_utf8"


def test_arrays_of_strings_that_check_accepts_stay():
    for value in (np.array(["a"]), np.array([b"a"]), np.array(["a", b"b"], object), np.str_("a")):
        assert conformed("string", value) is value


# The batch dimension


def test_a_missing_batch_dimension_is_added_on_request():
    signature = Signature({"x": TensorSpec(("batch", 3)), "s": TensorSpec((None,), "string")})
    batch = {"x": np.arange(3, dtype=np.float32), "s": "a"}
    assert {violation.code for violation in refused(signature, batch)} == {"rank"}
    made, changes = signature.conform(batch, add_batch_dim=True)
    assert made["x"].shape == (1, 3)
    assert np.shares_memory(made["x"], batch["x"])
    assert made["s"].tolist() == [b"a"]
    assert ("inputs['x']", "batch dimension added: [3] to [1, 3]") in changes


def test_a_batch_dimension_is_added_to_those_inputs_alone_that_lack_it():
    signature = Signature({"x": TensorSpec(("batch", 3)), "y": TensorSpec(("batch",))})
    x = np.zeros((1, 3), np.float32)
    made = signature.conform({"x": x, "y": 5}, add_batch_dim=True).batch
    assert made["x"] is x
    assert made["y"].tolist() == [5]
    (violation,) = refused(signature, {"x": np.zeros((2, 3), np.float32), "y": 5}, add_batch_dim=True)
    assert violation.code == "dim_mismatch"


@pytest.mark.parametrize("shape", [(2, 3), None, (None, None, 3), (3,)], ids=str)
def test_no_batch_dimension_is_added_where_rank_or_size_tell_another_reason(shape):
    signature = only("float32", shape)
    value = np.zeros(3, np.float32)
    if signature.accepts({"x": value}):
        assert signature.conform({"x": value}, add_batch_dim=True).batch["x"] is value
    else:
        assert [violation.code for violation in refused(signature, {"x": value}, add_batch_dim=True)] == ["rank"]


@pytest.mark.parametrize("first", [1, None, "batch", Dim("batch", min=1), Dim(max=4)], ids=repr)
def test_a_batch_dimension_of_any_rule_is_added(first):
    assert only("float32", (first, 2)).conform({"x": [1, 2]}, add_batch_dim=True).batch["x"].shape == (1, 2)


def test_a_batch_dimension_that_has_a_name_is_added_where_that_stands():
    inputs = {"x": TensorSpec(("rows", 2)), "d": TensorSpec(("rows", 2)), "table": TensorSpec((None, 2))}
    signature = Signature(inputs, batch_dim="rows")
    good = np.zeros((5, 2), np.float32)
    made = signature.conform({"x": [1, 2], "d": [1, 2], "table": good}, add_batch_dim=True).batch
    assert made["x"].shape == made["d"].shape == (1, 2)
    assert made["table"] is good
    (violation,) = refused(signature, {"x": [1, 2], "d": [1, 2], "table": [1, 2]}, add_batch_dim=True)
    assert (violation.path, violation.code) == ("inputs['table']", "rank")


# Padding


def test_an_axis_is_padded_to_what_its_dim_allows():
    signature = only("int32", ("batch", Dim("seq", min=4, multiple_of=3)))
    for size, padded in ((0, 6), (5, 6), (6, 6), (7, 9)):
        value = np.ones((2, size), np.int32)
        made, changes = signature.conform({"x": value}, pad=9)
        assert made["x"].tolist() == [[1] * size + [9] * (padded - size)] * 2
        assert len(changes) == (size != padded)
    assert changes[0].what == "padded with 9: [2, 7] to [2, 9]"


def test_an_axis_is_padded_to_its_fixed_size_and_never_cut():
    signature = only("float32", (None, 3, 2))
    made = signature.conform({"x": np.ones((1, 2, 1), np.float32)}, pad=-1).batch["x"]
    assert made.tolist() == [[[1, -1], [1, -1], [-1, -1]]]
    (violation,) = refused(signature, {"x": np.ones((1, 4, 1), np.float32)}, pad=0)
    assert violation.code == "dim"
    assert violation.got == "[1, 4, 2]"


def test_inputs_that_share_a_name_are_padded_to_the_largest_of_them():
    seq = Dim("seq", multiple_of=4)
    signature = Signature({"ids": TensorSpec((None, seq), "int64"), "mask": TensorSpec((None, seq), "bool")})
    made = signature.conform({"ids": [[1, 2]], "mask": [[True] * 5]}, pad=False, casting="unsafe").batch
    assert made["ids"].tolist() == [[1, 2, 0, 0, 0, 0, 0, 0]]
    assert made["mask"].tolist() == [[True] * 5 + [False] * 3]


def test_a_plain_name_is_padded_too():
    signature = Signature({"a": TensorSpec((None, "n")), "b": TensorSpec((None, "n", "n"))})
    made = signature.conform({"a": [[1, 2, 3]], "b": [[[1.0]]]}, pad=0).batch
    assert made["b"].tolist() == [[[1, 0, 0], [0, 0, 0], [0, 0, 0]]]


def test_the_first_axis_is_never_padded():
    for shape in ((3,), (Dim(min=3),), ("n",)):
        signature = Signature({"x": TensorSpec(shape), "y": TensorSpec(("n",))})
        value = np.ones(2, np.float32)
        refused(signature, {"x": value, "y": np.ones(3, np.float32)}, pad=0) if shape != ("n",) else None
    (violation,) = refused(
        Signature({"x": TensorSpec(("n",)), "y": TensorSpec(("n",))}), {"x": [1.0], "y": [1.0, 2.0]}, pad=0
    )
    assert violation.code == "dim_mismatch"


def test_an_axis_that_no_allowed_size_is_left_for_stays_as_it_is():
    signature = only("float32", (None, Dim("n", max=10, multiple_of=8)))
    assert signature.conform({"x": np.zeros((1, 5), np.float32)}, pad=0).batch["x"].shape == (1, 8)
    for size in (9, 17):
        (violation,) = refused(signature, {"x": np.zeros((1, size), np.float32)}, pad=0)
        assert violation.code == "dim"
        assert f"[1, {size}]" in violation.got


def test_each_input_may_have_its_own_padding():
    signature = Signature(
        {"a": TensorSpec((None, 3)), "b": TensorSpec((None, 3), "string"), "c": [TensorSpec((None, 2))]}
    )
    batch = {"a": [[1]], "b": [["x"]], "c": [[[1]]]}
    made = signature.conform(batch, pad={"a": 7, "inputs['b']": "ü", "inputs['c'][0]": 0}).batch
    assert made["a"].tolist() == [[1, 7, 7]]
    assert made["b"].tolist() == [[b"x", "ü".encode(), "ü".encode()]]
    assert made["c"][0].tolist() == [[1, 0]]
    assert signature.conform(batch, pad={"a": 7, "b": "", "c": 5}).batch["c"][0].tolist() == [[1, 5]]
    violations = refused(signature, batch, pad={"a": 7, "b": ""})
    assert [violation.path for violation in violations] == ["inputs['c'][0]"]


def test_fixed_width_strings_are_padded_whole():
    signature = only("string", (None, 2))
    for value in (np.array([["a"]]), np.array([[b"a"]]), np.array([["a"]], object)):
        made = signature.conform({"x": value}, pad="<none>").batch["x"]
        assert made[0, 1] == b"<none>"
        assert made[0, 0] in ("a", b"a")


@pytest.mark.parametrize(("fill", "code"), [(1e39, "not_representable"), ("a", "dtype"), (None, "dim"), (1j, "dtype")])
def test_a_fill_value_that_the_dtype_does_not_hold_is_refused(fill, code):
    violations = refused(only("float32", (None, 3)), {"x": np.zeros((1, 2), np.float32)}, pad=fill)
    assert violations[0].path == "inputs['x']"
    assert violations[0].code in (code, "not_representable")
    assert violations[-1].code == "dim"


def test_padding_by_a_name_that_is_no_inputs_is_an_error_of_the_caller():
    with pytest.raises(ValueError, match="pad names 'y', which is no input"):
        only("float32").conform({"x": []}, pad={"y": 0})


@pytest.mark.parametrize("fill", [[0], (1, 2), np.zeros(2), {"x": [0]}], ids=repr)
def test_padding_with_more_than_one_value_is_an_error_of_the_caller(fill):
    with pytest.raises(TypeError, match="it must be a single value"):
        only("float32").conform({"x": []}, pad=fill)


def test_a_batch_dimension_is_added_before_padding():
    signature = only("float32", ("batch", Dim(multiple_of=4)))
    assert signature.conform({"x": [1, 2, 3]}, pad=0, add_batch_dim=True).batch["x"].tolist() == [[1, 2, 3, 0]]


# Defaults


def test_an_absent_input_gets_its_default():
    signature = Signature(
        {"x": TensorSpec((None,)), "t": TensorSpec((), default=1.5), "o": TensorSpec((), optional=True)}
    )
    batch = {"x": np.zeros(2, np.float32)}
    made, changes = signature.conform(batch)
    assert made["t"].tolist() == 1.5
    assert made["x"] is batch["x"]
    assert "o" not in made
    assert changes == (("inputs['t']", "absent: given its default"),)
    assert signature.conform(made).batch is made
    assert list(batch) == ["x"]


def test_defaults_of_a_part_that_may_be_absent_are_given_too():
    signature = Signature({"options": {"a": TensorSpec((), default=1.0), "b": [TensorSpec((), optional=True)]}})
    assert signature.conform({}).batch["options"]["a"].tolist() == 1.0


def test_a_part_that_may_not_be_absent_is_missing_as_a_whole():
    signature = Signature({"options": {"a": TensorSpec((), default=1.0), "b": TensorSpec(())}})
    assert refused(signature, {}) == signature.violations({})


def test_a_default_that_does_not_fit_the_other_inputs_is_refused_with_what_to_do():
    signature = Signature({"x": TensorSpec(("n",)), "t": TensorSpec(("n",), default=[1.0])})
    assert signature.conform({"x": [1.0]}).batch["t"].tolist() == [1.0]
    (violation,) = refused(signature, {"x": [1.0, 2.0]})
    assert (violation.path, violation.code) == ("inputs['t']", "dim_mismatch")
    assert violation.hint == "the default of this absent input does not fit the others: send it"


# Structure

Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass(frozen=True)
class Pair:
    a: object
    b: object


@dataclasses.dataclass
class Slotted:
    __slots__ = ("a", "b")
    a: object
    b: object


def test_a_lone_tensor_is_a_batch():
    signature = Signature(TensorSpec((None,), "int32"))
    assert signature.conform([1, 2]).batch.tolist() == [1, 2]
    assert signature.conform([1, 2]).changes == (("inputs", "a Python list made int32 [2]"),)


def test_nests_are_rebuilt_along_what_changes():
    spec = TensorSpec((None,))
    signature = Signature(
        {
            "d": {"u": spec, "v": spec},
            "l": [spec, spec],
            "t": (spec, spec),
            "p": Point(spec, spec),
            "c": Pair(spec, spec),
        }
    )
    good = np.zeros(1, np.float32)
    kept = {
        "d": {"u": good, "v": good},
        "l": [good, good],
        "t": (good, good),
        "p": Point(good, good),
        "c": Pair(good, good),
    }
    for name, changed in {
        "d": {"u": good, "v": [1]},
        "l": [good, [1]],
        "t": (good, [1]),
        "p": Point(good, [1]),
        "c": Pair(good, [1]),
    }.items():
        batch = {**kept, name: changed}
        made, changes = signature.conform(batch)
        signature.check(made)
        assert len(changes) == 1
        assert type(made[name]) is type(changed)
        for other in kept.keys() - {name}:
            assert made[other] is kept[other]
    assert changes[0].path == "inputs['c'].b"
    assert made["c"].a is good


def test_a_dataclass_with_slots_is_rebuilt():
    signature = Signature(Slotted(TensorSpec((None,)), TensorSpec((None,))))
    batch = Slotted([1], np.zeros(1, np.float32))
    made = signature.conform(batch).batch
    assert type(made) is Slotted
    assert made.a.tolist() == [1]
    assert batch.a == [1]


def test_a_mapping_that_is_no_dict_is_taken():
    batch = collections.OrderedDict(x=[1])
    assert only("float32").conform(batch).batch["x"].tolist() == [1]
    assert batch == {"x": [1]}


@pytest.mark.parametrize("batch", [None, 5, [1], {}, {"y": [1]}, {1: 2}, "x", ([1],)], ids=repr)
def test_what_has_another_structure_is_left_for_check_to_refuse(batch):
    signature = only("float32")
    assert refused(signature, batch) == signature.violations(batch)


@pytest.mark.parametrize(
    ("inputs", "batch"),
    [
        ((TensorSpec((), "int32"),), [2**40]),
        ([TensorSpec((), "int32")], (2**40,)),
        ([TensorSpec((), "int32")], {0: 2**40}),
        ({"x": TensorSpec((), "int32"), "y": TensorSpec((), "int32")}, Point(2**40, 2**40)),
        (Point(TensorSpec((), "int32"), TensorSpec((), "int32")), {"x": 2**40, "y": 1}),
        (Pair(TensorSpec((), "int32"), TensorSpec((), "int32")), collections.namedtuple("Pair", "a b")(2**40, 1)),
    ],
    ids=repr,
)
def test_one_form_of_nest_does_not_stand_for_another(inputs, batch):
    signature = Signature(inputs)
    assert refused(signature, batch) == signature.violations(batch)


def test_a_mapping_with_a_name_twice_loses_neither():
    class Twice(collections.UserDict):
        def items(self):
            return [("x", [1]), ("x", [2])]

    signature = only("float32")
    assert "duplicate" in {violation.code for violation in refused(signature, Twice(x=[1]))}


def test_an_unexpected_input_is_no_reason_to_leave_the_others():
    violations = refused(only("int32"), {"x": [2**40], "z": 1})
    assert {(violation.path, violation.code) for violation in violations} == {
        ("inputs['z']", "unexpected"),
        ("inputs['x']", "not_representable"),
    }


def test_a_mapping_whose_code_raises_is_refused():
    class Broken(collections.UserDict):
        def items(self):
            raise RuntimeError

    assert refused(only("float32"), Broken(x=[1]))[0].code == "structure"


# Ragged and sparse tensors


def test_lists_of_rows_become_ragged_parts():
    signature = Signature({"x": RaggedTensorSpec((None, None), "int32", row_splits_dtype="int32")})
    made, changes = signature.conform({"x": [[1, 2], [], [3]]})
    assert same(made["x"]["values"], np.int32([1, 2, 3]))
    assert same(made["x"]["row_splits"], np.int32([0, 2, 2, 3]))
    assert changes == (("inputs['x']", "a Python list made ragged int32"),)
    assert signature.conform(made).batch is made


def test_lists_of_rows_of_rows_become_nested_ragged_parts():
    signature = Signature({"x": RaggedTensorSpec((None, None, None, 2), ragged_rank=2)})
    parts = signature.conform({"x": [[[[1, 2]], []], [], [[[3, 4], [5, 6]]]]}).batch["x"]
    assert parts["row_splits"].tolist() == [0, 2, 2, 3]
    assert parts["values"]["row_splits"].tolist() == [0, 1, 1, 3]
    assert parts["values"]["values"].tolist() == [[1, 2], [3, 4], [5, 6]]


def test_rows_may_be_arrays():
    signature = Signature({"x": RaggedTensorSpec((None, None))})
    for rows in ([np.array([1.0, 2.0]), np.array([3.0])], [np.array([1.0, 2.0]), [3.0]]):
        assert signature.conform({"x": rows}).batch["x"]["values"].tolist() == [1, 2, 3]


def test_rows_without_values_keep_the_width_that_the_contract_tells():
    signature = Signature({"x": RaggedTensorSpec((None, None, 3), ragged_rank=1)})
    assert signature.conform({"x": [[], []]}).batch["x"]["values"].shape == (0, 3)
    assert signature.conform({"x": []}).batch["x"]["row_splits"].tolist() == [0]


def test_strings_become_ragged():
    signature = Signature({"x": RaggedTensorSpec((None, None), "string")})
    assert signature.conform({"x": [["a"], ["ü", b"c"]]}).batch["x"]["values"].tolist() == [b"a", "ü".encode(), b"c"]


@pytest.mark.parametrize(
    ("rows", "code", "index"),
    [
        ([[1], [], [2, 2**40]], "not_representable", (2, 1)),
        ([[1], [], [2, "a"]], "dtype", (2, 1)),
        ([[1], 2], "ragged", (1,)),
        ([[1], [[2]]], "ragged", (1, 0)),
        ([np.array([1]), np.array([1, 2**40])], "not_representable", (1, 1)),
    ],
    ids=repr,
)
def test_what_is_wrong_in_a_row_is_told_with_its_place(rows, code, index):
    violation = refused(Signature({"x": RaggedTensorSpec((None, None), "int32")}), {"x": rows})[0]
    assert (violation.path, violation.code, violation.index) == ("inputs['x']", code, index)


def test_parts_of_another_dtype_are_cast():
    signature = Signature({"r": RaggedTensorSpec((None, None)), "s": SparseTensorSpec((None, 3))})
    batch = {
        "r": {"values": np.array([1.0, 2.0]), "row_splits": [0, 2]},
        "s": {"indices": [[0, 1]], "values": np.float32([5]), "dense_shape": np.int32([2, 3])},
    }
    made, changes = signature.conform(batch)
    assert same(made["r"]["values"], np.float32([1, 2]))
    assert made["s"]["values"] is batch["s"]["values"]
    assert [change.path for change in changes] == [
        "inputs['r'].values",
        "inputs['r'].row_splits",
        "inputs['s'].indices",
        "inputs['s'].dense_shape",
    ]
    assert signature.conform(made).batch is made


def test_a_part_that_can_not_be_cast_is_told_by_its_path():
    signature = Signature({"s": SparseTensorSpec((None, 3), "int32")})
    batch = {"indices": [[0, 1]], "values": [2**40], "dense_shape": [2, 3]}
    violations = refused(signature, {"s": batch})
    assert ("inputs['s'].values", "not_representable") in {(found.path, found.code) for found in violations}


@pytest.mark.parametrize(
    "value",
    [
        *(5, None, {"values": [1]}, np.zeros(3), "a", [1], (np.zeros(1), np.zeros(1), np.zeros(1))),
        {"values": [1], "row_splits": [0, 1], "more": 1},
        {"values": [1], "row_splits": [0, 2]},
    ],
    ids=repr,
)
def test_what_is_no_ragged_tensor_is_refused(value):
    assert refused(Signature({"x": RaggedTensorSpec((None, None))}), {"x": value})


# What is said


def test_all_that_is_wrong_is_told_at_once():
    signature = Signature(
        {"a": TensorSpec((None,), "int32"), "b": TensorSpec((None, 2), minimum=0), "c": TensorSpec(())}
    )
    violations = refused(signature, {"a": [2**40], "b": [[1.0, -1.0]], "d": 1})
    assert [(violation.path, violation.code) for violation in violations] == [
        ("inputs['d']", "unexpected"),
        ("inputs['a']", "not_representable"),
        ("inputs['b']", "below_minimum"),
        ("inputs['c']", "missing"),
    ]


def test_an_error_keeps_64_violations_and_counts_the_rest():
    signature = Signature({f"x{i}": TensorSpec((), "int32") for i in range(70)})
    with pytest.raises(ValidationError) as caught:
        signature.conform({f"x{i}": 2**40 for i in range(70)})
    assert len(caught.value.violations) == 64
    assert caught.value.unlisted == 6


def test_the_error_names_the_contract():
    signature = Signature({"x": TensorSpec((), "int32")}, name="predict", source="models/ranker/3")
    with pytest.raises(ValidationError) as caught:
        signature.conform({"x": 2**40})
    assert str(caught.value) == (
        "1 violation of signature 'predict' (models/ranker/3)\n"
        "  inputs['x']  not_representable: expected int32, got 1099511627776; "
        "int32 holds whole numbers from -2147483648 to 2147483647"
    )


def test_a_name_stands_in_a_path_as_check_writes_it():
    name = "it's\n" + "x" * 100
    signature = Signature({name: TensorSpec((), "int32")})
    (violation,) = refused(signature, {name: 2**40})
    assert violation.path == signature.violations({})[0].path


def test_a_change_reads_as_a_sentence():
    assert str(Conversion("inputs['x']", "int64 cast to int32")) == "inputs['x']: int64 cast to int32"
