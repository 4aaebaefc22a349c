import numpy as np
import pytest

from tensorgate import _core

KERNELS = _core._value_kernels()
NAN, INF = np.nan, np.inf


@pytest.fixture(params=KERNELS)
def judge(request):
    """(fault, first, count) of each fault that the kernels of one instruction set find."""

    def judge(array, *, finite=False, minimum=None, maximum=None, one_of=None):
        rules = [None if rule is None else np.asarray(rule, array.dtype) for rule in (minimum, maximum, one_of)]
        findings, rows = _core._scan_values(array, finite, *rules, request.param)
        judge.rows = rows
        judge.elements = [np.frombuffer(element, array.dtype)[0] for *_, element in findings]
        return [finding[:3] for finding in findings]

    return judge


def test_scalar_kernels_run_everywhere_and_come_last():
    assert KERNELS[-1] == "scalar"
    assert len(set(KERNELS)) == len(KERNELS)


def test_kernels_that_the_machine_lacks_are_refused():
    with pytest.raises(ValueError, match="no kernels of that name here"):
        _core._scan_values(np.zeros(1), True, None, None, None, "abacus")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, np.complex128])
def test_nan_and_infinities_are_not_finite(judge, dtype):
    assert judge(np.array([0, NAN, 1, INF, -INF, -0.0], dtype), finite=True) == [("not_finite", 1, 3)]
    assert np.isnan(judge.elements[0])
    assert judge.rows == [1, 3, 4]


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_a_complex_number_is_finite_where_both_parts_are(judge, dtype):
    array = np.array([1 + 1j, complex(NAN, 1), complex(1, NAN), complex(INF, 0), complex(0, -INF)], dtype)
    assert judge(array, finite=True) == [("not_finite", 1, 4)]
    assert judge(array[:1], finite=True) == []


@pytest.mark.parametrize("dtype", [np.int8, np.uint64, np.bool_])
def test_what_has_no_infinity_is_finite(judge, dtype):
    assert judge(np.ones(5, dtype), finite=True) == []


def test_a_nan_never_satisfies_a_bound(judge):
    for nan in (NAN, -NAN):
        array = np.array([0.5, nan, 0.5], np.float32)
        assert judge(array) == []
        assert judge(array, finite=True, minimum=0, maximum=1) == [("not_finite", 1, 1)]
        assert judge(array, minimum=-INF, maximum=INF) == [("below_minimum", 1, 1)]
        assert judge(array, maximum=INF) == [("above_maximum", 1, 1)]
        assert judge(array, minimum=[-INF] * 3) == [("below_minimum", 1, 1)]


def test_bounds_are_part_of_what_they_allow(judge):
    array = np.array([1, 2, 3, np.nextafter(3, 4, dtype=np.float32), np.nextafter(1, 0, dtype=np.float32)], np.float32)
    assert judge(array, minimum=1, maximum=3) == [("below_minimum", 4, 1), ("above_maximum", 3, 1)]
    assert judge(array, minimum=-3, maximum=-1) == [("above_maximum", 0, 5)]
    assert judge(-array, minimum=-3, maximum=-1) == [("below_minimum", 3, 1), ("above_maximum", 4, 1)]


