import json
import pickle
import re
import unicodedata

import numpy as np
import pytest

from tensorgate import Signature, TensorSpec, ValidationError, Violation

SPEC = TensorSpec((None, 3))


def text(contract, data):
    with pytest.raises(ValidationError) as caught:
        contract.check(data)
    return str(caught.value)


def error_of(contract, data):
    with pytest.raises(ValidationError) as caught:
        contract.check(data)
    return caught.value


def lines(*expected):
    return "\n".join(expected)


def test_it_is_a_value_error_with_the_answers_of_tensorflow_serving():
    error = error_of(SPEC, None)
    assert isinstance(error, ValueError)
    assert (error.grpc_code, error.http_status) == (3, 400)
    assert type(error).__module__ == "tensorgate"


def test_missing():
    assert text(Signature({"x": SPEC}), {}) == lines(
        "1 violation of signature 'serving_default'",
        "  inputs['x']  missing; expected float32 [None, 3]",
    )


def test_unexpected():
    batch = {"x": np.zeros((1, 3), np.float32), "zzzzzz": None}
    assert text(Signature({"x": SPEC}), batch) == lines(
        "1 violation of signature 'serving_default'",
        "  inputs['zzzzzz']  unexpected input",
    )


def test_structure():
    assert text(Signature({"x": SPEC, "y": SPEC}), 5) == lines(
        "1 violation of signature 'serving_default'",
        "  inputs  structure: expected a dict of 2 inputs, got an int; pass a dict of arrays by name",
    )


def test_dtype():
    assert text(SPEC, np.zeros((1, 3), "M8[ns]")) == lines(
        "1 violation of TensorSpec float32 [None, 3]",
        "  input  dtype: expected float32, got datetime64[ns]",
    )


def test_rank():
    assert text(SPEC, np.zeros((1, 2, 4), np.float32)) == lines(
        "1 violation of TensorSpec float32 [None, 3]",
        "  input  rank: expected [None, 3], got [1, 2, 4]",
    )


def test_dim():
    assert text(SPEC, np.zeros((2, 4), np.float32)) == lines(
        "1 violation of TensorSpec float32 [None, 3]",
        "  input  dim: expected [None, 3], got [2, 4]",
    )


def test_dim_mismatch():
    assert text(TensorSpec(("n", "n")), np.zeros((2, 4), np.float32)) == lines(
        "1 violation of TensorSpec float32 [n, n]",
        "  input  dim_mismatch: expected n = 2 as on axis 0 of input, got 4 on axis 1",
    )


def test_byte_order():
    assert text(SPEC, np.zeros((2, 3), ">f4")) == lines(
        "1 violation of TensorSpec float32 [None, 3]",
        "  input  byte_order: expected float32 [None, 3], got big-endian float32; "
        "convert it with x.astype(x.dtype.newbyteorder('='))",
    )


def test_not_utf8():
    assert text(TensorSpec((1,), "string"), np.array(["\ud800"], object)) == lines(
        "1 violation of TensorSpec string [1]",
        "  input  not_utf8: expected UTF-8, got a str with a lone surrogate at [0]",
    )


def test_unsupported():
    assert text(SPEC, [[1.0, 2.0, 3.0]]) == lines(
        "1 violation of TensorSpec float32 [None, 3]",
        "  input  unsupported: expected float32 [None, 3], got a Python list; "
        "convert it with np.asarray and the expected dtype",
    )


def test_the_heading_tells_the_contract_and_where_it_was_read():
    signature = Signature({"image": TensorSpec((None, 224, 224, 3))}, source="models/ranker/3")
    image = np.zeros((1, 224, 224, 3), np.float32)
    assert text(signature, {"imgae": image}) == lines(
        "2 violations of signature 'serving_default' (models/ranker/3)",
        "  inputs['imgae']  unexpected input; did you mean 'image'?",
        "  inputs['image']  missing; expected float32 [None, 224, 224, 3]",
    )


def test_the_heading_tells_a_specs_name():
    assert text(TensorSpec((), name="ids"), None).startswith("1 violation of TensorSpec 'ids', float32 []\n")


