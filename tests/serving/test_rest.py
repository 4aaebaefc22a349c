"""REST bodies into arrays: their two formats, what shapes come of lists, and what is refused, where."""

import json

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import Limits, decode_rest

X = tg.TensorSpec(None)
ONE = tg.Signature({"x": X})
TWO = tg.Signature({"x": tg.TensorSpec((None, 2)), "id": tg.TensorSpec((None,), "int64", minimum=0)})
STRINGS = tg.Signature({"s": tg.TensorSpec(None, "string")})


def violations(body, sig, **limits):
    with pytest.raises(tg.ValidationError) as caught:
        decode_rest(body, sig, limits=Limits(**limits))
    return caught.value.violations


def codes(body, sig, **limits):
    return [(v.path, v.code) for v in violations(body, sig, **limits)]


def only(body, sig, **limits):
    (violation,) = violations(body, sig, **limits)
    return violation


def decoded(body, sig=ONE):
    (array,) = decode_rest(body, sig).values()
    return array.tolist()


# --- the formats ---


@pytest.mark.parametrize(
    "body",
    [
        '{"instances": [{"x": [1, 2.5], "id": 7}, {"id": 8, "x": [3, 4]}]}',
        '{"inputs": {"id": [7, 8], "x": [[1, 2.5], [3, 4]]}}',
    ],
)
def test_rows_and_columns_are_the_same_batch(body):
    batch = decode_rest(body, TWO)
    assert list(batch) == ["x", "id"]
    assert batch["x"].dtype == np.float32
    assert batch["x"].tolist() == [[1, 2.5], [3, 4]]
    assert batch["id"].dtype == np.int64
    assert batch["id"].tolist() == [7, 8]
    assert TWO.accepts(batch)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"instances": [[1, 2], [3, 4]]}', [[1, 2], [3, 4]]),
        ('{"instances": [{"x": [1, 2]}, {"x": [3, 4]}]}', [[1, 2], [3, 4]]),
        ('{"instances": [1, 2]}', [1, 2]),
        ('{"instances": [{"x": 1}, {"x": 2}]}', [1, 2]),
        ('{"inputs": [[1, 2], [3, 4]]}', [[1, 2], [3, 4]]),
        ('{"inputs": {"x": [[1, 2], [3, 4]]}}', [[1, 2], [3, 4]]),
        ('{"inputs": 5}', 5.0),
        ('{"inputs": {"x": 5}}', 5.0),
        ('{"inputs": []}', []),
        ('{"instances": [[], []]}', [[], []]),
        ('{"instances": [[[1]], [[2]]]}', [[[1]], [[2]]]),
        (' { "instances" : [ [ 1 , 2 ] , [ 3 , 4 ] ] } \r\n\t', [[1, 2], [3, 4]]),
        ('{"signature_name": "serving_default", "instances": [1]}', [1]),
        ('{"instances": [1], "signature_name": "serving_default"}', [1]),
        ('{"in\\u0073tances": [{"\\u0078": 1}]}', [1]),
    ],
)
def test_a_single_input_needs_no_name(body, expected):
    assert decoded(body) == expected


def test_a_lone_spec_gives_an_array():
    array = decode_rest('{"instances": [1, 2]}', tg.Signature(tg.TensorSpec((None,), "int8")))
    assert array.dtype == np.int8
    assert array.tolist() == [1, 2]


def test_a_nest_is_sent_under_the_aliases_of_a_saved_model():
    sig = tg.Signature(
        {
            "user": {"age": tg.TensorSpec((None,), "int32")},
            "ids": tg.RaggedTensorSpec((None, None), "int64", minimum=0),
        }
    )
    body = {"user/age": [1, 2], "ids/values": [5, 6, 7], "ids/row_splits": [0, 2, 3]}
    batch = decode_rest(json.dumps({"inputs": body}), sig)
    assert batch["user"]["age"].tolist() == [1, 2]
    assert batch["ids"]["row_splits"].tolist() == [0, 2, 3]
    assert sig.accepts(batch)
    assert codes(json.dumps({"inputs": body | {"ids/row_splits": [0, 5, 3]}}), sig) == [
        ("inputs['ids'].row_splits", "row_splits")
    ]


