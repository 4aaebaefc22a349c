"""gRPC's four gates before a backend: a server's and a client's, each synchronous and of grpc.aio.

The servers are PredictionServices of Python, which pass on what they get.
"""

import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from tensorflow_serving.apis import prediction_service_pb2_grpc

from tensorgate.serving import grpc as gates

SERVICE = "/tensorflow.serving.PredictionService/"
METHODS = ("Predict", "Classify", "Regress", "MultiInference", "GetModelMetadata")
TIMEOUT = 60
NO_LIMIT = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def prediction_service(behaviour_of):
    """Return a servicer for the generated code, with behaviour_of(name of the method) for each of its methods."""
    behaviours = {name: staticmethod(behaviour_of(name)) for name in METHODS}
    return type("Service", (prediction_service_pb2_grpc.PredictionServiceServicer,), behaviours)()


@contextlib.contextmanager
def serving(behaviour_of, interceptors=(), threads=8):
    """Run a synchronous PredictionService and give its address."""
    pool = ThreadPoolExecutor(threads)
    server = grpc.server(pool, interceptors=interceptors, options=NO_LIMIT)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction_service(behaviour_of), server)
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
        loop.close()


@contextlib.contextmanager
def aio_serving(run, behaviour_of, interceptors=()):
    """Run one of grpc.aio in an `event_loop` and give its address."""

    async def start():
        server = grpc.aio.server(interceptors=interceptors, options=NO_LIMIT)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(prediction_service(behaviour_of), server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        return server, port

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
        yield lambda name, data, **options: calls[name](data, timeout=TIMEOUT, **options)


def forwarding(stub):
    """Return the behaviour of a method that calls another service's."""
    return lambda name: lambda request, _: answered(getattr(stub, name), request, _)


def answered(method, request, context):
    try:
        return method(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        return context.abort(error.code(), error.details())


@contextlib.contextmanager
def gate_of_a_server(backend, models, limits=None):
    with grpc.insecure_channel(backend, options=NO_LIMIT) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        gate = gates.ValidatingServerInterceptor(models, limits=limits)
        with serving(forwarding(stub), [gate]) as address, bytes_caller(address) as call:
            yield call


@contextlib.contextmanager
def gate_of_an_aio_server(backend, models, limits=None):
    def behaviour_of(name):
        async def behaviour(request, context):
            try:
                return await getattr(stub, name)(request, timeout=TIMEOUT)
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details())

        return behaviour

    async def connect():
        return grpc.aio.insecure_channel(backend, options=NO_LIMIT)

    with event_loop() as run:
        channel = run(connect())
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        gate = gates.aio.ValidatingServerInterceptor(models, limits=limits)
        with aio_serving(run, behaviour_of, [gate]) as address, bytes_caller(address) as call:
            yield call
        run(channel.close())


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