def test_paths_are_aligned():
    signature = Signature({"a": TensorSpec(()), "größer": TensorSpec(())})
    assert text(signature, {}) == lines(
        "2 violations of signature 'serving_default'",
        "  inputs['a']       missing; expected float32 []",
        "  inputs['größer']  missing; expected float32 []",
    )


def test_unknown_rank_and_many_dimensions_are_told():
    assert "expected float32 of unknown rank" in text(TensorSpec(None), None)
    assert "expected float32 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ... 244 more]" in text(TensorSpec((1,) * 254), None)


def test_a_thousand_violations_are_counted_and_64_kept():
    error = error_of(Signature({f"x{i}": TensorSpec(()) for i in range(1_000)}), {})
    assert len(error.violations) == 64
    assert error.unlisted == 936
    told = str(error).splitlines()
    assert told[0] == "1000 violations of signature 'serving_default'"
    assert told[-1] == "  ... and 936 more"
    assert len(told) == 66


def test_65_violations_are_64_and_one_more():
    error = error_of(Signature({f"x{i}": TensorSpec(()) for i in range(65)}), {})
    assert (len(error.violations), error.unlisted) == (64, 1)


def test_64_violations_are_all_kept():
    error = error_of(Signature({f"x{i}": TensorSpec(()) for i in range(64)}), {})
    assert (len(error.violations), error.unlisted) == (64, 0)
    assert "more" not in str(error)


def test_any_number_of_unexpected_names_is_counted():
    error = error_of(Signature({}), {f"x{i}": None for i in range(100_000)})
    assert (len(error.violations), error.unlisted) == (64, 100_000 - 64)
    assert len(str(error)) < 8_192


def test_to_dict_is_json_and_leaves_out_what_is_none():
    error = error_of(Signature({"x": SPEC, "y": SPEC}), {"x": np.zeros((1, 4), np.float32), "Y": None})
    assert json.loads(json.dumps(error.to_dict())) == {
        "subject": "signature 'serving_default'",
        "violations": [
            {"path": "inputs['Y']", "code": "unexpected", "hint": "did you mean 'y'?"},
            {
                "path": "inputs['x']",
                "code": "dim",
                "expected": "[None, 3]",
                "got": "[1, 4]",
                "index": [1],
                "count": 1,
            },
            {"path": "inputs['y']", "code": "missing", "expected": "float32 [None, 3]"},
        ],
        "unlisted": 0,
    }


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_gives_an_equal_error(protocol):
    error = error_of(Signature({f"x{i}": TensorSpec(()) for i in range(65)}, source="here"), {})
    twin = pickle.loads(pickle.dumps(error, protocol))
    assert type(twin) is ValidationError
    assert str(twin) == str(error)
    assert twin.violations == error.violations
    assert (twin.subject, twin.unlisted) == (error.subject, error.unlisted)
    assert twin.to_dict() == error.to_dict()


def test_it_may_be_raised_by_hand():
    error = ValidationError("a request", [Violation("inputs['x']", "rank", got="[2]")], 3)
    assert str(error) == "4 violations of a request\n  inputs['x']  rank: [2]\n  ... and 3 more"
    assert error.violations == (Violation("inputs['x']", "rank", got="[2]"),)


BIDI_CONTROLS = [
    "\u061c",
    "\u200e",
    "\u200f",
    *map(chr, range(0x202A, 0x202F)),
    *map(chr, range(0x2066, 0x206A)),
]
CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))]
INVISIBLE = ["\u00ad", "\u200b", "\u200c", "\u200d", "\u2028", "\u2029", "\u2060", "\ufeff", "\U000e0041"]


@pytest.mark.parametrize("character", [*CONTROLS, *BIDI_CONTROLS, *INVISIBLE], ids=ascii)
def test_a_character_that_moves_or_hides_text_is_escaped_wherever_a_name_stands(character):
    name = f"a{character}b"
    signature = Signature({name: TensorSpec((name, name), name=name)}, name=name, source=name)
    batches = [{}, {name + "c": None}, {name: np.zeros((1, 2), np.float32)}, {name: None}]
    texts = [text(signature, batch) for batch in batches] + [text(signature.inputs[name], None)]
    for told in texts:
        body = told.split("\n")
        assert all(character not in line for line in body)
        assert all(line.startswith("  ") for line in body[1:])
        assert len(body) <= 3


