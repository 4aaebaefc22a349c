"""REST bodies of the Open Inference Protocol into arrays: what is read, and what is refused, where."""

import itertools
import json

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import InferRequest, Limits, decode_infer_request

from .infer_wire import binary_body, body, item, raw_strings

X = tg.Signature({"x": tg.TensorSpec(None)})
TWO = tg.Signature({"x": tg.TensorSpec((None, 2), finite=True), "id": tg.TensorSpec((None,), "int64", minimum=0)})
STRINGS = tg.Signature({"s": tg.TensorSpec(None, "string")})
GOOD = item("x", "FP32", [1, 2], [1, 2.5])


def of(dtype):
    return tg.Signature({"x": tg.TensorSpec(None, dtype)})


def violations(data, sig, json_size=None, **limits):
    with pytest.raises(tg.ValidationError) as caught:
        decode_infer_request(data, sig, json_size=json_size, limits=Limits(**limits))
    return caught.value.violations


def codes(data, sig, json_size=None, **limits):
    return [(v.path, v.code) for v in violations(data, sig, json_size, **limits)]


def only(data, sig, json_size=None, **limits):
    (violation,) = violations(data, sig, json_size, **limits)
    return violation


def decoded(entry, dtype="float32"):
    return decode_infer_request(body(entry), of(dtype)).inputs["x"]


# --- what is read ---


def test_a_request_is_a_batch_and_what_it_asks_for_beside():
    data = body(
        item("id", "INT64", [2], [7, 8]),
        item("x", "FP32", [2, 2], [[1, 2.5], [3, 4]]),
        id="42",
        model_name="ranker",
        model_version="3",
        parameters={"priority": 2, "cached": True, "trace": "t", "rate": 0.5},
        outputs=[{"name": "score", "parameters": {"binary_data": True}}, {"name": "label"}],
    )
    request = decode_infer_request(data, TWO)
    assert request.inputs["x"].dtype == np.float32
    assert request.inputs["x"].tolist() == [[1, 2.5], [3, 4]]
    assert request.inputs["id"].tolist() == [7, 8]
    assert (request.id, request.model_name, request.model_version) == ("42", "ranker", "3")
    assert request.parameters == {"priority": 2, "cached": True, "trace": "t", "rate": 0.5}
    assert request.outputs == ("score", "label")


def test_what_is_null_is_absent():
    data = body(GOOD | {"parameters": None}, id=None, model_version=None, parameters=None, outputs=None)
    request = decode_infer_request(data, X)
    assert request == InferRequest(request.inputs)


@pytest.mark.parametrize("order", list(itertools.permutations(["name", "shape", "datatype", "data"])))
def test_members_come_in_any_order(order):
    entry = item("x", "FP32", [2, 2], [1, 2, 3, 4])
    assert decoded({name: entry[name] for name in order}).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("shape", "data", "expected"),
    [
        ([], [5], 5),
        ([1], [5], [5]),
        ([4], [1, 2, 3, 4], [1, 2, 3, 4]),
        ([2, 2], [1, 2, 3, 4], [[1, 2], [3, 4]]),
        ([2, 2], [[1, 2], [3, 4]], [[1, 2], [3, 4]]),
        ([1, 2, 1], [[[1], [2]]], [[[1], [2]]]),
        ([0], [], []),
        ([2, 0], [], [[], []]),
        ([2, 0], [[], []], [[], []]),
        ([0, 3], [], []),
        ([2, 0, 3], [[], []], [[], []]),
    ],
)
def test_values_are_flat_or_nested_as_the_shape_is(shape, data, expected):
    array = decoded(item("x", "FP32", shape, data))
    assert array.shape == tuple(shape)
    assert array.tolist() == expected


@pytest.mark.parametrize(
    ("datatype", "dtype", "data"),
    [
        ("BOOL", "bool", [True, False]),
        ("UINT8", "uint8", [0, 255]),
        ("UINT16", "uint16", [0, 65535]),
        ("UINT32", "uint32", [0, 2**32 - 1]),
        ("UINT64", "uint64", [0, 2**64 - 1]),
        ("INT8", "int8", [-128, 127]),
        ("INT16", "int16", [-32768, 32767]),
        ("INT32", "int32", [-(2**31), 2**31 - 1]),
        ("INT64", "int64", [-(2**63), 2**63 - 1]),
        ("FP16", "float16", [0.5, 65504]),
        ("FP32", "float32", [0.5, -3.25]),
        ("FP64", "float64", [0.1, 1e300]),
    ],
)
def test_every_datatype_is_read_from_json_and_from_raw_bytes(datatype, dtype, data):
    array = decoded(item("x", datatype, [2], data), dtype)
    assert array.dtype == dtype
    assert array.tolist() == data
    raw, json_size = binary_body(("x", datatype, [2], array.tobytes()))
    again = decode_infer_request(raw, of(dtype), json_size=json_size).inputs["x"]
    assert again.dtype == dtype
    assert again.tolist() == data


