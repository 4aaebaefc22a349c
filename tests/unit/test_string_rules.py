"""Rules for strings: max_bytes, utf8 and one_of."""

import pickle

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec

SHORT = TensorSpec((None,), "string", max_bytes=3)
UTF8 = TensorSpec((None,), "string", utf8=True)
ONE_OF = TensorSpec((None,), "string", one_of=["a", b"bc", "é"])
ALL = TensorSpec((None,), "string", max_bytes=3, utf8=True, one_of=["a", b"bc", "é"])


def found(spec, value):
    violations = spec.violations(value)
    signature = Signature({"x": spec})
    assert spec.accepts(value) is signature.accepts({"x": value}) is (not violations)
    return [(str(v.code), v.got, v.index, v.count) for v in violations]


def objects(*elements):
    array = np.empty(len(elements), object)
    array[:] = elements
    return array


def too_long(size, index, count=1):
    return [("too_long", f"{size} bytes", index, count)]


FORMS = {
    "object": lambda *texts: objects(*texts),
    "bytes": lambda *texts: objects(*(text.encode() for text in texts)),
    "mixed": lambda *texts: objects(*(text.encode() if i % 2 else text for i, text in enumerate(texts))),
    "U": lambda *texts: np.array(texts),
    "U, wider": lambda *texts: np.array(texts, "U50"),
    "S": lambda *texts: np.array([text.encode() for text in texts]),
    "strided": lambda *texts: np.repeat(np.array(texts), 2)[::2],
    "negative": lambda *texts: np.array(texts[::-1])[::-1],
    "field": lambda *texts: np.array([(1, text) for text in texts], [("a", "u1"), ("x", "U9")])["x"],
}
if hasattr(np.dtypes, "StringDType"):
    FORMS["StringDType"] = lambda *texts: np.array(texts, np.dtypes.StringDType())
    FORMS["StringDType, strided"] = lambda *texts: np.array(texts[::-1], np.dtypes.StringDType())[::-1]


@pytest.mark.parametrize("form", FORMS)
def test_max_bytes_counts_bytes_of_utf8(form):
    given = FORMS[form]
    assert found(SHORT, given("abc", "", "é", "éa", "€", "a\0b")) == []
    assert found(SHORT, given("abc", "éé", "abcd")) == too_long(4, (1,), 2)
    assert found(SHORT, given("€", "\U0001f600")) == too_long(4, (1,))
    assert found(SHORT, given("€a€a€")) == too_long(11, (0,))


@pytest.mark.parametrize("form", FORMS)
def test_one_of_compares_strings_by_their_utf8(form):
    given = FORMS[form]
    assert found(ONE_OF, given("a", "é", "bc", "a")) == []
    assert found(ONE_OF, given("a", "b", "A", "bc", "")) == [("not_one_of", "'b'", (1,), 3)]
    assert found(ONE_OF, given("bc", "é\0é")) == [("not_one_of", "'é\\x00é'", (1,), 1)]


@pytest.mark.parametrize("form", FORMS)
def test_text_is_utf8(form):
    assert found(UTF8, FORMS[form]("a", "é", "€", "\U0001f600", "")) == []


@pytest.mark.parametrize("form", FORMS)
def test_an_element_counts_for_the_first_rule_that_it_breaks(form):
    assert found(ALL, FORMS[form]("a", "xyz", "wxyz", "bc", "x")) == [
        ("not_one_of", "'xyz'", (1,), 2),
        *too_long(4, (2,)),
    ]


@pytest.mark.parametrize("padded", [np.array(["abc\0\0"], "U5"), np.array([b"abc\0\0"], "S5")], ids=repr)
def test_padding_is_no_part_of_a_string(padded):
    assert found(SHORT, padded) == []
    assert found(TensorSpec((1,), "string", one_of=["abc"]), padded) == []


def test_a_nul_in_an_object_array_is_part_of_the_string():
    assert found(SHORT, objects("abc\0", b"abc\0")) == too_long(4, (0,), 2)
    assert found(TensorSpec((None,), "string", one_of=["a", b"a\0"]), objects("a", "a\0", "a\0\0")) == [
        ("not_one_of", "'a\\x00\\x00'", (2,), 1)
    ]


