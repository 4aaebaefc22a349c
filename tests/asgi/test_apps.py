"""The gate in Starlette and FastAPI apps, beside what else stands in them."""

import asyncio
import gzip

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from tensorgate.serving import Limits
from tensorgate.serving.asgi import ValidatingMiddleware

from .apps import BAD, GOOD, MODELS, PATH, images, zipped
from .server import SECONDS

GATE = Middleware(ValidatingMiddleware, models=MODELS)
SUM = {"predictions": [21.5]}


async def endpoint(request):
    """Answers from the arrays, after it has read the body as any app does."""
    body = await request.body()
    body = gzip.decompress(body) if request.headers.get("content-encoding") == "gzip" else body
    found = request.scope["tensorgate"]
    return JSONResponse({"predictions": [float(found.inputs["x"].sum())]}, headers={"x-size": str(len(body))})


def starlette(*middleware):
    return Starlette(routes=[Route("/v1/models/{name}:predict", endpoint, methods=["POST"])], middleware=middleware)


def fastapi(*middleware):
    app = FastAPI(middleware=list(middleware))

    @app.post("/v1/models/{name}:predict")
    async def predict(name: str, request: Request):
        assert name == request.scope["tensorgate"].model_spec.name
        return await endpoint(request)

    return app


def post(app, body=GOOD, path=PATH, method="POST", root_path="", **headers):
    async def call():
        transport = httpx.ASGITransport(app, root_path=root_path)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=SECONDS) as client:
            return await client.request(
                method, path, content=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )

    return asyncio.run(call())


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_an_app_answers_from_the_arrays(make):
    app = make(GATE)
    answer = post(app)
    assert (answer.status_code, answer.json(), answer.headers["x-size"]) == (200, SUM, str(len(GOOD)))
    answer = post(app, zipped(GOOD), content_encoding="gzip")
    assert (answer.status_code, answer.json(), answer.headers["x-size"]) == (200, SUM, str(len(GOOD)))
    answer = post(app, BAD)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["violations"]) == 2
    assert post(app, path="/v1/models/rankr:predict").status_code == 404


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_what_the_app_says_of_other_requests_is_its_own(make):
    app = make(GATE)
    assert post(app, b"", method="GET").status_code == 405
    assert post(app, path="/v1/models/ranker:classify").status_code == 404
    assert post(app, path="/nothing").status_code == 404


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_an_app_may_stand_below_a_path(make):
    inside = Starlette(routes=[Mount("/serving", make(GATE))])
    around = Starlette(routes=[Mount("/serving", make())], middleware=[GATE])
    for app in (inside, around):
        assert post(app, path=f"/serving{PATH}").json() == SUM
        assert post(app, BAD, path=f"/serving{PATH}").status_code == 400
        assert post(app, path=PATH).status_code == 404


def test_an_app_may_know_the_root_that_a_proxy_takes_off():
    app = starlette(GATE)
    for path in (PATH, f"/serving{PATH}"):
        assert post(app, path=path, root_path="/serving").json() == SUM
        assert post(app, BAD, path=path, root_path="/serving").status_code == 400


@pytest.mark.parametrize("make", [starlette, fastapi])
@pytest.mark.parametrize("path", ["/v1/models/ranker:predict%0A", "/v1/models%2Franker%3Apredict"])
def test_a_path_that_a_route_takes_is_no_way_around(make, path):
    with pytest.raises(KeyError, match="tensorgate"):  # the endpoint's: it was called
        post(make(), BAD, path=path)
    assert post(make(GATE), BAD, path=path).status_code == 400


async def dispatch(request, call_next):
    await request.body()
    return await call_next(request)


OTHERS = {
    "gzip": Middleware(GZipMiddleware, minimum_size=1),
    "cors": Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["POST"]),
    "one that reads the body": Middleware(BaseHTTPMiddleware, dispatch=dispatch),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("is_outside", [True, False])
def test_other_middleware_may_stand_before_it_and_behind_it(other, is_outside):
    app = starlette(other, GATE) if is_outside else starlette(GATE, other)
    answer = post(app, accept_encoding="gzip", origin="http://elsewhere")
    assert (answer.status_code, answer.json()) == (200, SUM)
    answer = post(app, BAD, accept_encoding="gzip", origin="http://elsewhere")
    assert answer.status_code == 400
    assert len(answer.json()["violations"]) == 2
    if other is OTHERS["cors"]:
        assert answer.headers.get("access-control-allow-origin") == ("*" if is_outside else None)
    if other is OTHERS["gzip"]:
        assert answer.headers.get("content-encoding") == ("gzip" if is_outside else None)


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_body_over_the_limit_is_refused_behind_other_middleware(other):
    app = starlette(other, Middleware(ValidatingMiddleware, models=MODELS, limits=Limits(max_request_bytes=10)))
    answer = post(app, accept_encoding="gzip")
    assert (answer.status_code, answer.json()["violations"][0]["code"]) == (413, "too_large")


def test_a_browser_may_ask_before_it_sends():
    for app in (starlette(OTHERS["cors"], GATE), starlette(GATE, OTHERS["cors"])):
        asked = {"origin": "http://elsewhere", "access_control_request_method": "POST"}
        assert post(app, b"", method="OPTIONS", **asked).status_code == 200


def test_many_requests_at_once_get_each_their_own_arrays():
    bodies = {rows: images(rows)[1] for rows in range(1, 6)}
    app = Starlette(routes=[Route("/v1/models/{name}:predict", rows_of, methods=["POST"])], middleware=[GATE])

    async def call():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=SECONDS) as client:
            wanted = list(bodies) * 8
            answers = await asyncio.gather(
                *(client.post("/v1/models/images:predict", content=bodies[rows]) for rows in wanted)
            )
            assert [answer.json() for answer in answers] == wanted

    asyncio.run(call())


async def rows_of(request):
    return JSONResponse(len(request.scope["tensorgate"].inputs["image"]))
