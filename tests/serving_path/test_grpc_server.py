"""The gate of a server leaves calls as they are, but for those that it refuses."""

import contextlib
import threading

import grpc
import numpy as np
import pytest
from google.rpc.error_details_pb2 import BadRequest
from grpc_status import rpc_status
from tensorflow_serving.apis import predict_pb2

import tensorgate as tg
from tensorgate import serving
from tensorgate.serving import grpc as gates

from .grpc_gates import SERVICE, TIMEOUT, aio_server, bytes_caller, sync_server

PREDICT = f"{SERVICE}Predict"
MODELS = {"ranker": tg.Signature({"x": tg.TensorSpec(("batch", 3), finite=True)})}
GOOD = serving.encode_predict_request({"x": np.ones((2, 3), np.float32)}, model_name="ranker")
BAD = serving.encode_predict_request({"x": np.ones((2, 4), np.float32)}, model_name="ranker")
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class Handlers(grpc.GenericRpcHandler):
    """Makes a handler for each call, of whatever method."""

    def __init__(self, make):
        self._make = make

    def service(self, handler_call_details):  # noqa: ARG002
        return self._make()


class Recording(grpc.ServerInterceptor):
    """Notes the types of the requests that pass, and adds to the trailing metadata."""

    def __init__(self):
        self.seen = []

    def intercept_service(self, continuation, handler_call_details):
        handler = continuation(handler_call_details)

        def behaviour(request, context):
            self.seen.append(type(request))
            context.set_trailing_metadata((("recorded", "yes"),))
            return handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(behaviour, handler.request_deserializer, handler.response_serializer)


class AioRecording(grpc.aio.ServerInterceptor):
    def __init__(self):
        self.seen = []

    async def intercept_service(self, continuation, handler_call_details):
        handler = await continuation(handler_call_details)

        async def behaviour(request, context):
            self.seen.append(type(request))
            context.set_trailing_metadata((("recorded", "yes"),))
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(behaviour, handler.request_deserializer, handler.response_serializer)


KINDS = {
    "sync": (sync_server, gates.ValidatingServerInterceptor, Recording),
    "aio": (aio_server, gates.aio.ValidatingServerInterceptor, AioRecording),
}


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@contextlib.contextmanager
def running(server, make, *interceptors, options=()):
    def register(running_server):
        running_server.add_generic_rpc_handlers((Handlers(make),))

    with server(register, *interceptors) as address, bytes_caller(address, options=options) as call:
        yield call


@pytest.fixture
def gated(kind):
    """Runs a server with the gate before a behaviour, and gives a function that calls it."""
    server, gate, _ = kind
    with contextlib.ExitStack() as stack:

        def gated(behaviour, deserializer=None, **options):
            handler = grpc.unary_unary_rpc_method_handler(behaviour, deserializer)
            return stack.enter_context(running(server, lambda: handler, gate(MODELS, **options)))

        yield gated


def refusal(call, data, **options):
    with pytest.raises(grpc.RpcError) as caught:
        call("Predict", data, **options)
    return caught.value


# What reaches a handler


def test_a_handler_of_bytes_gets_the_bytes_that_were_sent(gated):
    call = gated(lambda request, _: request)
    assert call("Predict", GOOD) == GOOD
    assert refusal(call, BAD).code() is INVALID
    assert call("GetModelMetadata", BAD) == BAD


def test_a_handler_of_messages_gets_what_its_own_deserializer_makes(gated):
    call = gated(lambda request, _: request.inputs["x"].tensor_content, predict_pb2.PredictRequest.FromString)
    assert call("Predict", GOOD) == np.ones((2, 3), np.float32).tobytes()
    assert refusal(call, BAD).code() is INVALID


def test_a_refused_request_is_neither_parsed_nor_answered(gated):
    seen = []
    call = gated(lambda request, _: seen.append(request) or b"", lambda data: seen.append(data) or data)
    refusal(call, BAD)
    assert seen == []


def test_a_deserializer_that_fails_is_answered_as_without_the_gate(kind):
    server, gate, _ = kind
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request, lambda _: 1 / 0)
    errors = []
    for interceptors in ([], [gate(MODELS)]):
        with running(server, lambda: handler, *interceptors) as call:
            errors.append(refusal(call, GOOD))
    plain, gated = errors
    assert (gated.code(), gated.details()) == (plain.code(), plain.details())


def test_the_context_is_the_handler_s_own(gated):
    def behaviour(_, context):
        context.set_trailing_metadata((("answer", dict(context.invocation_metadata())["question"]),))
        return f"{context.time_remaining():.0f}".encode()

    call = gated(behaviour)
    answer = call("Predict", GOOD, metadata=(("question", "42"),), wait_for_ready=True)
    assert 0 < int(answer) <= TIMEOUT


def test_streams_and_methods_that_are_not_there_pass(kind):
    server, gate, _ = kind
    stream = grpc.unary_stream_rpc_method_handler(lambda request, _: iter([request]))

    def register(running_server):
        running_server.add_generic_rpc_handlers((Handlers(lambda: stream),))

    with server(register, gate(MODELS)) as address, grpc.insecure_channel(address) as channel:
        assert list(channel.unary_stream(PREDICT)(BAD, timeout=TIMEOUT)) == [BAD]
    with running(server, lambda: None, gate(MODELS)) as call:
        assert refusal(call, BAD).code() is grpc.StatusCode.UNIMPLEMENTED


