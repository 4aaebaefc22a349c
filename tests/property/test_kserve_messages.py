"""ModelInferRequests as KServe's own classes write them, against a naive reader."""

from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from kserve.constants.constants import GRPC_CONTENT_DATATYPE_MAPPINGS
from kserve.protocol.grpc import grpc_predict_v2_pb2 as pb

import tensorgate as tg
from tensorgate.serving import decode_model_infer_request

from .infer_batches import BATCHES, BYTES, contract, raw_of, same


def message_of(batch, raw):
    message = pb.ModelInferRequest(model_name="m")
    for name, (datatype, shape, values, _) in batch.items():
        tensor = message.inputs.add(name=name, datatype=datatype, shape=shape)
        if raw:
            message.raw_input_contents.append(raw_of(datatype, values))
        else:
            held = [value.encode() if datatype == BYTES else value for value in values]
            getattr(tensor.contents, GRPC_CONTENT_DATATYPE_MAPPINGS[datatype]).extend(held)
    return message.SerializeToString()


@given(BATCHES, st.booleans())
def test_messages_are_the_arrays_that_were_written(batch, raw):
    same(decode_model_infer_request(message_of(batch, raw), contract(batch)).inputs, batch)


@given(BATCHES, st.booleans(), st.data())
def test_what_kserve_cannot_parse_is_malformed(batch, raw, data):
    message = message_of(batch, raw)
    at = data.draw(st.integers(0, len(message) - 1))
    byte = bytes([data.draw(st.integers(0, 255))])
    broken = data.draw(st.sampled_from([message[:at], message[:at] + byte + message[at + 1 :]]))
    try:
        pb.ModelInferRequest.FromString(broken)
        is_message = True
    except DecodeError:
        is_message = False
    try:
        decode_model_infer_request(broken, contract(batch))
        codes = set()
    except tg.ValidationError as error:
        codes = {violation.code for violation in error.violations}
    assert is_message == ("malformed" not in codes)