def test_infinity_satisfies_a_bound_that_is_infinite(judge):
    array = np.array([INF, -INF], np.float64)
    assert judge(array, minimum=-INF) == []
    assert judge(array, minimum=0) == [("below_minimum", 1, 1)]
    assert judge(array, finite=True, minimum=-INF) == [("not_finite", 0, 2)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_both_zeros_are_equal(judge, dtype):
    array = np.array([0.0, -0.0], dtype)
    for zero in (0.0, -0.0):
        assert judge(array, minimum=zero) == []
        assert judge(array, maximum=zero) == []
        assert judge(array, one_of=[zero]) == []
        assert judge(array, one_of=[zero, 4]) == []
        assert judge(array, one_of=[zero, *range(2, 40)]) == []


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_subnormal_is_no_zero(judge, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    array = np.array([0, tiny, -tiny], dtype)
    assert judge(array, minimum=0, maximum=0) == [("below_minimum", 2, 1), ("above_maximum", 1, 1)]
    assert judge(array, one_of=[0]) == [("not_one_of", 1, 2)]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_integers_compare_exactly_up_to_their_edges(judge, dtype):
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    array = np.array([low, low + 1, high - 1, high], dtype)
    assert judge(array, minimum=low, maximum=high) == []
    assert judge(array, minimum=low + 1, maximum=high - 1) == [("below_minimum", 0, 1), ("above_maximum", 3, 1)]
    assert judge(array, minimum=high) == [("below_minimum", 0, 3)]
    assert judge(array, one_of=[low, high - 1]) == [("not_one_of", 1, 2)]


def test_an_element_counts_for_the_first_rule_that_it_breaks(judge):
    array = np.array([NAN, -5, 5, 1, 2], np.float32)
    assert judge(array, finite=True, minimum=0, maximum=3, one_of=[1]) == [
        ("not_finite", 0, 1),
        ("below_minimum", 1, 1),
        ("above_maximum", 2, 1),
        ("not_one_of", 4, 1),
    ]
    assert judge.elements[1:] == [-5, 5, 2]


def test_a_nan_is_one_of_those_that_hold_one(judge):
    array = np.array([1, NAN, -NAN], np.float32)
    array.view(np.uint32)[2] |= 7  # another payload
    assert judge(array, one_of=[1]) == [("not_one_of", 1, 2)]
    assert judge(array, one_of=[1, NAN]) == []
    assert judge(array.astype(np.complex64), one_of=[1, complex(0, NAN)]) == []


def test_complex_numbers_are_chosen_by_both_parts(judge):
    array = np.array([1, 1j, 1 + 1j, complex(-0.0, 1)], np.complex64)
    assert judge(array, one_of=[1, 1j]) == [("not_one_of", 2, 1)]
    assert judge(array, one_of=[1]) == [("not_one_of", 1, 3)]


def test_no_element_is_one_of_none(judge):
    assert judge(np.zeros(3, np.int16), one_of=[]) == [("not_one_of", 0, 3)]
    assert judge(np.zeros(0, np.int16), one_of=[]) == []


def test_any_byte_but_zero_is_true(judge):
    array = np.array([0, 1, 2, 255], np.uint8).view(np.bool_)
    assert judge(array, one_of=[True]) == [("not_one_of", 0, 1)]
    assert judge(array, one_of=[False]) == [("not_one_of", 1, 3)]
    assert judge(array, one_of=[False, True]) == []


@pytest.mark.parametrize("count", [3, 100, 5_000])
@pytest.mark.parametrize("step", [1, 3, 10**12 + 7])
def test_any_number_of_choices_is_exact(judge, count, step):
    choices = np.arange(count) * step - 50 * step
    array = np.concatenate([choices[::-1], choices + 1, choices - 1])
    wrong = np.flatnonzero(~np.isin(array, choices))
    assert judge(array, one_of=choices) == [("not_one_of", wrong[0], len(wrong))]


def test_a_minimum_of_each_channel(judge):
    last = np.zeros((4, 500, 3), np.float32)
    last[1, 7] = (-1, -1, -1)
    assert judge(last, minimum=[-2, -1, 0]) == [("below_minimum", 500 * 3 + 7 * 3 + 2, 1)]
    first = np.ascontiguousarray(last.transpose(0, 2, 1))
    assert judge(first, minimum=np.reshape([-2, -1, 0], (3, 1))) == [("below_minimum", 3500 - 1000 + 7, 1)]
    assert judge(first, minimum=np.reshape([-2, -1, 0], (1, 3, 1)), maximum=[0] * 499 + [-1]) == [
        ("below_minimum", 2507, 1),
        ("above_maximum", 499, 12),
    ]
    assert judge.rows == [0, 1, 2, 3]


def test_the_index_is_that_of_the_array_and_not_of_its_memory(judge):
    array = np.zeros((30, 40), np.int32)
    array[3, 5] = 1
    for view in (array, array.T, array[::-1], array[:, ::-1], array[3::9, 5::7], array[::-3, ::-5].T):
        first = np.flatnonzero(view)
        assert judge(view, maximum=0) == [("above_maximum", at, 1) for at in first]
        assert judge.rows == [at // view.shape[1] for at in first]


def test_a_repeated_element_counts_each_time(judge):
    array = np.broadcast_to(np.array([[0], [1]], np.float32), (2, 5000))
    assert judge(array, maximum=0) == [("above_maximum", 5000, 5000)]
    assert judge.rows == [1]


def test_a_lone_element_is_judged(judge):
    assert judge(np.array(NAN), finite=True) == [("not_finite", 0, 1)]
    assert judge(np.array(1.0), finite=True, minimum=1, maximum=[1.0]) == []


def test_no_elements_break_no_rule(judge):
    for shape in ((0,), (3, 0), (0, 3)):
        assert judge(np.zeros(shape, np.float32), finite=True, minimum=1, maximum=np.ones(shape)) == []
        assert judge.rows == []
