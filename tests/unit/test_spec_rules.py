"""Rules for numbers: minimum, maximum, finite and one_of."""

import array
import ctypes
import pickle

import numpy as np
import pytest

from tensorgate import Dim, Signature, TensorSpec, ValidationError

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float16", "float32", "float64"]
NAN, INF = float("nan"), float("inf")


def found(spec, value):
    """What is wrong with the elements, told alike by a lone spec and a signature."""
    violations = spec.violations(value)
    signature = Signature({"x": spec})
    assert spec.accepts(value) is signature.accepts({"x": value}) is (not violations)
    told = signature.violations({"x": value})
    assert [(v.code, v.expected, v.got, v.index, v.count) for v in told] == [
        (v.code, v.expected, v.got, v.index, v.count) for v in violations
    ]
    if violations:
        with pytest.raises(ValidationError) as caught:
            spec.check(value)
        assert list(caught.value.violations) == violations
    else:
        assert spec.check(value) is None
    return [(str(v.code), v.got, v.index, v.count) for v in violations]


# One rule at a time


@pytest.mark.parametrize("dtype", FLOATS)
def test_finite_refuses_infinities_and_nan(dtype):
    spec = TensorSpec((None,), dtype, finite=True)
    limits = np.finfo(dtype)
    assert found(spec, np.array([limits.max, limits.min, limits.tiny, limits.smallest_subnormal, -0.0], dtype)) == []
    assert found(spec, np.array([0, INF, NAN, -INF], dtype)) == [("not_finite", "inf", (1,), 3)]
    assert found(spec, np.array([NAN, INF], dtype)) == [("not_finite", "nan", (0,), 2)]


@pytest.mark.parametrize("dtype", FLOATS)
def test_bounds_hold_at_their_own_values_and_not_past_them(dtype):
    spec = TensorSpec((None,), dtype, minimum=-1, maximum=2)
    one, two = np.array([-1, 2], dtype)
    below, above = np.nextafter(one, np.array(-INF, dtype)), np.nextafter(two, np.array(INF, dtype))
    assert found(spec, np.array([one, two, 0], dtype)) == []
    told = found(spec, np.array([one, above, below, INF, -INF], dtype))
    assert [(code, index, count) for code, _, index, count in told] == [
        ("below_minimum", (2,), 2),
        ("above_maximum", (1,), 2),
    ]
    assert [np.dtype(dtype).type(got) for _, got, *_ in told] == [below, above]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"minimum": -INF}, "below_minimum"),
        ({"maximum": INF}, "above_maximum"),
        ({"minimum": -INF, "maximum": INF}, "below_minimum"),
        ({"minimum": 0, "finite": True}, "not_finite"),
        ({"one_of": [0, 1, 5]}, "not_one_of"),
        ({"one_of": list(range(50))}, "not_one_of"),
    ],
    ids=str,
)
def test_a_nan_never_satisfies_a_bound(dtype, rules, code):
    for nan in (NAN, -NAN):
        assert found(TensorSpec((None,), dtype, **rules), np.array([0, nan], dtype)) == [(code, "nan", (1,), 1)]


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_nan_is_one_of_those_that_hold_one(dtype):
    spec = TensorSpec((None,), dtype, one_of=[1, NAN])
    assert found(spec, np.array([NAN, -NAN, 1], dtype)) == []
    assert found(spec, np.array([NAN, 2], dtype)) == [("not_one_of", "2.0", (1,), 1)]


@pytest.mark.parametrize("dtype", FLOATS)
def test_both_zeros_are_the_same_number(dtype):
    zeros = np.array([0.0, -0.0], dtype)
    for zero in (0.0, -0.0):
        for rules in ({"minimum": zero}, {"maximum": zero}, {"one_of": [zero]}, {"one_of": [zero, 7, -3]}):
            assert found(TensorSpec((None,), dtype, **rules), zeros) == []


