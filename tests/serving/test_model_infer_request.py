"""ModelInferRequests as bytes: judged and decoded without protobuf."""

import numpy as np
import pytest

import tensorgate as tg
from tensorgate.serving import Limits, decode_model_infer_request

from .infer_wire import CONTENTS, contents, raw, raw_strings, tensor
from .wire import bytes_field, map_field, number_field, packed_varints, tag, varint

X = tg.Signature({"x": tg.TensorSpec(None)})
TWO = tg.Signature({"x": tg.TensorSpec(("b", 2), finite=True), "id": tg.TensorSpec(("b",), "int64", minimum=0)})
NUMBERS = {
    "BOOL": ("bool", [1, 0]),
    "INT8": ("int8", [-128, 127]),
    "INT16": ("int16", [-32768, 32767]),
    "INT32": ("int32", [-(2**31), 2**31 - 1]),
    "INT64": ("int64", [-(2**63), 2**63 - 1]),
    "UINT8": ("uint8", [0, 255]),
    "UINT16": ("uint16", [0, 65535]),
    "UINT32": ("uint32", [0, 2**32 - 1]),
    "UINT64": ("uint64", [0, 2**64 - 1]),
    "FP32": ("float32", [0.5, -3.25]),
    "FP64": ("float64", [0.1, 1e300]),
}


def of(dtype):
    return tg.Signature({"x": tg.TensorSpec(None, dtype)})


def x(datatype, shape, values):
    return tensor("x", datatype, shape, contents(datatype, values))


def violations(data, sig=X, **limits):
    with pytest.raises(tg.ValidationError) as caught:
        decode_model_infer_request(data, sig, limits=Limits(**limits))
    return caught.value.violations


def first(data, sig=X, **limits):
    violation = violations(data, sig, **limits)[0]
    return violation.path, violation.code


def decoded(data, dtype="float32"):
    return decode_model_infer_request(data, of(dtype)).inputs["x"]


# --- what is read ---


def test_a_request_is_a_batch_and_what_it_asks_for_beside():
    parameters = {"a": number_field(1, 1), "b": number_field(2, -5), "c": bytes_field(3, "text"), "d": b""}
    data = (
        bytes_field(1, "ranker")
        + bytes_field(2, "3")
        + bytes_field(3, "42")
        + map_field(4, parameters)
        + bytes_field(6, bytes_field(1, "score") + map_field(2, {"binary_data": number_field(1, 1)}))
        + tensor("id", "INT64", [1])
        + tensor("x", "FP32", [1, 2])
        + raw(np.array([7]).tobytes())
        + raw(np.array([1, 2], "<f4").tobytes())
    )
    request = decode_model_infer_request(data, TWO)
    assert request.inputs["x"].tolist() == [[1, 2]]
    assert request.inputs["id"].tolist() == [7]
    assert (request.model_name, request.model_version, request.id) == ("ranker", "3", "42")
    assert request.parameters == {"a": True, "b": -5, "c": "text"}
    assert request.outputs == ("score",)


@pytest.mark.parametrize("datatype", NUMBERS)
def test_every_datatype_is_read_from_its_contents_and_from_raw_bytes(datatype):
    dtype, values = NUMBERS[datatype]
    array = decoded(x(datatype, [2, 1], values), dtype)
    assert array.dtype == dtype
    assert array.tolist() == [[value] for value in values]
    again = decoded(tensor("x", datatype, [2, 1]) + raw(array.tobytes()), dtype)
    assert again.tolist() == array.tolist()


@pytest.mark.parametrize(("datatype", "dtype"), [("FP16", "float16"), ("BF16", "uint16")])
def test_what_has_no_field_comes_as_raw_bytes(datatype, dtype):
    data = tensor("x", datatype, [1]) + raw(b"\x00\x3c")
    if datatype == "FP16":
        assert decoded(data, dtype).tolist() == [1]
    assert first(tensor("x", datatype, [1], contents("FP32", [1.0])), of(dtype)) == ("inputs['x']", "structure")


def test_strings_are_read_from_contents_and_from_raw_bytes():
    strings = [b"", b"\xff\x00", b"abc"]
    assert decoded(x("BYTES", [3], strings), "string").tolist() == strings
    assert decoded(tensor("x", "BYTES", [3]) + raw(raw_strings(*strings)), "string").tolist() == strings


def test_raw_bytes_are_views_that_cannot_be_written_to():
    data = tensor("x", "FP32", [2]) + raw(bytes(8))
    array = decoded(data)
    assert array.base is data
    assert not array.flags.writeable


def test_a_message_in_pieces_is_whole():
    unpacked = b"".join(tag(2, 0) + varint(value) for value in (1, -2))
    assert decoded(tensor("x", "INT8", [2], unpacked), "int8").tolist() == [1, -2]
    pieces = contents("INT8", [1]), contents("INT8", [-2])
    assert decoded(tensor("x", "INT8", [2], *pieces), "int8").tolist() == [1, -2]
    strings = contents("BYTES", [b"a"]), contents("BYTES", [b"b" * 50])
    assert decoded(tensor("x", "BYTES", [2], *strings), "string").tolist() == [b"a", b"b" * 50]
    # Unpacked dims, and dims in two runs.
    dims = tag(3, 0) + varint(2) + packed_varints(3, [1])
    inner = bytes_field(1, "x") + bytes_field(2, "INT8") + dims + bytes_field(5, pieces[0] + pieces[1])
    assert decoded(bytes_field(5, inner), "int8").tolist() == [[1], [-2]]


