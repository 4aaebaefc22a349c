"""TensorFlow Serving's REST interface: JSON bodies into checked arrays, and into the bytes that gRPC takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex

from tensorgate import _core
from tensorgate._core import Limits, Signature

Body = bytes | bytearray | memoryview | str


def decode_rest(body: Body, sigs: Signature | Mapping[str, Signature], *, limits: Limits | None = None) -> Any:
    """Return the batch of a request's JSON body, row by row ("instances") or columnar ("inputs"), checked.

    Numbers go straight from the text into arrays of the contract's dtypes: a float is what NumPy makes of Python's
    float of the text, an integer is exact. Defaults stand for inputs that are absent from all of the body.

    Args:
        body: the JSON text.
        sigs: the contract, or those of several signatures by name, of which the body names one. A ragged or sparse
            input comes as its dense parts, as a SavedModel names them.
        limits: what a body may ask for; None takes Limits().

    Raises:
        ValidationError: all that is wrong, each with its place and the byte's offset. TensorFlow Serving itself would
            ignore surplus names and trailing bytes, join duplicates, and let small integers wrap.

    >>> sig = Signature({"x": TensorSpec((None, 2)), "id": TensorSpec((None,), "int64")})
    >>> decode_rest('{"instances": [{"x": [1, 2.5], "id": 7}]}', sig)
    {'x': array([[1. , 2.5]], dtype=float32), 'id': array([7])}
    >>> decode_rest('{"instances": [{"x": [1, 2.5], "id": 7.5}]}', sig)
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of signature 'serving_default'
      instances[0]['id']  dtype: expected int64, got 7.5 (byte 37); write it without a fraction and an exponent
    """
    return _core.decode_rest(body, sigs, limits)[0]


def decode_rest_response(body: Body, sig: Signature, *, limits: Limits | None = None) -> Any:
    """Return the outputs in a response's JSON body ("predictions" or "outputs"), checked against `sig.outputs`.

    Raises:
        ValidationError: as `decode_rest`.
        RuntimeError: the body is an error of TensorFlow Serving's; its text is the message.
        ValueError: the signature says nothing of its outputs.

    >>> sig = Signature({"x": TensorSpec((None, 2))}, {"score": TensorSpec((None,))})
    >>> decode_rest_response(b'{"predictions": [0.5, 0.25]}', sig)
    {'score': array([0.5 , 0.25], dtype=float32)}
    """
    return _core.decode_rest_response(body, sig, limits)[0]


def rest_to_predict_request(
    body: Body,
    sigs: Signature | Mapping[str, Signature],
    *,
    model_name: str,
    version: SupportsIndex | None = None,
    version_label: str | None = None,
    output_filter: Iterable[str] = (),
    limits: Limits | None = None,
) -> bytes:
    r"""Return the PredictRequest that means the same as a JSON body, checked: a REST client gets gRPC's speed.

    Args:
        body: the JSON text.
        sigs: the contract, whose name is the signature that is asked; or several by name, of which the body names one.
        model_name: the model that is asked; in REST it stands in the URL, as do the next two.
        version: the model's version; None leaves the choice to the server.
        version_label: its label, in the place of a version.
        output_filter: the outputs that are wanted; none stands for all.
        limits: what a body may ask for; None takes Limits().

    Raises:
        ValidationError: as `decode_rest`.
        ValueError: the message is over protobuf's 2 GiB, or an argument is out of range.

    >>> rest_to_predict_request('{"inputs": [1, 2]}', Signature({"x": TensorSpec((None,), "int8")}), model_name="m")
    b'\n\x14\n\x01m\x1a\x0fserving_default\x12\x11\n\x01x\x12\x0c\x08\x06\x12\x04\x12\x02\x08\x02"\x02\x01\x02'
    """
    _, tensors, sig = _core.decode_rest(body, sigs, limits)
    return _core.encode_predict_request(tensors, model_name, sig.name, version, version_label, output_filter)
