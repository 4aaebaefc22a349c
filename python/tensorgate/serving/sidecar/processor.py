"""Envoy's external processor: a stream a request, which says whether it goes on."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from envoy.config.core.v3.base_pb2 import HeaderValue, HeaderValueOption
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc

from tensorgate._core import Limits
from tensorgate.errors import ValidationError
from tensorgate.serving.refusals import grpc_refusal, rest_refusal
from tensorgate.serving.sidecar.frame import FRAME_BYTES
from tensorgate.serving.sidecar.judgement import HttpRequest, Judgement, Target, judge, judged_target
from tensorgate.serving.sidecar.mode import Mode
from tensorgate.serving.sidecar.outcome import Outcome
from tensorgate.serving.verdicts import announced_size, too_large
from tensorgate.serving.watched_models import WatchedModels

# What a request is judged by beside its body.
_HEADERS = {
    ":method": "method",
    ":path": "path",
    "grpc-encoding": "grpc_encoding",
    "content-encoding": "content_encoding",
    "content-length": "content_length",
}
_GO_ON = {
    "request_headers": ext_proc.ProcessingResponse(request_headers=ext_proc.HeadersResponse()),
    "request_body": ext_proc.ProcessingResponse(request_body=ext_proc.BodyResponse()),
    "request_trailers": ext_proc.ProcessingResponse(request_trailers=ext_proc.TrailersResponse()),
    "response_headers": ext_proc.ProcessingResponse(response_headers=ext_proc.HeadersResponse()),
    "response_body": ext_proc.ProcessingResponse(response_body=ext_proc.BodyResponse()),
    "response_trailers": ext_proc.ProcessingResponse(response_trailers=ext_proc.TrailersResponse()),
}
_PASS = ext_proc.ProcessingResponse(
    request_headers=ext_proc.HeadersResponse(), mode_override=ProcessingMode(request_header_mode=ProcessingMode.SEND)
)
_BODILESS = ("GET", "HEAD", "OPTIONS")  # a browser asks with OPTIONS whether it may
# From these sizes on judging may take longer than handing it to a thread, and other requests wait for the loop.
_BIG_PREDICT = 1 << 22  # it is only walked over
_BIG_BODY = 1 << 18  # JSON and Examples are read


class Processor:
    """Judges the requests that pass through Envoy.

    Args:
        models: the contracts.
        record: is told of each request that was judged.
        mode: what becomes of bad requests.
        sample_rate: the share of the requests that Mode.sample judges, from 0 to 1.
        limits: what a request may ask for, inflated; None takes Limits().
    """

    def __init__(
        self,
        models: WatchedModels,
        record: Callable[[Outcome], None],
        mode: Mode = Mode.enforce,
        sample_rate: float = 0.01,
        limits: Limits | None = None,
    ) -> None:
        self._models = models
        self._record = record
        self._mode = mode
        self._sample_rate = sample_rate
        self._limits = limits or Limits()
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="tensorgate-judge")

    async def process(
        self, messages: AsyncIterator[ext_proc.ProcessingRequest], _context: object
    ) -> AsyncIterator[ext_proc.ProcessingResponse]:
        """Answer the messages of a stream, which are about one request: the method of Envoy's service."""
        headers: dict[str, str] = {}
        target: Target | None = None
        async for message in messages:
            kind = message.WhichOneof("request")
            if kind is None:
                continue
            answer = None
            refuses = self._mode.refuses and not message.observability_mode
            if kind == "request_headers":
                headers = _known(message.request_headers)
                target = judged_target(headers.get("path", ""))
                answer = self._seen(message, headers, target, refuses)
                if answer is None and message.request_headers.end_of_stream and headers.get("method") not in _BODILESS:
                    answer = await self._judged(b"", headers, target, refuses)  # no message about a body will come
            elif kind == "request_body":
                answer = await self._judged(message.request_body.body, headers, target, refuses)
            if not message.observability_mode:  # then Envoy waits for no answer
                yield answer or _GO_ON[kind]
            if kind == "request_body":
                return  # that was all; a stream that Envoy has to reset costs both a quarter more

    def _seen(
        self, message: ext_proc.ProcessingRequest, headers: Mapping[str, str], target: Target | None, refuses: bool
    ) -> ext_proc.ProcessingResponse | None:
        """Answer what can be told before the body is there."""
        if target is None:
            return _PASS
        # Envoy says it in the first message of a stream; older ones don't.
        if message.HasField("protocol_config") and message.protocol_config.request_body_mode != ProcessingMode.BUFFERED:
            return _misconfigured("request_body_mode must be BUFFERED")
        size = announced_size(headers.get("content_length", ""))
        if not refuses or size <= self._limits.max_request_bytes + FRAME_BYTES:
            return None
        return self._answer(target, size, Judgement(None, None, 0.0, too_large(size, self._limits)), refuses)

    async def _judged(
        self, body: bytes, headers: Mapping[str, str], target: Target | None, refuses: bool
    ) -> ext_proc.ProcessingResponse | None:
        if "path" not in headers:
            return _misconfigured("request_header_mode must be SEND")
        if target is None or (self._mode is Mode.sample and random.random() >= self._sample_rate):
            return None
        encodings = headers.get("grpc_encoding", "").lower(), headers.get("content_encoding", "").lower()
        request = HttpRequest(target, body, *encodings)
        if _takes_long(request):
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._threads, judge, request, self._models, self._limits)
        else:
            found = judge(request, self._models, self._limits)
        return self._answer(target, len(body), found, refuses)

    def _answer(self, target: Target, size: int, found: Judgement, refuses: bool) -> ext_proc.ProcessingResponse | None:
        model, version, seconds, error = found
        refused = error is not None and refuses
        self._record(Outcome(target.protocol, target.method, model, version, size, seconds, error, refused))
        return _immediate(error, target.protocol) if error is not None and refused else None


