"""gRPC's four gates before a backend: a server's and a client's, each synchronous and of grpc.aio.

The servers are PredictionServices in Python, which pass on to the backend what they get.
"""

import asyncio
import contextlib
import functools
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis import prediction_service_pb2_grpc

from tensorgate.serving import grpc as gates

SERVICE = "/tensorflow.serving.PredictionService/"
METHODS = ("Predict", "Classify", "Regress", "MultiInference", "GetModelMetadata")
TIMEOUT = 60
NO_LIMIT = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


@contextlib.contextmanager
def sync_server(register, *interceptors):
    """Run a synchronous server with what `register` adds to it, and give its address."""
    pool = ThreadPoolExecutor(8)
    server = grpc.server(pool, interceptors=interceptors, options=NO_LIMIT)
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(0).wait(TIMEOUT)
        pool.shutdown()


@contextlib.contextmanager
def event_loop():
    """Run an event loop in a thread, and give a function that runs a coroutine there and waits for it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result(TIMEOUT)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(TIMEOUT)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@contextlib.contextmanager
def aio_server(register, *interceptors):
    """Run a server of grpc.aio likewise."""

    async def start():
        server = grpc.aio.server(interceptors=interceptors, options=NO_LIMIT)
        register(server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

    with event_loop() as run:
        server, port = run(start())
        try:
            yield f"127.0.0.1:{port}"
        finally:
            run(server.stop(0))


@contextlib.contextmanager
def bytes_caller(address, *interceptors, options=NO_LIMIT):
    """Give a function of a method's name and a serialized request that returns the serialized answer."""
    with grpc.insecure_channel(address, options=options) as channel:
        through = grpc.intercept_channel(channel, *interceptors)
        calls = {name: through.unary_unary(SERVICE + name) for name in METHODS}
        yield lambda name, data, timeout=TIMEOUT, **options: calls[name](data, timeout=timeout, **options)


class Forwarding:
    """The servicer of a PredictionService that calls another one."""

    def __init__(self, backend):
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(grpc.insecure_channel(backend, options=NO_LIMIT))

    def __getattr__(self, name):
        return functools.partial(self._forward, getattr(self._stub, name))

    @staticmethod
    def _forward(method, request, context):
        try:
            return method(request, timeout=TIMEOUT)
        except grpc.RpcError as error:
            return context.abort(error.code(), error.details())


class AioForwarding:
    """The same for grpc.aio; its channel is made in the event loop that calls it."""

    def __init__(self, backend):
        self._backend = backend

    def __getattr__(self, name):
        return functools.partial(self._forward, name)

    async def _forward(self, name, request, context):
        async with grpc.aio.insecure_channel(self._backend, options=NO_LIMIT) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            try:
                return await getattr(stub, name)(request, timeout=TIMEOUT)
            except grpc.aio.AioRpcError as error:
                return await context.abort(error.code(), error.details())


def registering(servicer):
    """Return what adds a servicer to a server, as the generated code does it."""
    return functools.partial(prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server, servicer)


@contextlib.contextmanager
def gate_of_a_server(backend, models, limits=None):
    gate = gates.ValidatingServerInterceptor(models, limits=limits)
    with sync_server(registering(Forwarding(backend)), gate) as address, bytes_caller(address) as call:
        yield call


@contextlib.contextmanager
def gate_of_an_aio_server(backend, models, limits=None):
    gate = gates.aio.ValidatingServerInterceptor(models, limits=limits)
    with aio_server(registering(AioForwarding(backend)), gate) as address, bytes_caller(address) as call:
        yield call


@contextlib.contextmanager
def gate_of_a_client(backend, models, limits=None):
    with bytes_caller(backend, gates.ValidatingClientInterceptor(models, limits=limits)) as call:
        yield call


@contextlib.contextmanager
def gate_of_an_aio_client(backend, models, limits=None):
    gate = gates.aio.ValidatingClientInterceptor(models, limits=limits)

    async def called(name, data, options):
        async with grpc.aio.insecure_channel(backend, interceptors=[gate], options=NO_LIMIT) as channel:
            return await channel.unary_unary(SERVICE + name)(data, timeout=TIMEOUT, **options)

    with event_loop() as run:
        yield lambda name, data, **options: run(called(name, data, options))


GATES = {
    "server": gate_of_a_server,
    "aio server": gate_of_an_aio_server,
    "client": gate_of_a_client,
    "aio client": gate_of_an_aio_client,
}
