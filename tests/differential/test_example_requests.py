"""Requests for classifications and regressions, as tensorflow-serving-api writes them."""

import pytest
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow_serving.apis import classification_pb2, regression_pb2

import tensorgate as tg
from tensorgate.serving import decode_classification_request, decode_regression_request

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
