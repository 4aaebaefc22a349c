"""Requests for the models of model.py, good ones and those that TensorFlow Serving takes for good."""

import dataclasses

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import classification_pb2, inference_pb2, predict_pb2, regression_pb2

import tensorgate as tg

IMAGE = np.full((2, 8, 8, 3), 0.5, np.float32)
IDS = np.array([[1, 2, 3, 4], [0, 0, 0, 0]])

RANKER = tg.Signature(
    {
        "image": tg.TensorSpec(("batch", 8, 8, 3), finite=True),
        "ids": tg.TensorSpec(("batch", 4), "int64", minimum=0),
    },
    {"score": tg.TensorSpec(("batch",))},
)
FEATURES = tg.Signature({"x": tg.TensorSpec(("batch", 2))})
CLASSIFIER = {
    "serving_default": FEATURES,
    "regress": tg.Signature(FEATURES.inputs, name="regress"),
}


def contracts(model_paths):
    """What the gates hold requests against: written by hand, but for the scorer, whose contract is its SavedModel's."""
    return {"ranker": RANKER, "scorer": model_paths["scorer"], "classifier": CLASSIFIER}


def predict_request(inputs, model="ranker", signature="", output_filter=()):
    request = predict_pb2.PredictRequest(output_filter=output_filter)
    request.model_spec.name, request.model_spec.signature_name = model, signature
    for alias, value in inputs.items():
        proto = value if isinstance(value, tensor_pb2.TensorProto) else tf.make_tensor_proto(value)
        request.inputs[alias].CopyFrom(proto)
    return request


def ranking(**changes):
    return predict_request({"image": IMAGE, "ids": IDS} | changes)


def tensor(dtype, shape, **fields):
    proto = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum, **fields)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


def example_list(*rows):
    features = [tf.train.Feature(float_list=tf.train.FloatList(value=row)) for row in rows]
    examples = [tf.train.Example(features=tf.train.Features(feature={"x": feature})) for feature in features]
    request = classification_pb2.ClassificationRequest()
    request.input.example_list.examples.extend(examples)
    return request.input


def classification(*rows):
    request = classification_pb2.ClassificationRequest(input=example_list(*rows))
    request.model_spec.name = "classifier"
    return request


def regression(*rows):
    request = regression_pb2.RegressionRequest(input=example_list(*rows))
    request.model_spec.name, request.model_spec.signature_name = "classifier", "regress"
    return request


def multi_inference(*rows):
    request = inference_pb2.MultiInferenceRequest(input=example_list(*rows))
    for signature, method in (("", "classify"), ("regress", "regress")):
        task = request.tasks.add(method_name=f"tensorflow/serving/{method}")
        task.model_spec.name, task.model_spec.signature_name = "classifier", signature
    return request


@dataclasses.dataclass(frozen=True)
class Hole:
    """A bad request.

    Attributes:
        name: of what is bad.
        request: the message.
        unguarded: what TensorFlow Serving makes of it: None where it answers as if all were well, else what it says.
        path: where the gate sees a violation.
        code: the violation's.
        status: the gate's, which is TensorFlow Serving's where that refuses, too.
        method: of the PredictionService.
    """

    name: str
    request: object
    unguarded: str | None
    path: str
    code: str
    status: str = "INVALID_ARGUMENT"
    method: str = "Predict"


def scoring(value, signature="serving_default", alias="x"):
    return predict_request({alias: value}, "scorer", signature)


FLOAT, UINT8 = tf.float32, tf.uint8
X = np.ones((2, 3), np.float32)
CONTENT = X.tobytes()
UNKNOWN_RANK = tensor_pb2.TensorProto(dtype=7, string_val=[b"a"])
UNKNOWN_RANK.tensor_shape.unknown_rank = True

HOLES = [
    Hole("no model", predict_request({}, ""), "Missing ModelSpec", "model_spec.name", "missing"),
    Hole("another model", predict_request({}, "rankr"), "Servable", "model_spec.name", "unknown_model", "NOT_FOUND"),
    Hole(
        *("another signature", predict_request({"x": X}, "scorer", "rank"), 'key "rank" not found'),
        *("model_spec.signature_name", "unknown_signature", "FAILED_PRECONDITION"),
    ),
    Hole("an input less", predict_request({"image": IMAGE}), "input size does not match", "inputs['ids']", "missing"),
    Hole("an input more", ranking(id=IDS), "input size does not match", "inputs['id']", "unexpected"),
    Hole(
        *("a typo", predict_request({"image": IMAGE, "id": IDS}), "Inputs expected to be in the request {id,image}"),
        *("inputs['id']", "unexpected"),
    ),
    Hole("another rank", ranking(image=IMAGE[0]), None, "inputs['image']", "rank"),
    Hole("an image of 224", ranking(image=np.ones((2, 224, 224, 3), np.float32)), None, "inputs['image']", "dim"),
    Hole("seven ids for four", ranking(ids=np.ones((2, 7), np.int64)), None, "inputs['ids']", "dim"),
    Hole("batches of 2 and 1", ranking(ids=IDS[:1]), None, "inputs['ids']", "dim_mismatch"),
    Hole("NaN", ranking(image=IMAGE * np.nan), None, "inputs['image']", "not_finite"),
    Hole("a negative id", ranking(ids=-IDS), None, "inputs['ids']", "below_minimum"),
    Hole("float64", ranking(image=IMAGE.astype(float)), "float", "inputs['image']", "dtype"),
    Hole("seven columns for three", scoring(np.ones((2, 7), np.float32)), None, "inputs['x']", "dim"),
    Hole("values in another field", scoring(tensor(FLOAT, [2, 3], int_val=[1] * 6)), None, "inputs['x']", "structure"),
    Hole("no values", scoring(tensor(FLOAT, [2, 3])), None, "inputs['x']", "structure"),
    Hole("too many values", scoring(tensor(FLOAT, [2, 3], float_val=[1] * 7)), None, "inputs['x']", "structure"),
    Hole(
        *("content beside values", scoring(tensor(FLOAT, [2, 3], tensor_content=CONTENT, float_val=[2] * 6)), None),
        *("inputs['x']", "structure"),
    ),
    Hole(
        *("content too short", scoring(tensor(FLOAT, [2, 3], tensor_content=CONTENT[1:])), "tensor parsing error: x"),
        *("inputs['x']", "structure"),
    ),
    Hole("unknown rank", scoring(UNKNOWN_RANK, "words", "words"), None, "inputs['words']", "rank"),
    Hole(
        *("300 for uint8", scoring(tensor(UINT8, [1, 4], int_val=[300, 1, 2, 3]), "pixels", "pixels"), None),
        *("inputs['pixels']", "not_representable"),
    ),
    Hole(
        *("400 MB for 17 bytes", scoring(tensor(FLOAT, [100_000_000, 1], float_val=[1])), None),
        *("inputs['x']", "too_large"),
    ),
    Hole(
        *("an unknown output", predict_request({"x": X}, "scorer", output_filter=["men"])),
        *("output tensor alias not found", "output_filter[0]", "output_filter"),
    ),
    Hole(
        *("three values for two", classification([1, 2], [1, 2, 3]), "Key: x", "examples[1]['x']", "dim"),
        method="Classify",
    ),
    Hole("no Examples", regression(), "Input is empty", "input", "missing", method="Regress"),
    Hole(
        *("three values for two", multi_inference([1, 2, 3], [1, 2]), "Key: x", "examples[0]['x']", "dim"),
        method="MultiInference",
    ),
]
