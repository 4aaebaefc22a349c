"""Random batches of random contracts as PredictRequests: what holds for the arrays holds for the bytes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import predict_pb2

from tensorgate import Signature, ValidationError
from tensorgate.serving import Limits, check_predict_request, decode_predict_request

from ..serving import tensor_reference, wire
from .effort import examples
from .strategies import INPUT_NAMES, chance, specs, values_for


def sent(value):
    """A drawn value as an array that can be sent: strings are bytes."""
    array = np.asarray(value if isinstance(value, (np.ndarray, np.generic)) else 0.0)
    array = np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("="))
    if array.dtype.kind in "OSU":
        texts = [text.encode() if isinstance(text, str) and text.isascii() else text for text in array.ravel().tolist()]
        array = np.array([text if isinstance(text, bytes) else b"" for text in texts], object).reshape(array.shape)
    return array


@st.composite
def protos(draw, array):
    """A TensorProto of an array, in one of the ways in which one can be written."""
    name = "string" if array.dtype == object else array.dtype.name
    out = tensor_pb2.TensorProto(dtype=wire.DTYPES[name])
    for size in array.shape:
        out.tensor_shape.dim.add(size=size)
    if name != "string" and draw(st.booleans()):
        out.tensor_content = array.tobytes()
        return out
    flat = array.ravel()
    values = flat.tolist() if name == "string" else list(flat.view(np.uint16) if name == "float16" else flat)
    if draw(st.booleans()):
        while len(values) > 1 and flat[len(values) - 1 :].tobytes() == flat[len(values) - 2 : -1].tobytes():
            values.pop()
    if flat.dtype.kind == "c":
        values = [part for value in values for part in (value.real, value.imag)]
    getattr(out, tensor_reference.FIELDS[name]).extend(values)
    return out


@st.composite
def requests(draw):
    """A contract, a batch and the bytes that it is sent as."""
    contract = Signature(draw(st.dictionaries(INPUT_NAMES, specs(), max_size=4)))
    bound = {}
    batch = {
        name: sent(draw(values_for(spec, bound)))
        for name, spec in contract.inputs.items()
        if not chance(draw, 8 if spec.optional else 30)
    }
    if chance(draw, 15):
        batch[draw(INPUT_NAMES)] = np.zeros(2, np.float32)
    message = predict_pb2.PredictRequest()
    message.model_spec.name = "ranker"
    for name, array in batch.items():
        message.inputs[name].CopyFrom(draw(protos(array)))
    return contract, batch, message.SerializeToString()


def outcome(call, *arguments, **named):
    try:
        return call(*arguments, **named)
    except ValidationError as error:
        return error


def is_same(array, other):
    if array.dtype != other.dtype or array.shape != other.shape:
        return False
    return array.tolist() == other.tolist() if array.dtype == object else array.tobytes() == other.tobytes()


def verdict(data, contract, limits=None):
    """What both ways of looking at a request say: an error, or the batch."""
    checked = outcome(check_predict_request, data, contract, limits=limits)
    decoded = outcome(decode_predict_request, data, contract, limits=limits)
    if isinstance(checked, ValidationError):
        assert isinstance(decoded, ValidationError)
        assert checked.to_dict() == decoded.to_dict()
        return checked
    assert not isinstance(decoded, ValidationError), str(decoded)
    return decoded.inputs


@given(requests())
def test_the_wire_s_verdict_is_that_on_the_arrays(case):
    contract, batch, data = case
    inputs = verdict(data, contract)
    absent = [name for name in contract.inputs if name not in batch]
    assert isinstance(inputs, dict) == (contract.accepts(batch) and not absent)
    if isinstance(inputs, dict):
        assert set(inputs) == set(batch)
        assert all(is_same(inputs[name], array) for name, array in batch.items())
        return
    told = {(violation.path, violation.code) for violation in contract.violations(batch)}
    on_the_wire = {(violation.path, violation.code) for violation in inputs.violations}
    assert on_the_wire == told | {(f"inputs['{name}']", "missing") for name in absent}


@examples(150)
@given(requests(), st.data())
def test_damaged_bytes_are_refused_or_what_protobuf_reads(case, data):
    contract, _, request = case
    damaged = bytearray(request)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        what = data.draw(st.sampled_from(["set", "set", "insert", "remove"]))
        byte = data.draw(st.sampled_from([0, 1, 2, 8, 0x12, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
        damaged[at : at + (what != "insert")] = b"" if what == "remove" and len(damaged) > 1 else bytes([byte])
    inputs = verdict(bytes(damaged), contract)
    if isinstance(inputs, ValidationError):
        return
    message = predict_pb2.PredictRequest.FromString(bytes(damaged))
    assert set(message.inputs) <= set(inputs)
    for name, proto in message.inputs.items():
        assert tensor_reference.is_same(inputs[name], tensor_reference.tensor_of(proto))


@examples(30)
@given(requests())
def test_a_truncation_at_any_byte_is_refused_or_what_protobuf_reads(case):
    contract, _, request = case
    for length in range(len(request)):
        inputs = verdict(request[:length], contract)
        if not isinstance(inputs, ValidationError):
            assert set(predict_pb2.PredictRequest.FromString(request[:length]).inputs) == set(inputs)


@pytest.mark.parametrize("most", [0, 1, 8, 100])
@examples(50)
@given(case=requests())
def test_both_ways_keep_to_the_same_limits(most, case):
    contract, batch, data = case
    inputs = verdict(data, contract, Limits(max_tensor_bytes=most, max_violations=1000))
    if isinstance(inputs, dict):
        assert all(array.nbytes <= most for array in batch.values())
