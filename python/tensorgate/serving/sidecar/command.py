"""The command `tensorgate serve`."""

from __future__ import annotations

import asyncio
import os
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

import click

from tensorgate._core import Limits
from tensorgate.serving.model_config import ModelConfig

_NEEDED = {
    "grpc": "grpcio",
    "google.rpc": "grpcio-status",
    "envoy.service.ext_proc": "xds-protos",
    "prometheus_client": "prometheus-client",
    "uvicorn": "uvicorn",
}


def _base_path(value: str) -> ModelConfig:
    name, equals, path = value.partition("=")
    if not (name and equals and path):
        raise click.BadParameter(f"{value!r} is not NAME=PATH")
    return ModelConfig(name, path)


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"{value!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _processor_address(value: str) -> str:
    if not value.startswith("unix:"):
        _address(value)  # gRPC takes 127.0.0.1 for port 443, and 99999 for another one
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise click.BadParameter(f"{value!r} is not http://HOST:PORT")
    return value


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--model-base-path",
    "models",
    type=_base_path,
    metavar="NAME=PATH",
    multiple=True,
    help="A model's name and the directory above its numbered versions; give it once for each model.",
)
@click.option(
    "--model-config-file",
    type=click.Path(dir_okay=False),
    help="TensorFlow Serving's models.config: models, version policies and labels. It is watched.",
)
@click.option(
    "--address",
    type=_processor_address,
    metavar="HOST:PORT",
    default="127.0.0.1:8600",
    show_default=True,
    help="Where Envoy finds it, or unix:PATH.",
)
@click.option(
    "--status-address",
    type=_address,
    metavar="HOST:PORT",
    default="127.0.0.1:8601",
    show_default=True,
    help="Where the status page, /metrics and /healthz are.",
)
@click.option(
    "--mode",
    type=click.Choice(["enforce", "monitor", "sample"]),
    default="enforce",
    show_default=True,
    help="Refuse bad requests, count them and let them pass, or do that with a share of all requests.",
)
@click.option(
    "--sample-rate",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="The share that --mode sample judges.",
)
@click.option(
    "--tensorflow-serving",
    type=_url,
    metavar="URL",
    help="Its REST interface, such as http://localhost:8501. A new version's contract then holds from when the server "
    "has loaded it, not from when it is on disk.",
)
@click.option(
    "--max-request-bytes",
    type=click.IntRange(min=1),
    default=Limits().max_request_bytes,
    show_default=True,
    help="Of a body, inflated.",
)
@click.option(
    "--max-tensor-bytes",
    type=click.IntRange(min=1),
    default=Limits().max_tensor_bytes,
    show_default=True,
    help="Memory that the tensors of a request may ask for.",
)
@click.option(
    "--poll-seconds",
    type=click.FloatRange(min=0.01),
    default=1.0,
    show_default=True,
    help="Between two looks at the directories.",
)
@click.option(
    "--drain-delay-seconds",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="How long it goes on after SIGTERM while /healthz answers 503, so that Envoy asks another one.",
)
@click.option(
    "--drain-seconds",
    type=click.FloatRange(min=0),
    default=30.0,
    show_default=True,
    help="How long requests in flight may take after that.",
)
def main(
    models: tuple[ModelConfig, ...],
    model_config_file: str | None,
    address: str,
    status_address: tuple[str, int],
    mode: str,
    sample_rate: float,
    tensorflow_serving: str | None,
    max_request_bytes: int,
    max_tensor_bytes: int,
    poll_seconds: float,
    drain_delay_seconds: float,
    drain_seconds: float,
) -> None:
    """Judge the requests that Envoy sends on to TensorFlow Serving.

    The external processor (ext_proc) of an Envoy: see docs/envoy.md and examples/envoy. Logs are lines of JSON on
    standard error. SIGTERM ends it once what is in flight is answered.
    """
    if not models and model_config_file is None:
        raise click.UsageError("there is no model: give --model-base-path NAME=PATH or --model-config-file FILE")
    missing = [package for module, package in _NEEDED.items() if not _is_there(module)]
    if missing:
        raise click.ClickException(f"serve needs {' and '.join(missing)}: pip install 'tensorgate[serving]'")
    # Here, so that --help needs none of them.
    from tensorgate.serving.sidecar.background_stream import BackgroundStream
    from tensorgate.serving.sidecar.mode import Mode
    from tensorgate.serving.sidecar.service import Settings, serve

    settings = Settings(
        models,
        model_config_file,
        address,
        *status_address,
        Mode(mode),
        sample_rate,
        Limits(max_request_bytes=max_request_bytes, max_tensor_bytes=max_tensor_bytes),
        poll_seconds,
        tensorflow_serving,
        drain_delay_seconds,
        drain_seconds,
    )
    if sys.stderr is None:  # closed before the start: a socket would get its number, and what C++ has to say
        sys.stderr = os.fdopen(os.dup2(os.open(os.devnull, os.O_WRONLY), 2), "w")
    try:
        with BackgroundStream(sys.stderr) as log:
            asyncio.run(serve(settings, log))
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # of a package around it
        return False
