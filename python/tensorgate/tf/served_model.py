"""What of a model is run when one of its signatures is served."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import Signature, Violation, ViolationCode
from tensorgate.errors import ValidationError
from tensorgate.tf.function_proxy import FunctionProxy
from tensorgate.tf.guard import Guarded
from tensorgate.tf.parameters import TRACED, Parameters, is_keras
from tensorgate.tf.specs import from_tf
from tensorgate.tf.static import static_violations

Call = Callable[[Any], Any]
Arguments = tuple[list[Any], dict[str, Any]]


def own_signatures(model: Any) -> dict[str, Signature]:
    """Return what a model says of its inputs by itself, by the name of the signature.

    Raises:
        TypeError, ValueError: it says nothing.
    """
    loaded = None if is_keras(model) else getattr(model, "signatures", None)
    if isinstance(loaded, Mapping) and loaded:
        return {name: from_tf(function) for name, function in loaded.items()}
    function = _function(model, "serving_default")
    guard = _guard_of(function)
    if guard is not None:
        return {"serving_default": _contract_of(guard)}
    if is_keras(function):
        # Some layers make another dtype than they tell of: what the SavedModel has is certain.
        return {"serving_default": Signature(Signature.from_keras(function).inputs)}
    return {"serving_default": from_tf(function)}


def served_call(model: Any, signature: Signature) -> Call:
    """Return the function from a batch, structured as the signature's inputs, to what the model makes of it.

    Raises:
        ValidationError: the model takes other inputs, for certain.
        ValueError: the model has nothing to serve under the signature's name, or takes other parameters.
    """
    function = _function(model, signature.name)
    guard = _guard_of(function)
    if guard is not None and signature.is_subtype_of(_contract_of(guard)):
        function = _unwrapped(function)
    if is_keras(function):
        return _call_of_keras(function, signature)
    parameters = Parameters.of(function)
    if not isinstance(function, TRACED):
        return _bound(_reading(model, parameters, signature), tf.function(function))
    return _bound(_reading(model, parameters, signature, _own_if_any(function)), function)


def trackable(model: Any, functions: Iterable[Any]) -> Any:
    """Return what TensorFlow is to save, so that the functions find their variables in it.

    A Keras model would bring its optimizer along, which is larger than the model itself; a function is nothing that can
    be saved.
    """
    model = _unwrapped(model)
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
    kind = model.__class__.__name__  # a guard's is that of what it guards
    if is_keras(model):
        kind = f"Keras {kind}"
    elif isinstance(model, TRACED):
        kind = "tf.function"
    elif isinstance(getattr(model, "signatures", None), Mapping):
        kind = "loaded SavedModel"
    return f"{kind} {name!r}" if isinstance(name, str) else kind


def _function(model: Any, name: str) -> Any:
    """What is served under a name: a function, or a Keras model or layer."""
    if isinstance(model, TRACED) or inspect.isroutine(model):
        return model
    loaded = getattr(model, "signatures", None)
    if isinstance(loaded, Mapping) and name in loaded:
        return loaded[name]
    method = getattr(model, name, None)
    if isinstance(method, TRACED) or (callable(method) and _is_users(model, method)):
        return method
    call = getattr(model, "__call__", None)  # noqa: B004  # which may be a tf.function
    if isinstance(call, TRACED):
        return call
    if callable(model):
        return model
    raise ValueError(
        f"{described(model)} has nothing to serve as {name!r}: neither a function of that name, nor can it be called"
    )


def _is_users(model: Any, method: Any) -> bool:
    """Whether a method is not one that all models have, such as Keras' predict, nor what Keras itself calls."""
    if not inspect.isroutine(method):  # a part of the model, such as a layer
        return True
    package = str(getattr(method, "__module__", "")).partition(".")[0]
    return package not in ("keras", "tensorflow") and not (is_keras(model) and method == model.call)


def _guard_of(function: Any) -> Guarded | None:
    while isinstance(function, FunctionProxy) and type(function) is not Guarded:
        function = function.__wrapped__
    return function if type(function) is Guarded else None


def _unwrapped(function: Any) -> Any:
    while isinstance(function, FunctionProxy):
        function = function.__wrapped__
    return function


def _contract_of(guard: Guarded) -> Signature:
    """A guard's contract, structured as its function is served."""
    signature, lone = guard.signature, guard._contract.lone
    inputs = signature.inputs
    if is_keras(guard):
        first = Parameters.of(guard).positional[0]
        is_by_name = lone is None and isinstance(inputs, Mapping) and inputs.keys() == {first}
        return Signature(inputs[first], batch_dim=signature.batch_dim) if is_by_name else signature
    if lone is None or isinstance(inputs, Mapping):
        return signature
    return Signature({lone: inputs}, batch_dim=signature.batch_dim)


