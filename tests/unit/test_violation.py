import copy
import pickle

import numpy as np
import pytest

from tensorgate import TensorSpec, Violation, ViolationCode

CODES = (
    *("missing", "unexpected", "duplicate", "structure", "dtype", "rank", "dim", "dim_mismatch", "byte_order"),
    *("not_finite", "below_minimum", "above_maximum", "not_one_of", "too_long", "not_utf8", "not_representable"),
    *("ragged", "row_splits", "sparse_indices", "unsupported", "malformed", "too_large"),
    *("unknown_model", "unknown_signature", "output_filter"),
)

FULL = Violation("inputs['x']", "dim", expected="[2]", got="[3]", hint="shorten it", index=(0,), count=1, offset=9)


def test_the_codes_are_words():
    assert [str(code) for code in ViolationCode] == list(CODES)
    assert [code.name for code in ViolationCode] == list(CODES)


@pytest.mark.parametrize("word", CODES)
def test_a_code_equals_its_word(word):
    code = ViolationCode(word)
    assert code == word
    assert isinstance(code, str)
    assert f"{code}" == word
    assert pickle.loads(pickle.dumps(code)) is code
    assert Violation("x", word).code is Violation("x", code).code is code


@pytest.mark.parametrize("code", ["", "Dim", "nope", None, 3])
def test_an_unknown_code_is_refused(code):
    with pytest.raises(ValueError, match="ViolationCode"):
        Violation("x", code)


def test_all_but_path_and_code_is_none_unless_given():
    violation = Violation("x", "rank")
    assert (violation.path, violation.code) == ("x", "rank")
    parts = (violation.expected, violation.got, violation.hint, violation.index, violation.count)
    assert (*parts, violation.request, violation.offset) == (None,) * 7


def test_every_part_is_kept():
    assert (FULL.path, FULL.code, FULL.expected, FULL.got) == ("inputs['x']", "dim", "[2]", "[3]")
    assert (FULL.hint, FULL.index, FULL.count, FULL.offset) == ("shorten it", (0,), 1, 9)


def test_index_is_a_tuple():
    assert Violation("x", "dim", index=[1, 2]).index == (1, 2)
    assert Violation("x", "dim", index=()).index == ()


@pytest.mark.parametrize("name", ["path", "code", "expected", "got", "hint", "index", "count", "offset", "other"])
def test_no_attribute_can_be_set(name):
    with pytest.raises(AttributeError):
        setattr(FULL, name, None)


def test_the_type_can_not_be_inherited():
    with pytest.raises(TypeError):
        type("Mine", (Violation,), {})


def test_str_is_a_line_of_a_message():
    assert str(FULL) == "inputs['x']  dim: expected [2], got [3] (byte 9); shorten it"


@pytest.mark.parametrize("violation", [FULL, Violation("größe", "missing")], ids=str)
def test_repr_evaluates(violation):
    assert eval(repr(violation)) == violation
    assert repr(Violation("x", "missing")) == "Violation(path='x', code='missing')"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("violation", [FULL, Violation("größe", "missing")], ids=str)
def test_pickle_gives_an_equal_violation(violation, protocol):
    twin = pickle.loads(pickle.dumps(violation, protocol))
    assert twin == violation
    assert hash(twin) == hash(violation)
    assert str(twin) == str(violation)
    assert (twin.index, twin.count, twin.hint) == (violation.index, violation.count, violation.hint)


def test_a_copy_is_equal():
    assert copy.copy(FULL) == FULL
    assert copy.deepcopy(FULL) == FULL


def test_violations_are_equal_exactly_when_every_part_is():
    parts = {"expected": "[2]", "got": "[3]", "hint": "shorten it", "index": (0,), "count": 1, "offset": 9}
    different = [Violation("inputs['x']", "dim", **{**parts, name: None}) for name in parts]
    different += [Violation("inputs['y']", "dim", **parts), Violation("inputs['x']", "rank", **parts), FULL]
    for i, one in enumerate(different):
        for j, other in enumerate(different):
            assert (one == other) is (i == j)
            assert (one != other) is (i != j)
    assert len(set(different)) == len(different)
    assert Violation("inputs['x']", "dim", **parts) == FULL
    assert str(FULL) != FULL


def test_got_never_holds_a_tensors_values():
    secret = np.full((2, 4), 123456.0)
    for violation in TensorSpec((None, 3)).violations(secret):
        assert "123456" not in str(violation)
    strings = np.array([["password", 1]], object)
    for violation in TensorSpec((None, 3), "string").violations(strings):
        assert "password" not in str(violation)


@pytest.mark.parametrize("arguments", [(), (1,), ("x", "nope"), ("x", "dim", 1), ("x", "dim", "1", "2", "3", 4, 5)])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises((TypeError, ValueError)):
        Violation(*arguments)
