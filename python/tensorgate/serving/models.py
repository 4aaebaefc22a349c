"""The contracts of the models that are served."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NoReturn

from tensorgate import _core
from tensorgate._core import Signature, Violation
from tensorgate.errors import ValidationError
from tensorgate.serving.saved_model import load_signatures

Signatures = Mapping[str, Signature]
ModelContracts = Signature | Signatures | str | os.PathLike[str]


class Models:
    """Which contract a request means, where more than one model may be served.

    Args:
        models: by the model's name: the path of a SavedModel, of which the newest version is read, a Signature, or
            several by name. A lone Signature holds for whatever model a request names.

    Raises:
        OSError, ValueError: a SavedModel can't be read; the signatures of one model stand in the place of models.
        TypeError: an argument is none of these.

    A version in a request changes nothing: the contract is the model's. `WatchedModels` tells versions apart.

    >>> models = Models({"ranker": Signature({"x": TensorSpec((None, 3))})})
    >>> models.signatures("ranker")["serving_default"].inputs["x"]
    TensorSpec(shape=(None, 3), dtype='float32')
    >>> models.signatures("rankr")
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of the models that are served
      model_spec.name  unknown_model: expected 'ranker', got 'rankr'; did you mean 'ranker'?
    """

    def __init__(self, models: Signature | Mapping[str, ModelContracts]) -> None:
        self._of_any = {models.name: models} if isinstance(models, Signature) else None
        self._by_name: dict[str, Signatures] = {}
        if isinstance(models, Signature):
            return
        if not isinstance(models, Mapping) or not models:
            raise TypeError(f"models is {models!r:.80}; it must be a Signature, or a dict of contracts by model")
        if all(isinstance(contract, Signature) and contract.name == name for name, contract in models.items()):
            raise ValueError("models holds the signatures of one model; put its name before them: {'name': signatures}")
        self._by_name = {name: _signatures(name, contracts) for name, contracts in models.items()}

    @staticmethod
    def of(models: Models | Signature | Mapping[str, ModelContracts]) -> Models:
        """Return what is one already, or make one.

        >>> Models.of(Signature({})).signatures("any")
        {'serving_default': Signature({})}
        """
        return models if isinstance(models, Models) else Models(models)

    def signatures(self, name: str, version: int | None = None, label: str | None = None) -> Signatures:
        """Return the contracts of a model by the names of their signatures.

        Args:
            name: the model's, as a request gives it.
            version: the version that it asks for; None leaves the choice to the server.
            label: a label in the place of a version.

        Raises:
            ValidationError: no such model is served.

        >>> Models({"ranker": Signature({})}).signatures("ranker", version=3)
        {'serving_default': Signature({})}
        """
        del version, label
        if not name:
            refuse(Violation("model_spec.name", "missing", "the model's name"))
        found = self._of_any or self._by_name.get(name)
        if found is None:
            refuse(_core.unknown_model("model_spec.name", name, list(self._by_name)))
        return found


def refuse(violation: Violation) -> NoReturn:
    """Raise what a request gets that means no model that is served."""
    raise ValidationError("the models that are served", [violation])


def _signatures(name: object, contracts: object) -> Signatures:
    if not isinstance(name, str):
        raise TypeError(f"a model's name is {name!r:.80}; it must be a str")
    if isinstance(contracts, Signature):
        return {contracts.name: contracts}
    if isinstance(contracts, str | os.PathLike):
        return load_signatures(contracts)
    if isinstance(contracts, Mapping) and all(isinstance(found, Signature) for found in contracts.values()):
        return dict(contracts)
    raise TypeError(
        f"the contract of model {name!r:.80} is {contracts!r:.80}; "
        "it must be a SavedModel's path, a Signature or a dict of Signatures by name"
    )
