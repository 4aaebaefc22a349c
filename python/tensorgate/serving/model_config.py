"""Which models are served, as TensorFlow Serving is told."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from functools import cache
from typing import Any


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """A model, where its versions lie and which of them are served.

    Attributes:
        name: as requests name it.
        base_path: the directory above the numbered versions.
        latest: how many of the newest versions are served; 0 for all. TensorFlow Serving's default is one.
        specific: the versions that are served, whichever are the newest; empty where `latest` says it.
        version_labels: versions by the labels under which requests may ask for them.

    >>> ModelConfig("ranker", "models/ranker").served([1, 2, 10])
    [10]
    """

    name: str
    base_path: str
    latest: int = 1
    specific: tuple[int, ...] = ()
    version_labels: Mapping[str, int] = dataclasses.field(default_factory=dict)

    def served(self, versions: list[int]) -> list[int]:
        """Return those that are served of the versions on disk, the newest first."""
        newest_first = sorted(versions, reverse=True)
        if self.specific:
            return [version for version in newest_first if version in self.specific]
        return newest_first[: self.latest or None]


def read_model_configs(path: str | os.PathLike[str]) -> list[ModelConfig]:
    r"""Return the models of a TensorFlow Serving configuration file, its `--model_config_file`.

    The text is a tensorflow.serving.ModelServerConfig; its model_version_policy and version_labels count. Needs
    protobuf.

    Raises:
        OSError: it can't be read.
        ValueError: it is no such text, or names no model; the message has the line.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "models.config")
    ...     _ = file.write_text('model_config_list { config { name: "ranker" base_path: "/models/ranker" } }')
    ...     read_model_configs(file)
    [ModelConfig(name='ranker', base_path='/models/ranker', latest=1, specific=(), version_labels={})]
    """
    # Here, so that models by path do without protobuf.
    from google.protobuf import text_format

    text = pathlib.Path(path).read_text(encoding="utf-8")
    config = _message_type()()
    try:
        text_format.Parse(text, config, allow_unknown_field=True)
    except text_format.ParseError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None
    found = [_model_config(model, os.fspath(path)) for model in config.model_config_list.config]
    if not found:
        raise ValueError(f"{os.fspath(path)}: there is no model in its model_config_list")
    return found


def _model_config(model: Any, path: str) -> ModelConfig:
    if not model.name or not model.base_path:
        raise ValueError(f"{path}: a model without a name or a base_path")
    policy = model.model_version_policy
    specific = tuple(policy.specific.versions) if policy.HasField("specific") else ()
    if policy.HasField("specific") and not specific:
        raise ValueError(f"{path}: model {model.name!r}: a specific policy without versions")
    latest = 0 if policy.HasField("all") else policy.latest.num_versions or 1
    return ModelConfig(model.name, model.base_path, latest, specific, dict(model.version_labels))


@cache
def _message_type() -> Any:
    """Return ModelServerConfig with the fields that count here.

    TensorFlow Serving's own classes come with all of TensorFlow. Text knows no numbers: these are any.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    number, text, message = (getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind}") for kind in _KINDS)
    file = descriptor_pb2.FileDescriptorProto(name="tensorgate/model_server_config.proto", package="tensorgate")
    file.syntax = "proto3"

    def add(name: str, *fields: tuple[str, int, str, bool]) -> None:
        described = file.message_type.add(name=name)
        for index, (field, kind, type_name, repeated) in enumerate(fields, 1):
            described.field.add(
                name=field,
                number=index,
                type=kind,
                label=3 if repeated else 1,
                type_name=f".tensorgate.{type_name}" if type_name else None,
            )

    add("Latest", ("num_versions", number, "", False))
    add("All")
    add("Specific", ("versions", number, "", True))
    add(
        "Policy",
        ("latest", message, "Latest", False),
        ("all", message, "All", False),
        ("specific", message, "Specific", False),
    )
    add(
        "Model",
        ("name", text, "", False),
        ("base_path", text, "", False),
        ("model_version_policy", message, "Policy", False),
        ("version_labels", message, "Model.VersionLabelsEntry", True),
    )
    entry = file.message_type[-1].nested_type.add(name="VersionLabelsEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=text, label=1)
    entry.field.add(name="value", number=2, type=number, label=1)
    add("ModelList", ("config", message, "Model", True))
    add("ModelServerConfig", ("model_config_list", message, "ModelList", False))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorgate.ModelServerConfig"))


_KINDS = ("INT64", "STRING", "MESSAGE")