NOT_UTF8 = [b"\xff", b"\xc3", b"a\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"]


@pytest.mark.parametrize("element", NOT_UTF8, ids=repr)
def test_bytes_that_are_no_utf8_are_told_where_utf8_is_asked(element):
    told = [("not_utf8", "bytes that are not UTF-8", (1,), 2)]
    assert found(UTF8, objects(b"a", element, "b", element)) == told
    assert found(UTF8, np.array([b"a", element, b"b", element])) == told
    assert found(SHORT, objects(element[:3])) == []
    assert found(TensorSpec((1,), "string"), objects(element)) == []
    line = "input  not_utf8: expected UTF-8, got bytes that are not UTF-8 at [0]"
    assert [str(v) for v in UTF8.violations(objects(element))] == [line]


def test_a_lone_surrogate_is_no_utf8_whatever_the_rules():
    for spec in (SHORT, UTF8, ONE_OF, ALL):
        assert found(spec, objects("\ud800abcde")) == [("not_utf8", "a str with a lone surrogate", (0,), 1)]
        assert found(spec, np.array(["\ud800abcde"])) == [("not_utf8", "a character that UTF-8 does not have", (0,), 1)]


def test_an_element_that_is_no_string_breaks_no_rule_for_strings():
    assert found(ALL, objects("a", None, "abcd", 5)) == [
        ("dtype", "an object array with a NoneType", (1,), 2),
        *too_long(4, (2,)),
    ]


if np.lib.NumpyVersion(np.__version__) >= "2.0.0":  # the first with a StringDType

    def test_a_missing_string_is_no_string():
        array = np.array(["a", "abcd", None], np.dtypes.StringDType(na_object=None))
        assert found(SHORT, array) == [("dtype", "an object array with a NoneType", (2,), 1), *too_long(4, (1,))]


@pytest.mark.parametrize(
    "make", [np.str_, lambda text: np.bytes_(text.encode()), np.array], ids=["str_", "bytes_", "0-d"]
)
def test_a_scalar_is_judged(make):
    spec = TensorSpec((), "string", max_bytes=3, utf8=True)
    assert found(spec, make("é")) == []
    assert found(spec, make("éé")) == too_long(4, ())
    assert [str(v) for v in spec.violations(make("éé"))] == ["input  too_long: expected at most 3 bytes, got 4 bytes"]


def test_the_index_is_that_of_the_array_as_it_is_given():
    spec = TensorSpec((None, None), "string", max_bytes=1)
    for array in (np.array([["a", "bb"], ["cc", "d"]]), np.array([["a", "bb"], ["cc", "d"]], object)):
        assert found(spec, array) == too_long(2, (0, 1), 2)
        assert found(spec, array.T) == too_long(2, (0, 1), 2)
        assert found(spec, array[::-1]) == too_long(2, (0, 0), 2)
        assert found(spec, array[:0]) == []


def test_strings_of_the_wrong_shape_are_judged_too():
    assert [code for code, *_ in found(TensorSpec((3,), "string", max_bytes=1), objects("aa"))] == ["dim", "too_long"]


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        (TensorSpec((1,), "string", max_bytes=1), "too_long: expected at most 1 byte, got 7 bytes at [0]"),
        (TensorSpec((1,), "string", max_bytes=0), "too_long: expected at most 0 bytes, got 7 bytes at [0]"),
        (
            TensorSpec((1,), "string", one_of=list("fedcba")),
            "not_one_of: expected one of 'a', 'b', 'c', 'd' ... (6 values), got 'z\\n\\x1b\\u202e\\x07' at [0]",
        ),
    ],
    ids=repr,
)
def test_a_line_shows_no_more_than_a_terminal_bears(spec, line):
    (violation,) = spec.violations(objects("z\n\x1b\u202e\x07"))
    assert str(violation) == f"input  {line}"


