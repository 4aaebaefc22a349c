"""Functions behind the gate: arguments are checked before anything is traced or run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tensorgate._core import Signature
from tensorgate.leaves import has_default, leaves_of
from tensorgate.tf.contract import (
    Contract,
    as_signature,
    contract_of,
    lone_contract,
    require_parameters,
    sequence_contract,
)
from tensorgate.tf.function_proxy import FunctionProxy
from tensorgate.tf.gate import Gate
from tensorgate.tf.parameters import TRACED, Parameters


def guard(function: Any, signature: Any = None) -> Guarded:
    """Return a function that checks its arguments and then does what the given one does.

    A batch that breaks the contract raises ValidationError before anything is traced or run; one that passes gives the
    function's own result, with its gradients. NumPy arrays and eager tensors reach the function's trace without being
    bound a second time, where it has a single one: that is faster than the function itself. Under a recording tape, in
    a graph, under XLA, in the scope of a strategy or a device the function is called as ever. In a graph the contract
    becomes operations of it, as `assert_spec` makes them.

    Arguments may be whatever `Signature.check` takes for a tensor; where the contract has a scalar, also a Python
    number or string that the dtype holds exactly. Absent inputs get the contract's defaults.

    Args:
        function: a tf.function, or a method that is one; a ConcreteFunction;
            `tf.saved_model.load(path).signatures["serving_default"]`, or a function of a loaded model, such as its
            `serve`; a Keras model; or another callable, which needs a signature.
        signature: the contract. A list or tuple has an entry for each of the first parameters: a spec, a nest of specs
            or a Signature. A Signature whose inputs are a dict by parameter name, as `Signature.from_tf(function)`,
            describes them all. Anything else describes the only argument. None: the function's own, which is its
            input_signature, what it was traced with, or the model's inputs. Another contract may demand more than the
            function's own, which holds as well.

    Returns:
        The guarded function. It passes for what it wraps: its attributes are those of the function, which is its
        `__wrapped__`. `signature` is the contract.

    Raises:
        TypeError: function can't be called, or signature is no contract.
        ValueError: the contract does not fit the function, or there is none.

    >>> from tensorgate import TensorSpec
    >>> double = guard(tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([None, 3])]))
    >>> double(np.ones((1, 3), np.float32)).numpy()
    array([[2., 2., 2.]], dtype=float32)
    >>> double(np.ones((1, 3)))
    Traceback (most recent call last):
    tensorgate.ValidationError: 1 violation of signature 'serving_default' (tf.function '<lambda>')
      inputs['x']  dtype: expected float32, got float64; float64 is NumPy's default: cast it to float32
    """
    if type(function) is Guarded:
        raise ValueError(f"{function!r} is guarded already: guard its __wrapped__")
    if not callable(function):
        raise TypeError(
            f"{type(function).__name__} can't be called: give a tf.function, a ConcreteFunction, a Keras model or one "
            "of a loaded model's signatures"
        )
    if isinstance(function.__call__, TRACED) and not isinstance(function, TRACED):
        function = function.__call__  # of a tf.Module
    parameters = Parameters.of(function)
    return Guarded(function, parameters, contract_of(function, parameters, signature))


def function(func: Callable[..., Any] | None = None, *, input_signature: Any, **options: Any) -> Any:
    """Make a tf.function that checks its arguments: tf.function, without the silent casts.

    Args:
        func: what is to be traced.
        input_signature: a list or tuple with an entry for each parameter: a spec, a nest of specs or a Signature. A
            spec or a Signature alone means the only parameter.
        options: tf.function's other arguments, such as jit_compile.

    Returns:
        The guarded function, see `guard`; without func, a decorator. It works on methods.

    Raises:
        TypeError: an entry is no contract, or there are more entries than parameters.
        ValueError: an input may be left out, and has no default: a trace has no word for that.

    >>> from tensorgate import TensorSpec
    >>> @function(input_signature=[TensorSpec(("batch", 3)), TensorSpec(("batch",), "int32")])
    ... def pick(x, column):
    ...     return tf.gather(x, column, axis=1, batch_dims=1)
    >>> pick(np.ones((2, 3), np.float32), column=np.array([0, 2], np.int32)).numpy()
    array([1., 1.], dtype=float32)
    """
    if func is None:
        return lambda func: function(func, input_signature=input_signature, **options)
    is_sequence = type(input_signature) in (list, tuple)
    entries = [as_signature(entry) for entry in (input_signature if is_sequence else [input_signature])]
    for entry in entries:
        _require_whole(entry)
    parameters = Parameters.of(func)
    contract = sequence_contract(parameters, entries) if is_sequence else lone_contract(parameters, entries[0])
    require_parameters(parameters, contract.by_name(parameters))
    traced = tf.function(func, input_signature=[entry.to_tf() for entry in entries], **options)
    return Guarded(traced, Parameters.of(traced), contract)


def _require_whole(entry: Signature) -> None:
    for leaf in leaves_of(entry.inputs, entry.inputs):
        if leaf.trail and leaf.spec.optional and not has_default(leaf.spec):
            raise ValueError(f"{leaf.path} may be left out, which a trace has no word for: give it a default")


class Guarded(FunctionProxy):
    """A function behind the gate; made by `guard` and `function`."""

    def __init__(self, function: Any, parameters: Parameters, contract: Contract) -> None:
        super().__init__(function)
        self.signature = contract.signature
        self._contract = contract
        self._gate = Gate(function, parameters, contract)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function, if the arguments meet the contract."""
        return self._gate.call(args, kwargs)

    def _of_method(self, method: Any) -> Guarded:
        return Guarded(method, Parameters.of(method), self._contract)

    def __reduce__(self) -> tuple[Any, ...]:
        return Guarded, (self.__wrapped__, Parameters.of(self.__wrapped__), self._contract)

    def __repr__(self) -> str:
        return f"<guard of {self.__wrapped__!r}>"