def test_handlers_of_grpc_aio_may_be_coroutines():
    async def behaviour(request, context):
        await context.send_initial_metadata((("first", "of all"),))
        return request

    handler = grpc.unary_unary_rpc_method_handler(behaviour)
    with running(aio_server, lambda: handler, gates.aio.ValidatingServerInterceptor(MODELS)) as call:
        assert call("Predict", GOOD) == GOOD
        assert refusal(call, BAD).code() is INVALID


def test_handlers_may_be_made_anew_for_each_call(kind):
    server, gate, _ = kind
    answers = [b"1", b"2", b"3"]

    def make():
        answer = answers.pop(0)
        return grpc.unary_unary_rpc_method_handler(lambda *_: answer)

    with running(server, make, gate(MODELS)) as call:
        assert [call("Predict", GOOD) for _ in range(3)] == [b"1", b"2", b"3"]


# Other interceptors


@pytest.mark.parametrize("gate_is_first", [False, True])
def test_other_interceptors_see_messages_and_keep_their_metadata(kind, gate_is_first):
    server, gate, recording = kind
    recorded = recording()

    def behaviour(request, _):
        return request.SerializeToString()

    async def coroutine(request, _):
        return request.SerializeToString()

    handler = grpc.unary_unary_rpc_method_handler(
        behaviour if server is sync_server else coroutine, predict_pb2.PredictRequest.FromString
    )
    interceptors = [gate(MODELS), recorded] if gate_is_first else [recorded, gate(MODELS)]
    with running(server, lambda: handler, *interceptors) as call:
        assert call("Predict", GOOD) == GOOD
        error = refusal(call, BAD)
    refused = [] if gate_is_first else [gates.RefusedRequest]
    assert recorded.seen == [predict_pb2.PredictRequest, *refused]
    assert ("recorded" in dict(error.trailing_metadata())) == (not gate_is_first)
    assert rpc_status.from_call(error).code == 3


# Calls that end early


def test_a_deadline_ends_a_call(gated):
    released = threading.Event()
    call = gated(lambda *_: bytes(released.wait(TIMEOUT)))
    error = refusal(call, GOOD, timeout=0.3)
    released.set()
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_client_that_goes_is_noticed():
    started, gone = threading.Event(), threading.Event()

    def behaviour(_, context):
        started.set()
        while context.is_active() and not gone.wait(0.01):
            pass
        gone.set()
        return b""

    server, gate = sync_server, gates.ValidatingServerInterceptor(MODELS)
    handler = grpc.unary_unary_rpc_method_handler(behaviour)

    def register(running_server):
        running_server.add_generic_rpc_handlers((Handlers(lambda: handler),))

    with server(register, gate) as address, grpc.insecure_channel(address) as channel:
        future = channel.unary_unary(PREDICT).future(GOOD, timeout=TIMEOUT)
        assert started.wait(TIMEOUT)
        assert future.cancel()
        assert gone.wait(TIMEOUT)


# What a refused client is told

HOSTILE = {"long": "x" * 300, "foreign": "žluť" * 40, "quotes": "'\"%<>\n\r\t\0" * 20, "emoji": "\U0001f600" * 70}


# The client's own limit: names, values and 32 bytes an entry, of what grpcio's server adds, too.
EIGHT_KB = (("grpc.max_metadata_size", 8192), ("grpc.absolute_max_metadata_size", 8192))


@pytest.mark.parametrize("count", [1, 64, 900])
@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_is_sent_the_refusal_arrives_in_8_kb(kind, name, count):
    server, gate, _ = kind
    inputs = {f"{number}{HOSTILE[name]}": np.zeros(1) for number in range(count)}
    data = serving.encode_predict_request(inputs, model_name="ranker")
    handler = grpc.unary_unary_rpc_method_handler(lambda request, _: request)
    with running(server, lambda: handler, gate(MODELS), options=EIGHT_KB) as call:
        error = refusal(call, data)
    assert error.code() is INVALID
    assert error.details().startswith(f"{count + 1} violations of signature 'serving_default'\n")
    request = BadRequest()
    assert rpc_status.from_call(error).details[0].Unpack(request)
    assert request.field_violations


@pytest.mark.parametrize(("size", "options"), [(20_000, ()), (8192, EIGHT_KB)])
def test_what_is_longer_reaches_a_client_as_another_status(size, options):
    def behaviour(_, context):
        context.abort(INVALID, "x" * size)

    handler = grpc.unary_unary_rpc_method_handler(behaviour)
    with running(sync_server, lambda: handler, options=options) as call:
        assert refusal(call, GOOD).code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_refusals_can_be_watched(gated):
    refused = []
    call = gated(lambda request, _: request, on_refusal=lambda *told: refused.append(told))
    call("Predict", GOOD)
    assert refused == []
    error = refusal(call, BAD)
    ((method, watched),) = refused
    assert method == PREDICT
    assert str(watched) == error.details()
    assert watched.__traceback__ is None  # whose frames would keep the request's bytes


def test_a_fault_of_the_watcher_lets_nothing_pass(gated):
    seen = []
    call = gated(lambda request, _: seen.append(request) or b"", on_refusal=lambda *_: 1 / 0)
    assert refusal(call, BAD).code() is grpc.StatusCode.UNKNOWN
    assert seen == []


@pytest.mark.parametrize("wrong", [{}, None, {"ranker": 3}, [1]])
def test_models_that_are_none_are_refused_at_once(kind, wrong):
    with pytest.raises(TypeError):
        kind[1](wrong)
