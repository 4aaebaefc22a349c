"""Nests of Python values: dicts, lists, tuples, namedtuples and dataclasses, with anything for leaves."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

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


def fields_of(nest: Any) -> dict[str, Any] | None:
    """Return the fields of a namedtuple or a dataclass; None of anything else.

    >>> fields_of(named_tuple("Pair", {"x": 1, "y": 2}))
    {'x': 1, 'y': 2}
    """
    if isinstance(nest, tuple) and hasattr(nest, "_fields"):
        return dict(zip(nest._fields, nest, strict=True))
    if dataclasses.is_dataclass(nest) and not isinstance(nest, type):
        return {field.name: getattr(nest, field.name) for field in dataclasses.fields(nest)}
    return None


def children(nest: Any, path: str) -> dict[str, Any] | None:
    """Return what a nest holds, in its own order, by path; None of a leaf.

    >>> children({"a": 1, "b": 2}, "inputs")
    {"inputs['a']": 1, "inputs['b']": 2}
    """
    if isinstance(nest, Mapping):
        return {f"{path}[{key!r}]": value for key, value in nest.items()}
    fields = fields_of(nest)
    if fields is not None:
        return {f"{path}.{name}": value for name, value in fields.items()}
    if isinstance(nest, (list, tuple)):
        return {f"{path}[{index}]": value for index, value in enumerate(nest)}
    return None


def rebuilt(nest: Any, values: Iterable[Any]) -> Any:
    """Return a nest like this one that holds other values, in the order of `children`.

    It is made of plain parts and runs no code of the original's: any mapping becomes a dict, a namedtuple or
    dataclass one of a new class with the same name and fields.

    >>> rebuilt({"a": 1, "b": 2}, "xy")
    {'a': 'x', 'b': 'y'}
    """
    if isinstance(nest, Mapping):
        return dict(zip(nest, values, strict=True))
    fields = fields_of(nest)
    if fields is None:
        return list(values) if isinstance(nest, list) else tuple(values)
    make = named_tuple if isinstance(nest, tuple) else dataclass
    return make(type(nest).__name__, dict(zip(fields, values, strict=True)))


def mapped(convert: Callable[[str, Any], Any], nest: Any, path: str = "inputs") -> Any:
    """Return the nest with `convert(path, leaf)` in the place of each leaf.

    Raises:
        ValueError: the nest is over 64 deep, as is one that holds itself.

    >>> mapped(lambda path, leaf: f"{path} was {leaf}", {"a": [1, 2]})
    {'a': ["inputs['a'][0] was 1", "inputs['a'][1] was 2"]}
    """
    return _mapped(convert, nest, path, MAX_DEPTH)


def _mapped(convert: Callable[[str, Any], Any], nest: Any, path: str, depth: int) -> Any:
    if depth < 0:
        raise ValueError(f"{path[:40]}... is nested over {MAX_DEPTH} deep")
    held = children(nest, path)
    if held is None:
        return convert(path, nest)
    return rebuilt(nest, [_mapped(convert, value, place, depth - 1) for place, value in held.items()])
