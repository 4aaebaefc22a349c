"""What a function's arguments have to be: a contract, laid beside the function's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import Signature
from tensorgate.leaves import leaves_of
from tensorgate.tf.parameters import TRACED, Parameters, is_keras
from tensorgate.tf.specs import from_tf


class Contract(NamedTuple):
    """A contract for the arguments of a function.

    Attributes:
        signature: what a call has to bring: a dict by parameter name, or what is in the place of `lone`.
        lone: the only parameter that the signature describes, if it is no dict by parameter name.
        own: the function's own, by parameter name, where it may demand more.
    """

    signature: Signature
    lone: str | None = None
    own: Signature | None = None

    def by_name(self, parameters: Parameters) -> Signature:
        """Return the signature as a dict by parameter name.

        >>> from tensorgate import TensorSpec
        >>> Contract(Signature(TensorSpec((3,))), "x").by_name(Parameters.of(lambda x: x)).inputs["x"]
        TensorSpec(shape=(3,), dtype='float32')
        """
        if self.lone is not None:
            return Signature({self.lone: self.signature.inputs})
        return Signature({parameters.name_of(alias): nest for alias, nest in self.signature.inputs.items()})


def contract_of(function: Any, parameters: Parameters, signature: Any) -> Contract:
    """Return the contract that a function is given, or its own.

    Args:
        function: a tf.function, a ConcreteFunction, a Keras model or another callable.
        parameters: the function's.
        signature: a list or tuple, with an entry for each of the first parameters: a spec, a nest of specs or a
            Signature. A dict of specs, or a Signature of one, whose keys are names of parameters, all that have no
            default among them. Anything else describes the only parameter. None: the function's own.

    Raises:
        TypeError: there are more entries than parameters, or something is no spec.
        ValueError: the contract and the function do not fit together, or neither says anything.

    >>> from tensorgate import TensorSpec
    >>> def f(x, y): ...
    >>> contract_of(f, Parameters.of(f), [TensorSpec((3,)), TensorSpec(())]).signature.inputs["y"]
    TensorSpec(shape=(), dtype='float32')
    """
    if signature is None:
        if is_keras(function):
            return Contract(Signature.from_keras(function), parameters.positional[0])
        known = _own(function)
        return Contract(
            Signature(known.inputs, known.outputs, source=known.source or f"function {parameters.function!r}")
        )
    own = _own_if_any(function, parameters)
    given = _given(parameters, signature, own)
    whole = given.by_name(parameters)
    require_parameters(parameters, whole)
    if own is None or whole.is_subtype_of(own):
        return given
    _require_fit(parameters, whole, own)
    return given._replace(own=own)


def lone_contract(parameters: Parameters, signature: Any) -> Contract:
    """Return the contract that is meant for the function's only parameter.

    Raises:
        TypeError: it takes more without a default.

    >>> from tensorgate import TensorSpec
    >>> lone_contract(Parameters.of(lambda x, training=False: x), TensorSpec((3,))).lone
    'x'
    """
    required = [name for name in parameters.names if name in parameters.required]
    if len(required) > 1 or not parameters.positional:
        raise TypeError(
            f"the contract describes one argument, but {parameters.function}({', '.join(required)}) takes "
            f"{len(required)}: give a sequence with an entry for each"
        )
    return Contract(as_signature(signature), required[0] if required else parameters.positional[0])


def sequence_contract(parameters: Parameters, entries: Sequence[Any]) -> Contract:
    """Return the contract with an entry for each of the first parameters, whose named dimensions are shared.

    Raises:
        TypeError: there are more entries than parameters, or something is no spec.

    >>> from tensorgate import TensorSpec
    >>> sequence_contract(Parameters.of(lambda x: x), [TensorSpec((3,))]).signature.inputs["x"]
    TensorSpec(shape=(3,), dtype='float32')
    """
    names = parameters.of_positions(len(entries))
    inputs = [as_signature(entry).inputs for entry in entries]
    batch_dims = {entry.batch_dim for entry in entries if isinstance(entry, Signature)} - {None}
    return Contract(
        Signature(
            dict(zip(names, inputs, strict=True)),
            name=parameters.function,
            batch_dim=batch_dims.pop() if len(batch_dims) == 1 else None,
        )
    )


def as_signature(contract: Any) -> Signature:
    """Return the signature of a spec or a nest of specs, tensorgate's or TensorFlow's; a Signature as it is.

    >>> import tensorflow as tf
    >>> as_signature([tf.TensorSpec([3])]).inputs
    [TensorSpec(shape=(3,), dtype='float32')]
    """
    if isinstance(contract, Signature):
        return contract
    is_tensorflows = any(isinstance(leaf, tf.TypeSpec) for leaf in nests.leaves(contract))
    return from_tf(contract) if is_tensorflows else Signature(contract)


def require_parameters(parameters: Parameters, contract: Signature) -> None:
    """Require that a contract by parameter name is about a function's parameters, all without a default among them.

    Raises:
        ValueError: it names another, or leaves one out.

    >>> from tensorgate import TensorSpec
    >>> require_parameters(Parameters.of(lambda x, y: x), Signature({"x": TensorSpec(())}))
    Traceback (most recent call last):
    ValueError: the contract says nothing of 'y', which <lambda>(x, y) can't be called without
    """
    known = ", ".join(parameters.names)
    strange = next((name for name in contract.inputs if not parameters.knows(name)), None)
    if strange is not None:
        raise ValueError(f"the contract has {strange!r}, which is no parameter of {parameters.function}({known})")
    lacking = [name for name in parameters.names if name in parameters.required and name not in contract.inputs]
    if lacking:
        raise ValueError(
            f"the contract says nothing of {lacking[0]!r}, which {parameters.function}({known}) can't be called without"
        )


def _given(parameters: Parameters, signature: Any, own: Signature | None) -> Contract:
    if type(signature) in (list, tuple):
        return sequence_contract(parameters, signature)
    signature = as_signature(signature)
    if _is_by_name(parameters, signature.inputs, own):
        return Contract(signature)
    return lone_contract(parameters, signature)


def _is_by_name(parameters: Parameters, inputs: Any, own: Signature | None) -> bool:
    if not isinstance(inputs, Mapping):
        return False
    names = {parameters.name_of(alias) for alias in inputs}
    if not parameters.required <= names or not all(map(parameters.knows, names)):
        return False
    # A dict may stand for the only parameter, and have a key of that very name.
    nested = own.inputs.get(next(iter(inputs))) if own is not None and len(inputs) == 1 else None
    return not (isinstance(nested, Mapping) and nested.keys() == inputs.keys())


def _own(function: Any) -> Signature:
    if isinstance(function, TRACED):
        return from_tf(function)
    raise ValueError(f"{getattr(function, '__name__', function)!r} has no contract of its own: give a signature")


def _own_if_any(function: Any, parameters: Parameters) -> Signature | None:
    try:
        if is_keras(function):
            return Signature({parameters.positional[0]: Signature.from_keras(function).inputs})
        return _own(function)
    except (TypeError, ValueError):  # it has none, or one of what no Signature has a word for
        return None


def _require_fit(parameters: Parameters, contract: Signature, own: Signature) -> None:
    """Raise ValueError where no batch meets both."""
    if own.is_compatible_with(contract):
        return
    theirs = {leaf.path: leaf.spec for leaf in leaves_of(own.inputs, own.inputs)}
    for leaf in leaves_of(contract.inputs, contract.inputs):
        spec = theirs.get(leaf.path)
        if spec is not None and not spec.is_compatible_with(leaf.spec):
            raise ValueError(
                f"no batch meets both the contract and {parameters.function}: {leaf.path} is {leaf.spec!r} in the "
                f"contract, {spec!r} in the function"
            )
    raise ValueError(
        f"no batch meets both the contract and {parameters.function}: it takes {own!r}, the contract is {contract!r}"
    )