@pytest.mark.parametrize("wrap", [bytes, bytearray, memoryview, lambda body: memoryview(body).cast("B", (3, 7))])
def test_any_contiguous_bytes_are_taken(wrap):
    body = b'{"instances": [1, 2]}'
    assert decoded(wrap(body)) == [1, 2]
    assert decoded(body.decode()) == [1, 2]


def test_other_bodies_are_wrong_arguments():
    with pytest.raises(TypeError, match="body is an int; it must be bytes, a bytearray, a memoryview or a str"):
        decode_rest(5, ONE)
    with pytest.raises(ValueError, match="not contiguous"):
        decode_rest(memoryview(b'{"instances": [1, 2]}')[::2], ONE)
    with pytest.raises(TypeError, match=r"sigs is a .*TensorSpec; it must be a Signature or a dict of them"):
        decode_rest("{}", X)
    with pytest.raises(TypeError, match="limits"):
        decode_rest("{}", ONE, limits=5)


def test_arrays_are_the_callers_own():
    batch = decode_rest('{"instances": [1, 2]}', ONE)
    batch["x"][0] = 5
    assert batch["x"].flags.owndata or batch["x"].base is not None
    assert batch["x"].flags.writeable
    assert batch["x"].flags.c_contiguous


def test_a_large_body_is_read_without_the_gil():
    rows = np.random.default_rng(0).random((1000, 200), np.float32)
    body = json.dumps({"instances": rows.tolist()}).encode()
    assert len(body) > 1 << 20
    np.testing.assert_array_equal(decode_rest(body, ONE)["x"], rows)


# --- names ---


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{}", [("request", "structure")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1]}, "instances": []}', [("request", "structure")]),
        ('{"instances": []}', [("instances", "structure")]),
        ('{"instances": {}}', [("instances", "structure")]),
        ('{"instances": null}', [("instances", "structure")]),
        ('{"inputs": [1]}', [("inputs", "structure")]),
        ("[]", [("request", "structure")]),
        ("5", [("request", "structure")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1]}, "inputs": 5}', [("request['inputs']", "duplicate")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1]}, "input": 5}', [("request['input']", "unexpected")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1]}, "": 5}', [("request['']", "unexpected")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1], "y": [{"a": [NaN, ""]}]}}', [("inputs['y']", "unexpected")]),
        ('{"inputs": {"x": [[1, 2]], "id": [1], "x": []}}', [("inputs['x']", "duplicate")]),
        ('{"inputs": {"x": [[1, 2]]}}', [("inputs['id']", "missing")]),
        ('{"inputs": {}}', [("inputs['x']", "missing"), ("inputs['id']", "missing")]),
        ('{"instances": [{"x": [1, 2], "id": 1, "y": 5}]}', [("instances[0]['y']", "unexpected")]),
        ('{"instances": [{"x": [1, 2], "id": 1, "id": 5}]}', [("instances[0]['id']", "duplicate")]),
        ('{"instances": [{"x": [1, 2], "id": 1}, {"id": 5}]}', [("instances[1]['x']", "missing")]),
        (
            '{"instances": [{"x": [1, 2], "id": 1}, 5, []]}',
            [("instances[1]", "structure"), ("instances[2]", "structure")],
        ),
    ],
)
def test_what_tensorflow_serving_ignores_or_joins_is_refused(body, expected):
    assert codes(body, TWO) == expected


def test_an_unknown_name_brings_what_it_may_have_meant():
    sig = tg.Signature({"image": tg.TensorSpec((None,)), "mask": tg.TensorSpec((None,))})
    unexpected, missing = violations('{"instances": [{"imgae": 1, "mask": 2}]}', sig)
    assert (unexpected.path, unexpected.hint) == ("instances[0]['imgae']", "did you mean 'image'?")
    assert (missing.path, missing.code, missing.expected) == ("instances[0]['image']", "missing", "float32 [None]")
    assert only('{"instance": [1], "inputs": 1}', ONE).hint == "did you mean 'instances'?"


def test_the_signature_must_be_the_contracts():
    other = tg.Signature({"x": X}, name="other")
    assert decode_rest('{"signature_name": "other", "inputs": 1}', other)["x"] == 1
    violation = only('{"signature_name": "others", "inputs": 1}', other)
    assert (violation.path, violation.code) == ("signature_name", "unknown_signature")
    assert (violation.expected, violation.got, violation.offset) == ("'other'", "'others'", 19)
    # None is TensorFlow Serving's serving_default.
    assert codes('{"inputs": 1}', other) == [("signature_name", "unknown_signature")]
    assert codes('{"inputs": 1, "signature_name": 5}', ONE) == [("signature_name", "structure")]


