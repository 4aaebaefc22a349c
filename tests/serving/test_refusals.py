"""What a refused client is told, and that it arrives."""

import base64
import json
import urllib.parse

import numpy as np
import pytest
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

import tensorgate as tg
from tensorgate.serving import Limits, encode_predict_request
from tensorgate.serving.models import Models
from tensorgate.serving.refusals import MAX_METADATA_BYTES, grpc_refusal, rest_refusal
from tensorgate.serving.verdicts import check_predict

SIG = tg.Signature({"x": tg.TensorSpec((None, 3))})


def error_of(inputs, limits=None):
    with pytest.raises(tg.ValidationError) as raised:
        check_predict(encode_predict_request(inputs, model_name="ranker"), Models({"ranker": SIG}), limits)
    return raised.value


def size_on_the_wire(refusal):
    """By HTTP/2's own count: names, values and 32 bytes an entry; the message is percent-encoded, binary base64."""
    printable = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
    entries = {"grpc-status": "3", "grpc-message": urllib.parse.quote(refusal.details, safe=printable)}
    entries |= {name: base64.b64encode(value).decode() for name, value in refusal.trailing_metadata}
    return sum(len(name) + len(value) + 32 for name, value in entries.items())


def bad_request(refusal):
    ((name, value),) = refusal.trailing_metadata
    assert name == "grpc-status-details-bin"
    status = Status.FromString(value)
    # A client compares them, and takes a difference for a fault of the server.
    assert (status.code, status.message) == (refusal.code, refusal.details)
    request = BadRequest()
    assert status.details[0].Unpack(request)
    return request


def test_a_client_of_grpc_gets_the_text_and_the_violations():
    error = error_of({"x": np.zeros((2, 4), np.float32), "y": np.zeros(3)})
    refusal = grpc_refusal(error)
    assert refusal.code == 3
    assert refusal.details == str(error)
    stranger, dim = bad_request(refusal).field_violations
    assert (dim.field, dim.reason) == ("inputs['x']", "DIM")
    assert dim.description.startswith("dim: expected [None, 3], got [2, 4]")
    assert (stranger.field, stranger.reason) == ("inputs['y']", "UNEXPECTED")


@pytest.mark.parametrize("name", ["x" * 300, "é" * 60, "\n" * 80, "'\"%<>" * 20, "\U0001f600" * 70, "y"])
@pytest.mark.parametrize("count", [1, 64, 900])
def test_whatever_is_sent_details_and_metadata_are_under_8_kb(name, count):
    error = error_of({f"{number}{name}": np.zeros(1) for number in range(count)}, Limits(max_violations=64))
    refusal = grpc_refusal(error)
    assert size_on_the_wire(refusal) < MAX_METADATA_BYTES
    assert refusal.details.startswith(f"{count + 1} violations of signature 'serving_default'\n")
    assert bad_request(refusal).field_violations[0].field == error.violations[0].path
    if refusal.details != str(error):
        assert refusal.details.splitlines()[-1].startswith("  ... and ")


@pytest.mark.parametrize("text", ["/models" * 600, "日本" * 600, "%" * 4000])
def test_what_is_too_long_for_a_line_is_cut_and_the_rest_is_told(text):
    error = tg.ValidationError(
        f"signature 'a' ({text})", [tg.Violation("model_spec.name", "unknown_model", text, "x", hint=text)]
    )
    refusal = grpc_refusal(error)
    assert size_on_the_wire(refusal) < MAX_METADATA_BYTES
    subject, line = refusal.details.splitlines()
    assert subject.startswith(f"1 violation of signature 'a' ({text[:20]}")
    assert line.startswith(f"  model_spec.name  unknown_model: expected {text[:20]}")
    assert subject.endswith("...")
    assert line.endswith("...")
    assert bad_request(refusal).field_violations[0].description.endswith("...")


def test_many_violations_fill_what_there_is():
    refusal = grpc_refusal(error_of({f"y{number}": np.zeros(1) for number in range(900)}))
    assert size_on_the_wire(refusal) > MAX_METADATA_BYTES * 3 // 4
    assert len(bad_request(refusal).field_violations) > 30


def test_a_client_of_http_gets_all_of_it():
    error = error_of({f"é{number}": np.zeros(1) for number in range(90)})
    status, body = rest_refusal(error)
    answer = json.loads(body)
    assert status == 400
    assert answer["error"] == str(error)
    assert len(answer["violations"]) == 64
    assert answer["violations"][0]["code"] == "unexpected"
    assert answer["unlisted"] == 27
