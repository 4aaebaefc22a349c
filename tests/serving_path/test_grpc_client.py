"""The gate of a client: what it refuses is not sent, and told as a server would tell it."""

import asyncio
import pickle
import traceback

import grpc
import numpy as np
import pytest
from grpc_status import rpc_status
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

import tensorgate as tg
from tensorgate import serving
from tensorgate.serving import grpc as gates

from .grpc_gates import SERVICE, TIMEOUT, sync_server
from .test_grpc_server import BAD, GOOD, MODELS, PREDICT, Handlers

INVALID = grpc.StatusCode.INVALID_ARGUMENT
# Nobody listens on port 1: what arrives here is UNAVAILABLE.
NOWHERE = "127.0.0.1:1"


@pytest.fixture(scope="module")
def echo():
    """A server that answers with the request, and with the caller's metadata."""

    def behaviour(request, context):
        context.set_trailing_metadata(context.invocation_metadata())
        return request

    handler = grpc.unary_unary_rpc_method_handler(behaviour)
    with sync_server(lambda server: server.add_generic_rpc_handlers((Handlers(lambda: handler),))) as address:
        yield address


@pytest.fixture
def channel(echo):
    with grpc.insecure_channel(echo) as plain:
        yield grpc.intercept_channel(plain, gates.ValidatingClientInterceptor(MODELS))


@pytest.fixture
def nowhere():
    with grpc.insecure_channel(NOWHERE) as plain:
        yield grpc.intercept_channel(plain, gates.ValidatingClientInterceptor(MODELS))


@pytest.fixture
def refused(nowhere):
    with pytest.raises(gates.RefusedError) as caught:
        nowhere.unary_unary(PREDICT)(BAD, timeout=TIMEOUT)
    return caught.value


def require_told(error):
    """It is told as a server's refusal is, in all ways."""
    assert isinstance(error, tg.ValidationError)
    assert isinstance(error, grpc.RpcError)
    assert error.violations[0].path == "inputs['x']"
    assert error.code() is INVALID
    assert error.details() == str(error)
    assert error.details() in error.debug_error_string()
    assert len(error.initial_metadata()) == 0
    assert rpc_status.from_call(error).message == str(error)


# What is sent


def test_good_requests_go_out_as_they_are(channel):
    call = channel.unary_unary(PREDICT)
    assert call(GOOD, timeout=TIMEOUT) == GOOD
    answer, ended = call.with_call(
        GOOD, timeout=TIMEOUT, metadata=(("question", "42"),), compression=grpc.Compression.Gzip, wait_for_ready=True
    )
    assert answer == GOOD
    assert ("question", "42") in ended.trailing_metadata()
    assert call.future(GOOD, timeout=TIMEOUT).result() == GOOD
    assert channel.unary_unary(f"{SERVICE}GetModelMetadata")(BAD, timeout=TIMEOUT) == BAD


def test_messages_are_judged_as_they_will_be_sent(channel, nowhere):
    predict = channel.unary_unary(PREDICT, predict_pb2.PredictRequest.SerializeToString)
    message = predict_pb2.PredictRequest.FromString(GOOD)
    assert predict(message, timeout=TIMEOUT) == GOOD
    stub = prediction_service_pb2_grpc.PredictionServiceStub(nowhere)
    with pytest.raises(tg.ValidationError, match="dim: expected"):
        stub.Predict(predict_pb2.PredictRequest.FromString(BAD), timeout=TIMEOUT)


def test_what_can_t_be_judged_is_not_sent(channel):
    call = channel.unary_unary(PREDICT, lambda request: request["bytes"])
    with pytest.raises(TypeError, match="a protobuf message or bytes to be judged, not dict"):
        call({"bytes": GOOD}, timeout=TIMEOUT)


def test_limits_hold_for_what_is_sent(echo):
    gate = gates.ValidatingClientInterceptor(MODELS, limits=serving.Limits(max_request_bytes=10))
    with grpc.insecure_channel(echo) as plain, pytest.raises(tg.ValidationError, match="too_large"):
        grpc.intercept_channel(plain, gate).unary_unary(PREDICT)(GOOD, timeout=TIMEOUT)


# What a refused call is