def _call_of_keras(model: Any, signature: Signature) -> Call:
    import keras  # whoever has a model of it has it

    inputs = getattr(model, "inputs", None)
    if not inputs:  # a subclassed model looks at its inputs when it is called
        if isinstance(model, keras.Sequential) and isinstance(signature.inputs, Mapping):
            raise ValueError(f"{described(model)} does not know its input yet: build it, or call it on a batch, first")
        parameters = Parameters.of(model)
        return _bound(_reading(model, parameters, signature, of_keras=True), functools.partial(model, training=False))
    structure = inputs[0] if isinstance(model, keras.Sequential) else model.input
    own, arranged = model, _unchanged
    if isinstance(signature.inputs, Mapping) and not isinstance(structure, Mapping):
        names = _names(inputs, signature.inputs)
        own = dict(zip(names, inputs, strict=True))
        arranged = functools.partial(_packed, structure, names)
    # Keras casts, and passes over names that it does not know.
    found = static_violations(Signature.from_keras(own), signature.to_tf())
    _require_none(model, signature, [violation for violation in found if not _is_cast(violation)])
    return lambda batch: model(arranged(batch), training=False)


def _is_cast(violation: Violation) -> bool:
    """Whether it is of dtypes of which Keras makes the one of the other, without losing a part of each number."""
    if violation.code != ViolationCode.dtype:
        return False
    expected, got = str(violation.expected), str(violation.got)
    return "string" not in (expected, got) and (expected.startswith("complex") or not got.startswith("complex"))


def _names(inputs: Sequence[Any], wanted: Mapping[str, Any]) -> list[str]:
    proper = [spec.name for spec in Signature.from_keras(list(inputs)).inputs]
    if proper == [None] and len(wanted) == 1:  # a name that Keras made up binds nobody
        return list(wanted)
    return [tensor.name for tensor in inputs]


def _packed(structure: Any, names: Sequence[str], batch: Mapping[str, Any]) -> Any:
    return tf.nest.pack_sequence_as(structure, [batch.get(name) for name in names])


def _unchanged(batch: Any) -> Any:
    return batch


def _bound(arguments: Callable[[Any], Arguments], function: Any) -> Call:
    def call(batch: Any) -> Any:
        args, kwargs = arguments(batch)
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


def _reading(
    model: Any, parameters: Parameters, signature: Signature, own: Signature | None = None, *, of_keras: bool = False
) -> Callable[[Any], Arguments]:
    """Return what makes the arguments of a call from a batch.

    They go by name where the names fit; else the batch is the only argument, or has one after the other.

    Args:
        model: what the function is of, for messages.
        parameters: the function's.
        signature: what is served.
        own: what the function says of its arguments, if it does.
        of_keras: whether they are those of a Keras model's call, whose first has all inputs.

    Raises:
        ValidationError: that is something else, for certain.
        ValueError: the parameters are others, or it can't be told which of two ways is meant.
    """
    batch = signature.to_tf()
    ways = list(_ways(parameters, batch, of_keras=of_keras))
    if not ways:
        takes = ", ".join(parameters.names)
        has = ", ".join(batch) if isinstance(batch, Mapping) else len(nests.held(batch) or [batch])
        raise ValueError(f"{described(model)} takes ({takes}), which are not the inputs of the signature: {has}")
    if own is not None:
        found = [static_violations(own, parameters.named(*way(batch))) for way in ways]
        ways = [way for way, violations in zip(ways, found, strict=True) if not violations]
        if not ways:
            _require_none(model, signature, found[0])
    if len(ways) > 1 and not isinstance(batch, Mapping):
        first, second = parameters.positional[:2]
        raise ValueError(
            f"{described(model)} may take the signature's list as {first!r}, or a part of it as {first!r} and another "
            f"as {second!r}: give a signature with a dict by parameter name"
        )
    return ways[0]


def _ways(parameters: Parameters, batch: Any, *, of_keras: bool) -> Iterator[Callable[[Any], Arguments]]:
    if isinstance(batch, Mapping):
        names = {parameters.name_of(name) for name in batch}
        if parameters.required <= names <= set(parameters.names):
            yield lambda batch: ([], {parameters.name_of(name): part for name, part in batch.items()})
    if parameters.positional and len(parameters.required) <= 1:
        yield lambda batch: parameters.call_of({parameters.positional[0]: batch}, 1)
    is_whole = of_keras and len(parameters.required) <= 1  # Keras' further arguments are seldom inputs
    if isinstance(batch, (list, tuple)) and not is_whole:
        least = max(len(parameters.required), 2)
        if least <= len(batch) <= len(parameters.positional):
            yield lambda batch: (list(batch), {})
