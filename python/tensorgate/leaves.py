"""The tensors of a batch, each beside its spec, and a batch with others in their place."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from tensorgate.nests import Key, field_names, is_row, items, step

ABSENT = object()

Trail = tuple[Key, ...]


@dataclasses.dataclass
class Leaf:
    """A tensor's place in the contract, and what a batch has there.

    Attributes:
        trail: the keys, indices and fields that lead to it.
        path: the same, as violations write it.
        spec: what the contract says of it.
        value: what the batch has; ABSENT for nothing.
    """

    trail: Trail
    path: str
    spec: Any
    value: Any = ABSENT


def leaves_of(specs: Any, batch: Any, trail: Trail = (), path: str = "inputs") -> Iterator[Leaf]:
    """Yield what a batch has where the contract has a tensor, and the places of absent tensors that have a default.

    What is not structured as in the contract is passed over.
    """
    parts = _held(specs)
    if parts is None:
        yield Leaf(trail, path, specs, batch)
        return
    given = _given(specs, batch)
    if given is None:
        return
    for key, part in parts.items():
        if key in given or (isinstance(specs, Mapping) and is_optional(part) and has_default(part)):
            yield from leaves_of(part, given.get(key, ABSENT), (*trail, key), path + step(specs, key))


def has_default(specs: Any) -> bool:
    """Return whether some spec of a nest has a default.

    >>> from tensorgate import TensorSpec
    >>> has_default({"x": TensorSpec((), default=1.0), "y": TensorSpec(())})
    True
    """
    parts = _held(specs)
    if parts is None:
        return specs.optional and getattr(specs, "default", None) is not None
    return any(map(has_default, parts.values()))


def is_optional(specs: Any) -> bool:
    """Return whether a batch may leave out a nest of specs.

    >>> from tensorgate import TensorSpec
    >>> is_optional({"x": TensorSpec((), default=1.0), "y": TensorSpec(())})
    False
    """
    parts = _held(specs)
    return specs.optional if parts is None else all(map(is_optional, parts.values()))


def replaced(batch: Any, values: Mapping[Trail, Any]) -> Any:
    """Return the batch with other values at some places. What holds none of these places is not copied.

    >>> batch = {"a": [1, 2], "b": [3]}
    >>> replaced(batch, {("a", 1): 5}), batch["a"]
    ({'a': [1, 5], 'b': [3]}, [1, 2])
    """
    if not values:
        return batch
    if type(batch) is dict and all(len(trail) == 1 for trail in values):
        return batch | {key: value for (key,), value in values.items()}
    if () in values:
        return values[()]
    below: dict[Key, dict[Trail, Any]] = {}
    for (key, *rest), value in values.items():
        below.setdefault(key, {})[tuple(rest)] = value
    given = {} if batch is ABSENT else _held(batch) or {}
    made = {key: replaced(given.get(key, ABSENT), inner) for key, inner in below.items()}
    if dataclasses.is_dataclass(batch):
        twin = copy.copy(batch)
        for name, value in made.items():
            object.__setattr__(twin, str(name), value)  # it may be frozen
        return twin
    whole = {**given, **made}
    if not is_row(batch):
        return whole
    if field_names(type(batch)) is not None:
        return tuple.__new__(type(batch), tuple(whole.values()))
    return list(whole.values()) if isinstance(batch, list) else tuple(whole.values())


def _held(nest: Any) -> dict[Key, Any] | None:
    """What a nest holds, as the core sees it: by its type, and without a list's or tuple's own methods.

    None, too, of a mapping with a name twice: no dict holds that.
    """
    kind = type(nest)
    if issubclass(kind, Mapping):
        pairs = list(nest.items())
        whole = dict(pairs)
        return whole if len(whole) == len(pairs) else None
    names = field_names(kind)
    if is_row(nest):
        return dict(enumerate(items(nest)) if names is None else zip(names, items(nest), strict=True))
    return None if names is None else {name: getattr(nest, name) for name in names}


def _given(specs: Any, batch: Any) -> dict[Key, Any] | None:
    """What a batch holds for a nest of specs; None where it has another form."""
    if batch is ABSENT:
        return {}
    return _held(batch) if _form(batch) == _form(specs) else None


def _form(nest: Any) -> object:
    kind = type(nest)
    base = next((base for base in (Mapping, list, tuple) if issubclass(kind, base)), object)
    return base, field_names(kind)