def test_a_refused_call_raises_both_errors(nowhere, refused):
    require_told(refused)
    assert refused.trailing_metadata()[0].key == "grpc-status-details-bin"
    with pytest.raises(grpc.RpcError) as caught:
        nowhere.unary_unary(PREDICT).with_call(BAD, timeout=TIMEOUT)
    require_told(caught.value)
    with pytest.raises(grpc.RpcError) as caught:
        nowhere.unary_unary(PREDICT)(GOOD, timeout=TIMEOUT)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_a_future_of_a_refused_call_has_failed_already(nowhere):
    future = nowhere.unary_unary(PREDICT).future(BAD, timeout=TIMEOUT)
    done = []
    future.add_done_callback(done.append)
    assert done == [future]
    assert future.done()
    assert not any([future.running(), future.cancelled(), future.cancel(), future.is_active()])
    assert future.time_remaining() is None
    assert not future.add_callback(lambda: None)
    assert future.traceback() is None
    require_told(future.exception())
    for _ in range(3):
        with pytest.raises(grpc.RpcError) as caught:
            future.result(timeout=1)
        assert caught.value is future
        assert len(traceback.extract_tb(future.traceback())) == 2


def test_its_traceback_tells_of_nothing_else(refused):
    assert (refused.__cause__, refused.__context__) == (None, None)
    assert len(traceback.extract_tb(refused.__traceback__)) <= 4
    assert "".join(traceback.format_exception_only(refused)).endswith("(byte 34)\n")


def test_it_can_be_pickled(refused):
    copy = pickle.loads(pickle.dumps(refused))
    require_told(copy)
    assert (type(copy), str(copy)) == (type(refused), str(refused))


def test_interceptors_before_the_gate_see_a_failed_call():
    class Retrying(grpc.UnaryUnaryClientInterceptor):
        codes = ()

        def intercept_unary_unary(self, continuation, client_call_details, request):
            call = continuation(client_call_details, request)
            self.codes += (call.code(),)
            return call

    retrying = Retrying()
    with grpc.insecure_channel(NOWHERE) as plain:
        channel = grpc.intercept_channel(plain, retrying, gates.ValidatingClientInterceptor(MODELS))
        with pytest.raises(tg.ValidationError):
            channel.unary_unary(PREDICT)(BAD, timeout=TIMEOUT)
    assert retrying.codes == (INVALID,)


# grpc.aio


def calling(address, body, interceptors=()):
    """Run a coroutine function with an aio channel that has the gate."""

    async def run():
        gate = gates.aio.ValidatingClientInterceptor(MODELS)
        async with grpc.aio.insecure_channel(address, interceptors=[*interceptors, gate]) as channel:
            return await asyncio.wait_for(body(channel), TIMEOUT)

    return asyncio.run(run())


def test_good_requests_of_grpc_aio_go_out_as_they_are(echo):
    async def body(channel):
        call = channel.unary_unary(PREDICT)(GOOD, metadata=(("question", "42"),), timeout=TIMEOUT)
        assert await call == GOOD
        assert await channel.unary_unary(f"{SERVICE}GetModelMetadata")(BAD, timeout=TIMEOUT) == BAD
        return await call.trailing_metadata()

    assert calling(echo, body)["question"] == "42"


def test_a_refused_call_of_grpc_aio_raises_its_error_too():
    async def body(channel):
        call = channel.unary_unary(PREDICT)(BAD, timeout=TIMEOUT)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert await call.code() is INVALID
        assert await call.details() == str(caught.value)
        assert await rpc_status.aio.from_call(call) == rpc_status.from_call(caught.value)
        assert call.done()
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(tg.ValidationError, match="dim: expected"):
            await stub.Predict(predict_pb2.PredictRequest.FromString(BAD), timeout=TIMEOUT)
        return caught.value

    error = calling(NOWHERE, body)
    assert isinstance(error, gates.RefusedError)
    require_told(error)
    copy = pickle.loads(pickle.dumps(error))
    require_told(copy)
    assert type(copy) is type(error)


def test_many_calls_of_grpc_aio_at_once(echo):
    async def body(channel):
        call = channel.unary_unary(PREDICT)
        requests = [BAD if number % 3 else GOOD for number in range(300)]
        answers = await asyncio.gather(*(call(each, timeout=TIMEOUT) for each in requests), return_exceptions=True)
        return zip(requests, answers, strict=True)

    for request, answer in calling(echo, body):
        assert answer == GOOD if request == GOOD else isinstance(answer, gates.RefusedError)


# Contracts may be those of SavedModels


def test_contracts_are_read_from_saved_models(model_paths, echo):
    gate = gates.ValidatingClientInterceptor({"scorer": model_paths["scorer"]})
    good = serving.encode_predict_request({"x": np.ones((2, 3), np.float32)}, model_name="scorer")
    with grpc.insecure_channel(echo) as plain:
        call = grpc.intercept_channel(plain, gate).unary_unary(PREDICT)
        assert call(good, timeout=TIMEOUT) == good
        with pytest.raises(tg.ValidationError, match="unknown_model: expected 'scorer', got 'ranker'"):
            call(GOOD, timeout=TIMEOUT)
