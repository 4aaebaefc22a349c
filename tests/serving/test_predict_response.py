"""PredictResponses as bytes: outputs as arrays."""

import numpy as np
import pytest

from tensorgate import RaggedTensorSpec, Signature, TensorSpec, ValidationError
from tensorgate.serving import Limits, ModelSpec, decode_predict_response

from . import wire

SIGNATURE = Signature({}, {"score": TensorSpec(("batch",), minimum=0), "label": TensorSpec(("batch",), "string")})
SCORE = wire.tensor("float32", (2,), np.float32([0.25, 0.75]).tobytes())
LABEL = wire.tensor("string", (2,), string_val=[b"a", b"b"])
GOOD = wire.predict_response({"score": SCORE, "label": LABEL})


def codes(data, *arguments, **named):
    with pytest.raises(ValidationError) as caught:
        decode_predict_response(data, *arguments, **named)
    return [(violation.path, violation.code) for violation in caught.value.violations]


@pytest.mark.parametrize("signature", [None, SIGNATURE])
def test_outputs_come_by_name(signature):
    response = decode_predict_response(GOOD, signature)
    assert response.outputs["score"].tolist() == [0.25, 0.75]
    assert response.outputs["label"].tolist() == [b"a", b"b"]
    assert response.model_spec == ModelSpec("ranker")
    assert not response.outputs["score"].flags.owndata


def test_the_model_s_version_is_told():
    data = wire.predict_response({}, wire.model_spec("ranker", "rank", 3))
    assert decode_predict_response(data).model_spec == ModelSpec("ranker", "rank", 3)
    assert decode_predict_response(wire.map_field(1, {"score": SCORE})).model_spec is None


def test_outputs_are_held_against_the_contract():
    data = wire.predict_response({"score": wire.tensor("float32", (2,), float_val=[0.5, -1]), "scores": SCORE})
    assert set(codes(data, SIGNATURE)) == {
        ("outputs['score']", "below_minimum"),
        ("outputs['scores']", "unexpected"),
        ("outputs['label']", "missing"),
    }
    assert set(decode_predict_response(data).outputs) == {"score", "scores"}


def test_the_error_says_whose_outputs_they_are():
    with pytest.raises(ValidationError) as caught:
        decode_predict_response(wire.predict_response({"score": SCORE}), SIGNATURE)
    assert str(caught.value) == (
        "1 violation of the outputs of signature 'serving_default'\n"
        "  outputs['label']  missing; expected string [batch]"
    )


def test_outputs_come_as_the_contract_s_nest():
    lone = Signature({}, TensorSpec((2,)))
    assert decode_predict_response(wire.predict_response({"output_0": SCORE}), lone).outputs.tolist() == [0.25, 0.75]
    ragged = Signature({}, {"ids": RaggedTensorSpec((None, None), "int64")})
    data = wire.predict_response(
        {
            "ids/values": wire.tensor("int64", (3,), int64_val=[1, 2, 3]),
            "ids/row_splits": wire.tensor("int64", (3,), int64_val=[0, 1, 3]),
        }
    )
    outputs = decode_predict_response(data, ragged).outputs
    assert outputs["ids"]["row_splits"].tolist() == [0, 1, 3]


def test_ragged_outputs_are_checked_whole():
    signature = Signature({}, {"ids": RaggedTensorSpec((None, None), "int64")})
    data = wire.predict_response(
        {
            "ids/values": wire.tensor("int64", (3,), int64_val=[1, 2, 3]),
            "ids/row_splits": wire.tensor("int64", (3,), int64_val=[0, 2, 1]),
        }
    )
    assert ("outputs['ids'].row_splits", "row_splits") in codes(data, signature)


def test_a_signature_that_does_not_know_its_outputs_is_a_value_error():
    with pytest.raises(ValueError, match="signature 'serving_default' says nothing of its outputs"):
        decode_predict_response(GOOD, Signature({}))
    with pytest.raises(TypeError, match="sig must be a Signature or None"):
        decode_predict_response(GOOD, {"serving_default": SIGNATURE})


def test_each_broken_tensor_is_told():
    data = wire.predict_response({"score": b"\x0a", "label": wire.tensor("string", (2,))})
    for signature in (None, SIGNATURE):
        assert codes(data, signature) == [("outputs['score']", "malformed"), ("outputs['label']", "structure")]


def test_what_a_request_has_is_no_part_of_it():
    filtered = GOOD + wire.bytes_field(3, b"\xff") + wire.bytes_field(5, b"\xff")
    assert set(decode_predict_response(filtered).outputs) == {"score", "label"}
    assert codes(GOOD + b"\x0a\x09") == [("response", "malformed")]


def test_limits_hold_for_responses():
    assert codes(GOOD, limits=Limits(max_request_bytes=len(GOOD) - 1)) == [("response", "too_large")]
    assert codes(GOOD, limits=Limits(max_inputs=1)) == [("outputs", "too_large")]
    assert codes(GOOD, SIGNATURE, limits=Limits(max_inputs=1)) == [("outputs", "too_large")]
    assert codes(GOOD, limits=Limits(max_tensor_bytes=7)) == [
        ("outputs['score']", "too_large"),
        ("outputs['label']", "too_large"),
    ]


def test_an_answer_to_a_filtered_request_has_what_was_asked_for():
    data = wire.predict_response({"score": SCORE})
    assert codes(data, SIGNATURE) == [("outputs['label']", "missing")]
    response = decode_predict_response(data, SIGNATURE, output_filter=["score"])
    assert response.outputs.keys() == {"score"}
    assert codes(GOOD, SIGNATURE, output_filter=["score"]) == [("outputs['label']", "unexpected")]
    assert codes(data, SIGNATURE, output_filter=["label"]) == [
        ("outputs['score']", "unexpected"),
        ("outputs['label']", "missing"),
    ]


@pytest.mark.parametrize("signature", [SIGNATURE, Signature({}, TensorSpec(()))])
def test_a_filter_must_name_outputs(signature):
    with pytest.raises(ValueError, match="output"):
        decode_predict_response(GOOD, signature, output_filter=["other"])