@pytest.mark.parametrize("dtype", FLOATS)
def test_an_element_counts_for_the_first_rule_that_it_breaks(dtype):
    spec = TensorSpec((None,), dtype, finite=True, minimum=0, maximum=9, one_of=[1, 5])
    assert found(spec, np.array([1, NAN, -INF, INF, -1, 10, 3, 5, 3, 3], dtype)) == [
        ("not_finite", "nan", (1,), 3),
        ("below_minimum", "-1.0", (4,), 1),
        ("above_maximum", "10.0", (5,), 1),
        ("not_one_of", "3.0", (6,), 3),
    ]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_judged_at_their_limits(dtype):
    lowest, highest = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    values = np.array([lowest, highest, lowest + 1, highest - 1], dtype)
    assert found(TensorSpec((None,), dtype, minimum=lowest, maximum=highest, finite=True), values) == []
    assert found(TensorSpec((None,), dtype, minimum=lowest + 1), values) == [("below_minimum", str(lowest), (0,), 1)]
    assert found(TensorSpec((None,), dtype, maximum=highest - 1), values) == [("above_maximum", str(highest), (1,), 1)]
    assert found(TensorSpec((None,), dtype, minimum=highest), values) == [("below_minimum", str(lowest), (0,), 3)]
    assert found(TensorSpec((None,), dtype, one_of=[highest, lowest]), values) == [
        ("not_one_of", str(lowest + 1), (2,), 2)
    ]


def test_unsigned_integers_past_the_signed_ones_keep_their_order():
    spec = TensorSpec((None,), "uint64", minimum=2**63 - 1, maximum=2**63)
    assert found(spec, np.array([2**63 - 1, 2**63], np.uint64)) == []
    assert found(spec, np.array([2**63 + 1, 2**63 - 2, 2**64 - 1, 0], np.uint64)) == [
        ("below_minimum", str(2**63 - 2), (1,), 2),
        ("above_maximum", str(2**63 + 1), (0,), 2),
    ]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_may_be_finite_or_one_of(dtype):
    values = np.array([1 + 2j, complex(NAN, 0), complex(0, -INF), complex(-0.0, -0.0), 2 + 1j], dtype)
    assert found(TensorSpec((None,), dtype, finite=True), values) == [("not_finite", "(nan+0.0j)", (1,), 2)]
    assert found(TensorSpec((None,), dtype, one_of=[0, 1 + 2j]), values) == [("not_one_of", "(nan+0.0j)", (1,), 3)]
    assert (
        found(TensorSpec((None,), dtype, one_of=[0, 1 + 2j, complex(0, -INF), complex(0, NAN), 2 + 1j]), values) == []
    )


def test_a_bool_may_be_one_of():
    assert found(TensorSpec((None,), "bool", one_of=[True]), np.array([True, False])) == [
        ("not_one_of", "False", (1,), 1)
    ]
    assert found(TensorSpec((None,), "bool", one_of=[False, True]), np.array([True, False])) == []
    assert found(TensorSpec((None,), "bool", finite=True), np.array([True, False])) == []
    # NumPy takes any byte but 0 for true.
    assert found(TensorSpec((None,), "bool", one_of=[True]), np.array([1, 2, 255], np.uint8).view(bool)) == []


@pytest.mark.parametrize("kind", ["qint8", "quint8", "qint16", "quint16", "qint32"])
def test_quantized_dtypes_are_judged_as_the_integers_that_they_hold(kind):
    stored = kind.replace("q", "", 1)
    lowest = int(np.iinfo(stored).min)
    values = np.array([(lowest,), (2,), (3,)], [(kind, stored)])
    assert found(TensorSpec((None,), kind, minimum=lowest, maximum=3), values) == []
    assert found(TensorSpec((None,), kind, minimum=3), values) == [("below_minimum", str(lowest), (0,), 2)]
    assert found(TensorSpec((None,), kind, one_of=[lowest, 3]), values) == [("not_one_of", "2", (1,), 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9, 17, 500])
