"""Predict's messages, bytes in and arrays out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tensorgate import _core
from tensorgate._core import Limits, Signature, TensorSpec

Bytes = bytes | bytearray | memoryview


@dataclasses.dataclass(frozen=True)
class ModelSpec:
    """Which model a request is for, or a response is from.

    Attributes:
        name: the model's.
        signature_name: as it was sent; '' stands for 'serving_default'.
        version: the version asked for, or that has answered; None for any.
        version_label: a label in its place, or None.

    >>> ModelSpec("ranker", version=3)
    ModelSpec(name='ranker', signature_name='', version=3, version_label=None)
    """

    name: str
    signature_name: str = ""
    version: int | None = None
    version_label: str | None = None


@dataclasses.dataclass(frozen=True)
class PredictRequest:
    """A request that met its contract.

    Attributes:
        inputs: the batch, as the signature has it. Arrays of numbers are read-only views on the request's bytes where
            they came as tensor_content; they need not be aligned. Strings are arrays of bytes objects.
        model_spec: which model it is for.
        signature_name: the signature that it was held against.
        output_filter: the outputs that it asks for; none of them means all.

    >>> PredictRequest({}, ModelSpec("ranker"), "serving_default").output_filter
    ()
    """

    inputs: Any
    model_spec: ModelSpec
    signature_name: str
    output_filter: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class PredictResponse:
    """What a model has answered.

    Attributes:
        outputs: arrays by name, or as the signature has them where one was given; views as those of PredictRequest.
        model_spec: which model answered; None where it does not say.

    >>> PredictResponse({}, ModelSpec("ranker", version=3)).model_spec.version
    3
    """

    outputs: Any
    model_spec: ModelSpec | None


def decode_predict_request(
    data: Bytes,
    sigs: Signature | Mapping[str, Signature],
    model: str | None = None,
    limits: Limits | None = None,
) -> PredictRequest:
    """Return what `check_predict_request` accepts, as arrays. Defaults stand for absent inputs.

    Args:
        data: a serialized PredictRequest. A bytearray can't be resized while an array is a view on it.
        sigs: the contracts by name, or a lone one.
        model: the model's name that the request must have; None takes any.
        limits: what a request may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, with aliases and byte offsets.
        TypeError, ValueError: an argument is none of these.

    >>> import numpy as np
    >>> from tensorgate import serving
    >>> sig = Signature({"x": TensorSpec((None, 2))})
    >>> data = serving.encode_predict_request({"x": np.ones((1, 2), np.float32)}, model_name="ranker")
    >>> serving.decode_predict_request(data, sig).inputs
    {'x': array([[1., 1.]], dtype=float32)}
    """
    return PredictRequest(*_core.decode_predict_request(data, sigs, model, limits))


def decode_predict_response(
    data: Bytes, sig: Signature | None = None, limits: Limits | None = None, *, output_filter: Iterable[str] = ()
) -> PredictResponse:
    """Return the arrays of a serialized PredictResponse.

    Args:
        data: the bytes.
        sig: the contract whose outputs they must be; None takes any tensors.
        limits: what a response may ask for; None takes Limits().
        output_filter: the outputs that were asked for, where it was not all of them.

    Raises:
        ValidationError: all that is wrong, with aliases and byte offsets.
        ValueError: the signature says nothing of its outputs, or has none of a name in the filter.

    >>> decode_predict_response(b"")
    PredictResponse(outputs={}, model_spec=None)
    """
    wanted = tuple(output_filter)
    if sig is not None and wanted:
        sig = _of_outputs(sig, wanted)
    return PredictResponse(*_core.decode_predict_response(data, sig, limits))


def decode_tensor_proto(data: Bytes, spec: TensorSpec | None = None, limits: Limits | None = None) -> npt.NDArray[Any]:
    """Return the array of a serialized TensorProto; a read-only view where it lies in tensor_content.

    Args:
        data: the bytes.
        spec: what the tensor must satisfy; None takes any.
        limits: what it may ask for; None takes Limits().

    Raises:
        ValidationError: it is no tensor that TensorFlow would read as it was written, or breaks the spec.

    >>> import numpy as np
    >>> from tensorgate import serving
    >>> serving.decode_tensor_proto(serving.encode_tensor_proto(np.arange(3)))
    array([0, 1, 2])
    """
    array: npt.NDArray[np.generic] = _core.decode_tensor_proto(data, spec, limits)
    return array


def _of_outputs(sig: Signature, wanted: tuple[str, ...]) -> Signature:
    if not isinstance(sig.outputs, Mapping):
        raise ValueError(f"signature {sig.name!r} has no outputs by name for output_filter to choose from")
    strangers = [name for name in wanted if name not in sig.outputs]
    if strangers:
        raise ValueError(f"output_filter: signature {sig.name!r} has no output {strangers[0]!r}")
    chosen = {name: spec for name, spec in sig.outputs.items() if name in wanted}
    return Signature(sig.inputs, chosen, name=sig.name, method_name=sig.method_name, source=sig.source)
