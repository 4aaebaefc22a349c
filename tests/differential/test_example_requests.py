"""Requests for classifications and regressions, as tensorflow-serving-api writes them."""

import time

import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import classification_pb2, inference_pb2, regression_pb2

import tensorgate as tg
from tensorgate.serving import (
    Limits,
    decode_classification_request,
    decode_multi_inference_request,
    decode_regression_request,
)

from ..serving import example_wire as pb
from ..serving.wire import bytes_field, tag


def served(context, example):
    """What TensorFlow Serving hands to the graph: the context's bytes, and the Example's behind them.

    util.cc of its servables for TensorFlow, InputToSerializedExampleTensor.
    """
    return context.SerializeToString() + example.SerializeToString()


@pytest.mark.parametrize(
    ("message", "decode"),
    [
        (classification_pb2.ClassificationRequest, decode_classification_request),
        (regression_pb2.RegressionRequest, decode_regression_request),
    ],
)
def test_requests_are_those_of_tensorflow_serving(message, decode):
    context = tf.train.Example.FromString(pb.example(query=["shared"], x=[9, 9]))
    examples = [tf.train.Example.FromString(each) for each in (pb.example(x=[1, 2]), b"", pb.example(query=["own"]))]
    request = message()
    request.model_spec.name = "ranker"
    request.model_spec.version.value = 3
    request.input.example_list_with_context.context.CopyFrom(context)
    request.input.example_list_with_context.examples.extend(examples)
    signature = tg.Signature({"x": tg.TensorSpec((None, 2), "int64"), "query": tg.TensorSpec((None,), "string")})
    ours = decode(request.SerializeToString(), signature, "ranker")
    assert (ours.model_spec.name, ours.model_spec.version) == ("ranker", 3)
    features = {"x": tf.io.FixedLenFeature([2], tf.int64), "query": tf.io.FixedLenFeature([], tf.string)}
    theirs = tf.io.parse_example([served(context, example) for example in examples], features)
    assert {name: array.tolist() for name, array in ours.inputs.items()} == {
        name: tensor.numpy().tolist() for name, tensor in theirs.items()
    }
    request.input.example_list.examples.extend(examples[:1])
    with pytest.raises(tg.ValidationError, match=r"examples\[0\]\['query'\]"):
        decode(request.SerializeToString(), signature)


def is_read(decode, *args):
    try:
        decode(*args)
    except (DecodeError, tg.ValidationError):
        return False
    return True


@pytest.mark.parametrize("levels", [93, 94, 95, 96, 97, 98])
@pytest.mark.parametrize("write", [pb.example_list, lambda example: pb.example_list_with_context(example, b"")])
def test_groups_may_be_nested_as_deep_as_in_protobuf(write, levels):
    group = tag(9, 3) * levels + tag(9, 4) * levels
    signature = tg.Signature({"x": tg.TensorSpec((None,), "int64")})
    for example in (pb.example(x=[1]) + group, pb.example(x=bytes_field(3, b"\x08\x01" + group))):
        data = pb.request(write(example))
        parsed = is_read(classification_pb2.ClassificationRequest.FromString, data)
        assert is_read(decode_classification_request, data, signature) == parsed


PARSED_BY_THE_MODEL = tg.Signature({"inputs": tg.TensorSpec((None,), "string")}, name="classify")
FEATURES = tg.Signature({"x": tg.TensorSpec((None, 2), "int64")}, name="features")
BOTH = {"classify": PARSED_BY_THE_MODEL, "features": FEATURES}


ROWS = (pb.example(x=[1, 2]), pb.example(x=[3, 4]))


def multi_inference(*tasks, examples=ROWS, context=None):
    request = inference_pb2.MultiInferenceRequest()
    for signature, method in tasks:
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name = "ranker"
        task.model_spec.signature_name = signature
    parsed = [tf.train.Example.FromString(example) for example in examples]
    if context is None:
        request.input.example_list.examples.extend(parsed)
    else:
        request.input.example_list_with_context.examples.extend(parsed)
        request.input.example_list_with_context.context.MergeFromString(context)
    return request


