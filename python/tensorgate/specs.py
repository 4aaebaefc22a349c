"""What is asked of specs, whatever kind of tensor they describe."""

from __future__ import annotations

from typing import Any, TypeAlias

from tensorgate._core import Dim, RaggedTensorSpec, SparseTensorSpec, TensorSpec

Spec: TypeAlias = TensorSpec | RaggedTensorSpec | SparseTensorSpec

_VALUE_RULES = ("minimum", "maximum", "finite", "one_of", "max_bytes", "utf8")


def dim_name(dim: Any) -> str | None:
    """Return the name of a spec's dimension, if it has one.

    >>> dim_name(Dim("seq", max=8)), dim_name("seq"), dim_name(3)
    ('seq', 'seq', None)
    """
    return dim.name if isinstance(dim, Dim) else dim if isinstance(dim, str) else None


def value_rules(spec: Spec) -> dict[str, Any]:
    """Return the rules that a spec has for values, as the arguments that it was made with.

    >>> value_rules(TensorSpec((), "string", max_bytes=3))
    {'max_bytes': 3}
    """
    rules = {word: getattr(spec, word) for word in _VALUE_RULES}
    return {word: rule for word, rule in rules.items() if rule is not None and rule is not False}