@pytest.mark.parametrize("dtype", ["int8", "uint16", "int32", "int64", "float16", "float32", "float64"])
def test_one_of_any_number_of_values(dtype, count):
    values = np.arange(1, min(count, 40) * 3, 3).astype(dtype)
    spec = TensorSpec((None,), dtype, one_of=values)
    assert spec.one_of.tolist() == values.tolist()
    assert found(spec, np.tile(values, 40)) == []
    for wrong in (0, 2, 3, 120):
        assert found(spec, np.append(values, np.array([wrong], dtype))) == [
            ("not_one_of", str(values.dtype.type(wrong)), (len(values),), 1)
        ]


def test_one_of_a_large_vocabulary():
    spec = TensorSpec((None,), "int64", one_of=np.arange(0, 200_000, 2))
    ids = np.arange(0, 200_000, 2)
    assert found(spec, ids) == []
    ids[99_999] -= 1
    assert found(spec, ids) == [("not_one_of", "199997", (99_999,), 1)]
    assert spec.violations(ids)[0].expected == "one of 0, 2, 4, 6 ... (100000 values)"


def test_what_was_expected_is_told():
    value = np.array([[0.0, -3.5]], np.float32)
    for rules, expected in [
        ({"minimum": -1}, "at least -1.0"),
        ({"maximum": -4.0}, "at most -4.0"),
        ({"one_of": [0]}, "one of 0.0"),
        ({"one_of": [3, 1, 2, 0]}, "one of 0.0, 1.0, 2.0, 3.0"),
        ({"one_of": [3, 1, 2, 0, 4]}, "one of 0.0, 1.0, 2.0, 3.0 ... (5 values)"),
        ({"minimum": [-1, 0.1]}, "at least 0.1"),
    ]:
        (violation,) = TensorSpec((None, 2), **rules).violations(value)
        assert violation.expected == expected
    (violation,) = TensorSpec((2,), finite=True).violations(np.array([0, NAN], np.float32))
    assert violation.expected == "finite values"


def test_a_line_tells_place_and_count():
    spec = TensorSpec((None, 3), minimum=0)
    assert [str(v) for v in spec.violations(np.array([[0, 1, -2.5]], np.float32))] == [
        "input  below_minimum: expected at least 0.0, got -2.5 at [0, 2]"
    ]
    assert [str(v) for v in spec.violations(np.full((1_000, 3), -1, np.float32))] == [
        "input  below_minimum: expected at least 0.0, got -1.0 at [0, 0], 3000 in all"
    ]
    assert [str(v) for v in TensorSpec((), minimum=0).violations(np.float32(-1))] == [
        "input  below_minimum: expected at least 0.0, got -1.0"
    ]


# Bounds that are arrays


def test_each_element_has_its_own_bound():
    spec = TensorSpec((None, 3), "int32", minimum=[0, 10, 20], maximum=[9, 19, 29])
    assert found(spec, np.array([[0, 10, 20], [9, 19, 29]], np.int32)) == []
    assert found(spec, np.array([[0, 10, 20], [9, 9, 30], [-1, 20, 29]], np.int32)) == [
        ("below_minimum", "9", (1, 1), 2),
        ("above_maximum", "30", (1, 2), 2),
    ]
    assert spec.violations(np.array([[0, 10, 20], [9, 9, 29]], np.int32))[0].expected == "at least 10"


