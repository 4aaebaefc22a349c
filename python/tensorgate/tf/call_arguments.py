"""What a tf.function sees of a call's arguments, and how it differs from what another call had."""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tensorgate import nests

Key = nests.Key


@dataclasses.dataclass(frozen=True)
class Nest:
    """A container, whose kind, keys and length tf.function tells apart.

    Attributes:
        kind: "dict", "list" or "tuple", or the name of a class with fields.
        parts: what it holds.
        form: its class.
    """

    kind: str
    parts: Mapping[Key, Any]
    form: type

    def __str__(self) -> str:
        if self.kind in ("list", "tuple"):
            return f"{self.kind} of {len(self.parts)}"
        return f"{self.kind} with {self.keys() or 'nothing'}"

    def step(self, key: Key) -> str:
        """Return what follows its path in that of what it holds.

        >>> Nest("dict", {}, dict).step("ids")
        "['ids']"
        """
        return nests.step({} if self.kind == "dict" else None, key)

    def keys(self) -> str:
        """Return its keys as text."""
        return _cut(", ".join(sorted(map(repr, self.parts))))


@dataclasses.dataclass(frozen=True)
class Variable:
    """A tf.Variable; which one does not count, but whether it came before in the same call does."""

    dtype: str
    shape: tf.TensorShape
    trainable: bool
    alias: object = dataclasses.field(default=0, compare=False)  # TensorFlow's own numbers are not ours

    def __str__(self) -> str:
        frozen = "" if self.trainable else ", not trainable"
        return f"tf.Variable {self.dtype} {_sizes(self.shape)}{frozen}"


@dataclasses.dataclass(frozen=True, eq=False)
class Value:
    """A Python value, of which each has a trace of its own."""

    value: Any

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Value):
            return NotImplemented
        both_nan = self.value != self.value and other.value != other.value
        return bool(both_nan or self.value == other.value)

    def __str__(self) -> str:
        return f"Python value {_cut(repr(self.value))}"


@dataclasses.dataclass(frozen=True, eq=False)
class Thing:
    """A Python object that tf.function refers to weakly, and tells apart by identity, or by an == of its own."""

    type_name: str
    reference: object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Thing):
            return NotImplemented
        return bool(self.reference == other.reference)

    def __str__(self) -> str:
        return f"object of type {self.type_name}"


# An object or value of a trace that TensorFlow does not show.
UNKNOWN = Thing("unknown", None)

# By the name of the parameter.
Arguments = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Change:
    """What makes an argument differ from an earlier one.

    Attributes:
        path: the argument or a part of it, as `batch['ids']`.
        what: "shape", "dtype", "value", "keys", "length", "object", or "kind" where it is something else altogether.
        before: as the earlier trace has it.
        after: as the later has it.
    """

    path: str
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"

    @property
    def text(self) -> str:
        """The change without the path."""
        what = {"kind": "", "value": "Python value ", "length": ""}.get(self.what, f"{self.what} ")
        return f"{what}{self.before} -> {self.after}"


def described(arguments: Mapping[str, Any]) -> Arguments:
    """Return what tf.function tells calls apart by.

    >>> arguments = described({"x": np.zeros((2, 3)), "n": [1]})
    >>> print(arguments["x"], "and", arguments["n"])
    TensorSpec(shape=(2, 3), dtype=tf.float64, name=None) and list of 1
    """
    variables: list[Any] = []
    return {name: _described(value, variables) for name, value in arguments.items()}


def takes(trace: Arguments, call: Arguments) -> bool:
    """Return whether a trace of these arguments takes those of a call.

    >>> general = described({"x": tf.TensorSpec([None, 3])})
    >>> takes(general, described({"x": tf.zeros([2, 3])})), takes(general, described({"x": 1.0}))
    (True, False)
    """
    return trace.keys() == call.keys() and all(_takes(trace[name], call[name]) for name in trace)


def completed(trace: Arguments, call: Arguments) -> Arguments:
    """Return the trace's arguments, with those of the call for the objects that TensorFlow does not show."""
    return {name: _completed(trace[name], call[name]) for name in trace}


def differences(before: Arguments, after: Arguments) -> list[Change]:
    """Return what changed between two calls, in the order of the arguments.

    >>> few, many = ({"x": tf.zeros([n]), "n": n} for n in (2, 5))
    >>> [str(change) for change in differences(described(few), described(many))]
    ['x: shape [2] -> [5]', 'n: Python value 2 -> 5']
    """
    return [change for name in after if name in before for change in _changes(before[name], after[name], name)]


def text_of(node: Any) -> str:
    """Return a tensor, value or container as a line of text.

    >>> text_of(tf.TensorSpec([None, 3]))
    'tensor float32 [None, 3]'
    """
    if not isinstance(node, tf.TypeSpec):
        return str(node)
    kinds = {tf.TensorSpec: "tensor", tf.RaggedTensorSpec: "ragged", tf.SparseTensorSpec: "sparse"}
    kind = next((name for form, name in kinds.items() if isinstance(node, form)), None)
    return f"{kind} {node.dtype.name} {_sizes(node.shape)}" if kind else _cut(repr(node))


