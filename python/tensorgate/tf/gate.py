"""One call through the gate: arguments to a batch, the batch judged, the function called with what passed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tensorflow as tf

from tensorgate._core import TensorSpec
from tensorgate.conform import completed
from tensorgate.leaves import ABSENT, has_default, leaves_of, replaced
from tensorgate.tf.assertions import assert_spec
from tensorgate.tf.contract import Contract
from tensorgate.tf.flat_call import FlatCall, is_plain, sole_trace
from tensorgate.tf.parameters import TRACED, Parameters
from tensorgate.tf.tensors import to_feed, to_tensors


class Arguments(NamedTuple):
    """What a call brings: a batch for the contract, and what the contract says nothing of."""

    batch: Any
    others: Mapping[str, Any]
    unnamed: int  # how many were given without a name


class Gate:
    """A function with a contract for its arguments.

    Args:
        function: a tf.function, a ConcreteFunction, a Keras model or another callable.
        parameters: the function's.
        contract: for them.
    """

    def __init__(self, function: Any, parameters: Parameters, contract: Contract) -> None:
        self._function = function
        self._parameters = parameters
        self._contract = contract
        self._signature = contract.signature
        self._lone = contract.lone
        # A loaded signature has other names for inputs whose names are no identifiers.
        aliases = () if self._lone is not None else contract.signature.inputs
        self._aliases = {name: alias for alias in aliases if (name := parameters.name_of(alias)) != alias}
        self._positional = parameters.positional
        self._fills_in = has_default(contract.signature.inputs)
        self._flat: FlatCall | None = None
        self._may_be_flat = isinstance(function, TRACED)

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what the function returns.

        Raises:
            ValidationError: the arguments break the contract.
            TypeError: there are too many of them, two for one parameter, or none for one that needs one.
        """
        flat = self._flat
        if flat is not None and is_plain() and flat.is_possible():
            batch = self._batch(args, kwargs)
            # What the contract accepts has all of its inputs and no others.
            if self._signature.accepts(batch) and self._is_own(batch):
                tensors = to_tensors(self._signature.flatten(batch))
                if tensors is not None:
                    return flat(tensors)
        return self._call_with_care(self._bound(args, kwargs))

    def _batch(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What the contract describes, if the arguments are no more than that; ABSENT where it takes a closer look."""
        if self._lone is not None:
            return args[0] if len(args) == 1 and not kwargs else ABSENT
        if not args:
            return kwargs
        named = {**dict(zip(self._positional, args, strict=False)), **kwargs}
        return named if len(named) == len(args) + len(kwargs) else ABSENT

    def _call_with_care(self, arguments: Arguments) -> Any:
        if not tf.executing_eagerly():
            return self._call_in_graph(arguments)
        arguments = arguments._replace(batch=self._checked(arguments.batch))
        if self._may_be_flat and not arguments.others and is_plain():
            return self._call_for_the_first_time(arguments)
        return self._call_openly(arguments)

    def _bound(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        if self._lone is not None and len(args) == 1 and not kwargs:
            return Arguments(args[0], {}, 1)
        given = self._parameters.named(args, kwargs)
        if self._lone is not None:
            if self._lone not in given:
                raise TypeError(f"{self._parameters.function}() is missing argument {self._lone!r}")
            batch = given.pop(self._lone)
            return Arguments(batch, given, len(args))
        named = {self._aliases.get(name, name): value for name, value in given.items()} if self._aliases else given
        contract = self._signature.inputs
        others = {name: named.pop(name) for name in self._parameters.names if name in named and name not in contract}
        return Arguments(named, others, len(args))

    def _checked(self, batch: Any) -> Any:
        """The batch, with absent inputs' defaults, and arrays for Python's numbers where a scalar goes."""
        if self._fills_in or not self._signature.accepts(batch):
            batch = completed(self._signature, batch, is_judged=True)
        if not self._is_own(batch):
            self._contract.own.check(self._by_name(batch))  # type: ignore[union-attr]
        return batch

    def _is_own(self, batch: Any) -> bool:
        return self._contract.own is None or self._contract.own.accepts(self._by_name(batch))

    def _call_in_graph(self, arguments: Arguments) -> Any:
        batch = assert_spec(completed(self._signature, arguments.batch), self._signature)
        if self._contract.own is not None:
            assert_spec(self._by_name(batch), self._contract.own)
        return self._call(arguments._replace(batch=batch))

    def _call_for_the_first_time(self, arguments: Arguments) -> Any:
        leaves = list(leaves_of(self._signature.inputs, arguments.batch))
        tensors = to_tensors(leaf.value for leaf in leaves)
        if tensors is None:
            return self._call_openly(arguments)
        # Each tensor once, so that it can be told from the others.
        unique = {leaf.trail: tf.identity(tensor) for leaf, tensor in zip(leaves, tensors, strict=True)}
        arguments = arguments._replace(batch=replaced(arguments.batch, unique))
        args, kwargs = self._as_call(arguments)
        result = self._function(*args, **kwargs)
        try:
            trace = sole_trace(self._function)
            self._flat = FlatCall(trace, self._signature.flatten(arguments.batch), args, kwargs)
        except LookupError:
            pass
        self._may_be_flat = False
        return result

    def _call_openly(self, arguments: Arguments) -> Any:
        fed = {
            leaf.trail: to_feed(leaf.value)
            for leaf in leaves_of(self._signature.inputs, arguments.batch)
            if isinstance(leaf.spec, TensorSpec)
        }
        return self._call(arguments._replace(batch=replaced(arguments.batch, fed)))

    def _call(self, arguments: Arguments) -> Any:
        args, kwargs = self._as_call(arguments)
        return self._function(*args, **kwargs)

    def _as_call(self, arguments: Arguments) -> tuple[list[Any], dict[str, Any]]:
        named = self._by_name(arguments.batch) | dict(arguments.others)
        return self._parameters.call_of(named, arguments.unnamed)

    def _by_name(self, batch: Any) -> dict[str, Any]:
        if self._lone is not None:
            return {self._lone: batch}
        return {self._parameters.name_of(alias): value for alias, value in batch.items()} if self._aliases else batch
