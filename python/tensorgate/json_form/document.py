"""JSON text to and from Python values, strictly (RFC 8259), with the place in what is said of a bad one."""

from __future__ import annotations

import json
import math
import reprlib
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

_LINE = 100  # characters of a list or object that stays on one line

_shortened = reprlib.Repr()
_shortened.maxstring = _shortened.maxother = _shortened.maxlong = 80


class Object(dict[str, Any]):
    """A JSON object, and the key that it gives twice, if there is one."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        counts = Counter(key for key, _ in pairs) if len(self) < len(pairs) else {}
        self.repeated = next((key for key, count in counts.items() if count > 1), None)


class NoNumber:
    """What Python's reader takes for a number and JSON doesn't, or what no float holds."""

    def __init__(self, token: str) -> None:
        self.token = token

    def __repr__(self) -> str:
        return self.token


def parse(text: str | bytes) -> Any:
    """Return the value of a JSON text, its objects as Object.

    Raises:
        ValueError: the text is no JSON, not in UTF-8, or nested too deep.

    >>> parse(b'[1, {"a": null}]')
    [1, {'a': None}]
    """
    try:
        plain = text if isinstance(text, str) else str(text, "utf-8")
        return json.loads(plain, object_pairs_hook=Object, parse_float=_float, parse_constant=NoNumber)
    except RecursionError:
        raise ValueError("no JSON that can be read: nested too deep") from None
    except ValueError as error:
        raise ValueError(f"no JSON: {error}") from None


def layout(value: Any, indent: str = "\n") -> str:
    """Return JSON text that people can read: a line for what is short, and for a list of numbers.

    >>> print(layout({"name": "a" * 90, "sizes": [1, 2]}).replace("a" * 90, "a..."))
    {
      "name": "a...",
      "sizes": [1, 2]
    }
    """
    deeper = indent + "  "
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{_atom(key)}: {layout(part, deeper)}" for key, part in value.items()]
    elif isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value):
        opening, closing = "[", "]"
        parts = [layout(part, deeper) for part in value]
    else:
        return _atom(value)
    if len(indent) + sum(map(len, parts)) + 2 * len(parts) <= _LINE:
        return f"{opening}{', '.join(parts)}{closing}"
    return f"{opening}{deeper}{f',{deeper}'.join(parts)}{indent}{closing}"


def shown(value: object) -> str:
    """Return a short text of a JSON value, for a message.

    >>> shown([1, 2]), shown(None), shown("ids")
    ('a list', 'null', "'ids'")
    """
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _shortened.repr(value)


def unexpected(place: str, expected: str, value: object) -> ValueError:
    """Return the error of a value that is not what its place takes.

    >>> unexpected("inputs.list", "a list", None)
    ValueError('inputs.list: expected a list, got null')
    """
    return ValueError(f"{place}: expected {expected}, got {shown(value)}")


def string(place: str, value: object) -> str:
    """Return the value if it is a string; raise ValueError if not."""
    if not isinstance(value, str):
        raise unexpected(place, "a string", value)
    return value


def integer(place: str, value: object) -> int:
    """Return the value if it is an integer; raise ValueError if not."""
    if type(value) is not int:
        raise unexpected(place, "an integer", value)
    return value


def boolean(place: str, value: object) -> bool:
    """Return the value if it is true or false; raise ValueError if not."""
    if not isinstance(value, bool):
        raise unexpected(place, "true or false", value)
    return value


def items(place: str, value: object) -> list[Any]:
    """Return the value if it is a list; raise ValueError if not."""
    if not isinstance(value, list):
        raise unexpected(place, "a list", value)
    return value


def members(
    place: str, value: object, required: Collection[str] | None = None, optional: Collection[str] = ()
) -> dict[str, Any]:
    """Return the value if it is an object with these keys, and no other unless `required` is None.

    Raises:
        ValueError: it is anything else, or gives a key twice.
    """
    if not isinstance(value, Object):
        raise unexpected(place, "an object", value)
    if value.repeated is not None:
        raise ValueError(f"{place}: gives the key {shown(value.repeated)} twice")
    if required is None:
        return value
    for key in required:
        if key not in value:
            raise ValueError(f"{place}: lacks {key!r}")
    for key in value:
        if key not in required and key not in optional:
            raise ValueError(f"{place}: unknown key {shown(key)}")
    return value


def made(place: str, make: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Return make(...), with the place before what it finds wrong.

    Raises:
        ValueError: make raised a TypeError or ValueError.
    """
    try:
        return make(*args, **kwargs)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{place}: {error}") from error


def _atom(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _float(token: str) -> float | NoNumber:
    number = float(token)
    return number if math.isfinite(number) else NoNumber(token)
