"""Models whose version directories are watched."""

from __future__ import annotations

import dataclasses
import logging
import os
import pathlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Self

from tensorgate import _core
from tensorgate._core import Violation
from tensorgate.serving.model_config import ModelConfig
from tensorgate.serving.model_state import ModelState, VersionState
from tensorgate.serving.models import Models, Signatures, refuse
from tensorgate.serving.saved_model import load_signatures

# More than any server keeps; a base path may hold years of them.
MAX_VERSIONS = 64
_FILES = ("saved_model.pb", "assets.extra/tensorgate.json")
FileStamp = tuple[int, int, int]
Available = Callable[[str], frozenset[int] | None]
OnEvent = Callable[[str, Mapping[str, object]], None]


class WatchedModels(Models):
    """The contracts of SavedModels under base paths, taken up as versions come and go.

    A request that names a version or a label is held against that one's contract, any other against that of the newest
    version that TensorFlow Serving would serve. What can't be read is reported, and what is in force stays so. As a
    context manager it looks at the directories in a thread of its own.

    Args:
        configs: the models, or their base paths by name.
        poll_seconds: between two looks; TensorFlow Serving's file_system_poll_wait_seconds.
        available: gives by a model's name the versions that the server behind has loaded, None where it can't tell.
            Until a newer version is among them, a request that names none means the one before.
        on_event: is told of every version that is taken up or dropped, and of every problem.

    Raises:
        ValueError: two models have one name, or there is none.

    >>> with WatchedModels({"ranker": "no/such/model"}) as models:
    ...     models.states()[0].problems
    {None: "No such file or directory: 'no/such/model'"}
    """

    def __init__(
        self,
        configs: Iterable[ModelConfig] | Mapping[str, str | os.PathLike[str]],
        *,
        poll_seconds: float = 1.0,
        available: Available | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        self._poll_seconds = poll_seconds
        self._available = available
        self._on_event = on_event
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._looking = threading.Lock()
        self._configs: list[ModelConfig] = []
        self._models: Mapping[str, _Model] = {}
        if isinstance(configs, Mapping):
            configs = [ModelConfig(name, os.fspath(path)) for name, path in configs.items()]
        self.configure(configs)

    def configure(self, configs: Iterable[ModelConfig]) -> None:
        """Serve these models from now on; contracts of those that stay are not read again.

        Raises:
            ValueError: two models have one name, or there is none.

        >>> WatchedModels({"ranker": "no/such/model"}).configure([])
        Traceback (most recent call last):
        ValueError: there is no model to serve
        """
        configs = list(configs)
        names = {config.name for config in configs}
        if not configs or len(names) < len(configs):
            raise ValueError("two models have one name" if configs else "there is no model to serve")
        with self._looking:
            self._configs = configs
            self._look_at_all()

    def poll(self) -> None:
        """Look at all directories once.

        >>> WatchedModels({"ranker": "no/such/model"}).poll()
        """
        with self._looking:
            self._look_at_all()

    def _look_at_all(self) -> None:
        before = self._models
        # Readers see all of the old or all of the new: what is in force is never changed.
        self._models = {config.name: self._looked_at(config, before.get(config.name)) for config in self._configs}
        if self._on_event is not None:
            for name, model in self._models.items():
                _tell(self._on_event, before[name].state if name in before else None, model.state)

    def version(self, name: str, version: int | None = None, label: str | None = None) -> VersionState:
        """Return the version that a request means.

        Raises:
            ValidationError: no such model, version or label is served, or none could be read yet.

        >>> WatchedModels({"ranker": "no/such/model"}).version("ranker")
        Traceback (most recent call last):
        tensorgate.ValidationError: 1 violation of the models that are served
          model_spec.version  unknown_model: expected none, as no version could be read, got none
        """
        if not name:
            refuse(Violation("model_spec.name", "missing", "the model's name"))
        model = self._models.get(name)
        if model is None:
            refuse(_core.unknown_model("model_spec.name", name, list(self._models)))
        if label is not None:
            labels = model.config.version_labels
            if label not in labels:
                refuse(_core.unknown_model("model_spec.version_label", label, list(labels)))
            version = labels[label]
        found = model.newest if version is None else model.in_force.get(version)
        if found is None:
            known = ", ".join(map(str, list(model.in_force)[:8])) or "none, as no version could be read"
            refuse(Violation("model_spec.version", "unknown_model", known, "none" if version is None else str(version)))
        return found

    def signatures(self, name: str, version: int | None = None, label: str | None = None) -> Signatures:
        """Return the contracts of the version that a request means, by the names of their signatures.

        Raises:
            ValidationError: as `version`.

        >>> WatchedModels({"ranker": "no/such/model"}).signatures("rankr")
        Traceback (most recent call last):
        tensorgate.ValidationError: 1 violation of the models that are served
          model_spec.name  unknown_model: expected 'ranker', got 'rankr'; did you mean 'ranker'?
        """
        return self.version(name, version, label).signatures

    def states(self) -> list[ModelState]:
        """Return what is known of each model now.

        >>> WatchedModels({"ranker": "no/such/model"}).states()[0].newest
        """
        return [model.state for model in self._models.values()]

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, name="tensorgate-models", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(self._poll_seconds):
            try:
                self.poll()
            except Exception:  # of a function that was given: the next look may go well
                logging.getLogger(__name__).exception("the models could not be looked at")

    def _looked_at(self, config: ModelConfig, before: _Model | None) -> _Model:
        looks = before.looks if before is not None and before.config.base_path == config.base_path else {}
        available = self._available(config.name) if self._available is not None else None
        try:
            folders = _version_folders(config.base_path)
        except OSError as error:
            return _Model(config, looks, available, {None: f"{error.strerror}: {config.base_path!r}"})
        if not folders:
            return _Model(config, looks, available, {None: f"there is no version in {config.base_path!r}"})
        wanted = [*config.served(list(folders)), *sorted(folders, reverse=True)[:MAX_VERSIONS]]
        now = {number: _look(folders[number], number, looks.get(number)) for number in wanted}
        # The last contracts stay in force until there are others: a directory may be on its way to another disk.
        if not any(look.state for look in now.values()):
            now |= {number: look for number, look in looks.items() if number not in now}
        return _Model(config, now, available, {})


@dataclasses.dataclass(frozen=True)
class _Look:
    """What the last look at a version directory gave."""

    stamp: tuple[FileStamp | None, ...]
    state: VersionState | None
    problem: str | None = None


class _Model:
    """A model as it stands after a look at its directories; never changed."""

    def __init__(
        self,
        config: ModelConfig,
        looks: Mapping[int, _Look],
        available: frozenset[int] | None,
        troubles: Mapping[int | None, str],
    ) -> None:
        self.config = config
        self.looks = looks
        states = {number: looks[number].state for number in sorted(looks, reverse=True)}
        self.in_force = {number: _labelled(state, config) for number, state in states.items() if state is not None}
        served = config.served(list(looks))
        # Newest first: one that is served and loaded, else one that is served, else any.
        preferred = [number for number in served if available is None or number in available]
        choices = (*preferred, *(sorted(available, reverse=True) if available else ()), *served, *self.in_force)
        self.newest = next((self.in_force[number] for number in choices if number in self.in_force), None)
        problems: dict[int | None, str] = {number: look.problem for number, look in looks.items() if look.problem}
        self.state = ModelState(
            config.name,
            config.base_path,
            tuple(self.in_force.values()),
            self.newest.number if self.newest else None,
            {**troubles, **problems},
        )


def _labelled(state: VersionState, config: ModelConfig) -> VersionState:
    labels = tuple(label for label, number in config.version_labels.items() if number == state.number)
    return dataclasses.replace(state, labels=labels)


def _version_folders(base_path: str) -> dict[int, pathlib.Path]:
    with os.scandir(base_path) as entries:
        numbered = [entry for entry in entries if entry.name.isascii() and entry.name.isdigit() and _is_folder(entry)]
    found = {int(entry.name): pathlib.Path(entry.path) for entry in numbered if len(entry.name) < 20}
    return {number: folder for number, folder in found.items() if number < 1 << 63}


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or to where nobody may look
        return False


def file_stamp(path: str | os.PathLike[str]) -> FileStamp | None:
    """Return what tells whether a file is still the same; None where there is none.

    >>> file_stamp("no/such/file")
    """
    try:
        found = pathlib.Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _look(folder: pathlib.Path, number: int, before: _Look | None) -> _Look:
    # Taken first: a file that is still being written is read again.
    stamp = tuple(file_stamp(folder / name) for name in _FILES)
    if before is not None and before.stamp == stamp:
        return before
    if stamp[0] is None:
        return _Look(stamp, before.state if before is not None else None, f"there is no saved_model.pb in '{folder}'")
    try:
        return _Look(stamp, VersionState(number, load_signatures(folder), time.time()))
    except (OSError, ValueError) as error:
        return _Look(stamp, before.state if before is not None else None, str(error))


def _tell(on_event: OnEvent, before: ModelState | None, now: ModelState) -> None:
    old = {version.number: version.since for version in before.versions} if before else {}
    new = {version.number: version.since for version in now.versions}
    for number, since in new.items():
        if old.get(number) != since:
            on_event("contract_taken_up", {"model": now.name, "version": number})
    for number in old.keys() - new.keys():
        on_event("contract_dropped", {"model": now.name, "version": number})
    for version, problem in now.problems.items():
        if before is None or before.problems.get(version) != problem:
            on_event("contract_problem", {"model": now.name, "version": version, "problem": problem})