def test_raw_contents_may_come_before_their_inputs():
    assert decoded(raw(bytes(4)) + tensor("x", "FP32", [1])).tolist() == [0]


# --- what is refused ---


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("inputs['x']", "missing")),
        (x("FP32", [1], [1]) * 2, ("inputs['x']", "duplicate")),
        (x("FP32", [1], [1]) + tensor("y", "FP32", [0]), ("inputs['y']", "unexpected")),
        (x("FP64", [1], [1]), ("inputs['x']", "dtype")),
        (tensor("x", "FP31", [1], contents("FP32", [1])), ("inputs['x']", "dtype")),
        (tensor("x", "", [1], contents("FP32", [1])), ("inputs['x']", "dtype")),
        (x("FP32", [-1], [1]), ("inputs['x']", "dim")),
        (x("FP32", [2], [1]), ("inputs['x']", "structure")),
        (x("FP32", [2], [1, 2, 3]), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1]), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1], contents("FP64", [1])), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1], contents("FP32", [1]), contents("INT8", [1])), ("inputs['x']", "structure")),
        (x("FP32", [1], [1]) + raw(bytes(4)), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1], b"") + raw(bytes(4)), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1]) + raw(bytes(3)), ("inputs['x']", "structure")),
        (tensor("x", "FP32", [1]) + raw(bytes(4)) * 2, ("raw_input_contents", "structure")),
        (tensor("x", "FP32", [1]) + tensor("y", "FP32", [1]) + raw(bytes(4)), ("raw_input_contents", "structure")),
        (x("FP32", [1], [1])[:-1], ("request", "malformed")),
        (bytes_field(3, b"\xff") + x("FP32", [1], [1]), ("request", "malformed")),
        (bytes_field(5, b"\x0a\x05x"), ("inputs[0]", "malformed")),
        (tensor("x", "FP32", [1], b"\x32\x03abc"), ("inputs['x']", "malformed")),
    ],
)
def test_what_servers_cast_reshape_or_leave_to_the_model_is_refused(data, expected):
    assert first(data) == expected


@pytest.mark.parametrize(
    ("datatype", "value"),
    [("INT8", 128), ("INT8", -129), ("INT32", 2**31), ("UINT8", 256), ("UINT32", 2**32), ("UINT32", -1)],
)
def test_numbers_beyond_the_datatype_are_refused(datatype, value):
    violation = violations(x(datatype, [2, 2], [0, 0, value, 0]), of(NUMBERS[datatype][0]))[0]
    assert (violation.path, violation.code, violation.index) == ("inputs['x']", "not_representable", (1, 0))
    assert violation.got == str(value)


def test_what_the_contract_says_of_values_holds():
    data = tensor("x", "FP32", [1, 2]) + tensor("id", "INT64", [1])
    data += raw(np.array([1, np.nan], "<f4").tobytes()) + raw(np.array([-5]).tobytes())
    assert [(v.path, v.code) for v in violations(data, TWO)] == [
        ("inputs['x']", "not_finite"),
        ("inputs['id']", "below_minimum"),
    ]
    data = tensor("x", "FP32", [1, 2]) + tensor("id", "INT64", [2]) + raw(bytes(8)) + raw(bytes(16))
    assert first(data, TWO) == ("inputs['id']", "dim_mismatch")


@pytest.mark.parametrize(
    ("data", "limits", "path"),
    [
        (x("FP32", [1], [1]), {"max_request_bytes": 5}, "request"),
        (x("FP32", [10**9], [1]), {}, "inputs['x']"),
        (x("FP32", [2**62, 0, 2**62], []), {}, "inputs['x']"),
        (x("FP32", [1] * 3, [1]), {"max_rank": 2}, "inputs['x']"),
        (x("FP32", [1] * 500, [1]), {}, "inputs['x']"),
        (x("BYTES", [3], [b""] * 3), {"max_tensor_bytes": 100}, "inputs['x']"),
        (
            x("FP32", [2], [1, 2]) + tensor("y", "FP32", [2], contents("FP32", [1, 2])),
            {"max_tensor_bytes": 12},
            "inputs['y']",
        ),
        (x("FP32", [1], [1]) * 2, {"max_inputs": 1}, "inputs"),
        (x("FP32", [1], [1]) + raw(b"") * 2, {"max_inputs": 1}, "raw_input_contents"),
        (x("FP32", [1], [1]) + bytes_field(6, b"") * 2, {"max_inputs": 1}, "outputs"),
        (
            x("FP32", [1], [1]) + map_field(4, {"a": number_field(1, 1), "b": number_field(1, 1)}),
            {"max_inputs": 1},
            "parameters",
        ),
    ],
)
def test_what_asks_for_more_than_the_limits_is_refused(data, limits, path):
    assert first(data, **limits) == (path, "too_large")


def test_every_field_of_another_datatype_is_refused():
    for datatype, (dtype, values) in NUMBERS.items():
        for other, (field, _) in CONTENTS.items():
            held = contents(other, [b"a", b"b"] if other == "BYTES" else [1, 0])
            if field != CONTENTS[datatype][0]:
                assert first(tensor("x", datatype, [len(values)], held), of(dtype)) == ("inputs['x']", "structure")