def _described(value: Any, variables: list[Any]) -> Any:
    if isinstance(value, tf.TypeSpec):
        return _of_spec(value)
    if isinstance(value, tf.Variable):
        return _of_variable(value, variables)
    if tf.is_tensor(value):
        return _of_spec(tf.type_spec_from_value(value))
    if hasattr(value, "__wrapped__"):  # as TensorFlow's wrappers of containers have
        return _described(value.__wrapped__, variables)
    parts = _held(value)
    if parts is not None:
        return Nest(_kind(value), {key: _described(part, variables) for key, part in parts.items()}, type(value))
    if hasattr(value, "__array__") and not isinstance(value, type):
        array = np.asarray(value)
        return tf.TensorSpec(array.shape, array.dtype)
    if type(value).__name__ == "UnknownArgument":  # TensorFlow's, in the signature of a trace
        return UNKNOWN
    try:
        return Thing(type(value).__name__, weakref.ref(value))
    except TypeError:
        return Value(value)


def _of_spec(spec: Any) -> Any:
    if isinstance(spec, tf.TensorSpec):
        return tf.TensorSpec(spec.shape, spec.dtype)  # a name would tell it from others
    if issubclass(spec.value_type, tf.Variable):
        return Variable(spec.dtype.name, spec.shape, bool(spec.trainable))
    return spec


def _of_variable(variable: Any, variables: list[Any]) -> Variable:
    alias = next((i for i, known in enumerate(variables) if known is variable), len(variables))
    if alias == len(variables):
        variables.append(variable)
    return Variable(variable.dtype.name, variable.shape, bool(variable.trainable), alias)


def _held(value: Any) -> dict[Key, Any] | None:
    """What a container holds; None of what tf.function takes for an object."""
    attributes = getattr(type(value), "__attrs_attrs__", None)
    if attributes is not None:
        return {attribute.name: getattr(value, attribute.name) for attribute in attributes}
    if isinstance(value, (Mapping, list, tuple)) or hasattr(value, "__tf_flatten__"):
        return nests.held(value)
    return None


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "dict"
    if isinstance(value, list):
        return "list"
    is_plain = isinstance(value, tuple) and nests.field_names(type(value)) is None
    return "tuple" if is_plain else type(value).__name__


def _takes(trace: Any, call: Any) -> bool:
    if isinstance(trace, Nest):
        return (
            isinstance(call, Nest)
            and (trace.kind, trace.parts.keys()) == (call.kind, call.parts.keys())
            and all(_takes(part, call.parts[key]) for key, part in trace.parts.items())
        )
    if trace is UNKNOWN:
        return isinstance(call, (Value, Thing))
    if isinstance(trace, tf.TypeSpec):
        return isinstance(call, tf.TypeSpec) and bool(call.is_subtype_of(trace))
    return bool(trace == call)


def _completed(trace: Any, call: Any) -> Any:
    if isinstance(trace, Nest):
        parts = {key: _completed(part, call.parts[key]) for key, part in trace.parts.items()}
        return dataclasses.replace(trace, parts=parts)
    return call if trace is UNKNOWN or isinstance(trace, Variable) else trace


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Nest) and isinstance(after, Nest) and before.kind == after.kind:
        yield from _changes_within(before, after, path)
    elif isinstance(before, tf.TensorSpec) and isinstance(after, tf.TensorSpec):
        if before.dtype != after.dtype:
            yield Change(path, "dtype", before.dtype.name, after.dtype.name)
        if _sizes(before.shape) != _sizes(after.shape):
            yield Change(path, "shape", _sizes(before.shape), _sizes(after.shape))
    elif isinstance(before, Value) and isinstance(after, Value):
        if before != after:
            yield Change(path, "value", _cut(repr(before.value)), _cut(repr(after.value)))
    elif isinstance(before, Thing) and isinstance(after, Thing):
        if before != after:
            other = f"another {after.type_name}" if before.type_name == after.type_name else after.type_name
            yield Change(path, "object", before.type_name, f"{other}; objects are told apart by identity")
    elif isinstance(before, Variable) and before == after and before.alias != after.alias:
        yield Change(path, "kind", "a variable of its own", "one that came before in the same call")
    elif before != after:
        yield Change(path, "kind", text_of(before), text_of(after))


def _changes_within(before: Nest, after: Nest, path: str) -> Iterator[Change]:
    if before.parts.keys() != after.parts.keys():
        if before.kind in ("list", "tuple"):
            yield Change(path, "length", str(before), str(after))
            return
        yield Change(path, "keys", before.keys(), after.keys())
    for key, part in after.parts.items():
        if key in before.parts:
            yield from _changes(before.parts[key], part, path + after.step(key))


def _sizes(shape: tf.TensorShape) -> str:
    return "of any rank" if shape.rank is None else str(shape.as_list())


def _cut(text: str, width: int = 60) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."