def test_a_default_stands_for_an_absent_tensor():
    sig = tg.Signature({"x": tg.TensorSpec((None,)), "t": tg.TensorSpec((), default=0.5)})
    for body in ('{"inputs": {"x": [1, 2]}}', '{"instances": [{"x": 1}, {"x": 2}]}'):
        batch = decode_rest(body, sig)
        assert batch["t"] == np.float32(0.5)
        assert batch["t"].shape == ()
    assert decode_rest('{"inputs": {"x": [1, 2], "t": 3}}', sig)["t"] == 3


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([{"x": 1, "t": 1}, {"x": 2}], "instances[1]['t']"),
        ([{"x": 1}, {"x": 2}, {"x": 1, "t": 1}], "instances[0]['t']"),
    ],
)
def test_a_default_does_not_stand_for_rows(rows, where):
    sig = tg.Signature({"x": tg.TensorSpec((None,)), "t": tg.TensorSpec((None,), default=[1, 2])})
    assert codes(json.dumps({"instances": rows}), sig)[0] == (where, "missing")


def test_an_optional_input_without_a_default_is_missing():
    sig = tg.Signature({"x": tg.TensorSpec((None,)), "t": tg.TensorSpec((None,), optional=True)})
    assert codes('{"instances": [{"x": 1}]}', sig) == [("instances[0]['t']", "missing")]
    assert codes('{"inputs": {"x": [1]}}', sig) == [("inputs['t']", "missing")]


def test_a_signature_without_inputs_takes_empty_objects():
    assert decode_rest('{"inputs": {}}', tg.Signature({})) == {}


# --- shapes ---


@pytest.mark.parametrize(
    ("body", "where", "expected", "got"),
    [
        ('{"instances": [[1, 2], [3]]}', "instances[1]", "2 elements, as before it", "1 element"),
        ('{"instances": [[], [3]]}', "instances[1]", "0 elements, as before it", "1 element"),
        ('{"instances": [[3], []]}', "instances[1]", "1 element, as before it", "0 elements"),
        ('{"instances": [[3], [ ]]}', "instances[1]", "1 element, as before it", "0 elements"),
        ('{"instances": [[1], 5]}', "instances[1]", "a list, as before it", "5"),
        ('{"instances": [1, [5]]}', "instances[1]", "a number, as before it", "a list"),
        ('{"instances": [[[1]], [[[1]]]]}', "instances[1][0][0]", "a number, as before it", "a list"),
        ('{"instances": [[[1]], [[1], [2]]]}', "instances[1]", "1 element, as before it", "2 elements"),
        ('{"instances": [[], [[]]]}', "instances[1][0]", "a number, as before it", "a list"),
        ('{"inputs": {"x": [[1, 2], [3]]}}', "inputs['x'][1]", "2 elements, as before it", "1 element"),
        ('{"instances": [{"x": [1]}, {"x": [1, 2]}]}', "instances[1]['x']", "1 element, as before it", "2 elements"),
        ('{"instances": [{"x": [1]}, {"x": 1}]}', "instances[1]['x']", "a list, as before it", "1"),
        ('{"instances": [{"x": 1}, {"x": [1]}]}', "instances[1]['x']", "a number, as before it", "a list"),
    ],
)
def test_ragged_lists_are_named_with_sizes(body, where, expected, got):
    violation = violations(body, ONE)[0]
    assert (violation.path, violation.code) == (where, "ragged")
    assert (violation.expected, violation.got) == (expected, got)


def test_ragged_lists_are_found_among_many_regular_ones():
    rows = [[float(i)] * 5 for i in range(100)]
    rows[60], rows[80] = rows[60][:3], []
    body = json.dumps({"instances": rows}, separators=(",", ":"))
    ragged = violations(body, ONE)
    assert [v.path for v in ragged] == ["instances[60]", "instances[80]"]
    assert [v.got for v in ragged] == ["3 elements", "0 elements"]