def test_strings_are_read_from_json_and_from_raw_bytes():
    assert decode_infer_request(body(item("s", "BYTES", [2, 1], ["a", "ž\n"])), STRINGS).inputs["s"].tolist() == [
        [b"a"],
        ["ž\n".encode()],
    ]
    raw, json_size = binary_body(("s", "BYTES", [3], raw_strings(b"", b"\xff\x00", b"abc")))
    assert decode_infer_request(raw, STRINGS, json_size=json_size).inputs["s"].tolist() == [b"", b"\xff\x00", b"abc"]


def test_raw_bytes_are_views_that_cannot_be_written_to():
    array = np.arange(6, dtype=np.float32).reshape(3, 2)
    data, json_size = binary_body(("id", "INT64", [3], bytes(24)), ("x", "FP32", [3, 2], array.tobytes()))
    inputs = decode_infer_request(data, TWO, json_size=json_size).inputs
    np.testing.assert_array_equal(inputs["x"], array)
    assert not inputs["x"].flags.writeable
    assert inputs["x"].base is data


def test_json_and_raw_bytes_stand_side_by_side():
    text = body(item("x", "FP32", [1, 2], binary=8), item("id", "INT64", [1], [5]))
    inputs = decode_infer_request(text + np.ones(2, "<f4").tobytes(), TWO, json_size=len(text)).inputs
    assert inputs["x"].tolist() == [[1, 1]]
    assert inputs["id"].tolist() == [5]


def test_a_default_stands_for_an_absent_input():
    sig = tg.Signature({"x": tg.TensorSpec((None, 2)), "t": tg.TensorSpec((), default=0.5)})
    assert decode_infer_request(body(GOOD), sig).inputs["t"] == np.float32(0.5)


def test_a_ragged_input_comes_as_its_parts():
    sig = tg.Signature({"ids": tg.RaggedTensorSpec((None, None), "int64")})
    values = item("ids/values", "INT64", [3], [5, 6, 7])
    splits = item("ids/row_splits", "INT64", [3], [0, 2, 3])
    assert decode_infer_request(body(values, splits), sig).inputs["ids"]["values"].tolist() == [5, 6, 7]
    assert codes(body(values, splits | {"data": [0, 5, 3]}), sig) == [("inputs['ids'].row_splits", "row_splits")]


# --- what is refused ---


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([], [("inputs['x']", "missing"), ("inputs['id']", "missing")]),
        ([GOOD], [("inputs['id']", "missing")]),
        ([GOOD, item("id", "INT64", [1], [1]), GOOD], [("inputs['x']", "duplicate")]),
        ([GOOD, item("id", "INT64", [1], [1]), item("y", "INT8", [], [1])], [("inputs['y']", "unexpected")]),
        ([GOOD, item("id", "INT32", [1], [1])], [("inputs['id']", "dtype")]),
        ([GOOD, item("id", "INT64", [1, 1], [1])], [("inputs['id']", "rank")]),
        ([item("x", "FP32", [1, 3], [1, 2, 3]), item("id", "INT64", [1], [1])], [("inputs['x']", "dim")]),
        ([GOOD, item("id", "int64", [1], [1])], [("inputs['id']", "dtype")]),
        ([GOOD, item("id", "INT64", [-1], [1])], [("inputs['id']", "dim")]),
        ([GOOD, item("id", "INT64", [1], 1)], [("inputs['id']", "structure")]),
        ([GOOD, 5, item("id", "INT64", [1], [1])], [("inputs[1]", "structure")]),
        ([GOOD, item("id", "INT64", [1], [1], nme=5)], [("inputs[1]['nme']", "unexpected")]),
        (
            [GOOD, item("id", "INT64", ["1"], [1])],
            [("inputs[1]['shape']", "structure"), ("inputs[1]['shape']", "missing")],
        ),
        (
            [GOOD, item("id", "INT64", [1.0], [1])],
            [("inputs[1]['shape']", "structure"), ("inputs[1]['shape']", "missing")],
        ),
        ([GOOD, item("id", "INT64", [1])], [("inputs[1]['data']", "missing")]),
        ([GOOD, item("id", "INT64", [1], [1], binary=8)], [("inputs['id']", "structure")]),
    ],
)
def test_inputs_must_be_the_contracts(inputs, expected):
    found = codes(body(*inputs), TWO)
    assert found[: len(expected)] == expected
    # What has said something wrong is not judged any further, but for its raw bytes, which are not there.
    assert {path for path, code in found[len(expected) :] if code != "missing"} <= {path for path, _ in expected}


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ([2, 2], [1, 2, 3]),
        ([2, 2], [1, 2, 3, 4, 5]),
        ([2, 2], []),
        ([4], [[1, 2], [3, 4]]),
        ([2, 2], [[1], [2], [3], [4]]),
        ([2, 3], [[1, 2], [3, 4], [5, 6]]),
        ([], []),
        ([], [1, 2]),
        ([0, 3], [[1, 2, 3]]),
    ],
)
def test_the_number_of_values_and_their_nesting_must_be_the_shapes(shape, data):
    violation = only(body(item("x", "FP32", shape, data)), X)
    assert (violation.path, violation.code) == ("inputs['x']", "structure")


