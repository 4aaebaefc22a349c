"""Which input a violation is about, in words that no client chooses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from tensorgate import _core
from tensorgate.nests import held
from tensorgate.serving.aliases import dense_parts, inputs_by_alias
from tensorgate.serving.model_state import ModelState

REQUEST = "(request)"  # of no input
OTHER = "(other)"  # of an input that no contract of the model has

# "inputs['ids'][3]", "instances[7]['ids']", "examples[1]['ids']": the name as it is quoted.
_INPUT = re.compile(r"\w+(?:\[\d+\])?(\['(?:[^'\\]|\\.)*'\])")


class InputNames:
    """The names of inputs in the contracts of models."""

    def __init__(self, models: Callable[[], Sequence[ModelState]]) -> None:
        """Take what gives the models. It is asked each time: equal states that are the same objects cost least."""
        self._models = models
        self._states: Sequence[ModelState] = ()
        self._names: dict[str | None, dict[str, str]] = {}

    def of(self, model: str | None) -> Mapping[str, str]:
        """Return the names in a model's contracts as paths quote them, each with itself."""
        states = self._models()
        # Elements that are the same objects are equal at once.
        if states != self._states:
            self._names = {state.name: {_core.at("", name): name for name in _names(state)} for state in states}
        self._states = states
        return self._names.get(model, {})


def input_of(path: str, names: Mapping[str, str]) -> str:
    """Return the input that a violation's path lies in.

    >>> names = {"['ids']": "ids"}
    >>> [input_of(path, names) for path in ("instances[7]['ids'][2]", "inputs['<b>']", "model_spec.name")]
    ['ids', '(other)', '(request)']
    """
    found = _INPUT.match(path)
    return REQUEST if found is None else names.get(found[1], OTHER)


def _names(state: ModelState) -> Iterable[str]:
    for version in state.versions:
        for signature in version.signatures.values():
            yield from (key for key in held(signature.inputs) or () if isinstance(key, str))
            for alias, spec in inputs_by_alias(signature.inputs).items():
                yield alias
                yield from dense_parts(alias, spec)
