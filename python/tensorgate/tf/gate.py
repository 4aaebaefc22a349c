"""One call through the gate: arguments to a batch, the batch judged, the function called with what passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tensorgate import nests
from tensorgate._core import TensorSpec
from tensorgate.conform import completed
from tensorgate.errors import ValidationError
from tensorgate.leaves import has_default, leaves_of, replaced
from tensorgate.tf.assertions import as_it_is, assert_spec
from tensorgate.tf.contract import Contract
from tensorgate.tf.flat_call import FlatCall, is_plain, sole_trace
from tensorgate.tf.parameters import TRACED, Parameters, is_keras
from tensorgate.tf.tensors import to_feed, to_tensors

# What a call brings: a batch for the contract; by name, what the contract says nothing of; and how many arguments have
# no name. A tuple, as it is made at each call.
Arguments = tuple[Any, Mapping[str, Any], int]


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
        self._signature, self._lone, self._own = contract
        inputs = contract.signature.inputs
        self._names = frozenset(inputs) if self._lone is None else frozenset({self._lone})
        # A loaded signature has other names for inputs whose names are no identifiers.
        self._aliases = {name: alias for alias in self._names if (name := parameters.name_of(alias)) != alias}
        # The dict by parameter name is made here.
        self._mappings = [trail for trail in _mappings(inputs) if trail or self._lone is not None]
        self._fills_in = has_default(inputs)
        self._flat: FlatCall | None = None
        self._may_be_flat = isinstance(function, TRACED)

    def call(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return what the function returns.

        Raises:
            ValidationError: the arguments break the contract.
            TypeError: there are too many of them, two for one parameter, or none for one that needs one.
        """
        batch, others, unnamed = self._bound(args, kwargs)
        if not tf.executing_eagerly():
            return self._call_in_graph(batch, others, unnamed)
        if not self._accepts(batch) or self._lacks_defaults(batch):
            batch = completed(self._signature, batch, is_judged=True)
            self._require_own(batch)
        if self._may_be_flat and not others and is_plain():
            tensors = to_tensors(self._signature.flatten(batch))
            if tensors is not None:
                if self._flat is None:
                    return self._call_for_the_first_time(batch, unnamed)
                if self._flat.is_possible():
                    return self._flat(tensors)
        return self._call_openly(batch, others, unnamed)

    def _bound(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Arguments:
        if self._lone is not None and len(args) == 1 and not kwargs:
            return self._read_once(args[0]), {}, 1
        named = self._parameters.named(args, kwargs)
        if self._aliases:
            named = {self._aliases.get(name, name): value for name, value in named.items()}
        others: dict[str, Any] = {}
        if not named.keys() <= self._names:
            # A name that no parameter has is the contract's to refuse.
            known = named if self._lone is not None else self._parameters.names
            others = {name: named.pop(name) for name in (*named,) if name not in self._names and name in known}
        if self._lone is None:
            return self._read_once(named), others, len(args)
        if self._lone not in named:
            raise TypeError(f"{self._parameters.function}() is missing argument {self._lone!r}")
        return self._read_once(named[self._lone]), others, len(args)

    def _read_once(self, batch: Any) -> Any:
        """The batch, with dicts for mappings of other kinds, which may give something else each time."""
        for kind in self._kinds_of_mappings(batch):
            if issubclass(kind, Mapping) and not issubclass(kind, dict):
                return nests.mapped(lambda _, leaf: leaf, batch)
        return batch

    def _kinds_of_mappings(self, batch: Any) -> Iterator[type]:
        for trail in self._mappings:
            part = batch
            try:
                for key in trail:
                    part = getattr(part, key) if nests.field_names(type(part)) else part[key]
            except (AttributeError, IndexError, KeyError, TypeError):
                continue  # absent, or for the contract to refuse
            yield type(part)

    def _accepts(self, batch: Any) -> bool:
        return self._signature.accepts(batch) and (self._own is None or self._own.accepts(self._by_name(batch)))

    def _lacks_defaults(self, batch: Any) -> bool:
        return self._fills_in and any(value is None for value in self._signature.flatten(batch))

    def _require_own(self, batch: Any) -> None:
        if self._own is not None:
            self._own.check(self._by_name(batch))

    def _call_in_graph(self, batch: Any, others: Mapping[str, Any], unnamed: int) -> Any:
        try:
            batch = completed(self._signature, batch)
        except ValidationError as error:
            raise as_it_is(error)  # noqa: B904  # the same error
        judged = assert_spec(batch, self._signature)
        if self._own is not None:
            assert_spec(self._by_name(judged), self._own)
        leaves = leaves_of(self._signature.inputs, batch)
        variables = {leaf.trail: leaf.value for leaf in leaves if isinstance(leaf.value, tf.Variable)}
        return self._call(replaced(judged, variables), others, unnamed)

    def _call_for_the_first_time(self, batch: Any, unnamed: int) -> Any:
        # Each tensor once, so that it can be told from the others.
        leaves = list(leaves_of(self._signature.inputs, batch))
        tensors = to_tensors(leaf.value for leaf in leaves)
        assert tensors is not None
        unique = {leaf.trail: tf.identity(tensor) for leaf, tensor in zip(leaves, tensors, strict=True)}
        batch = replaced(batch, unique)
        args, kwargs = self._as_call(batch, {}, unnamed)
        result = self._function(*args, **kwargs)
        try:
            self._flat = FlatCall(sole_trace(self._function), self._signature.flatten(batch), args, kwargs)
        except LookupError:
            self._may_be_flat = False
        return result

    def _call_openly(self, batch: Any, others: Mapping[str, Any], unnamed: int) -> Any:
        fed = {
            leaf.trail: value
            for leaf in leaves_of(self._signature.inputs, batch)
            if isinstance(leaf.spec, TensorSpec) and (value := to_feed(leaf.value)) is not leaf.value
        }
        return self._call(replaced(batch, fed), others, unnamed)

    def _call(self, batch: Any, others: Mapping[str, Any], unnamed: int) -> Any:
        args, kwargs = self._as_call(batch, others, unnamed)
        if tf.executing_eagerly() or isinstance(self._function, TRACED) or is_keras(self._function):
            return self._function(*args, **kwargs)
        # What traces the guard would have had AutoGraph read the function.
        context = tf.__internal__.autograph.control_status_ctx()
        return tf.__internal__.autograph.tf_convert(self._function, context)(*args, **kwargs)

    def _as_call(self, batch: Any, others: Mapping[str, Any], unnamed: int) -> tuple[list[Any], dict[str, Any]]:
        return self._parameters.call_of({**self._by_name(batch), **others}, unnamed)

    def _by_name(self, batch: Any) -> dict[str, Any]:
        if self._lone is not None:
            return {self._lone: batch}
        return {self._parameters.name_of(alias): value for alias, value in batch.items()} if self._aliases else batch


def _mappings(specs: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a nest of specs has mappings, outer ones first."""
    parts = nests.held(specs)
    if parts is None:
        return
    if isinstance(specs, Mapping):
        yield trail
    for key, part in parts.items():
        yield from _mappings(part, (*trail, key))