@pytest.mark.parametrize(
    ("shape", "bound"),
    [
        ((4, 3), [[0], [1], [2], [3]]),
        ((4, 3), [[0, 1, 2]]),
        ((4, 3), np.arange(12).reshape(4, 3)),
        ((4, 1, 3), np.arange(12).reshape(4, 1, 3)),
        ((2, 4, 3), np.arange(12).reshape(4, 3)),
        ((2, 4, 3), np.arange(8).reshape(2, 4, 1)),
        ((2, 4, 3), np.arange(6).reshape(2, 1, 3)),
        ((2, 4, 3), [[[7]]]),
        ((2, 3, 700), np.arange(700)),
        ((2, 3, 700), np.arange(2_100).reshape(3, 700) % 1_000),
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", ["int16", "int64", "float16", "float32", "float64"])
def test_a_bound_broadcasts_as_in_numpy(shape, bound, dtype):
    bound = np.asarray(bound, dtype)
    whole = np.broadcast_to(bound, shape).astype(dtype)
    for rule, wrong, code in (("minimum", -1, "below_minimum"), ("maximum", 1, "above_maximum")):
        spec = TensorSpec(shape, dtype, **{rule: bound})
        assert found(spec, whole.copy()) == []
        worse = whole.copy()  # of numbers that float16 tells apart, too
        places = [(0,) * len(shape), tuple(size - 1 for size in shape)]
        for place in places:
            worse[place] += wrong
        assert found(spec, worse) == [(code, str(worse[places[0]]), places[0], 2)]
        assert found(spec, np.asfortranarray(worse)) == [(code, str(worse[places[0]]), places[0], 2)]


def test_a_bound_by_element_goes_with_the_other_rules():
    spec = TensorSpec((None, 2), minimum=[0, 1], maximum=5, finite=True, one_of=[0, 1, 2, 5])
    assert found(spec, np.array([[0, 1], [5, 5]], np.float32)) == []
    assert found(spec, np.array([[NAN, 0], [6, 3], [1, INF]], np.float32)) == [
        ("not_finite", "nan", (0, 0), 2),
        ("below_minimum", "0.0", (0, 1), 1),
        ("above_maximum", "6.0", (1, 0), 1),
        ("not_one_of", "3.0", (1, 1), 1),
    ]


def test_a_bound_against_a_tensor_without_elements():
    assert found(TensorSpec((None, 3), minimum=[1, 2, 3]), np.zeros((0, 3), np.float32)) == []
    assert found(TensorSpec((0,), minimum=np.zeros(0, np.float32)), np.zeros(0, np.float32)) == []


# Where the elements lie


def strided():
    base = np.zeros((6, 8), np.float32)
    whole = np.zeros((3, 4), np.float32)
    unaligned = np.zeros(3 * 4 * 4 + 1, np.uint8)[1:].view(np.float32).reshape(3, 4)
    # Beyond the views there are values that no rule allows.
    base[1::2] = -1
    base[:, 1::2] = NAN
    return {
        "contiguous": whole,
        "strided": base[::2, ::2],
        "negative": base[::2, ::2][::-1, ::-1],
        "transposed": np.zeros((4, 3), np.float32).T,
        "Fortran": np.zeros((3, 4), np.float32, order="F"),
        "unaligned": unaligned,
        "repeated": np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (3, 4), (0, 4)),
        "of one column": np.lib.stride_tricks.as_strided(np.zeros(3, np.float32), (3, 4), (4, 0)),
        "field": np.zeros((3, 4), [("a", "u1"), ("x", "f4"), ("b", "u1")])["x"],
    }


@pytest.mark.parametrize("name", strided())
@pytest.mark.parametrize("bound", [0, [[0, 0, 0, 0]], [[0], [0], [0]]], ids=["scalar", "row", "column"])
def test_elements_are_found_wherever_they_lie(name, bound):
    spec = TensorSpec((3, 4), minimum=bound, maximum=1)
    given = strided()[name]
    assert found(spec, given) == []
    given[1, 2] = -2
    count = int((given < 0).sum())
    first = tuple(int(at) for at in np.argwhere(given < 0)[0])
    assert found(spec, given) == [("below_minimum", "-2.0", first, count)]
    assert given[1, 2] == -2


@pytest.mark.parametrize("dtype", ["uint8", "float16", "float32", "complex128"])
@pytest.mark.parametrize("size", [*range(1, 70), 127, 128, 129, 1023, 1024, 1025, 5_000])
def test_the_first_offender_is_found_at_every_place(dtype, size):
    spec = TensorSpec((None,), dtype, one_of=[0])
    for place in {0, size // 2, size - 1}:
        values = np.zeros(size, dtype)
        values[place:] = 1
        ((code, _, index, count),) = found(spec, values)
        assert (code, index, count) == ("not_one_of", (place,), size - place)


def test_a_tensor_of_many_dimensions_is_looked_at():
    value = np.zeros((1,) * 30 + (2, 1), np.float32)
    spec = TensorSpec(None, maximum=0)
    assert found(spec, value) == []
    value[..., 1, 0] = 1
    assert found(spec, value) == [("above_maximum", "1.0", (0,) * 30 + (1, 0), 1)]


def test_a_large_array_is_looked_at_to_its_end():
    spec = TensorSpec((None, 1_000), minimum=0, finite=True)
    values = np.zeros((1_000, 1_000), np.float32)
    assert found(spec, values) == []
    values[999, 999] = NAN
    assert found(spec, values) == [("not_finite", "nan", (999, 999), 1)]
    assert found(spec, values.T) == [("not_finite", "nan", (999, 999), 1)]


@pytest.mark.parametrize("value", [np.float32(-1), np.array(-1, np.float32)], ids=["scalar", "0-d array"])
def test_a_scalar_is_judged(value):
    assert found(TensorSpec((), minimum=-1), value) == []
    assert found(TensorSpec((), minimum=0), value) == [("below_minimum", "-1.0", (), 1)]


def test_a_tensor_without_elements_breaks_no_rule():
    spec = TensorSpec((None, None), finite=True, minimum=1, maximum=2, one_of=[1])
    assert found(spec, np.zeros((0, 3), np.float32)) == []
    assert found(spec, np.zeros((3, 0), np.float32)) == []


def test_subclasses_of_arrays_are_judged():
    class Array(np.ndarray):
        pass

    assert found(TensorSpec((None,), maximum=0), np.ones(1, np.float32).view(Array)) == [
        ("above_maximum", "1.0", (0,), 1)
    ]


def test_other_exporters_of_memory_are_judged():
    spec = TensorSpec((None,), "int32", maximum=5)
    values = array.array("i", [1, 2, 9, 4, 7])
    want = [("above_maximum", "9", (2,), 2)]
    assert found(spec, values) == want
    assert found(spec, memoryview(values)) == want
    assert found(spec, memoryview(values)[::-2]) == [("above_maximum", "7", (0,), 2)]
    assert found(spec, memoryview(values)[::3]) == []
    assert found(spec, (ctypes.c_int32 * 5)(*values)) == want
    assert found(TensorSpec((None, None), "int32", maximum=5), ((ctypes.c_int32 * 2) * 2)((1, 2), (3, 9))) == [
        ("above_maximum", "9", (1, 1), 1)
    ]
    assert found(TensorSpec((None,), "uint8", maximum=97), bytearray(b"abc")) == [("above_maximum", "98", (1,), 2)]


def test_values_of_another_dtype_or_shape_are_not_judged():
    spec = TensorSpec((None, 2), minimum=0)
    assert [c for c, *_ in found(spec, np.full((1, 2), -1.0))] == ["dtype"]
    assert [c for c, *_ in found(spec, np.full((1, 3), -1, np.float32))] == ["dim"]
    assert [c for c, *_ in found(spec, np.full(2, -1, np.float32))] == ["rank"]
    assert [c for c, *_ in found(spec, np.full((1, 2), -1, ">f4"))] == ["byte_order"]


def test_values_of_a_masked_array_are_not_judged():
    masked = np.ma.masked_array(np.array([-1, -2], np.float32), [0, 1])
    assert [code for code, *_ in found(TensorSpec((None,), minimum=0), masked)] == ["unsupported"]


def test_every_input_of_the_right_shape_is_judged():
    signature = Signature({"a": TensorSpec(("n",), minimum=0), "b": TensorSpec(("n",), "int64", one_of=[3, 4])})
    batch = {"a": np.array([0, -1], np.float32), "b": np.array([5, 3, 2])}
    assert [str(violation) for violation in signature.violations(batch)] == [
        "inputs['a']  below_minimum: expected at least 0.0, got -1.0 at [1]",
        "inputs['b']  dim_mismatch: expected n = 2 as on axis 0 of inputs['a'], got 3 on axis 0",
    ]
    assert [str(violation) for violation in signature.violations({**batch, "b": batch["b"][1:]})] == [
        "inputs['a']  below_minimum: expected at least 0.0, got -1.0 at [1]",
        "inputs['b']  not_one_of: expected one of 3, 4, got 2 at [1]",
    ]
    assert not signature.accepts(batch)


# Contradictions

S = "must be 1 or the size of a fixed dimension"


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"minimum": 2, "maximum": 1}, "minimum 2.0 is over maximum 1.0"),
        ({"minimum": [0, 5, 0], "maximum": 3}, "minimum 5.0 is over maximum 3.0"),
        ({"minimum": [[0, 5, 0]], "maximum": [1, 4, 2]}, "minimum 5.0 is over maximum 4.0"),
        ({"minimum": NAN}, "minimum is nan, which no value satisfies"),
        ({"maximum": [1, NAN, 2]}, "maximum is nan, which no value satisfies"),
        ({"minimum": INF, "finite": True}, "values must be finite, and a bound lets only infinity through"),
        ({"maximum": -INF, "finite": True}, "values must be finite, and a bound lets only infinity through"),
        ({"one_of": []}, "one_of is empty, which no value satisfies"),
        ({"one_of": np.zeros(0)}, "one_of is empty, which no value satisfies"),
        ({"one_of": [1, INF], "finite": True}, "one_of holds inf, and values must be finite"),
        ({"one_of": [NAN], "finite": True}, "one_of holds nan, and values must be finite"),
        ({"one_of": [0, 1], "minimum": 0.5}, "one_of holds 0.0, below the minimum"),
        ({"one_of": [0, 1], "maximum": 0.5}, "one_of holds 1.0, over the maximum"),
        ({"one_of": [NAN], "minimum": 0.5}, "one_of holds nan, which no bound lets through"),
        ({"one_of": [9], "maximum": [1, 2, 3]}, "one_of holds 9.0, over the maximum"),
        (
            {"one_of": [2.5], "minimum": [1, 3, 1], "maximum": [2, 4, 2]},
            "one_of holds 2.5, which no position's bounds let through",
        ),
        ({"one_of": [1], "minimum": [0, 5, 0]}, "one_of holds no value for a position with minimum 5.0"),
        ({"one_of": [[1, 2]]}, "one_of has the shape [1, 2]; it must be a sequence of values"),
        ({"one_of": 3}, "one_of has the shape []; it must be a sequence of values"),
        ({"one_of": ["a"]}, "one_of ['a'] can't be held by float32"),
        ({"minimum": "a"}, "minimum 'a' can't be held by float32"),
        ({"minimum": 1e39}, "minimum 1e+39 can't be held by float32"),
        ({"minimum": np.float64(1e300)}, "minimum 1e+300 can't be held by float32"),
        ({"minimum": 2**53 + 1}, "minimum 9007199254740993 can't be held by float32"),
        ({"minimum": 1j}, "minimum 1j can't be held by float32"),
        ({"minimum": [[1], 2]}, "minimum [[1], 2] can't be held by float32"),
        ({"minimum": np.ma.array([1.0])}, "minimum is a masked array"),
        ({"minimum": np.array(1, ">f4")}, "minimum is big-endian float32"),
        ({"max_bytes": 3}, "max_bytes is a rule for strings, and the dtype is float32"),
        ({"utf8": True}, "utf8 is a rule for strings, and the dtype is float32"),
        (
            {"minimum": [1, 2]},
            f"minimum has the shape [2], which does not broadcast against [None, 3]: each of its dimensions {S}",
        ),
        (
            {"maximum": [[1], [2]]},
            f"maximum has the shape [2, 1], which does not broadcast against [None, 3]: each of its dimensions {S}",
        ),
        (
            {"minimum": [[[1]]]},
            f"minimum has the shape [1, 1, 1], which does not broadcast against [None, 3]: each of its dimensions {S}",
        ),
        (
            {"minimum": []},
            f"minimum has the shape [0], which does not broadcast against [None, 3]: each of its dimensions {S}",
        ),
        ({"minimum": 1, "default": [[0, 1, 2]]}, "default holds 0.0, and the spec asks for at least 1.0"),
        ({"maximum": [1, 2, 1], "default": [[0, 3, 0]]}, "default holds 3.0, and the spec asks for at most 2.0"),
        ({"finite": True, "default": [[0, NAN, 0]]}, "default holds nan, and the spec asks for finite values"),
        ({"one_of": [1], "default": [[1, 1, 2]]}, "default holds 2.0, and the spec asks for one of 1.0"),
    ],
    ids=str,
)
def test_contradictory_rules_are_refused_with_the_reason(kwargs, message):
    with pytest.raises(ValueError, match="^.") as caught:
        TensorSpec((None, 3), **kwargs)
    assert str(caught.value) == message


