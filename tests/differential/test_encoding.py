"""What tensorgate encodes, as TensorFlow, tensorflow-serving-api and protobuf read it."""

import json

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

from tensorgate import Signature, TensorSpec, ValidationError
from tensorgate.serving import encode_predict_request, encode_predict_response, encode_rest, encode_tensor_proto

NUMPY = (
    *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
EXTENSION = (
    *("bfloat16", "float8_e5m2", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz"),
    *("int4", "uint4", "int2", "uint2", "float4_e2m1fn"),
)
SUB_BYTE = {"int4": 4, "uint4": 4, "int2": 2, "uint2": 2, "float4_e2m1fn": 4}


def dtype_of(name):
    return np.dtype(name if name in NUMPY else getattr(ml_dtypes, name))


def every_byte(name, shape=(-1,)):
    """An array of all bytes, as many as the dtype has bits for."""
    dtype = dtype_of(name)
    data = np.tile(np.arange(256, dtype=np.uint8), dtype.itemsize)
    if name == "bool":
        data = data % 2
    if name in SUB_BYTE:
        data = data % (1 << SUB_BYTE[name])
    return data.view(dtype).reshape(shape)


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def read_back(encoded, dtype):
    proto = tensor_pb2.TensorProto.FromString(encoded)
    assert proto.dtype == dtype
    return tf.make_ndarray(proto), tf.io.parse_tensor(encoded, dtype).numpy()


@pytest.mark.parametrize("name", [*NUMPY, *EXTENSION])
@pytest.mark.parametrize("shape", [(-1,), (2, -1, 4), (1, -1)])
def test_tensorflow_reads_every_dtype_back(name, shape):
    array = every_byte(name, shape)
    for given in (array, array[::-1], array.T):
        python, runtime = read_back(encode_tensor_proto(given), tf.as_dtype(dtype_of(name)))
        assert same(python, given)
        assert same(runtime, given)


@pytest.mark.parametrize("name", [*NUMPY, *EXTENSION])
def test_scalars_and_empty_tensors(name):
    dtype = dtype_of(name)
    for array in (every_byte(name)[1].reshape(()), np.zeros((0,), dtype), np.zeros((2, 0, 3), dtype)):
        encoded = encode_tensor_proto(array)
        assert same(tf.io.parse_tensor(encoded, dtype).numpy(), array)
        if not name.endswith("uz"):  # of those Python reads tensor_content alone
            assert same(tf.make_ndarray(tensor_pb2.TensorProto.FromString(encoded)), array)


@pytest.mark.parametrize("name", ["qint8", "quint8", "qint16", "quint16", "qint32"])
def test_quantized_numbers(name):
    dtype = tf.as_dtype(name)
    array = every_byte("int32")[:8].view(dtype.as_numpy_dtype)
    runtime = tf.io.parse_tensor(encode_tensor_proto(array), dtype).numpy()
    assert runtime.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.array([b"a", b"\xff\0b", b""], object),
        np.array([["a"], ["größe"]]),
        np.array("a"),
        np.array([], object),
        np.array([b"a", b"bc"]),
    ],
    ids=["bytes", "U", "scalar", "empty", "S"],
)
def test_strings(array):
    want = tf.constant(array.astype(object)) if array.size else tf.zeros(array.shape, tf.string)
    runtime = tf.io.parse_tensor(encode_tensor_proto(array), tf.string)
    assert runtime.shape == want.shape
    assert bool(tf.reduce_all(runtime == want))


@pytest.mark.parametrize("name", [name for name in NUMPY if name not in ("bool", "uint16", "complex64", "complex128")])
def test_the_bytes_are_protobufs_own(name):
    """Where TensorFlow writes tensor_content, too: for more than one element."""
    array = every_byte(name)
    assert encode_tensor_proto(array) == tf.make_tensor_proto(array).SerializeToString()
    words = np.array([b"a", b"bc"], object)
    assert encode_tensor_proto(words) == tf.make_tensor_proto(words).SerializeToString()


def test_tensorflows_own_tensors():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    want = encode_tensor_proto(array)
    assert encode_tensor_proto(tf.constant(array)) == want
    assert encode_tensor_proto(tf.Variable(array)) == want
    words = tf.constant([["a", b"\xff"]])
    assert same(tf.io.parse_tensor(encode_tensor_proto(words), tf.string).numpy(), words.numpy())
    assert tf.io.parse_tensor(encode_tensor_proto(tf.constant("é")), tf.string).numpy() == "é".encode()
    for refused in (tf.RaggedTensor.from_row_lengths([1], [1]), tf.sparse.eye(2), tf.keras.Input((3,))):
        with pytest.raises(ValidationError):
            encode_tensor_proto(refused)