@pytest.mark.parametrize(
    ("datatype", "dtype", "value", "code"),
    [
        ("UINT8", "uint8", 256, "not_representable"),
        ("UINT8", "uint8", -1, "not_representable"),
        ("INT64", "int64", 2**63, "not_representable"),
        ("FP32", "float32", 1e39, "not_representable"),
        ("FP16", "float16", 1e5, "not_representable"),
        ("INT32", "int32", 1.5, "dtype"),
        ("INT32", "int32", "1", "dtype"),
        ("FP32", "float32", None, "dtype"),
        ("FP32", "float32", True, "dtype"),
        ("BOOL", "bool", 1, "dtype"),
        ("BOOL", "bool", "false", "dtype"),
        ("BYTES", "string", 1, "dtype"),
        ("BYTES", "string", {"b64": "AA=="}, "dtype"),
    ],
)
def test_values_must_be_the_datatypes(datatype, dtype, value, code):
    data = body(item("x", datatype, [1], [value]))
    violation = only(data, of(dtype))
    assert (violation.path, violation.code) == ("inputs['x'][0]", code)
    assert data[violation.offset :].startswith(json.dumps(value).encode())


def test_bfloat16_has_no_json():
    assert codes(body(item("x", "BF16", [1], [1])), X)[0] == ("inputs['x']", "unsupported")


@pytest.mark.parametrize("nested", [False, True])
def test_a_value_that_breaks_a_rule_is_found_at_its_byte(nested):
    values = [[1, 2], [3, float("nan")]]
    data = body(
        item("id", "INT64", [2], [7, -3]),
        item("x", "FP32", [2, 2], values if nested else [v for r in values for v in r]),
    )
    broken = {v.path: v for v in violations(data, TWO)}
    assert broken["inputs['x']"].index == (1, 1)
    assert data[broken["inputs['x']"].offset :].startswith(b"NaN")
    assert broken["inputs['id']"].index == (1,)
    assert data[broken["inputs['id']"].offset :].startswith(b"-3")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [("request", "malformed")]),
        (b"5", [("request", "structure")]),
        (b"{}", [("request['inputs']", "missing")]),
        (b'{"inputs": {}}', [("inputs", "structure")]),
        (b'{"inputs": [', [("inputs[0]", "malformed")]),
        (body(GOOD) + b"5", [("request", "malformed")]),
        (body(GOOD)[:-1] + b', "inputs": []}', [("request['inputs']", "duplicate")]),
        (body(GOOD, input=[]), [("request['input']", "unexpected")]),
        (body(GOOD, id=5), [("request['id']", "structure")]),
        (body(GOOD, parameters={"a": []}), [("request['parameters']['a']", "structure")]),
        (body(GOOD, outputs=[{}, 5]), [("outputs[0]['name']", "missing"), ("outputs[1]", "structure")]),
        (body(GOOD).replace(b"2.5", b"2.5x"), [("inputs['x'][1]", "malformed")]),
    ],
)
def test_what_is_no_request_is_refused(data, expected):
    assert codes(data, X) == expected


def test_a_typo_brings_what_was_meant():
    entry = GOOD | {"datatyp": "FP32"}
    assert only(body(entry), X).hint == "did you mean 'datatype'?"


