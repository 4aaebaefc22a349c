"""The input_signature under which calls that were traced apart share one trace."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate.tf.call_arguments import UNKNOWN, Arguments, Nest, Thing, Value, Variable, described, text_of

_SPECS = (tf.TensorSpec, tf.RaggedTensorSpec, tf.SparseTensorSpec)


@dataclasses.dataclass(frozen=True)
class Obstacle:
    """What keeps an argument from having one spec for all calls.

    Attributes:
        path: the argument or a part of it.
        why: what it was, and what to do.
    """

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@dataclasses.dataclass(frozen=True)
class OneTrace:
    """An input_signature, or what is in its way.

    Attributes:
        names: the parameters that have a spec; the others keep their defaults.
        specs: a spec, or a nest of them, for each of `names`; None where there are obstacles.
        obstacles: what has to change first.
    """

    names: tuple[str, ...]
    specs: tuple[Any, ...] | None
    obstacles: tuple[Obstacle, ...]

    def code(self) -> str:
        """Return the input_signature as code."""
        lines = [
            f"    {_code(spec)}," + ("" if getattr(spec, "name", None) else f"  # {name}")
            for name, spec in zip(self.names, self.specs or (), strict=True)
        ]
        return "\n".join(["input_signature=[", *lines, "]"])


def merged(known: Arguments, more: Arguments) -> Arguments:
    """Return the narrowest arguments that take both.

    >>> few, many = (described({"x": tf.zeros([n, 3])}) for n in (2, 5))
    >>> text_of(merged(few, many)["x"])
    'tensor float32 [None, 3]'
    """
    return {name: _merged(known[name], more[name]) for name in known}


def one_trace(signature: inspect.Signature, arguments: Arguments) -> OneTrace:
    """Return the input_signature for what `merged` gives.

    >>> def f(x, scale=1.0): ...
    >>> print(one_trace(inspect.signature(f), described({"x": tf.zeros([2]), "scale": 1.0})).code())
    input_signature=[
        tf.TensorSpec([2], tf.float32, name='x'),
    ]
    """
    nodes: dict[str, Any] = {}
    obstacles: list[Obstacle] = []
    skipped: list[inspect.Parameter] = []

    def add(name: str, path: str, node: Any) -> None:
        obstacles.extend(_in_the_way(node, path))
        nodes[name] = node

    for parameter in signature.parameters.values():
        name, node = parameter.name, arguments[parameter.name]
        if name == "self":  # TensorFlow gives it no spec
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            if isinstance(node, _Conflict):
                obstacles.append(Obstacle(name, node.why))
                continue
            for key, part in node.parts.items():
                add(f"{name}_{key}", f"{name}[{key}]", part)
        elif parameter.kind is parameter.VAR_KEYWORD:
            if isinstance(node, _Conflict) or node.parts:
                obstacles.append(Obstacle(name, f"an input_signature takes no **{name}; name the parameters"))
        elif _is_default(node, parameter):
            skipped.append(parameter)
        elif parameter.kind is parameter.KEYWORD_ONLY and _holds_specs(node):
            obstacles.append(
                Obstacle(name, f"{text_of(node)}, by keyword only; an input_signature needs it before the *")
            )
        else:
            obstacles.extend(
                Obstacle(early.name, f"{text_of(arguments[early.name])} before {name!r}; move it behind the tensors")
                for early in skipped
            )
            skipped.clear()
            add(name, name, node)
    specs = None if obstacles else tuple(_spec(node, name) for name, node in nodes.items())
    return OneTrace(tuple(nodes), specs, tuple(obstacles))


@dataclasses.dataclass(frozen=True)
class _Conflict:
    """Calls that no one spec takes."""

    why: str

    def __str__(self) -> str:
        return self.why


def _merged(a: Any, b: Any) -> Any:
    if isinstance(a, _Conflict) or isinstance(b, _Conflict):
        return a if isinstance(a, _Conflict) else b
    if isinstance(a, Nest) and isinstance(b, Nest) and (a.kind, a.parts.keys()) == (b.kind, b.parts.keys()):
        return dataclasses.replace(a, parts={key: _merged(part, b.parts[key]) for key, part in a.parts.items()})
    if isinstance(a, tf.TypeSpec) and isinstance(b, tf.TypeSpec):
        return a.most_specific_common_supertype([b]) or _Conflict(_of_specs(a, b))
    if a is UNKNOWN or a == b:
        return b
    if b is UNKNOWN:
        return a
    return _Conflict(_difference(a, b))


def _of_specs(a: Any, b: Any) -> str:
    if isinstance(a, tf.TensorSpec) and isinstance(b, tf.TensorSpec):
        return f"{a.dtype.name} and {b.dtype.name}; cast it to one dtype before the call"
    return f"{text_of(a)} and {text_of(b)}; convert it to one kind before the call"


def _difference(a: Any, b: Any) -> str:
    if isinstance(a, Value) and isinstance(b, Value):
        if _is_number(a) and _is_number(b):
            return f"Python values {a.value} and {b.value}; pass a tensor, such as tf.constant({a.value})"
        return f"{a} and {b}; have a tf.function for each"
    if isinstance(a, Nest) and isinstance(b, Nest):
        advice = "stack or pad them into one tensor" if a.kind == b.kind != "dict" else "give every call one structure"
        return f"{a} and {b}; {advice}"
    if isinstance(a, Thing) and isinstance(b, Thing):
        return _advice(b)
    number = next((node.value for node in (a, b) if isinstance(node, Value) and _is_number(node)), None)
    if number is not None:
        return f"{text_of(a)} and {text_of(b)}; pass a tensor always, such as tf.constant({number})"
    if isinstance(a, Variable) or isinstance(b, Variable):
        return f"{text_of(a)} and {text_of(b)}; pass tensors, as tf.convert_to_tensor makes of a variable"
    return f"{text_of(a)} and {text_of(b)}; have a tf.function for each"


def _is_number(node: Value) -> bool:
    return isinstance(node.value, (int, float, complex)) and not isinstance(node.value, bool)


def _in_the_way(node: Any, path: str) -> list[Obstacle]:
    if isinstance(node, Nest) and (node.kind in ("dict", "list", "tuple") or issubclass(node.form, tuple)):
        return [found for key, part in node.parts.items() for found in _in_the_way(part, path + node.step(key))]
    return [] if isinstance(node, _SPECS) else [Obstacle(path, _advice(node))]


def _advice(node: Any) -> str:
    if isinstance(node, _Conflict):
        return node.why
    if isinstance(node, Thing):
        return f"{node}, of which each has its own trace; let the function close over it, or be its method"
    if isinstance(node, Value):
        tensor = f", or pass tf.constant({node.value})" if _is_number(node) else ""
        return f"{node}; make it the default, behind the tensors{tensor}"
    if isinstance(node, Variable):
        return f"{node}; let the function close over it, or pass tf.convert_to_tensor of it"
    return f"{text_of(node)}; pass its parts, in a dict"


def _is_default(node: Any, parameter: inspect.Parameter) -> bool:
    if parameter.default is parameter.empty or _holds_specs(node):
        return False
    return bool(node == described({"default": parameter.default})["default"])


def _holds_specs(node: Any) -> bool:
    return any(map(_holds_specs, node.parts.values())) if isinstance(node, Nest) else isinstance(node, tf.TypeSpec)


def _spec(node: Any, name: str | None = None) -> Any:
    if isinstance(node, Nest):
        parts = {key: _spec(part) for key, part in node.parts.items()}
        if node.kind == "dict":
            return parts
        values = tuple(parts.values())
        return list(values) if node.kind == "list" else tuple.__new__(node.form, values)
    return tf.TensorSpec(node.shape, node.dtype, name) if isinstance(node, tf.TensorSpec) else node


def _code(spec: Any) -> str:
    if isinstance(spec, tf.TypeSpec):
        return _code_of_spec(spec)
    if isinstance(spec, dict):
        return "{" + ", ".join(f"{key!r}: {_code(part)}" for key, part in spec.items()) + "}"
    parts = [_code(part) for part in spec]
    fields = nests.field_names(type(spec))
    if fields is not None:
        return f"{type(spec).__name__}({', '.join(f'{n}={part}' for n, part in zip(fields, parts, strict=True))})"
    inner = ", ".join(parts)
    return f"[{inner}]" if isinstance(spec, list) else f"({inner}{',' if len(parts) == 1 else ''})"


def _code_of_spec(spec: Any) -> str:
    arguments = [str(None if spec.shape.rank is None else spec.shape.as_list()), _code_of_dtype(spec.dtype)]
    if isinstance(spec, tf.RaggedTensorSpec):
        arguments += [f"ragged_rank={spec.ragged_rank}", f"row_splits_dtype={_code_of_dtype(spec.row_splits_dtype)}"]
    elif getattr(spec, "name", None):
        arguments.append(f"name={spec.name!r}")
    kind = next(kind for kind in _SPECS if isinstance(spec, kind))
    return f"tf.{kind.__name__}({', '.join(arguments)})"


def _code_of_dtype(dtype: tf.DType) -> str:
    return f"tf.{dtype.name}" if hasattr(tf, dtype.name) else f"tf.as_dtype({dtype.name!r})"