def _takes_long(request: HttpRequest) -> bool:
    # A thousand times its size may be in a compressed body.
    if not {request.grpc_encoding, request.content_encoding} <= {"", "identity"}:
        return True
    is_walked_over = request.target[:2] == ("grpc", "Predict")
    return len(request.body) >= (_BIG_PREDICT if is_walked_over else _BIG_BODY)


def _known(headers: ext_proc.HttpHeaders) -> dict[str, str]:
    known: dict[str, str] = {}
    for header in headers.headers.headers:
        if header.key in _HEADERS:
            name, value = _HEADERS[header.key], (header.raw_value or header.value.encode()).decode("latin-1")
            known[name] = f"{known[name]}, {value}" if name in known else value
    return known


def _immediate(error: ValidationError, protocol: str) -> ext_proc.ProcessingResponse:
    if protocol == "rest":
        status, body = rest_refusal(error)
        return _answer(status, body, {"content-type": b"application/json"})
    code, details, metadata = grpc_refusal(error)
    # Envoy makes 200 of the status where the content type says gRPC. Headers it takes as they go over the wire, where
    # those whose names end in -bin are base64.
    answer = _answer(error.http_status, details.encode(), {name: base64.b64encode(value) for name, value in metadata})
    answer.immediate_response.grpc_status.status = code
    return answer


def _misconfigured(what: str) -> ext_proc.ProcessingResponse:
    """Refuse what can't be judged, whatever the mode: a gate that lets everything pass is worse than none."""
    return _answer(500, f"tensorgate: Envoy's ext_proc filter: {what}".encode(), {"content-type": b"text/plain"})


def _answer(status: int, body: bytes, headers: Mapping[str, bytes]) -> ext_proc.ProcessingResponse:
    answer = ext_proc.ProcessingResponse()
    answer.immediate_response.status.code = status
    answer.immediate_response.body = body
    answer.immediate_response.details = "tensorgate"
    answer.immediate_response.headers.set_headers.extend(
        HeaderValueOption(header=HeaderValue(key=name, raw_value=value)) for name, value in headers.items()
    )
    return answer
