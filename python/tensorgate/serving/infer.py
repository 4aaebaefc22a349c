"""The Open Inference Protocol, version 2, which KServe and Triton speak: requests into checked arrays."""

from __future__ import annotations

import dataclasses
from typing import Any

from tensorgate import _core
from tensorgate._core import Limits, Signature

Bytes = bytes | bytearray | memoryview
Parameter = bool | int | float | str


@dataclasses.dataclass(frozen=True)
class InferRequest:
    """A request of the Open Inference Protocol that met its contract.

    Attributes:
        inputs: the batch, as the signature has it. Arrays of numbers that came as raw bytes are read-only views on the
            request and need not be aligned. BYTES are arrays of bytes objects.
        id: the request's, which the answer repeats; '' where it has none.
        model_name: the model that the request itself names; in REST it stands in the URL.
        model_version: its version likewise.
        parameters: what the request asks for beside, by name.
        outputs: the outputs that it asks for; none of them means all.

    >>> InferRequest({}, id="7").outputs
    ()
    """

    inputs: Any
    id: str = ""
    model_name: str = ""
    model_version: str = ""
    parameters: dict[str, Parameter] = dataclasses.field(default_factory=dict)
    outputs: tuple[str, ...] = ()


def decode_infer_request(
    body: Bytes, sig: Signature, *, limits: Limits | None = None, json_size: int | None = None
) -> InferRequest:
    """Return what a REST body of `/v2/models/NAME/infer` asks for, checked. Defaults stand for absent inputs.

    Args:
        body: the JSON, and behind it the raw bytes of inputs whose parameters have a `binary_data_size`. A bytearray
            can't be resized while an array is a view on it.
        sig: the contract. A ragged or sparse input comes as its dense parts, as a SavedModel names them.
        limits: what a body may ask for; None takes Limits().
        json_size: how many of the bytes are JSON, from the header `Inference-Header-Content-Length`; None takes all.

    Raises:
        ValidationError: all that is wrong, each with its input and the byte's offset. Servers of the protocol reshape
            what has the right number of values, and cast what has another datatype.
        TypeError, ValueError: an argument is none of these.

    >>> sig = Signature({"x": TensorSpec((None, 2))})
    >>> body = b'{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2.5]}]}'
    >>> decode_infer_request(body, sig).inputs
    {'x': array([[1. , 2.5]], dtype=float32)}
    >>> decode_infer_request(body.replace(b"2.5", b"null"), sig)
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of signature 'serving_default'
      inputs['x'][1]  dtype: expected float32, got null (byte 75)
    """
    return InferRequest(*_core.decode_infer_request(body, sig, limits, json_size))


def decode_model_infer_request(data: Bytes, sig: Signature, *, limits: Limits | None = None) -> InferRequest:
    r"""Return what a serialized ModelInferRequest asks for, checked: the same over gRPC.

    Args:
        data: the message. A bytearray can't be resized while an array is a view on it.
        sig: the contract, as `decode_infer_request` has it.
        limits: what a message may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, each with its input and the byte's offset.
        TypeError, ValueError: an argument is none of these.

    >>> data = b'\n\x06ranker*\x0b\n\x01x\x12\x04INT8\x1a\x00:\x01\x07'  # one input, and its raw bytes
    >>> decode_model_infer_request(data, Signature({"x": TensorSpec((), "int8")})).inputs
    {'x': array(7, dtype=int8)}
    """
    return InferRequest(*_core.decode_model_infer_request(data, sig, limits))
