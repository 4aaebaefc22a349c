"""PredictRequests held against protobuf's parser, which TensorFlow Serving reads them with."""

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import predict_pb2

from tensorgate import Signature, TensorSpec, ValidationError
from tensorgate.serving import check_predict_request, decode_predict_request, decode_predict_response

from ..serving import tensor_reference
from .request_writer import CONTRACT, SPECS, Writer


def expected(data):
    """The tensors that protobuf reads and the gate must let through; the code of what must be refused."""
    try:
        message = predict_pb2.PredictRequest.FromString(data)
    except DecodeError:
        return "malformed"
    tensors = {alias: tensor_reference.tensor_of(proto) for alias, proto in message.inputs.items()}
    spec = message.model_spec
    fits = [alias in SPECS and tensor and tensor.dtype == SPECS[alias].dtype for alias, tensor in tensors.items()]
    is_known = spec.name and spec.signature_name in ("", "serving_default")
    return (message, tensors) if is_known and all(fits) and {"x", "n"} <= set(tensors) else "refused"


def outcome(call, data):
    try:
        return call(data, CONTRACT)
    except ValidationError as error:
        return error


def test_random_messages_are_read_as_protobuf_reads_them():
    seen = {"malformed": 0, "refused": 0, "accepted": 0}
    for seed in range(6_000):
        data = Writer(seed).request()
        want = expected(data)
        seen[want if isinstance(want, str) else "accepted"] += 1
        got, checked = outcome(decode_predict_request, data), outcome(check_predict_request, data)
        assert str(checked) == (str(got) if isinstance(got, ValidationError) else "None"), seed
        if isinstance(want, str):
            assert isinstance(got, ValidationError), seed
            codes = [violation.code for violation in got.violations]
            if codes != ["unknown_signature"]:  # else it is not read further
                assert ("malformed" in codes) == (want == "malformed"), (seed, str(got))
            continue
        assert not isinstance(got, ValidationError), (seed, str(got))
        message, tensors = want
        assert set(got.inputs) == set(SPECS), seed
        for alias, tensor in tensors.items():
            assert tensor_reference.is_same(got.inputs[alias], tensor), (seed, alias)
        spec = message.model_spec
        choice = spec.WhichOneof("version_choice")
        assert got.model_spec.name == spec.name
        assert got.model_spec.signature_name == spec.signature_name
        assert got.model_spec.version == (spec.version.value if choice == "version" else None)
        assert got.model_spec.version_label == (spec.version_label if choice == "version_label" else None)
    assert min(seen.values()) > 500, seen


def test_random_responses_are_read_as_protobuf_reads_them():
    for seed in range(1_000):
        writer = Writer(seed)
        data = b"".join(writer.bytes(1, writer.entry(alias)) for alias in ("x", "n", "s"))
        try:
            message = predict_pb2.PredictResponse.FromString(data)
        except DecodeError:
            with pytest.raises(ValidationError, match="malformed"):
                decode_predict_response(data)
            continue
        tensors = {alias: tensor_reference.tensor_of(proto) for alias, proto in message.outputs.items()}
        if None in tensors.values():
            with pytest.raises(ValidationError):
                decode_predict_response(data)
            continue
        outputs = decode_predict_response(data).outputs
        assert set(outputs) == set(tensors)
        for alias, tensor in tensors.items():
            assert tensor_reference.is_same(outputs[alias], tensor), (seed, alias)


# What TensorFlow writes


def test_a_request_of_tensorflow_serving_s_own_client():
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "ranker"
    request.model_spec.version.value = 3
    request.model_spec.signature_name = "rank"
    batch = {
        "image": np.random.default_rng(0).random((2, 8, 8, 3), np.float32),
        "ids": np.arange(10).reshape(2, 5),
        "words": np.array([["a", "größe"]] * 2, object),
        "flags": np.array([True, False]),
    }
    for alias, array in batch.items():
        request.inputs[alias].CopyFrom(tf.make_tensor_proto(array))
    request.output_filter.append("score")
    signature = Signature(
        {
            "image": TensorSpec(("batch", 8, 8, 3), minimum=0, maximum=1),
            "ids": TensorSpec(("batch", None), "int64"),
            "words": TensorSpec(("batch", 2), "string", utf8=True),
            "flags": TensorSpec(("batch",), "bool"),
        },
        {"score": TensorSpec(("batch",))},
        name="rank",
    )
    data = request.SerializeToString()
    check_predict_request(data, {"rank": signature}, model="ranker")
    got = decode_predict_request(data, {"rank": signature}, model="ranker")
    assert (got.signature_name, got.output_filter, got.model_spec.version) == ("rank", ("score",), 3)
    assert got.inputs["words"].tolist() == [[b"a", "größe".encode()]] * 2
    for alias in ("image", "ids", "flags"):
        assert np.array_equal(got.inputs[alias], batch[alias])
        assert not got.inputs[alias].flags.owndata