@pytest.mark.parametrize(
    ("left", "more", "json_size", "path"),
    [
        (-1, b"", "right", "inputs['id']"),
        (None, b"\x00", "right", "request"),
        (None, b"", "short", "request"),
        (None, b"", "long", "request"),
        (None, b"", None, "request"),
        (None, b"", 1000, "request"),
        (None, b"", -1, "request"),
        (None, b"", 10**30, "request"),
    ],
)
def test_json_and_raw_bytes_must_fill_the_body(left, more, json_size, path):
    data, right = binary_body(("x", "FP32", [1, 2], bytes(8)), ("id", "INT64", [1], bytes(8)))
    size = {"right": right, "short": right - 1, "long": right + 1}.get(json_size, json_size)
    assert violations(data[:left] + more, TWO, size)[0].path == path


@pytest.mark.parametrize(
    ("datatype", "shape", "raw", "offset"),
    [
        ("FP32", [2], bytes(4), 0),
        ("FP32", [2], bytes(12), 0),
        ("FP64", [2], bytes(8), 0),
        ("BYTES", [2], raw_strings(b"a"), 0),
        ("BYTES", [2], raw_strings(b"abcd"), 8),
        ("BYTES", [1], raw_strings(b"a", b"b"), 5),
        ("BYTES", [2], raw_strings(b"a") + b"\x05\x00\x00\x00bcd", 5),
        ("BYTES", [2], raw_strings(b"abc") + b"\x00\x00", 7),
        ("BYTES", [3], b"abc", 0),
    ],
)
def test_raw_bytes_must_be_the_shapes(datatype, shape, raw, offset):
    data, json_size = binary_body(("x", datatype, shape, raw))
    violation = violations(data, X, json_size)[0]
    assert (violation.path, violation.code, violation.offset) == ("inputs['x']", "structure", json_size + offset)


def test_a_byte_of_bool_is_zero_or_one():
    data, json_size = binary_body(("x", "BOOL", [2, 3], bytes([0, 1, 1, 0, 2, 255])))
    violation = violations(data, of("bool"), json_size)[0]
    assert (violation.code, violation.index, violation.count) == ("not_representable", (1, 1), 2)
    assert violation.offset == json_size + 4


@pytest.mark.parametrize("size", [-1, 1.5, "8", True])
def test_binary_data_size_is_a_whole_number(size):
    entry = item("x", "FP32", [2]) | {"parameters": {"binary_data_size": size}}
    assert codes(body(entry), X)[0] == ("inputs[0]['parameters']['binary_data_size']", "structure")


# --- limits ---


@pytest.mark.parametrize(
    ("data", "limits", "path"),
    [
        (body(GOOD), {"max_request_bytes": 10}, "request"),
        (body(GOOD), {"max_tensor_bytes": 7}, "inputs['x']"),
        (body(item("x", "FP32", [2**40, 2**40], [1])), {}, "inputs['x']"),
        (body(item("x", "FP32", [2**40, 2**40, 0], [])), {}, "inputs['x']"),
        (body(item("x", "FP32", [10**9], [1])), {}, "inputs['x']"),
        (body(item("x", "FP32", [1] * 3, [1])), {"max_rank": 2}, "inputs[0]"),
        (body(item("x", "FP32", [1], [[[1]]])), {"max_rank": 2}, "inputs['x'][0][0]"),
        (body(GOOD, GOOD), {"max_inputs": 1}, "inputs"),
        (body(GOOD, outputs=[{"name": "a"}] * 2), {"max_inputs": 1}, "request"),
        (body(GOOD, parameters={"a": 1, "b": 2}), {"max_inputs": 1}, "request"),
        (body(GOOD, parameters={"a": [[[5]]]}), {"max_depth": 4}, "request"),
    ],
)
def test_what_asks_for_more_than_the_limits_is_refused(data, limits, path):
    found = [v for v in violations(data, X, **limits) if v.code == "too_large"]
    assert [v.path for v in found] == [path]


def test_raw_strings_take_no_more_memory_than_a_tensor_may():
    data, json_size = binary_body(("s", "BYTES", [1000], raw_strings(*[b""] * 1000)))
    decode_infer_request(data, STRINGS, json_size=json_size)
    assert codes(data, STRINGS, json_size, max_tensor_bytes=10_000)[0] == ("inputs['s']", "too_large")


def test_other_arguments_are_wrong():
    with pytest.raises(TypeError, match="body is a str"):
        decode_infer_request("{}", X)
    with pytest.raises(TypeError, match=r"sig is a dict; it must be a tensorgate\.Signature"):
        decode_infer_request(b"{}", {})
    with pytest.raises(TypeError, match="json_size is a str; it must be an int or None"):
        decode_infer_request(b"{}", X, json_size="5")
