"""The parameters of functions, and which of them a call's arguments are for."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

_Kind = inspect.Parameter
TRACED = (tf.types.experimental.GenericFunction, tf.types.experimental.ConcreteFunction)


@dataclass(frozen=True)
class Parameters:
    """What a function can be called with.

    Attributes:
        function: its name, for messages.
        names: its parameters but for *args and **kwargs, in order.
        positional: those that an argument without a name can be for.
        by_name: whether they are passed on by name all the same, as to a loaded signature.
        required: those without a default.
        fixed: the Python values that a ConcreteFunction was traced with, by parameter.
        rest: what it calls its *args, if it has them.
        takes_any: whether it has **kwargs.
    """

    function: str
    names: tuple[str, ...]
    positional: tuple[str, ...]
    by_name: bool
    required: frozenset[str]
    fixed: Mapping[str, Any]
    rest: str | None
    takes_any: bool

    @classmethod
    def of(cls, function: Any) -> Parameters:
        """Return the parameters of a tf.function, a ConcreteFunction, a Keras model or any callable.

        >>> Parameters.of(lambda x, y=2: x).names
        ('x', 'y')
        """
        known = list(_signature(function).parameters.values())
        # A method that is not bound yet, by the name that tf.function knows it by.
        known = known[1:] if known and known[0].name == "self" else known
        named = [p for p in known if p.kind not in (_Kind.VAR_POSITIONAL, _Kind.VAR_KEYWORD)]
        positional = tuple(p.name for p in named if p.kind is not _Kind.KEYWORD_ONLY)
        # A loaded signature's only input needs no name.
        is_lone = not positional and len(named) == 1
        fixed = _fixed(named) if isinstance(function, tf.types.experimental.ConcreteFunction) else {}
        required = (p.name for p in named if p.default is p.empty and not getattr(p, "optional", False))
        return cls(
            function=_name(function),
            names=tuple(p.name for p in named),
            positional=(named[0].name,) if is_lone else positional,
            by_name=is_lone,
            required=frozenset(required) - fixed.keys(),
            fixed=fixed,
            rest=next((p.name for p in known if p.kind is _Kind.VAR_POSITIONAL), None),
            takes_any=any(p.kind is _Kind.VAR_KEYWORD for p in known),
        )

    def of_positions(self, count: int) -> tuple[str, ...]:
        """Return names for the first arguments, as TensorFlow gives them: those of *args are numbered.

        Raises:
            TypeError: the function takes fewer.

        >>> Parameters.of(lambda x, *more: x).of_positions(3)
        ('x', 'more_0', 'more_1')
        """
        most = len(self.positional)
        if count > most and self.rest is None:
            raise TypeError(
                f"{self.function}() takes {most} argument{'s'[: most != 1]} without a name, {count} are given"
            )
        return self.positional[:count] + tuple(f"{self.rest}_{i}" for i in range(count - most))

    def named(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return a call's arguments by the names of their parameters.

        Raises:
            TypeError: there are too many arguments, or two for one parameter.

        >>> Parameters.of(lambda x, y: x).named([1], {"y": 2})
        {'x': 1, 'y': 2}
        """
        names = self.positional if len(args) <= len(self.positional) else self.of_positions(len(args))
        given = dict(zip(names, args, strict=False))
        if not given.keys().isdisjoint(kwargs):
            twice = next(name for name in kwargs if name in given)
            raise TypeError(f"{self.function}() got two values for argument {twice!r}")
        return {**given, **kwargs}

    def call_of(self, arguments: Mapping[str, Any], count: int) -> tuple[list[Any], dict[str, Any]]:
        """Return arguments by name as the function takes them: the first `count` without a name, the others with it.

        >>> Parameters.of(lambda x, y: x).call_of({"x": 1, "y": 2}, 1)
        ([1], {'y': 2})
        """
        unnamed = () if self.by_name else self.of_positions(count)
        others = {self.name_of(alias): value for alias, value in arguments.items() if alias not in unnamed}
        # TensorFlow wants to have them all.
        others |= {name: value for name, value in self.fixed.items() if name not in arguments}
        return [arguments[name] for name in unnamed], others

    def knows(self, name: str) -> bool:
        """Return whether there is a parameter of that name, or one that takes it.

        >>> Parameters.of(lambda x, *more: x).knows("more_1")
        True
        """
        return self.takes_any or name in self.names or (self.rest is not None and name.startswith(f"{self.rest}_"))

    def name_of(self, alias: str) -> str:
        """Return the parameter that an input's name stands for: TensorFlow calls 'image/x' image_x.

        >>> Parameters.of(lambda image_x: image_x).name_of("image/x")
        'image_x'
        """
        if alias in self.names:
            return alias
        name = "".join(letter if letter.isalnum() else "_" for letter in alias)
        name = name if name[:1].isalpha() else f"arg_{name}"
        return name if name in self.names else alias


def is_keras(function: object) -> bool:
    """Return whether this is a layer or model of Keras 3, without importing it.

    >>> is_keras(print)
    False
    """
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(function, keras.Layer)


def _name(function: Any) -> str:
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return re.sub(r"^__inference_(signature_wrapper_)?|_\d+$", "", tf.compat.as_str(function.name))
    return str(getattr(function, "__name__", None) or getattr(function, "name", type(function).__name__))


def _fixed(parameters: Sequence[Any]) -> dict[str, Any]:
    constraints = {parameter.name: parameter.type_constraint for parameter in parameters}
    return {name: kind.value for name, kind in constraints.items() if type(kind).__name__ == "Literal"}


def _signature(function: Any) -> inspect.Signature:
    if isinstance(function, TRACED):
        known: inspect.Signature = function.function_type
        return known
    return inspect.signature(function.call if is_keras(function) else function)
