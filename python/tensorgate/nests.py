"""Nests of Python values: dicts, lists, tuples, namedtuples and dataclasses, with anything for leaves."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from tensorgate import _core

Key = str | int

# As deep as a contract may be: what holds itself would go on for ever.
MAX_DEPTH = 64


@lru_cache(maxsize=256)
def named_tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    """Return a namedtuple class of that name and those fields, the same one each time.

    >>> named_tuple_type("Pair", ("x", "y"))(1, 2)
    Pair(x=1, y=2)
    """
    made = namedtuple(name, fields, rename=True)  # type: ignore[misc]  # names that are made at run time
    if made._fields != fields:
        raise ValueError(f"a namedtuple has no fields of the names {fields}")
    return made


@lru_cache(maxsize=256)
def dataclass_type(name: str, fields: tuple[str, ...]) -> Any:
    """Return a frozen dataclass of that name and those fields, the same one each time.

    >>> dataclass_type("Pair", ("x", "y"))(1, 2)
    Pair(x=1, y=2)
    """
    return dataclasses.make_dataclass(name, fields, frozen=True)


def named_tuple(name: str, fields: Mapping[str, Any]) -> Any:
    """Return a namedtuple of a class that is made for it.

    >>> named_tuple("Pair", {"x": 1, "y": 2})
    Pair(x=1, y=2)
    """
    return named_tuple_type(name, tuple(fields))(*fields.values())


def dataclass(name: str, fields: Mapping[str, Any]) -> Any:
    """Return an instance of a frozen dataclass that is made for it.

    >>> dataclass("Pair", {"x": 1, "y": 2})
    Pair(x=1, y=2)
    """
    return dataclass_type(name, tuple(fields))(*fields.values())


def is_row(value: object) -> bool:
    """Return whether the value is a list or a tuple, or of a class made of one.

    >>> is_row([]), is_row("ab")
    (True, False)
    """
    return issubclass(type(value), (list, tuple))


def items(row: Any) -> Sequence[Any]:
    """Return what a list or tuple holds. The methods of a subclass are not asked, as they may be any code.

    >>> items([1, 2])
    [1, 2]
    """
    return list.__getitem__(row, slice(None)) if isinstance(row, list) else tuple.__getitem__(row, slice(None))


def field_names(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields of a namedtuple's or a dataclass's class; None of any other.

    >>> field_names(named_tuple_type("Pair", ("x", "y")))
    ('x', 'y')
    """
    if issubclass(kind, tuple):
        return getattr(kind, "_fields", None)
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else None


def held(nest: Any) -> dict[Key, Any] | None:
    """Return what a nest holds, in its own order; None of a leaf.

    >>> held(["a", "b"])
    {0: 'a', 1: 'b'}
    """
    if isinstance(nest, Mapping):
        return dict(nest.items())
    # TensorFlow wraps what a module holds in objects that give the class of what they wrap.
    names = field_names(nest.__class__)
    if isinstance(nest, (list, tuple)):
        return dict(enumerate(nest) if names is None else zip(names, nest, strict=True))
    return None if names is None else {name: getattr(nest, name) for name in names}


def step(nest: Any, key: Key) -> str:
    """Return what follows a nest's path in that of what it holds.

    >>> step({}, "a"), step([], 0), step(named_tuple("Pair", {"x": 1}), "x")
    ("['a']", '[0]', '.x')
    """
    if not isinstance(key, str):
        return f"[{key!r}]"
    return _core.at("", key) if isinstance(nest, Mapping) else f".{key}"


def rebuilt(nest: Any, values: Iterable[Any]) -> Any:
    """Return a nest like this one that holds other values, in the order of `held`.

    It is made of plain parts and runs no code of the original's: any mapping becomes a dict, a namedtuple or
    dataclass one of a new class with the same name and fields.

    >>> rebuilt({"a": 1, "b": 2}, "xy")
    {'a': 'x', 'b': 'y'}
    """
    if isinstance(nest, Mapping):
        return dict(zip(nest, values, strict=True))
    fields = field_names(nest.__class__)
    if fields is None:
        return list(values) if isinstance(nest, list) else tuple(values)
    make = named_tuple if isinstance(nest, tuple) else dataclass
    return make(nest.__class__.__name__, dict(zip(fields, values, strict=True)))


def mapped(convert: Callable[[str, Any], Any], nest: Any, path: str = "inputs") -> Any:
    """Return the nest with `convert(path, leaf)` in the place of each leaf.

    Raises:
        ValueError: the nest is over 64 deep, as is one that holds itself.

    >>> mapped(lambda path, leaf: f"{path} was {leaf}", {"a": [1, 2]})
    {'a': ["inputs['a'][0] was 1", "inputs['a'][1] was 2"]}
    """
    return _mapped(convert, nest, path, MAX_DEPTH)


def leaves(nest: Any) -> list[Any]:
    """Return the leaves of a nest, in its own order.

    >>> leaves({"a": [1, 2], "b": 3})
    [1, 2, 3]
    """
    found: list[Any] = []
    mapped(lambda _, leaf: found.append(leaf), nest)
    return found


def _mapped(convert: Callable[[str, Any], Any], nest: Any, path: str, depth: int) -> Any:
    if depth < 0:
        raise ValueError(f"{path[:40]}... is nested over {MAX_DEPTH} deep")
    parts = held(nest)
    if parts is None:
        return convert(path, nest)
    return rebuilt(nest, [_mapped(convert, part, path + step(nest, key), depth - 1) for key, part in parts.items()])
