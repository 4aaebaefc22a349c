"""What a request may ask for."""

import copy
import pickle

import pytest

from tensorgate import Signature, TensorSpec, ValidationError
from tensorgate.serving import Limits, check_predict_request, decode_predict_request

from . import wire

DEFAULTS = {
    "max_request_bytes": 256 << 20,
    "max_tensor_bytes": 256 << 20,
    "max_rank": 64,
    "max_inputs": 1_000,
    "max_examples": 100_000,
    "max_features": 10_000,
    "max_depth": 100,
    "max_violations": 64,
    "max_name_characters": 80,
    "max_names_searched": 64,
    "max_searched_length": 64,
}
FOUR = wire.tensor("float32", (4,), bytes(16))
SHORT = wire.tensor("float32", (4,), float_val=[1])
ANY = TensorSpec(None)


def violations(data, signature, **limits):
    """What both ways of looking at a request say of it."""
    told = []
    for call in (check_predict_request, decode_predict_request):
        try:
            call(data, signature, limits=Limits(**limits))
            told.append([])
        except ValidationError as error:
            told.append(list(error.violations))
    checked, decoded = told
    assert checked == decoded
    return checked


def codes(data, signature, **limits):
    return [(violation.path, violation.code) for violation in violations(data, signature, **limits)]


# The object


