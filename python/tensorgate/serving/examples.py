"""tf.Example messages, bytes in and one batch out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorgate import _core
from tensorgate._core import Limits, Signature
from tensorgate.serving.predict import Bytes, ModelSpec

Serialized = Iterable[bytes | bytearray | memoryview] | npt.NDArray[np.bytes_] | npt.NDArray[np.object_]


def decode_examples(serialized: Serialized, sig: Signature, *, limits: Limits | None = None) -> dict[str, Any]:
    r"""Return many serialized Examples as one batch that meets the contract, a row each.

    The signature's inputs are a dict, each the feature of its name. As in tf.io.parse_example:

    - A `TensorSpec` takes exactly as many values a row as its dimensions after the first ask for. Of these the first
      may be unknown or named; then all Examples must have equally many.
    - A `RaggedTensorSpec` of ragged_rank 1 takes any number of values a row, and gives a dict of values and row_splits;
      a `SparseTensorSpec` of rank 2 gives one of indices, values and dense_shape.
    - The default of a TensorSpec, which must be a single row, stands for the row of each Example that lacks the
      feature. Without one it is missing, optional or not. A ragged or sparse row is then empty.
    - Features that the contract does not name are left out; a feature store sends what more than one model reads.

    What an Example says is read as protobuf reads it: of a name that comes twice the last one counts.

    Args:
        serialized: bytes-like objects, or a vector of dtype object or S of them.
        sig: the contract. Examples hold float32, int64 and string alone.
        limits: what they may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, by the Example. Values are held against the contract once all rows are
            whole.
        TypeError, ValueError: an argument is none of these, or Examples can't hold such inputs.

    >>> sig = Signature({"age": TensorSpec(("batch",), "int64", default=[18], maximum=150)})
    >>> decode_examples([b"", b"\n\x0e\n\x0c\n\x03age\x12\x05\x1a\x03\n\x01*"], sig)
    {'age': array([18, 42])}
    """
    batch: dict[str, Any] = _core.decode_examples(serialized, sig, limits)
    return batch


@dataclasses.dataclass(frozen=True)
class ExampleRequest:
    """A request for a classification or a regression that met its contract.

    Attributes:
        inputs: its Examples as one batch, as `decode_examples` gives them.
        model_spec: which model it is for.
        signature_name: the signature that it was held against.

    >>> ExampleRequest({}, ModelSpec("ranker"), "serving_default").model_spec.name
    'ranker'
    """

    inputs: dict[str, Any]
    model_spec: ModelSpec
    signature_name: str


def decode_classification_request(
    data: Bytes,
    sigs: Signature | Mapping[str, Signature],
    model: str | None = None,
    limits: Limits | None = None,
) -> ExampleRequest:
    r"""Return the Examples of a serialized ClassificationRequest as one batch that meets the contract.

    A signature's inputs are those of `decode_examples`, the features that the model's graph parses, where a SavedModel
    itself knows of one vector of strings alone. Of an ExampleListWithContext the context's features stand for those
    that an Example lacks, as TensorFlow Serving has it. Where the contract is that of such a SavedModel (a lone vector
    of strings named "inputs"), the Examples are looked at and handed on as they are, the context before each.

    Args:
        data: the bytes.
        sigs: the contracts by name, or a lone one.
        model: the model's name that the request must have; None takes any.
        limits: what a request may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, by the Example, with offsets in the request.
        TypeError, ValueError: an argument is none of these, or Examples can't hold such inputs.

    >>> sig = Signature({"age": TensorSpec(("batch",), "int64")})
    >>> data = b"\n\x06\n\x04rank\x12\x14\n\x12\n\x10\n\x0e\n\x0c\n\x03age\x12\x05\x1a\x03\n\x01*"
    >>> decode_classification_request(data, sig).inputs
    {'age': array([42])}
    """
    return ExampleRequest(*_core.decode_example_request(data, sigs, model, limits, "ClassificationRequest"))


def decode_regression_request(
    data: Bytes,
    sigs: Signature | Mapping[str, Signature],
    model: str | None = None,
    limits: Limits | None = None,
) -> ExampleRequest:
    """Return the same of a serialized RegressionRequest; see `decode_classification_request`.

    >>> sig = Signature({"age": TensorSpec(("batch",), "int64")})
    >>> decode_regression_request(b"", sig)
    Traceback (most recent call last):
    tensorgate.ValidationError: 2 violations of signature 'serving_default'
      model_spec  missing; expected the model's name
      input       missing; expected an Example at least
    """
    return ExampleRequest(*_core.decode_example_request(data, sigs, model, limits, "RegressionRequest"))


def decode_multi_inference_request(
    data: Bytes,
    sigs: Signature | Mapping[str, Signature],
    limits: Limits | None = None,
) -> list[ExampleRequest]:
    """Return the Examples of a serialized MultiInferenceRequest, once for each of its tasks.

    All tasks are of one model, each of a signature of its own; see `decode_classification_request`.

    Args:
        data: the bytes.
        sigs: the contracts of the model by name, or a lone one.
        limits: what a request may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, by the task or the Example.
        TypeError, ValueError: an argument is none of these, or Examples can't hold such inputs.

    >>> decode_multi_inference_request(b"", Signature({"age": TensorSpec(("batch",), "int64")}))
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of a MultiInferenceRequest
      tasks  missing; expected a task at least
    """
    tasks = _core.decode_multi_inference_request(data, lambda *_: sigs, limits)
    return [ExampleRequest(*task) for task in tasks]