def test_what_the_contract_says_of_shapes_holds():
    violation = only('{"instances": [[1, 2, 3]]}', tg.Signature({"x": tg.TensorSpec((None, 2))}))
    assert (violation.path, violation.code, violation.offset) == ("instances", "dim", 14)
    violation = only(
        '{"inputs": {"id": [1], "x": [[1, 2], [3, 4]]}}',
        tg.Signature({"x": tg.TensorSpec(("b", 2)), "id": tg.TensorSpec(("b",), "int64")}),
    )
    assert (violation.path, violation.code, violation.offset) == ("inputs['id']", "dim_mismatch", 18)
    # A row does not own the shape of the batch.
    violation = violations('{"instances": [{"id": 1, "x": [1, 2, 3]}]}', TWO)[0]
    assert (violation.path, violation.code, violation.offset) == ("inputs['x']", "dim", 30)


def test_good_tensors_are_judged_beside_bad_ones():
    body = '{"instances": [{"x": [1, null], "id": -5}, {"x": [1, 2, 3], "id": 5}]}'
    assert codes(body, TWO) == [
        ("instances[0]['x'][1]", "dtype"),
        ("instances[1]['x']", "ragged"),
        ("instances[0]['id']", "below_minimum"),
    ]


# --- elements ---


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('{"instances": [{"x": [1, 2], "id": 1}, {"id": -3, "x": [1, 2]}]}', "instances[1]['id']"),
        ('{"inputs": {"x": [[1, 2], [3, 4]], "id": [1, -3]}}', "inputs['id'][1]"),
        ('{"inputs": {"x": [[1, 2], [3, 4]], "id": [ 1 , -3 ]}}', "inputs['id'][1]"),
    ],
)
def test_values_are_found_at_their_byte(body, where):
    violation = only(body, TWO)
    assert (violation.path, violation.code, violation.index) == (where, "below_minimum", None)
    assert body[violation.offset :].startswith("-3")
    assert (violation.expected, violation.got) == ("at least 0", "-3")


def test_values_are_found_deep_within():
    sig = tg.Signature({"x": tg.TensorSpec((None, 2, 2), finite=True)})
    body = '{"instances": [[[1, 2], [3, 4]], [[5, 6], [NaN, 8]]]}'
    violation = only(body, sig)
    assert (violation.path, violation.code, violation.offset) == ("instances[1][1][0]", "not_finite", body.index("NaN"))


@pytest.mark.parametrize(
    ("dtype", "element", "hint"),
    [
        ("float32", "null", None),
        ("float32", "true", None),
        ("float32", '"1"', "strings are not parsed: write it without quotes"),
        ("float32", "{}", None),
        ("float32", '{"b64": "AA=="}', None),
        ("int32", "null", None),
        ("int32", "1.0", "write it without a fraction and an exponent"),
        ("int32", "1e3", "write it without a fraction and an exponent"),
        ("int32", "NaN", "int32 holds whole numbers alone"),
        ("bool", "1", "write true or false"),
        ("bool", "null", None),
        ("bool", '"true"', "strings are not parsed: write it without quotes"),
        ("string", "1", "write it in quotes"),
        ("string", "null", None),
        ("string", "false", None),
        ("string", '{"b64": 5}', None),
        ("string", '{"b65": ""}', None),
        ("string", '{"b64": "", "b": 1}', None),
        ("string", "{}", None),
    ],
)
def test_elements_of_another_kind_are_refused(dtype, element, hint):
    good = {"bool": "true", "string": '"a"'}.get(dtype, "1")
    body = f'{{"instances": [[{good}, {element}, {good}]]}}'
    violation = only(body, tg.Signature({"x": tg.TensorSpec(None, dtype)}))
    assert (violation.path, violation.code) == ("instances[0][1]", "dtype")
    assert violation.expected.startswith(dtype)
    assert violation.hint == hint
    assert body[violation.offset :].startswith(element)


