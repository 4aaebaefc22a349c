"""What of a model is run when one of its signatures is served."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import Signature, Violation, ViolationCode
from tensorgate.errors import ValidationError
from tensorgate.tf.parameters import TRACED, Parameters, is_keras
from tensorgate.tf.specs import from_tf
from tensorgate.tf.static import static_violations

Call = Callable[[Any], Any]


def own_signatures(model: Any) -> dict[str, Signature]:
    """Return what a model says of its inputs by itself, by the name of the signature.

    Raises:
        TypeError, ValueError: it says nothing.
    """
    if is_keras(model):
        return {"serving_default": Signature.from_keras(model)}
    loaded = getattr(model, "signatures", None)
    if isinstance(loaded, Mapping) and loaded:
        return {name: from_tf(function) for name, function in loaded.items()}
    return {"serving_default": from_tf(_function(model, "serving_default"))}


def served_call(model: Any, signature: Signature) -> Call:
    """Return the function from a batch, structured as the signature's inputs, to what the model makes of it.

    Raises:
        ValidationError: the model takes other inputs, for certain.
        ValueError: the model has nothing to serve under the signature's name, or takes other parameters.
    """
    if is_keras(model):
        return _call_of_keras(model, signature)
    function = _function(model, signature.name)
    parameters = Parameters.of(function)
    args, kwargs = _arguments(model, parameters, signature.to_tf())
    if not isinstance(function, TRACED):
        return _bound(model, parameters, tf.function(function))
    own = _own_if_any(function)
    if own is not None:
        _require_none(model, signature, static_violations(own, parameters.named(args, kwargs)))
    return _bound(model, parameters, function)


def trackable(model: Any, functions: Iterable[Any]) -> Any:
    """Return what TensorFlow is to save, so that the functions find their variables in it.

    A Keras model would bring its optimizer along, which is larger than the model itself; a function is nothing that can
    be saved.
    """
    if not is_keras(model) and not isinstance(model, TRACED) and not inspect.isroutine(model):
        return model
    holder = tf.Module()
    variables = [variable for function in functions for variable in function.variables]
    holder.weights = list({id(variable): variable for variable in variables}.values())
    if is_keras(model):
        inside = tf.train.TrackableView(model).descendants()
        holder.resources = [part for part in inside if isinstance(part, tf.saved_model.experimental.TrackableResource)]
    return holder


def described(model: Any) -> str:
    """Return what messages call a model.

    >>> described(tf.Module(name="ranker"))
    "Module 'ranker'"
    """
    name = getattr(model, "__name__", None) or getattr(model, "name", None)
    kind = type(model).__name__
    if is_keras(model):
        kind = f"Keras {kind}"
    elif isinstance(model, TRACED):
        kind = "tf.function"
    elif isinstance(getattr(model, "signatures", None), Mapping):
        kind = "loaded SavedModel"
    return f"{kind} {name!r}" if isinstance(name, str) else kind


def _function(model: Any, name: str) -> Any:
    if isinstance(model, TRACED) or inspect.isroutine(model):
        return model
    loaded = getattr(model, "signatures", None)
    if isinstance(loaded, Mapping) and name in loaded:
        return loaded[name]
    for method in (name, "__call__"):
        function = getattr(model, method, None)
        if isinstance(function, TRACED):
            return function
    if callable(model):
        return model
    raise ValueError(
        f"{described(model)} has nothing to serve as {name!r}: neither a tf.function of that name, nor can it be called"
    )


def _call_of_keras(model: Any, signature: Signature) -> Call:
    import keras  # whoever has a model of it has it

    inputs = getattr(model, "inputs", None)
    if not inputs:  # a subclassed model looks at its inputs when it is called
        parameters = Parameters.of(model)
        _arguments(model, parameters, signature.inputs)
        return _bound(model, parameters, functools.partial(model, training=False))
    structure = inputs[0] if isinstance(model, keras.Sequential) else model.input
    own, arranged = model, _unchanged
    if isinstance(signature.inputs, Mapping) and not isinstance(structure, Mapping):
        names = _names(inputs, signature.inputs)
        own = dict(zip(names, inputs, strict=True))
        arranged = functools.partial(_packed, structure, names)
    # Keras casts, and passes over names that it does not know.
    found = static_violations(Signature.from_keras(own), signature.to_tf())
    _require_none(model, signature, [violation for violation in found if violation.code != ViolationCode.dtype])
    return lambda batch: model(arranged(batch), training=False)


def _names(inputs: Sequence[Any], wanted: Mapping[str, Any]) -> list[str]:
    proper = [spec.name for spec in Signature.from_keras(list(inputs)).inputs]
    if proper == [None] and len(wanted) == 1:  # a name that Keras made up binds nobody
        return list(wanted)
    return [tensor.name for tensor in inputs]


def _packed(structure: Any, names: Sequence[str], batch: Mapping[str, Any]) -> Any:
    return tf.nest.pack_sequence_as(structure, [batch.get(name) for name in names])


def _unchanged(batch: Any) -> Any:
    return batch


def _bound(model: Any, parameters: Parameters, function: Any) -> Call:
    def call(batch: Any) -> Any:
        args, kwargs = _arguments(model, parameters, batch)
        return function(*args, **kwargs)

    return call


def _own_if_any(function: Any) -> Signature | None:
    try:
        return from_tf(function)
    except (TypeError, ValueError):  # it takes whatever can be traced
        return None


def _require_none(model: Any, signature: Signature, found: Sequence[Violation]) -> None:
    if found:
        raise ValidationError(f"{described(model)} by signature {signature.name!r}", found)


def _arguments(model: Any, parameters: Parameters, batch: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return a batch as the arguments of a call: by name where the names fit, else as one or one after the other."""
    if isinstance(batch, Mapping):
        named = {parameters.name_of(name): part for name, part in batch.items()}
        if parameters.required <= named.keys() <= set(parameters.names):
            return [], named
    if parameters.positional and len(parameters.required) <= 1:
        return parameters.call_of({parameters.positional[0]: batch}, 1)
    if isinstance(batch, (list, tuple)) and len(parameters.required) <= len(batch) <= len(parameters.positional):
        return list(batch), {}
    takes = ", ".join(parameters.names)
    has = ", ".join(batch) if isinstance(batch, Mapping) else len(nests.held(batch) or [batch])
    raise ValueError(f"{described(model)} takes ({takes}), which are not the inputs of the signature: {has}")