def test_an_integer_bfloat16_eager_tensor():
    tensor = tf.constant([1, 2], tf.bfloat16)
    assert encode_tensor_proto(tensor) == tf.make_tensor_proto(tensor.numpy()).SerializeToString()


@pytest.mark.parametrize(
    "spec",
    [
        {"model_name": "m"},
        {"model_name": "größe" * 50, "version": 2**63 - 1, "output_filter": ["b", "a", ""]},
        {"model_name": "m", "version": 0, "signature_name": ""},
        {"model_name": "m", "version_label": "canary", "signature_name": "s"},
        {"model_name": "m", "version_label": ""},
    ],
    ids=["least", "most", "defaults", "label", "empty label"],
)
def test_a_request_is_what_tensorflow_servings_message_serializes_to(spec):
    batch = {
        "": np.arange(3.0),
        "ids": np.arange(20_000).reshape(100, 200),
        "words": np.array([b"a", "größe"], object),
        "größe": np.ones((1, 2, 3), np.float32),
    }
    request = predict_pb2.PredictRequest()
    request.model_spec.name = spec["model_name"]
    request.model_spec.signature_name = spec.get("signature_name", "serving_default")
    if "version" in spec:
        request.model_spec.version.value = spec["version"]
    if "version_label" in spec:
        request.model_spec.version_label = spec["version_label"]
    request.output_filter.extend(spec.get("output_filter", []))
    for name, array in batch.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(array))
    encoded = encode_predict_request(batch, **spec)
    assert predict_pb2.PredictRequest.FromString(encoded) == request
    assert len(encoded) == request.ByteSize()
    # The order of several is protobuf's own.
    request.inputs.clear()
    request.inputs["ids"].CopyFrom(tf.make_tensor_proto(batch["ids"]))
    assert encode_predict_request({"ids": batch["ids"]}, **spec) == request.SerializeToString()


def test_a_response_is_what_tensorflow_servings_message_serializes_to():
    response = predict_pb2.PredictResponse()
    response.model_spec.name = "m"
    response.model_spec.version.value = 3
    response.model_spec.signature_name = "s"
    outputs = {"scores": np.arange(4, dtype=np.float32), "words": np.array([b"a", b"b"], object)}
    for name, array in outputs.items():
        response.outputs[name].CopyFrom(tf.make_tensor_proto(array))
    encoded = encode_predict_response(outputs, model_name="m", signature_name="s", version=3)
    assert predict_pb2.PredictResponse.FromString(encoded) == response
    del response.outputs["words"]
    del outputs["words"]
    encoded = encode_predict_response(outputs, model_name="m", signature_name="s", version=3)
    assert encoded == response.SerializeToString()


def test_ragged_and_sparse_tensors_go_as_their_parts():
    sig = Signature.from_tf({"r": tf.RaggedTensorSpec([None, None], tf.int32), "s": tf.SparseTensorSpec([None, 3])})
    batch = {"r": tf.ragged.constant([[1, 2], []]), "s": tf.sparse.from_dense([[0.0, 1.0, 0.0]])}
    request = predict_pb2.PredictRequest.FromString(encode_predict_request(batch, sig, model_name="m"))
    parts = {name: tf.make_ndarray(tensor).tolist() for name, tensor in request.inputs.items()}
    assert parts == {
        "r/values": [1, 2],
        "r/row_splits": [0, 2, 2],
        "s/indices": [[0, 1]],
        "s/values": [1.0],
        "s/dense_shape": [1, 3],
    }


@pytest.mark.parametrize("name", [name for name in (*NUMPY, *EXTENSION) if "complex" not in name])
def test_json_leads_back_to_the_same_bits(name):
    """Read as NumPy and ml_dtypes read it, who know what each dtype is; NaN is a NaN again."""
    array = every_byte(name)
    values = json.loads(encode_rest(array, format="columnar"))["inputs"]
    if name == "bool" or "int" in name:
        assert values == array.tolist()
        return
    with np.errstate(over="ignore"):
        back = np.array(values).astype(array.dtype)
    is_nan = np.isnan(array)
    assert (np.isnan(back) == is_nan).all()
    assert same(back[~is_nan], array[~is_nan])


def test_what_check_takes_needs_no_contract():
    x = tf.constant([[1.0, 2.0]])
    sig = Signature({"x": TensorSpec((None, 2))})
    assert encode_rest({"x": x}, sig) == encode_rest({"x": x}) == b'{"instances":[{"x":[1.0,2.0]}]}'