def test_bools():
    assert decode_rest('{"instances": [true, false]}', tg.Signature({"x": tg.TensorSpec(None, "bool")}))[
        "x"
    ].tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('""', b""),
        ('"abc"', b"abc"),
        ('"\\"\\\\\\/\\b\\f\\n\\r\\t"', b'"\\/\b\f\n\r\t'),
        ('"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\u0000"', "Aé€😀\0".encode()),
        ('"é€😀"', "é€😀".encode()),
        ('"a long text \\n with é and 😀"', "a long text \n with é and 😀".encode()),
        ('{"b64": "YWI="}', b"ab"),
        ('{"b64": "/+8="}', b"\xff\xef"),
        ('{"b64": ""}', b""),
        ('{ "b\\u00364" : "YWJj" }', b"abc"),
    ],
)
def test_strings(text, expected):
    for body in (f'{{"inputs": {text}}}', f'{{"inputs": {{"s": {text}}}}}'):
        assert decode_rest(body, STRINGS)["s"].item() == expected
    for body in (f'{{"instances": [{text}, "b"]}}', f'{{"instances": [{{"s": {text}}}, {{"s": "b"}}]}}'):
        assert decode_rest(body, STRINGS)["s"].tolist() == [expected, b"b"]


@pytest.mark.parametrize("text", ["YWI", "YWI==", "YWI=YWI=", "Y=Q=", "YW I", "YWI\\n", "====", "YW-_", "YWJ=", "é"])
def test_only_canonical_base64_is_taken(text):
    violation = only(f'{{"inputs": {{"b64": "{text}"}}}}', STRINGS)
    assert (violation.path, violation.code) == ("inputs", "malformed")
    assert violation.expected.startswith("base64")


def test_an_input_called_b64_is_still_a_string():
    sig = tg.Signature({"b64": tg.TensorSpec(None, "string")})
    assert decode_rest('{"inputs": {"b64": "YWI="}}', sig)["b64"].item() == b"ab"
    number = tg.Signature({"b64": tg.TensorSpec(None)})
    assert decode_rest('{"inputs": {"b64": 5}}', number)["b64"] == 5


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "qint8", "quint16", "resource", "variant"])
def test_what_json_has_no_values_for_is_unsupported(dtype):
    violation = only('{"inputs": 5}', tg.Signature({"x": tg.TensorSpec(None, dtype)}))
    assert (violation.path, violation.code) == ("inputs['x']", "unsupported")
    assert violation.hint == "send a PredictRequest"


# --- what is not JSON ---


@pytest.mark.parametrize(
    ("body", "offset", "expected"),
    [
        ("", 0, "a value"),
        ("\ufeff{}", 0, "a value"),
        ('{"inputs": 1} x', 14, "the end"),
        ('{"inputs": 1}}', 13, "the end"),
        ('{"inputs": 1\0}', 12, "',' or '}'"),
        ('{"inputs": [1,]}', 14, "a value"),
        ('{"inputs": [,1]}', 12, "a value"),
        ('{"inputs": [1 2]}', 14, "',' or ']'"),
        ('{"inputs": [1}', 13, "',' or ']'"),
        ('{"inputs": 01}', 12, "the end of a number"),
        ('{"inputs": -}', 12, "a digit"),
        ('{"inputs": +1}', 11, "a value"),
        ('{"inputs": .5}', 11, "a value"),
        ('{"inputs": 1.}', 13, "a digit"),
        ('{"inputs": 1e}', 13, "a digit"),
        ('{"inputs": 1e+}', 14, "a digit"),
        ('{"inputs": 1.5.2}', 14, "the end of a number"),
        ('{"inputs": 0x1}', 12, "the end of a number"),
        ('{"inputs": nul}', 14, "'null'"),
        ('{"inputs": nullx}', 15, "the end of 'null'"),
        ('{"inputs": Nan}', 11, "a value"),
        ('{"inputs": nan}', 12, "'null'"),
        ('{"inputs": Infinit}', 14, "the end of a number"),
        ("{'inputs': 1}", 1, "a name in quotes"),
        ('{"inputs" 1}', 10, "':'"),
        ('{"inputs": 1,}', 13, "a name in quotes"),
        ('{"other": {"a" 1}}', 15, "':'"),
        ('{"other": [1,]}', 13, "a value"),
        ('{"other": "a', 12, "a character of a string, or its '\"'"),
        ('{"other": "\t"}', 11, "a character of a string, or its '\"'"),
        ('{"other": "\\x"}', 12, 'one of "\\/bfnrtu after a backslash'),
        ('{"other": "\\u12g4"}', 15, "4 hexadecimal digits after \\u"),
        ('{"other": "\\ud800"}', 11, "no lone surrogate"),
        ('{"other": "\\ud800\\u0041"}', 11, "no lone surrogate"),
        ('{"other": "a\\udc00"}', 12, "no lone surrogate"),
        (b'{"other": "ab\xff"}', 13, "UTF-8"),
        (b'{"other": "ab\xc3\\n"}', 13, "UTF-8"),
        (b'{"other": "\xed\xa0\x80"}', 11, "UTF-8"),
        (b'{"other": "\xc0\x80"}', 11, "UTF-8"),
        ('{"other": "\ud800"}', 11, "UTF-8"),
        (b'{"inputs": 1\xa0}', 12, "',' or '}'"),
    ],
)
def test_what_is_not_json_is_malformed_at_its_byte(body, offset, expected):
    violation = violations(body, ONE)[-1]
    assert (violation.code, violation.offset, violation.expected) == ("malformed", offset, expected)


