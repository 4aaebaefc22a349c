"""What is known of a served model at one moment."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from tensorgate._core import Signature


@dataclasses.dataclass(frozen=True)
class VersionState:
    """A version whose contract is in force.

    Attributes:
        number: the version directory's.
        signatures: the contracts by name.
        since: when they were taken up, in seconds since the epoch.
        labels: the labels under which requests may ask for it.
    """

    number: int
    signatures: Mapping[str, Signature]
    since: float
    labels: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ModelState:
    """A model.

    Attributes:
        name: as requests name it.
        base_path: the directory above its versions.
        versions: those in force, the newest first.
        newest: the version that a request means which names none; None where there is none yet.
        problems: what is wrong on disk by version, of the base path itself under None. What is in force stays so.
    """

    name: str
    base_path: str
    versions: tuple[VersionState, ...]
    newest: int | None
    problems: Mapping[int | None, str] = dataclasses.field(default_factory=dict)
