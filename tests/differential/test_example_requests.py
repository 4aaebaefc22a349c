"""Requests for classifications and regressions, as tensorflow-serving-api writes them."""

import pytest
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, regression_pb2

import tensorgate as tg
from tensorgate.serving import decode_classification_request, decode_regression_request

from ..serving import example_wire as pb


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