def test_malformed_json_says_where_in_the_tensors_it_is():
    body = json.dumps({"instances": [{"x": [1, 2], "id": 1}] * 40}).replace("2]", "2;", 31).replace("2;", "2]", 30)
    violation = only(body, TWO)
    assert (violation.path, violation.code) == ("instances[30]['x'][2]", "malformed")
    assert (violation.got, violation.offset) == ("';'", body.index(";"))


def test_what_was_found_before_malformed_json_is_said():
    assert codes('{"instances": [null, 5, x]}', ONE) == [("instances[0]", "dtype"), ("instances[2]", "malformed")]


@pytest.mark.parametrize("sig", [ONE, TWO, STRINGS], ids=["one", "two", "strings"])
def test_every_beginning_of_a_body_is_malformed(sig):
    bodies = {
        "x": '{"instances": [{"x": [1.5, -2e3]}, {"x": [3, 4]}], "signature_name": "serving_default"}',
        "id": '{"inputs": {"x": [[1.5, -2e3], [3, 4]], "id": [1, 2]}, "signature_name": "serving_default"}',
        "s": '{"instances": ["a\\n", {"b64": "YWI="}, "é"], "signature_name": "serving_default"}',
    }
    body = bodies[list(sig.inputs)[-1]].encode()
    decode_rest(body, sig)
    for end in range(len(body)):
        assert violations(body[:end], sig)[-1].code == "malformed"


# --- limits ---


def test_depth_is_limited():
    for body in ('{"other": ' + "[" * 100_000, '{"other": ' + '{"a":' * 100_000, '{"inputs": ' + "[" * 100_000):
        violation = violations(body, ONE)[-1]
        assert violation.code == "too_large"
        assert violation.offset < 600
    assert decoded('{"inputs": [[[1]]]}') == [[[1]]]
    assert only('{"inputs": [[[1]]]}', ONE, max_depth=3).code == "too_large"
    assert only('{"inputs": [[[1]]]}', ONE, max_rank=2).code == "too_large"
    # Rows add a dimension.
    assert only('{"instances": [{"x": [[1]]}]}', ONE, max_rank=2).code == "too_large"


def test_numpys_most_dimensions_are_the_most():
    most = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32
    for body in ("[" * most + "1" + "]" * most, "[" * (most - 1) + "[]" + "]" * (most - 1)):
        assert decode_rest(f'{{"inputs": {body}}}', ONE)["x"].ndim == most
        assert only(f'{{"instances": [{{"x": {body}}}]}}', ONE).code == "too_large"
    assert only('{"inputs": ' + "[" * (most + 1) + "1" + "]" * (most + 1) + "}", ONE).code == "too_large"


def test_bytes_are_limited():
    body = '{"instances": [1, 2, 3, 4]}'
    assert only(body, ONE, max_request_bytes=len(body) - 1).code == "too_large"
    assert decode_rest(body, ONE, limits=Limits(max_request_bytes=len(body), max_tensor_bytes=16))["x"].size == 4
    violation = only(body, ONE, max_tensor_bytes=15)
    assert (violation.path, violation.code, violation.expected) == (
        "instances",
        "too_large",
        "tensors of at most 15 bytes",
    )


def test_memory_for_strings_is_that_of_their_objects():
    one, escaped = 24 + 48, 48
    for text, most in (
        ('"aaa"', one + 3),
        ('"a\\u0061a"', one + 3 + escaped + 3),
        ('{"b64": "YWFh"}', one + 3 + escaped + 3),
    ):
        body = f'{{"instances": [{text}, {text}]}}'
        assert decode_rest(body, STRINGS, limits=Limits(max_tensor_bytes=2 * most))["s"].tolist() == [b"aaa", b"aaa"]
        assert only(body, STRINGS, max_tensor_bytes=2 * most - 1).code == "too_large"


