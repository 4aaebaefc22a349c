"""TensorFlow's own call of a trace with flat tensors: what comes after its binding of arguments.

The names that are private to TensorFlow are the same in 2.16 to 2.21. Where one is missing
functions are called through their public face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tensorgate.tf.tensors import EagerTensor

try:
    from tensorflow.python.eager import context, record
    from tensorflow.python.eager.polymorphic_function.atomic_function import InterpolateRuntimeError
except ImportError:  # pragma: no cover
    context = record = None


def is_plain() -> bool:
    """Return whether a call now means no more than running a trace.

    It means more under a recording tape, in a graph, in the scope of a strategy or a device, and where functions are to
    run eagerly.

    >>> is_plain()
    True
    """
    if context is None:
        return False
    state = context.context()
    return (
        state.executing_eagerly()
        and not record.could_possibly_record()
        and not state.device_name
        and not tf.config.functions_run_eagerly()
        and not tf.distribute.has_strategy()
    )


def sole_trace(function: Any) -> Any:
    """Return the only trace that a function has; for one with an input_signature, the one that it makes of that.

    Raises:
        LookupError: it may have several.

    >>> sole_trace(tf.function(lambda x: x, input_signature=[tf.TensorSpec([])])).name[:11]
    b'__inference'
    """
    if isinstance(function, tf.types.experimental.ConcreteFunction):
        return function
    restored = getattr(function, "concrete_functions", None)  # of a loaded SavedModel's function
    if restored is not None and len(restored) == 1:
        return restored[0]
    if restored is not None or function.input_signature is None:
        raise LookupError("it has a trace for each kind of arguments")
    return function.get_concrete_function()


class FlatCall:
    """A trace, called with tensors that stand in the order of a contract.

    Args:
        trace: a ConcreteFunction.
        tensors: eager tensors, each once, as `args` and `kwargs` hold them.
        args: arguments that the trace was called with, and took.
        kwargs: likewise.

    Raises:
        LookupError: the trace can't be called so, as one that XLA compiles, that has inputs of several tensors each, or
            that this TensorFlow gives no way into.
    """

    def __init__(self, trace: Any, tensors: Sequence[Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        try:
            # Reading an attribute that is not there would put it there, and break the function in graphs.
            attributes = trace.function_def.attr
            if "_XlaMustCompile" in attributes and attributes["_XlaMustCompile"].b:
                raise LookupError("XLA compiles it")
            bound = trace.function_type.bind_partial(*args, **kwargs)
            for name in trace.function_type.parameters:
                bound.arguments.setdefault(name, None)  # a Python value that it was traced with, and no tensor
            flat = trace.function_type.unpack_inputs(bound)
            self._trace = trace
            self._body = trace._inference_function
            self._pack = self._body.function_type.pack_output
            outputs = self._body.function_type.flat_outputs
            if any(output.dtype._handle_data for output in outputs):
                raise LookupError("its outputs are handles")
            self._captures = len(trace._captured_inputs)
        except (AttributeError, TypeError, ValueError) as error:
            raise LookupError(str(error)) from None
        place = {id(tensor): i for i, tensor in enumerate(tensors)}
        if {id(tensor) for tensor in flat} != place.keys():
            raise LookupError("its inputs are not those of the contract")
        self._order = [place[id(tensor)] for tensor in flat]
        self._outputs = len(outputs)

    def is_possible(self) -> bool:
        """Return whether the trace captures no more than tensors: anything else TensorFlow finds out at each call."""
        captures = self._trace._captured_inputs
        return len(captures) == self._captures and _EAGER.issuperset(map(type, captures))

    def __call__(self, tensors: Sequence[Any]) -> Any:
        """Return what the trace returns for tensors that were checked; only where `is_plain` and `is_possible`.

        Raises:
            tf.errors.OpError: as the trace itself does.
        """
        inputs = [tensors[i] for i in self._order] + self._trace._captured_inputs
        try:
            return self._pack(context.context().call_function(self._body.name, inputs, self._outputs))
        except tf.errors.OpError:
            with InterpolateRuntimeError(self._body):  # it says where in the function's source
                raise


_EAGER = frozenset({EagerTensor})