def test_the_defaults():
    assert {name: getattr(Limits(), name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_each_limit_is_a_keyword(name):
    limits = Limits(**{name: 5})
    assert getattr(limits, name) == 5
    assert repr(limits) == f"Limits({name}=5)"
    assert limits != Limits()
    assert limits == Limits(**{name: 5})
    assert hash(limits) == hash(Limits(**{name: 5}))
    assert pickle.loads(pickle.dumps(limits)) == copy.copy(limits) == copy.deepcopy(limits) == limits
    with pytest.raises(AttributeError):
        setattr(limits, name, 6)
    for wrong in (True, 1.0, "1", None):
        with pytest.raises(TypeError, match=f"{name} is .*; it must be an int"):
            Limits(**{name: wrong})
    for wrong in (-1, 2**63):
        with pytest.raises(ValueError, match=rf"{name} must be in 0 to 2\*\*63 - 1"):
            Limits(**{name: wrong})


def test_what_no_limit_can_be():
    with pytest.raises(ValueError, match="max_rank must be at most 64"):
        Limits(max_rank=65)
    with pytest.raises(ValueError, match="max_searched_length must be at most 64"):
        Limits(max_searched_length=65)
    with pytest.raises(ValueError, match="max_violations must be at least 1"):
        Limits(max_violations=0)
    with pytest.raises(TypeError, match="there is no limit 'max_ranks'"):
        Limits(max_ranks=1)
    with pytest.raises(TypeError, match="keyword arguments alone"):
        Limits(1)
    assert Limits() != 1


# What they do, at their edges


def test_the_bytes_of_a_request():
    data = wire.predict_request({"x": FOUR})
    signature = Signature({"x": ANY})
    assert codes(data, signature, max_request_bytes=len(data)) == []
    (violation,) = violations(data, signature, max_request_bytes=len(data) - 1)
    assert (violation.path, violation.code) == ("request", "too_large")
    assert (violation.expected, violation.got) == (f"at most {len(data) - 1} bytes", str(len(data)))


@pytest.mark.parametrize("tensor", [FOUR, SHORT])
def test_the_bytes_of_a_tensor(tensor):
    data = wire.predict_request({"x": tensor})
    signature = Signature({"x": ANY})
    assert codes(data, signature, max_tensor_bytes=16) == []
    assert codes(data, signature, max_tensor_bytes=15) == [("inputs['x']", "too_large")]


def test_the_bytes_of_all_tensors_that_are_no_views():
    signature = Signature(dict.fromkeys("abc", ANY))
    views = wire.predict_request(dict.fromkeys("abc", FOUR))
    copies = wire.predict_request(dict.fromkeys("abc", SHORT))
    assert codes(views, signature, max_tensor_bytes=16) == []
    assert codes(copies, signature, max_tensor_bytes=48) == []
    (violation,) = violations(copies, signature, max_tensor_bytes=47)
    assert (violation.path, violation.code) == ("inputs['c']", "too_large")
    assert violation.expected == "tensors of at most 47 bytes in all"
    assert violation.got == "float32 [4]"


def test_strings_take_more_than_their_text():
    signature = Signature({"x": TensorSpec(None, "string")})
    one = wire.predict_request({"x": wire.tensor("string", (1000,), string_val=[b"text"])})
    each = wire.predict_request({"x": wire.tensor("string", (1000,), string_val=[b"text"] * 1000)})
    content = wire.predict_request({"x": wire.tensor("string", (1000,), b"\4" * 1000 + b"text" * 1000)})
    for data, takes in ((one, 24_000), (each, 72_000), (content, 72_000)):
        assert codes(data, signature, max_tensor_bytes=takes) == [("inputs['x']", "too_large")]
        assert codes(data, signature, max_tensor_bytes=takes + 8_000) == []


def test_17_bytes_that_ask_for_800_megabytes():
    data = wire.predict_request({"x": wire.tensor("float32", (200_000_000,), float_val=[1])})
    (violation,) = violations(data, Signature({"x": ANY}))
    assert violation.code == "too_large"
    assert violation.expected == "a tensor of at most 268435456 bytes"
    assert violation.got == "float32 [200000000]"


def test_the_rank():
    for rank, most, want in ((3, 3, []), (3, 2, [("inputs['x']", "too_large")])):
        data = wire.predict_request({"x": wire.tensor("float32", (1,) * rank, bytes(4))})
        assert codes(data, Signature({"x": ANY}), max_rank=most) == want


def test_the_inputs():
    signature = Signature(dict.fromkeys("abc", ANY))
    data = wire.predict_request(dict.fromkeys("abc", FOUR))
    assert codes(data, signature, max_inputs=3) == []
    assert codes(data, signature, max_inputs=2) == [("inputs", "too_large")]
    again = wire.predict_request([(alias, FOUR) for alias in "abcabc"])
    assert codes(again, signature, max_inputs=3) == []


def test_the_outputs_asked_for():
    signature = Signature({}, dict.fromkeys("abc", ANY))
    data = wire.predict_request({}, "abc")
    assert codes(data, signature, max_inputs=3) == []
    assert codes(data, signature, max_inputs=2) == [("output_filter", "too_large")]


def test_the_violations_kept():
    data = wire.predict_request({f"y{i}": FOUR for i in range(100)})
    for most in (1, 64, 200):
        with pytest.raises(ValidationError) as caught:
            check_predict_request(data, Signature({"x": ANY}), limits=Limits(max_violations=most))
        assert len(caught.value.violations) == min(most, 101)
        assert len(caught.value.violations) + caught.value.unlisted == 101


def test_the_characters_of_names():
    data = wire.predict_request({"y" * 100: FOUR, "z" * 100: b"\x0a"}, ["o" * 100], wire.model_spec("m" * 100))
    signature = Signature({"x": ANY}, {})
    for most in (3, 5, 80):
        with pytest.raises(ValidationError) as caught:
            check_predict_request(data, signature, "n" * 100, Limits(max_name_characters=most))
        assert all(letter * (most + 1) not in str(caught.value) for letter in "yzomn")


@pytest.mark.parametrize("optional", [False, True])
def test_the_contract_s_own_names_are_told_once_and_whole(optional):
    signature = Signature({"image": TensorSpec(None, optional=optional)})
    data = wire.predict_request({"image": b"\x0a"})
    for most in (2, 80):
        assert codes(data, signature, max_name_characters=most) == [("inputs['image']", "malformed")]


def test_the_search_for_what_was_meant():
    data = wire.predict_request({"imgae": FOUR, "imagee": FOUR})
    signature = Signature({"image": ANY}, {})

    def hints(**limits):
        return [violation.hint for violation in violations(data, signature, **limits) if violation.hint]

    assert len(hints()) == 2
    assert len(hints(max_names_searched=1)) == 1
    assert hints(max_names_searched=0) == []
    assert hints(max_searched_length=4) == []
