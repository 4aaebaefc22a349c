"""Lists, Python's scalars and strings: what conform makes of them."""

import numpy as np
import pytest

from .conform_outcomes import WORDS, conformed, refusal, same

NESTED_DEEP = 100_000


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