def test_a_long_element_is_cut():
    spec = TensorSpec((1,), "string", one_of=["x" * 200])
    (violation,) = spec.violations(objects("z" * 10**6))
    assert violation.expected == f"one of '{'x' * 80}...'"
    assert violation.got == f"'{'z' * 80}...'"


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"max_bytes": -1}, ValueError, "max_bytes is -1; it can't be negative"),
        ({"max_bytes": 2**63}, ValueError, "max_bytes is over 2**63 - 1"),
        ({"max_bytes": 1.5}, TypeError, "max_bytes is a float; it must be an int"),
        ({"max_bytes": True}, TypeError, "max_bytes is a bool; it must be an int"),
        ({"max_bytes": 2, "one_of": ["a", "abc"]}, ValueError, "one_of holds 'abc' of 3 bytes, over max_bytes 2"),
        ({"utf8": True, "one_of": [b"\xff"]}, ValueError, "one_of holds '\\xff', which is no UTF-8"),
        ({"one_of": []}, ValueError, "one_of is empty, which no value satisfies"),
        ({"one_of": "abc"}, TypeError, "one_of is a str; it must be a sequence of values"),
        ({"one_of": b"abc"}, TypeError, "one_of is a bytes; it must be a sequence of values"),
        ({"one_of": ["a", 1]}, ValueError, "one_of ['a', 1] can't be held by string"),
        ({"one_of": [None]}, ValueError, "one_of [None] can't be held by string"),
        ({"one_of": ["\ud800"]}, ValueError, "one_of ['\\ud800'] can't be held by string"),
        ({"one_of": [["a"]]}, ValueError, "one_of has the shape [1, 1]; it must be a sequence of values"),
        (
            {"max_bytes": 2, "default": ["abc"]},
            ValueError,
            "default holds 'abc', and the spec asks for at most 2 bytes",
        ),
        ({"utf8": True, "default": [b"\xff"]}, ValueError, "default holds '\\xff', and the spec asks for UTF-8"),
        ({"one_of": ["a"], "default": ["b"]}, ValueError, "default holds 'b', and the spec asks for one of 'a'"),
    ],
    ids=ascii,
)
def test_contradictory_rules_are_refused_with_the_reason(kwargs, error, message):
    with pytest.raises(error) as caught:
        TensorSpec((1,), "string", **kwargs)
    assert str(caught.value) == message


def test_a_spec_tells_its_rules():
    spec = TensorSpec((1,), "string", one_of=["b", "a", b"a", "é", b"\xff"], max_bytes=np.int64(9))
    assert spec.one_of.tolist() == [b"a", b"b", "é".encode(), b"\xff"]
    assert spec.one_of.dtype == object
    assert not spec.one_of.flags.writeable
    assert (spec.max_bytes, spec.utf8) == (9, False)
    free = TensorSpec((1,), "string")
    assert (free.one_of, free.max_bytes, free.utf8) == (None, None, False)


@pytest.mark.parametrize("spec", [SHORT, UTF8, ONE_OF, ALL, TensorSpec((), "string", one_of=["", "a\0", b"\xff'\""])])
def test_a_ruled_spec_survives_repr_and_pickle(spec):
    for twin in (eval(repr(spec)), *(pickle.loads(pickle.dumps(spec, protocol)) for protocol in range(2, 6))):
        assert twin == spec
        assert hash(twin) == hash(spec)
        assert repr(twin) == repr(spec)


@pytest.mark.parametrize(
    "one_of",
    [
        ("b", "a"),
        [b"a", b"b", "a"],
        {"a", "b"},
        iter("ab"),
        np.array(["b", "a"]),
        np.array([b"b", b"a"]),
        np.array(["b", b"a"], object),
    ],
    ids=repr,
)
def test_sets_that_hold_the_same_strings_are_equal(one_of):
    spec = TensorSpec((1,), "string", one_of=one_of)
    assert spec == TensorSpec((1,), "string", one_of=["a", "b"])
    assert hash(spec) == hash(TensorSpec((1,), "string", one_of=["a", "b"]))


def test_rules_that_differ_make_specs_differ():
    rules = [{}, {"max_bytes": 0}, {"max_bytes": 1}, {"utf8": True}, {"one_of": ["a"]}, {"one_of": ["a", "b"]}]
    assert len({TensorSpec((1,), "string", **each) for each in rules}) == len(rules)


def test_a_string_tensor_larger_than_a_buffer_is_looked_at_to_its_end():
    words = np.array(["abc"] * 99_999 + ["abcd"])
    for array in (words, words.astype("S4"), words.astype(object)):
        assert found(SHORT, array) == too_long(4, (99_999,))
