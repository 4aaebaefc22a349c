"""What clients and servers send: PredictRequests, PredictResponses and REST's JSON from arrays, without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, SupportsIndex

from tensorgate import _core
from tensorgate._core import Signature
from tensorgate.serving.wire_tensors import is_lone, wire_inputs, wire_outputs

_DEFAULT = "serving_default"


def encode_predict_request(
    inputs: Any,
    sig: Signature | None = None,
    *,
    model_name: str,
    signature_name: str | None = None,
    version: SupportsIndex | None = None,
    version_label: str | None = None,
    output_filter: Iterable[str] = (),
) -> bytes:
    r"""Return a PredictRequest as it goes over the wire, its inputs in the order given, their memory copied once.

    Numbers go as tensor_content, strings as string_val, str as UTF-8.

    Args:
        inputs: tensors by alias, or a lone one, whose alias is "inputs". Whatever `check` takes for a tensor. With
            `sig`, a batch of its structure: a nest's tensors, ragged and sparse ones' parts, go under the aliases that
            tensorgate.tf.export serves them under.
        sig: the contract that the batch is checked against first. None checks nothing.
        model_name: the model that is asked.
        signature_name: the signature that is asked; None is that of `sig`, or "serving_default".
        version: the model's version; None leaves the choice to the server.
        version_label: its label, in the place of a version.
        output_filter: the outputs that are wanted; none stands for all.

    Raises:
        ValidationError: the batch breaks the contract, or what should be a tensor is none.
        ValueError: the message is over protobuf's 2 GiB, or an argument is out of range.

    >>> import numpy as np
    >>> encode_predict_request({"x": np.array([1, 2], "int8")}, model_name="m")
    b'\n\x14\n\x01m\x1a\x0fserving_default\x12\x11\n\x01x\x12\x0c\x08\x06\x12\x04\x12\x02\x08\x02"\x02\x01\x02'
    """
    tensors = inputs if sig is None else wire_inputs(sig, inputs)
    signature = _signature_name(signature_name, sig)
    return _core.encode_predict_request(tensors, model_name, signature, version, version_label, output_filter)


def encode_predict_response(
    outputs: Any,
    sig: Signature | None = None,
    *,
    model_name: str = "",
    signature_name: str | None = None,
    version: SupportsIndex | None = None,
    version_label: str | None = None,
) -> bytes:
    r"""Return a PredictResponse as it goes over the wire, for servers that are written in Python.

    Args:
        outputs: tensors by alias, or a lone one, whose alias is "output_0". With `sig`, of its outputs' structure.
        sig: the contract whose outputs they are checked against first. None checks nothing.
        model_name: the model that answers.
        signature_name: the signature that was asked; None is that of `sig`, or "serving_default".
        version: the model's version.
        version_label: its label, in the place of a version.

    Raises:
        ValidationError: the outputs are not what the contract says, or what should be a tensor is none.
        ValueError: the message is over protobuf's 2 GiB, or the contract says nothing of outputs.

    >>> import numpy as np
    >>> encode_predict_response({"y": np.array(1, "uint8")}, signature_name="s")
    b'\n\x0c\n\x01y\x12\x07\x08\x04\x12\x00"\x01\x01\x12\x03\x1a\x01s'
    """
    tensors = outputs if sig is None else wire_outputs(sig, outputs)
    return _core.encode_predict_response(
        tensors, model_name, _signature_name(signature_name, sig), version, version_label
    )


def encode_rest(
    inputs: Any,
    sig: Signature | None = None,
    *,
    format: Literal["row", "columnar"] = "row",  # noqa: A002  # TensorFlow Serving's word
    signature_name: str | None = None,
) -> bytes:
    r"""Return the JSON body of a REST request, which TensorFlow Serving and `decode_rest` read back to the same bits.

    Floats have the shortest text that does so; NaN is `NaN`, whatever its sign and payload. Strings that are not UTF-8
    go as `{"b64": ...}`.

    Args:
        inputs: tensors by alias, or a lone one, which goes without a name. Whatever `check` takes for a tensor. With
            `sig`, a batch of its structure, as for `encode_predict_request`.
        sig: the contract that the batch is checked against first. Absent inputs get their defaults, which TensorFlow
            Serving does not know in REST. None checks nothing.
        format: "row" is a list of instances, so that all inputs must have one size along axis 0; "columnar" is a list
            of values for each input.
        signature_name: the signature that is asked; None is that of `sig`, or "serving_default".

    Raises:
        ValidationError: the batch breaks the contract, what should be a tensor is none, or JSON in this format can't
            hold it: complex numbers, rows that differ in number, an empty tensor whose shape lists don't tell.
        ValueError: an argument is out of range.

    >>> import numpy as np
    >>> encode_rest({"x": np.array([[1, 2], [3, 4]]), "y": np.array([0.1, 1], "float32")})
    b'{"instances":[{"x":[1,2],"y":0.1},{"x":[3,4],"y":1.0}]}'
    >>> encode_rest(np.array([b"a", b"\xff"]), format="columnar", signature_name="s")
    b'{"signature_name":"s","inputs":["a",{"b64":"/w=="}]}'
    """
    tensors = inputs
    if sig is not None:
        tensors = wire_inputs(sig, inputs, fill=True)
        if is_lone(sig):
            (tensors,) = tensors.values()
    name = _signature_name(signature_name, sig)
    return _core.encode_rest(tensors, format, "" if name == _DEFAULT else name)


def encode_tensor_proto(array: Any) -> bytes:
    r"""Return a tensor as a TensorProto, which `tf.io.parse_tensor` and `tf.make_ndarray` read back.

    Args:
        array: whatever `check` takes for a tensor.

    Raises:
        ValidationError: it is no tensor, or of strings that UTF-8 can't hold.
        ValueError: the message is over protobuf's 2 GiB.

    >>> import numpy as np
    >>> encode_tensor_proto(np.array([True, False]))
    b'\x08\n\x12\x04\x12\x02\x08\x02"\x02\x01\x00'
    """
    return _core.encode_tensor_proto(array)


def _signature_name(given: str | None, sig: Signature | None) -> str:
    if given is not None:
        return given
    return _DEFAULT if sig is None else sig.name