@pytest.mark.parametrize("shape", [None, (), ("n",), (Dim(max=2),), (2, None)], ids=str)
def test_an_array_as_a_bound_needs_fixed_dimensions(shape):
    with pytest.raises(ValueError, match="^minimum has the shape \\[2\\], which does not broadcast against "):
        TensorSpec(shape, minimum=[1, 2])


@pytest.mark.parametrize("dtype", INTEGERS)
def test_a_rule_that_the_dtype_can_not_hold_is_refused(dtype):
    limits = np.iinfo(dtype)
    for value in (int(limits.min) - 1, int(limits.max) + 1, 0.5, NAN, INF):
        for rule in ("minimum", "maximum"):
            with pytest.raises(ValueError, match="^.") as caught:
                TensorSpec((), dtype, **{rule: value})
            assert str(caught.value) == f"{rule} {value!r} can't be held by {dtype}"
        with pytest.raises(ValueError, match="^one_of"):
            TensorSpec((), dtype, one_of=[0, value])


@pytest.mark.parametrize(
    ("dtype", "kwargs", "message"),
    [
        ("bool", {"minimum": False}, "minimum: bool has no order"),
        ("complex64", {"maximum": 1}, "maximum: complex64 has no order"),
        ("complex128", {"minimum": 0, "maximum": 1}, "minimum: complex128 has no order"),
        ("bool", {"one_of": [2]}, "one_of [2] can't be held by bool"),
        ("string", {"finite": True}, "finite is a rule for numbers, and the dtype is string"),
        ("string", {"minimum": 0}, "minimum is a rule for numbers, and the dtype is string"),
        ("string", {"maximum": "a"}, "maximum is a rule for numbers, and the dtype is string"),
        ("resource", {"finite": True}, "a resource tensor has no values that rules could be about"),
        ("variant", {"minimum": 0}, "minimum: a variant tensor has no values"),
        ("resource", {"one_of": [1]}, "one_of: a resource tensor has no values"),
        ("variant", {"max_bytes": 3}, "max_bytes is a rule for strings, and the dtype is variant"),
        ("resource", {"utf8": True}, "utf8 is a rule for strings, and the dtype is resource"),
    ],
    ids=str,
)
def test_a_rule_that_the_dtype_has_no_use_for_is_refused(dtype, kwargs, message):
    with pytest.raises(ValueError, match="^.") as caught:
        TensorSpec((), dtype, **kwargs)
    assert str(caught.value) == message


