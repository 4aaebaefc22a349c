"""What the ASGI gate keeps of a request's body: one copy while it is needed, and nothing of what is over the limit."""

import pytest

from . import measure

MEGABYTE = 1 << 20
LIMIT_BYTES = 32 * MEGABYTE
# An allocator's reserve, zlib, the thread that a big body is decoded in.
SLACK_BYTES = (1 << 30) if measure.INSTRUMENTED else 16 * MEGABYTE
GATE = """
import asyncio, gzip

from tensorgate import Signature, TensorSpec
from tensorgate.serving import Limits
from tensorgate.serving.asgi import ValidatingMiddleware

chunk = bytes(1 << 16).replace(b"\\0", b" ")

async def app(scope, receive, send):
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})

limits = Limits(max_request_bytes=int(sys.argv[1]))
gate = ValidatingMiddleware(app, Signature({"x": TensorSpec((None, None))}), limits=limits)

async def answered(parts, headers):
    parts = iter(parts)
    found = []

    async def receive():
        part = next(parts, None)
        return {"type": "http.request", "body": part or b"", "more_body": part is not None}

    async def send(message):
        found.append(message.get("status"))

    path = "/v1/models/m:predict"
    await gate({"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send)
    return found[0]

def post(parts, *headers):
    return asyncio.run(answered(parts, headers))

def endless():
    return post(chunk for _ in range(16_000))

bomb_bytes = gzip.compress(chunk * 8_000)
def bomb():
    return post([bomb_bytes], (b"content-encoding", b"gzip"))

def good():
    return post([b'{"instances": [[1, 2]]}', *[chunk] * ((limits.max_request_bytes >> 16) - 1)])
"""
PEAK = GATE + "before = most(); print({case}()); print(most() - before)"
GROWTH = GATE + "print(*growth(lambda: (good(), endless(), bomb()), 10, 3))"


@pytest.mark.parametrize(("case", "status"), [("endless", 413), ("bomb", 413), ("good", 200)])
def test_the_peak_is_a_bodys_size(case, status):
    found, peak = map(int, measure.run(PEAK.replace("{case}", case), LIMIT_BYTES))
    assert found == status
    assert peak < LIMIT_BYTES + SLACK_BYTES


def test_good_and_bad_requests_leave_nothing_behind():
    grown, _ = map(int, measure.run(GROWTH, 2 * MEGABYTE))
    assert grown < SLACK_BYTES
