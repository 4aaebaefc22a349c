"""REST bodies made into PredictRequests, as tensorflow-serving-api's messages and TensorFlow read them."""

import json

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

import tensorgate as tg
from tensorgate.serving import decode_rest, encode_rest, rest_to_predict_request

SIG = tg.Signature(
    {
        "image": tg.TensorSpec(("batch", 2, 3)),
        "ids": tg.TensorSpec(("batch", None), "int32"),
        "half": tg.TensorSpec(("batch",), "bfloat16"),
        "name": tg.TensorSpec(("batch",), "string"),
    },
    name="rank",
)
BATCH = {
    "image": np.random.default_rng(0).standard_normal((2, 2, 3)).astype(np.float32),
    "ids": np.array([[1, -2, 3], [4, 5, 2**31 - 1]], np.int32),
    "half": np.array([0.5, 3e38], tf.bfloat16.as_numpy_dtype),
    "name": np.array([b"a\xff", "žluť".encode()], object),
}


def parsed(data):
    message = predict_pb2.PredictRequest.FromString(data)
    return message, {alias: tf.make_ndarray(tensor) for alias, tensor in message.inputs.items()}


@pytest.mark.parametrize("form", ["row", "columnar"])
def test_a_rest_body_becomes_the_predict_request_that_means_the_same(form):
    body = encode_rest(BATCH, SIG, format=form)
    message, inputs = parsed(rest_to_predict_request(body, SIG, model_name="ranker", version=3, output_filter=["s"]))
    assert (message.model_spec.name, message.model_spec.signature_name) == ("ranker", "rank")
    assert message.model_spec.version.value == 3
    assert list(message.output_filter) == ["s"]
    assert inputs.keys() == BATCH.keys()
    for alias, array in BATCH.items():
        assert inputs[alias].dtype == array.dtype
        np.testing.assert_array_equal(inputs[alias], array)


def test_nests_and_defaults_go_by_their_aliases():
    sig = tg.Signature(
        {
            "user": {"age": tg.TensorSpec((None,), "int64"), "t": tg.TensorSpec((), default=0.5)},
            "ids": tg.RaggedTensorSpec((None, None), "int64"),
        }
    )
    body = {"user/age": [1, 2], "ids/values": [5, 6, 7], "ids/row_splits": [0, 2, 3]}
    _, inputs = parsed(rest_to_predict_request(json.dumps({"inputs": body}), sig, model_name="m"))
    assert {alias: array.tolist() for alias, array in inputs.items()} == body | {"user/t": 0.5}


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "float8_e5m2", "float8_e4m3fn"])
def test_what_encode_rest_writes_comes_back_bit_for_bit(dtype):
    kind = tf.as_dtype(dtype).as_numpy_dtype
    width = np.dtype(kind).itemsize
    codes = np.random.default_rng(0).integers(0, 1 << 8 * min(width, 7), 2000, np.uint64).astype(f"u{width}")
    array = codes.view(kind)
    with np.errstate(invalid="ignore"):
        array = array[~np.isnan(array.astype(np.float64))]
    sig = tg.Signature({"x": tg.TensorSpec((None,), dtype)})
    got = decode_rest(encode_rest({"x": array}), sig)["x"]
    np.testing.assert_array_equal(got.view(codes.dtype), array.view(codes.dtype))


def test_float64_is_rounded_correctly_and_float32_by_way_of_it():
    """TensorFlow's parser of numbers rounds float64s once; float32s round twice, as in NumPy and TensorFlow Serving."""
    texts = [
        "0.1",
        "1.00000017881393432617187499",
        "1.00000017881393432617187501",
        "9007199254740993",
        "1e-46",
        "7e-46",
    ]
    for dtype in ("float32", "float64"):
        got = decode_rest(f'{{"inputs": [{",".join(texts)}]}}', tg.Signature({"x": tg.TensorSpec((None,), dtype)}))["x"]
        assert got.tolist() == np.array([float(text) for text in texts]).astype(dtype).tolist()
    once = tf.strings.to_number(texts, tf.float64).numpy()
    assert once.tolist() == [float(text) for text in texts]