def test_one_of_is_no_text():
    with pytest.raises(TypeError, match="^one_of is a str; it must be a sequence of values$"):
        TensorSpec((), one_of="abc")


# What a spec with rules is

RULED = [
    TensorSpec((None, 3), minimum=0, maximum=1, finite=True),
    TensorSpec((None, 3), minimum=[1, 2, 3], maximum=[[4, 5, 6]]),
    TensorSpec((None, 3), minimum=0.1),
    TensorSpec((None, 3), minimum=-INF, maximum=INF),
    TensorSpec((None, 3), minimum=[[1.0]]),
    TensorSpec((0,), minimum=np.zeros((0,), np.float32)),
    TensorSpec((), "float64", one_of=[INF, -INF, NAN, 0, 0.1]),
    TensorSpec((), "float16", maximum=65504),
    TensorSpec((), "int64", minimum=-(2**63), maximum=2**63 - 1, one_of=[3, 1]),
    TensorSpec((), "uint64", maximum=2**64 - 1),
    TensorSpec((), "complex64", one_of=[1j, 1, complex(NAN, INF)], finite=False),
    TensorSpec((), "bool", one_of=[True]),
    TensorSpec((), "qint8", minimum=-128, one_of=[3, 2]),
    TensorSpec((2,), "int32", "ids", minimum=1, default=[1, 2]),
]


