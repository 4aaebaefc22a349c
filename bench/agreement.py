"""Contenders are timed only when they all say the same of the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

Contenders = Mapping[str, Callable[[Any], Any]]
Inputs = Mapping[str, Any] | Sequence[Any]


class DisagreementError(AssertionError):
    """Contenders judge an input differently: one of them is wrong, or does other work."""


def require_verdicts(
    contenders: Contenders, good: Inputs, bad: Inputs, does_not_see: Mapping[str, Collection[str]]
) -> None:
    """Require that each contender accepts every good input and refuses every bad one.

    Args:
        contenders: by name, each returns a verdict.
        good: what all must accept.
        bad: what all must refuse; by kind, where a contender does not see them all.
        does_not_see: kinds of bad inputs that a contender accepts, and must: a stale claim is an error.

    Raises:
        DisagreementError: with a line for each wrong verdict.
    """
    bad_inputs = _by_name(bad)
    for contender, kinds in does_not_see.items():
        if strangers := set(kinds) - bad_inputs.keys():
            raise DisagreementError(f"{contender} is said not to see {sorted(strangers)}, which no bad input shows")
    wrong = []
    for contender, accepts in contenders.items():
        unseen = does_not_see.get(contender, ())
        wrong += _wrong_verdicts(contender, accepts, "good", _by_name(good), refused=())
        wrong += _wrong_verdicts(contender, accepts, "bad", bad_inputs, refused=bad_inputs.keys() - set(unseen))
    if wrong:
        raise DisagreementError("\n".join(wrong))


def require_results(contenders: Contenders, limit: str, inputs: Inputs, agree: Callable[[Any, Any], object]) -> None:
    """Require that each contender's result for each input agrees with the limit's.

    Raises:
        DisagreementError: with a line for each result that differs.
    """
    wrong = []
    for name, value in _by_name(inputs).items():
        expected = contenders[limit](value)
        wrong += [
            f"{contender} and {limit} differ on input {name}"
            for contender, function in contenders.items()
            if not agree(function(value), expected)
        ]
    if wrong:
        raise DisagreementError("\n".join(wrong))


def _by_name(inputs: Inputs) -> Mapping[str, Any]:
    return inputs if isinstance(inputs, Mapping) else {str(number): value for number, value in enumerate(inputs)}


def _wrong_verdicts(
    contender: str, accepts: Callable[[Any], Any], sort: str, inputs: Mapping[str, Any], refused: Collection[str]
) -> list[str]:
    wrong = []
    for name, value in inputs.items():
        try:
            verdict = bool(accepts(value))
        except Exception as error:
            wrong.append(f"{contender} raises {type(error).__name__} for {sort} input {name}: {error}")
            continue
        if verdict == (name in refused):
            wrong.append(f"{contender} {'accepts' if verdict else 'refuses'} {sort} input {name}")
    return wrong