def test_every_format_character_of_unicode_that_turns_text_around_is_in_this_list():
    """Bidi_Control of Unicode, as far as unicodedata tells it: the explicit ones have classes of their own."""
    explicit = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}
    found = [chr(c) for c in range(0x11_0000) if unicodedata.bidirectional(chr(c)) in explicit]
    assert set(found) <= set(BIDI_CONTROLS)


def test_quotes_and_backslashes_of_a_name_are_escaped():
    assert text(Signature({"it's \\": TensorSpec(())}), {}).endswith(
        "\n  inputs['it\\'s \\\\']  missing; expected float32 []"
    )


@pytest.mark.parametrize("character", ["x", "ü", "\U0001f600", "\x1b"])
def test_a_name_of_10_000_characters_is_cut_at_80(character):
    name = character * 10_000
    signature = Signature({name: TensorSpec((name, name), name=name)}, name=name)
    shown = text(signature, {})
    (path,) = re.findall(r"inputs\['(.*)\.\.\.'\]", shown)
    one = character if character.isprintable() else "\\x1b"
    assert path == one * 80
    for batch in ({}, {name + "y": None}, {name: np.zeros((1, 2), np.float32)}, {name: None}, 5):
        assert max(map(len, text(signature, batch).splitlines())) < 1_600
    assert len(text(signature.inputs[name], None)) < 2_000


def test_a_key_of_the_batch_is_cut_too():
    signature = Signature({})
    (violation,) = signature.violations({"k" * 1_000_000: None})
    assert violation.path == f"inputs['{'k' * 80}...']"


def test_lone_surrogates_are_escaped():
    error = error_of(Signature({}), {"a\ud800b": None, "\udfff" * 10_000: None})
    assert str(error).encode() == str(error).encode("utf-8", "strict")
    assert "ud800" in error.violations[0].path
    assert len(error.violations[1].path) < 1_000


def class_named(**names):
    return type("Plain", (), names)()


@pytest.mark.parametrize(
    "value",
    [
        class_named(__qualname__="\x1b[31m\n\u202e"),
        class_named(__module__="\x1b[31m\n\u202e"),
        class_named(__qualname__="x" * 10_000),
        class_named(__module__="x" * 10_000),
        class_named(__module__=5),
        class_named(__module__=None),
    ],
    ids=["qualname", "module", "long qualname", "long module", "no module", "None"],
)
def test_a_classs_name_is_escaped_and_cut(value):
    told = text(SPEC, value)
    assert told.count("\n") == 1
    assert told.replace("\n", "").isprintable()
    assert len(told) < 400


@pytest.mark.parametrize("name", ["__qualname__", "__module__"])
def test_a_classs_name_with_a_lone_surrogate_is_escaped(name):
    value = class_named(**{name: "a\ud800b"})
    assert SPEC.accepts(value) is False
    told = text(SPEC, value)
    assert told.encode("utf-8", "strict")
    assert told.count("\n") == 1


class Raising:
    def __init__(self, error):
        self.error = error

    def __dlpack_device__(self):
        return (1, 0)

    def __dlpack__(self, **kwargs):
        raise self.error


@pytest.mark.parametrize(
    "message",
    ["\x1b[31m\u202e", "x" * 100_000, "first\nsecond", "\ud800", "\x00", ""],
    ids=["control", "long", "lines", "surrogate", "NUL", "empty"],
)
def test_an_exporters_message_is_escaped_and_cut_to_a_line(message):
    value = Raising(ZeroDivisionError(message))
    assert SPEC.accepts(value) is False
    told = text(SPEC, value)
    assert "it raised ZeroDivisionError" in told
    assert told.count("\n") == 1
    assert told.replace("\n", "").isprintable()
    assert len(told) < 500


class Unspeakable(Exception):
    def __str__(self):
        raise ZeroDivisionError("no text")


def test_an_exporters_exception_need_not_have_a_text():
    assert "it raised " in text(SPEC, Raising(Unspeakable()))


def test_a_field_name_of_a_structured_dtype_is_escaped_and_cut():
    told = text(SPEC, np.zeros(3, [("\x1b\u202e" + "x" * 10_000, "f4"), ("b", "f4")]))
    assert told.replace("\n", "").isprintable()
    assert len(told) < 500