@pytest.mark.parametrize("spec", RULED, ids=repr)
def test_a_ruled_spec_survives_repr_and_pickle(spec):
    twins = [eval(repr(spec), {"TensorSpec": TensorSpec, "np": np})]
    twins += [pickle.loads(pickle.dumps(spec, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert twin == spec
        assert hash(twin) == hash(spec)
        assert repr(twin) == repr(spec)
    assert [spec == other for other in RULED] == [spec is other for other in RULED]


def test_repr_names_the_rules_that_there_are():
    spec = TensorSpec((None, 2), "int32", "x", minimum=[0, 1], maximum=9, finite=True, one_of=[3, 2, 3])
    assert repr(spec) == (
        "TensorSpec(shape=(None, 2), dtype='int32', name='x', minimum=[0, 1], maximum=9, finite=True, one_of=[2, 3])"
    )


def test_a_spec_tells_its_rules():
    free = TensorSpec((None, 3))
    assert (free.minimum, free.maximum, free.finite, free.one_of) == (None, None, False, None)
    spec = TensorSpec((None, 3), minimum=0, maximum=[1, 2, 3], finite=True, one_of=[2, 1, 1])
    for value, want in ((spec.minimum, np.float32(0)), (spec.maximum, [1, 2, 3]), (spec.one_of, [1, 2])):
        assert value.dtype == np.float32
        assert not value.flags.writeable
        np.testing.assert_array_equal(value, np.float32(want))
    assert spec.minimum.shape == ()
    assert spec.finite is True


def test_a_spec_keeps_rules_of_its_own():
    bound = np.zeros(3, np.float32)
    spec = TensorSpec((None, 3), minimum=bound)
    bound[:] = 9
    assert spec.minimum.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"minimum": 0.0}, {"minimum": -0.0}),
        ({"one_of": [0.0, 1]}, {"one_of": [1, -0.0]}),
        ({"one_of": [1, 2, 3]}, {"one_of": (3, 2, 1, 1, 2)}),
        ({"one_of": [1, 2, 3]}, {"one_of": {1, 2, 3}}),
        ({"one_of": [1, 2, 3]}, {"one_of": iter([3, 2, 1])}),
        ({"one_of": [1, 2, 3]}, {"one_of": range(1, 4)}),
        ({"one_of": [1, 2, 3]}, {"one_of": np.array([1, 3, 2])}),
        ({"one_of": [NAN]}, {"one_of": [-NAN, NAN]}),
        ({"minimum": 1}, {"minimum": np.int64(1)}),
        ({"minimum": 1}, {"minimum": np.float64(1)}),
        ({"minimum": 1}, {"minimum": np.array(1, np.float32)}),
        ({"minimum": [1, 2, 3]}, {"minimum": np.array([3, 2, 1])[::-1]}),
        ({"minimum": None, "one_of": None}, {}),
    ],
    ids=str,
)
def test_rules_that_mean_the_same_are_equal(a, b):
    a, b = TensorSpec((None, 3), **a), TensorSpec((None, 3), **b)
    assert a == b
    assert hash(a) == hash(b)
    assert repr(a) == repr(b)


def test_rules_that_differ_make_specs_differ():
    rules = [
        *({}, {"minimum": 0}, {"maximum": 0}, {"finite": True}, {"one_of": [0]}, {"one_of": [0, 1]}, {"minimum": 1}),
        *({"minimum": [0, 0, 0]}, {"minimum": 0, "finite": True}),
    ]
    assert len({TensorSpec((None, 3), **each) for each in rules}) == len(rules)


def test_a_default_that_keeps_the_rules_is_taken():
    spec = TensorSpec((2, None), minimum=[[0], [5]], default=[[0, 1], [5, 6]])
    assert spec.accepts(spec.default)
    assert TensorSpec((None, 3), minimum=1, default=np.zeros((0, 3), np.float32)).default.shape == (0, 3)
