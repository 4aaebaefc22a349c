"""A gate before an app that sends requests on to a server with a real SavedModel."""

import httpx
import pytest
import tensorflow as tf
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import tensorgate as tg
from tensorgate.serving.asgi import ValidatingMiddleware

from .apps import zipped
from .server import SECONDS, Client, request, served

GOOD = b'{"instances": [[1, 2, 3], [4, 5, 6]]}'
PATH = "/v1/models/sums:predict"


class Sums(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.float32, "x")])
    def __call__(self, x):
        return {"sum": tf.reduce_sum(x, axis=-1)}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model that takes rows of any length, with a contract that asks for three finite numbers."""
    path = str(tmp_path_factory.mktemp("models") / "sums" / "1")
    contract = tg.Signature({"x": tg.TensorSpec((None, 3), finite=True)})
    tg.tf.export(Sums(), path, signature=contract)
    return path


class Backend:
    """The part of TensorFlow Serving's REST server that these tests call; it looks at nothing that it need not."""

    def __init__(self, path):
        self.calls = []
        self._loaded = tf.saved_model.load(path)
        self.app = Starlette(routes=[Route("/v1/models/{name}:predict", self.predict, methods=["POST"])])

    async def predict(self, request):
        body = await request.json()
        self.calls.append(body)
        outputs = await run_in_threadpool(
            self._loaded.signatures["serving_default"], x=tf.constant(body["instances"], tf.float32)
        )
        return JSONResponse({"predictions": outputs["sum"].numpy().tolist()})


def forwarding(port):
    """An app that sends on whatever comes, path and body untouched, and answers what comes back."""

    async def forward(request):
        async with httpx.AsyncClient(timeout=SECONDS) as client:
            answer = await client.request(
                request.method,
                f"http://127.0.0.1:{port}{request.scope['raw_path'].decode()}",
                content=await request.body(),
            )
        return Response(answer.content, answer.status_code, media_type=answer.headers["content-type"])

    return Starlette(routes=[Route("/{path:path}", forward, methods=["POST"])])


@pytest.fixture
def backend(model):
    return Backend(model)


@pytest.fixture
def proxy(backend):
    with served(backend.app) as port:
        yield forwarding(port)


@pytest.fixture
def port(proxy, model):
    with served(ValidatingMiddleware(proxy, {"sums": model})) as port:
        yield port


def answer(port, body, *headers, path=PATH):
    with Client(port) as client:
        client.send(request(path, body, *headers))
        status, _, answer = client.answer()
    return status, answer


def test_good_requests_get_the_models_answer(backend, port):
    assert answer(port, GOOD) == (200, b'{"predictions":[6.0,15.0]}')
    assert len(backend.calls) == 1


@pytest.mark.parametrize("body", [b'{"instances": [[1, 2]]}', b'{"instances": [[1, 2, NaN]]}', GOOD + b" ]"])
def test_bad_requests_never_reach_the_model(backend, port, body):
    status, told = answer(port, body)
    assert status == 400
    assert b"violations" in told
    status, _ = answer(port, zipped(body), "content-encoding: gzip")
    assert status == 400
    assert backend.calls == []


@pytest.mark.parametrize(
    "path", ["/x/../v1/models/sums:predict", "/v1/models/./sums:predict", "/v1/models/sums%3Apredict"]
)
def test_a_path_that_the_proxy_tidies_up_is_no_way_around(backend, proxy, port, path):
    body = b'{"instances": [[1, 2]]}'
    with served(proxy) as unguarded:
        assert answer(unguarded, body, path=path) == (200, b'{"predictions":[3.0]}')
    assert answer(port, body, path=path)[0] == 400
    assert len(backend.calls) == 1


def test_what_the_gate_does_not_know_the_backend_answers(port):
    assert answer(port, GOOD, path="/v1/models/sums:classify")[0] == 404
