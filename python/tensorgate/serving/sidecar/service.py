"""The sidecar as a whole: what listens, watches and writes, from the start to the last request's end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import io
import logging
import signal
from collections.abc import Sequence

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2 as ext_proc

from tensorgate._core import Limits
from tensorgate.serving.availability import available_versions
from tensorgate.serving.model_config import ModelConfig, read_model_configs
from tensorgate.serving.sidecar.mode import Mode
from tensorgate.serving.sidecar.outcome import Outcome
from tensorgate.serving.sidecar.processor import Processor
from tensorgate.serving.sidecar.refusal_log import RefusalLog
from tensorgate.serving.sidecar.status.server import StatusServer
from tensorgate.serving.sidecar.status.traffic import Traffic
from tensorgate.serving.watched_models import FileStamp, WatchedModels, file_stamp


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the sidecar is told.

    Attributes:
        models: those given by name and base path.
        config_file: a TensorFlow Serving models.config with more of them, watched; or None.
        address: where Envoy finds the processor: "host:port" or "unix:path".
        status_host: where page, metrics and health are.
        status_port: 0 takes a free one.
        mode: what becomes of bad requests.
        sample_rate: the share that Mode.sample judges.
        limits: what a request may ask for.
        poll_seconds: between two looks at the directories.
        tensorflow_serving: the URL of the server's REST interface, which is asked for the versions that it has
            loaded; None where the newest on disk is meant.
        drain_delay_seconds: for how long it goes on once it is told to stop, while /healthz says that it drains.
        drain_seconds: how long requests in flight may take after that.
    """

    models: Sequence[ModelConfig]
    config_file: str | None = None
    address: str = "127.0.0.1:8600"
    status_host: str = "127.0.0.1"
    status_port: int = 8601
    mode: Mode = Mode.enforce
    sample_rate: float = 0.01
    limits: Limits = dataclasses.field(default_factory=Limits)
    poll_seconds: float = 1.0
    tensorflow_serving: str | None = None
    drain_delay_seconds: float = 5.0
    drain_seconds: float = 30.0


async def serve(settings: Settings, log_stream: io.TextIOBase) -> None:
    """Serve until SIGTERM or SIGINT, and then until what is in flight is answered.

    Raises:
        OSError, ValueError: an address can't be listened on, or there is no model to serve.
    """
    log = RefusalLog(log_stream)
    logging.basicConfig(handlers=[_LibraryLog(log)], level=logging.WARNING, force=True)
    url = settings.tensorflow_serving
    config_file = _ConfigFile(settings, log)
    models = WatchedModels(
        config_file.configs(),
        poll_seconds=settings.poll_seconds,
        available=None if url is None else lambda model: available_versions(url, model),
        on_event=lambda kind, facts: log.event(kind, **facts),
    )
    traffic = Traffic(models.states)

    def record(outcome: Outcome) -> None:
        # A verdict holds, whether or not it can be counted: an error here would end the stream instead.
        try:
            traffic.record(outcome)
            log.record(outcome)
        except Exception:
            logging.getLogger(__name__).exception("a request was not counted")

    processor = Processor(models, record, settings.mode, settings.sample_rate, settings.limits)
    server, port = processor_server(processor, settings.address)
    status = StatusServer(
        settings.status_host,
        settings.status_port,
        models=models.states,
        traffic=traffic,
        mode=settings.mode,
        sample_rate=settings.sample_rate if settings.mode is Mode.sample else 1.0,
    )
    stopping = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopping.set)
    status.start()
    with models, contextlib.closing(status):
        await server.start()
        log.event("started", mode=settings.mode, processor=_shown(settings.address, port), status_port=status.port)
        while not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), settings.poll_seconds)
            log.flush()
            await asyncio.to_thread(config_file.follow, models)
        status.draining = True
        log.event("draining")
        # gRPC ends what arrives while it stops: the proxy has to know first, and send it elsewhere.
        await asyncio.sleep(settings.drain_delay_seconds)
        await server.stop(settings.drain_seconds)
        log.event("stopped")


class _LibraryLog(logging.Handler):
    """What grpc and asyncio have to say, as lines of the same log."""

    def __init__(self, log: RefusalLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        what = record.getMessage() if error is None else f"{record.getMessage()}: {error!r}"
        self._log.event("library", logger=record.name, level=record.levelname, message=what.strip(": "))


class _ConfigFile:
    """The models of the settings, those of a watched file among them."""

    def __init__(self, settings: Settings, log: RefusalLog) -> None:
        self._given = list(settings.models)
        self._path = settings.config_file
        self._log = log
        self._stamp = self._look()

    def configs(self) -> list[ModelConfig]:
        return self._given + ([] if self._path is None else read_model_configs(self._path))

    def follow(self, models: WatchedModels) -> None:
        """Serve what the file says where it is another one; what can't be served is reported, and nothing changes."""
        stamp = self._look()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            models.configure(self.configs())
        except (OSError, ValueError) as error:
            self._log.event("config_problem", problem=str(error))

    def _look(self) -> FileStamp | None:
        return None if self._path is None else file_stamp(self._path)


def processor_server(processor: Processor, address: str) -> tuple[grpc.aio.Server, int]:
    """Return a server for Envoy, not started, and its port.

    Raises:
        OSError: the address can't be listened on.
    """
    # A message holds a whole body, of which Envoy's own buffers are the limit: what is over ours is to be refused, not
    # to end the stream, which would let it pass where Envoy fails open.
    options = [("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)]
    server = grpc.aio.server(options=options)
    method = grpc.stream_stream_rpc_method_handler(
        processor.process,
        request_deserializer=ext_proc.ProcessingRequest.FromString,
        response_serializer=ext_proc.ProcessingResponse.SerializeToString,
    )
    service = "envoy.service.ext_proc.v3.ExternalProcessor"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Process": method}),))
    try:
        return server, server.add_insecure_port(address)
    except RuntimeError:
        raise OSError(f"can't listen on {address}: is it taken, or no address of this machine?") from None


def _shown(address: str, port: int) -> str:
    return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