def faults(request, signatures=BOTH):
    with pytest.raises(tg.ValidationError) as raised:
        decode_multi_inference_request(request.SerializeToString(), signatures)
    return [(violation.path, violation.code) for violation in raised.value.violations]


def test_a_model_that_parses_examples_gets_their_bytes():
    context, example = pb.example(query=["shared"]), pb.example(x=[1, 2])
    request = classification_pb2.ClassificationRequest()
    request.model_spec.name, request.model_spec.signature_name = "ranker", "classify"
    request.input.example_list_with_context.examples.append(tf.train.Example.FromString(example))
    request.input.example_list_with_context.context.MergeFromString(context)
    inputs = decode_classification_request(request.SerializeToString(), BOTH).inputs["inputs"]
    expected = served(tf.train.Example.FromString(context), tf.train.Example.FromString(example))
    assert inputs.tolist() == [expected]
    broken = request.SerializeToString().replace(example, example[:-1] + b"\xff")
    with pytest.raises(tg.ValidationError, match=r"examples\[0\] +malformed"):
        decode_classification_request(broken, BOTH)


def test_each_task_is_held_against_its_signature():
    request = multi_inference(("classify", "classify"), ("features", "regress"))
    classified, regressed = decode_multi_inference_request(request.SerializeToString(), BOTH)
    assert (classified.signature_name, regressed.signature_name) == ("classify", "features")
    assert len(classified.inputs["inputs"]) == 2
    assert regressed.inputs["x"].tolist() == [[1, 2], [3, 4]]
    short = multi_inference(("classify", "classify"), ("features", "regress"), examples=[pb.example(x=[1])])
    assert faults(short) == [("examples[0]['x']", "dim")]


def test_what_tensorflow_serving_refuses_of_tasks_is_refused():
    assert faults(multi_inference()) == [("tasks", "missing")]
    assert faults(multi_inference(("features", "regress"), examples=())) == [("input", "missing")]
    assert faults(multi_inference(("features", "predict"))) == [("tasks[0].method_name", "unsupported")]
    twice = multi_inference(("features", "regress"), ("features", "classify"))
    assert faults(twice) == [("tasks[1].model_spec.signature_name", "structure")]
    other = multi_inference(("features", "regress"), ("classify", "classify"))
    other.tasks[1].model_spec.name = "other"
    assert faults(other) == [("tasks[1].model_spec.name", "unknown_model")]
    unknown = multi_inference(("feature", "regress"))
    assert faults(unknown) == [("tasks[0].model_spec.signature_name", "unknown_signature")]
    unnamed = multi_inference(("features", "regress"))
    unnamed.tasks[0].ClearField("model_spec")
    assert ("tasks[0].model_spec", "missing") in faults(unnamed)


def test_a_torn_request_is_malformed():
    data = multi_inference(("features", "regress")).SerializeToString()
    for end in range(1, len(data)):
        if is_read(inference_pb2.MultiInferenceRequest.FromString, data[:end]):
            continue
        with pytest.raises(tg.ValidationError, match=r"request +malformed"):
            decode_multi_inference_request(data[:end], BOTH)


def test_a_context_is_not_copied_into_more_memory_than_is_allowed():
    request = multi_inference(("classify", "classify"), examples=[b""] * 1_000, context=pb.example(q=["x" * 10_000]))
    data = request.SerializeToString()
    assert len(data) < 30_000
    with pytest.raises(tg.ValidationError, match="too_large: expected at most 1000000 bytes, the context in each"):
        decode_multi_inference_request(data, BOTH, Limits(max_tensor_bytes=1_000_000))
    (decoded,) = decode_multi_inference_request(data, BOTH)
    assert len(decoded.inputs["inputs"]) == 1_000


def test_a_signature_that_is_asked_for_many_times_is_decoded_once():
    tasks = [("classify", "classify")] * 1_000
    request = multi_inference(*tasks, examples=[pb.example(q=["x" * 1_000])] * 5_000)
    began = time.process_time()
    assert len(faults(request)) == 64
    assert time.process_time() - began < 5
