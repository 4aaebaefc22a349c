"""What a function's arguments have to be: a contract, laid beside the function's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

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
        return Contract(_own(function))
    own = _own_if_any(function, parameters)
    given = _given(parameters, signature, own)
    whole = given.by_name(parameters)
    _require_parameters(parameters, whole)
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
    signature = signature if isinstance(signature, Signature) else Signature(signature)
    return Contract(signature, required[0] if required else parameters.positional[0])


def sequence_contract(parameters: Parameters, entries: Sequence[Any]) -> Contract:
    """Return the contract with an entry for each of the first parameters, whose named dimensions are shared.

    Raises:
        TypeError: there are more entries than parameters, or something is no spec.

    >>> from tensorgate import TensorSpec
    >>> sequence_contract(Parameters.of(lambda x: x), [TensorSpec((3,))]).signature.inputs["x"]
    TensorSpec(shape=(3,), dtype='float32')
    """
    names = parameters.of_positions(len(entries))
    nests = [entry.inputs if isinstance(entry, Signature) else entry for entry in entries]
    batch_dims = {entry.batch_dim for entry in entries if isinstance(entry, Signature)} - {None}
    return Contract(
        Signature(
            dict(zip(names, nests, strict=True)),
            name=parameters.function,
            batch_dim=batch_dims.pop() if len(batch_dims) == 1 else None,
        )
    )


def _given(parameters: Parameters, signature: Any, own: Signature | None) -> Contract:
    if type(signature) in (list, tuple):
        return sequence_contract(parameters, signature)
    signature = signature if isinstance(signature, Signature) else Signature(signature)
    if _is_by_name(parameters, signature.inputs, own):
        return Contract(signature)
    return lone_contract(parameters, signature)


def _is_by_name(parameters: Parameters, inputs: Any, own: Signature | None) -> bool:
    if not isinstance(inputs, Mapping):
        return False
    names = {parameters.name_of(alias) for alias in inputs}
    if not parameters.required <= names or not names <= set(parameters.names):
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


def _require_parameters(parameters: Parameters, contract: Signature) -> None:
    names = contract.inputs
    known = ", ".join(parameters.names)
    strange = next((name for name in names if not _is_known(parameters, name)), None)
    if strange is not None:
        raise ValueError(f"the contract has {strange!r}, which is no parameter of {parameters.function}({known})")
    lacking = [name for name in parameters.names if name in parameters.required and name not in names]
    if lacking:
        raise ValueError(
            f"the contract says nothing of {lacking[0]!r}, which {parameters.function}({known}) can't be called without"
        )


def _is_known(parameters: Parameters, name: str) -> bool:
    return name in parameters.names or (parameters.rest is not None and name.startswith(f"{parameters.rest}_"))


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