@pytest.mark.parametrize(
    "body", ['{"inputs": {"x": [1, 2], "y": [1, 2]}}', '{"instances": [{"x": 1, "y": 2}, {"x": 1, "y": 2}]}']
)
def test_memory_is_limited_for_all_tensors_together(body):
    sig = tg.Signature({"x": tg.TensorSpec((None,)), "y": tg.TensorSpec((None,))})
    assert decode_rest(body, sig, limits=Limits(max_tensor_bytes=16))["y"].size == 2
    assert only(body, sig, max_tensor_bytes=15).code == "too_large"


def test_memory_for_a_long_list_is_limited():
    body = json.dumps({"inputs": [0.5] * 100_000})
    violation = only(body, ONE, max_tensor_bytes=1000)
    assert (violation.path, violation.code) == ("inputs[251]", "too_large")
    assert violation.offset < 2000


def test_violations_are_limited():
    with pytest.raises(tg.ValidationError) as caught:
        decode_rest(json.dumps({"instances": [None] * 1000}), ONE, limits=Limits(max_violations=3))
    assert len(caught.value.violations) == 3
    assert caught.value.unlisted == 997


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"instances": [5, []%s]}', ["structure"]),
        ('{"instances": [{"y": 1}, {"x": [1, 2]}%s]}', ["unexpected", "missing"]),
        ('{"instances": [{"x": [1, 2], "id": null}, {"x": [1, 2], "id": 1, "id": 1}%s]}', ["dtype", "duplicate"]),
        ('{"inputs": {"x": [1, "2", 1e39]%s}}', ["dtype", "not_representable"]),
    ],
)
def test_violations_that_are_not_listed_are_counted(body, expected):
    body = body % (', {"a": 1, "id": 1.5}' * 50 if "instances" in body else ', "a": 1' * 50)
    everything = violations(body, TWO, max_violations=1000)
    assert {v.code for v in everything} >= set(expected)
    with pytest.raises(tg.ValidationError) as caught:
        decode_rest(body, TWO, limits=Limits(max_violations=1))
    assert caught.value.violations == everything[:1]
    assert caught.value.unlisted == len(everything) - 1


def test_nothing_is_said_of_rows_that_come_after_the_last_violation_listed():
    sig = tg.Signature({"x": tg.TensorSpec((None,), minimum=0), "t": tg.TensorSpec((None,), default=[1])})
    for start in ('"a": 1, ', ""):
        body = f'{{{start}"instances": [{{"x": -1}}, {{"x": 1, "t": 1}}, {{"x": 1}}]}}'
        expected = len(violations(body, sig))
        for most in (1, 2):
            with pytest.raises(tg.ValidationError) as caught:
                decode_rest(body, sig, limits=Limits(max_violations=most))
            assert len(caught.value.violations) + caught.value.unlisted == expected


def test_the_contracts_own_names_are_shown_whole():
    sig = tg.Signature({"temperature": tg.TensorSpec((None,), minimum=0)})
    for body, path in (
        ('{"instances": [{"temperature": -1}]}', "instances[0]['temperature']"),
        ('{"instances": [{"temperature": null}]}', "instances[0]['temperature']"),
        ('{"inputs": {"temperature": [-1]}}', "inputs['temperature'][0]"),
        ('{"inputs": {}}', "inputs['temperature']"),
    ):
        violation = only(body, sig, max_name_characters=3)
        assert violation.path == path
        assert violation.offset is not None


def test_names_are_cut_and_escaped():
    path = only(json.dumps({"inputs": 1, "a" * 100 + "\n": 5}), ONE, max_name_characters=10).path
    assert path == "request['" + "a" * 10 + "...']"
    assert only('{"inputs": 1, "a\\u001b[31m": 5}', ONE).path == "request['a\\x1b[31m']"


def test_errors_have_tensorflow_servings_status():
    with pytest.raises(tg.ValidationError) as caught:
        decode_rest("{", ONE)
    assert (caught.value.http_status, caught.value.grpc_code) == (400, 3)
