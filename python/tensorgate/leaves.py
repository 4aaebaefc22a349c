"""The tensors of a batch, each beside its spec, and a batch with others in their place."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from tensorgate._core import Signature, TensorSpec
from tensorgate.python_values import is_row, items

ABSENT = object()

Key = str | int
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
    parts = held(specs)
    if parts is None:
        yield Leaf(trail, path, specs, batch)
        return
    given = _given(specs, batch)
    if given is None:
        return
    for key, part in parts.items():
        if key in given or (isinstance(specs, Mapping) and is_optional(part) and has_default(part)):
            yield from leaves_of(part, given.get(key, ABSENT), (*trail, key), path + _step(specs, key))


def has_default(specs: Any) -> bool:
    """Return whether some spec of a nest has a default.

    >>> has_default({"x": TensorSpec((), default=1.0), "y": TensorSpec(())})
    True
    """
    parts = held(specs)
    if parts is None:
        return specs.optional and getattr(specs, "default", None) is not None
    return any(map(has_default, parts.values()))


def is_optional(specs: Any) -> bool:
    """Return whether a batch may leave out a nest of specs.

    >>> is_optional({"x": TensorSpec((), default=1.0), "y": TensorSpec(())})
    False
    """
    parts = held(specs)
    return specs.optional if parts is None else all(map(is_optional, parts.values()))


def replaced(batch: Any, values: Mapping[Trail, Any]) -> Any:
    """Return the batch with other values at some places. What holds none of these places is not copied.

    >>> batch = {"a": [1, 2], "b": [3]}
    >>> replaced(batch, {("a", 1): 5}), batch["a"]
    ({'a': [1, 5], 'b': [3]}, [1, 2])
    """
    if () in values:
        return values[()]
    below: dict[Key, dict[Trail, Any]] = {}
    for (key, *rest), value in values.items():
        below.setdefault(key, {})[tuple(rest)] = value
    given = {} if batch is ABSENT else held(batch) or {}
    made = {key: replaced(given.get(key, ABSENT), inner) for key, inner in below.items()}
    if dataclasses.is_dataclass(batch):
        twin = copy.copy(batch)
        for name, value in made.items():
            object.__setattr__(twin, str(name), value)  # it may be frozen
        return twin
    whole = {**given, **made}
    if not is_row(batch):
        return whole
    if _fields(batch) is not None:
        return tuple.__new__(type(batch), tuple(whole.values()))
    return list(whole.values()) if isinstance(batch, list) else tuple(whole.values())


def held(nest: Any) -> dict[Key, Any] | None:
    """Return what a dict, list, tuple, namedtuple or dataclass holds; None of anything else.

    Of a mapping with a name twice, too: no dict holds that.

    >>> held(["a", "b"])
    {0: 'a', 1: 'b'}
    """
    if issubclass(type(nest), Mapping):
        pairs = list(nest.items())
        whole = dict(pairs)
        return whole if len(whole) == len(pairs) else None
    fields = _fields(nest)
    if is_row(nest):
        return dict(zip(fields, items(nest), strict=True)) if fields is not None else dict(enumerate(items(nest)))
    return None if fields is None else {name: getattr(nest, name) for name in fields}


def _given(specs: Any, batch: Any) -> dict[Key, Any] | None:
    """What a batch holds for a nest of specs; None where it has another form."""
    if batch is ABSENT:
        return {}
    return held(batch) if _form(batch) == _form(specs) else None


def _fields(nest: Any) -> tuple[str, ...] | None:
    """The names of a namedtuple's or a dataclass's fields."""
    kind = type(nest)
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def _form(nest: Any) -> object:
    kind = type(nest)
    base = next((base for base in (Mapping, list, tuple) if issubclass(kind, base)), object)
    return base, _fields(nest)


def _step(specs: Any, key: Key) -> str:
    if isinstance(specs, Mapping):
        return _quoted(str(key))
    return f"[{key}]" if isinstance(key, int) else f".{key}"


@lru_cache(maxsize=1024)
def _quoted(name: str) -> str:
    """['name'], as the core writes it."""
    return Signature({name: TensorSpec(())}).violations({})[0].path.removeprefix("inputs")
